"""SMS through Twilio Programmable Messaging.

Pages, read 2026-11-22: https://www.twilio.com/docs/messaging/api/message-resource (create, list),
https://www.twilio.com/docs/messaging/guides/track-outbound-message-status (status callbacks),
https://www.twilio.com/docs/messaging/guides/webhook-request (incoming messages),
https://www.twilio.com/docs/usage/security (signature).

Creating a message is not idempotent: a call in doubt is found again by its callback, which carries our token, or by
`find`. Twilio posts a callback for every status but the first, tries again once, and does not sign the time: a
captured callback stays genuine for ever, so receipts must be folded in a way that repeats do not matter.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cached_property, lru_cache, partial
from typing import Any
from urllib.parse import urlsplit

from twilio.request_validator import RequestValidator

from channels.curl_line import NoAnswer
from channels.twilio_create import Creator, understood
from channels.twilio_http import Call, Line, run
from channels.twilio_receipts import called_back, came_in, looked_up, signed
from onevoice.dispatch.providers import CannotCarry, Inbound, Outcome, Outgoing, Receipt, Result
from onevoice.errors import WrongSetting
from onevoice.people import Means
from onevoice.settings import Settings
from onevoice.sms import count

PATIENCE = 10.0
"""Seconds that one call may take from start to end."""
MOST_SEARCHES = 16
"""Threads for `find`. They are made when they are needed."""
MOST_SEGMENTS = 10
LONGEST_VALIDITY = 36_000
"""Seconds that Twilio keeps a message in its queue at most."""
LOOKED_AT = 50
"""Messages to one number that a search goes through."""
ACCOUNT = re.compile(r"AC[0-9a-fA-F]{32}")
SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")
SENDER = re.compile(r"\+[1-9][0-9]{6,14}|[0-9]{3,6}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")
BASE = re.compile(r"https?://[^/?#\s]+[^?#\s]*")

TOO_LATE = Outcome(Result.REJECTED, code="too-late", detail="Too late: the text is no longer valid.")


class TwilioSms:
    """Twilio as a Provider."""

    name = "sms"
    means = Means.SMS
    latency = 0.3

    def __init__(self, settings: Settings, *, patience: float = PATIENCE) -> None:
        self._account = _matching(settings.twilio_account_sid, ACCOUNT, "ACCOUNT_SID", "AC and 32 hex digits")
        self._sender = _sender(settings.twilio_from)
        base = _matching(settings.twilio_api_base, BASE, "API_BASE", "a web address such as https://api.twilio.com")
        self.rate = settings.sms_rate
        # A sender gives a call up after `timeout`; ours ends before, and says more about how.
        self._patience, self.timeout = patience, patience + 2
        secret = settings.twilio_auth_token.get_secret_value()
        self._validator = RequestValidator(secret)
        self._creator = Creator(base, (self._account, secret), self._sender, settings.window)
        self._line = Line(base, patience, MOST_SEARCHES)
        self._secret = settings.twilio_auth_token
        self._threads = _threads()

    @cached_property
    def _messages(self) -> Any:
        """The SDK's own, for all but creating."""
        from twilio.rest import Client  # noqa: PLC0415 - slow to load, and the first message waits for it in vain

        # An environment that is not empty: the SDK would else take region and edge from that of the process.
        here = {"TWILIO_ACCOUNT_SID": self._account}
        return Client(self._account, self._secret.get_secret_value(), http_client=self._line, environment=here).messages

    def units(self, parts: Mapping[str, str]) -> int:
        """SMS segments of the text."""
        return _segments(parts["text"])

    def check(self, parts: Mapping[str, str]) -> None:
        """Raise CannotCarry for anything but one text of one to ten segments."""
        if set(parts) != {"text"}:
            raise CannotCarry("An SMS has one part, its text.")
        if problem := _problem(parts["text"]):
            raise CannotCarry(problem)

    async def send(self, message: Outgoing) -> Outcome:
        """Make one call."""
        left = int((message.valid_until - datetime.now(UTC)).total_seconds())
        if left < 1:
            return TOO_LATE
        try:
            self.check(message.parts)
        except CannotCarry as problem:
            return Outcome(Result.REJECTED, code="cannot-carry", detail=str(problem))
        reply = await self._creator.create(message, min(left, LONGEST_VALIDITY), self._patience)
        return understood(reply, message.to)

    async def find(self, message: Outgoing, since: datetime) -> Sequence[Receipt] | None:
        """Ask Twilio for this sender's message of these very words to this number, made since then.

        The list is read whole, newest first, and not through its date filters: these are on the date of *sending*, and
        would hide what still waits in a queue.
        """
        # Loaded in a thread, and before our patience begins.
        held_there = await asyncio.get_running_loop().run_in_executor(self._threads, lambda: self._messages)
        listed = await self._ask(partial(held_there.list, to=message.to, limit=LOOKED_AT, page_size=LOOKED_AT))
        if not isinstance(listed, list):
            return None
        # Twilio's times are whole seconds. For clocks that differ, whoever asks has moved `since` back already.
        start = since.replace(microsecond=0)
        recent = [held for held in listed if held.date_created and held.date_created >= start]
        found = [held for held in recent if self._is_ours(held) and held.body == message.parts["text"]]
        unseen = len(recent) == LOOKED_AT  # there may be more behind the last one
        return None if unseen and not found else [looked_up(self.name, held, message.token) for held in found]

    def parse_receipts(self, url: str, headers: Mapping[str, str], body: bytes) -> Sequence[Receipt | Inbound]:
        """Read a status callback (`…/<token>`) or an incoming message (`…/inbound`).

        `url` is the public address as Twilio was given it, never one put together from a Host header.
        """
        form = signed(self._validator, self._account, url, headers, body)
        last = urlsplit(url).path.rpartition("/")[2]
        return [came_in(self.name, form) if last == "inbound" else called_back(self.name, form, last)]

    async def close(self) -> None:
        """Let go of connections and threads. Whoever sends after it gets new ones."""
        old, self._threads = self._threads, _threads()
        old.shutdown(wait=False, cancel_futures=True)
        self._line.close()
        self._creator.close()

    async def _ask(self, work: partial[Any]) -> Any:
        """Do it in a thread, within our patience. What goes wrong is returned: Answered, NoAnswer or Unreadable."""
        call = Call()
        job = asyncio.wrap_future(self._threads.submit(run, call, work))
        try:
            await asyncio.wait({job}, timeout=self._patience)
            return job.result() if job.done() else NoAnswer(left=call.end())
        finally:
            # Given up or cancelled: what has not left never leaves, and the thread is free again.
            call.end()
            job.cancel()

    def _is_ours(self, held: Any) -> bool:
        ours = self._sender.get("MessagingServiceSid")
        return bool(held.messaging_service_sid == ours if ours else held.from_ == self._sender["From"])


@lru_cache(maxsize=512)
def _segments(text: str) -> int:
    """The same few texts go to everybody."""
    return count(text).segments


@lru_cache(maxsize=512)
def _problem(text: str) -> str:
    """Why Twilio cannot carry a text; empty where it can. The same few texts go to everybody."""
    if not text.strip():
        return "The text is empty."
    if any("\ud800" <= character <= "\udfff" for character in text):
        return "The text holds half a character (a lone surrogate)."
    if (segments := _segments(text)) > MOST_SEGMENTS:
        return f"The text takes {segments} segments; Twilio carries {MOST_SEGMENTS}."
    return ""


def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(MOST_SEARCHES, thread_name_prefix="twilio")


def _sender(value: str) -> dict[str, str]:
    """How a create names who sends: a messaging service or a number."""
    if SERVICE.fullmatch(value):
        return {"MessagingServiceSid": value}
    return {"From": _matching(value, SENDER, "FROM", "a number such as +12025550100, a short code, a name, or MG…")}


def _matching(value: str, pattern: re.Pattern[str], setting: str, form: str) -> str:
    if not pattern.fullmatch(value):
        raise WrongSetting("This is not what it should be.", where=f"ONEVOICE_TWILIO_{setting}", remedy=f"Give {form}.")
    return value
