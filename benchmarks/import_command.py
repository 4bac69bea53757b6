"""How long `onevoice audience import` takes from the shell, and how much memory, each time into a new database.

    .venv/bin/python -m benchmarks.import_command [CONTACTS] [TIMES]

Goal: 100,000 contacts in at most 30 s and 300 MiB. Writes benchmarks/results/import_command.json and prints a table.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.measured import publish
from benchmarks.stage import Ran, furnish, onevoice, quiet


def main(count: int, times: int) -> None:
    """Measure with a town of `count` contacts."""
    ran = [_import(count) for _ in range(times)]
    publish(
        "import_command",
        {
            "contacts": count,
            "times": times,
            "added": json.loads(ran[-1].out)["added"],
            "import_s": {
                "clock": round(median(one.seconds for one in ran), 2),
                "processor": round(median(one.cpu for one in ran), 2),
            },
            "peak_mib": max(one.peak_mib for one in ran),
            "goal": {"import_s": 30, "peak_mib": 300},
        },
    )


def _import(count: int) -> Ran:
    with tempfile.TemporaryDirectory(prefix="onevoice-bench-") as folder:
        environment = quiet() | {"ONEVOICE_HOME": folder, "ONEVOICE_SECRET": "nobody acts here"}
        furnish(environment)
        file = Path(folder) / "town.csv"
        onevoice("audience", "town", file, "--residents", str(count), environment=environment)
        return onevoice("audience", "import", file, "--json", environment=environment)


if __name__ == "__main__":
    given = sys.argv[1:]
    main(*(int(word) for word in (*given, *("100000", "3")[len(given) :])))
