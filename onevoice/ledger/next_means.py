"""The next means: for people whom what went before did not reach, or not in time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Connection,
    FromClause,
    Select,
    Subquery,
    Table,
    and_,
    case,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
)

from onevoice.ledger.points import points, ways
from onevoice.ledger.scratch import joined_whole, kept
from onevoice.ledger.states import DeliveryState as S
from onevoice.ledger.tables import audience, delivery, reached_at, release, served
from onevoice.ledger.words import (
    NEW_DELIVERY,
    assigned,
    delivered_at,
    new_deliveries,
    ranks,
    slowest_first,
    topic_of,
    with_words,
)

FAILED = (S.UNDELIVERED, S.EXPIRED, S.SUPPRESSED, S.PARKED)
"""A delivery in one of these reaches nobody any more."""

UNDER_WAY = (S.ACCEPTED, S.SENT, S.UNKNOWN, S.SUBMITTING)
"""A delivery in one of these may still arrive: it is waited for until the deadline."""

HOPEFUL = (S.PLANNED, S.RETRY_WAIT, S.DELIVERED, S.CANCELLED)
"""While a person has one of these nothing more is planned: it is on its way, has arrived, or was stopped on purpose."""


def next_means(conn: Connection, release_id: int, now: datetime, *, deadline_ms: int | None = None) -> int:
    """Plan the next means for each contact whose last one failed, or is past `deadline_ms` without a receipt.

    `deadline_ms` None: only a certain failure counts. Nothing is planned for a release that is not under way, nor
    past its act_by or expiry. Returns how many deliveries were added. A contact point that already has one gets no
    second: its delivery then serves the contact too.
    """
    if not due_for_next(conn, release_id, now, deadline_ms=deadline_ms):
        return 0
    with (
        joined_whole(conn),
        kept(conn, "told", _told(release_id), "contact_id") as told,
        kept(conn, "due", _due(told, _overdue(now, deadline_ms)), "contact_id") as due,
        kept(conn, "near", _near(due), "point_id") as near,
        kept(conn, "way", _ways(conn, release_id, near), "point_id", "contact_id") as way,
        kept(conn, "untried", _untried(due, told, way), "point_id") as untried,
    ):
        point = points(way, ranks(conn, release_id)).cte("point")
        with kept(conn, "worded", with_words(point, assigned(release_id)), "point_id") as worded:
            added = _deliver(conn, release_id, untried, worded, now)
        _serve(conn, release_id, untried)
    return added


def due_for_next(conn: Connection, release_id: int, now: datetime, *, deadline_ms: int | None = None) -> bool:
    """True where `next_means` would find somebody whose last means is spent. Writes nothing."""
    if not _under_way(conn, release_id, now):
        return False
    due = _due(_told(release_id).subquery("told"), _overdue(now, deadline_ms)).limit(1)
    return conn.execute(due).first() is not None


def _overdue(now: datetime, deadline_ms: int | None) -> datetime | None:
    return None if deadline_ms is None else now - timedelta(milliseconds=deadline_ms)


def _under_way(conn: Connection, release_id: int, now: datetime) -> bool:
    r = release.c
    living = (r.due_at.is_not(None), r.due_at <= now, r.void_at.is_(None), r.superseded_at.is_(None))
    in_time = (r.expires > now, or_(r.act_by.is_(None), r.act_by > now))
    return bool(conn.scalar(select(exists().where(r.id == release_id, *living, *in_time))))


def _told(release_id: int) -> Select[Any]:
    """How each contact was written to until now."""
    since = func.coalesce(delivery.c.accepted_at, delivery.c.state_at)
    return (
        select(served.c.contact_id, delivery.c.means, delivery.c.step, delivery.c.state, since.label("since"))
        .join_from(delivery, served, served.c.delivery_id == delivery.c.id)
        .where(delivery.c.release_id == release_id)
    )


def _due(told: FromClause, overdue: datetime | None) -> Select[Any]:
    """Contacts for whom the last step is spent, with the number of that step."""
    last = func.max(told.c.step).over(partition_by=told.c.contact_id)
    each = select(told.c.contact_id, told.c.step, last.label("last"), told.c.state, told.c.since).subquery("each_told")
    late = and_(each.c.state.in_(UNDER_WAY), each.c.since <= overdue) if overdue else literal(value=False)
    spent = case((or_(each.c.state.in_(FAILED), late, each.c.step < each.c.last), 1), else_=0)
    hopeful = case((each.c.state.in_(HOPEFUL), 1), else_=0)
    return (
        select(each.c.contact_id, func.max(each.c.last).label("step"))
        .group_by(each.c.contact_id)
        .having(func.min(spent) == 1, func.max(hopeful) == 0)
    )


def _near(due: Table) -> Select[Any]:
    """The contact points of those who are due."""
    return (
        select(reached_at.c.point_id).distinct().join_from(due, reached_at, reached_at.c.contact_id == due.c.contact_id)
    )


def _ways(conn: Connection, release_id: int, near: Table) -> Select[Any]:
    """Ways to everybody who shares a contact point with somebody who is due."""
    person = select(audience).where(audience.c.release_id == release_id).subquery("person")
    return ways(person, topic_of(conn, release_id), near)


def _untried(due: Table, told: Table, way: Table) -> Select[Any]:
    """Ways of the contacts who are due, by means that they were not written to by yet."""
    tried = exists().where(told.c.contact_id == way.c.contact_id, told.c.means == way.c.means)
    return (
        select(way.c.contact_id, way.c.point_id, way.c.means, way.c.place, (due.c.step + 1).label("step"))
        .join_from(way, due, due.c.contact_id == way.c.contact_id)
        .where(~tried)
    )


def _deliver(conn: Connection, release_id: int, untried: Table, worded: Table, now: datetime) -> int:
    """One delivery for each point that is somebody's turn now and has none yet."""
    open_ = select(worded.c.point_id).where(worded.c.variant_id.is_not(None))
    turn = _in_turn(select(untried).where(untried.c.point_id.in_(open_)))
    steps = (
        select(turn.c.point_id, func.min(turn.c.step).label("step"))
        .where(turn.c.turn == 1)
        .group_by(turn.c.point_id)
        .subquery("steps")
    )
    rows = (
        new_deliveries(release_id, worded, now, steps.c.step)
        .select_from(worded.join(steps, steps.c.point_id == worded.c.point_id))
        .where(~exists().where(delivered_at(release_id, worded)))
        .order_by(*slowest_first(worded))
    )
    added = conn.execute(
        insert(delivery).from_select(NEW_DELIVERY, rows), execution_options={"preserve_rowcount": True}
    )
    return added.rowcount


def _serve(conn: Connection, release_id: int, untried: Table) -> None:
    """Each contact who is due is served by the first delivery in their order that they were not served by yet."""
    at_point = delivered_at(release_id, untried)
    turn = _in_turn(select(untried, delivery.c.id.label("delivery_id")).join_from(untried, delivery, at_point))
    rows = select(turn.c.delivery_id, turn.c.contact_id).where(turn.c.turn == 1)
    conn.execute(insert(served).from_select(["delivery_id", "contact_id"], rows))


def _in_turn(ways_left: Select[Any]) -> Subquery:
    """Ways with their turn for the contact: 1 is next."""
    left = ways_left.subquery("ways_left")
    turn = func.row_number().over(partition_by=left.c.contact_id, order_by=(left.c.place, left.c.point_id))
    return select(left, turn.label("turn")).subquery("in_turn")
