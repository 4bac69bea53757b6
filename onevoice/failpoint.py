"""Named places at which a test may break this program: kill it, stop it, hold it up, make it fail.

In a deployment `failpoint` does nothing. No setting, no variable of the environment, no file and no command arms it:
only `arm`, called with a function by a program that belongs to the tests, and nothing that is shipped calls `arm`.
Where sending is live it cannot be armed, and a live sender does not begin in a process that is (decision 0011).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from onevoice.errors import Refused
from onevoice.settings import Mode


class Point(StrEnum):
    """Where. The value says what has happened already, and what has not."""

    SUBMIT_READY = "looked and composed, nothing written"
    SUBMIT_OPEN = "submitted, not committed"
    SUBMIT_DONE = "submit committed"
    RELEASE_OPEN = "released, not committed"
    RELEASE_DONE = "release committed"
    INTENTS_OPEN = "claimed, intents not committed"
    INTENTS_DONE = "intents committed, no call begun"
    CALL_BEGINS = "call about to begin"
    CALL_ANSWERED = "call answered, outcome not kept"
    RECEIPTS_OPEN = "receipts stored, not committed"
    RECEIPTS_DONE = "receipts committed, not answered"
    AUDIT_OPEN = "audit entry written, not committed"
    FOLLOW_LAPSED = "lapsed calls marked, nobody asked"
    FOLLOW_ASKED = "provider asked, answer not written"
    FOLLOW_DECIDED = "decided about calls in doubt"
    HALT_FILE = "halt file written, database not told"


_strike: Callable[[Point], None] | None = None


def failpoint(point: Point) -> None:
    """Nothing, unless a test armed it."""
    if _strike is not None:
        _strike(point)


def arm(strike: Callable[[Point], None] | None, mode: Mode) -> None:
    """Have `strike` called at every point from now on; None: disarm.

    Raises:
        Refused: the deployment is live.
    """
    global _strike  # noqa: PLW0603 - one process is armed or is not
    if strike is not None and mode is Mode.LIVE:
        raise Refused("Fail-points cannot be armed where sending is live.", remedy="Break an exercise deployment.")
    _strike = strike


def refuse_armed(mode: Mode) -> None:
    """Say nothing unless this process is armed and sending is live.

    Raises:
        Refused: it is; nothing may be sent from here.
    """
    if _strike is not None and mode is Mode.LIVE:
        raise Refused("This process is armed with fail-points, so it sends nothing live.", remedy="Start a clean one.")
