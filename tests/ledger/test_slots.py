"""Rate slots, on a real database and with a time that is given by hand, in microseconds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onevoice.ledger import slots
from onevoice.ledger.engine import Ledger

S = slots.SECOND
START = 1_790_000_000 * S
senders = iter(range(10_000))


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """An empty ledger."""
    opened = Ledger.open(f"sqlite:///{tmp_path_factory.mktemp('slots') / 'onevoice.db'}")
    opened.upgrade()
    yield opened
    opened.close()


@settings(max_examples=60, deadline=None)
@given(
    rate=st.floats(0.2, 2000),
    steps=st.lists(st.tuples(st.floats(0, 2), st.integers(1, 6)), min_size=1, max_size=30),
)
def test_slots_never_overlap_and_never_begin_early(ledger: Ledger, rate: float, steps: list[tuple[float, int]]) -> None:
    """Whatever the pattern: each begins when it is asked for or later, and after the time of the one before it."""
    sender, now, ends = f"s{next(senders)}", START, 0
    with ledger.write() as conn:
        for span, units in steps:
            now += round(span * S)
            if slots.free(conn, sender, now, rate) > now + S:
                continue  # as a sender, which takes no slot that is far ahead
            start = slots.reserve(conn, sender, units, now, rate)
            assert start >= max(now, ends)
            assert start == max(now, ends), "nobody waits for nothing"
            ends = start + round(units * S / rate)
            assert slots.free(conn, sender, now, rate) == max(ends, now)


def test_silence_is_not_caught_up_with(ledger: Ledger) -> None:
    """After an hour without a call the next two are a slot apart, like all others."""
    with ledger.write() as conn:
        slots.reserve(conn, "quiet", 1, START, 10.0)
        later = START + 3600 * S
        assert [slots.reserve(conn, "quiet", 1, later, 10.0) - later for _ in range(3)] == [0, S // 10, S // 5]


def test_a_clock_that_went_back_stops_nobody(ledger: Ledger) -> None:
    """The row was written an hour ahead of what the clock says now: it is taken for what it is."""
    with ledger.write() as conn:
        slots.reserve(conn, "back", 1, START + 3600 * S, 10.0)
        assert slots.free(conn, "back", START, 10.0) == START
        assert slots.reserve(conn, "back", 1, START, 10.0) == START


def test_a_long_text_on_a_slow_sender_keeps_its_time(ledger: Ledger) -> None:
    """Ten segments at one in five seconds take fifty: that is no clock that went back."""
    with ledger.write() as conn:
        slots.reserve(conn, "slow", 10, START, 0.2)
        assert slots.free(conn, "slow", START, 0.2) == START + 50 * S


def test_each_sender_has_its_own_rate(ledger: Ledger) -> None:
    """What one sender identity has used up is nothing to another."""
    with ledger.write() as conn:
        slots.reserve(conn, "one", 5, START, 1.0)
        assert slots.free(conn, "other", START, 1.0) == START
