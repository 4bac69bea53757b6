"""The layout of a release: every way to the people of its snapshot, and the text that each point needs, kept in hand.

It is worked out once for a submit: which texts are needed is read from it, and the deliveries are written from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Table, select

from onevoice.ledger.needed import InUse, Numbers, counted, numbers_of, placed_ways
from onevoice.ledger.points import points, ways
from onevoice.ledger.scratch import joined_whole, kept
from onevoice.ledger.tables import audience
from onevoice.ledger.words import ranks, topic_of


@dataclass(frozen=True)
class Layout:
    """Temporary tables of one write transaction: `way` as `placed_ways` has it, `point` as `points`."""

    conn: Connection
    release_id: int
    way: Table
    point: Table

    def numbers(self) -> Numbers:
        """Who is meant, counted in the snapshot."""
        return numbers_of(self.conn, select(audience).where(audience.c.release_id == self.release_id).cte("person"))

    def in_use(self) -> list[InUse]:
        """Which texts are needed."""
        with joined_whole(self.conn):
            return counted(self.conn, self.way, self.point)


@contextmanager
def laid_out(conn: Connection, release_id: int) -> Iterator[Layout]:
    """The layout of a release whose snapshot was stored in this transaction; gone after the block."""
    person = select(audience).where(audience.c.release_id == release_id).subquery("person")
    placed = placed_ways(ways(person, topic_of(conn, release_id), fresh=True).cte("open_way"))
    with ExitStack() as block:
        with joined_whole(conn):
            way = block.enter_context(kept(conn, "way", select(placed), "point_id"))
            needed = points(way, ranks(conn, release_id))
            point = block.enter_context(kept(conn, "point", needed, "point_id"))
        yield Layout(conn, release_id, way, point)
