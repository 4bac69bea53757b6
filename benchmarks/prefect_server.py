"""What sending costs Prefect's server for each recipient, beside a flow that makes one task of each message.

    .venv/bin/python -m benchmarks.prefect_server [MESSAGES] [TASKS] [TURNS]

Ours is the follow-up flow, which sends so many text messages that are due to a sink; the other is a flow whose tasks do
nothing at all. Both run in a process of their own and are recorded by one server, in turns, after one short turn of
each that is not counted. Counted are the processor's seconds of that server until it has written down all that it was
told, which goes on after a flow of many tasks has ended: `ratio` with those that it uses at rest as long as the flow
runs, `ratio_without_rest` without them. Writes benchmarks/results/prefect_server.json.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks import outbox
from benchmarks.measured import publish
from benchmarks.send_messages import Fresh, Sink, databases, filled
from benchmarks.stage import prefect, processor, quiet, run

IDLE = 10.0
"""Seconds for which the server is left alone."""
LOOK, QUIET = 2.0, 2.0
"""Seconds between two looks whether it rests again; so many times what it uses at rest is rest."""
FEW = 20
"""Messages, and tasks, of the turn that is not counted."""
OURS = "import asyncio\nfrom flows.follow_up import follow_up\nasyncio.run(follow_up())"
TASKS = """
from prefect import flow, task
from prefect.futures import wait
one = task(lambda number: None, name="one message")
@flow
def each(count: int) -> None:
    wait([one.submit(number) for number in range(count)])
each({})
"""
LIMIT = 900.0


def main(messages: int, tasks: int, turns: int) -> None:
    """Measure both `turns` times, in turns."""
    used: dict[str, list[_Used]] = {"onevoice": [], "a_task_each": []}
    with (
        tempfile.TemporaryDirectory(prefix="onevoice-bench-") as folder,
        Sink() as sink,
        databases("sqlite") as fresh,
        prefect(quiet() | {"ONEVOICE_HOME": folder}) as (environment, server),
    ):
        recorder = _Recorder(server, environment)
        for turn in range(turns + 1):
            counts = (messages, tasks) if turn else (FEW, FEW)
            ours = _ours(recorder, sink, Path(folder) / str(turn), fresh, counts[0])
            theirs = recorder.used(TASKS.format(counts[1]), counts[1])
            print(turn, ours, theirs, file=sys.stderr)
            if turn:
                used["onevoice"].append(ours)
                used["a_task_each"].append(theirs)
    publish(
        "prefect_server",
        {
            "messages": messages,
            "tasks": tasks,
            "turns": turns,
            "cpu_us_a_recipient": _microseconds(used, 0),
            "cpu_us_a_recipient_without_rest": _microseconds(used, recorder.idle),
            "idle_cpu_ms_a_second": round(recorder.idle * 1000, 1),
            "ratio": _ratio(used, 0),
            "ratio_without_rest": _ratio(used, recorder.idle),
            "must_be_at_most": {"ratio": 0.001},
        },
    )


@dataclass(frozen=True)
class _Used:
    """What the server used for a program: seconds of the processor, the clock's while it ran, and for how many."""

    cpu: float
    seconds: float
    count: int

    def each(self, rest: float) -> float:
        """Seconds of the processor for one; without `rest` of them in each second of the clock."""
        return (self.cpu - rest * self.seconds) / self.count


def _microseconds(used: Mapping[str, list[_Used]], rest: float) -> dict[str, float]:
    return {way: round(median(one.each(rest) for one in each) * 1e6, 1) for way, each in used.items()}


def _ratio(used: Mapping[str, list[_Used]], rest: float) -> float:
    pairs = zip(used["onevoice"], used["a_task_each"], strict=True)
    return round(median(ours.each(rest) / theirs.each(rest) for ours, theirs in pairs), 5)


class _Recorder:
    """Prefect's server. `idle`: seconds of the processor that it uses in a second at rest."""

    def __init__(self, server: int, environment: Mapping[str, str]) -> None:
        self._server, self._environment = server, environment
        time.sleep(IDLE)
        self.idle = self._within(IDLE)

    def used(self, program: str, count: int, more: Mapping[str, str] | None = None) -> _Used:
        """Run a program to its end, and wait until all that the server was told is written down."""
        before = processor(self._server)
        ran = run([sys.executable, "-c", program], {**self._environment, **(more or {})}, LIMIT)
        ended = time.monotonic()
        while self._within(LOOK) > self.idle * QUIET:
            pass
        rest = self.idle * (time.monotonic() - ended)
        return _Used(processor(self._server) - before - rest, ran.seconds, count)

    def _within(self, seconds: float) -> float:
        before = processor(self._server)
        time.sleep(seconds)
        return (processor(self._server) - before) / seconds


def _ours(recorder: _Recorder, sink: Sink, home: Path, fresh: Fresh, messages: int) -> _Used:
    given = outbox.settings(home, filled(home, fresh, messages), sink.sms, sink.smtp)
    sink.count(anew=True)
    used = recorder.used(OURS, messages, outbox.environment(given))
    if (took := sink.count()["sms"])["different"] != messages:
        raise RuntimeError(f"the sink took {took}, not {messages}")
    return used


if __name__ == "__main__":
    given = sys.argv[1:]
    main(*(int(word) for word in (*given, *("100000", "300", "3")[len(given) :])))
