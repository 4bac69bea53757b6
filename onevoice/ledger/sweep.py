"""What can no longer be sent is closed, and an alert with nothing left to wait for is completed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, or_, select, update

from onevoice.ledger.queue import every_means, newer_is_released, not_a_guest, opted_out
from onevoice.ledger.states import AlertState, DeliveryState, Event, step
from onevoice.ledger.tables import alert, contact_point, delivery, opt_out, release, worker
from onevoice.people import PERSONAL
from onevoice.settings import Mode

S = DeliveryState

AT_ONCE = 1000
"""Deliveries to people who refuse that one round closes at most; the next one goes on."""

_EVENTS = {
    "superseded": Event.CANCEL,
    "too late": Event.EXPIRE,
    "opted out": Event.SUPPRESS,
    "not a guest": Event.SUPPRESS,
}


def close_unsent(conn: Connection, mode: Mode, now: datetime) -> int:
    """Cancel what is superseded, expire what is too late, suppress what may not be sent. How many rows changed.

    A row with a call in doubt behind it is parked instead: nobody can say that it was not sent.
    """
    changed = 0
    for row in _released(conn):
        over = row.expires <= now or (row.act_by is not None and row.act_by <= now)
        if row.superseded_at is not None or row.newer:
            changed += _close(conn, row.id, "superseded", now)
        elif over:
            changed += _close(conn, row.id, "too late", now)
        else:
            refused = _refused(conn, row)
            changed += _close(conn, row.id, "opted out", now, delivery.c.id.in_(refused)) if refused else 0
            changed += _close(conn, row.id, "not a guest", now, not_a_guest(mode)) if mode is Mode.TEST else 0
    return changed


def forget_workers(conn: Connection, now: datetime) -> None:
    """Runs of senders that were not seen for a day are of no interest any more; their attempts keep their name."""
    conn.execute(delete(worker).where(worker.c.seen_at < now - timedelta(days=1)))


def _released(conn: Connection) -> Sequence[Any]:
    """Releases that still have something unsent."""
    r = release.c
    state = delivery.c.state.in_((S.PLANNED, S.RETRY_WAIT))
    unsent = exists().where(delivery.c.release_id == r.id, every_means(), state)
    joined = release.join(alert, r.alert_id == alert.c.id)
    columns = (r.id, r.expires, r.act_by, r.superseded_at, alert.c.kind, newer_is_released().label("newer"))
    return conn.execute(select(*columns).select_from(joined).where(r.due_at.is_not(None), unsent)).all()


def _close(
    conn: Connection, release_id: int, reason: str, now: datetime, condition: ColumnElement[bool] | None = None
) -> int:
    sure = ((S.PLANNED, _EVENTS[reason], None), (S.RETRY_WAIT, _EVENTS[reason], delivery.c.ambiguous == 0))
    changed = 0
    for old, event, only in (*sure, (S.RETRY_WAIT, Event.PARK, delivery.c.ambiguous > 0)):
        wanted = [delivery.c.release_id == release_id, every_means(), delivery.c.state == old]
        wanted += [clause for clause in (only, condition) if clause is not None]
        values = {"state": step(old, event), "reason": reason, "state_at": now}
        changed += conn.execute(update(delivery).where(*wanted).values(values)).rowcount
    return changed


def _refused(conn: Connection, row: Any) -> Sequence[int]:
    """Unsent deliveries of a release to somebody who said no meanwhile.

    Looked for from the few who refuse anything, by their points: not through all that is unsent, round after round.
    """
    keys = select(opt_out.c.contact_key)
    points = select(contact_point.c.id).where(
        contact_point.c.means.in_(PERSONAL), contact_point.c.contact_key.in_(keys)
    )
    of_release = delivery.c.release_id + 0 == row.id  # so that no index over releases is taken instead
    unsent = delivery.c.state.in_((S.PLANNED, S.RETRY_WAIT))
    found = select(delivery.c.id).where(delivery.c.point_id.in_(points), of_release, unsent, opted_out(row.kind))
    return conn.scalars(found.limit(AT_ONCE)).all()


def under_way(conn: Connection, now: datetime) -> Sequence[Any]:
    """Releases that were made due and not void, whose alert may still change: the next means may open it again."""
    r, a = release.c, alert.c
    chosen = select(r.id, r.alert_id, r.severity, r.urgency, r.act_by, r.expires, a.kind, a.state)
    joined = release.join(alert, r.alert_id == a.id)
    live = and_(a.state == AlertState.COMPLETED, r.expires > now)
    over = and_(a.state == AlertState.HALTED, r.expires <= now)
    open_ = or_(a.state == AlertState.SENDING, live, over)
    rows = chosen.select_from(joined).where(r.due_at.is_not(None), r.void_at.is_(None), open_)
    return conn.execute(rows.order_by(r.id)).all()


def settle(conn: Connection, row: Any, receipt_by: timedelta, now: datetime) -> AlertState:
    """Bring one alert of `under_way` to the state that its deliveries give it, and tell which.

    `receipt_by`: how long after acceptance nobody waits for a receipt any more.
    """
    if _waiting(conn, row.id, now - receipt_by):
        return _alert(conn, row, row.state if row.state == AlertState.HALTED else AlertState.SENDING, now)
    return _alert(conn, row, AlertState.EXPIRED if row.expires <= now else AlertState.COMPLETED, now)


def _waiting(conn: Connection, release_id: int, accepted_before: datetime) -> bool:
    d = delivery.c
    promised = d.means.not_in(NO_RECEIPTS)
    hoped = and_(d.state.in_((S.ACCEPTED, S.SENT)), d.accepted_at > accepted_before, promised)
    running = d.state.in_((S.PLANNED, S.SUBMITTING, S.UNKNOWN, S.RETRY_WAIT))
    return bool(conn.scalar(select(exists().where(d.release_id == release_id, every_means(), or_(running, hoped)))))


def _alert(conn: Connection, row: Any, new: AlertState, now: datetime) -> AlertState:
    if row.state != new and not (row.state == AlertState.COMPLETED and new is AlertState.EXPIRED):
        closed = None if new is AlertState.SENDING else now
        wanted = (alert.c.id == row.alert_id, alert.c.state == row.state)
        conn.execute(update(alert).where(*wanted).values(state=new, closed_at=closed))
    return new


NO_RECEIPTS = ("email",)
"""Means by which nothing better than "accepted" is ever heard: nobody waits for it. A bounce still counts."""
