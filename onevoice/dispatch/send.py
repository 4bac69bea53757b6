"""The sender: keeps a rolling window of calls to each provider full until there is no more to do."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from onevoice.dispatch.books import Books
from onevoice.dispatch.calls import Calls
from onevoice.dispatch.lane import GATHER, Lane
from onevoice.dispatch.options import Counts, Options
from onevoice.dispatch.providers import Provider
from onevoice.dispatch.share import Part, shared
from onevoice.dispatch.stopping import stopping
from onevoice.errors import OneVoiceError
from onevoice.failpoint import refuse_armed
from onevoice.ledger.control import Control
from onevoice.ledger.engine import Ledger
from onevoice.ledger.queue import Want
from onevoice.ledger.sending import Exchanged, Fares
from onevoice.ledger.vault import Vault

log = logging.getLogger(__name__)

WATCH = 0.01
"""Seconds between two looks whether somebody else wrote to the database, while there is nothing to do."""

AFTER_TROUBLE = 1.0
"""Seconds before a database that was out of reach is asked again."""


async def send_due(
    ledger: Ledger, vault: Vault, providers: Mapping[str, Provider], options: Options, *, once: bool
) -> Counts:
    """Send what is due. `once`: until nothing more is due now; else until asked to stop (SIGTERM, SIGINT).

    Several processes may do this at the same time. Returns what was done.

    Raises:
        OutOfReach: the database stayed out of reach; calls that it does not know the outcome of are in doubt.
    """
    refuse_armed(options.mode)
    async with stopping() as stop:
        return await Sender(ledger, vault, providers, options, stop, once=once).run()


class Sender:
    """One run of `send_due`."""

    def __init__(
        self,
        ledger: Ledger,
        vault: Vault,
        providers: Mapping[str, Provider],
        options: Options,
        stop: asyncio.Event,
        *,
        once: bool,
    ) -> None:
        self._options = options
        self._stop = stop
        self._news = asyncio.Event()
        self._once = once
        self._books = Books(ledger, vault, options, providers.values())
        began = time.monotonic()
        self._lanes = {one.name: Lane(one, began, options.window, options.missed) for one in providers.values()}
        self._switch: Control | None = None
        self._calls = Calls(self._lanes, vault, options, text=self._books.text, closed=self._closed, news=self._news)
        self._counts = self._calls.counts
        self._parts: dict[str, Part] = {}
        self._trouble_since: float | None = None
        self._woken_at = -math.inf

    async def run(self) -> Counts:
        """Send until there is no more to do."""
        stopped = asyncio.ensure_future(self._stop.wait())
        stopped.add_done_callback(lambda _: self._news.set())
        try:
            while not await self._round():
                await self._pause()
        finally:
            stopped.cancel()
            await self._leave()
        self._counts.ending = "stopped" if self._stop.is_set() else "halted" if self._halted() else "done"
        self._report()
        return replace(self._counts)

    # --- deciding ---------------------------------------------------------------------------------------------

    def _halted(self) -> bool:
        return self._options.halted() or (self._switch is not None and not self._switch.running)

    def _closed(self) -> bool:
        """True while nothing new may be claimed."""
        return self._stop.is_set() or self._halted()

    def _over(self) -> bool:
        if self._calls.to_keep or self._calls.open() or self._trouble_since is not None:
            return False
        if self._stop.is_set():
            return True
        if not self._once or self._switch is None:
            return False
        now = time.monotonic()
        return self._halted() or all(lane.is_dry(now) or not lane.usable(now) for lane in self._lanes.values())

    def _wants(self) -> list[Want]:
        if self._closed():
            return []
        now = time.monotonic()
        parts = shared(self._lanes.values(), self._options.weights, now)
        if parts != self._parts:
            self._parts = parts
            self._anew()  # what falls to a provider now is more than it had to do before
        return [want for lane in self._lanes.values() if (want := lane.want(now, parts[lane.provider.name]))]

    def _anew(self) -> None:
        """There may be something to do again for everybody."""
        for lane in self._lanes.values():
            lane.dry(0)

    # --- one round --------------------------------------------------------------------------------------------

    async def _round(self) -> bool:
        """Exchange what there is to exchange. True when there is no more to do."""
        self._calls.turn()
        if self._calls.to_keep:
            self._anew()  # a call that ended may let others begin; one that did not begin is due again
        wants = self._wants()
        unsure = self._switch is None or self._trouble_since is not None or self._halted()
        if wants or self._calls.to_keep or unsure:
            await self._exchange(wants)
        return self._over()

    async def _exchange(self, wants: list[Want]) -> None:
        """Hand over outcomes, take over calls. What could not be handed over is kept for the next time."""
        calls = self._calls
        done, calls.ended = calls.ended, []
        back, calls.back = calls.back, []
        known = {one.attempt for one in done} | {one.attempt for one in (*back, *calls.open())}
        failing = {name for name, lane in self._lanes.items() if lane.failing}
        try:
            got = await self._books.exchange(done, back, wants, known if self._trouble_since else None)
        except BaseException as problem:
            calls.ended, calls.back = done + calls.ended, back + calls.back
            if not isinstance(problem, OneVoiceError):
                raise
            await self._trouble(problem)
            return
        self._trouble_since = None
        calls.begun -= {one.attempt for one in done}
        self._counts.taken_back += len(back)
        self._learn(got, wants)
        calls.hold(got, failing)
        calls.turn()
        self._report()

    def _learn(self, got: Exchanged, wants: list[Want]) -> None:
        """How the switch and the providers stand, as all workers know it together."""
        same = self._switch is not None and self._switch.generation == got.control.generation
        self._switch = got.control
        now = time.monotonic()
        for want in wants:
            if same and want.provider in got.dry:
                self._lanes[want.provider].dry(now + self._options.poll)
        for name, lane in self._lanes.items():
            lane.exchanged(now - got.at)
            fares = got.fares.get(name, Fares(0.0, failing=False))
            if not self._calls.found(lane):  # what this sender has found out itself is newer
                lane.told(got.at + fares.alone, failing=fares.failing)
            if lane.failing or not lane.usable(now):
                self._calls.give_back(lane)
        for provider, free in got.free.items():
            self._lanes[provider].paced(got.at + free)

    # --- waiting ----------------------------------------------------------------------------------------------

    async def _pause(self) -> None:
        """Wait until there is something to hand over, or room for something to do."""
        if self._stop.is_set():
            await self._calls.drain(self._options.drain)
            return
        if not self._calls.to_keep:
            await self._idle(time.monotonic() + min(self._options.poll, self._ready_in()))
        self._news.clear()
        if self._calls.ended and self._calls.open():
            quickest = min(lane.provider.latency for lane in self._lanes.values())
            await asyncio.sleep(min(GATHER, quickest / 4))

    async def _idle(self, until: float) -> None:
        """Wait until then, for news, or until somebody else wrote: that may be a release, which waits for nothing."""
        self._books.changed()  # what we wrote ourselves is no news
        while (left := until - time.monotonic()) > 0 and not self._news.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(min(WATCH, left)):
                    await self._news.wait()
            now = time.monotonic()
            if self._books.changed() and now - self._woken_at >= self._options.poll:
                self._woken_at = now
                self._anew()
                return

    def _ready_in(self) -> float:
        now = time.monotonic()
        waits = [] if self._closed() else [lane.ready_in(now) for lane in self._lanes.values()]
        return min(waits, default=self._options.poll)

    async def _trouble(self, problem: OneVoiceError) -> None:
        now = time.monotonic()
        self._trouble_since = self._trouble_since or now
        log.error("Nothing is claimed: %s", problem)
        if (self._once or self._stop.is_set()) and now - self._trouble_since >= self._options.patience:
            raise problem
        await asyncio.sleep(AFTER_TROUBLE)

    async def _leave(self) -> None:
        """Whatever made us stop: no call goes on unseen, and what is known is kept if it can be."""
        calls = self._calls
        clean = not (calls.open() or calls.to_keep)
        await calls.drain(0)
        try:
            self._books.close(calls.ended, None if clean else calls.begun)
        except OneVoiceError as problem:
            log.critical("The outcomes of %d calls could not be kept: %s", len(calls.ended), problem)

    def _report(self) -> None:
        self._counts.in_flight = len(self._calls.flying())
        if self._options.on_progress:
            self._options.on_progress(replace(self._counts))
