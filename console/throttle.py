"""A brake on guessing secrets: after some wrong ones, a name or an address has to wait."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil
from threading import Lock

MOST_KEYS = 10_000
"""Names and addresses that are remembered; the longest unused goes first."""


@dataclass
class Throttle:
    """Counts failures by key. It forgets by itself, because an approver must get in again on the same night."""

    most: int = 5
    seconds: float = 60.0
    clock: Callable[[], float] = time.monotonic
    _failures: OrderedDict[str, deque[float]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def __len__(self) -> int:
        """How many keys are remembered."""
        return len(self._failures)

    def wait(self, *keys: str) -> int:
        """Whole seconds that any of the keys must still wait; 0 where it may try now."""
        with self._lock:
            return max((self._wait(key) for key in keys), default=0)

    def failed(self, *keys: str) -> None:
        """Note a wrong secret for each key."""
        with self._lock:
            for key in keys:
                self._failures.setdefault(key, deque(maxlen=self.most)).append(self.clock())
                self._failures.move_to_end(key)
            while len(self._failures) > MOST_KEYS:
                self._failures.popitem(last=False)

    def passed(self, key: str) -> None:
        """Forget the failures of a key that proved itself."""
        with self._lock:
            self._failures.pop(key, None)

    def _wait(self, key: str) -> int:
        failures = self._failures.get(key)
        if failures is None or len(failures) < self.most:
            return 0
        return max(0, ceil(failures[0] + self.seconds - self.clock()))
