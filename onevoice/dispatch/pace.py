"""Whether a provider is worth calling at all. Times are monotonic seconds."""

from __future__ import annotations

from collections import deque

ERRORS, WITHIN = 50, 60.0
"""So many failed calls within so many seconds, and the provider is left alone."""


class Breaker:
    """Is open while a provider fails too often to be called. Whoever finds out tells all workers by the ledger."""

    def __init__(self) -> None:
        self._errors: deque[float] = deque()
        self.is_open = False

    def failed(self, now: float) -> bool:
        """Note a call that failed. True where that opens it."""
        self._errors.append(now)
        while self._errors and self._errors[0] <= now - WITHIN:
            self._errors.popleft()
        if self.is_open or len(self._errors) < ERRORS:
            return False
        self.is_open = True
        return True

    def worked(self) -> bool:
        """Note a call that the provider answered as it should. True where that closes it."""
        was_open, self.is_open = self.is_open, False
        self._errors.clear()
        return was_open

    def told(self, *, is_open: bool) -> None:
        """What all workers know together."""
        if self.is_open and not is_open:
            self._errors.clear()
        self.is_open = is_open
