"""The calls of one sender: which are held until their turn, which are on their way, and what came of them."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Container, Mapping
from contextlib import suppress
from functools import partial

from onevoice.dispatch.call import call, ended
from onevoice.dispatch.lane import Flight, Held, Lane
from onevoice.dispatch.options import Counts, Options
from onevoice.dispatch.providers import Outcome, Result
from onevoice.ledger.outcomes import Ended
from onevoice.ledger.sending import Claimed, Exchanged
from onevoice.ledger.vault import Vault
from onevoice.variant import Variant


class Calls:
    """Begins each call when it has a place and its slot has come, without a wait for the ledger.

    `text`: of a claimed delivery; `closed`: True while no call may begin; `news` is set when a call has ended.
    """

    def __init__(
        self,
        lanes: Mapping[str, Lane],
        vault: Vault,
        options: Options,
        *,
        text: Callable[[Claimed], Variant | None],
        closed: Callable[[], bool],
        news: asyncio.Event,
    ) -> None:
        self._lanes, self._vault, self._options = lanes, vault, options
        self._text, self._closed, self._news = text, closed, news
        self.counts = Counts()
        self.ended: list[Ended] = []
        """What came of calls; to be kept."""
        self.back: list[Claimed] = []
        """Claims whose call did not begin; to be undone."""
        self.begun: set[int] = set()
        """Attempts whose call has begun and whose outcome is not kept yet."""

    @property
    def to_keep(self) -> bool:
        """True where there is something for the ledger."""
        return bool(self.ended or self.back)

    def flying(self) -> list[asyncio.Task[Outcome]]:
        """The calls on their way."""
        return [task for lane in self._lanes.values() for task in lane.flying]

    def open(self) -> list[Claimed]:
        """Every claim whose call has not ended."""
        lanes = self._lanes.values()
        return [flight.claimed for lane in lanes for flight in lane.flying.values()] + [
            held.claimed for lane in lanes for held in lane.held
        ]

    def hold(self, got: Exchanged, failing: Container[str]) -> None:
        """Take over calls that were claimed; `failing`: the providers that were known to fail when they were wanted.

        What came to light about a provider since then gives them back.
        """
        now = time.monotonic()
        for one in got.claimed:
            lane = self._lanes[one.provider]
            if lane.hushed(now) or (lane.failing and one.provider not in failing):
                self.back.append(one)
            else:
                lane.held.append(Held(one, got.at + one.wait, one.provider in got.idle))

    def give_back(self, lane: Lane) -> None:
        """The provider is not to be called now: what is held for it goes back."""
        self.back += lane.withdrawn()

    def found(self, lane: Lane) -> bool:
        """True where something came to light about the provider that the ledger does not know yet."""
        return any(one.fails is not None for one in self.ended if one.provider == lane.provider.name)

    def turn(self) -> None:
        """Begin every call whose turn has come."""
        for lane in self._lanes.values():
            self._turn(lane)

    def _turn(self, lane: Lane) -> None:
        if not lane.held:
            return
        loop, now = asyncio.get_running_loop(), time.monotonic()
        for held, begins in lane.due(now, closed=self._closed()):
            if begins:
                self._begin(lane, held, now, loop)
            else:
                self.back.append(held.claimed)
                self._news.set()
        if lane.alarm:
            lane.alarm.cancel()
        seconds = lane.begins_in(now)
        lane.alarm = loop.call_later(seconds, self._turn, lane) if seconds < self._options.poll else None

    def _begin(self, lane: Lane, held: Held, now: float, loop: asyncio.AbstractEventLoop) -> None:
        claimed = held.claimed
        self.begun.add(claimed.attempt)
        self.counts.started += 1
        task = loop.create_task(call(lane.provider, claimed, self._text(claimed), self._vault, self._options))
        lane.began(held, now)
        lane.flying[task] = Flight(claimed, now)
        task.add_done_callback(partial(self._over, lane))
        if not lane.limit:
            lane.limit = loop.call_later(lane.provider.timeout, self._end_overdue, lane)

    def _over(self, lane: Lane, task: asyncio.Task[Outcome]) -> None:
        """A call ended: its place is for the next one."""
        now = time.monotonic()
        claimed = lane.land(task, now)
        broken = task.cancelled() or task.exception() is not None
        if claimed is None:
            return  # nobody waited for it any more
        self._keep(lane, claimed, BROKEN if broken else task.result(), now)
        self._turn(lane)

    def _end_overdue(self, lane: Lane) -> None:
        """Wait no longer for calls that have taken all their time. One timer for all: each has the same."""
        now = time.monotonic()
        for task in lane.overdue(now):
            self._give_up(lane, task)
        seconds = lane.overdue_in(now)
        later = asyncio.get_running_loop().call_later
        lane.limit = later(seconds, self._end_overdue, lane) if seconds < math.inf else None

    def _give_up(self, lane: Lane, task: asyncio.Task[Outcome]) -> None:
        """No answer in time. Whatever the provider makes of the end of the wait, it cannot hold us up."""
        now = time.monotonic()
        claimed = lane.land(task, now)
        if claimed:
            self._keep(lane, claimed, LATE, now)
            task.cancel()
            self._turn(lane)

    def _keep(self, lane: Lane, claimed: Claimed, outcome: Outcome, now: float) -> None:
        fails = lane.heard(outcome, now)
        if fails or lane.hushed(now):
            self.give_back(lane)
        self.ended.append(ended(claimed, outcome, self._options, fails=fails))
        setattr(self.counts, outcome.result, getattr(self.counts, outcome.result) + 1)
        self._news.set()

    async def drain(self, seconds: float) -> None:
        """Begin no more; let the calls on their way end. Those that do not within so many seconds stay in doubt."""
        for lane in self._lanes.values():
            self.give_back(lane)
        flying = self.flying()
        if not flying:
            return
        await asyncio.wait(flying, timeout=seconds)
        for lane in self._lanes.values():
            for task in list(lane.flying):
                self._give_up(lane, task)
        with suppress(TimeoutError):  # what has been given up gets a moment to let go of its connection
            async with asyncio.timeout(1):
                await asyncio.gather(*flying, return_exceptions=True)


LATE = Outcome(Result.UNKNOWN, code="timeout", detail="No answer in time.")
BROKEN = Outcome(Result.UNKNOWN, code="broken", detail="The call broke off.")
