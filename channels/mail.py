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
from typing import NamedTuple

from channels.mail_form import Form, Own
from channels.mail_form import form as form_of
from onevoice.dispatch.providers import CannotCarry, Filled, Outgoing

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
    """Raise CannotCarry unless these are a subject, a text and perhaps a page that a mail can hold unchanged.

    What many get is looked through once: nothing that is a person's own changes the answer.
    """
    if common := _common(parts):
        _checked(common)
    else:
        _check(parts)


def _check(parts: Mapping[str, str]) -> None:
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


class _Common(NamedTuple):
    """What all who get a text have in common: the parts with their slots, and how long what stands in each is."""

    blank: tuple[tuple[str, str], ...]
    sizes: tuple[tuple[str, int], ...]

    def with_(self, own: Own) -> Mapping[str, str]:
        """The parts of somebody."""
        return Filled(dict(self.blank), own)


def _common(parts: Mapping[str, str]) -> _Common | None:
    """None where the parts have no slots, or hold in one what an encoding or markup changes."""
    if not (isinstance(parts, Filled) and PLAIN.fullmatch("".join(parts.own.values()))):
        return None
    return _Common(tuple(parts.blank.items()), tuple((slot, len(value)) for slot, value in parts.own.items()))


@lru_cache(maxsize=256)
def _checked(common: _Common) -> None:
    _check(common.with_({slot: "a" * size for slot, size in common.sizes}))


def _filled(message: Outgoing) -> bytes | None:
    """The words by their form; None where they have none."""
    parts = message.parts
    common = _common(parts)
    form = _form(common, message.language) if common else None
    return form.filled(parts.own) if form and isinstance(parts, Filled) else None


@lru_cache(maxsize=256)
def _form(common: _Common, language: str) -> Form | None:
    mark = _mark(dict(common.blank))
    return form_of(lambda own: _words(common.with_(own), language, mark), dict(common.sizes))


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
