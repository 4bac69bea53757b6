"""Whether the services that a version leads to may be led to: what stops it, or wants a look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from onevoice.checks.rules import finding
from onevoice.desk.services import IMPORT, entries
from onevoice.services import ALWAYS, Services
from onevoice.variant import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from onevoice.alert import Alert
    from onevoice.desk.services import Entry
    from onevoice.desk.wiring import Desk
    from onevoice.services import Service
    from onevoice.variant import Finding


def findings(desk: Desk, alert: Alert) -> Iterator[Finding]:
    """What stops a version that leads to services, or wants a look."""
    known = alert.factset.get("services")
    if not isinstance(known, Services):
        if alert.kind in ALWAYS:
            what = f"This {alert.kind} message leads to no service: the directory has none for its place."
            yield finding("S06", what, remedy=IMPORT)
        return
    there = {entry.service.id: entry for entry in entries(desk)}
    for service in known.entries:
        yield from _wrong(desk, alert, service, there.get(service.id))


def _wrong(desk: Desk, alert: Alert, service: Service, entry: Entry | None) -> Iterator[Finding]:
    again = "Draft the alert again, so that it says what the directory says today."
    if entry is None or entry.standing == "closed":
        yield finding("S05", f"{service.name} is closed, or stands in the directory no more.", remedy=again)
    elif not _same(service, entry.service):
        yield finding("S05", f"{service.name}: the entry has changed since this alert was drafted.", remedy=again)
    elif entry.standing == "stale":
        what = f"{service.name}: nobody has confirmed it since {_day(entry.service.assured)}; "
        yield finding("S05", f"{what}it was good until {_day(entry.service.until)}.", remedy=entry.confirm)
    elif entry.standing == "soon" or entry.service.until < alert.expires.astimezone(desk.settings.zone).date():
        what = (
            f"{service.name} is confirmed until {_day(entry.service.until)}, and the message holds longer, or nearly."
        )
        yield finding("S05", what, remedy=entry.confirm, severity=Severity.WARN)


def _same(one: Service, other: Service) -> bool:
    """Equal but for when it was confirmed."""
    change = {"version": "", "assured": other.assured, "until": other.until}
    return one.model_copy(update=change) == other.model_copy(update={"version": ""})


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
