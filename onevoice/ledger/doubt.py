"""Calls of which nobody knows what became: found here, settled by dispatch, which may ask the provider."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, case, or_, select, update

from onevoice.ledger.queue import every_means, newer_is_released, valid_until
from onevoice.ledger.restored import RESTORED
from onevoice.ledger.sending import Claimed
from onevoice.ledger.states import DeliveryState, Event, step
from onevoice.ledger.tables import alert, attempt, contact_point, delivery, release, variant

S = DeliveryState

LAPSED = "lease lapsed"
BATCH = 1000


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A delivery to be looked for, with its last call. `in_time`: the call could still be made again.

    `state` is unknown (was it taken?), or accepted or sent (what became of it?). `restored`: the database was put back
    from a backup, and does not know whether the call was made at all.
    """

    call: Claimed
    state: DeliveryState
    accepted_at: datetime | None
    in_time: bool
    restored: bool = False


def lapse(conn: Connection, now: datetime) -> int:
    """Calls whose worker did not come back in time are in doubt. How many there were."""
    gone = select(delivery.c.id, delivery.c.fence).where(
        delivery.c.release_id.in_(_released()),
        every_means(),
        delivery.c.state == S.SUBMITTING,
        delivery.c.lease_until < now,
    )
    rows = conn.execute(gone.limit(BATCH).with_for_update(skip_locked=True)).all()
    ids = [row.id for row in rows]
    last = select(delivery.c.fence).where(delivery.c.id == attempt.c.delivery_id).scalar_subquery()
    conn.execute(
        update(attempt)
        .where(attempt.c.delivery_id.in_(ids), attempt.c.fence == last, attempt.c.result.is_(None))
        .values(result="unknown", result_at=now, doubted_at=now, code=LAPSED)
    )
    values = {"state": step(S.SUBMITTING, Event.DOUBT), "state_at": now, "not_before": now, "code": LAPSED}
    conn.execute(
        update(delivery)
        .where(delivery.c.id.in_(ids), delivery.c.state == S.SUBMITTING)
        .values(**values, worker=None, lease_until=None)
    )
    return len(rows)


def _released() -> Any:
    return select(release.c.id).where(release.c.due_at.is_not(None))


def to_look_for(conn: Connection, states: Sequence[DeliveryState], now: datetime, limit: int) -> list[Doubtful]:
    """Deliveries in one of these states on which a look is due, longest waiting first."""
    d, a, r = delivery.c, attempt.c, release.c
    words = and_(variant.c.release_id == d.release_id, variant.c.id == d.variant_id)
    joined = (
        delivery.join(attempt, and_(a.delivery_id == d.id, a.fence == d.fence))
        .join(release, r.id == d.release_id)
        .join(alert, alert.c.id == r.alert_id)
        .join(contact_point, contact_point.c.id == d.point_id)
        .join(variant, words)
    )
    closed = or_(r.superseded_at.is_not(None), r.void_at.is_not(None), newer_is_released())
    columns = (
        *(d.id, d.state, d.fence, d.means, d.contact_key, d.point_id, d.release_id, d.variant_id),
        *(d.tries, d.ambiguous, d.accepted_at, a.id.label("attempt"), a.provider, a.intent_at, a.reply_to, a.code),
        *(r.severity, r.urgency, r.act_by, r.expires, alert.c.kind, contact_point.c.address_enc, variant.c.units),
        case((closed, 1), else_=0).label("closed"),
    )
    due = select(*columns).select_from(joined).where(every_means(), d.state.in_(states), d.not_before <= now)
    rows = conn.execute(due.where(d.release_id.in_(_released())).order_by(d.not_before, d.id).limit(limit))
    return [_doubtful(row, now) for row in rows]


def _doubtful(row: Any, now: datetime) -> Doubtful:
    ends = valid_until(row)
    call = Claimed(
        attempt=row.attempt,
        delivery=row.id,
        fence=row.fence,
        means=row.means,
        provider=row.provider,
        sealed=row.address_enc,
        contact_key=row.contact_key,
        point=row.point_id,
        release=row.release_id,
        variant=row.variant_id,
        units=row.units,
        severity=row.severity,
        urgency=row.urgency,
        kind=row.kind,
        valid_until=ends,
        tries=row.tries,
        ambiguous=row.ambiguous,
        intent_at=row.intent_at,
        reply_to=row.reply_to,
    )
    in_time = not row.closed and ends > now
    return Doubtful(call, S(row.state), row.accepted_at, in_time, restored=row.code == RESTORED)


def again(conn: Connection, one: Doubtful, now: datetime) -> bool:
    """Let a call in doubt be made again. False where something was heard meanwhile."""
    more = {"not_before": now, "ambiguous": delivery.c.ambiguous + 1}
    return _move(conn, one, Event.RESEND, now, more)


def park(conn: Connection, one: Doubtful, reason: str, now: datetime) -> bool:
    """Leave a call in doubt to a person. False where something was heard meanwhile."""
    return _move(conn, one, Event.PARK, now, {"reason": reason})


def made_through(conn: Connection, one: Doubtful, provider: str) -> None:
    """Note through whom a call was made of which a restored database knew nothing."""
    unknown = (attempt.c.id == one.call.attempt, attempt.c.code == RESTORED)
    conn.execute(update(attempt).where(*unknown).values(provider=provider))


def look_later(conn: Connection, one: Doubtful, at: datetime) -> None:
    """Note when to look again, also where the look has just found that it was handed on."""
    states = {one.state, S.SENT} if one.state is S.ACCEPTED else {one.state}
    same = (delivery.c.id == one.call.delivery, delivery.c.state.in_(states), delivery.c.fence == one.call.fence)
    conn.execute(update(delivery).where(*same).values(not_before=at))


def _move(conn: Connection, one: Doubtful, event: Event, now: datetime, more: dict[str, Any]) -> bool:
    same = (delivery.c.id == one.call.delivery, delivery.c.state == one.state, delivery.c.fence == one.call.fence)
    values = {"state": step(one.state, event), "state_at": now, **more}
    return conn.execute(update(delivery).where(*same).values(values)).rowcount == 1
