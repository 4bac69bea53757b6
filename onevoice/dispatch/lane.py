"""One provider as a sender sees it: how many calls there is room for now, and which are on their way."""

from __future__ import annotations

import asyncio
import logging
import math
from datetime import timedelta

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


class Lane:
    """A rolling window of calls to one provider, paced to its rate. Times are monotonic seconds.

    `widest` bounds the window, and so what is in doubt after a kill.
    A lane that stopped because the account is refused stays so until the process is started again with other settings.
    """

    def __init__(self, provider: Provider, now: float, widest: int) -> None:
        self.provider = provider
        self.window = min(widest, max(NARROWEST, math.ceil(provider.rate * provider.latency)))
        self.flying: dict[asyncio.Task[None], Claimed] = {}
        self.stopped = False
        self._free_at = now
        self._lead = 0.0
        self._late = (0, 0.0)
        self._breaker = Breaker()
        self._paused_until = now
        self._alone_until = now
        self._dry_until = now
        self._begun = (-math.inf, -math.inf)

    @property
    def failing(self) -> bool:
        """True while only a single call now and then sees whether the provider is back."""
        return self._breaker.is_open

    def usable(self, now: float) -> bool:
        """True where the provider may be called now: not stopped, and left alone neither by its wish nor by ours."""
        return not self.stopped and now >= max(self._paused_until, self._alone_until)

    def want(self, now: float, part: Part = WHOLE) -> Want | None:
        """What may be claimed now of its part: only calls that have both a place and a rate slot that is close."""
        places = self.window - len(self.flying)
        if self.failing:
            places = min(places, 1)
        paced = self._free_at > now + self._lead + AHEAD
        if places <= 0 or paced or not self.usable(now) or now < self._dry_until:
            return None
        lease = timedelta(seconds=self.provider.timeout) + GRACE
        rate = self.provider.rate * (1 - SPARED)
        return Want(self.provider.means, self.provider.name, places, rate, lease, self._lead, AHEAD, *part)

    def exchanged(self, took: float) -> None:
        """An exchange took so many seconds from the claim to here: slots are taken from then on, not from the claim."""
        self._lead = min(LONGEST_LEAD, max(took, 0.8 * self._lead))

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

    def begins(self, slot: float) -> float:
        """When a call with this slot may begin: no nearer to the last one than their slots are, but for what is spared.

        So calls that were held up are not made all at once: in no second does one sender make more than the rate.
        """
        last_slot, last_begun = self._begun
        return max(slot, last_begun + (slot - last_slot) * (1 - SPARED))

    def began(self, slot: float, now: float) -> None:
        """The call with this slot begins."""
        self._begun = (slot, now)

    def begin(self, task: asyncio.Task[None], claimed: Claimed) -> None:
        """A call begins."""
        self.flying[task] = claimed
        task.add_done_callback(lambda done: self.flying.pop(done, None))

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
        if len(self.flying) >= self.window or self.stopped:
            return math.inf
        begins = max(self._paused_until, self._alone_until, self._dry_until)
        return max(0.0, self._free_at - now - self._lead - AHEAD / 2, begins - now)
