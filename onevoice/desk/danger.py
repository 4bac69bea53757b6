"""Whom to call in danger: the authority's number, or the one that a live alert gives because that one fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from onevoice.desk.published import home_status
from onevoice.facts import EmergencyNumber
from onevoice.ledger import alerts
from onevoice.ledger.states import AlertState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from onevoice.alert import Alert, Status
    from onevoice.desk.wiring import Desk
    from onevoice.ledger.engine import Connection

OTHER = "other_number"


def failing(desk: Desk, conn: Connection, status: Status) -> Iterator[Alert]:
    """Live alerts of a status that say which number works while the emergency number does not, the newest first."""
    rows = (row for row in alerts.live(conn, desk.now()) if row.state != AlertState.RECALLED)
    for row in sorted(rows, key=lambda row: row.released_at, reverse=True):
        alert = alerts.value(row)
        if alert.status == status and isinstance(alert.factset.get(OTHER), EmergencyNumber):
            yield alert


def instead(desk: Desk, status: Status) -> EmergencyNumber | None:
    """The number that works, while an alert of this status is live that says so; else None."""
    with desk.ledger.read() as conn:
        found = next(failing(desk, conn, status), None)
    fact = found.factset.get(OTHER) if found else None
    return fact if isinstance(fact, EmergencyNumber) else None


def number(desk: Desk) -> str:
    """Whom an answer of this deployment tells people to call in danger; empty where nobody gave a number."""
    other = instead(desk, home_status(desk))
    return other.number if other else desk.authority().phones.get("emergency", "")
