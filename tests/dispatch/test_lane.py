"""What a lane lets begin although its slot is past."""

from types import SimpleNamespace
from typing import Any, cast

from onevoice.dispatch.lane import LATE, STALE, Held, Lane


def _lane(rate: float, missed: float = 0.1) -> Lane:
    return Lane(cast("Any", SimpleNamespace(rate=rate, latency=0.1, name="sms")), 0.0, 128, missed)


def _begins(lane: Lane, late: float) -> list[bool]:
    """Whether a held call begins so long after its slot."""
    lane.held.append(Held(cast("Any", SimpleNamespace(units=1)), 10.0))
    return [begins for _, begins in lane.due(10.0 + late, closed=False)]


def test_a_slow_sender_makes_no_call_out_of_its_slot() -> None:
    """At a rate of a hundred nothing is spared: who missed the slot gives it up."""
    assert not _lane(100.0).spares(1, 10.0)


def test_a_fast_sender_makes_as_many_late_calls_in_a_second_as_are_spared() -> None:
    """What the provider takes beyond what we send covers them; in the next second as many again."""
    lane = _lane(4_000.0)
    spared = round(4_000.0 * LATE)

    assert [lane.spares(1, 10.0) for _ in range(spared + 1)] == [True] * spared + [False]
    assert lane.spares(spared, 11.0)


def test_a_call_begins_as_late_as_it_may() -> None:
    """Where more than a second is allowed, one that waited so long is not given back."""
    assert _begins(_lane(100.0, missed=30.0), 2 * STALE) == [True]
    assert _begins(_lane(100.0, missed=30.0), 31.0) == [False]
    assert _begins(_lane(100.0), 0.2) == [False]
