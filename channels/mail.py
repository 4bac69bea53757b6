"""An email as it goes over the wire, and what may not stand in one.

RFC 5322 (format), RFC 2046 (alternatives), RFC 2369 and RFC 8058 (unsubscribe), RFC 3834 (Auto-Submitted),
RFC 3282 (Content-Language), read 2026-11-22. Python's EmailMessage with its modern policy only: the old MIMEText lets
U+0085, U+2028 and a vertical tab through, and with them a header of somebody else's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime, parseaddr

from onevoice.dispatch.providers import CannotCarry, Outgoing

PARTS = frozenset({"subject", "text", "html"})
SLOTS = ("{manage_url}", "{message_id}")
"""What dispatch fills before a text comes here."""
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""What a header may not hold: C0, C1 and the two separators that some readers take for line ends."""
LINES = str.maketrans("", "", "\t\n")
"""What a text may hold of these."""
SURROGATES = re.compile("[\ud800-\udfff]")
ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}")
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
        if CONTROLS.search(part if name == "subject" else part.translate(LINES)):
            raise CannotCarry(f"The {name} holds a control character.")
        if slot := next((slot for slot in SLOTS if slot in part), None):
            raise CannotCarry(f"The {name} still asks for {slot[1:-1]}: nothing filled it.")
    if "=?" in parts["subject"]:
        raise CannotCarry("The subject holds =?, and mail programs would decode what follows.")


def made(message: Outgoing, sender: Address) -> bytes:
    """The mail.

    Raises CannotCarry for an address, an id or a text that cannot stand in a mail; nothing is dropped or mended.
    """
    parts = message.parts
    check(parts)
    mail = EmailMessage(policy=POLICY)
    mail["From"] = sender
    mail["To"] = address(message.to)
    mail["Subject"] = parts["subject"]
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = f"<{_like(MESSAGE_ID, message.message_id)}@{sender.domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    if message.manage_url:
        mail["List-Unsubscribe"] = f"<{_like(WEB, message.manage_url)}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(parts["text"])
    if "html" in parts:
        mail.add_alternative(parts["html"], subtype="html")
    # Last: making alternatives moves every header that begins with Content- into the first of them.
    mail["Content-Language"] = _like(LANGUAGE, message.language)
    return mail.as_bytes()


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
