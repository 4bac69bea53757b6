from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import monotonic

import pytest

from console.throttle import MOST_KEYS, Gate, Key, Throttle
from onevoice.errors import OutOfReach

A, B = Key("here ann", 5), Key("there ann", 5)
HERE = Key("here", 20)


def tried(throttle: Throttle, now: list[float], key: Key, times: int) -> list[int]:
    """How long the key has to wait after each of some tries, each made as soon as it may."""
    waits = []
    for _ in range(times):
        assert throttle.enter(key) == 0
        waits.append(throttle.wait(key))
        now[0] += waits[-1]
    return waits


def test_five_tries_are_free_and_then_each_wait_is_twice_the_one_before() -> None:
    """Half a minute, a minute, and so on, up to a quarter of an hour; another key never waits."""
    now = [0.0]
    throttle = Throttle(clock=lambda: now[0])
    assert tried(throttle, now, A, 11) == [0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900]
    assert throttle.wait(B) == 0


def test_time_lets_in_again() -> None:
    """Who stayed away for as long as the longest wait has all free tries again."""
    now = [0.0]
    throttle = Throttle(clock=lambda: now[0])
    tried(throttle, now, A, 7)
    now[0] += 901
    assert tried(throttle, now, A, 5) == [0, 0, 0, 0, 30]


def test_a_try_is_counted_before_the_secret_is_looked_at() -> None:
    """Of a hundred tries at one moment five come through."""
    throttle = Throttle(clock=lambda: 0.0)
    with ThreadPoolExecutor(16) as many:
        waits = list(many.map(lambda _: throttle.enter(A, HERE), range(100)))
    assert waits.count(0) == 5


def test_who_proved_themselves_starts_anew() -> None:
    """Four typing errors before the right secret are forgotten; of the address only the right try is."""
    throttle = Throttle(clock=lambda: 0.0)
    for _ in range(19):
        throttle.enter(HERE)
    for _ in range(4):
        throttle.enter(A)
    assert throttle.enter(A, HERE) == 0
    throttle.passed(A, HERE)
    assert (throttle.wait(A), throttle.wait(HERE)) == (0, 0)
    assert throttle.enter(A, HERE) == 0
    assert throttle.wait(A) == 0
    assert throttle.wait(HERE) == 30


def test_it_does_not_grow_without_end() -> None:
    """Whoever tries a million names does not fill the memory."""
    throttle = Throttle(clock=lambda: 0.0)
    for number in range(MOST_KEYS + 50):
        throttle.enter(Key(f"name {number}", 5))
    assert len(throttle) == MOST_KEYS


def test_few_secrets_are_looked_at_at_once() -> None:
    """One runs, one waits until it has had enough, and a third is sent away without waiting at all."""
    gate, inside, leave = Gate(running=1, waiting=1, patience=0.4), Event(), Event()

    def look() -> None:
        with gate.through():
            inside.set()
            leave.wait(10)

    def refused() -> float:
        begun = monotonic()
        with pytest.raises(OutOfReach, match="Too many people sign in"), gate.through():
            pass
        return monotonic() - begun

    with ThreadPoolExecutor(2) as two:
        first = two.submit(look)
        inside.wait(10)
        second = two.submit(refused)
        while gate._places.acquire(blocking=False):  # noqa: SLF001 - until the second one waits
            gate._places.release()  # noqa: SLF001 - as above
        assert refused() < 0.2
        assert second.result() >= 0.4
        leave.set()
        first.result()
    with gate.through():
        pass
