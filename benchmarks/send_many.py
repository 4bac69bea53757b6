"""What one message costs among many, and how much memory the sender needs: ten thousand beside a million.

    .venv/bin/python -m benchmarks.send_many [MOST] [FEWEST] [sqlite|postgresql]

`onevoice send-due` sends so many text messages to a sink that answers at once. Goals: one message among a million
costs at most 1.1 times as much processor as one among ten thousand; memory 1.3 times, and 150 MiB. A million takes ten
minutes and a gigabyte on disk. Writes benchmarks/results/send_many*.json.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.measured import publish
from benchmarks.send_messages import Sink, databases, onevoice


def main(most: int, fewest: int, kind: str) -> None:
    """Measure both sizes, the fewest first."""
    took: dict[int, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="onevoice-bench-") as folder, Sink() as sink, databases(kind) as fresh:
        for count in (fewest, most):
            took[count] = onevoice(sink, Path(folder) / str(count), fresh, count)
            print(count, took[count], file=sys.stderr)
    publish(
        "send_many" + ("" if kind == "sqlite" else f"_{kind}"),
        {
            "messages": [fewest, most],
            "a_second": [round(took[n]["rate"]) for n in (fewest, most)],
            "cpu_us_a_message": [round(took[n]["cpu_us"]) for n in (fewest, most)],
            "peak_mib": [took[n]["peak_mib"] for n in (fewest, most)],
            "cost_of_one": round(took[most]["cpu_us"] / took[fewest]["cpu_us"], 2),
            "memory": round(took[most]["peak_mib"] / took[fewest]["peak_mib"], 2),
            "must_be_at_most": {"cost_of_one": 1.1, "memory": 1.3, "peak_mib": 150},
        },
    )


if __name__ == "__main__":
    given = sys.argv[1:]
    main(
        int(given[0]) if given else 100_000,
        int(given[1]) if len(given) > 1 else 10_000,
        given[2] if len(given) > 2 else "sqlite",  # noqa: PLR2004 - the third word
    )
