"""The next means: for people whom what went before did not reach, or not in time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
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
from onevoice.ledger.scratch import joined_whole, keep, kept
from onevoice.ledger.states import DeliveryState as S
from onevoice.ledger.tables import audience, contact_point, delivery, reached_at, release, served
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

Left = Table
"""Contacts to whom another means is open, as a look has found them: on its connection alone."""

FAILED = (S.UNDELIVERED, S.EXPIRED, S.SUPPRESSED, S.PARKED)
"""A delivery in one of these reaches nobody any more."""

_PLANNING = 0x4E455854
"""Names the locks under which PostgreSQL plans, each for one release."""

UNDER_WAY = (S.ACCEPTED, S.SENT, S.UNKNOWN, S.SUBMITTING)
"""A delivery in one of these may still arrive: it is waited for until the deadline."""

HOPEFUL = (S.PLANNED, S.RETRY_WAIT, S.DELIVERED, S.CANCELLED)
"""While a person has one of these nothing more is planned: it is on its way, has arrived, or was stopped on purpose."""


def look_for_next(conn: Connection, release_id: int, now: datetime, *, deadline_ms: int | None = None) -> Left | None:
    """Contacts whose last means failed, or is past `deadline_ms` without a receipt, and to whom another is open.

    For a look (`Ledger.apart`), whose connection keeps them for `next_means`: whoever has tried everything stays due
    until the alert is over, and nobody is to wait while they are looked through, round after round. `deadline_ms` None:
    only a certain failure counts. None where there is nobody, the release is not under way, or it is too late.
    """
    if not _under_way(conn, release_id, now):
        return None
    with joined_whole(conn), _more_to_try(conn, release_id, None, _overdue(now, deadline_ms)) as due:
        if not _anybody(conn, due):
            return None
        with _open(conn, release_id, due) as (untried, worded):
            left = keep(conn, f"left_{release_id}", _somewhere(release_id, untried, worded), key="contact_id")
    return left if _anybody(conn, left) else None


def next_means(conn: Connection, release_id: int, now: datetime, left: Left, *, deadline_ms: int | None = None) -> int:
    """Plan the next means for those of `left` (`look_for_next`) who are due now, as that says; for nobody else.

    Returns how many deliveries were added. A contact point that already has one gets no second: its delivery then
    serves the contact too. Nothing is done while another follow-up plans for the same release: it writes the same.
    """
    if not _under_way(conn, release_id, now) or not _alone(conn, release_id):
        return 0
    with (
        joined_whole(conn),
        _more_to_try(conn, release_id, left, _overdue(now, deadline_ms)) as due,
        _open(conn, release_id, due) as (untried, worded),
    ):
        added = _deliver(conn, release_id, untried, worded, now)
        _serve(conn, release_id, untried)
    return added


@contextmanager
def _more_to_try(conn: Connection, release_id: int, among: Left | None, overdue: datetime | None) -> Iterator[Table]:
    """Those who are due and have a point of a means that they were not written to by; the rest stay due for nothing."""
    due = _due(_told(conn, release_id, among), overdue).subquery("spent")
    points_ = reached_at.join(contact_point, contact_point.c.id == reached_at.c.point_id)
    new = ~_tried(conn, release_id, reached_at.c.contact_id, contact_point.c.means)
    more = exists().select_from(points_).where(reached_at.c.contact_id == due.c.contact_id, new)
    with kept(conn, "due", select(due).where(more), "contact_id") as table:
        yield table


@contextmanager
def _open(conn: Connection, release_id: int, due: Table) -> Iterator[tuple[Table, Table]]:
    """The ways of those who are due by means that they were not written to by, and the words for those points."""
    with (
        kept(conn, "near", _near(due), "point_id") as near,
        kept(conn, "way", _ways(conn, release_id, near), "point_id", "contact_id") as way,
        kept(conn, "untried", _untried(conn, release_id, due, way), "point_id") as untried,
    ):
        point = points(way, ranks(conn, release_id)).cte("point")
        with kept(conn, "worded", with_words(point, assigned(release_id)), "point_id") as worded:
            yield untried, worded


def _anybody(conn: Connection, contacts: Table) -> bool:
    return conn.scalar(select(contacts.c.contact_id).limit(1)) is not None


def _somewhere(release_id: int, untried: Table, worded: Table) -> Select[Any]:
    """Who would get something: at a point whose text is not held back, or that has its delivery already."""
    here = exists().where(worded.c.point_id == untried.c.point_id, worded.c.variant_id.is_not(None))
    already = exists().where(delivered_at(release_id, untried))
    return select(untried.c.contact_id).distinct().where(or_(here, already))


def _alone(conn: Connection, release_id: int) -> bool:
    """True for the first of those who plan for a release at a time. SQLite has only one writer anyway."""
    if conn.dialect.name == "sqlite":
        return True
    return bool(conn.scalar(select(func.pg_try_advisory_xact_lock(_PLANNING, release_id % 2**31))))


def _overdue(now: datetime, deadline_ms: int | None) -> datetime | None:
    return None if deadline_ms is None else now - timedelta(milliseconds=deadline_ms)


def _under_way(conn: Connection, release_id: int, now: datetime) -> bool:
    r = release.c
    living = (r.due_at.is_not(None), r.due_at <= now, r.void_at.is_(None), r.superseded_at.is_(None))
    in_time = (r.expires > now, or_(r.act_by.is_(None), r.act_by > now))
    return bool(conn.scalar(select(exists().where(r.id == release_id, *living, *in_time))))


def _told(conn: Connection, release_id: int, among: Left | None) -> Select[Any]:
    """How each contact was written to until now; `among` few, each is looked for, not them in the whole release."""
    since = func.coalesce(delivery.c.accepted_at, delivery.c.state_at)
    told = select(served.c.contact_id, delivery.c.means, delivery.c.step, delivery.c.state, since.label("since"))
    if among is None:
        joined = delivery.join(served, served.c.delivery_id == delivery.c.id)
        return told.select_from(joined).where(delivery.c.release_id == release_id)
    found = among.join(served, served.c.contact_id == among.c.contact_id)
    joined = found.join(delivery, delivery.c.id == served.c.delivery_id)
    return told.select_from(joined).where(_of_release(conn, delivery, release_id))


def _of_release(conn: Connection, sent: FromClause, release_id: int) -> ColumnElement[bool]:
    """True for a delivery of a release. SQLite is not to look for it in the release's index: the contact is given."""
    column = sent.c.release_id
    return column + 0 == release_id if conn.dialect.name == "sqlite" else column == release_id


def _due(written: Select[Any], overdue: datetime | None) -> Select[Any]:
    """Contacts for whom the last step is spent, with the number of that step."""
    told = written.subquery("told")
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


def _untried(conn: Connection, release_id: int, due: Table, way: Table) -> Select[Any]:
    """Ways of the contacts who are due, by means that they were not written to by yet."""
    return (
        select(way.c.contact_id, way.c.point_id, way.c.means, way.c.place, (due.c.step + 1).label("step"))
        .join_from(way, due, due.c.contact_id == way.c.contact_id)
        .where(~_tried(conn, release_id, way.c.contact_id, way.c.means))
    )


def _tried(
    conn: Connection, release_id: int, contact: ColumnElement[int], means: ColumnElement[str]
) -> ColumnElement[bool]:
    """True where a contact was written to by a means. Looked for from the contact, not in the whole release."""
    written, sent = served.alias("written"), delivery.alias("sent")
    joined = written.join(sent, sent.c.id == written.c.delivery_id)
    mine = (written.c.contact_id == contact, sent.c.means == means, _of_release(conn, sent, release_id))
    return exists().select_from(joined).where(*mine)


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


class NextMeans(NamedTuple):
    """How the next means is found and planned; another one only in tests."""

    look: Callable[..., Left | None] = look_for_next
    plan: Callable[..., int] = next_means
