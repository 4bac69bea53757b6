from __future__ import annotations

from console.throttle import MOST_KEYS, Throttle


def test_the_fifth_failure_makes_a_key_wait_and_time_lets_it_in_again() -> None:
    """It waits until the oldest of the last five is a minute old; other keys never wait."""
    now = [0.0]
    throttle = Throttle(clock=lambda: now[0])
    for second in range(5):
        assert throttle.wait("name a") == 0
        now[0] = float(second)
        throttle.failed("name a")
    assert throttle.wait("name b", "name a") == 56
    assert throttle.wait("name b") == 0
    now[0] = 60.0
    assert throttle.wait("name a") == 0


def test_who_proved_themselves_starts_anew() -> None:
    """Four typing errors before the right secret are forgotten."""
    throttle = Throttle(clock=lambda: 0.0)
    for _ in range(4):
        throttle.failed("name a")
    throttle.passed("name a")
    throttle.failed("name a")
    assert throttle.wait("name a") == 0


def test_it_does_not_grow_without_end() -> None:
    """Whoever tries a million names does not fill the memory."""
    throttle = Throttle(clock=lambda: 0.0)
    for number in range(MOST_KEYS + 50):
        throttle.failed(f"name {number}")
    assert len(throttle) == MOST_KEYS
