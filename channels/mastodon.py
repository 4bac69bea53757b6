"""Posts on Mastodon, and on servers that speak its API.

Pages, read 2026-11-22: https://docs.joinmastodon.org/methods/statuses/ (create, Idempotency-Key),
https://docs.joinmastodon.org/methods/accounts/ (verify_credentials, statuses),
https://docs.joinmastodon.org/api/rate-limits/; and app/services/post_status_service.rb,
app/controllers/api/v1/statuses_controller.rb and config/initializers/rack_attack.rb of its source.

The key of a post is that of its delivery, and a server keeps it for an hour: a second call gives the first post again.
It is written after the post, so a slow server may double all the same (mastodon#21840); a call in doubt is therefore
looked for among the account's own posts before it is made again.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NoReturn

from channels import posts
from channels.mastodon_text import same
from channels.web_line import Answer, NoAnswer, WebLine, base_of, seconds
from onevoice.dispatch.providers import BadSignature, Evidence, Outcome, Outgoing, Receipt, Result, Word
from onevoice.errors import WrongSetting
from onevoice.people import Means
from onevoice.settings import Settings

SERVICE = "Mastodon"
PATIENCE = 8.0
"""Seconds that one post may take, with all that is asked before it."""
LOOKED_AT = 40
"""The account's newest posts that a search goes through: as many as a server gives at once."""
ACCOUNT = re.compile(r"@?[\w.-]+@[\w.:-]+")
TOKEN = re.compile(r"[!-~]+")
ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
RESET = "X-RateLimit-Reset"
SCRIPTS = {"zh-Hans": "zh-CN", "zh-Hant": "zh-TW"}
"""Languages that Mastodon names by country. Of others it knows the language alone, and takes the account's own for
what it does not know."""

WRONG_ACCOUNT = Outcome(
    Result.RETRY,
    code="wrong-account",
    detail="ONEVOICE_MASTODON_TOKEN belongs to another account than ONEVOICE_MASTODON_ACCOUNT.",
    halts=True,
)


class Mastodon:
    """A Mastodon account as a Provider."""

    name = "mastodon"
    means = Means.SOCIAL
    latency = 1.0

    def __init__(self, settings: Settings, *, patience: float = PATIENCE) -> None:
        base = base_of(settings.mastodon_api_base, "MASTODON_API_BASE")
        self._handle = _matching(
            settings.mastodon_account, ACCOUNT, "ACCOUNT", "the handle, such as @em@social.example"
        )
        token = _matching(settings.mastodon_token.get_secret_value(), TOKEN, "TOKEN", "the access token of the account")
        self._headers = {"Authorization": f"Bearer {token}"}
        self.rate = settings.mastodon_rate
        # A sender gives a call up after `timeout`; ours ends before, and says more about how.
        self._patience, self.timeout = patience, patience + 2
        self._line = WebLine(base)
        self._number = ""
        """The account's id, once the service has said whose token this is."""

    def units(self, parts: Mapping[str, str]) -> int:
        """One: a post is a post."""
        del parts
        return 1

    def check(self, parts: Mapping[str, str]) -> None:
        """Raise CannotCarry for anything but one text that fits whole into one post."""
        posts.check(parts)

    async def send(self, message: Outgoing) -> Outcome:
        """Post once. A reply to a post that is gone becomes the first of a new thread."""
        if hindrance := posts.stands_in_the_way(message, self.name, self._handle):
            return hindrance
        until = self._until()
        if problem := await self._prove(until):
            return problem
        answer = await self._post(message, message.reply_to, until)
        if message.reply_to and isinstance(answer, Answer) and answer.status == 404:  # noqa: PLR2004 - HTTP
            return understood(await self._post(message, None, until), posts.NEW_THREAD)
        return understood(answer)

    async def _post(self, message: Outgoing, reply_to: str | None, until: float) -> Answer | NoAnswer:
        wish: dict[str, Any] = {
            "status": message.parts["text"],
            "language": _language(message.language),
            "visibility": "public",
        }
        if reply_to:
            wish["in_reply_to_id"] = reply_to
        headers = self._headers | {"Idempotency-Key": message.message_id}
        return await self._line.call("POST", "/api/v1/statuses", until, headers=headers, json=wish)

    async def find(self, message: Outgoing, since: datetime) -> Sequence[Receipt] | None:
        """Look for these very words among the account's own posts since then."""
        until = self._until()
        if await self._prove(until):
            return None
        path = f"/api/v1/accounts/{self._number}/statuses"
        params = {"limit": LOOKED_AT, "exclude_reblogs": "true"}
        answer = await self._line.call("GET", path, until, headers=self._headers, params=params)
        if not (isinstance(answer, Answer) and answer.good and isinstance(answer.content, list)):
            return None
        recent = [status for status in answer.content if _is_since(status, since)]
        found = [status for status in recent if _is(status, message)]
        unseen = len(recent) == LOOKED_AT  # there may be more behind the last one
        return None if unseen and not found else [_receipt(self.name, status, message.token) for status in found]

    def parse_receipts(self, url: str, headers: Mapping[str, str], body: bytes) -> NoReturn:
        """Raise BadSignature: Mastodon never calls."""
        del url, headers, body
        raise BadSignature("Mastodon sends no receipts.")

    async def close(self) -> None:
        """Let go of connections. Whoever sends after it connects anew."""
        await self._line.close()

    async def _prove(self, until: float) -> Outcome | None:
        """Ask once whose token this is; what stands in the way, if anything does."""
        if self._number:
            return None
        answer = await self._line.call("GET", "/api/v1/accounts/verify_credentials", until, headers=self._headers)
        if not isinstance(answer, Answer) or not (answer.good or answer.refused):
            return posts.not_asked(SERVICE, answer)
        if not answer.good:
            return posts.turned_down(SERVICE, answer, seconds(answer.headers, RESET), stop=True)
        number, name = str(answer.fields.get("id", "")), str(answer.fields.get("username", ""))
        if not ID.fullmatch(number) or name.lower() != self._handle.strip("@").partition("@")[0].lower():
            return WRONG_ACCOUNT
        self._number = number
        return None

    def _until(self) -> float:
        return asyncio.get_running_loop().time() + self._patience


def understood(answer: Answer | NoAnswer, remark: str = "") -> Outcome:
    """What the answer to a create means. `remark` is for the post that stands."""
    if isinstance(answer, Answer) and answer.refused:
        return posts.turned_down(SERVICE, answer, seconds(answer.headers, RESET))
    number = str(answer.fields.get("id", "")) if isinstance(answer, Answer) and answer.good else ""
    # What was only put off (ScheduledStatus) has an id too, but no content.
    if isinstance(answer, Answer) and ID.fullmatch(number) and "content" in answer.fields:
        return posts.posted(number, remark)
    return posts.in_doubt(SERVICE, answer)


def _language(tag: str) -> str:
    return SCRIPTS.get(tag, tag.partition("-")[0])


def _is_since(status: Any, since: datetime) -> bool:
    at = _instant(status)
    # Servers differ in how much of a second they show.
    return at is not None and at >= since.replace(microsecond=0)


def _is(status: Any, message: Outgoing) -> bool:
    """Whether it is this very post: its words, in its thread or, where that was gone, first in a new one."""
    thread = status.get("in_reply_to_id")
    return thread in {None, message.reply_to} and same(message.parts["text"], str(status.get("content", "")))


def _instant(status: Any) -> datetime | None:
    try:
        at = datetime.fromisoformat(status["created_at"])
    except (ValueError, TypeError, KeyError):
        return None
    return at if at.tzinfo else None


def _receipt(provider: str, status: Mapping[str, Any], token: str) -> Receipt:
    number = str(status.get("id", ""))
    return Receipt(
        provider=provider,
        word=Word.DELIVERED,
        digest=hashlib.sha256(f"{number}\nposted".encode()).hexdigest(),
        token=token,
        ref=number if ID.fullmatch(number) else None,
        evidence=Evidence.POSTED,
        at=_instant(status),
        raw=status,
    )


def _matching(value: str, pattern: re.Pattern[str], setting: str, form: str) -> str:
    if not pattern.fullmatch(value):
        raise WrongSetting(
            "This is not what it should be.", where=f"ONEVOICE_MASTODON_{setting}", remedy=f"Give {form}."
        )
    return value
