"""The layout of a version: who is meant, every way to them, and the text that each point needs, kept in hand.

It is worked out once for a submit, in one look at the contacts: which texts are needed is read from it, and what is
written in the end is what it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, FromClause, Select, Table, func, select, type_coerce

from onevoice.ledger.needed import InUse, Key, Numbers, counted, numbers_of, placed_ways
from onevoice.ledger.points import Rank, points, ways
from onevoice.ledger.scratch import joined_whole, keep
from onevoice.ledger.tables import audience
from onevoice.ledger.wanted import Wanted, who
from onevoice.ledger.words import later
from onevoice.people import PERSONAL

SNAPSHOT = tuple(c.name for c in audience.c if c.name != "release_id")
"""What is kept of a person."""


@dataclass(frozen=True)
class Layout:
    """Temporary tables: `person` has the columns of SNAPSHOT and `yet`, `way` of `placed_ways`, `point` of `points`.

    `point` has also what `later` says of it; `turn` is what `turns` makes of the ways.
    """

    conn: Connection
    person: Table
    way: Table
    point: Table
    turn: Table

    def numbers(self) -> Numbers:
        """Who is meant, counted."""
        return numbers_of(self.conn, self.person)

    def in_use(self) -> list[InUse]:
        """Which texts are needed."""
        with joined_whole(self.conn):
            return counted(self.conn, self.way, self.point)


@dataclass(frozen=True)
class Meant:
    """Who is meant, kept in hand, and the texts that they are likely to need, those of most people first.

    Only the layout knows for certain: people who share a point get one text, and not everybody has each means.
    """

    wanted: Wanted
    person: Table
    likely: tuple[Key, ...]


def meant(conn: Connection, wanted: Wanted) -> Meant:
    """Look at the contacts, on a connection that no pool takes back (`Ledger.apart`). Writes nothing that stays."""
    found = who(conn, wanted).subquery("meant_person")
    columns = (type_coerce(found.c[name], audience.c[name].type).label(name) for name in SNAPSHOT)
    person = keep(conn, "person", select(*columns, found.c.yet), key="contact_id")
    return Meant(wanted, person, tuple(_likely(conn, wanted, person)))


def _likely(conn: Connection, wanted: Wanted, person: Table) -> Iterator[Key]:
    """The text of each reader by each means in their order, as if nobody shared a point."""
    messengers = {segment.precedence: segment.messenger for segment in wanted.segments_all}
    columns = [person.c[name] for name in ("language", "tier", "needs", "text_group", "precedence", "means")]
    reached = person.c.unreachable.is_(None)
    rows = select(*columns).where(reached).group_by(*columns).order_by(func.count().desc(), *columns)
    for language, tier, needs, group, precedence, order in conn.execute(rows).tuples():
        for means in re.split("[,+]", order):
            if means in PERSONAL:
                yield f"{language}|{tier}|{needs}", means, messengers.get(precedence), group, precedence


def lay_out(conn: Connection, people: Meant) -> Layout:
    """Every way to the people who are meant, and the text that each point needs; on the same connection."""
    wanted, person = people.wanted, people.person
    with joined_whole(conn):
        placed = placed_ways(ways(person, wanted.topic, fresh=True).cte("open_way"))
        way = keep(conn, "way", select(placed), "point_id")
        ranks = [Rank(s.precedence, s.id, s.messenger) for s in wanted.segments_all]
        each = points(way, ranks, first=not wanted.previous_releases).cte("each")
        point = keep(conn, "point", select(each, later(each).label("later")), key="point_id")
    return Layout(conn, person, way, point, keep(conn, "turn", turns(way), "point_id"))


def turns(way: FromClause) -> Select[Any]:
    """The ways that are used first."""
    return select(way.c.contact_id, way.c.point_id, way.c.means).where(way.c.now == 1)
