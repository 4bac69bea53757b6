"""What a version of an alert needs, before anything is written: how many people, and which texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import CTE, ColumnElement, Connection, FromClause, and_, case, func, literal, or_, select

from onevoice.ledger.holders import MAY_YET, NOT_YET, WAITS
from onevoice.ledger.points import Rank, points, ways
from onevoice.ledger.scratch import joined_whole
from onevoice.ledger.wanted import Wanted, who

Key = tuple[str, str, str | None, str, int]
"""Which text: profile key, means, messenger, group; and the precedence of the segment whose fallback applies."""


@dataclass(frozen=True)
class Numbers:
    """People, each counted once. `reachable` and `unreachable` together are all who are meant.

    `not_yet` more are meant only if an older version still reaches them before this one is released.

    `in_area` and `location_unknown` say where they are; the rest of them are meant wherever they are. `by_reason`
    counts those who cannot be reached; `by_segment` is the segment that each is treated by.
    """

    in_area: int = 0
    reachable: int = 0
    unreachable: int = 0
    location_unknown: int = 0
    not_yet: int = 0
    by_reason: Mapping[str, int] = field(default_factory=dict)
    by_segment: Mapping[str, int] = field(default_factory=dict)
    by_language: Mapping[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


@dataclass(frozen=True)
class InUse:
    """One text that is needed. `contacts` get it first, `standby` only where what they get first fails.

    `precedence` is that of the segment which says how the point's people are treated: its fallback applies. `shared`
    of the contacts read another language: too many languages share their contact point for one text.
    """

    profile_key: str
    means: str
    messenger: str | None
    group: str
    precedence: int
    segments: tuple[str, ...]
    contacts: int
    standby: int
    shared: int


def people(conn: Connection, wanted: Wanted) -> Numbers:
    """Count who is meant. Writes nothing."""
    return numbers_of(conn, who(conn, wanted).cte("person"))


def numbers_of(conn: Connection, person: FromClause) -> Numbers:
    """Count the people of an audience."""
    shape = (person.c.segment, person.c.language, person.c.location, person.c.unreachable)
    every = conn.execute(select(*shape, func.count()).group_by(*shape)).all()
    rows = [row for row in every if row.unreachable != NOT_YET]
    return Numbers(
        in_area=sum(n for *_, location, _, n in rows if location == "in-area"),
        reachable=sum(n for *_, reason, n in rows if reason is None),
        unreachable=sum(n for *_, reason, n in rows if reason is not None),
        location_unknown=sum(n for *_, location, _, n in rows if location == "unknown"),
        not_yet=sum(n for *_, reason, n in every if reason == NOT_YET),
        by_reason=_summed((reason, n) for *_, reason, n in rows if reason is not None),
        by_segment=_summed((segment, n) for segment, *_, n in rows),
        by_language=_summed((language, n) for _, language, *_, n in rows),
    )


def _summed(counts: Iterable[tuple[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for name, count in counts:
        total[name] += int(count)
    return dict(sorted(total.items()))


def in_use(conn: Connection, wanted: Wanted) -> list[InUse]:
    """Which texts are needed, for the first means and for every later one. Writes nothing."""
    person = who(conn, wanted).cte("person")
    ranks = [Rank(s.precedence, s.id, s.messenger) for s in wanted.segments_all]
    way = ways(person, wanted.topic).cte("way")
    with joined_whole(conn):
        return counted(conn, placed_ways(way), points(way, ranks, first=not wanted.previous_releases).cte("point"))


def counted(conn: Connection, placed: FromClause, point: FromClause) -> list[InUse]:
    """The texts of points, and how many people each way brings to them."""
    key = (point.c.profile_key, point.c.means, point.c.messenger, point.c.text_group, point.c.precedence)
    now, other = placed.c.now == 1, placed.c.language != point.c.language
    counted_ = (placed.c.segment, _many(now), _many(~now), _many(and_(now, point.c.shared, other)))
    rows = (
        select(*key, *counted_)
        .select_from(placed.join(point, point.c.point_id == placed.c.point_id))
        .group_by(*key, placed.c.segment)
        .order_by(*key, placed.c.segment)
    )
    return _merged([*conn.execute(rows).tuples(), *_if_held(conn, placed, point)])


def _if_held(conn: Connection, placed: FromClause, point: FromClause) -> Sequence[tuple[Any, ...]]:
    """The texts that points need in place of those for new people, if an older version still reaches somebody there."""
    key = (point.c.profile_key, point.c.means, point.c.messenger, literal("kept"), point.c.precedence)
    rows = (
        select(*key, placed.c.segment, literal(0), func.count(), literal(0))
        .select_from(placed.join(point, point.c.point_id == placed.c.point_id))
        .where(placed.c.yet == MAY_YET, point.c.text_group == "new")
        .group_by(point.c.profile_key, point.c.means, point.c.messenger, point.c.precedence, placed.c.segment)
    )
    return conn.execute(rows).tuples().all()


def _many(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def _merged(rows: Iterable[tuple[Any, ...]]) -> list[InUse]:
    """Rows of one text, one for each segment, become one."""
    found: dict[Key, list[tuple[Any, ...]]] = {}
    for profile, means, messenger, group, precedence, *rest in rows:
        found.setdefault((profile, means, messenger or None, group, precedence), []).append(tuple(rest))
    return [
        InUse(*key, tuple(s for s, *_ in rest), *(sum(int(r[i]) for r in rest) for i in (1, 2, 3)))
        for key, rest in found.items()
    ]


def placed_ways(way: FromClause) -> CTE:
    """Each way with `now` = 1 where it is used first: the first in the person's order, or each where all go at once.

    Who waits for an older version to reach them uses none.
    """
    turn = func.row_number().over(partition_by=way.c.contact_id, order_by=(way.c.place, way.c.point_id))
    first = and_(or_(turn == 1, way.c.at_once > 0), way.c.yet != WAITS)
    return select(way, case((first, 1), else_=0).label("now")).cte("placed")
