"""What people send back: kept first, then understood. STOP takes effect in the transaction that keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select, update

from onevoice.ledger import contacts
from onevoice.ledger.engine import insert_new
from onevoice.ledger.keywords import Keywords, Meaning, Understood, understand
from onevoice.ledger.tables import contact, contact_point, delivery, opt_out, reached_at, release, reply
from onevoice.ledger.vault import Vault

TEXT = "reply"
"""What texts of replies are sealed for."""

WINDOW = timedelta(hours=1)
CONFIRMATIONS, OTHERS = 20, 1
"""How many answers one address gets within `WINDOW`: to each of STOP, START, HELP and distress; to anything else.

The first is far more than a person asks for, also one whose phone sends several texts late and at once; it only ends
what two machines say to each other.
"""

_CONFIRMED = {
    Meaning.STOP: "stop",
    Meaning.START: "start",
    Meaning.HELP: "help",
    Meaning.DISTRESS: "help",
}
_MOST = dict.fromkeys(_CONFIRMED, CONFIRMATIONS)


@dataclass(frozen=True, slots=True)
class Said:
    """One inbound message. `sender` is in the normal form of its means."""

    provider: str
    ref: str
    means: str
    sender: str = field(repr=False)
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What to answer: `kind` is stop, start, help or other; `language` None where nobody knows it."""

    reply: int
    kind: str
    means: str
    language: str | None
    alert_id: str | None
    to: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Kept:
    """Whether a message was new, and what to answer, if anything."""

    new: bool
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply as an officer sees it. `text` is unsealed."""

    id: int
    alert_id: str | None
    word: str
    urgent: bool
    language: str | None
    received_at: datetime
    read_at: datetime | None
    answered_at: datetime | None
    text: str = field(repr=False)


_SHOWN = ("id", "alert_id", "word", "urgent", "language", "received_at", "read_at", "answered_at")


def store(conn: Connection, vault: Vault, said: Said, keywords: Keywords, now: datetime) -> Kept:
    """Keep a message and act on it. The same message again does nothing."""
    key = vault.contact_key(said.means, said.sender)
    known = understand(said.text, keywords)
    idle = known.meaning is Meaning.START and not _opted_out(conn, key)
    if idle:  # a "yes" or "start" from somebody who never opted out may mean something else: a person reads it
        known = Understood(Meaning.OTHER, known.language)
    language = known.language or _language(conn, said.means, key)
    alert_id = _last_alert(conn, key)
    new = insert_new(
        conn,
        reply,
        provider=said.provider,
        ref=said.ref,
        contact_key=key,
        alert_id=alert_id,
        word=known.meaning,
        urgent=known.urgent,
        language=language,
        text_enc=vault.seal(said.text, TEXT),
        received_at=now,
    )
    if not new:
        return Kept(new=False)
    _act(conn, key, known.meaning, now)
    number = conn.scalars(select(reply.c.id).where(reply.c.provider == said.provider, reply.c.ref == said.ref)).one()
    kind = _CONFIRMED.get(known.meaning, "other")
    if not _may_answer(conn, key, known.meaning, CONFIRMATIONS if idle else _MOST.get(known.meaning, OTHERS), now):
        return Kept(new=True)
    conn.execute(update(reply).where(reply.c.id == number).values(answered_at=now))
    return Kept(new=True, answer=Answer(number, kind, said.means, language, alert_id, said.sender))


def _opted_out(conn: Connection, key: str) -> bool:
    return conn.execute(select(opt_out.c.topic).where(opt_out.c.contact_key == key).limit(1)).first() is not None


def _act(conn: Connection, key: str, meaning: Meaning, now: datetime) -> None:
    if meaning is Meaning.STOP:
        contacts.opt_out(conn, key, contacts.ALL, now, "reply")
    elif meaning is Meaning.START:
        contacts.opt_in(conn, key)


def _may_answer(conn: Connection, key: str, meaning: Meaning, at_most: int, now: datetime) -> bool:
    """Two machines that answer each other are cut off; a person who says STOP is never left wondering."""
    alike = [meaning.value] if meaning in _CONFIRMED else [m.value for m in Meaning if m not in _CONFIRMED]
    recent = select(func.count()).where(reply.c.contact_key == key, reply.c.answered_at > now - WINDOW)
    return (conn.scalar(recent.where(reply.c.word.in_(alike))) or 0) < at_most


def _language(conn: Connection, means: str, key: str) -> str | None:
    """The language of a contact point, else of the people who are reached there, where they agree."""
    p = contact_point.c
    point = conn.execute(select(p.id, p.language).where(p.means == means, p.contact_key == key)).first()
    if point is None or point.language:
        return str(point.language) if point else None
    joined = reached_at.join(contact, contact.c.id == reached_at.c.contact_id)
    spoken = select(contact.c.language).distinct().select_from(joined).where(reached_at.c.point_id == point.id)
    found = [language for language in conn.scalars(spoken) if language]
    return str(found[0]) if len(found) == 1 else None


def _last_alert(conn: Connection, key: str) -> str | None:
    """The alert of the last message that went, or may have gone, to this address."""
    joined = delivery.join(release, delivery.c.release_id == release.c.id)
    mine = select(release.c.alert_id).select_from(joined).where(delivery.c.contact_key == key, delivery.c.fence > 0)
    return conn.scalar(mine.order_by(delivery.c.id.desc()).limit(1))


def listed(conn: Connection, vault: Vault, alert_id: str | None = None, limit: int = 200) -> Sequence[Reply]:
    """Replies, urgent and unread ones first, then the newest."""
    chosen = select(reply).order_by(reply.c.read_at.is_not(None), reply.c.urgent.desc(), reply.c.id.desc()).limit(limit)
    rows = conn.execute(chosen.where(reply.c.alert_id == alert_id) if alert_id else chosen)
    return [_reply(row, vault) for row in rows]


def _reply(row: Any, vault: Vault) -> Reply:
    shown = {name: getattr(row, name) for name in _SHOWN}
    return Reply(**shown, text=vault.unseal(row.text_enc, TEXT))


def read(conn: Connection, reply_id: int, now: datetime) -> bool:
    """Note that a person has read a reply. False where somebody had already."""
    wanted = (reply.c.id == reply_id, reply.c.read_at.is_(None))
    return conn.execute(update(reply).where(*wanted).values(read_at=now)).rowcount == 1
