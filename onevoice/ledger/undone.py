"""Intents whose calls never began are undone: only their own worker knows it, and only under its own fence."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from onevoice.ledger.queue import NOT_STARTED
from onevoice.ledger.sending import Claimed
from onevoice.ledger.states import DeliveryState, Event, step
from onevoice.ledger.tables import attempt, delivery


def take_back(conn: Connection, worker_id: str, calls: Collection[Claimed], now: datetime) -> int:
    """Undo intents of this worker whose calls never began. How many there were."""
    return _undo(conn, worker_id, select(attempt.c.id).where(attempt.c.id.in_([c.attempt for c in calls])), now)


def take_back_others(conn: Connection, worker_id: str, known: Collection[int], now: datetime) -> int:
    """Undo intents of this worker that it does not know of: their commit went through, the word of it did not."""
    mine = select(attempt.c.id).where(attempt.c.worker == worker_id, attempt.c.result.is_(None))
    return _undo(conn, worker_id, mine.where(attempt.c.id.not_in(list(known))), now)


def _undo(conn: Connection, worker_id: str, attempts: Any, now: datetime) -> int:
    """Only under the same worker and fence: nobody else can have made the call."""
    same = (attempt.c.delivery_id == delivery.c.id, attempt.c.fence == delivery.c.fence)
    waiting = select(attempt.c.id, delivery.c.id.label("delivery_id")).join(delivery, same[0] & same[1])
    rows = conn.execute(
        waiting.where(attempt.c.id.in_(attempts), attempt.c.result.is_(None), delivery.c.worker == worker_id)
        .where(delivery.c.state == DeliveryState.SUBMITTING)
        .with_for_update(of=delivery)
    ).all()
    conn.execute(
        update(attempt)
        .where(attempt.c.id.in_([row.id for row in rows]))
        .values(result="retry", result_at=now, code=NOT_STARTED)
    )
    conn.execute(
        update(delivery)
        .where(delivery.c.id.in_([row.delivery_id for row in rows]), delivery.c.state == DeliveryState.SUBMITTING)
        .values(
            state=step(DeliveryState.SUBMITTING, Event.TAKE_BACK),
            state_at=now,
            not_before=now,
            tries=delivery.c.tries - 1,
            worker=None,
            lease_until=None,
        )
    )
    return len(rows)
