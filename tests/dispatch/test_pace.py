"""When a provider is left alone, and who then does its work. Time is given by hand."""

from __future__ import annotations

from random import Random
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from onevoice.dispatch.lane import SPARED, Held, Lane
from onevoice.dispatch.pace import ERRORS, WITHIN, Breaker
from onevoice.dispatch.providers import Outcome, Result
from onevoice.dispatch.share import WHOLE, Part, cut, shared
from onevoice.people import Means

if TYPE_CHECKING:
    from onevoice.ledger.sending import Claimed

NOW = 100.0


def test_fifty_failures_in_a_minute_open_the_breaker_and_one_success_closes_it() -> None:
    """Each of the two is told once."""
    breaker = Breaker()
    assert not any(breaker.failed(float(n) / 10) for n in range(ERRORS - 1))
    assert breaker.failed(5.0)
    assert breaker.is_open
    assert not breaker.failed(5.1), "that is known already"
    assert breaker.worked()
    assert not breaker.is_open
    assert not breaker.worked()
    assert not breaker.failed(5.2), "it counts from the beginning"


def test_what_all_workers_know_goes_before_what_one_has_counted() -> None:
    """Another worker has found it to be back: fifty new failures are needed."""
    breaker = Breaker()
    for n in range(ERRORS):
        breaker.failed(n / 10)
    breaker.told(is_open=False)
    assert not breaker.failed(6.0)
    breaker.told(is_open=True)
    assert breaker.is_open


def test_failures_spread_over_more_than_a_minute_do_not_open_it() -> None:
    """Forty-nine a minute for an hour is a bad line, not a dead one."""
    breaker = Breaker()
    for n in range(49 * 60):
        breaker.failed(n * (WITHIN / 49) * 1.001)
    assert not breaker.is_open


def lane(name: str, means: Means = Means.SMS) -> Lane:
    """A lane of a provider that is well."""
    provider: Any = SimpleNamespace(name=name, means=means, rate=10.0, latency=0.1, timeout=5.0)
    return Lane(provider, 0.0, 128, MISSED)


def parts(*lanes: Lane, **weights: float) -> dict[str, Part]:
    """Who gets what at NOW."""
    return shared(lanes, weights, NOW)


def test_the_only_provider_of_a_means_does_everything() -> None:
    """Whatever its weight, and however many others carry other means."""
    assert parts(lane("a"), lane("m", Means.EMAIL), a=0) == {"a": WHOLE, "m": WHOLE}


def test_two_that_are_well_share_by_weight_without_gap_or_overlap() -> None:
    """Three to one; of weight 0 nothing; by halves where nobody has a weight."""
    assert parts(lane("a"), lane("b"), a=3) == {"a": Part(True, (0, 75)), "b": Part(True, (75, 100))}
    assert cut(["a", "b"], {"a": 1, "b": 0}) == {"a": (0, 100), "b": (100, 100)}
    assert cut(["a", "b"], {"a": 0, "b": 0}) == {"a": (0, 50), "b": (50, 100)}
    thirds = cut(["a", "b", "c"], {})
    assert [low for low, _ in thirds.values()] == [0, *[high for _, high in thirds.values()][:-1]]


def test_who_is_stopped_or_left_alone_or_fails_leaves_its_part_to_the_other() -> None:
    """The one that stands by takes over, and alone also what it has put off itself."""
    for harm in (
        lambda one: one.heard(Outcome(Result.RETRY, halts=True), NOW),
        lambda one: one.heard(Outcome(Result.RETRY, retry_after=5), NOW),
        lambda one: one.told(NOW + 5, failing=False),
        lambda one: one.told(0.0, failing=True),
    ):
        first, second = lane("a"), lane("b")
        harm(first)
        assert parts(first, second, b=0)["b"] == WHOLE
        assert parts(first, second, b=0)["a"].beside


def test_a_lane_that_fails_wants_one_call_and_only_when_it_may() -> None:
    """The single call that sees whether it is back."""
    one = lane("a")
    before = one.want(NOW)
    assert before
    assert one.window < before.calls <= 2 * one.window, "with what is held until a place is free"
    one.told(NOW + 5, failing=True)
    assert one.want(NOW) is None
    later = one.want(NOW + 5)
    assert later
    assert later.calls == 1


# --- in no second more than the rate ----------------------------------------------------------------------------------

RATE, MISSED = 50.0, 0.1


def begun(seed: int, *, spaced: bool) -> list[float]:
    """When calls begin on a loop that stands still for up to 90 ms now and then; what misses its slot is not made."""
    chance, one, now, made = Random(seed), lane("a"), 0.0, []  # noqa: S311 - a pattern that can be found again
    for number in range(500):
        slot = number / (RATE * (1 - SPARED))
        held = Held(cast("Claimed", SimpleNamespace(units=1)), slot)
        now = max(now, one.begins(held) if spaced else slot)
        if chance.random() < 1 / 60:
            now += chance.uniform(0.05, 0.09)
        if now <= slot + MISSED:
            one.began(held, now)
            made.append(now)
    return made


def most_in_a_second(moments: list[float]) -> int:
    """The most calls in any one second."""
    return max(sum(start <= at < start + 1 for at in moments) for start in moments)


@pytest.mark.parametrize("seed", range(20))
def test_calls_that_were_held_up_are_not_made_all_at_once(seed: int) -> None:
    """However late the loop is, with the lateness that is usually allowed: no more than the rate and one."""
    made = begun(seed, spaced=True)
    assert most_in_a_second(made) <= RATE + 1
    assert len(made) >= 450, "and hardly anything is given up for it"
    assert most_in_a_second(begun(seed, spaced=False)) > RATE + 1, "so it would be too many otherwise"
