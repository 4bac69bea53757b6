"""What a partner asked for: whether a version is for it, and in which reading levels and languages it reads it.

The page, the feeds and the mails of a partner all ask here, so that they tell the same.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from onevoice.desk.published import current_rows, version
from onevoice.ledger import alerts
from onevoice.people import Tier

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from onevoice.alert import Alert
    from onevoice.desk.published import Passage, Version
    from onevoice.desk.wiring import Desk
    from onevoice.ledger.alerts import AnyRow
    from onevoice.ledger.engine import Connection


def near(partner: AnyRow, alert: Alert) -> bool:
    """True for partners of the area, and for those who named no area."""
    zones = {zone for zone in partner.zones.split(",") if zone}
    return not zones or bool(zones & set(alert.area.zones))


def technical(partner: AnyRow) -> bool:
    """True where a partner gets restricted texts (T4); who names no tier gets all."""
    return not partner.tiers or Tier.T4 in partner.tiers.split(",")


def versions(desk: Desk, conn: Connection, row: AnyRow, partner: AnyRow) -> list[Version]:
    """A released version as a partner asked for it, once for each tier: the public words, then the technical ones.

    Public words are of tier T2. They stand for T1 and T3 too, and for T4 where there is no technical text.
    """
    secret = version(desk, conn, row, Tier.T4) if technical(partner) else None
    found = [secret] if secret and secret.texts else []
    if partner.tiers != Tier.T4 or not found:
        found.insert(0, version(desk, conn, row))
    return [_spoken(one, partner) for one in found if one.texts]


def current(desk: Desk, partner: AnyRow) -> list[list[Version]]:
    """What holds now in the zones of a partner, newest first: each version as `versions` gives it."""
    with desk.ledger.read() as conn:
        rows = [row for row in current_rows(desk, conn) if near(partner, alerts.value(row))]
        found = [versions(desk, conn, row, partner) for row in rows]
    return [told for told in found if told]


def _spoken(found: Version, partner: AnyRow) -> Version:
    """Only the languages that a partner wants, in its order; all where it names none, English where it has none."""
    if not partner.languages:
        return found
    wanted = [found.texts[language] for language in partner.languages.split(",") if language in found.texts]
    other = found.text("")
    return replace(found, texts={words.language: words for words in wanted or ([other] if other else [])})


def passages(told: Iterable[Version]) -> Iterator[tuple[Version, Passage]]:
    """Every text that a partner gets, with the version and level that it is of."""
    return ((version, words) for version in told for words in version.texts.values())
