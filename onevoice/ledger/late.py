"""Late holders: people whom an older version reached between the submit of a version and its release.

They are planned in the transaction of the release, once nothing older can be claimed any more, and only with texts that
were made and signed at submit. Who they can be is known since then too: the snapshot has them as `NOT_YET`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    CompoundSelect,
    Connection,
    FromClause,
    Select,
    Table,
    and_,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)

from onevoice.ledger.holders import MAY_YET, NOT_YET, WAITS, holders
from onevoice.ledger.needed import placed_ways
from onevoice.ledger.points import points, ways
from onevoice.ledger.scratch import joined_whole, kept
from onevoice.ledger.states import DeliveryState
from onevoice.ledger.tables import audience, contact, delivery, reached_at, served
from onevoice.ledger.wanted import consents, unreachable
from onevoice.ledger.words import (
    HELD,
    NEW_DELIVERY,
    assigned,
    delivered_at,
    new_deliveries,
    ranks,
    slowest_first,
    topic_of,
    with_words,
)


class Late(NamedTuple):
    """`contacts` more are served, by `deliveries` more; `reworded` ones carry the text for such holders."""

    contacts: int = 0
    deliveries: int = 0
    reworded: int = 0


def count_not_yet(conn: Connection, release_id: int) -> int:
    """How many more a release serves at most: those whom an older version had not reached when it was frozen."""
    waiting = (audience.c.release_id == release_id, audience.c.unreachable == NOT_YET)
    return conn.scalar(select(func.count()).select_from(audience).where(*waiting)) or 0


def late(conn: Connection, release_id: int, older: Sequence[int], now: datetime) -> Late:
    """Plan late holders, in the caller's transaction. `older`: the releases before, none of them claimed any more.

    Nobody gets a second delivery: where one to their contact point is planned already, it serves them too.
    """
    if not older:
        return Late()
    with kept(conn, "came", _came(conn, release_id, older), "contact_id") as came:
        if not conn.scalar(select(exists().select_from(came))):
            return Late()
        _meant_now(conn, release_id, came)
        with (
            joined_whole(conn),
            kept(conn, "near", _near(came), "point_id") as near,
            kept(conn, "way", _ways(conn, release_id, near), "point_id", "contact_id") as way,
            kept(conn, "worded", _worded(conn, release_id, way), "point_id") as worded,
            kept(conn, "turn", _turn(way, worded, came), "point_id") as turn,
        ):
            return _deliver(conn, release_id, came, worded, turn, now)


def _came(conn: Connection, release_id: int, older: Sequence[int]) -> CompoundSelect[Any]:
    """Who holds an older version now and was frozen as one who does not; `yet` as `who` has it."""
    older_texts = holders(conn, older).subquery("older")
    mine = and_(audience.c.contact_id == older_texts.c.contact_id, audience.c.release_id == release_id)
    waits = audience.c.unreachable == NOT_YET
    new = and_(audience.c.text_group == "new", audience.c.unreachable.is_(None), older_texts.c.told_outside == 0)
    waiting = select(audience.c.contact_id, literal(WAITS).label("yet")).join_from(audience, older_texts, mine)
    meant = select(audience.c.contact_id, literal(MAY_YET).label("yet")).join_from(audience, older_texts, mine)
    return waiting.where(waits).union_all(meant.where(new))


def _meant_now(conn: Connection, release_id: int, came: Table) -> None:
    """Note in the snapshot that these hold an older version."""
    for yet, values in ((WAITS, {"unreachable": None}), (MAY_YET, {"text_group": "kept"})):
        who = select(came.c.contact_id).where(came.c.yet == yet)
        mine = (audience.c.release_id == release_id, audience.c.contact_id.in_(who))
        conn.execute(update(audience).where(*mine).values(values))


def _near(came: Table) -> Select[Any]:
    """The contact points of those who came."""
    joined = came.join(reached_at, reached_at.c.contact_id == came.c.contact_id)
    return select(reached_at.c.point_id).distinct().select_from(joined)


def _ways(conn: Connection, release_id: int, near: Table) -> Select[Any]:
    """Ways to everybody in the snapshot who shares a contact point with somebody who came."""
    person = select(audience).where(audience.c.release_id == release_id).subquery("person")
    return ways(person, topic_of(conn, release_id), near)


def _worded(conn: Connection, release_id: int, way: Table) -> Select[Any]:
    return with_words(points(way, ranks(conn, release_id)).cte("point"), assigned(release_id))


def _turn(way: FromClause, worded: Table, came: Table) -> Select[Any]:
    """The ways by which those who came as meant only now are told first."""
    waited = select(came.c.contact_id).where(came.c.yet == WAITS)
    open_ = (
        select(way)
        .join_from(way, worded, worded.c.point_id == way.c.point_id)
        .where(worded.c.variant_id.is_not(None), way.c.contact_id.in_(waited))
    )
    placed = placed_ways(open_.cte("open_way"))
    return select(placed.c.contact_id, placed.c.point_id, placed.c.means).where(placed.c.now == 1)


def _deliver(conn: Connection, release_id: int, came: Table, worded: Table, turn: Table, now: datetime) -> Late:
    reworded = _reword(conn, release_id, worded)
    rows = (
        new_deliveries(release_id, worded, now, literal(1))
        .where(worded.c.point_id.in_(select(turn.c.point_id)), ~exists().where(delivered_at(release_id, worded)))
        .order_by(*slowest_first(worded))
    )
    counting = {"preserve_rowcount": True}
    deliveries = conn.execute(insert(delivery).from_select(NEW_DELIVERY, rows), execution_options=counting).rowcount
    at_point = select(delivery.c.id, turn.c.contact_id).join_from(turn, delivery, delivered_at(release_id, turn))
    conn.execute(insert(served).from_select(["delivery_id", "contact_id"], at_point))
    _why_not(conn, release_id, came, turn)
    contacts = conn.scalar(select(func.count(turn.c.contact_id.distinct())).select_from(turn)) or 0
    return Late(contacts, deliveries, reworded)


def _reword(conn: Connection, release_id: int, worded: Table) -> int:
    """Give points that were to get the text for new people the one for people who hold an older version."""
    words = select(worded).where(worded.c.point_id == delivery.c.point_id, worded.c.variant_id.is_not(None))
    other = words.where(worded.c.variant_id != delivery.c.variant_id).correlate(delivery).exists()
    values = {
        name: select(worded.c[name]).where(worded.c.point_id == delivery.c.point_id).scalar_subquery()
        for name in ("variant_id", "language", "fallback")
    }
    mine = (delivery.c.release_id == release_id, delivery.c.state == DeliveryState.PLANNED, delivery.c.fence == 0)
    near = delivery.c.point_id.in_(select(worded.c.point_id))
    return conn.execute(update(delivery).where(*mine, near, other).values(values)).rowcount


def _why_not(conn: Connection, release_id: int, came: Table, turn: Table) -> None:
    """Say of those who came and have no way why, as of everybody who is meant."""
    topic = topic_of(conn, release_id)
    waited = select(came.c.contact_id).where(came.c.yet == WAITS)
    without = (audience.c.contact_id.in_(waited), audience.c.contact_id.not_in(select(turn.c.contact_id)))
    person = (
        select(audience.c.contact_id, audience.c.means, consents(topic).label("consents"))
        .join_from(audience, contact, contact.c.id == audience.c.contact_id)
        .where(audience.c.release_id == release_id, *without)
        .subquery("person")
    )
    reasons = select(person.c.contact_id, func.coalesce(unreachable(person, topic), HELD).label("reason"))
    with kept(conn, "reason", reasons, "contact_id") as reason:
        why = select(reason.c.reason).where(reason.c.contact_id == audience.c.contact_id).scalar_subquery()
        mine = (audience.c.release_id == release_id, audience.c.contact_id.in_(select(reason.c.contact_id)))
        conn.execute(update(audience).where(*mine).values(unreachable=why))
