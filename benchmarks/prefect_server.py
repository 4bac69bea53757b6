"""What sending costs Prefect's server for each recipient, beside a flow that makes one task of each message.

    .venv/bin/python -m benchmarks.prefect_server [MESSAGES] [TASKS] [TURNS]

Ours is the follow-up flow, which sends so many text messages that are due to a sink; the other is a flow whose tasks do
nothing at all. Both run in a process of their own and are recorded by one server, in turns. Counted are the
processor's seconds of that server while a flow runs: `ratio` with those that it uses whether or not anything runs,
`ratio_without_rest` without them. Writes benchmarks/results/prefect_server.json.
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
        idle = _idle(server)
        for turn in range(turns):
            home = Path(folder) / str(turn)
            used["onevoice"].append(_ours(sink, home, fresh, messages, environment, server))
            used["a_task_each"].append(_used(TASKS.format(tasks), tasks, environment, server))
            print(turn, {way: each[-1] for way, each in used.items()}, file=sys.stderr)
    publish(
        "prefect_server",
        {
            "messages": messages,
            "tasks": tasks,
            "turns": turns,
            "cpu_us_a_recipient": _microseconds(used, 0),
            "cpu_us_a_recipient_without_rest": _microseconds(used, idle),
            "idle_cpu_ms_a_second": round(idle * 1000, 1),
            "ratio": _ratio(used, 0),
            "ratio_without_rest": _ratio(used, idle),
            "must_be_at_most": {"ratio": 0.001},
        },
    )


@dataclass(frozen=True)
class _Used:
    """What the server used while a program ran: seconds of the processor, of the clock, and for how many messages."""

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


def _ours(sink: Sink, home: Path, fresh: Fresh, messages: int, environment: Mapping[str, str], server: int) -> _Used:
    given = outbox.settings(home, filled(home, fresh, messages), sink.sms, sink.smtp)
    sink.count(anew=True)
    used = _used(OURS, messages, {**environment, **outbox.environment(given)}, server)
    if (took := sink.count()["sms"])["different"] != messages:
        raise RuntimeError(f"the sink took {took}, not {messages}")
    return used


def _used(program: str, count: int, environment: Mapping[str, str], server: int) -> _Used:
    before = processor(server)
    ran = run([sys.executable, "-c", program], environment, LIMIT)
    return _Used(processor(server) - before, ran.seconds, count)


def _idle(server: int) -> float:
    before = processor(server)
    time.sleep(IDLE)
    return (processor(server) - before) / IDLE


if __name__ == "__main__":
    given = sys.argv[1:]
    main(*(int(word) for word in (*given, *("100000", "300", "3")[len(given) :])))
