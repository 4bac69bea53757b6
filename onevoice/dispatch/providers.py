"""What dispatch asks of a provider, and what a provider answers. The whole contract between dispatch and channels/.

A provider refuses what it cannot carry and never cuts or changes a text. It touches neither database nor web
framework, and no address or text of a message goes into a log, an error or an Outcome.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from html import escape
from typing import Any, Protocol

from onevoice.people import Means


class Result(StrEnum):
    """What is known after a call to a provider."""

    ACCEPTED = "accepted"
    """The provider took it and gave its own reference."""
    RETRY = "retry"
    """Certainly not taken; trying again may help (never connected, 429, SMTP 4xx before the dot)."""
    REJECTED = "rejected"
    """Certainly not taken, and trying again will not help."""
    UNKNOWN = "unknown"
    """May or may not have been taken (read time-out, 5xx, an answer that makes no sense)."""


class Evidence(StrEnum):
    """What a claim of delivery rests on."""

    OPERATOR = "operator"
    HANDSET = "handset"
    MAIL_SERVER = "mail-server"
    POSTED = "posted"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to one call.

    `ref` is the provider's own id of the message; `code` its error code or status word; `detail` one plain sentence
    without personal data. `retry_after` in seconds. `opt_out`: the provider knows that the person opted out.
    `halts`: the account itself is refused, so the channel must stop and a person be told. `evidence`: what an
    acceptance proves where it is already the end; a post that was given an id stands, and nothing more is heard of it.
    """

    result: Result
    ref: str | None = None
    code: str | None = None
    detail: str = ""
    retry_after: float | None = None
    opt_out: bool = False
    halts: bool = False
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Filled(Mapping[str, str]):
    """The parts of an email with what is one person's own in their slots, filled when they are read.

    `blank` is what everybody gets, with its slots; `own` says what stands in each. In html no character of it becomes
    markup.
    """

    blank: Mapping[str, str] = field(repr=False)
    own: Mapping[str, str] = field(repr=False)

    def __getitem__(self, name: str) -> str:
        """A part, filled."""
        part = self.blank[name]
        for slot, value in self.own.items():
            part = part.replace(slot, escape(value) if name == "html" else value)
        return part

    def __iter__(self) -> Iterator[str]:
        """The names of the parts."""
        return iter(self.blank)

    def __len__(self) -> int:
        """How many parts there are."""
        return len(self.blank)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message as a provider gets it.

    `token` is the signed attempt id that stands in the callback address; `message_id` is the same for every re-send
    of one delivery. `parts` as in Variant, slots already filled; `manage_url` stands in mails alone. `valid_until`:
    nobody may get it later than this. `reply_to`: the ref of the post that this one answers, so that a chain is one
    thread; None for the first.
    """

    attempt: int
    token: str = field(repr=False)
    message_id: str
    to: str = field(repr=False)
    parts: Mapping[str, str] = field(repr=False)
    language: str
    direction: str
    segments: int
    valid_until: datetime
    callback_url: str = field(repr=False)
    manage_url: str = field(default="", repr=False)
    reply_to: str | None = None


class Word(StrEnum):
    """What a receipt says, normalised."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    UNRECOGNISED = "unrecognised"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a provider later says about an attempt.

    `token` as sent in the callback address (may be missing for polls), `ref` the provider's id. `raw` is kept whole.
    `at` is the provider's own time, where it gives one. `digest` makes a repeat recognisable.
    """

    provider: str
    word: Word
    digest: str
    token: str | None = None
    ref: str | None = None
    code: str | None = None
    evidence: Evidence | None = None
    permanent: bool = False
    opt_out: bool = False
    at: datetime | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Inbound:
    """What a person sent back."""

    provider: str
    ref: str
    sender: str = field(repr=False)
    text: str = field(repr=False)
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)


class BadSignature(Exception):
    """The callback was not signed with our account's secret."""


class CannotCarry(Exception):
    """This provider cannot carry such a message; its text says why."""


class Provider(Protocol):
    """One means through one service."""

    name: str
    means: Means
    rate: float
    """Units a second that the sender identity may use: SMS segments, or messages."""
    latency: float
    """Seconds that a call usually takes; with `rate` it gives the window."""
    timeout: float
    """Seconds after which a call is given up as unknown."""

    def units(self, parts: Mapping[str, str]) -> int:
        """How many units of `rate` this text costs."""

    def check(self, parts: Mapping[str, str]) -> None:
        """Raise CannotCarry if this text cannot be carried whole."""

    async def send(self, message: Outgoing) -> Outcome:
        """Make one call. Never raises for what a provider or a network does; that is an Outcome."""

    async def find(self, message: Outgoing, since: datetime) -> Sequence[Receipt] | None:
        """Ask the service whether it holds this message. Empty: it says no. None: it cannot be asked."""

    def parse_receipts(self, url: str, headers: Mapping[str, str], body: bytes) -> Sequence[Receipt | Inbound]:
        """Check the signature and read a callback. Raises BadSignature."""

    async def close(self) -> None:
        """Let go of connections."""


def through(providers: Iterable[Provider]) -> dict[str, str]:
    """Means → name of the first provider of it."""
    first: dict[str, str] = {}
    for provider in providers:
        first.setdefault(str(provider.means), provider.name)
    return first
