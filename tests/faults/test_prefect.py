"""The same faults where Prefect wakes the senders up: flow runs are killed, started twice, and lose their server."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from faults.check import MOST_OPEN, in_flight
from faults.nemesis import row_of, trial
from faults.processes import wait_until
from faults.trial import settle
from faults.voices import texts
from onevoice.failpoint import Point

pytestmark = pytest.mark.slow


@pytest.fixture
def line(woken: Any) -> Iterator[Any]:
    """Give the line to Prefect's server; afterwards it is whole again."""
    yield woken().line
    woken().line.broken = False


@pytest.mark.fault("F3", "F10")
@pytest.mark.parametrize("row", ["urgent", "minor"])
def test_a_flow_run_that_is_killed_after_the_intents_is_taken_over(deploy: Any, holds: Any, row: str) -> None:
    """What it was about to call is in doubt: minor is parked and not sent; the rest is sent once by the next run."""
    deployment = deploy(row, prefect=True)
    deployment.listen()
    run = deployment.sender(point=Point.INTENTS_DONE.value, nth=2)
    assert run.ended() is None
    left = in_flight(deployment, run.pid)
    assert deployment.provider.count() == 0
    assert 0 < left["sms"] <= MOST_OPEN["sms"]
    settle(deployment)
    figures = holds(deployment, kills=1)
    assert figures["duplicates"] == 0
    assert figures["parked"] == (left.total() if row == "minor" else 0)


@pytest.mark.fault("F5")
def test_a_flow_run_that_is_killed_with_the_answer_in_hand_sends_nothing_twice(deploy: Any, holds: Any) -> None:
    """Prefect holds the run for running; the ledger says what is due, and the provider what it has."""
    deployment = deploy("urgent", prefect=True)
    deployment.listen()
    assert deployment.sender(point=Point.CALL_ANSWERED.value, nth=12).ended() is None
    settle(deployment)
    holds(deployment, kills=1)
    assert max(Counter(one.to for one in texts(deployment)).values()) == 1


@pytest.mark.fault("F51")
def test_the_same_flow_twice_at_once_sends_each_once(deploy: Any, holds: Any) -> None:
    """Prefect starts a run a second time, as it may: the rows are shared out, and nothing is in doubt."""
    deployment = deploy("severe", prefect=True)
    deployment.listen()
    runs = [deployment.sender() for _ in range(2)]
    assert all(run.ended() for run in runs)
    settle(deployment)
    figures = holds(deployment)
    assert (figures["duplicates"], figures["in_doubt"]) == (0, 0)


@pytest.mark.fault("F49")
@pytest.mark.parametrize("when", ["before", "in the middle"])
def test_prefects_server_is_gone(deploy: Any, holds: Any, line: Any, when: str) -> None:
    """The flow run may fail; `send-due` then sends what is due, and nobody gets twice what the run has sent."""
    deployment = deploy("severe", prefect=True)
    deployment.listen()
    if when == "before":
        line.broken = True
    run = deployment.sender()
    if when == "in the middle":
        wait_until(lambda: deployment.provider.count() > 10 or not run.runs, "messages")
        line.broken = True
        line.cut()
    deployment.flows = None
    settle(deployment)
    run.kill()
    settle(deployment)
    figures = holds(deployment, kills=1)
    assert figures["duplicates"] == 0
    assert figures["lost"] == 0


@pytest.mark.fault("F13")
@pytest.mark.faults
@pytest.mark.parametrize("seed", range(300, 320))
def test_whatever_flow_run_is_killed_nothing_is_lost(deploy: Any, seen: Any, seed: int) -> None:
    """The nemesis again, where every sender is a flow run."""
    kind = "postgres" if seed % 2 else "sqlite"
    found = trial(seed, deploy(row_of(seed), kind, prefect=True), kind)
    seen(seed=seed, database=kind, kills=found.kills, in_flight=dict(found.in_flight), figures=found.verdict.figures)
    assert not found.verdict.problems, found
