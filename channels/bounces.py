"""Delivery reports of mail servers: RFC 3464, read 2026-11-22.

Nobody signs such a report. What ties it to a message is the token in the address that it was sent to: each mail has
an envelope sender of its own (bounce+TOKEN@our-domain, called VERP), and whoever reads our receipts proves that we
made the token. A report without one is nobody's, and is left out.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime
from email import message_from_bytes
from email.message import Message
from email.utils import parsedate_to_datetime

from onevoice.dispatch.providers import Evidence, Receipt, Word

LARGEST = 1 << 20
"""Bytes of a report that are read at all. Real ones hold the headers of a mail or a short one whole."""
LARGEST_HEADS = 64 * 1024
TO_US = ("To", "Delivered-To", "X-Original-To", "Envelope-To")
"""Headers in which a server says to whom the report itself went."""
VERP = r"[A-Za-z0-9_-]{8,64}"
CASELESS = 24
"""Length of a token in which large and small letters are the same: some servers change them on the way."""
STATUS = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}")

ACTIONS = {
    "failed": Word.UNDELIVERED,
    "delayed": Word.QUEUED,
    "delivered": Word.DELIVERED,
    "relayed": Word.SENT,
    "expanded": Word.SENT,
}
"""RFC 3464, 2.3.3: given up; still trying; in the mailbox; gone on to a server that reports no more; gone on to a
list. Any other word is kept and changes nothing."""


def verp(token: str, domain: str) -> str:
    """The envelope sender of one mail."""
    return f"bounce+{token}@{domain}"


def is_mail(octets: bytes) -> bool:
    """True for what begins with headers, of which one says to whom it went."""
    heads = message_from_bytes(octets[:LARGEST_HEADS].split(b"\r\n\r\n")[0].split(b"\n\n")[0])
    return any(heads[name] is not None for name in TO_US)


def receipts(provider: str, mail: bytes, domain: str) -> list[Receipt]:
    """What a delivery report says of our mail; empty for everything that is no report, or not for one of our mails."""
    if len(mail) > LARGEST:
        return []
    report = message_from_bytes(mail)
    if report.get_content_type() != "multipart/report":
        return []
    token = _token(report, domain)
    if token is None:
        return []
    # One character for each byte, so that nothing is lost.
    raw = {"mail": mail.decode("latin-1")}
    at = _instant(report)
    return [_receipt(provider, token, recipient, raw, at) for recipient in _recipients(report)]


def _token(report: Message, domain: str) -> str | None:
    """The token of the address that the report went to; None where there is none, or more than one."""
    shown = "\n".join(str(value) for name in TO_US for value in report.get_all(name, []))
    tokens = set(re.findall(rf"(?<![^\s<,;:])bounce\+({VERP})@{re.escape(domain)}(?![\w.-])", shown, re.IGNORECASE))
    tokens = {token.lower() if len(token) == CASELESS else token for token in tokens}
    return tokens.pop() if len(tokens) == 1 else None


def _recipients(report: Message) -> Iterator[Message]:
    """The blocks of fields, each about one recipient; the first block of all is about the server."""
    for part in report.walk():
        if part.get_content_type() == "message/delivery-status" and part.is_multipart():
            blocks = part.get_payload()
            yield from (block for block in blocks if isinstance(block, Message) and block["Action"])


def _receipt(provider: str, token: str, recipient: Message, raw: dict[str, str], at: datetime | None) -> Receipt:
    action = str(recipient["Action"]).strip().lower()
    status = STATUS.match(str(recipient["Status"] or "").strip())
    code = status[0] if status else None
    word = ACTIONS.get(action, Word.UNRECOGNISED)
    return Receipt(
        provider=provider,
        word=word,
        digest=hashlib.sha256(f"{token}\n{action}\n{code}".encode()).hexdigest(),
        token=token,
        code=code,
        evidence=Evidence.MAIL_SERVER if word is Word.DELIVERED else None,
        permanent=word is Word.UNDELIVERED and bool(code and code.startswith("5")),
        at=at,
        raw=raw,
    )


def _instant(report: Message) -> datetime | None:
    try:
        at = parsedate_to_datetime(str(report["Date"]))
    except (ValueError, TypeError, OverflowError):
        return None
    return at if at.tzinfo else None
