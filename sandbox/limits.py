"""How much a service lets one account do in a while: windows that begin when the first thing is done in them."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an account stands after one more thing."""

    most: int
    left: int
    """Points that are left; below 0: this thing was too much."""
    seconds: int
    """Length of the window."""
    reset: float
    """When the window ends, in Unix time."""

    @property
    def over(self) -> bool:
        """Whether this was too much."""
        return self.left < 0


class Limit:
    """At most `most` points in each window of `seconds`; 0 is no limit."""

    def __init__(self, most: int, seconds: int, clock: Callable[[], float] = time.time) -> None:
        self._most, self._seconds, self._clock = most, seconds, clock
        self._spent, self._ends = 0, 0.0

    def spend(self, points: int = 1) -> Standing:
        """Counts something; what is too much counts too."""
        now = self._clock()
        if now >= self._ends:
            self._spent, self._ends = 0, now + self._seconds
        self._spent += points
        left = self._most - self._spent if self._most else max(points, 1)
        return Standing(self._most, left, self._seconds, self._ends)


def tightest(*standings: Standing) -> Standing:
    """Of several limits the one that ends first."""
    return min(standings, key=lambda standing: standing.left)
