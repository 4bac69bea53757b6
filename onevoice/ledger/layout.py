"""The layout of a version: who is meant, every way to them, and the text that each point needs, kept in hand.

It is worked out once for a submit, in one look at the contacts: which texts are needed is read from it, and what is
written in the end is what it holds.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, Table, select, type_coerce

from onevoice.ledger.needed import InUse, Numbers, counted, numbers_of, placed_ways
from onevoice.ledger.points import Rank, points, ways
from onevoice.ledger.scratch import joined_whole, keep
from onevoice.ledger.tables import audience
from onevoice.ledger.wanted import Wanted, who

SNAPSHOT = tuple(c.name for c in audience.c if c.name != "release_id")
"""What is kept of a person."""


@dataclass(frozen=True)
class Layout:
    """Temporary tables: `person` has the columns of SNAPSHOT and `yet`, `way` of `placed_ways`, `point` of `points`."""

    conn: Connection
    person: Table
    way: Table
    point: Table

    def numbers(self) -> Numbers:
        """Who is meant, counted."""
        return numbers_of(self.conn, self.person)

    def in_use(self) -> list[InUse]:
        """Which texts are needed."""
        with joined_whole(self.conn):
            return counted(self.conn, self.way, self.point)


def lay_out(conn: Connection, wanted: Wanted) -> Layout:
    """Look at the contacts, on a connection that no pool takes back (`Ledger.apart`). Writes nothing that stays."""
    meant = who(conn, wanted).subquery("meant_person")
    columns = (type_coerce(meant.c[name], audience.c[name].type).label(name) for name in SNAPSHOT)
    person = keep(conn, "person", select(*columns, meant.c.yet), key="contact_id")
    with joined_whole(conn):
        placed = placed_ways(ways(person, wanted.topic, fresh=True).cte("open_way"))
        way = keep(conn, "way", select(placed), "point_id")
        ranks = [Rank(s.precedence, s.id, s.messenger) for s in wanted.segments_all]
        point = keep(conn, "point", points(way, ranks, first=not wanted.previous_releases), key="point_id")
    return Layout(conn, person, way, point)
