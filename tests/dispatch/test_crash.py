"""Real processes that are killed, stopped, or run all at once. The record of the provider is the judge."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from onevoice.dispatch.providers import Outgoing, Receipt, Word
from onevoice.ledger.tables import worker as worker_table

Town = Any
Sends = Callable[..., Any]
pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parent / "worker_process.py"


def on(kind: str, *rest: Any) -> Any:
    """A case on SQLite or on PostgreSQL."""
    return pytest.param(kind, *rest, marks=[pytest.mark.postgres] if kind == "postgres" else [])


class Record:
    """What the providers of all processes have taken."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.touch()

    def lines(self) -> list[tuple[int, str]]:
        """Attempt and address of each message."""
        pairs = (line.split()[:2] for line in self.path.read_text().splitlines())
        return [(int(attempt), address) for attempt, address in pairs]

    def wait_for(self, many: int) -> None:
        """Wait until so many were taken."""
        until = time.monotonic() + 30
        while len(self.lines()) < many:
            assert time.monotonic() < until
            time.sleep(0.01)


@pytest.fixture
def record(tmp_path: Path) -> Record:
    """An empty record."""
    return Record(tmp_path / "record")


@contextmanager
def worker(town: Town, record: Record, *, rate: float, latency: float, once: bool = True) -> Iterator[Any]:
    """A sender in a process of its own."""
    given = {"url": town.url, "keys": str(town.vault_file), "record": str(record.path), "once": once}
    given |= {"halt": str(town.options().halt_file), "rate": rate, "latency": latency}
    process = subprocess.Popen([sys.executable, SCRIPT, json.dumps(given)], stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        if process.stdout and not process.stdout.closed:
            process.communicate(timeout=10)


def in_doubt(town: Town, release: int) -> int:
    """Rows of which nobody knows whether they were sent."""
    states = town.states(release)
    return int(states.get("submitting", 0)) + int(states.get("unknown", 0))


def of_record(double: Any, record: Record, *, can_be_asked: bool) -> Any:
    """A provider in this process that writes into, and can be asked about, the same record."""

    def write(message: Outgoing, _times: int) -> None:
        with record.path.open("a") as out:
            out.write(f"{message.attempt} {message.to}\n")

    provider = double(write, rate=5000.0)

    async def find(message: Outgoing, _since: datetime) -> Sequence[Receipt] | None:
        held = [a for a, _ in record.lines() if a == message.attempt]
        receipts = [Receipt(provider.name, Word.SENT, f"find-{a}", ref=f"ref-{a}") for a in held]
        return receipts if can_be_asked else None

    provider.find = find
    return provider


@pytest.mark.parametrize(
    ("database_url", "severity", "can_be_asked"),
    [
        on("sqlite", "Extreme", True),
        on("sqlite", "Extreme", False),
        on("sqlite", "Severe", False),
        on("sqlite", "Minor", True),
        on("postgres", "Extreme", False),
        on("postgres", "Minor", True),
    ],
    indirect=["database_url"],
)
def test_a_worker_killed_in_the_middle_loses_nothing(
    town: Town, send: Sends, follow: Sends, double: Any, record: Record, severity: str, can_be_asked: bool
) -> None:
    """After kill -9 at most W calls are in doubt; another worker finishes; the record equals the ledger."""
    people, window = 150, 20
    release = town.release(people, severity=severity)
    with worker(town, record, rate=200.0, latency=0.1) as process:
        record.wait_for(50)
        process.kill()
        process.wait(10)
    doubtful = in_doubt(town, release)
    assert 0 < doubtful <= 2 * window, "calls on their way, and as many held at most"
    provider = of_record(double, record, can_be_asked=can_be_asked)
    for after in (31, 61, 121, 181):
        follow(provider, after=after)
        send(provider)
    _judge(town, release, record, people, severity, doubtful, can_be_asked=can_be_asked)


def _judge(
    town: Town, release: int, record: Record, people: int, severity: str, doubtful: int, *, can_be_asked: bool
) -> None:
    states, had = town.states(release), Counter(address for _, address in record.lines())
    everybody = {town.address(p) for p in range(people)}
    assert in_doubt(town, release) == 0
    if severity == "Minor":
        assert everybody - set(had) == _parked(town, release), "who has nothing is parked, where a person sees it"
        assert set(had.values()) == {1}
    else:
        assert set(had) == everybody
        assert sum(had.values()) - people <= (0 if can_be_asked else doubtful)
        assert max(had.values()) <= 2
        assert set(states) <= {"accepted", "sent"}
    known = {a.id for a in town.attempts() if a.result in ("accepted", "unknown")}
    assert {attempt for attempt, _ in record.lines()} <= known, "everything in the record stands in the ledger"
    accepted = {a.id for a in town.attempts() if a.result == "accepted"}
    assert accepted <= {attempt for attempt, _ in record.lines()}, "nothing is called accepted that was not taken"


def _parked(town: Town, release: int) -> set[str]:
    keys = {row.contact_key for row in town.rows(release) if row.state == "parked"}
    return {town.address(p) for p in range(1000) if town.key(p) in keys} if keys else set()


@pytest.mark.parametrize(("database_url", "many"), [on("sqlite", 8), on("postgres", 4)], indirect=["database_url"])
def test_workers_on_the_same_rows_send_each_exactly_once(town: Town, record: Record, many: int) -> None:
    """Several processes that claim the same 500 deliveries at once: one message each, one attempt each."""
    release = town.release(500)
    with ExitStack() as stack:
        running = [stack.enter_context(worker(town, record, rate=200.0, latency=0.02)) for _ in range(many)]
        endings = [process.communicate(timeout=60)[0] for process in running]
    assert endings == ["done"] * many
    assert Counter(address for _, address in record.lines()) == {town.address(p): 1 for p in range(500)}
    assert town.states(release) == {"accepted": 500}
    assert len([a for a in town.attempts() if a.code != "not-started"]) == 500
    assert len({a.worker for a in town.attempts()}) > 1, "more than one of them had something to do"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_stop_it_finishes_what_runs_and_claims_nothing_new(
    town: Town, record: Record, number: signal.Signals
) -> None:
    """After SIGTERM the process ends by itself within 15 s, with status 0, and nothing is in doubt."""
    release = town.release(300)
    with worker(town, record, rate=100.0, latency=0.2, once=False) as process:
        record.wait_for(20)
        process.send_signal(number)
        asked = time.monotonic()
        said, _ = process.communicate(timeout=15)
        took = time.monotonic() - asked
    assert (said, process.returncode) == ("stopped", 0)
    assert took < 5
    assert in_doubt(town, release) == 0
    assert town.states(release)["accepted"] == len(record.lines()) < 100


def _wait_for_its_sign_of_life(town: Town) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with town.ledger.read() as conn:
            if conn.execute(worker_table.select()).first():
                return
        time.sleep(0.02)
    pytest.fail("the worker never began")


def test_a_running_worker_takes_up_a_release_within_a_second(town: Town, record: Record) -> None:
    """A sender that waits for work sends what is released while it waits, and stops for a halt file."""
    with worker(town, record, rate=100.0, latency=0.02, once=False):
        _wait_for_its_sign_of_life(town)
        town.release(5, chain="a")
        released = time.monotonic()
        record.wait_for(5)
        assert time.monotonic() - released < 1.0
        town.options().halt_file.touch()
        time.sleep(0.2)
        town.release(5, chain="b")
        time.sleep(0.5)
        assert len(record.lines()) == 5
