"""What officers and partners were told outside the audience."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from onevoice.ledger.tables import alert, notice, release

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Row


def put(conn: Connection, **columns: object) -> None:
    """Store one notice."""
    conn.execute(notice.insert().values(**columns))


def told(conn: Connection, release_id: int) -> list[str]:
    """Names of the officers who were asked to approve this release, in that order."""
    chosen = select(notice.c.officer).where(notice.c.release_id == release_id, notice.c.purpose == "approval")
    return list(dict.fromkeys(conn.scalars(chosen.order_by(notice.c.id))))


def reached(conn: Connection, alert_id: str) -> list[str]:
    """Names of the officers of whom a provider took a notice that this alert waits for approval."""
    chosen = select(notice.c.officer).where(notice.c.alert_id == alert_id, notice.c.purpose == "approval")
    return list(dict.fromkeys(conn.scalars(chosen.where(notice.c.result == "accepted").order_by(notice.c.id))))


def unanswered(conn: Connection, *, asked_before: datetime) -> list[str]:
    """Alerts still waiting for approval whose last notice is older than `asked_before`."""
    last = func.max(notice.c.at)
    joined = notice.join(release, notice.c.release_id == release.c.id).join(alert, release.c.alert_id == alert.c.id)
    chosen = (
        select(alert.c.id)
        .select_from(joined)
        .where(alert.c.state == "submitted", release.c.void_at.is_(None), notice.c.purpose == "approval")
        .group_by(alert.c.id)
        .having(last < asked_before)
    )
    return list(conn.scalars(chosen))


def waiting_for(conn: Connection, name: str) -> list[str]:
    """Alerts that wait for approval, where this officer was the last to be asked."""
    last = select(func.max(notice.c.id)).where(notice.c.purpose == "approval").group_by(notice.c.release_id).subquery()
    joined = notice.join(release, notice.c.release_id == release.c.id).join(alert, release.c.alert_id == alert.c.id)
    chosen = (
        select(alert.c.id)
        .select_from(joined)
        .where(notice.c.id.in_(select(last)), notice.c.officer == name)
        .where(alert.c.state == "submitted", release.c.void_at.is_(None))
    )
    return list(conn.scalars(chosen.order_by(alert.c.id)))


def of_alert(conn: Connection, alert_id: str) -> list[Row[tuple[object, ...]]]:
    """Everything that officers and partners were told about an alert, oldest first."""
    return list(conn.execute(select(notice).where(notice.c.alert_id == alert_id).order_by(notice.c.id)))
