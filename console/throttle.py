"""A brake on guessing secrets: after some wrong ones, whoever goes on has to wait, longer each time."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil
from threading import BoundedSemaphore, Lock
from typing import NamedTuple

from onevoice.errors import OutOfReach

MOST_KEYS = 10_000
"""Keys that are remembered; the longest unused goes first."""


class Key(NamedTuple):
    """What tries are counted under, and how many are free."""

    text: str
    most: int


@dataclass
class _Tries:
    """How often, when last, and until when to wait."""

    count: int = 0
    last: float = 0.0
    until: float = 0.0


@dataclass
class Throttle:
    """Counts tries by key. It forgets by itself, because an approver must get in again on the same night."""

    first: float = 30.0
    """Seconds to wait after the last free try; each further one doubles them."""
    longest: float = 900.0
    clock: Callable[[], float] = time.monotonic
    _tries: OrderedDict[str, _Tries] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def __len__(self) -> int:
        """How many keys are remembered."""
        return len(self._tries)

    def wait(self, *keys: Key) -> int:
        """Whole seconds that any of the keys must still wait; 0 where it may try now."""
        with self._lock:
            return self._wait(keys)

    def enter(self, *keys: Key) -> int:
        """As `wait`; where it is 0 the try is counted as a wrong one, until `passed` takes that back.

        Counted before the secret is looked at, so that tries at the same moment do not all come through.
        """
        with self._lock:
            seconds = self._wait(keys)
            for key in keys if not seconds else ():
                self._count(key)
            while len(self._tries) > MOST_KEYS:
                self._tries.popitem(last=False)
            return seconds

    def passed(self, own: Key, *shared: Key) -> None:
        """It was the right secret: `own` starts anew; of `shared` keys only this try is taken back."""
        with self._lock:
            self._tries.pop(own.text, None)
            for key in shared:
                if tries := self._tries.get(key.text):
                    tries.count, tries.until = max(0, tries.count - 1), 0.0

    def _count(self, key: Key) -> None:
        tries = self._tries.setdefault(key.text, _Tries())
        self._tries.move_to_end(key.text)
        tries.count, tries.last = tries.count + 1, self.clock()
        if tries.count >= key.most:
            tries.until = tries.last + min(self.longest, self.first * 2.0 ** (tries.count - key.most))

    def _wait(self, keys: tuple[Key, ...]) -> int:
        now = self.clock()
        for key in keys:
            tries = self._tries.get(key.text)
            if tries and now > max(tries.last, tries.until) + self.longest:
                del self._tries[key.text]
        waits = (self._tries[key.text].until - now for key in keys if key.text in self._tries)
        return max(0, ceil(max(waits, default=0.0)))


class Gate:
    """Looking at a secret takes memory and CPU on purpose. Few are looked at at once, few wait, the others go away."""

    def __init__(self, running: int = 2, waiting: int = 6, patience: float = 5.0) -> None:
        self._places = BoundedSemaphore(running + waiting)
        self._running = BoundedSemaphore(running)
        self._patience = patience

    @contextmanager
    def through(self) -> Iterator[None]:
        """Go through, perhaps after `patience` seconds.

        Raises:
            OutOfReach: too many wait already.
        """
        if not self._places.acquire(blocking=False):
            raise _busy()
        try:
            if not self._running.acquire(timeout=self._patience):
                raise _busy()
            try:
                yield
            finally:
                self._running.release()
        finally:
            self._places.release()


def _busy() -> OutOfReach:
    what = "Too many people sign in at this moment."
    return OutOfReach(what, remedy="Try again in some seconds. On the machine itself `onevoice` needs no waiting.")
