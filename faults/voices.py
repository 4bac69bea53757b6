"""Callbacks said by hand: genuine ones at a moment of our choosing, and forged ones."""

from __future__ import annotations

from urllib.parse import urlencode

import httpx
from twilio.request_validator import RequestValidator

from faults.deployment import Deployment
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


def texts(deployment: Deployment) -> list[Entry]:
    """The SMS that the provider took."""
    return deployment.provider.entries("sms", "accepted")
