"""Rate slots of sender identities: one row each, for all workers together, on the database's clock.

A slot is a moment at which a call may begin. Slots are spaced by the rate and never caught up with: in no second are
there more than the rate allows, however many workers there are and however long they were silent. The same row says
how the provider fares: until when it asked to be left alone, and whether it fails. Times are whole microseconds since
1970 UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, Update, case, or_, select, update

from onevoice.ledger.engine import insert_new
from onevoice.ledger.tables import pace

SECOND = 1_000_000
NONSENSE = 30 * SECOND
LARGEST = 30
"""A row further ahead than `NONSENSE`, or the time of `LARGEST` units, was written by a clock that has gone back."""

LONGEST_ALONE = 3600 * SECOND
"""No provider is left alone for longer than this; who is said to be was written so by a clock that has gone back."""

PROBE, PROBE_BESIDE = 5 * SECOND, 60 * SECOND
"""Between the single calls that see whether a failing provider is back: alone, and where another one does its work."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Pace(NamedTuple):
    """The row of one sender identity, as it stands in the table."""

    next_free_at: int = 0
    not_before: int = 0
    probe_at: int | None = None

    @property
    def failing(self) -> bool:
        """True while it is left alone, but for a single call now and then."""
        return self.probe_at is not None

    def alone_until(self, now: int) -> int:
        """From when on it may be called; `now`, or before, where it may be already."""
        until = max(self.not_before, self.probe_at or 0)
        return until if until <= now + LONGEST_ALONE else now


def micros(at: datetime) -> int:
    """A moment as it is counted here."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def read(conn: Connection) -> dict[str, Pace]:
    """All rows, by sender; one that was never used has none."""
    columns = (pace.c.sender, pace.c.next_free_at, pace.c.not_before, pace.c.probe_at)
    return {row.sender: Pace(*row[1:]) for row in conn.execute(select(*columns))}


def free(of: Pace, earliest: int, rate: float) -> int:
    """From when on the rate of a sender is not spoken for; never before `earliest`. `rate` in units a second."""
    said = of.next_free_at
    return said if earliest < said <= _furthest(earliest, rate) else earliest


def reserve(conn: Connection, sender: str, units: int, earliest: int, rate: float) -> int:
    """Take the next slots, so many units one after the other. When the first of them is.

    One UPDATE: whoever comes at the same time gets the slots after these.
    """
    cost = round(units * SECOND / rate)
    at = pace.c.next_free_at
    start = case((or_(at < earliest, at > _furthest(earliest, rate)), earliest), else_=at)
    taken = _of(sender).values(next_free_at=start + cost).returning(at)
    ends = conn.scalar(taken)
    if ends is None:
        insert_new(conn, pace, sender=sender, next_free_at=0)
        ends = conn.execute(taken).scalar_one()
    return int(ends) - cost


def leave_alone(conn: Connection, sender: str, until: int, now: int) -> None:
    """The provider asked that nobody calls before `until`. An earlier wish that asks for longer stands."""
    until = min(until, now + LONGEST_ALONE)
    said = pace.c.not_before
    longer = case((or_(said < until, said > now + LONGEST_ALONE), until), else_=said)
    _write(conn, sender, not_before=longer)


def failing(conn: Connection, sender: str, probe_at: int | None) -> None:
    """The provider fails, and is tried again at `probe_at`; None: it works."""
    _write(conn, sender, probe_at=probe_at)


def probe(conn: Connection, sender: str, of: Pace, again_at: int) -> bool:
    """Be the one worker that sees whether a failing provider is back; the next one may at `again_at`."""
    mine = _of(sender).where(pace.c.probe_at == of.probe_at).values(probe_at=again_at)
    return conn.execute(mine).rowcount == 1


def _write(conn: Connection, sender: str, **values: object) -> None:
    if conn.execute(_of(sender).values(**values)).rowcount == 0:
        insert_new(conn, pace, sender=sender, next_free_at=0)
        conn.execute(_of(sender).values(**values))


def _of(sender: str) -> Update:
    return update(pace).where(pace.c.sender == sender)


def _furthest(earliest: int, rate: float) -> int:
    return earliest + max(NONSENSE, round(LARGEST * SECOND / rate))
