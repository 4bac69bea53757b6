"""The rate of a provider, and when it is left alone. Time is given by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onevoice.dispatch.pace import BURST, ERRORS, PROBE, WITHIN, Breaker, Pace


@given(
    rate=st.floats(0.2, 2000),
    steps=st.lists(st.tuples(st.floats(0, 2), st.integers(1, 6)), min_size=1, max_size=60),
)
def test_no_span_ever_holds_more_units_than_rate_and_burst_allow(rate: float, steps: list[tuple[float, int]]) -> None:
    """Whatever the pattern of calls: units ≤ rate × time + burst + the one text that runs into debt."""
    pace, now, spent, last = Pace(rate, 0.0), 0.0, 0, 0
    for span, units in steps:
        now += span
        if pace.units(now):
            pace.spend(units)
            spent, last = spent + units, units
    assert spent <= rate * now + max(1.0, rate * BURST) + last + 1e-6


def test_after_a_pause_no_more_than_the_burst_is_caught_up_with() -> None:
    """An hour of silence does not allow an hour's worth at once."""
    assert Pace(100.0, 0.0).units(3600.0) == 25


@pytest.mark.parametrize("rate", [0.5, 1.0, 30.0])
def test_the_next_unit_is_free_when_it_was_promised(rate: float) -> None:
    """`ready_in` is exactly the wait."""
    pace = Pace(rate, 0.0)
    pace.spend(pace.units(0.0) + 3)
    wait = pace.ready_in(0.0)
    assert pace.units(wait * 0.99) == 0
    assert pace.units(wait + 1e-6) == 1


def test_fifty_failures_in_a_minute_open_the_breaker_and_one_success_closes_it() -> None:
    """While it is open a single call may be made every five seconds."""
    breaker = Breaker()
    for n in range(ERRORS - 1):
        breaker.failed(float(n) / 10)
    assert breaker.may_call(5.0)
    breaker.failed(5.0)
    assert breaker.is_open
    assert not breaker.may_call(5.0 + PROBE - 0.1)
    assert breaker.may_call(5.0 + PROBE)
    breaker.called(5.0 + PROBE)
    assert not breaker.may_call(5.0 + PROBE + 0.1)
    breaker.worked()
    assert breaker.may_call(5.0 + PROBE + 0.1)
    assert not breaker.is_open


def test_failures_spread_over_more_than_a_minute_do_not_open_it() -> None:
    """Forty-nine a minute for an hour is a bad line, not a dead one."""
    breaker = Breaker()
    for n in range(49 * 60):
        breaker.failed(n * (WITHIN / 49) * 1.001)
    assert not breaker.is_open
