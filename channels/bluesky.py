"""Posts on Bluesky, and on any personal data server (PDS) of the AT Protocol.

Pages, read 2026-11-22: https://docs.bsky.app/docs/advanced-guides/posts, https://docs.bsky.app/docs/advanced-guides/
rate-limits; com.atproto.repo.createRecord and getRecord, and packages/pds/src/api/com/atproto/repo/ of
github.com/bluesky-social/atproto.

The key of a post follows from its delivery, so a repeat collides with the first instead of doubling it. A PDS answers
a collision with a bare 500; after every answer that leaves a doubt we therefore look at once whether the post stands.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NoReturn

from channels import posts
from channels.bluesky_record import POST, URI, check, record, record_key, reply_to
from channels.bluesky_session import EXPIRED, RESET, SERVICE, NotAdmitted, Session
from channels.web_line import Answer, NoAnswer, WebLine, base_of, seconds
from onevoice.dispatch.providers import BadSignature, CannotCarry, Evidence, Outcome, Outgoing, Receipt, Result, Word
from onevoice.errors import WrongSetting
from onevoice.people import Means
from onevoice.settings import Settings

PATIENCE = 8.0
"""Seconds that one post may take, with all that is asked before and after it."""
HANDLE = re.compile(r"([A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{1,63}")
CREATE, GET = "com.atproto.repo.createRecord", "com.atproto.repo.getRecord"
GONE = "RecordNotFound"
OURS = frozenset({"AccountTakedown", "AccountDeactivated", "AccountSuspended", "AccountNotFound", "AuthMissing"})
"""Errors that say no to the account, whatever the text."""
LATER = frozenset({"ConcurrentWrites", "InvalidSwap"}) | EXPIRED
"""Errors of the moment: another write came between, or a token that was just renewed is held for old."""


class Bluesky:
    """A Bluesky account as a Provider."""

    name = "bluesky"
    means = Means.SOCIAL
    latency = 1.0

    def __init__(self, settings: Settings, *, patience: float = PATIENCE) -> None:
        base = base_of(settings.bluesky_api_base, "BLUESKY_API_BASE")
        self._handle = settings.bluesky_handle
        if not HANDLE.fullmatch(self._handle):
            remedy = "Give the account's name without @, such as alerts.millford.example."
            raise WrongSetting("This is not a handle.", where="ONEVOICE_BLUESKY_HANDLE", remedy=remedy)
        self.rate = settings.bluesky_rate
        # A sender gives a call up after `timeout`; ours ends before, and says more about how.
        self._patience, self.timeout = patience, patience + 2
        self._line = WebLine(base)
        self._session = Session(self._line, self._handle, settings.bluesky_password.get_secret_value())

    def units(self, parts: Mapping[str, str]) -> int:
        """One: a post is a post."""
        del parts
        return 1

    def check(self, parts: Mapping[str, str]) -> None:
        """Raise CannotCarry for anything but one text that fits whole into one post."""
        posts.check(parts)
        check(parts)

    async def send(self, message: Outgoing) -> Outcome:
        """Post once. A reply to a post that is gone becomes the first of a new thread."""
        if hindrance := self._hindrance(message):
            return hindrance
        until = self._until()
        try:
            return await self._post(message, until)
        except NotAdmitted as problem:
            return problem.outcome

    def _hindrance(self, message: Outgoing) -> Outcome | None:
        if hindrance := posts.stands_in_the_way(message, self.name, self._handle):
            return hindrance
        try:
            check(message.parts)
        except CannotCarry as problem:
            return Outcome(Result.REJECTED, code="cannot-carry", detail=str(problem))
        return None

    async def _post(self, message: Outgoing, until: float) -> Outcome:
        above = await self._above(message.reply_to, until)
        rkey = record_key(message.message_id)
        wish = {
            # The handle, so that nothing need be known before the session is.
            "repo": self._handle,
            "collection": POST,
            "rkey": rkey,
            "record": record(message.parts["text"], message.language, above),
        }
        answer = await self._session.call("POST", CREATE, until, json=wish)
        if isinstance(answer, Answer) and answer.refused:
            return _refused(answer)
        if not isinstance(answer, Answer):
            return posts.in_doubt(SERVICE, answer)
        outcome = await self._looked(answer, message, until)
        alone = outcome.result is Result.ACCEPTED and message.reply_to and not above
        return replace(outcome, detail=posts.NEW_THREAD) if alone else outcome

    async def _looked(self, answer: Answer, message: Outgoing, until: float) -> Outcome:
        """What an answer means that is no refusal: by its own words, or by a look at what stands."""
        uri = self._uri(message)
        if answer.good and answer.fields.get("uri") == uri and answer.fields.get("cid"):
            return posts.posted(uri)
        try:
            stands = await self._get(uri, until)
        except NotAdmitted:
            return posts.in_doubt(SERVICE, answer)
        return posts.posted(uri) if _says(stands, message) else posts.in_doubt(SERVICE, answer)

    async def _above(self, ref: str | None, until: float) -> dict[str, Any] | None:
        """What the post answers; None for the first of a thread. Raises NotAdmitted where nobody can say."""
        if not ref:
            return None
        answer = await self._get(ref, until)
        if isinstance(answer, Answer) and answer.status == 400:  # noqa: PLR2004 - HTTP; there is no such post any more
            return None
        above = reply_to(answer.fields) if isinstance(answer, Answer) and answer.good else None
        if above is None:
            raise NotAdmitted(posts.not_asked(SERVICE, answer))
        return above

    async def _get(self, uri: str, until: float) -> Answer | NoAnswer:
        """The post of an address; of one that is not of our making it is said that it is gone."""
        named = URI.fullmatch(uri)
        if not named:
            return Answer(400, {}, {"error": GONE})
        params = {"repo": named[1], "collection": POST, "rkey": named[2]}
        return await self._session.call("GET", GET, until, params=params)

    async def find(self, message: Outgoing, since: datetime) -> Sequence[Receipt] | None:
        """Look at the record of this delivery, whenever it was made."""
        del since
        until = self._until()
        try:
            await self._session.open(until)
            answer = await self._get(self._uri(message), until)
        except NotAdmitted:
            return None
        if isinstance(answer, Answer) and answer.fields.get("error") == GONE:
            return []
        return [_receipt(self.name, answer, message.token)] if _says(answer, message) else None

    def parse_receipts(self, url: str, headers: Mapping[str, str], body: bytes) -> NoReturn:
        """Raise BadSignature: Bluesky never calls."""
        del url, headers, body
        raise BadSignature("Bluesky sends no receipts.")

    async def close(self) -> None:
        """Let go of connections. Whoever sends after it connects anew, in the same session."""
        await self._line.close()

    def _uri(self, message: Outgoing) -> str:
        return f"at://{self._session.did}/{POST}/{record_key(message.message_id)}"

    def _until(self) -> float:
        return asyncio.get_running_loop().time() + self._patience


def _refused(answer: Answer) -> Outcome:
    """It was certainly not posted."""
    error = answer.fields.get("error")
    if error in LATER:
        return Outcome(Result.RETRY, code=str(error), detail="Bluesky asks us to try again.")
    return posts.turned_down(SERVICE, answer, seconds(answer.headers, RESET), stop=error in OURS)


def _says(answer: Answer | NoAnswer, message: Outgoing) -> bool:
    """Whether this answer of getRecord is a post with the text of the message."""
    if not (isinstance(answer, Answer) and answer.good):
        return False
    value = answer.fields.get("value")
    return isinstance(value, dict) and value.get("text") == message.parts["text"]


def _receipt(provider: str, answer: Answer | NoAnswer, token: str) -> Receipt:
    held = answer.fields if isinstance(answer, Answer) else {}
    uri = str(held.get("uri", ""))
    return Receipt(
        provider=provider,
        word=Word.DELIVERED,
        digest=hashlib.sha256(f"{uri}\nposted".encode()).hexdigest(),
        token=token,
        ref=uri,
        evidence=Evidence.POSTED,
        at=_instant(held),
        raw=held,
    )


def _instant(held: Mapping[str, Any]) -> datetime | None:
    try:
        at = datetime.fromisoformat(held["value"]["createdAt"])
    except (ValueError, TypeError, KeyError):
        return None
    return at if at.tzinfo else None
