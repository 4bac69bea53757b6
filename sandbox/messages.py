"""The messages that the SMS service holds, and how Twilio shows one."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from sandbox.segments import num_segments

API_VERSION = "2010-04-01"
LONGEST_VALIDITY = 36_000
ERROR_MESSAGES = {
    30001: "Queue overflow",
    30003: "Unreachable destination handset",
    30005: "Unknown destination handset",
    30036: "Validity Period Expired",
}


def new_sid() -> str:
    """A message sid that no other run has: a client may keep its database over many records."""
    return "SM" + secrets.token_hex(16)


@dataclass(slots=True, kw_only=True)
class Message:
    """One message, in or out."""

    to: str
    sender: str
    body: str
    sid: str = field(default_factory=new_sid)
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    direction: str = "outbound-api"
    status: str = "queued"
    error_code: int = 0
    sent: datetime | None = None
    updated: datetime | None = None
    service_sid: str = ""
    status_callback: str = ""
    validity: int = LONGEST_VALIDITY
    """Seconds."""
    behaviour: str = "usual"
    nth: int = 0
    """How many messages to this number came before: with the seed it decides delays and disorder."""

    def becomes(self, status: str, error_code: int, at: datetime) -> None:
        """Takes on a later status."""
        self.status, self.error_code, self.updated = status, error_code, at
        if status in {"sent", "delivered"} and self.sent is None:
            self.sent = at

    def detail(self) -> dict[str, Any]:
        """What an entry needs beside its own fields so that a restart can make the message anew."""
        kept = ("direction", "status", "service_sid", "status_callback", "validity", "behaviour", "nth")
        return {name: value for name in kept if (value := getattr(self, name))}

    def resource(self, account_sid: str) -> dict[str, Any]:
        """Twilio's Message resource, for JSON."""
        uri = f"/{API_VERSION}/Accounts/{account_sid}/Messages/{self.sid}"
        return {
            "account_sid": account_sid,
            "api_version": API_VERSION,
            "body": self.body,
            "date_created": format_datetime(self.created),
            "date_sent": format_datetime(self.sent) if self.sent else None,
            "date_updated": format_datetime(self.updated or self.created),
            "direction": self.direction,
            "error_code": self.error_code or None,
            "error_message": ERROR_MESSAGES.get(self.error_code),
            # A messaging service chooses its sender only after it has accepted.
            "from": None if self.status == "accepted" else self.sender,
            "messaging_service_sid": self.service_sid or None,
            "num_media": "0",
            "num_segments": str(num_segments(self.body)),
            "price": None,
            "price_unit": "USD",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": self.to,
            "uri": f"{uri}.json",
        }


class Messages:
    """All messages, by sid and by recipient."""

    def __init__(self) -> None:
        self._by_sid: dict[str, Message] = {}
        self._by_to: dict[str, list[Message]] = {}
        self.last_sid = ""

    def add(self, message: Message) -> None:
        """Keeps one more."""
        self._by_sid[message.sid] = message
        self._by_to.setdefault(message.to, []).append(message)
        self.last_sid = message.sid

    def get(self, sid: str) -> Message | None:
        """The message of this sid."""
        return self._by_sid.get(sid)

    def sent_to(self, number: str) -> int:
        """How many went to a number so far."""
        return len(self._by_to.get(number, ()))

    def newest_first(self, to: str = "") -> Iterator[Message]:
        """Every message, or every message to one number."""
        return reversed(self._by_to.get(to, [])) if to else reversed(self._by_sid.values())
