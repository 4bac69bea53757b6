"""Being logged in to Bluesky: one session, kept as long as it holds, renewed when it has expired.

Pages, read 2026-11-22: https://docs.bsky.app/docs/advanced-guides/rate-limits (30 log-ins in 5 minutes, 300 in a day,
for one account and one address); com.atproto.server.createSession and refreshSession, packages/pds/src/auth-verifier.ts
of github.com/bluesky-social/atproto (errors).
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from channels import posts
from channels.web_line import Answer, NoAnswer, WebLine, seconds
from onevoice.dispatch.providers import Outcome, Result

SERVICE = "Bluesky"
RESET = "RateLimit-Reset"
LIMITS = ((10, 300.0), (100, 86_400.0))
"""Log-ins of one process in so many seconds: a third of what Bluesky allows, so that there is room for others."""
EXPIRED = frozenset({"ExpiredToken", "InvalidToken"})
DID = re.compile(r"did:[a-z]+:[A-Za-z0-9._:%-]{1,60}")
TOKEN = re.compile(r"[!-~]{1,4096}")


class NotAdmitted(Exception):
    """There is no session; `outcome` says what that means for the post, which was not made."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        super().__init__("no session")


class Session:
    """Calls as one account."""

    def __init__(self, line: WebLine, handle: str, password: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._line, self._handle, self._password, self._clock = line, handle, password, clock
        self.did = ""
        self._access = self._refresh = ""
        self._logged_in: deque[float] = deque(maxlen=LIMITS[-1][0])
        self._not_before = 0.0
        self._turn: asyncio.Lock | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def call(self, method: str, name: str, until: float, **body: Any) -> Answer | NoAnswer:
        """Make one call; once more where only the token was too old. Raises NotAdmitted."""
        token = await self._token("", until)
        answer = await self._ask(method, name, token, until, **body)
        if _expired(answer):
            token = await self._token(token, until)
            answer = await self._ask(method, name, token, until, **body)
        return answer

    async def open(self, until: float) -> None:
        """See to it that `did` is known. Raises NotAdmitted."""
        await self._token("", until)

    async def _ask(self, method: str, name: str, token: str, until: float, **body: Any) -> Answer | NoAnswer:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return await self._line.call(method, f"/xrpc/{name}", until, headers=headers, **body)

    async def _token(self, old: str, until: float) -> str:
        """An access token that is not `old`; of many that ask at once, one gets it for all."""
        async with self._one_at_a_time():
            if self._access in {"", old}:
                await self._renew(until)
            return self._access

    def _one_at_a_time(self) -> asyncio.Lock:
        here = asyncio.get_running_loop()
        if self._turn is None or self._loop is not here:
            self._turn, self._loop = asyncio.Lock(), here
        return self._turn

    async def _renew(self, until: float) -> None:
        if self._refresh:
            answer = await self._ask("POST", "com.atproto.server.refreshSession", self._refresh, until)
            if not _expired(answer):
                self._take(answer)
                return
        self._access = self._refresh = ""
        self._spend()
        wish = {"identifier": self._handle, "password": self._password}
        self._take(await self._ask("POST", "com.atproto.server.createSession", "", until, json=wish))

    def _spend(self) -> None:
        """Count a log-in. Raises NotAdmitted where it would be one too many."""
        now = self._clock()
        waits = [self._not_before - now]
        for most, span in LIMITS:
            if len(self._logged_in) >= most:
                waits.append(self._logged_in[-most] + span - now)
        if (wait := max(waits)) > 0:
            detail = "We do not log in to Bluesky more often than its limits allow."
            raise NotAdmitted(Outcome(Result.RETRY, code="log-in-limit", detail=detail, retry_after=wait))
        self._logged_in.append(now)

    def _take(self, answer: Answer | NoAnswer) -> None:
        """Keep the session of an answer. Raises NotAdmitted where there is none: nothing was posted."""
        if isinstance(answer, Answer) and answer.refused:
            wait = seconds(answer.headers, RESET)
            self._not_before = self._clock() + (wait or 0.0)
            raise NotAdmitted(posts.turned_down(SERVICE, answer, wait, stop=True))
        if not (isinstance(answer, Answer) and answer.good):
            raise NotAdmitted(posts.not_asked(SERVICE, answer))
        did, access, refresh = (str(answer.fields.get(name, "")) for name in ("did", "accessJwt", "refreshJwt"))
        if not (DID.fullmatch(did) and TOKEN.fullmatch(access) and TOKEN.fullmatch(refresh)):
            raise NotAdmitted(posts.not_asked(SERVICE, answer))
        self.did, self._access, self._refresh = did, access, refresh


def _expired(answer: Answer | NoAnswer) -> bool:
    # 400 by the reference implementation; others say 401 with the same words.
    return isinstance(answer, Answer) and answer.refused and answer.fields.get("error") in EXPIRED
