"""How long `onevoice --help` takes beside `import prefect`: each once in turn, so that both see the same machine.

    .venv/bin/python -m benchmarks.help_starts [TIMES]

Goal: at most a fifth. Writes benchmarks/results/help_starts.json and prints a table.
"""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median

from benchmarks.measured import publish
from benchmarks.stage import run

PROGRAMS = {
    "onevoice --help": [str(Path(sys.executable).with_name("onevoice")), "--help"],
    "import prefect": [sys.executable, "-c", "import prefect"],
}


def main(times: int) -> None:
    """Measure; one run of each before that fills the machine's caches."""
    for words in PROGRAMS.values():
        run(words)
    ran = [{name: run(words) for name, words in PROGRAMS.items()} for _ in range(times)]
    seconds = {name: round(median(one[name].seconds for one in ran), 3) for name in PROGRAMS}
    cpu = {name: round(median(one[name].cpu for one in ran), 3) for name in PROGRAMS}
    helped, imported = PROGRAMS
    publish(
        "help_starts",
        {
            "times": times,
            "median_s": seconds,
            "median_cpu_s": cpu,
            "ratio": round(median(one[helped].seconds / one[imported].seconds for one in ran), 3),
            "ratio_cpu": round(median(one[helped].cpu / one[imported].cpu for one in ran), 3),
            "goal": {"ratio": 0.2},
        },
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9)
