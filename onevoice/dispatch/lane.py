"""One provider as a sender sees it: how many calls there is room for now, and which are on their way."""

from __future__ import annotations

import asyncio
import logging
import math
from collections import deque
from collections.abc import Iterator
from datetime import timedelta
from itertools import takewhile
from typing import NamedTuple

from onevoice.dispatch import policy
from onevoice.dispatch.call import GRACE
from onevoice.dispatch.pace import Breaker
from onevoice.dispatch.providers import Outcome, Provider, Result
from onevoice.dispatch.share import WHOLE, Part
from onevoice.ledger.queue import Want
from onevoice.ledger.sending import Claimed

log = logging.getLogger(__name__)

NARROWEST = 8
"""The window is never narrower."""

AHEAD = 0.15
"""Seconds for which rate slots are taken ahead: long enough for the next exchange, short enough for the kill switch."""

SPARED = 0.03
"""Share of the rate that is left unused, so that a call that begins a little late does not make a second too full."""

LATE = SPARED / 4
"""Share of the rate that may begin later than its slots: a quarter of what is left unused, for four workers at once."""

LONGEST_LEAD = 5.0
"""Seconds that an exchange is expected to take at most."""

GATHER = 0.01
"""Seconds in which answers gather, so that one transaction keeps several."""

MARGIN = 1.5
"""So much more is held than begins while answers gather and an exchange runs: neither takes equally long each time."""

USUAL = 16
"""So many calls make what is held for the usual duration of one."""

TICK = 0.001
"""Seconds that a call may begin before its moment: no timer is finer, and at high rates a tick has many moments."""

STALE = 1.0
"""Seconds after its slot at which a call that found no place is given back, since others may have room for it; later
where it may begin later."""


class Held(NamedTuple):
    """A claimed call that has not begun, and its slot. `fresh`: no slot was spoken for when it was claimed."""

    claimed: Claimed
    slot: float
    fresh: bool = False


class Flight(NamedTuple):
    """A call on its way, and when it began."""

    claimed: Claimed
    began: float


class Lane:
    """A rolling window of calls to one provider, paced to its rate. Times are monotonic seconds.

    `widest` bounds the window; `missed`: seconds after its slot at which a call may still begin. As many claims again
    may be held, so that a place which becomes free is taken at once and not after the next exchange (decision 0023):
    twice `widest` is the most that is in doubt after a kill.
    A lane that stopped because the account is refused stays so until the process is started again with other settings.
    """

    def __init__(self, provider: Provider, now: float, widest: int, missed: float) -> None:
        self.provider = provider
        self.window = min(widest, max(NARROWEST, math.ceil(provider.rate * provider.latency)))
        self.flying: dict[asyncio.Task[Outcome], Flight] = {}
        """In the order in which they began."""
        self.held: deque[Held] = deque()
        self.alarm: asyncio.TimerHandle | None = None
        self.limit: asyncio.TimerHandle | None = None
        self.stopped = False
        self._missed = missed
        self._free_at = now
        self._lead = 0.0
        self._takes = provider.latency
        self._late = (0, 0.0)
        self._breaker = Breaker()
        self._paused_until = now
        self._alone_until = now
        self._dry_until = now
        self._begun = (-math.inf, -math.inf, 0)

    @property
    def failing(self) -> bool:
        """True while only a single call now and then sees whether the provider is back."""
        return self._breaker.is_open

    def usable(self, now: float) -> bool:
        """True where the provider may be called now: not stopped, and left alone neither by its wish nor by ours."""
        return not self.hushed(now) and now >= self._alone_until

    def hushed(self, now: float) -> bool:
        """True where an answer to this sender said so: the account is refused, or the provider wants a pause."""
        return self.stopped or now < self._paused_until

    @property
    def _a_second(self) -> float:
        """Calls that the window lets through in a second, as long as calls take what they took of late."""
        return self.window / max(self._takes, 1e-3)

    @property
    def _ahead(self) -> int:
        """Claims to have in hand beside the window: what begins while answers gather and an exchange runs."""
        begins = min(self._a_second, self.provider.rate) * (self._lead + GATHER) * MARGIN
        return min(self.window, math.ceil(begins))

    def _room(self) -> int:
        most = 1 if self.failing else self.window + self._ahead
        return most - len(self.flying) - len(self.held)

    def want(self, now: float, part: Part = WHOLE) -> Want | None:
        """What may be claimed now of its part: only calls that will have both a place and a rate slot that is close."""
        places, lead = self._room(), self._slot_in()
        paced = self._free_at > now + lead + AHEAD
        if places <= 0 or paced or not self.usable(now) or now < self._dry_until:
            return None
        lease = timedelta(seconds=self.provider.timeout) + GRACE
        rate = self.provider.rate * (1 - SPARED)
        return Want(self.provider.means, self.provider.name, places, rate, lease, lead, AHEAD, *part)

    def _slot_in(self) -> float:
        """Seconds from a claim to its first slot, so that hardly any is missed however long exchanges take.

        Half of what a call may be late is given away: a call that waits for its slot keeps a place empty, and one that
        is late harms nobody, since calls keep their distance (`begins`).
        """
        before = len(self.held) - (self.window - len(self.flying))
        return max(0.0, max(self._lead, before / self._a_second) - self._missed / 2)

    def exchanged(self, took: float) -> None:
        """An exchange took so many seconds from the claim to here: slots are taken from then on, not from the claim."""
        usual = (took + self._lead) / 2 if self._lead else took
        self._lead = min(LONGEST_LEAD, max(usual, 0.8 * self._lead))

    def spares(self, units: int, now: float) -> bool:
        """True where so many units may begin although their slot is long past: what is spared of the rate covers them.

        Slots say little then: the provider takes so much more than we send that no second becomes too full.
        """
        second = int(now)
        used = self._late[1] if self._late[0] == second else 0.0
        if used + units > self.provider.rate * LATE:
            return False
        self._late = (second, used + units)
        return True

    def paced(self, until: float) -> None:
        """The rate is spoken for until then."""
        self._free_at = until

    def told(self, until: float, *, failing: bool) -> None:
        """How the provider fares, as all workers know it: to be left alone until then, and whether it fails."""
        self._alone_until = until
        self._breaker.told(is_open=failing)

    def begins(self, held: Held) -> float:
        """When a call may begin: no nearer to the last one than their slots are, but for what is spared.

        So calls that were held up are not made all at once: in no second does one sender make more than the rate. Where
        nobody had spoken for the slots between, the rate alone counts; else who is late once would be so for ever.
        """
        last_slot, last_begun, units = self._begun
        gap = (held.slot - last_slot) * (1 - SPARED)
        return max(held.slot, last_begun + (min(gap, units / self.provider.rate) if held.fresh else gap))

    def began(self, held: Held, now: float) -> None:
        """A call begins. What counts for the next one is its own moment, so that no tick gains on the rate."""
        self._begun = (held.slot, max(now, self.begins(held)), held.claimed.units)

    def due(self, now: float, *, closed: bool) -> Iterator[tuple[Held, bool]]:
        """Held calls whose turn has come, one after the other, and whether each begins. Else it is given back.

        It begins where it has a place and its slot has come. Where the slot is missed it is given back, but for what is
        spared of the rate; `closed`: so are all.
        """
        while self.held:
            first = self.held[0]
            late = now - first.slot
            gone = closed or late > max(STALE, self._missed)
            if not gone and self.begins_in(now) > TICK:
                return
            self.held.popleft()
            yield first, not gone and (late <= self._missed or self.spares(first.claimed.units, now))

    def begins_in(self, now: float) -> float:
        """Seconds until the next held call may begin: infinite where there is none, or no place for it."""
        if not self.held or len(self.flying) >= self.window:
            return math.inf
        return self.begins(self.held[0]) - now

    def withdrawn(self) -> list[Claimed]:
        """Take back all that is held: the provider is not to be called now."""
        held = [one.claimed for one in self.held]
        self.held.clear()
        return held

    def land(self, task: asyncio.Task[Outcome], now: float) -> Claimed | None:
        """A call is over; None where its place was given up before."""
        flight = self.flying.pop(task, None)
        if flight is None:
            return None
        self._takes += (now - flight.began - self._takes) / USUAL
        return flight.claimed

    def overdue(self, now: float) -> list[asyncio.Task[Outcome]]:
        """The calls that have taken all the time they had."""
        began = now - self.provider.timeout
        return [task for task, _ in takewhile(lambda one: one[1].began <= began, self.flying.items())]

    def overdue_in(self, now: float) -> float:
        """Seconds until the oldest call has; infinite where there is none."""
        oldest = next(iter(self.flying.values()), None)
        return oldest.began + self.provider.timeout - now if oldest else math.inf

    def heard(self, outcome: Outcome, now: float) -> bool | None:
        """A call ended: learn how the provider fares. True where it is now known to fail, False where to work again."""
        pause = policy.asked(outcome.retry_after)
        self._paused_until = max(self._paused_until, now + pause)
        if outcome.halts and not self.stopped:
            self.stopped = True
            log.critical(
                "Channel %s is stopped: the provider refuses our account (%s).", self.provider.name, outcome.code
            )
        if outcome.result in (Result.ACCEPTED, Result.REJECTED):
            return False if self._breaker.worked() else None
        return True if not pause and self._breaker.failed(now) else None

    def dry(self, until: float) -> None:
        """There was less to do than there was room for: do not ask again before `until`."""
        self._dry_until = until

    def is_dry(self, now: float) -> bool:
        """True while nothing more is expected to be due."""
        return now < self._dry_until

    def ready_in(self, now: float) -> float:
        """Seconds until it is worth while to ask for something to do."""
        if self._room() <= 0 or self.stopped:
            return math.inf
        begins = max(self._paused_until, self._alone_until, self._dry_until)
        return max(0.0, self._free_at - now - self._slot_in() - AHEAD / 2, begins - now)
