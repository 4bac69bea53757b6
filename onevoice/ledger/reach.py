"""Who was reached: the counts behind status, pages and the report. Reach counts contacts, deliveries count messages."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, and_, case, cast, func, literal, select

from onevoice.ledger.holders import NOT_YET
from onevoice.ledger.tables import alert, attempt, audience, contact, delivery, receipt, release, served

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

STATES = (
    "planned",
    "submitting",
    "unknown",
    "retry_wait",
    "accepted",
    "sent",
    "delivered",
    "undelivered",
    "suppressed",
    "cancelled",
    "expired",
    "parked",
)
TAKEN = ("accepted", "sent", "delivered")
"""States in which the provider surely has, or had, the message."""
FAILED = ("undelivered", "expired", "cancelled")
OPEN = ("planned", "submitting", "unknown", "retry_wait", "parked")


@dataclass(frozen=True)
class Cell:
    """One cell of reach: contacts of a segment, in a language, by a means."""

    segment: str
    language: str
    means: str
    contacts: int
    accepted: int
    delivered: int
    failed: int
    unknown: int
    suppressed: int
    waiting: int

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def states(conn: Connection, release_id: int) -> dict[str, int]:
    """Deliveries by state, every state named."""
    counted = (
        select(delivery.c.state, func.count()).where(delivery.c.release_id == release_id).group_by(delivery.c.state)
    )
    found: dict[str, int] = dict(conn.execute(counted).tuples().all())
    return {state: found.get(state, 0) for state in STATES}


def attempts(conn: Connection, release_id: int) -> dict[str, int]:
    """Calls to providers: all, and those whose outcome nobody knows yet."""
    joined = attempt.join(delivery, attempt.c.delivery_id == delivery.c.id)
    doubtful = and_(delivery.c.state.in_(("submitting", "unknown")), attempt.c.fence == delivery.c.fence)
    counted = select(func.count(), func.coalesce(func.sum(case((doubtful, 1), else_=0)), 0))
    total, doubt = conn.execute(counted.select_from(joined).where(delivery.c.release_id == release_id)).one()
    return {"in_doubt": int(doubt), "total": int(total)}


def _count(condition: Any) -> Any:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def cells(conn: Connection, release_id: int) -> list[Cell]:
    """Reach by segment, language and means. A contact with two means stands in two cells."""
    joined = served.join(delivery, served.c.delivery_id == delivery.c.id).join(
        audience, and_(audience.c.contact_id == served.c.contact_id, audience.c.release_id == delivery.c.release_id)
    )
    state = delivery.c.state
    columns = (
        audience.c.segment,
        audience.c.language,
        delivery.c.means,
        func.count().label("contacts"),
        _count(state.in_(TAKEN)).label("accepted"),
        _count(state == "delivered").label("delivered"),
        _count(state.in_(FAILED)).label("failed"),
        _count(state.in_(("unknown", "submitting", "parked"))).label("unknown"),
        _count(state == "suppressed").label("suppressed"),
        _count(state.in_(("planned", "retry_wait"))).label("waiting"),
    )
    grouped = (
        select(*columns)
        .select_from(joined)
        .where(delivery.c.release_id == release_id)
        .group_by(audience.c.segment, audience.c.language, delivery.c.means)
        .order_by(audience.c.segment, audience.c.language, delivery.c.means)
    )
    return [Cell(**row._mapping) for row in conn.execute(grouped)]  # noqa: SLF001 - SQLAlchemy's public accessor, despite its name


BEST = {
    "delivered": 5,
    "sent": 4,
    "accepted": 4,
    "unknown": 3,
    "submitting": 3,
    "parked": 3,
    "planned": 2,
    "retry_wait": 2,
}
"""Rank of a delivery's state when a contact has several; everything else failed."""
WORDS = {5: "delivered", 4: "accepted", 3: "unknown", 2: "waiting", 1: "failed", 0: "unreachable"}


def _is_meant() -> Any:
    """True in a snapshot for all but those whom an older version has not reached."""
    return func.coalesce(audience.c.unreachable, "") != NOT_YET


def contacts(conn: Connection, release_id: int, by: str = "segment") -> dict[str, dict[str, int]]:
    """Each contact once, under the best that is known of any of their deliveries.

    `by` is a column of the snapshot: segment, language, tier or text_group. The words are those of `WORDS`;
    unreachable are contacts for whom no delivery could be planned, held those whose text is held back.
    """
    joined = served.join(delivery, served.c.delivery_id == delivery.c.id)
    rank = case(*((delivery.c.state == s, r) for s, r in BEST.items()), else_=1)
    best = (
        select(served.c.contact_id, func.max(cast(rank, Integer)).label("rank"))
        .select_from(joined)
        .where(delivery.c.release_id == release_id)
        .group_by(served.c.contact_id)
        .subquery()
    )
    word = func.coalesce(best.c.rank, 0)
    grouped = (
        select(audience.c[by], word, func.count())
        .select_from(audience.outerjoin(best, best.c.contact_id == audience.c.contact_id))
        .where(audience.c.release_id == release_id, _is_meant())
        .group_by(audience.c[by], word)
    )
    table: dict[str, dict[str, int]] = {}
    for group, ranked, count in conn.execute(grouped):
        table.setdefault(str(group), dict.fromkeys(WORDS.values(), 0))[WORDS[int(ranked)]] += int(count)
    return table


def unreached(conn: Connection, release_id: int, limit: int = 1000) -> list[dict[str, Any]]:
    """Contacts nobody can say were reached, by their ref only: whom to send somebody to. Unreachable ones first."""
    joined = served.join(delivery, served.c.delivery_id == delivery.c.id)
    reached = (
        select(literal(1))
        .select_from(joined)
        .where(delivery.c.release_id == release_id, served.c.contact_id == audience.c.contact_id)
        .where(delivery.c.state.in_(TAKEN))
        .exists()
    )
    chosen = (
        select(contact.c.ref, audience.c.segment, audience.c.language, audience.c.unreachable)
        .join_from(audience, contact, audience.c.contact_id == contact.c.id)
        .where(audience.c.release_id == release_id, _is_meant(), ~reached)
        .order_by(audience.c.unreachable.is_(None), audience.c.segment, audience.c.contact_id)
        .limit(limit)
    )
    return [dict(r._mapping) for r in conn.execute(chosen)]  # noqa: SLF001 - SQLAlchemy's public accessor, despite its name


def why(conn: Connection, release_id: int) -> list[dict[str, Any]]:
    """Deliveries that did not end as hoped, by means, state and code."""
    chosen = (
        select(delivery.c.means, delivery.c.state, delivery.c.code, delivery.c.reason, func.count().label("count"))
        .where(delivery.c.release_id == release_id, delivery.c.state.in_((*FAILED, "suppressed", "parked", "unknown")))
        .group_by(delivery.c.means, delivery.c.state, delivery.c.code, delivery.c.reason)
        .order_by(func.count().desc())
    )
    return [dict(r._mapping) for r in conn.execute(chosen)]  # noqa: SLF001 - as above


def fallbacks(conn: Connection, release_id: int) -> dict[str, int]:
    """Contacts told in another text than their own, by why."""
    joined = served.join(delivery, served.c.delivery_id == delivery.c.id)
    counted = (
        select(delivery.c.fallback, func.count(served.c.contact_id.distinct()))
        .select_from(joined)
        .where(delivery.c.release_id == release_id, delivery.c.fallback.is_not(None))
        .group_by(delivery.c.fallback)
    )
    return dict(conn.execute(counted).tuples().all())


def pace(conn: Connection, release_id: int, buckets: int = 60) -> dict[str, Any]:
    """When messages left and were delivered: counts in equal spans between the first call and the last news."""
    mine = select(delivery.c.id).where(delivery.c.release_id == release_id)
    calls = select(cast(attempt.c.intent_at, Integer)).where(attempt.c.delivery_id.in_(mine))
    starts = sorted(conn.scalars(calls))
    news = (
        select(cast(receipt.c.received_at, Integer))
        .select_from(receipt.join(attempt, receipt.c.attempt_id == attempt.c.id))
        .where(attempt.c.delivery_id.in_(mine), receipt.c.word == "delivered")
    )
    ends = sorted(conn.scalars(news))
    if not starts:
        return {"from": None, "step_ms": 0, "left": [], "delivered": []}
    first, last = starts[0], max(starts[-1], *(ends[-1:] or [0]))
    step = max(1, -(-(last - first + 1) // buckets))
    return {
        "from": first,
        "step_ms": step,
        "left": _spread(starts, first, step),
        "delivered": _spread(ends, first, step),
    }


def _spread(moments: list[int], first: int, step: int) -> list[int]:
    counts: dict[int, int] = {}
    for moment in moments:
        counts[max(0, moment - first) // step] = counts.get(max(0, moment - first) // step, 0) + 1
    return [counts.get(i, 0) for i in range(max(counts, default=-1) + 1)]


def milestones(conn: Connection, alert_id: str) -> list[tuple[str, datetime]]:
    """When the first and the last call was made and the first delivery was reported, where that has happened."""
    of_alert = delivery.join(release, delivery.c.release_id == release.c.id)
    calls = attempt.join(of_alert, attempt.c.delivery_id == delivery.c.id)
    news = receipt.join(calls, receipt.c.attempt_id == attempt.c.id)
    asked = {
        "first message left": select(func.min(attempt.c.intent_at)).select_from(calls),
        "last message left": select(func.max(attempt.c.intent_at)).select_from(calls),
        "first delivery reported": select(func.min(receipt.c.received_at))
        .select_from(news)
        .where(receipt.c.word == "delivered"),
    }
    found = {what: conn.scalar(chosen.where(release.c.alert_id == alert_id)) for what, chosen in asked.items()}
    return [(what, at) for what, at in found.items() if at is not None]


def open_deliveries(conn: Connection, alert_id: str) -> int:
    """Deliveries of an alert about which something can still happen without a person."""
    joined = delivery.join(release, delivery.c.release_id == release.c.id).join(alert, release.c.alert_id == alert.c.id)
    chosen = select(func.count()).select_from(joined).where(alert.c.id == alert_id, release.c.void_at.is_(None))
    return conn.scalar(chosen.where(delivery.c.state.in_(("planned", "submitting", "unknown", "retry_wait")))) or 0
