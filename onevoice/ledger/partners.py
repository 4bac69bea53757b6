"""Partner organisations: who may read which feed, and what they said of a version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from onevoice.ledger.tables import alert, partner, partner_word

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


def add(conn: Connection, **columns: object) -> None:
    """Store a partner."""
    conn.execute(partner.insert().values(**columns))


def get(conn: Connection, partner_id: str) -> Any | None:
    """The partner of that id, revoked or not."""
    return conn.execute(select(partner).where(partner.c.id == partner_id)).first()


def of_token(conn: Connection, token_hash: str) -> Any | None:
    """The partner, not revoked, whose token has this hash."""
    chosen = select(partner).where(partner.c.token_hash == token_hash, partner.c.revoked_at.is_(None))
    return conn.execute(chosen).first()


def everybody(conn: Connection) -> list[Any]:
    """All partners, by id."""
    return list(conn.execute(select(partner).order_by(partner.c.id)))


def revoke(conn: Connection, partner_id: str, at: datetime) -> bool:
    """End a partner's access. False where there is none to end."""
    ended = conn.execute(
        update(partner).where(partner.c.id == partner_id, partner.c.revoked_at.is_(None)).values(revoked_at=at)
    )
    return ended.rowcount == 1


def say(conn: Connection, partner_id: str, alert_id: str, word: str, at: datetime) -> None:
    """Store what a partner said of a version: received or passing-on."""
    conn.execute(partner_word.insert().values(partner_id=partner_id, alert_id=alert_id, word=word, at=at))


def words(conn: Connection, chain: str) -> list[dict[str, Any]]:
    """What each partner last said of a chain, and of which version."""
    joined = partner_word.join(alert, partner_word.c.alert_id == alert.c.id)
    mine = select(func.max(partner_word.c.id)).select_from(joined).where(alert.c.chain == chain)
    last = mine.group_by(partner_word.c.partner_id)
    chosen = (
        select(partner_word.c.partner_id, partner_word.c.word, partner_word.c.at, alert.c.version)
        .select_from(joined)
        .where(partner_word.c.id.in_(last))
        .order_by(partner_word.c.partner_id)
    )
    rows = conn.execute(chosen)
    return [{"partner": r.partner_id, "word": r.word, "at": r.at.isoformat(), "version": r.version} for r in rows]
