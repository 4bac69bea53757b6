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
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from twilio.request_validator import RequestValidator
from twilio.rest import Client

from channels.twilio_codes import CODES, STATUS, Then
from channels.twilio_http import Answered, Call, Line, NoAnswer, run
from channels.twilio_receipts import MESSAGE, called_back, came_in, looked_up, signed
from onevoice.dispatch.providers import CannotCarry, Inbound, Outcome, Outgoing, Receipt, Result, Word
from onevoice.errors import WrongSetting
from onevoice.people import Means
from onevoice.settings import Settings
from onevoice.sms import count

PATIENCE = 10.0
"""Seconds that one call may take from start to end."""
MOST_CALLS = 128
"""Threads: as many as the widest window of a sender. They are made when they are needed."""
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
        self._line = Line(base, patience, MOST_CALLS)
        # An environment that is not empty: the SDK would else take region and edge from that of the process.
        here = {"TWILIO_ACCOUNT_SID": self._account}
        self._messages = Client(self._account, secret, http_client=self._line, environment=here).messages
        self._threads = _threads()

    def units(self, parts: Mapping[str, str]) -> int:
        """SMS segments of the text."""
        return count(parts["text"]).segments

    def check(self, parts: Mapping[str, str]) -> None:
        """Raise CannotCarry for anything but one text of one to ten segments."""
        if set(parts) != {"text"}:
            raise CannotCarry("An SMS has one part, its text.")
        if not parts["text"].strip():
            raise CannotCarry("The text is empty.")
        if any("\ud800" <= character <= "\udfff" for character in parts["text"]):
            raise CannotCarry("The text holds half a character (a lone surrogate).")
        if (segments := self.units(parts)) > MOST_SEGMENTS:
            raise CannotCarry(f"The text takes {segments} segments; Twilio carries {MOST_SEGMENTS}.")

    async def send(self, message: Outgoing) -> Outcome:
        """Make one call."""
        left = int((message.valid_until - datetime.now(UTC)).total_seconds())
        if left < 1:
            return TOO_LATE
        try:
            self.check(message.parts)
        except CannotCarry as problem:
            return Outcome(Result.REJECTED, code="cannot-carry", detail=str(problem))
        wish = self._sender | {
            "to": message.to,
            "body": message.parts["text"],
            "status_callback": message.callback_url,
            "validity_period": min(left, LONGEST_VALIDITY),
            "smart_encoded": False,  # else a messaging service may put other letters in place of the approved ones
        }
        return understood(await self._ask(partial(self._messages.create, **wish)), message.to)

    async def find(self, message: Outgoing, since: datetime) -> Sequence[Receipt] | None:
        """Ask Twilio for this sender's message of these very words to this number, made since then.

        The list is read whole, newest first, and not through its date filters: these are on the date of *sending*, and
        would hide what still waits in a queue.
        """
        listed = await self._ask(partial(self._messages.list, to=message.to, limit=LOOKED_AT, page_size=LOOKED_AT))
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
        ours = self._sender.get("messaging_service_sid")
        return bool(held.messaging_service_sid == ours if ours else held.from_ == self._sender["from_"])


def understood(reply: Any, to: str) -> Outcome:
    """What a reply to a create means."""
    if isinstance(reply, Answered):
        return _refused(reply)
    if isinstance(reply, NoAnswer):
        if reply.left:
            return Outcome(Result.UNKNOWN, code="no-answer", detail="Twilio did not answer in time, or hung up.")
        return Outcome(Result.RETRY, code="not-connected", detail="Twilio could not be reached.")
    sid, named = getattr(reply, "sid", None), getattr(reply, "to", None)
    if not (isinstance(sid, str) and MESSAGE.fullmatch(sid) and named == to):
        return Outcome(Result.UNKNOWN, code="nonsense", detail="Twilio took something, but does not say what.")
    status = STATUS.get(str(reply.status))
    if status and status.word is Word.UNDELIVERED:
        return _turned_down(reply.error_code, str(reply.error_code or reply.status), Then.REJECT, status.meaning)
    return Outcome(Result.ACCEPTED, ref=sid, code=str(reply.status), detail=status.meaning if status else "")


def _refused(reply: Answered) -> Outcome:
    """First whether it was taken at all, then what the code says, then the HTTP status."""
    word = str(reply.code or f"HTTP {reply.status}")
    if reply.status == 408 or not 400 <= reply.status < 500:  # noqa: PLR2004 - HTTP
        return Outcome(Result.UNKNOWN, code=word, detail="Twilio failed, and may have taken the message before.")
    usual = {401: Then.STOP, 403: Then.STOP, 429: Then.RETRY}.get(reply.status, Then.REJECT)
    return _turned_down(reply.code, word, usual, f"Twilio answered with HTTP {reply.status}.", reply.wait)


def _turned_down(code: int | None, word: str, usual: Then, detail: str, wait: float | None = None) -> Outcome:
    """It was certainly not taken: the code, where we know it, says what now; else `usual`."""
    known = CODES.get(code or 0)
    then = known.then if known else usual
    again = then in {Then.RETRY, Then.STOP}
    return Outcome(
        Result.RETRY if again else Result.REJECTED,
        code=word,
        detail=known.meaning if known else detail,
        retry_after=wait if again else None,
        opt_out=then is Then.OPT_OUT,
        halts=then is Then.STOP,
    )


def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(MOST_CALLS, thread_name_prefix="twilio")


def _sender(value: str) -> dict[str, str]:
    """How a create names who sends: a messaging service or a number."""
    if SERVICE.fullmatch(value):
        return {"messaging_service_sid": value}
    return {"from_": _matching(value, SENDER, "FROM", "a number such as +12025550100, a short code, a name, or MG…")}


def _matching(value: str, pattern: re.Pattern[str], setting: str, form: str) -> str:
    if not pattern.fullmatch(value):
        raise WrongSetting("This is not what it should be.", where=f"ONEVOICE_TWILIO_{setting}", remedy=f"Give {form}.")
    return value
