"""An email as it goes over the wire, and what may not stand in one.

RFC 5322 (format), RFC 2046 (alternatives), RFC 2369 and RFC 8058 (unsubscribe), RFC 3834 (Auto-Submitted),
RFC 3282 (Content-Language), read 2026-11-22. Python's EmailMessage with its modern policy only: the old MIMEText lets
U+0085, U+2028 and a vertical tab through, and with them a header of somebody else's.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime, parseaddr
from functools import lru_cache

from channels.mail_form import Form, Own
from channels.mail_form import form as form_of
from onevoice.dispatch.providers import CannotCarry, Outgoing

PARTS = frozenset({"subject", "text", "html"})
SLOTS = ("{manage_url}", "{message_id}")
"""What dispatch fills before a text comes here."""
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""What a header may not hold: C0, C1 and the two separators that some readers take for line ends."""
CONTROLS_OF_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
"""The same without tab and line feed, which a text may hold."""
SURROGATES = re.compile("[\ud800-\udfff]")
ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}")
PLAIN = re.compile(r"[A-Za-z0-9._~:/-]*")
"""What no encoding of a body and no markup changes."""
USUAL = re.compile(
    r"(?=[^@]{1,64}@)[A-Za-z0-9+=_-]+(?:\.[A-Za-z0-9+=_-]+)*@(?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}"
)
"""An address that needs no closer look: nearly every one."""
MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
LANGUAGE = re.compile(r"[A-Za-z0-9-]{2,35}")
WEB = re.compile(r"https?://[!-;=?-~]{1,900}")
"""Printable ASCII without angle brackets. A line of a mail may have 998 characters, and this one is not folded."""


class _Whole(UnstructuredHeader, BaseHeader):
    """A header that is written as it is. Python's folding makes an encoded word of a long URL, and breaks it so."""

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


class _Words(UnstructuredHeader, BaseHeader):
    """A header of words, folded as the older library did. The newer one loses spaces, in Arabic for one."""

    def fold(self, *, policy: Policy) -> str:
        charset = "us-ascii" if self.isascii() else "utf-8"
        words = Header(str(self), charset, header_name=self.name).encode(linesep=policy.linesep)
        return f"{self.name}: {words}{policy.linesep}"


_headers = HeaderRegistry()
_headers.map_to_type("list-unsubscribe", _Whole)
_headers.map_to_type("subject", _Words)
# 7bit: nothing that a server without 8BITMIME would have to change on the way.
POLICY = SMTP.clone(cte_type="7bit", header_factory=_headers)


def check(parts: Mapping[str, str]) -> None:
    """Raise CannotCarry unless these are a subject, a text and perhaps a page that a mail can hold unchanged."""
    if not {"subject", "text"} <= set(parts) <= PARTS:
        raise CannotCarry("An email has a subject, a text, and may have html.")
    for name, part in parts.items():
        if not part.strip():
            raise CannotCarry(f"The {name} is empty.")
        if SURROGATES.search(part):
            raise CannotCarry(f"The {name} holds half a character (a lone surrogate).")
        if (CONTROLS if name == "subject" else CONTROLS_OF_TEXT).search(part):
            raise CannotCarry(f"The {name} holds a control character.")
        if slot := next((slot for slot in SLOTS if slot in part), None):
            raise CannotCarry(f"The {name} still asks for {slot[1:-1]}: nothing filled it.")
    if "=?" in parts["subject"]:
        raise CannotCarry("The subject holds =?, and mail programs would decode what follows.")


def made(message: Outgoing, sender: Address) -> bytes:
    """The mail. What many get is made once, and filled for each.

    Raises CannotCarry for an address, an id or a text that cannot stand in a mail; nothing is dropped or mended.
    """
    words = _filled(message) or _words(message.parts, message.language, _mark(message.parts))
    return _head(message, sender) + words


def _filled(message: Outgoing) -> bytes | None:
    """The words by their form; None where they have none."""
    own = {"{manage_url}": message.manage_url, "{message_id}": message.message_id}
    if not PLAIN.fullmatch("".join(own.values())):
        return None
    empty = tuple((name, _emptied(part, own)) for name, part in message.parts.items())
    form = _form(empty, tuple(map(len, own.values())), message.language)
    return form.filled(own) if form else None


def _emptied(part: str, own: Mapping[str, str]) -> str:
    """With the slots again that dispatch filled."""
    for slot, value in own.items():
        part = part.replace(value, slot) if value else part
    return part


@lru_cache(maxsize=256)
def _form(empty: tuple[tuple[str, str], ...], sizes: tuple[int, ...], language: str) -> Form | None:
    mark = _mark(dict(empty))

    def make(own: Own) -> bytes:
        parts = dict(empty)
        for slot, value in own.items():
            parts = {name: part.replace(slot, value) if value else part for name, part in parts.items()}
        return _words(parts, language, mark)

    return form_of(make, dict(zip(SLOTS, sizes, strict=True)))


def _mark(parts: Mapping[str, str]) -> str:
    """What stands between the parts. No encoded line has = before _ (RFC 2045, 6.7), and no plain one this hash."""
    return f"=_{hashlib.sha256(repr(sorted(parts.items())).encode()).hexdigest()[:32]}"


def _words(parts: Mapping[str, str], language: str, mark: str) -> bytes:
    """All that does not depend on the person but for the slots: the parts, and the headers that describe them."""
    check(parts)
    mail = EmailMessage(policy=POLICY)
    mail.set_content(parts["text"])
    if "html" in parts:
        mail.add_alternative(parts["html"], subtype="html")
        mail.set_boundary(mark)
    # Last: making alternatives moves every header that begins with Content- into the first of them.
    mail["Content-Language"] = _like(LANGUAGE, language)
    return mail.as_bytes()


def _head(message: Outgoing, sender: Address) -> bytes:
    """The headers of this mail."""
    lines = [
        f"To: {spec(message.to)}\r\n",
        f"Date: {_date(int(time.time()))}\r\n",
        f"Message-ID: <{_like(MESSAGE_ID, message.message_id)}@{sender.domain}>\r\n",
    ]
    if message.manage_url:
        lines += [
            f"List-Unsubscribe: <{_like(WEB, message.manage_url)}>\r\n",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
        ]
    return _said(str(sender), message.parts["subject"]) + "".join(lines).encode("ascii")


@lru_cache(maxsize=256)
def _said(sender: str, subject: str) -> bytes:
    """Who says it, and what it is about."""
    mail = {"From": sender, "Subject": subject, "Auto-Submitted": "auto-generated"}
    return b"".join(POLICY.fold_binary(*POLICY.header_store_parse(name, value)) for name, value in mail.items())


@lru_cache(maxsize=2)
def _date(second: int) -> str:
    return format_datetime(datetime.fromtimestamp(second, UTC))


def spec(text: str) -> str:
    """The address again, if it is one that every server takes. Raises CannotCarry as `address` does."""
    return text if USUAL.fullmatch(text) else address(text).addr_spec


def address(text: str, name: str = "") -> Address:
    """The address, if it is one that every server takes.

    Raises CannotCarry for others: also for letters beyond ASCII, which only some servers take (RFC 6531).
    """
    try:
        return Address(name, addr_spec=_like(ADDRESS, text))
    except (ValueError, MessageError) as problem:
        raise CannotCarry("This is no address that every mail server takes.") from problem


def mailbox(text: str) -> Address:
    """A sender such as `Millford EM <alerts@millford.example>`. Raises CannotCarry."""
    if CONTROLS.search(text) or SURROGATES.search(text):
        raise CannotCarry("The sender holds a control character.")
    name, spec = parseaddr(text)
    return address(spec, name)


def _like(pattern: re.Pattern[str], text: str) -> str:
    if not pattern.fullmatch(text):
        raise CannotCarry("An address, id or language of this message cannot stand in a header.")
    return text
