"""How sure, how often and how fast, by severity: the tables behind every choice between twice and never.

Pure functions over CAP severity and urgency, and the kind of message. A correction and an all-clear follow the most
urgent row whatever their own severity is: the wrong text must not be the last one that people hold.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random
from typing import get_args

from onevoice.alert import Kind, SeverityCAP, Urgency
from onevoice.dispatch.providers import Result

LONGEST_RETRY_AFTER = 3600.0
"""A provider that asks for more is asked again after this many seconds."""


@dataclass(frozen=True, slots=True)
class Policy:
    """One row. All times are seconds; those about doubt count from the call.

    `looks`: when a call in doubt is looked for; `decide_at`: when it is given up and, within `resends` calls, made
    again, else left to a person. `waits`: between calls that were certainly not taken, at most; `tries`: how many
    there may be (None: until it is too late). `next_means`: how long a means may stay without a receipt (0: all
    means go at once; None: only a certain failure opens the next). `receipt`: when a receipt is looked for.
    """

    name: str
    looks: tuple[int, ...]
    decide_at: int
    resends: int
    waits: tuple[int, ...]
    tries: int | None
    next_means: int | None
    receipt: int


URGENT = Policy("urgent", (30,), 60, 2, (2, 5, 15, 30, 60), None, 0, 90)
SEVERE = Policy("severe", (30,), 120, 1, (2, 5, 15, 30, 60), None, 120, 130)
MODERATE = Policy("moderate", (30, 120, 300), 600, 1, (10, 30, 120, 300, 600), None, 600, 620)
MINOR = Policy("minor", (30,), 45, 0, (60, 300, 900, 3600), 6, None, 300)

POLICIES = (URGENT, SEVERE, MODERATE, MINOR)
_BY_SEVERITY = {"Extreme": URGENT, "Severe": SEVERE, "Moderate": MODERATE}
_SEVERITIES: tuple[str, ...] = get_args(SeverityCAP)
_URGENCIES: tuple[str, ...] = get_args(Urgency)
_NEVER_LAST = frozenset({Kind.CORRECTION, Kind.ALL_CLEAR})


def policy(severity: str, urgency: str, kind: str = Kind.WARNING) -> Policy:
    """The row for a release. An exercise follows the severity that it rehearses."""
    if kind in _NEVER_LAST or (severity, urgency) == ("Severe", "Immediate"):
        return URGENT
    return _BY_SEVERITY.get(severity, MINOR)


def rank(severity: str, urgency: str, kind: str) -> int:
    """In which order releases are sent: lower goes first."""
    row = POLICIES.index(policy(severity, urgency, kind))
    return (row * len(_SEVERITIES) + _SEVERITIES.index(severity)) * len(_URGENCIES) + _URGENCIES.index(urgency)


def wait(row: Policy, tries: int, retry_after: float | None, chance: Random) -> float:
    """Seconds until the next call after `tries` calls that were certainly not taken: full jitter, or what was asked."""
    most = row.waits[min(max(tries, 1), len(row.waits)) - 1]
    return max(chance.uniform(0, most), asked(retry_after))


def asked(retry_after: float | None) -> float:
    """What a provider asked us to wait, in seconds, with absurd values brought to reason."""
    if retry_after is None or math.isnan(retry_after):
        return 0.0
    return min(max(retry_after, 0.0), LONGEST_RETRY_AFTER)


def used_up(row: Policy, tries: int) -> bool:
    """True where no further call may be made after `tries` that were not taken."""
    return row.tries is not None and tries >= row.tries


def next_look(row: Policy, age: float) -> float:
    """Seconds from now to the next look for a call in doubt that was made `age` seconds ago."""
    return min((mark - age for mark in (*row.looks, row.decide_at) if mark > age), default=0.0)


def decided(row: Policy, age: float, ambiguous: int, *, in_time: bool) -> str | None:
    """What becomes of a call in doubt that nobody finds: `again`, `park`, or None while it is too early to say.

    `ambiguous`: how often it was made again already. Not `in_time`: it may not be made again whatever the policy.
    """
    if age < row.decide_at:
        return None
    return "again" if in_time and ambiguous < row.resends else "park"


def look_after(row: Policy, result: Result, retry_after: float | None, tries: int, chance: Random) -> float:
    """Seconds after which something is next due on a delivery whose call came to `result`."""
    if result is Result.RETRY:
        return wait(row, tries, retry_after, chance)
    if result is Result.UNKNOWN:
        return next_look(row, 0)
    return float(row.receipt)
