"""What people send back: kept first, then understood. STOP takes effect in the transaction that keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, literal, or_, select, update

from onevoice.ledger import contacts
from onevoice.ledger.engine import insert_new
from onevoice.ledger.keywords import Keywords, Meaning, Understood, understand
from onevoice.ledger.tables import contact, contact_point, delivery, opt_out, reached_at, release, reply
from onevoice.ledger.tables.base import Moment
from onevoice.ledger.vault import Vault

TEXT = "reply"
"""What texts of replies are sealed for."""

SENDER = "sender"
"""What the addresses of those who wrote are sealed for."""

OURS = "answer"
"""What a person's answers are sealed for."""

NOT_SENT = ("rejected", "retry")
"""What an answer came to that surely did not go out, and may be given again."""

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
    """One reply as an officer sees it. `text`, and `answer`, what a person answered, are unsealed.

    `answered_at`: when it was answered by itself. `answer_result`: accepted, unknown, rejected or retry; None with
    `answer_by` set: nobody knows whether it went out.
    """

    id: int
    alert_id: str | None
    word: str
    urgent: bool
    language: str | None
    received_at: datetime
    read_at: datetime | None
    answered_at: datetime | None
    answer_by: str | None
    answer_begun_at: datetime | None
    answer_result: str | None
    text: str = field(repr=False)
    answer: str = field(default="", repr=False)


_SHOWN = (
    *("id", "alert_id", "word", "urgent", "language", "received_at", "read_at", "answered_at"),
    *("answer_by", "answer_begun_at", "answer_result"),
)


def store(conn: Connection, vault: Vault, said: Said, keywords: Keywords, now: datetime) -> Kept:
    """Keep a message and act on it. The same message again does nothing."""
    key = vault.contact_key(said.means, said.sender)
    known = understand(said.text, keywords)
    idle = known.meaning is Meaning.START and not _opted_out(conn, key)
    if idle:  # a "yes" or "start" from somebody who never opted out may mean something else: a person reads it
        known = Understood(Meaning.OTHER, known.language)
    language = known.language or _language(conn, said.means, key)
    alert_id = _last_alert(conn, said.means, key)
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
        sender_enc=vault.seal(said.sender, SENDER),
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


def _last_alert(conn: Connection, means: str, key: str) -> str | None:
    """The alert of the last message that went, or may have gone, to this address."""
    p = contact_point.c
    point = select(p.id).where(p.means == means, p.contact_key == key).scalar_subquery()
    joined = delivery.join(release, delivery.c.release_id == release.c.id)
    mine = select(release.c.alert_id).select_from(joined).where(delivery.c.point_id == point, delivery.c.fence > 0)
    return conn.scalar(mine.order_by(delivery.c.id.desc()).limit(1))


def listed(conn: Connection, vault: Vault, alert_id: str | None = None, limit: int = 200) -> Sequence[Reply]:
    """Replies, urgent and unread ones first, then the newest."""
    chosen = select(reply).order_by(reply.c.read_at.is_not(None), reply.c.urgent.desc(), reply.c.id.desc()).limit(limit)
    rows = conn.execute(chosen.where(reply.c.alert_id == alert_id) if alert_id else chosen)
    return [_reply(row, vault) for row in rows]


def get(conn: Connection, vault: Vault, reply_id: int) -> Reply | None:
    """One reply."""
    row = conn.execute(select(reply).where(reply.c.id == reply_id)).first()
    return _reply(row, vault) if row else None


def _reply(row: Any, vault: Vault) -> Reply:
    shown = {name: getattr(row, name) for name in _SHOWN}
    ours = vault.unseal(row.answer_enc, OURS) if row.answer_enc else ""
    return Reply(**shown, text=vault.unseal(row.text_enc, TEXT), answer=ours)


def read(conn: Connection, reply_id: int, now: datetime) -> bool:
    """Note that a person has read a reply. False where somebody had already."""
    wanted = (reply.c.id == reply_id, reply.c.read_at.is_(None))
    return conn.execute(update(reply).where(*wanted).values(read_at=now)).rowcount == 1


# --- a person's answer


def begin_answer(conn: Connection, vault: Vault, reply_id: int, by: str, text: str, now: datetime) -> bool:
    """Note, before the call, that somebody answers. False where an answer went out, or may have: there is only one."""
    surely_not = or_(reply.c.answer_begun_at.is_(None), reply.c.answer_result.in_(NOT_SENT))
    ours = {"answer_by": by, "answer_begun_at": now, "answer_result": None, "answer_enc": vault.seal(text, OURS)}
    read_now = {"read_at": func.coalesce(reply.c.read_at, literal(now, Moment()))}
    wanted = (reply.c.id == reply_id, surely_not)
    return conn.execute(update(reply).where(*wanted).values(ours | read_now)).rowcount == 1


def end_answer(conn: Connection, reply_id: int, result: str, ref: str | None) -> None:
    """What the call came to."""
    conn.execute(update(reply).where(reply.c.id == reply_id).values(answer_result=result, answer_ref=ref))


def way_back(conn: Connection, vault: Vault, reply_id: int) -> tuple[str, str] | None:
    """Keyed hash and address of who wrote; None where an older reply came from somebody in no contact list."""
    found = select(reply.c.contact_key, reply.c.sender_enc).where(reply.c.id == reply_id)
    row = conn.execute(found).one()
    if row.sender_enc:
        return row.contact_key, vault.unseal(row.sender_enc, SENDER)
    sealed = select(contact_point.c.address_enc).where(contact_point.c.contact_key == row.contact_key).limit(1)
    address = conn.scalar(sealed)
    return (row.contact_key, vault.unseal(address)) if address else None


def may_be_tested_on(conn: Connection, contact_key: str) -> bool:
    """True where everybody who is reached at an address agreed to exercises, or is a guest; nobody's address: False."""
    joined = contact_point.join(reached_at, reached_at.c.point_id == contact_point.c.id)
    joined = joined.join(contact, contact.c.id == reached_at.c.contact_id)
    agreed = select(or_(contact.c.exercise_ok, contact.c.guest)).select_from(joined)
    found = conn.scalars(agreed.where(contact_point.c.contact_key == contact_key)).all()
    return bool(found) and all(found)
