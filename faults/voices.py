"""Callbacks said by hand: genuine ones at a moment of our choosing, and forged ones."""

from __future__ import annotations

import re
from http import HTTPStatus
from urllib.parse import urlencode

import httpx
from twilio.request_validator import RequestValidator

from faults.deployment import Deployment
from onevoice.desk.setup import SANDBOX_FROM
from sandbox.options import ACCOUNT_SID, AUTH_TOKEN
from sandbox.record import Entry


def say(entry: Entry, status: str, *, secret: str = AUTH_TOKEN, **more: str) -> int:
    """Post a status callback for a message of the record, signed with `secret`. Gives the HTTP status."""
    url = str(entry.detail["status_callback"])
    form = {
        "AccountSid": ACCOUNT_SID,
        "From": entry.sender,
        "To": entry.to,
        "MessageSid": entry.sid,
        "MessageStatus": status,
        **more,
    }
    headers = {
        "X-Twilio-Signature": RequestValidator(secret).compute_signature(url, form),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return httpx.post(url, content=urlencode(form), headers=headers, timeout=60, trust_env=False).status_code


def writes(deployment: Deployment, number: str, text: str, sid: str) -> str | None:
    """Somebody sends us a text. What is answered to them, empty for nothing; None where it could not be kept (503)."""
    url = f"{deployment.settings['public_url']}/callbacks/sms/inbound"
    form = {"AccountSid": ACCOUNT_SID, "From": number, "To": SANDBOX_FROM, "MessageSid": sid, "Body": text}
    headers = {
        "X-Twilio-Signature": RequestValidator(AUTH_TOKEN).compute_signature(url, form),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    answer = httpx.post(url, content=urlencode(form), headers=headers, timeout=60, trust_env=False)
    if answer.status_code != HTTPStatus.OK:
        return None
    return "".join(re.findall("<Message>(.*?)</Message>", answer.text))


def texts(deployment: Deployment) -> list[Entry]:
    """The SMS that the provider took."""
    return deployment.provider.entries("sms", "accepted")
