"""Coverage: the release as a whole says one thing, to everyone who is meant."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from onevoice.alert import Alert
from onevoice.checks.rules import finding
from onevoice.variant import Finding, Variant

AskedKey = tuple[str, str, str | None, str]
"""Profile key, means, messenger id, group."""


def check(variants: Collection[Variant], alert: Alert, asked: Collection[AskedKey]) -> Iterator[Finding]:
    """One FactSet, one hazard, one kind; and a text for each that was asked for."""
    hashes = {variant.factset for variant in variants} | {alert.factset.hash}
    if len(hashes) > 1:
        yield finding(
            "C01", f"The texts are made from {len(hashes)} different sets of facts.", remedy="Compose them anew."
        )
    if {(variant.hazard, variant.kind) for variant in variants} - {(alert.hazard, str(alert.kind))}:
        yield finding("C01", "Some texts are about another hazard or of another kind.", remedy="Compose them anew.")
    there = {(v.profile.key, str(v.means), v.messenger, v.group) for v in variants}
    lacking = sorted(str(key) for key in set(asked) - there)
    if lacking:
        yield finding(
            "C22",
            f"{len(lacking)} texts are lacking, the first is {lacking[0]}.",
            remedy="Compose it, or record a fallback.",
        )
