"""What preview shows and submit freezes: the people, the texts they need, what the checks say, what is held back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from onevoice import checks
from onevoice.alert import KINDS
from onevoice.desk import around, posting, services_fit
from onevoice.desk.texts import Texts, key_of
from onevoice.ledger import alerts, plan
from onevoice.settings import Mode
from onevoice.variant import Finding, Scope, Severity, Variant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from onevoice.alert import Alert
    from onevoice.desk.fallback import Instead
    from onevoice.desk.kept_texts import KeptTexts
    from onevoice.desk.posting import Posting
    from onevoice.desk.texts import Key
    from onevoice.desk.wiring import Desk
    from onevoice.ledger.engine import Connection
    from onevoice.ledger.plan import Chosen, InUse, Numbers, Wanted


class Audience(NamedTuple):
    """Who is meant, counted, and the texts that they need: read for a preview, from the snapshot for a submit."""

    wanted: Wanted
    numbers: Numbers
    in_use: tuple[InUse, ...]


@dataclass(frozen=True)
class Prepared:
    """A version, ready to be looked at or frozen.

    `chosen` says for each key which text its people get and why, where it is not their own. `findings` are those of
    the release as a whole; those of one text stand in the variant. `posting`: what public accounts say; `instead`: who
    gets another text than their own.
    """

    alert: Alert
    wanted: Wanted
    numbers: Numbers
    in_use: tuple[InUse, ...]
    variants: tuple[Variant, ...]
    chosen: Mapping[Key, Chosen]
    findings: tuple[Finding, ...]
    posting: Posting
    instead: tuple[Instead, ...] = ()
    passed: frozenset[str] = frozenset()

    @property
    def blocks(self) -> tuple[Finding, ...]:
        """What stops the whole release. Nobody can override it, but for the few rules that a person may pass."""
        own = tuple(f for v in self.variants for f in v.findings)
        stop = (f for f in (*self.findings, *own) if f.severity is Severity.BLOCK and f.scope is Scope.RELEASE)
        return tuple(f for f in stop if f.rule not in self.passed & checks.PASSABLE)

    @property
    def fallback(self) -> int:
        """Contacts who get another text than their own, or none yet."""
        return sum(u.contacts for u in self.in_use if self.chosen[key_of(u)].fallback)

    @cached_property
    def _uses(self) -> Mapping[str | None, Sequence[InUse]]:
        """The uses of each text, by its id; counted once, because a release may have hundreds of both."""
        uses: dict[str | None, list[InUse]] = {}
        for use in self.in_use:
            uses.setdefault(self.chosen[key_of(use)].variant_id, []).append(use)
        return uses

    def people_of(self, variant: Variant) -> int:
        """Contacts who are to get this text first."""
        return sum(use.contacts for use in self._uses.get(variant.id, ()))

    def segments_of(self, variant: Variant) -> list[str]:
        """Segments whose people get this text."""
        return sorted({segment for use in self._uses.get(variant.id, ()) for segment in use.segments})


def wanted(desk: Desk, conn: Connection, alert: Alert) -> Wanted:
    """Who is meant by this version, as the plan takes it."""
    by_id = {s.id: s for s in desk.segments}
    older = tuple(alerts.releases_of_chain(conn, alert.chain))
    return plan.Wanted(
        segments_named=tuple(by_id[s] for s in alert.segments),
        segments_all=desk.segments,
        zones=alert.area.zones,
        polygons=alert.area.polygons,
        whole_zones=alert.area.whole_zones,
        jurisdiction=tuple(desk.gazetteer.zones),
        include_unknown=True,
        exercise_ok_only=_only_guests(desk, alert),
        previous_releases=older,
        unfinished=tuple(alerts.unfinished(conn, older, desk.now())),
        left=tuple(place.id for place in alert.gone),
        topic=plan.topic(alert.kind),
        everyone_before=alert.kind in ("correction", "all-clear"),
        at_once=alert.urgent or (KINDS[alert.kind].replaces and alert.kind != "update"),
    )


def _only_guests(desk: Desk, alert: Alert) -> bool:
    mode = desk.settings.mode
    return mode is Mode.TEST or (mode is Mode.LIVE and alert.status != "Actual" and not alert.announced)


def prepare(
    desk: Desk, alert: Alert, overridden: frozenset[str] = frozenset(), kept: KeptTexts | None = None
) -> Prepared:
    """Choose people and texts for a version; changes nothing in the ledger.

    `overridden`: rules that a named person released past. `kept`: the texts as they were when it was last looked at.
    """
    with desk.ledger.read() as conn:
        who = wanted(desk, conn, alert)
        audience = Audience(who, plan.people(conn, who), tuple(plan.in_use(conn, who)))
        found = prepared(conn, audience, Texts(desk, alert, overridden, kept))
    if kept:
        kept.keep()
    return found


def prepared(conn: Connection, audience: Audience, texts: Texts) -> Prepared:
    """Compose and check the texts that an audience needs, and choose what people get; stores nothing."""
    desk, alert, overridden = texts.desk, texts.alert, texts.overridden
    who, numbers, in_use = audience
    chosen = {key_of(use): texts.choose(key_of(use)) for use in in_use}
    instead = tuple(texts.instead(in_use, chosen))
    texts.make_public()
    variants = tuple(texts.made.values())
    findings = (
        *checks.check_release(variants, alert, desk.content),
        *around.findings(desk, conn, alert, variants),
        *_audience_findings(numbers),
        *texts.unmade(),
        *texts.needs.findings(),
        *services_fit.findings(desk, alert),
    )
    posts = posting.posting(desk, conn, alert, variants, who.previous_releases, overridden)
    return Prepared(alert, who, numbers, in_use, variants, chosen, findings, posts, instead, overridden)


def _audience_findings(numbers: Numbers) -> Iterator[Finding]:
    if numbers.reachable:
        return
    yield Finding(
        rule="C22",
        severity=Severity.BLOCK,
        scope=Scope.RELEASE,
        message="Nobody would get this: no contact in the area can be reached.",
        remedy="Look at the area and the segments, and at `onevoice audience show`.",
    )
