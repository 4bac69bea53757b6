"""Rate slots of sender identities: one row each, for all workers together, on the database's clock.

A slot is a moment at which a call may begin. Slots are spaced by the rate and never caught up with: in no second are
there more than the rate allows, however many workers there are and however long they were silent. Times are whole
microseconds since 1970 UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, case, or_, select, update

from onevoice.ledger.engine import insert_new
from onevoice.ledger.tables import pace

SECOND = 1_000_000
NONSENSE = 30 * SECOND
LARGEST = 30
"""A row further ahead than `NONSENSE`, or the time of `LARGEST` units, was written by a clock that has gone back."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(at: datetime) -> int:
    """A moment as it is counted here."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def free(conn: Connection, sender: str, earliest: int, rate: float) -> int:
    """From when on the rate of a sender is not spoken for; never before `earliest`. `rate` in units a second."""
    said = conn.scalar(select(pace.c.next_free_at).where(pace.c.sender == sender))
    return earliest if said is None or not earliest < said <= _furthest(earliest, rate) else said


def reserve(conn: Connection, sender: str, units: int, earliest: int, rate: float) -> int:
    """Take the next slots, so many units one after the other. When the first of them is.

    One UPDATE: whoever comes at the same time gets the slots after these.
    """
    cost = round(units * SECOND / rate)
    at = pace.c.next_free_at
    start = case((or_(at < earliest, at > _furthest(earliest, rate)), earliest), else_=at)
    taken = update(pace).where(pace.c.sender == sender).values(next_free_at=start + cost).returning(at)
    ends = conn.scalar(taken)
    if ends is None:
        insert_new(conn, pace, sender=sender, next_free_at=0)
        ends = conn.execute(taken).scalar_one()
    return int(ends) - cost


def _furthest(earliest: int, rate: float) -> int:
    return earliest + max(NONSENSE, round(LARGEST * SECOND / rate))
