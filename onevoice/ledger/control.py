"""The kill switch in the database: one row that every claim reads. One person halts, two let it go on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from onevoice.errors import Conflict, OutOfReach, Refused
from onevoice.ledger.states import AlertState
from onevoice.ledger.tables import alert, control

RUNNING, HALTED = "running", "halted"


@dataclass(frozen=True, slots=True)
class Control:
    """Whether anything may be sent. `generation` grows with every change, so that a worker sees one that it missed."""

    state: str
    generation: int
    at: datetime
    by: str | None = None
    reason: str | None = None
    resume_asked_by: str | None = None

    @property
    def running(self) -> bool:
        """True where sending may go on."""
        return self.state == RUNNING

    def to_json(self) -> dict[str, Any]:
        """As `control --json` prints it."""
        return {"control": self.state, "generation": self.generation, "by": self.by, "at": self.at.isoformat()}


def state(conn: Connection, *, hold: bool = False, alone: bool = False) -> Control:
    """How the switch stands. `hold`: nobody can change it before this transaction ends; `alone`: nor claim anything.

    Raises:
        OutOfReach: the row is missing, so nobody can say that sending is allowed.
    """
    chosen = select(control).where(control.c.id == 1)
    row = conn.execute(chosen.with_for_update(read=not alone) if hold or alone else chosen).first()
    if row is None or row.state not in (RUNNING, HALTED):
        what = "The control row is missing or damaged, so nothing is sent."
        raise OutOfReach(what, where="database", remedy="Restore the database, or call whoever keeps it.")
    return Control(row.state, row.generation, row.at, row.by, row.reason, row.resume_asked_by)


def halt(conn: Connection, *, by: str, reason: str, now: datetime) -> Control:
    """Stop all sending. Halting twice is no error; it also takes back any request to go on."""
    _write(conn, state=HALTED, by=by, reason=reason, at=now, resume_asked_by=None)
    _alerts(conn, AlertState.SENDING, AlertState.HALTED)
    return state(conn)


def resume(conn: Connection, *, by: str, now: datetime) -> Control:
    """Ask to go on; when a second person asks, sending goes on. The answer's `state` tells which it was.

    Raises:
        Conflict: nothing is halted. Refused: the same person asks again.
    """
    now_is = state(conn)
    if now_is.running:
        raise Conflict("Nothing is halted.", remedy="There is nothing to resume.")
    if now_is.resume_asked_by is None:
        conn.execute(update(control).where(control.c.id == 1).values(resume_asked_by=by))
        return state(conn)
    if now_is.resume_asked_by == by:
        what = f"{by} has asked already; a second person must ask too."
        raise Refused(what, remedy="Another person repeats `onevoice resume`.")
    reason = f"asked by {now_is.resume_asked_by}, repeated by {by}"
    _write(conn, state=RUNNING, by=by, reason=reason, at=now, resume_asked_by=None)
    _alerts(conn, AlertState.HALTED, AlertState.SENDING)
    return state(conn)


def _write(conn: Connection, **columns: object) -> None:
    conn.execute(update(control).where(control.c.id == 1).values(generation=control.c.generation + 1, **columns))


def _alerts(conn: Connection, old: AlertState, new: AlertState) -> None:
    conn.execute(update(alert).where(alert.c.state == old).values(state=new))
