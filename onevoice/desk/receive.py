"""What comes back: receipts, replies, and what a reader does on the page where messages are managed.

Everything is stored before it is answered. A reply is answered at most once, in the person's own language.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import yaml

from onevoice.desk import danger, draft
from onevoice.dispatch.options import callback_address
from onevoice.dispatch.providers import BadSignature, Inbound
from onevoice.errors import Refused, Unusable
from onevoice.facts import Phone
from onevoice.ledger import chronicle, contacts, replies
from onevoice.people import Means, Tier

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from onevoice.desk.wiring import Desk
    from onevoice.dispatch.providers import Provider, Receipt
    from onevoice.library import Library
    from onevoice.settings import Settings

MANAGE = "manage"
"""What the token in a reader's link is for."""
INBOUND = "inbound"
"""Stands in an address where a receipt's has the token of its attempt."""

BY_ITSELF = frozenset({"stop", "start", "help"})
"""Replies that need no person: what was asked for is done, and said."""


@dataclass(frozen=True)
class Answer:
    """What a callback is answered with."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain"


def make_ready(desk: Desk) -> None:
    """Load what the first thing that is said would wait for, and hundreds behind it: libraries, keys, words."""
    _ = desk.providers, desk.inbox
    keywords(desk.settings.content_root)


def receive(desk: Desk, name: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """Store what a provider says. `name` is the provider's name or its means, `url` the public address it called.

    Returns:
        404 for a provider that is not set up, 403 for a bad signature, else what the provider wants to hear.

    Raises:
        OutOfReach: it could not be stored; the provider must say it again.
    """
    provider = next((p for p in desk.providers.values() if name in (p.name, p.means)), None)
    if provider is None:
        return Answer(404)
    try:
        heard = provider.parse_receipts(url, headers, body)
    except BadSignature:
        return Answer(403)
    return _stored(desk, provider, heard)


def _stored(desk: Desk, provider: Provider, heard: Sequence[Receipt | Inbound]) -> Answer:
    means_of = {p.name: p.means for p in desk.providers.values()}
    known = keywords(desk.settings.content_root)
    stored = desk.inbox.store(heard, means_of=means_of, keywords=known)
    if provider.means is not Means.SMS or not any(isinstance(one, Inbound) for one in heard):
        return Answer(204)
    from channels.twilio_receipts import answer  # noqa: PLC0415 - only an inbound text needs it

    text = reply_text(desk, stored.answers[0].kind, stored.answers[0].language) if stored.answers else None
    return Answer(200, answer(text), "text/xml")


def reply_addresses(settings: Settings) -> dict[str, str]:
    """Where a text-message service must hand on what people write back, by the name of the provider that is set up."""
    from channels import PROVIDERS, missing  # noqa: PLC0415 - only a server that starts asks

    absent = missing(settings)
    texts = (name for name, listing in PROVIDERS.items() if listing.means is Means.SMS and name not in absent)
    return {name: callback_address(settings.public_url, name, INBOUND) for name in texts}


@lru_cache(maxsize=4)
def keywords(root: Path) -> Mapping[str, Mapping[str, Sequence[str]]]:
    """What STOP, START, HELP and distress look like, by language."""
    files = (root / "locales").glob("*/language.yaml")
    return {f.parent.name: yaml.safe_load(f.read_text(encoding="utf-8")).get("keywords", {}) for f in files}


def reply_text(desk: Desk, kind: str, language: str | None) -> str:
    """The approved answer of a kind (stop, start, help, other), in the person's language where there is one."""
    content, authority = desk.content, desk.authority()
    wanted = language if language in content.languages else "en"
    text = _said(content, wanted, f"frame.reply.{kind}")
    if not text:
        wanted, text = "en", _said(content, "en", f"frame.reply.{kind}")
    phone = Phone(e164=authority.phones["help"]).e164 if "help" in authority.phones else ""
    number = danger.number(desk)
    if "{emergency_number}" in text and authority.emergency_takes_texts(number):
        text = f"{text} {_said(content, wanted, 'frame.in_danger.text')}".rstrip()
    filled = {
        "source": authority.name(wanted),
        "help_phone": content.voice(wanted).phone(phone) if phone else "",
        "emergency_number": content.voice(wanted).phone(number),
    }
    for slot, value in filled.items():
        text = text.replace("{" + slot + "}", value)
    return text


def _said(content: Library, language: str, name: str) -> str:
    """A sentence of the frames; empty where a language has it not, or not as it is today. Raises Unusable."""
    key = content.lexicon.key(name, Tier.T2)
    if key is None:
        what, entry = f"There is no sentence {name}.", name.removeprefix("frame.")
        raise Unusable(what, where="templates/frames.yaml", remedy=f"Add {entry}.")
    said = content.catalogue(language).say(key, content.lexicon.sources[key])
    return "" if said.missing or said.stale else said.text


def listing(desk: Desk, alert_id: str | None = None) -> list[dict[str, Any]]:
    """Replies, urgent and unread ones first, then the newest.

    Raises:
        Unusable: there is no such alert.
    """
    with desk.ledger.read() as conn:
        if alert_id is not None:
            draft.found(conn, alert_id)
        rows = replies.listed(conn, desk.vault, alert_id)
    shown = ("id", "alert_id", "word", "urgent", "language", "received_at", "read_at", "answered_at", "text")
    by_person = ("answer_by", "answer_begun_at", "answer_result", "answer")
    return [{name: getattr(row, name) for name in (*shown, *by_person)} | {"state": state(row)} for row in rows]


def state(row: replies.Reply) -> str:
    """Whether a reply is answered, in words: by whom, or that a person is still to answer."""
    if row.answer_by:
        return {"accepted": "answered by", "rejected": "not sent by", "retry": "not sent by"}.get(
            row.answer_result or "", "in doubt, by"
        ) + f" {row.answer_by}"
    return "by itself" if row.word in BY_ITSELF and row.answered_at else "waits for a person"


def manage(desk: Desk, token: str, deed: str) -> str:
    """What a reader does behind the link in a mail: look, stop or start. Returns `stopped` or `on`.

    Raises:
        Refused: the token is not ours. Unusable: an unknown deed.
    """
    point = desk.vault.passed(MANAGE, token)
    if point is None:
        raise Refused("This link is not valid.", remedy="Use the link of a newer message.")
    with desk.ledger.read() as conn:
        key = chronicle.key_of(conn, point)
        stopped = key is not None and chronicle.has_opted_out(conn, key)
    if key is None:
        raise Refused("This link is not valid any more.", remedy="Use the link of a newer message.")
    if deed == "look":
        return "stopped" if stopped else "on"
    if deed not in ("stop", "start"):
        raise Unusable(f"{deed!r} cannot be done here.", remedy="Stop or start.")
    with desk.ledger.write_without_pause() as conn:
        if deed == "stop":
            contacts.opt_out(conn, key, contacts.ALL, desk.now(), "manage page")
        else:
            contacts.opt_in(conn, key)
    return "stopped" if deed == "stop" else "on"
