"""An incident: the current facts of all its alerts, with the alert each comes from, and where the alerts disagree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from onevoice import checks
from onevoice.alert import Kind
from onevoice.checks.rules import finding
from onevoice.desk import around
from onevoice.errors import Unusable
from onevoice.ledger import alerts, partners
from onevoice.variant import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from onevoice.alert import Alert
    from onevoice.desk.wiring import Desk
    from onevoice.ledger.engine import Connection

STALE_MINUTES = 15
"""A partner who last spoke of an older version is pointed out this long after the newer one went out."""


def show(desk: Desk, incident: str) -> dict[str, Any]:
    """The newest released version of each chain of an incident, its facts by name, and what is wrong between them.

    Raises:
        Unusable: nothing has been released for such an incident.
    """
    with desk.ledger.read() as conn:
        newest = _newest(conn, incident)
        if not newest:
            what = f"Nothing has been released for incident {incident!r}."
            raise Unusable(what, remedy="`onevoice alert list` names the alerts there are.")
        found = [f for alert in newest for f in _findings(desk, conn, alert)]
        facts = _facts(desk, newest)
    return {
        "incident": incident,
        "alerts": [_line(desk, alert) for alert in newest],
        "facts": facts,
        "findings": [f.model_dump(mode="json") for f in dict.fromkeys(found)],
    }


def _newest(conn: Connection, incident: str) -> list[Alert]:
    """One version for each chain: the newest that was released, newest chain first."""
    found: dict[str, Alert] = {}
    for row in alerts.released(conn):
        if row.incident == incident and (row.chain not in found or row.version > found[row.chain].version):
            found[row.chain] = alerts.value(row)
    return list(found.values())


def _live(desk: Desk, alert: Alert) -> bool:
    return alert.expires > desk.now() and alert.kind != Kind.ALL_CLEAR


def _line(desk: Desk, alert: Alert) -> dict[str, Any]:
    return {
        "id": alert.id,
        "chain": alert.chain,
        "version": alert.version,
        "hazard": alert.hazard,
        "kind": alert.kind,
        "status": alert.status,
        "live": _live(desk, alert),
        "sent": alert.sent.isoformat(),
        "expires": alert.expires.isoformat(),
        "factset": alert.factset.hash,
    }


def _facts(desk: Desk, newest: list[Alert]) -> dict[str, list[dict[str, Any]]]:
    """Fact → each value that a live alert gives it, with the alert; where none is live, of all."""
    live = [alert for alert in newest if _live(desk, alert)] or newest
    found: dict[str, list[dict[str, Any]]] = {}
    for alert in live:
        for name, fact in sorted(alert.factset.facts.items()):
            found.setdefault(name, []).append({"value": fact.model_dump(mode="json"), "alert": alert.id})
    return dict(sorted(found.items()))


def _findings(desk: Desk, conn: Connection, alert: Alert) -> Iterator[Finding]:
    if _live(desk, alert):
        around_it = around.around(desk, conn, alert)
        yield from (f for f in checks.check_around(alert, desk.content, around_it) if f.rule == "C19")
        yield from _stale_partners(desk, conn, alert)
    elif alert.kind in (Kind.WARNING, Kind.UPDATE, Kind.CORRECTION) and alert.expires <= desk.now():
        message = f"{alert.id} has ended by its time, and nobody was told that it is over."
        remedy = f"`onevoice alert cancel {alert.id}` makes the all-clear; or draft a new alert."
        yield finding("C17", message, remedy=remedy)


def _stale_partners(desk: Desk, conn: Connection, alert: Alert) -> Iterator[Finding]:
    if (desk.now() - alert.sent).total_seconds() < STALE_MINUTES * 60:
        return
    for said in partners.words(conn, alert.chain):
        if said["version"] < alert.version:
            message = (
                f"{said['partner']} last spoke of version {said['version']} of {alert.chain}; it is {alert.version}."
            )
            yield finding("C20", message, remedy="Call them: their copy is out of date.")
