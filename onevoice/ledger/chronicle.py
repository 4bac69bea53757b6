"""What happened around an alert besides its deliveries: the steps of people, and what was sent back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from onevoice.ledger.tables import audit, contact_point, opt_out, reply

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection


def steps(conn: Connection, subject: str) -> Sequence[Any]:
    """Audit entries about one alert, oldest first."""
    return conn.execute(select(audit).where(audit.c.subject == subject).order_by(audit.c.id)).all()


def replies(conn: Connection, alert_id: str) -> dict[str, int]:
    """Replies to an alert, by what they mean."""
    counted = select(reply.c.word, func.count()).where(reply.c.alert_id == alert_id).group_by(reply.c.word)
    return dict(conn.execute(counted.order_by(reply.c.word)).tuples().all())


def answers(conn: Connection, alert_id: str) -> dict[str, int]:
    """Answers that persons gave to replies to an alert, by what became of them; `doubt`: nobody knows."""
    result = func.coalesce(reply.c.answer_result, "doubt")
    counted = select(result, func.count()).where(reply.c.alert_id == alert_id, reply.c.answer_by.is_not(None))
    return dict(conn.execute(counted.group_by(result).order_by(result)).tuples().all())


def key_of(conn: Connection, point_id: int) -> str | None:
    """The keyed hash of a contact point, or None where there is no such point."""
    return conn.scalar(select(contact_point.c.contact_key).where(contact_point.c.id == point_id))


def has_opted_out(conn: Connection, contact_key: str) -> bool:
    """True where an address has said no to any class of messages."""
    return conn.scalar(select(opt_out.c.topic).where(opt_out.c.contact_key == contact_key).limit(1)) is not None
