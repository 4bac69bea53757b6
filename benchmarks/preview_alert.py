"""How long previewing the demo's alert takes: from the shell, at first in a process, and again in the same process.

    .venv/bin/python -m benchmarks.preview_alert [CONTACTS] [TIMES]

Goal: at most 2 s warm and 300 MiB. Writes benchmarks/results/preview_alert.json and prints a table.
"""

from __future__ import annotations

import json
import sys
import time
from statistics import median

from benchmarks.measured import publish
from benchmarks.stage import EXAMPLE, onevoice, run, town


def main(contacts: int, times: int) -> None:
    """Measure with a town of `contacts` contacts, as large as the demo's unless another is asked for."""
    with town(contacts) as environment:
        shell = [onevoice("alert", "preview", EXAMPLE, "--json", environment=environment) for _ in range(times)]
        own = [sys.executable, "-m", "benchmarks.preview_alert", "in-one-process", str(times)]
        inside = run(own, environment)
    seen, took = json.loads(shell[-1].out), json.loads(inside.out)
    publish(
        "preview_alert",
        {
            "contacts": contacts,
            "times": times,
            "reachable": seen["people"]["reachable"],
            "texts": len(seen["variants"]),
            "warm_s": round(median(took["seconds"][1:]), 2),
            "warm_cpu_s": round(median(took["cpu"][1:]), 2),
            "first_s": round(took["seconds"][0], 2),
            "first_cpu_s": round(took["cpu"][0], 2),
            "shell_s": round(median(one.seconds for one in shell), 2),
            "shell_cpu_s": round(median(one.cpu for one in shell), 2),
            "peak_mib": max(inside.peak_mib, *(one.peak_mib for one in shell)),
            "goal": {"warm_s": 2, "peak_mib": 300},
        },
    )


def in_one_process(times: int) -> None:
    """Preview once, then `times` more; print what each took."""
    from onevoice.desk.preview import preview  # noqa: PLC0415 - loads in the process that measures, only
    from onevoice.desk.wiring import open_desk  # noqa: PLC0415 - as above

    desk = open_desk()
    seconds, cpu = [], []
    for _ in range(times + 1):
        began, used = time.perf_counter(), time.process_time()
        preview(desk, str(EXAMPLE)).to_json()
        seconds.append(time.perf_counter() - began)
        cpu.append(time.process_time() - used)
    print(json.dumps({"seconds": seconds, "cpu": cpu}))


if __name__ == "__main__":
    given = sys.argv[1:]
    if given[:1] == ["in-one-process"]:
        in_one_process(int(given[1]))
    else:
        main(*(int(word) for word in (*given, *("2000", "5")[len(given) :])))
