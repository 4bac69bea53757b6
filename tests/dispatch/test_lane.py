"""What a lane lets begin although its slot is past."""

from types import SimpleNamespace
from typing import Any, cast

from onevoice.dispatch.lane import LATE, Lane


def _lane(rate: float) -> Lane:
    return Lane(cast("Any", SimpleNamespace(rate=rate, latency=0.1, name="sms")), 0.0, 128, 0.1)


def test_a_slow_sender_makes_no_call_out_of_its_slot() -> None:
    """At a rate of a hundred nothing is spared: who missed the slot gives it up."""
    assert not _lane(100.0).spares(1, 10.0)


def test_a_fast_sender_makes_as_many_late_calls_in_a_second_as_are_spared() -> None:
    """What the provider takes beyond what we send covers them; in the next second as many again."""
    lane = _lane(4_000.0)
    spared = round(4_000.0 * LATE)

    assert [lane.spares(1, 10.0) for _ in range(spared + 1)] == [True] * spared + [False]
    assert lane.spares(spared, 11.0)
