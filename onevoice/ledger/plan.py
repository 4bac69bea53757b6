"""The plan: who gets which words at which contact point. What is written here at submit is the audience snapshot.

`people` and `in_use` read for the preview. A submit looks first and writes in the end, on one connection: `meant`,
`lay_out` and `arrange` look and hold up nobody, `put` is the short write. `look_for_next` and
`next_means` follow up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    Table,
    Text,
    and_,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from onevoice.errors import Conflict
from onevoice.ledger.holders import NOT_YET
from onevoice.ledger.late import Late, count_not_yet, late
from onevoice.ledger.layout import SNAPSHOT, Layout, Meant, lay_out, meant, turns
from onevoice.ledger.needed import InUse, Key, Numbers, in_use, people, placed_ways
from onevoice.ledger.next_means import look_for_next, next_means
from onevoice.ledger.scratch import count_again, joined_whole, keep
from onevoice.ledger.tables import assignment, audience, contact_point, delivery, served
from onevoice.ledger.wanted import Wanted, topic
from onevoice.ledger.words import (
    COPIED,
    HELD,
    NEW_DELIVERY,
    SHARED_POINT,
    delivered_at,
    new_deliveries,
    slowest_first,
    with_words,
)

__all__ = [
    "HELD",
    "SHARED_POINT",
    "Arranged",
    "Chosen",
    "InUse",
    "Key",
    "Late",
    "Layout",
    "Meant",
    "Numbers",
    "Planned",
    "Wanted",
    "arrange",
    "count_not_yet",
    "in_use",
    "late",
    "lay_out",
    "look_for_next",
    "meant",
    "next_means",
    "people",
    "put",
    "topic",
]


@dataclass(frozen=True)
class Chosen:
    """The words for a key. `variant_id` None: held back, no delivery now. `fallback`: why they are not the own ones."""

    variant_id: str | None
    fallback: str | None = None


@dataclass(frozen=True)
class Planned:
    """What a plan writes: `contacts` are served by `deliveries`; `fallback` are those not told in their own words.

    `not_yet` more would be served, in the texts that were made, if an older version still reached them.
    """

    contacts: int
    deliveries: int
    unreachable: int
    by_reason: Mapping[str, int]
    fallback: Mapping[str, int]
    not_yet: int = 0


@dataclass(frozen=True)
class Arranged:
    """All that a submit writes about people, in temporary tables but for the number of the release.

    `words` are the columns of `assignment` and the text's `language`; `new` has the deliveries, `turn` who is served
    where.
    """

    person: Table
    words: Table
    new: Table
    turn: Table
    planned: Planned


_WORDS = Table(
    "kept_words",
    MetaData(),
    *(Column(c.name, Text(), index=c.name == "profile_key") for c in assignment.c if c.name != "release_id"),
    Column("language", Text()),
    prefixes=["TEMPORARY"],
)


# --- in the look ----------------------------------------------------------------------------------------------------


def arrange(layout: Layout, chosen: Mapping[Any, Chosen], languages: Mapping[str, str] | None = None) -> Arranged:
    """Work out the deliveries: each person's first means, or all of them where they go at once. Still the look.

    `languages`: of each text, by its id.

    Raises:
        Conflict: somebody needs a text that was not chosen.
    """
    conn = layout.conn
    _keep_words(conn, chosen, languages or {})
    held = any(words.variant_id is None for words in chosen.values())
    with joined_whole(conn):
        words = with_words(layout.point, _WORDS).add_columns(layout.point.c.later)
        worded = keep(conn, "worded", words, *(("point_id",) if held else ()))
        _nobody_forgotten(conn, worded)
        turn = keep(conn, "open_turn", _open_turns(layout, worded), "point_id") if held else layout.turn
        new = keep(conn, "new", _new(worded, turn))
        _hold(conn, layout.person, turn)
        return Arranged(layout.person, _WORDS, new, turn, _planned(conn, layout.person, new, turn))


def _keep_words(conn: Connection, chosen: Mapping[Any, Chosen], languages: Mapping[str, str]) -> None:
    rows = [
        {
            "profile_key": "|".join([profile, *map(str, treated)]),
            "means": str(means),
            "messenger": messenger or "",
            "text_group": group,
            "variant_id": words.variant_id,
            "fallback": words.fallback,
            "language": languages.get(words.variant_id or ""),
        }
        for (profile, means, messenger, group, *treated), words in chosen.items()
    ]
    _WORDS.create(conn)
    if rows:
        conn.execute(insert(_WORDS), rows)
    count_again(conn, _WORDS.name)


def _nobody_forgotten(conn: Connection, worded: Table) -> None:
    lacking = sorted(conn.scalars(select(worded.c.profile_key).distinct().where(worded.c.assigned.is_(None))))
    if lacking:
        what = f"The contacts changed while the texts were made: {', '.join(lacking[:3])} is now needed too."
        raise Conflict(what, where="submit", remedy="Submit again.")


def _open_turns(layout: Layout, worded: Table) -> Any:
    """Each person's first way whose text is not held back, or all of those where they go at once."""
    way = layout.way
    open_ = (
        select(way.c.contact_id, way.c.point_id, way.c.means, way.c.place, way.c.at_once, way.c.yet)
        .join_from(way, worded, worded.c.point_id == way.c.point_id)
        .where(worded.c.variant_id.is_not(None))
    )
    return turns(placed_ways(open_.cte("open_way")))


def _new(worded: Table, turn: Table) -> Any:
    """One delivery for each point at which somebody gets the text now."""
    return select(*(worded.c[n] for n in (*COPIED, "later"))).where(worded.c.point_id.in_(select(turn.c.point_id)))


def _hold(conn: Connection, person: Table, turn: Table) -> None:
    """Mark those for whom every text is held back, so that nobody counts them as told."""
    waiting = (person.c.unreachable.is_(None), person.c.contact_id.not_in(select(turn.c.contact_id)))
    conn.execute(update(person).where(*waiting).values(unreachable=HELD))


def _planned(conn: Connection, person: Table, new: Table, turn: Table) -> Planned:
    reasons = select(person.c.unreachable, func.count()).group_by(person.c.unreachable)
    by_reason: dict[str | None, int] = dict(conn.execute(reasons).tuples().all())
    contacts, held, not_yet = (by_reason.pop(reason, 0) for reason in (None, HELD, NOT_YET))
    deliveries = conn.scalar(select(func.count()).select_from(new)) or 0
    fallback = _fallbacks(conn, person, new, turn) | ({HELD: held} if held else {})
    unreachable = {str(reason): count for reason, count in by_reason.items()}
    return Planned(contacts, deliveries, sum(unreachable.values()), unreachable, fallback, not_yet)


def _fallbacks(conn: Connection, person: Table, new: Table, turn: Table) -> dict[str, int]:
    """Contacts not told in their own words, by why. Who reads the one language of a crowded point is told in them."""
    joined = new.join(turn, turn.c.point_id == new.c.point_id).join(person, person.c.contact_id == turn.c.contact_id)
    foreign = or_(new.c.fallback != SHARED_POINT, person.c.language != new.c.language)
    counted = (
        select(new.c.fallback, func.count(turn.c.contact_id.distinct()))
        .select_from(joined)
        .where(new.c.fallback.is_not(None), foreign)
        .group_by(new.c.fallback)
    )
    return dict(conn.execute(counted).tuples().all())


# --- the write ------------------------------------------------------------------------------------------------------


def put(conn: Connection, release_id: int, arranged: Arranged, now: datetime) -> None:
    """Write what was arranged on this connection: the snapshot of people, their words, their deliveries.

    Raises:
        Conflict: a contact point is gone, or stands for another address, since the look.
    """
    _still_there(conn, arranged.new)
    _copy(conn, audience, arranged.person, SNAPSHOT, release_id)
    _copy(conn, assignment, arranged.words, [c.name for c in assignment.c if c.name != "release_id"], release_id)
    rows = new_deliveries(release_id, arranged.new, now, literal(1)).order_by(*slowest_first(arranged.new))
    conn.execute(insert(delivery).from_select(NEW_DELIVERY, rows))
    count_again(conn, "audience", "delivery")
    turn = arranged.turn
    at_point = select(delivery.c.id, turn.c.contact_id).join_from(turn, delivery, delivered_at(release_id, turn))
    conn.execute(insert(served).from_select(["delivery_id", "contact_id"], at_point))
    count_again(conn, "served")


def _still_there(conn: Connection, new: Table) -> None:
    """An import takes away contact points that nobody has any more; their numbers may be given out again."""
    same = and_(contact_point.c.id == new.c.point_id, contact_point.c.contact_key == new.c.contact_key)
    if gone := conn.scalar(select(func.count()).select_from(new).where(~exists().where(same))):
        what = f"The contacts changed while the texts were made: {gone} contact point(s) are there no more."
        raise Conflict(what, where="submit", remedy="Submit again.")


def _copy(conn: Connection, to: Table, rows: Table, names: Any, release_id: int) -> None:
    chosen = select(literal(release_id), *(rows.c[name] for name in names))
    conn.execute(insert(to).from_select(["release_id", *names], chosen))
