"""What an approval signs. A module of its own: a release asks for it again, and needs nothing else that makes texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from onevoice.facts import content_hash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from onevoice.alert import Alert
    from onevoice.variant import Signed


class Counts(NamedTuple):
    """How many `contacts` the first `deliveries` serve, and at most so many more, whom no older version reached yet."""

    contacts: int
    deliveries: int
    not_yet: int = 0


def release_hash(
    alert: Alert,
    variants: Sequence[Signed],
    mode: str,
    counts: Counts,
    posted: Sequence[tuple[str, str]] = (),
) -> str:
    """What an approval signs: every text, the alert with its area and expiry, the mode, and how many people.

    `posted`: which account says which text in which language, as `ledger.posts.signed` tells.
    """
    signed = {
        "alert": alert.model_dump(mode="json"),
        "variants": sorted((v.id, v.hash, v.template, v.catalogue) for v in variants),
        "mode": mode,
        "contacts": counts.contacts,
        "deliveries": counts.deliveries,
    }
    if counts.not_yet:
        signed["not_yet"] = counts.not_yet
    return content_hash(signed | ({"posts": list(posted)} if posted else {}))
