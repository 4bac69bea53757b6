"""The directory of services as rows: what stands in it now, and every version that ever did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import insert, select, update

from onevoice.facts import content_hash
from onevoice.ledger.tables import service

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from onevoice.ledger.alerts import AnyRow

_ASSURED = ("assured_date", "assurer_email", "last_modified", "metadata")
"""What may differ between two versions of which one only is confirmed later."""


class Replaced(NamedTuple):
    """What an import did to the directory."""

    added: int
    changed: int
    unchanged: int
    removed: int


def version_of(body: Mapping[str, Any]) -> str:
    """Twelve hex digits of an entry as it came."""
    return content_hash(body).removeprefix("sha256:")[:12]


def current(conn: Connection) -> Sequence[AnyRow]:
    """The directory: one row for each entry, in the order in which they came."""
    return conn.execute(select(service).where(service.c.ended_at.is_(None)).order_by(service.c.id)).all()


def versions(conn: Connection, entry: str) -> Sequence[AnyRow]:
    """All versions of an entry, oldest first."""
    return conn.execute(select(service).where(service.c.entry == entry).order_by(service.c.id)).all()


def replace(conn: Connection, bodies: Iterable[Mapping[str, Any]], by: str, at: datetime) -> Replaced:
    """Make these entries the directory, in the caller's transaction. Doing it again changes nothing.

    An entry that was confirmed here later than the file says, and is else the same, stays.
    """
    old = {row.entry: row for row in current(conn)}
    new = {str(body["id"]): dict(body) for body in bodies}
    kept = {entry for entry, body in new.items() if entry in old and _stays(old[entry].body, body)}
    ended = [old[entry].id for entry in old if entry not in kept]
    conn.execute(update(service).where(service.c.id.in_(ended)).values(ended_at=at))
    rows = [
        {"entry": entry, "version": version_of(body), "body": body, "by": by, "since": at}
        for entry, body in new.items()
        if entry not in kept
    ]
    if rows:
        conn.execute(insert(service), rows)
    changed = len([entry for entry in new if entry in old]) - len(kept)
    return Replaced(len(new) - len(kept) - changed, changed, len(kept), len(old) - len(kept) - changed)


def _stays(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    same = {k: v for k, v in old.items() if k not in _ASSURED} == {k: v for k, v in new.items() if k not in _ASSURED}
    return same and str(old.get("assured_date") or "") >= str(new.get("assured_date") or "")


def put(conn: Connection, row: AnyRow, body: Mapping[str, Any], by: str, at: datetime) -> str:
    """A newer version in place of `row`. Returns which."""
    conn.execute(update(service).where(service.c.id == row.id, service.c.ended_at.is_(None)).values(ended_at=at))
    version = version_of(body)
    conn.execute(insert(service).values(entry=row.entry, version=version, body=dict(body), by=by, since=at))
    return version
