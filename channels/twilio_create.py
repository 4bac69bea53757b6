"""Creating a message at Twilio, many at once: the one call that a sender makes, and what each reply to it means.

Page, read 2026-11-29: https://www.twilio.com/docs/messaging/api/message-resource (create). The same request as the SDK
makes, through libcurl: the SDK takes a thread for each call and thirty times the processor's time.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote_plus, urlencode

from channels.curl_line import CurlLine, NoAnswer, Reply
from channels.twilio_codes import CODES, STATUS, Then
from channels.twilio_http import TAKEN, Answered, Unreadable, code_of, seconds
from channels.twilio_receipts import MESSAGE
from onevoice.dispatch.providers import Outcome, Outgoing, Result, Word

WORD = re.compile("[a-z][a-z_-]{0,29}")
"""What a status looks like, also one that is not in our list. Nothing else that a reply says is kept."""


class Created(NamedTuple):
    """What Twilio says of a message that it took; each as it came."""

    sid: Any
    to: Any
    status: Any
    error_code: Any


class Creator:
    """Creates messages of one account and sender, `width` at once at most. For any number of event loops."""

    def __init__(self, base: str, account: tuple[str, str], sender: Mapping[str, str], width: int) -> None:
        self._url = f"{base.rstrip('/')}/2010-04-01/Accounts/{account[0]}/Messages.json"
        # Without SmartEncoded=false a messaging service may put other letters in place of the approved ones.
        self._common = urlencode({**sender, "SmartEncoded": "false"})
        headers = {
            "Authorization": f"Basic {base64.b64encode(':'.join(account).encode()).decode()}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
            "User-Agent": "OneVoice",
        }
        self._line = CurlLine(headers, width)

    async def create(self, message: Outgoing, validity: int, patience: float) -> Created | Exception:
        """Make one call. What goes wrong is returned: Answered, NoAnswer or Unreadable."""
        form = (
            f"{self._common}&To={_number(message.to)}&Body={_quoted(message.parts['text'])}"
            f"&StatusCallback={_address(message.callback_url)}&ValidityPeriod={validity}"
        )
        try:
            return _read(await self._line.post(self._url, form.encode(), patience))
        except NoAnswer as silence:
            return silence

    def close(self) -> None:
        """Let go of the connections of this event loop."""
        self._line.close()


@lru_cache(maxsize=512)
def _quoted(text: str) -> str:
    """A text in a form; the same few go to everybody."""
    return quote_plus(text)


def _address(url: str) -> str:
    """A callback address in a form: all but its last part is the same for everybody."""
    common, slash, own = url.rpartition("/")
    return _quoted(common + slash) + (own if own.isascii() and own.isalnum() else quote_plus(own))


def _number(to: str) -> str:
    """A phone number in a form."""
    return f"%2B{to[1:]}" if to[:1] == "+" and to.isascii() and to[1:].isdigit() else quote_plus(to)


def _read(reply: Reply) -> Created | Exception:
    if reply.status not in TAKEN:
        wait = seconds({"Retry-After": reply.field("Retry-After")})
        return Answered(reply.status, code_of(reply.body), wait)
    try:
        said = json.loads(reply.body.decode())
        return Created(*(said.get(name) for name in Created._fields))
    except (ValueError, AttributeError, RecursionError):
        return Unreadable()


def understood(reply: Any, to: str) -> Outcome:
    """What a reply to a create means."""
    if isinstance(reply, Answered):
        return _refused(reply)
    if isinstance(reply, NoAnswer):
        if reply.left:
            return Outcome(Result.UNKNOWN, code="no-answer", detail="Twilio did not answer in time, or hung up.")
        return Outcome(Result.RETRY, code="not-connected", detail="Twilio could not be reached.")
    if not (isinstance(reply, Created) and _makes_sense(reply, to)):
        return Outcome(Result.UNKNOWN, code="nonsense", detail="Twilio took something, but does not say what.")
    status = STATUS.get(reply.status)
    if status and status.word is Word.UNDELIVERED:
        code = reply.error_code if isinstance(reply.error_code, int) else None
        return _turned_down(code, str(code or reply.status), Then.REJECT, status.meaning)
    word = reply.status if WORD.fullmatch(reply.status) else "unreadable"
    return Outcome(Result.ACCEPTED, ref=reply.sid, code=word, detail=status.meaning if status else "")


def _makes_sense(said: Created, to: str) -> bool:
    """Whether it names a message of its own, our recipient and a status."""
    named = isinstance(said.sid, str) and MESSAGE.fullmatch(said.sid) and isinstance(said.status, str)
    return bool(named) and said.to == to


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
