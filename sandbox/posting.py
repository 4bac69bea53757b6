"""Posts signed forms to the client's own addresses, as Twilio does."""

import ipaddress
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import aiohttp
from yarl import URL

from sandbox.signing import signature

# Twilio's defaults: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides (read 2026-11).
PATIENCE = aiohttp.ClientTimeout(total=15, connect=5, sock_read=15)
# Shorter than the 5 s after which uvicorn and others close an idle connection, so that none is used while it closes.
KEEP_ALIVE = 2.0
FORM = "application/x-www-form-urlencoded; charset=utf-8"
SERVER_ERROR = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who posts, with what it signs, and where it may post to besides loopback."""

    sid: str
    auth_token: str
    allowed_hosts: frozenset[str] = frozenset()

    def may_post_to(self, url: str) -> bool:
        """Loopback and the hosts that were named at the start: an error in a test must not reach the world."""
        host = urlsplit(url).hostname or ""
        if host == "localhost" or host in self.allowed_hosts:
            return True
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said to a post; status 0 where it said nothing, and `outcome` says why."""

    status: int
    outcome: str
    text: str = ""

    @property
    def failed(self) -> bool:
        """Whether Twilio would try again."""
        return self.outcome.startswith("no answer") or self.status >= SERVER_ERROR


class Poster:
    """Posts signed forms as Twilio does."""

    def __init__(self, account: Account, connections: int) -> None:
        self._account = account
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    async def post(self, url: str, fields: Mapping[str, str], token: str = "") -> Answer:
        """Posts once; `token` signs instead of the account's own."""
        if not self._account.may_post_to(url):
            return Answer(0, "not posted: this host is not allowed")
        headers = {
            "Content-Type": FORM,
            "User-Agent": "TwilioProxy/1.1",
            "I-Twilio-Idempotency-Token": str(uuid.uuid5(uuid.NAMESPACE_URL, url + urlencode(fields))),
            "X-Twilio-Signature": signature(token or self._account.auth_token, url, fields),
        }
        # The URL goes out as it was given: what is signed is what is asked for.
        target, body = URL(url, encoded=True), urlencode(fields).encode()
        try:
            async with self._open().post(target, data=body, headers=headers, allow_redirects=False) as reply:
                return Answer(reply.status, str(reply.status), await reply.text(errors="replace"))
        except (aiohttp.ClientError, OSError, ValueError) as problem:
            return Answer(0, f"no answer: {type(problem).__name__}")

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=KEEP_ALIVE)
            self._session = aiohttp.ClientSession(
                connector=connector, timeout=PATIENCE, cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._session

    async def close(self) -> None:
        """Ends the connections."""
        if self._session:
            await self._session.close()
