"""The plan: who gets which words at which contact point. What is written here at submit is the audience snapshot.

`people` and `in_use` read for the preview; `snapshot` and `plan` write, in the transaction of the submit; `next_means`
follows up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, FromClause, Table, and_, func, insert, literal, or_, select, update

from onevoice.errors import Conflict
from onevoice.ledger.layout import Layout, laid_out
from onevoice.ledger.needed import InUse, Key, Numbers, in_use, people, placed_ways
from onevoice.ledger.next_means import next_means
from onevoice.ledger.scratch import count_again, joined_whole, kept
from onevoice.ledger.tables import assignment, audience, delivery, served
from onevoice.ledger.wanted import Wanted, topic, who
from onevoice.ledger.words import NEW_DELIVERY, SHARED_POINT, delivered_at, new_deliveries, slowest_first, with_words

__all__ = [
    "HELD",
    "SHARED_POINT",
    "Chosen",
    "InUse",
    "Key",
    "Layout",
    "Numbers",
    "Planned",
    "Wanted",
    "in_use",
    "laid_out",
    "next_means",
    "people",
    "plan",
    "put",
    "snapshot",
    "topic",
]

HELD = "held"
"""Why somebody has no delivery yet: every text that they could get is held back."""


@dataclass(frozen=True)
class Chosen:
    """The words for a key. `variant_id` None: held back, no delivery now. `fallback`: why they are not the own ones."""

    variant_id: str | None
    fallback: str | None = None


@dataclass(frozen=True)
class Planned:
    """What a plan wrote: `contacts` are served by `deliveries`; `fallback` are those not told in their own words."""

    contacts: int
    deliveries: int
    unreachable: int
    by_reason: Mapping[str, int]
    fallback: Mapping[str, int]


def snapshot(conn: Connection, release_id: int, wanted: Wanted, now: datetime) -> None:  # noqa: ARG001 - the contract names a time
    """Store who is meant by a release and how each is treated."""
    person = who(conn, wanted).subquery("person")
    names = [c.name for c in audience.c if c.name != "release_id"]
    rows = select(literal(release_id), *(person.c[name] for name in names))
    conn.execute(insert(audience).from_select(["release_id", *names], rows))


def plan(conn: Connection, release_id: int, chosen: Mapping[Any, Chosen], now: datetime) -> Planned:
    """Write the deliveries of a snapshot: each person's first means, or all of them where they go at once.

    Raises:
        Conflict: somebody needs a text that was not chosen: contacts changed since the texts were made.
    """
    with laid_out(conn, release_id) as layout:
        return put(layout, chosen, now)


def put(layout: Layout, chosen: Mapping[Any, Chosen], now: datetime) -> Planned:
    """`plan`, for a release that is laid out already."""
    conn, release_id = layout.conn, layout.release_id
    _assign(conn, release_id, chosen)
    held = any(words.variant_id is None for words in chosen.values())
    with joined_whole(conn), kept(conn, "worded", with_words(layout.point, release_id), "point_id") as worded:
        _nobody_forgotten(conn, worded)
        with _turns(layout, worded, held=held) as turn:
            _deliver(conn, release_id, turn, worded, now)
            _serve(conn, release_id, turn)
    _hold(conn, release_id)
    count_again(conn, "audience", "delivery", "served")
    return _planned(conn, release_id)


def _assign(conn: Connection, release_id: int, chosen: Mapping[Any, Chosen]) -> None:
    rows = [
        {
            "release_id": release_id,
            "profile_key": "|".join([profile, *map(str, treated)]),
            "means": str(means),
            "messenger": messenger or "",
            "text_group": group,
            "variant_id": words.variant_id,
            "fallback": words.fallback,
        }
        for (profile, means, messenger, group, *treated), words in chosen.items()
    ]
    if rows:
        conn.execute(insert(assignment), rows)


def _nobody_forgotten(conn: Connection, worded: Table) -> None:
    lacking = sorted(conn.scalars(select(worded.c.profile_key).distinct().where(worded.c.assigned.is_(None))))
    if lacking:
        what = f"The contacts changed while the texts were made: {', '.join(lacking[:3])} is now needed too."
        raise Conflict(what, where="submit", remedy="Submit again.")


@contextmanager
def _turns(layout: Layout, worded: Table, *, held: bool) -> Iterator[FromClause]:
    """The ways that are used now: each person's first whose text is not held back, or all where they go at once."""
    way = layout.way
    if not held:
        yield select(way.c.contact_id, way.c.point_id, way.c.means).where(way.c.now == 1).subquery("turn")
        return
    open_ = (
        select(way.c.contact_id, way.c.point_id, way.c.means, way.c.place, way.c.at_once)
        .join_from(way, worded, worded.c.point_id == way.c.point_id)
        .where(worded.c.variant_id.is_not(None))
    )
    placed = placed_ways(open_.cte("open_way"))
    first = select(placed.c.contact_id, placed.c.point_id, placed.c.means).where(placed.c.now == 1)
    with kept(layout.conn, "turn", first, "point_id") as turn:
        yield turn


def _deliver(conn: Connection, release_id: int, turn: FromClause, worded: Table, now: datetime) -> None:
    """One delivery for each point at which somebody gets the text now."""
    chosen = worded.c.point_id.in_(select(turn.c.point_id))
    rows = new_deliveries(release_id, worded, now, literal(1)).where(chosen).order_by(*slowest_first(worded))
    conn.execute(insert(delivery).from_select(NEW_DELIVERY, rows))


def _serve(conn: Connection, release_id: int, turn: FromClause) -> None:
    """Each contact is served by the delivery at the point that is their turn."""
    rows = select(delivery.c.id, turn.c.contact_id).join_from(turn, delivery, delivered_at(release_id, turn))
    conn.execute(insert(served).from_select(["delivery_id", "contact_id"], rows))


def _hold(conn: Connection, release_id: int) -> None:
    """Mark those for whom every text is held back, so that nobody counts them as told."""
    told = select(served.c.contact_id).join(delivery, served.c.delivery_id == delivery.c.id)
    untold = audience.c.contact_id.not_in(told.where(delivery.c.release_id == release_id))
    waiting = (audience.c.release_id == release_id, audience.c.unreachable.is_(None), untold)
    conn.execute(update(audience).where(*waiting).values(unreachable=HELD))


def _planned(conn: Connection, release_id: int) -> Planned:
    mine = audience.c.release_id == release_id
    reasons = select(audience.c.unreachable, func.count()).where(mine).group_by(audience.c.unreachable)
    by_reason: dict[str | None, int] = dict(conn.execute(reasons).all())
    contacts, held = by_reason.pop(None, 0), by_reason.pop(HELD, 0)
    deliveries = conn.scalar(select(func.count()).where(delivery.c.release_id == release_id)) or 0
    fallback = _fallbacks(conn, release_id) | ({HELD: held} if held else {})
    unreachable = {str(reason): count for reason, count in by_reason.items()}
    return Planned(contacts, deliveries, sum(unreachable.values()), unreachable, fallback)


def _fallbacks(conn: Connection, release_id: int) -> dict[str, int]:
    """Contacts not told in their own words, by why. Who reads the one language of a crowded point is told in them."""
    same = and_(audience.c.release_id == delivery.c.release_id, audience.c.contact_id == served.c.contact_id)
    joined = served.join(delivery, served.c.delivery_id == delivery.c.id).join(audience, same)
    foreign = or_(delivery.c.fallback != SHARED_POINT, audience.c.language != delivery.c.language)
    counted = (
        select(delivery.c.fallback, func.count(served.c.contact_id.distinct()))
        .select_from(joined)
        .where(delivery.c.release_id == release_id, delivery.c.fallback.is_not(None), foreign)
        .group_by(delivery.c.fallback)
    )
    return dict(conn.execute(counted).all())
