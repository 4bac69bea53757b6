"""Rate slots, on a real database and with a time that is given by hand, in microseconds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onevoice.ledger import slots
from onevoice.ledger.engine import Connection, Ledger

S = slots.SECOND
START = 1_790_000_000 * S
senders = iter(range(10_000))


def free(conn: Connection, sender: str, earliest: int, rate: float) -> int:
    """From when on its rate is free, by the row as it stands."""
    return slots.free(slots.read(conn).get(sender, slots.Pace()), earliest, rate)


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
            if free(conn, sender, now, rate) > now + S:
                continue  # as a sender, which takes no slot that is far ahead
            start = slots.reserve(conn, sender, units, now, rate)
            assert start >= max(now, ends)
            assert start == max(now, ends), "nobody waits for nothing"
            ends = start + round(units * S / rate)
            assert free(conn, sender, now, rate) == max(ends, now)


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
        assert free(conn, "back", START, 10.0) == START
        assert slots.reserve(conn, "back", 1, START, 10.0) == START


def test_a_long_text_on_a_slow_sender_keeps_its_time(ledger: Ledger) -> None:
    """Ten segments at one in five seconds take fifty: that is no clock that went back."""
    with ledger.write() as conn:
        slots.reserve(conn, "slow", 10, START, 0.2)
        assert free(conn, "slow", START, 0.2) == START + 50 * S


def test_each_sender_has_its_own_rate(ledger: Ledger) -> None:
    """What one sender identity has used up is nothing to another."""
    with ledger.write() as conn:
        slots.reserve(conn, "one", 5, START, 1.0)
        assert free(conn, "other", START, 1.0) == START


# --- how a provider fares ---------------------------------------------------------------------------------------------


def until(ledger: Ledger, sender: str, now: int) -> int:
    """Until when it is left alone, seen at `now`."""
    with ledger.read() as conn:
        return slots.read(conn)[sender].alone_until(now)


def test_the_longest_wish_to_be_left_alone_stands(ledger: Ledger) -> None:
    """A shorter one that comes later does not shorten it; none is longer than an hour."""
    with ledger.write() as conn:
        slots.leave_alone(conn, "busy", START + 30 * S, START)
        slots.leave_alone(conn, "busy", START + 2 * S, START)
    assert until(ledger, "busy", START) == START + 30 * S
    with ledger.write() as conn:
        slots.leave_alone(conn, "busy", START + 10**9 * S, START)
    assert until(ledger, "busy", START) == START + 3600 * S


def test_a_wish_from_a_clock_that_went_back_is_none(ledger: Ledger) -> None:
    """Written two hours ahead of what the clock says now: nobody waits for it, and a new one takes its place."""
    with ledger.write() as conn:
        slots.leave_alone(conn, "jumped", START + 2 * 3600 * S, START + 2 * 3600 * S - S)
    assert until(ledger, "jumped", START) == START
    with ledger.write() as conn:
        slots.leave_alone(conn, "jumped", START + 5 * S, START)
    assert until(ledger, "jumped", START) == START + 5 * S


def test_one_worker_alone_sees_whether_a_failing_provider_is_back(ledger: Ledger) -> None:
    """Of two who read the same row the second is too late; a success takes the mark away."""
    with ledger.write() as conn:
        slots.failing(conn, "down", START + 5 * S)
        seen = slots.read(conn)["down"]
        assert (seen.failing, seen.alone_until(START)) == (True, START + 5 * S)
        assert slots.probe(conn, "down", seen, START + 10 * S)
        assert not slots.probe(conn, "down", seen, START + 10 * S)
        slots.failing(conn, "down", None)
        assert slots.read(conn)["down"] == slots.Pace()
