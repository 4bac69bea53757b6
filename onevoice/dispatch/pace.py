"""Whether a provider is worth calling at all. Times are monotonic seconds."""

from __future__ import annotations

from collections import deque

ERRORS, WITHIN = 50, 60.0
"""So many failed calls within so many seconds, and the provider is left alone."""

PROBE = 5.0
"""Seconds between the single calls that see whether it is back."""


class Breaker:
    """Leaves a provider alone that fails too often, but for one call from time to time."""

    def __init__(self) -> None:
        self._errors: deque[float] = deque()
        self._probe_at: float | None = None

    @property
    def is_open(self) -> bool:
        """True while the provider is left alone."""
        return self._probe_at is not None

    def failed(self, now: float) -> None:
        """Note a call that failed."""
        self._errors.append(now)
        while self._errors and self._errors[0] <= now - WITHIN:
            self._errors.popleft()
        if len(self._errors) >= ERRORS and self._probe_at is None:
            self._probe_at = now + PROBE

    def worked(self) -> None:
        """Note a call that the provider answered as it should."""
        self._errors.clear()
        self._probe_at = None

    def may_call(self, now: float) -> bool:
        """True where a call may be made now: always while closed, once every `PROBE` seconds while open."""
        return self._probe_at is None or now >= self._probe_at

    def called(self, now: float) -> None:
        """Note that a call began; while open the next one waits."""
        if self._probe_at is not None:
            self._probe_at = now + PROBE
