"""What stands around a version when it is prepared: chain, other live alerts, the map, the CAP document it makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from onevoice import cap, checks
from onevoice.alert import KINDS, Area
from onevoice.checks import wording
from onevoice.checks.around import Around
from onevoice.checks.rules import finding
from onevoice.desk import danger
from onevoice.desk.publish import cap_text, sender
from onevoice.desk.published import passage
from onevoice.errors import NotAllRight, Unusable
from onevoice.ledger import alerts
from onevoice.people import Means, Tier
from onevoice.variant import Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from onevoice.alert import Alert
    from onevoice.desk.wiring import Desk
    from onevoice.ledger.engine import Connection
    from onevoice.variant import Finding, Variant


def findings(desk: Desk, conn: Connection, alert: Alert, variants: Collection[Variant]) -> Iterator[Finding]:
    """What is wrong with a version as one of a chain, on its ground, among other alerts, and as a CAP document."""
    yield from checks.check_around(alert, desk.content, around(desk, conn, alert))
    yield from _document(desk, alert, variants)


def around(desk: Desk, conn: Connection, alert: Alert) -> Around:
    """The chain's released versions, and the other live alerts."""
    live = [alerts.value(row) for row in alerts.live(conn, desk.now()) if row.chain != alert.chain]
    older = [alerts.value(row) for row in alerts.chain(conn, alert.chain) if row.released_at and row.id != alert.id]
    touching = tuple(one for one in live if desk.gazetteer.touching(one.area, alert.area))
    return Around(
        now=desk.now(),
        older=tuple(older),
        touching=touching,
        left=tuple(_left(desk, alert, older, live)),
        incident=tuple(one for one in live if one.incident == alert.incident),
        next_to=tuple(_next_to(desk, alert, live)),
        failing=tuple(one for one in danger.failing(desk, conn, alert.status) if one.chain != alert.chain),
        zones=desk.gazetteer.names,
    )


def _left(desk: Desk, alert: Alert, older: list[Alert], live: list[Alert]) -> Iterator[Alert]:
    """Live alerts on ground of an older version that this one has no more. Only an update tells people they are out."""
    if alert.kind != "update":
        return
    grounds = [ground for version in older if (ground := _ground_left(version.area, alert.area))]
    for other in live:
        if any(desk.gazetteer.touching(other.area, ground) for ground in grounds):
            yield other


def _ground_left(older: Area, now: Area) -> Area | None:
    """The zones that are gone. Where a polygon cuts zones, the whole older area, if it is another: rather too much."""
    if older.whole_zones and now.whole_zones:
        zones = tuple(zone for zone in older.zones if zone not in now.zones)
        return Area(zones=zones) if zones else None
    return None if older == now else older


def _next_to(desk: Desk, alert: Alert, live: list[Alert]) -> Iterator[str]:
    """Zones that border on the area and have no live alert of this status."""
    warned = {zone for one in live if one.status == alert.status for zone in one.area.zones}
    for zone in desk.gazetteer.zones:
        outside = zone not in warned and zone not in alert.area.zones
        if outside and desk.gazetteer.touching(Area(zones=(zone,)), alert.area):
            yield zone


def _document(desk: Desk, alert: Alert, variants: Collection[Variant]) -> Iterator[Finding]:
    """The CAP document that the public texts would make: its facts are equal in all languages, its words are not.

    A file that only a chain can take (an update, looked at by itself) makes no document yet.
    """
    if KINDS[alert.kind].replaces and not alert.references:
        return
    pages = [v for v in variants if v.means is Means.PAGE and v.profile.tier is Tier.T2 and not v.withheld()]
    texts = {v.profile.languages[0]: cap_text(desk, alert, passage(v, alert.status)) for v in pages}
    if not texts:
        return
    authority = desk.authority(alert.authority)
    try:
        made = cap.from_release(
            alert,
            texts,
            sender=sender(desk, alert.authority),
            sender_names=authority.names,
            content=alert.factset.hash,
            terms=cap.Terms(zone=desk.settings.timezone, tier=Tier.T2),
        )
    except (NotAllRight, Unusable) as problem:
        yield finding("C14", f"No valid CAP document can be made of these texts. {problem}")
        return
    told = {info.language or "": f"{info.headline}\n{info.description}\n{info.instruction}" for info in made.infos}
    yield from wording.in_their_languages(told, desk.content)
    for doubt in cap.check(made).warnings:
        same = "same text" in doubt.reason and not doubt.element.endswith("/event")  # a tornado is one in Spanish too
        if same or "readers of one language" in doubt.reason:
            yield finding("C14", f"CAP {doubt.element} {doubt.reason}", severity=Severity.WARN)
