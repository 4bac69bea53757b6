"""Counts, for tests that ask how much and how fast."""

import time
from collections import Counter, deque
from typing import Any


class Stats:
    """What has happened since the start of this process."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self._counts: Counter[str] = Counter()
        self._recent: dict[str, deque[float]] = {}
        self._busiest: Counter[str] = Counter()

    def tick(self, kind: str) -> int:
        """Counts one request and returns how many of its kind came within the second that ends now."""
        now = time.monotonic()
        recent = self._recent.setdefault(kind, deque())
        recent.append(now)
        while recent[0] <= now - 1:
            recent.popleft()
        self._counts[kind] += 1
        self._busiest[kind] = max(self._busiest[kind], len(recent))
        return len(recent)

    def count(self, kind: str) -> None:
        """Counts one event that nobody asks the rate of."""
        self._counts[kind] += 1

    def told(self) -> dict[str, Any]:
        """Counts by kind, and the most requests of a kind within any one second."""
        return {
            "seconds": round(time.monotonic() - self.started, 3),
            "counts": dict(self._counts),
            "busiest_second": dict(self._busiest),
        }
