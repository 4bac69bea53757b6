"""Several workers, one rate. Real processes; the record of the provider is the judge."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from onevoice import failpoint as points
from onevoice.dispatch.lane import AHEAD, SPARED
from onevoice.failpoint import Point
from onevoice.settings import Mode

Town = Any
Sends = Callable[..., Any]
SCRIPT = Path(__file__).parent / "worker_process.py"
WORKERS, RATE, CALLS = 3, 50.0, 300
MISSED = 0.1

on_both = pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


Arm = Callable[[Callable[[Point], None]], None]


@pytest.fixture
def armed() -> Iterator[Arm]:
    """Have a function called at every fail-point, until the test is over."""
    yield lambda strike: points.arm(strike, Mode.EXERCISE)
    points.arm(None, Mode.EXERCISE)


def begun(record: Path) -> list[float]:
    """When each call began at the provider, in order: one clock for all processes of this machine."""
    return sorted(float(line.split()[2]) for line in record.read_text().splitlines())


def most_in_a_second(moments: list[float]) -> int:
    """The most calls in any one second."""
    return max(sum(start <= at < start + 1 for at in moments) for start in moments)


@pytest.mark.slow
@on_both
def test_three_workers_together_keep_to_the_rate(town: Town, tmp_path: Path) -> None:
    """In no second more than rate + 1 calls begin at the provider, and not 5 % less than the rate allows are made."""
    made = []
    for turn in range(3):  # on a machine that has more to do than it can, a turn may be slow; none may be too fast
        town.release(CALLS, chain=f"turn-{turn}")
        moments, missed = sent_by_three(town, tmp_path / f"record-{turn}")
        assert len(moments) == CALLS
        assert most_in_a_second(moments) <= RATE + 1
        made.append((CALLS - 1 + missed) / (moments[-1] - moments[0]) / RATE)
        if made[-1] >= 0.95:
            break
    assert max(made) >= 0.95
    assert len({a.worker for a in town.attempts()}) >= WORKERS, "all of them had something to do"


def sent_by_three(town: Town, record: Path) -> tuple[list[float], int]:
    """Three processes send what is due. When their calls began, and how many slots were given up."""
    before = len(town.attempts())
    # what a call is late at most is what the rate spares, so that no second is too full however busy the machine is
    given = {"url": town.url, "keys": str(town.vault_file), "record": str(record), "once": True, "missed": SPARED}
    given |= {"halt": str(town.options().halt_file), "rate": RATE, "latency": 0.05}
    running = [
        subprocess.Popen([sys.executable, SCRIPT, json.dumps(given)], stdout=subprocess.PIPE) for _ in range(WORKERS)
    ]
    try:
        for process in running:
            process.communicate(timeout=60)
    finally:
        for process in running:
            process.kill()
    return begun(record), len(town.attempts()) - before - CALLS


def test_a_missed_slot_is_given_up(town: Town, send: Sends, double: Any, armed: Arm) -> None:
    """A commit that takes longer than a slot may be late: its calls are not made, and are claimed again for later."""
    town.release(6)
    slow = [0.0, MISSED + AHEAD + 0.1, 0.0]

    def strike(point: Point) -> None:
        if point is Point.INTENTS_DONE and slow:
            time.sleep(slow.pop(0))

    armed(strike)
    provider = double(rate=100.0)  # slow enough that what is spared of the rate covers no late call
    counts = send(provider, missed=MISSED)
    assert counts.taken_back > 0
    assert (counts.started, counts.accepted) == (6, 6)
    assert len(provider.called) == 6
    assert {a.code for a in town.attempts() if a.result == "retry"} == {"not-started"}


def test_slow_commits_are_allowed_for(town: Town, send: Sends, double: Any, armed: Arm) -> None:
    """On a disk on which every commit takes longer than a slot may be late, slots are taken further ahead."""
    town.release(30)

    def strike(point: Point) -> None:
        if point is Point.INTENTS_DONE:
            time.sleep(MISSED + AHEAD + 0.05)

    armed(strike)
    counts = send(double(rate=200.0), missed=MISSED)
    assert counts.accepted == 30
    assert counts.taken_back <= 8, "once it is known how long a commit takes, hardly any slot is missed"


def test_a_halt_between_claim_and_slot_holds(town: Town, send: Sends, double: Any) -> None:
    """A call that waits for its slot looks at the switch when its turn comes."""
    town.release(3)

    def halts(_message: Any, _times: int) -> None:
        town.options().halt_file.touch()

    provider = double(halts, rate=25.0, latency=0.001)
    assert send(provider).ending == "halted"
    assert len(provider.called) == 1
    assert town.states(1)["accepted"] == 1


def test_calls_are_a_slot_apart(town: Town, send: Sends, double: Any) -> None:
    """From one worker too, whatever the answers take: no burst, at the beginning or after a pause."""
    town.release(20)
    provider = double(rate=50.0, latency=0.05)
    send(provider)
    assert provider.starts[-1] - provider.starts[0] >= 15 / 50.0, "nineteen slots, or a little less after a late start"
