"""What sending costs Prefect's server for each recipient, beside a flow that makes one task of each message.

    .venv/bin/python -m benchmarks.prefect_server [MESSAGES] [TASKS] [TURNS]

Ours is the follow-up flow, which sends so many text messages that are due to a sink; the other is a flow whose tasks do
nothing at all. Both run in a process of their own and are recorded by one server, in turns. What counts is the
processor's seconds of that server while a flow runs, those included that it uses whether or not anything runs.
Writes benchmarks/results/prefect_server.json.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Mapping
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
    took: dict[str, list[float]] = {"onevoice": [], "a_task_each": []}
    with (
        tempfile.TemporaryDirectory(prefix="onevoice-bench-") as folder,
        Sink() as sink,
        databases("sqlite") as fresh,
        prefect(quiet() | {"ONEVOICE_HOME": folder}) as (environment, server),
    ):
        idle = _idle(server)
        for turn in range(turns):
            home = Path(folder) / str(turn)
            took["onevoice"].append(_ours(sink, home, fresh, messages, environment, server))
            took["a_task_each"].append(_used(TASKS.format(tasks), environment, server) / tasks)
            print(turn, {way: each[-1] for way, each in took.items()}, file=sys.stderr)
    ratios = [ours / each for ours, each in zip(took["onevoice"], took["a_task_each"], strict=True)]
    publish(
        "prefect_server",
        {
            "messages": messages,
            "tasks": tasks,
            "turns": turns,
            "cpu_us_a_recipient": {way: round(median(each) * 1e6, 1) for way, each in took.items()},
            "idle_cpu_ms_a_second": round(idle * 1000, 1),
            "ratio": round(median(ratios), 5),
            "must_be_at_most": {"ratio": 0.001},
        },
    )


def _ours(sink: Sink, home: Path, fresh: Fresh, messages: int, environment: Mapping[str, str], server: int) -> float:
    given = outbox.settings(home, filled(home, fresh, messages), sink.sms, sink.smtp)
    sink.count(anew=True)
    used = _used(OURS, {**environment, **outbox.environment(given)}, server)
    if (took := sink.count()["sms"])["different"] != messages:
        raise RuntimeError(f"the sink took {took}, not {messages}")
    return used / messages


def _used(program: str, environment: Mapping[str, str], server: int) -> float:
    """What the server used while a program ran."""
    before = processor(server)
    run([sys.executable, "-c", program], environment, LIMIT)
    return processor(server) - before


def _idle(server: int) -> float:
    before = processor(server)
    time.sleep(IDLE)
    return (processor(server) - before) / IDLE


if __name__ == "__main__":
    given = sys.argv[1:]
    main(*(int(word) for word in (*given, *("100000", "300", "3")[len(given) :])))
