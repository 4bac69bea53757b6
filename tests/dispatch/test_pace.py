"""When a provider is left alone. Time is given by hand."""

from __future__ import annotations

from onevoice.dispatch.pace import ERRORS, PROBE, WITHIN, Breaker


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
