"""What Twilio tells us and what we answer: status callbacks, incoming messages, entries of its list, TwiML.

Pages, read 2026-11-22: https://www.twilio.com/docs/messaging/guides/track-outbound-message-status,
https://www.twilio.com/docs/messaging/guides/webhook-request, https://www.twilio.com/docs/messaging/twiml,
https://www.twilio.com/docs/usage/security.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from lxml import etree
from twilio.request_validator import RequestValidator

from channels.twilio_codes import STATUS, Status, opted_out, permanent
from onevoice.dispatch.providers import BadSignature, Inbound, Receipt, Word

MESSAGE = re.compile(r"(?:SM|MM)[0-9a-fA-F]{32}")
CODE = re.compile(r"[0-9]{1,6}")
SIGNATURE = "x-twilio-signature"
MOST_FIELDS = 200
UNKNOWN_WORD = Status(Word.UNRECOGNISED, "A word that Twilio did not use when its page was read.")


def signed(
    validator: RequestValidator, account: str, url: str, headers: Mapping[str, str], body: bytes
) -> dict[str, str]:
    """The posted form, if Twilio signed it for this address and account.

    Raises BadSignature, also for a form with a key twice: the signature does not say which of the two counts.
    """
    shown = [value for name, value in headers.items() if name.lower() == SIGNATURE]
    form = _form(body)
    try:
        genuine = len(shown) == 1 and validator.validate(url, form, shown[0])
    except ValueError as problem:
        raise BadSignature("This address cannot be read.") from problem
    if not genuine:
        raise BadSignature("Not signed with ONEVOICE_TWILIO_AUTH_TOKEN for this address and this form.")
    if form.get("AccountSid") != account:
        raise BadSignature("Signed for another account than ONEVOICE_TWILIO_ACCOUNT_SID.")
    return form


def _form(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError as problem:
        raise BadSignature("This is no form in UTF-8 of the size that Twilio posts.") from problem
    form = dict(pairs)
    if len(form) != len(pairs):
        raise BadSignature("A key stands in the form twice.")
    return form


def called_back(provider: str, form: Mapping[str, str], token: str) -> Receipt:
    """The receipt of a status callback. Twilio sends no time with it."""
    code = form.get("ErrorCode", "")
    return _receipt(provider, form.get("MessageSid", ""), form.get("MessageStatus", ""), code, token=token, raw=form)


def looked_up(provider: str, held: Any, token: str) -> Receipt:
    """The receipt of an entry of Twilio's list."""
    raw = {name: _plain(value) for name, value in vars(held).items() if not name.startswith("_")}
    code = str(held.error_code or "")
    return _receipt(provider, str(held.sid), str(held.status), code, token=token, raw=raw, at=held.date_updated)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _receipt(provider: str, sid: str, status: str, code: str, **more: Any) -> Receipt:
    said = STATUS.get(status, UNKNOWN_WORD)
    known = code if CODE.fullmatch(code) else None
    return Receipt(
        provider=provider,
        word=said.word,
        digest=hashlib.sha256(f"{sid}\n{status}\n{code}".encode()).hexdigest(),
        ref=sid if MESSAGE.fullmatch(sid) else None,
        code=known,
        evidence=said.evidence,
        permanent=said.word is Word.UNDELIVERED and permanent(known),
        opt_out=opted_out(known),
        **more,
    )


def came_in(provider: str, form: Mapping[str, str]) -> Inbound:
    """An incoming message."""
    sid, sender = form.get("MessageSid", ""), form.get("From", "")
    if not (MESSAGE.fullmatch(sid) and sender):
        raise BadSignature("Signed, but this is no incoming message.")
    return Inbound(provider=provider, ref=sid, sender=sender, text=form.get("Body", ""), raw=form)


def answer(text: str | None) -> bytes:
    """TwiML for the answer to an incoming message: one reply, or none.

    Raises ValueError for text that XML cannot hold (control characters).
    """
    response = etree.Element("Response")
    if text is not None:
        etree.SubElement(response, "Message").text = text
    return etree.tostring(response, encoding="UTF-8", xml_declaration=True)
