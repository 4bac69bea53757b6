"""People who act: officers, with the hash of their secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from onevoice.ledger.tables import officer

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


def add(conn: Connection, *, at: datetime, **columns: object) -> None:
    """Store an officer, asked last of all. `columns` as in the table. Who comes back takes up their old row."""
    rank = conn.scalar(select(func.coalesce(func.max(officer.c.rank), 0))) or 0
    fresh = dict.fromkeys(("mobile_enc", "email_enc", "removed_at")) | columns | {"added_at": at, "rank": rank + 1}
    back = update(officer).where(officer.c.name == columns["name"], officer.c.removed_at.is_not(None))
    if not conn.execute(back.values(**fresh)).rowcount:
        conn.execute(officer.insert().values(**fresh))


def get(conn: Connection, name: str) -> Any | None:
    """The officer of that name who has not been removed."""
    return conn.execute(select(officer).where(officer.c.name == name, officer.c.removed_at.is_(None))).first()


def of_role(conn: Connection, role: str) -> list[Any]:
    """Officers of a role, first deputy first."""
    chosen = select(officer).where(officer.c.role == role, officer.c.removed_at.is_(None)).order_by(officer.c.rank)
    return list(conn.execute(chosen))


def everybody(conn: Connection) -> list[Any]:
    """All officers, in the order in which they were added."""
    return list(conn.execute(select(officer).where(officer.c.removed_at.is_(None)).order_by(officer.c.rank)))


def change_secret(conn: Connection, name: str, secret_hash: str) -> None:
    """Give an officer another secret."""
    conn.execute(update(officer).where(officer.c.name == name).values(secret_hash=secret_hash))


def remove(conn: Connection, name: str, at: datetime) -> None:
    """Take an officer off the list; the row stays."""
    conn.execute(update(officer).where(officer.c.name == name).values(removed_at=at))
