"""The line to a web service: every call has an end, and says whether anything had left when it ended without an answer.

What httpx does that must not happen here (0.28, read 2026-11-22): it takes a proxy and passwords from the environment;
it counts its read time-out anew with every byte; and it and httpcore log each request line and all headers of the
answer when somebody debugs. Its trace extension tells when the first byte leaves, which its exceptions do not.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from onevoice.dispatch import policy
from onevoice.errors import WrongSetting
from onevoice.settings import is_loopback

CONNECT = 3.05
"""Seconds for one attempt to connect: a little more than the 3 s after which TCP sends its first packet again."""
LARGEST = 4 << 20
"""Bytes of an answer that are read at all."""
WIDTH = 16
"""Connections at most."""
BASE = re.compile(r"https?://[^/?#\s]+[^?#\s]*")
LEAVES = "http11.send_request_headers.started"
LOGGERS = ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.proxy")


def _speaks_up(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING


# A filter holds where a level would not: whoever debugs lowers the levels of all loggers.
for _name in LOGGERS:
    logging.getLogger(_name).addFilter(_speaks_up)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service said. `content` is its JSON, or None where it was none."""

    status: int
    headers: Mapping[str, str]
    content: Any

    @property
    def fields(self) -> Mapping[str, Any]:
        """The JSON object, empty for anything else."""
        return self.content if isinstance(self.content, dict) else {}

    @property
    def good(self) -> bool:
        """Whether the service says that it did what was asked."""
        return 200 <= self.status < 300  # noqa: PLR2004 - HTTP

    @property
    def refused(self) -> bool:
        """Whether it was certainly not done. A 408 says that the service gave up reading, not what it did before."""
        return 400 <= self.status < 500 and self.status != 408  # noqa: PLR2004 - HTTP


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The call ended without an answer. Unless `left`, not one byte of the request left this machine."""

    left: bool


class WebLine:
    """Calls to one service, many at once."""

    def __init__(self, base: str) -> None:
        self._base = base.rstrip("/")
        self._client: httpx.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def call(
        self, method: str, path: str, until: float, *, headers: Mapping[str, str] | None = None, **body: Any
    ) -> Answer | NoAnswer:
        """Make one call that ends by `until` (time of the running loop). Raises nothing for what a network does."""
        left = False

        async def watch(event: str, _info: object) -> None:
            nonlocal left
            left = left or event == LEAVES

        client = self._open()
        request = client.build_request(method, self._base + path, headers=headers, extensions={"trace": watch}, **body)
        try:
            async with asyncio.timeout_at(until):
                return await _read(client, request)
        except (httpx.HTTPError, httpx.StreamError, OSError, TimeoutError):
            return NoAnswer(left)

    def _open(self) -> httpx.AsyncClient:
        # Connections belong to the loop that opened them.
        here = asyncio.get_running_loop()
        if self._client is None or self._loop is not here:
            self._client, self._loop = _client(), here
        return self._client

    async def close(self) -> None:
        """Let go of the connections. Whoever calls after it gets new ones."""
        client, self._client = self._client, None
        if client is not None and self._loop is asyncio.get_running_loop():
            await client.aclose()


def _client() -> httpx.AsyncClient:
    return httpx.AsyncClient(
        # No proxy and no .netrc from the environment: an exercise that goes through a proxy is not on this machine.
        trust_env=False,
        timeout=httpx.Timeout(None, connect=CONNECT),
        limits=httpx.Limits(max_connections=WIDTH),
        headers={"User-Agent": "OneVoice", "Accept": "application/json", "Accept-Encoding": "identity"},
    )


async def _read(client: httpx.AsyncClient, request: httpx.Request) -> Answer:
    reply = await client.send(request, stream=True)
    raw = bytearray()
    try:
        async for part in reply.aiter_raw():
            raw += part
            if len(raw) > LARGEST:
                break
    finally:
        await reply.aclose()
    return Answer(reply.status_code, reply.headers, _json(bytes(raw)))


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def seconds(headers: Mapping[str, str], name: str) -> float | None:
    """What the service asks us to wait, in seconds: by the end of its limit in the header `name`, else by Retry-After.

    The end is an instant (ISO 8601 or Unix time) by the service's own clock, which the answer's Date header shows.
    """
    end = _instant(headers.get(name, "").strip())
    after = headers.get("Retry-After", "").strip()
    if end is not None:
        return policy.asked(end - _its_now(headers))
    return policy.asked(float(after)) if re.fullmatch(r"[0-9]{1,20}", after) else None


def _instant(text: str) -> float | None:
    if re.fullmatch(r"[0-9]{1,12}", text):
        return float(text)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.timestamp() if at.tzinfo else None


def _its_now(headers: Mapping[str, str]) -> float:
    try:
        return parsedate_to_datetime(headers.get("Date", "")).timestamp()
    except (ValueError, TypeError, OverflowError):
        return time.time()


def base_of(value: str, setting: str) -> str:
    """The web address of a service, where a token may be sent to it. Raises WrongSetting."""
    where = f"ONEVOICE_{setting}"
    if not BASE.fullmatch(value):
        remedy = "Give a web address such as https://social.example."
        raise WrongSetting("This is not what it should be.", where=where, remedy=remedy)
    if value.startswith("http:") and not is_loopback(urlsplit(value).hostname or ""):
        what = "The password or token would go over the network unencrypted."
        raise WrongSetting(what, where=where, remedy="Give an address that begins with https.")
    return value
