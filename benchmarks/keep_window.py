"""Whether the window is kept full: messages a second beside window ÷ latency, where the provider takes 50 ms to answer.

    .venv/bin/python -m benchmarks.keep_window [SECONDS] [TURNS] [WINDOW...]

`onevoice send-due` on SQLite with ONEVOICE_WINDOW at each of these, as many messages as it could send in so many
seconds. By the sink's own clock; its count of messages that waited for an answer at once shows how full the window was.
Writes benchmarks/results/keep_window.json.
"""

from __future__ import annotations

import itertools
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.measured import publish
from benchmarks.send_messages import Sink, databases, onevoice

LATENCY = 0.05
WINDOWS = (16, 64, 128, 256)


def main(seconds: float, turns: int, windows: list[int]) -> None:
    """Measure each window `turns` times, in turns."""
    share: dict[int, list[float]] = {window: [] for window in windows}
    full: dict[int, list[float]] = {window: [] for window in windows}
    with (
        tempfile.TemporaryDirectory(prefix="onevoice-bench-") as folder,
        Sink(LATENCY) as sink,
        databases("sqlite") as fresh,
    ):
        for turn, window in itertools.product(range(turns), windows):
            count = round(seconds * window / LATENCY)
            took = onevoice(sink, Path(folder) / f"{turn}-{window}", fresh, count, window=window)
            share[window].append(took["rate"] * LATENCY / window)
            full[window].append(sink.count()["sms"]["most_at_once"])
            print(turn, window, took, full[window][-1], file=sys.stderr)
    publish(
        "keep_window",
        {
            "latency_ms": LATENCY * 1000,
            "turns": turns,
            "share_of_window_by_latency": {window: round(median(each), 2) for window, each in share.items()},
            "most_at_once": {window: round(median(each)) for window, each in full.items()},
            "must_be_at_least": 0.95,
        },
    )


if __name__ == "__main__":
    given = dict(enumerate(sys.argv))
    main(float(given.get(1, 2)), int(given.get(2, 3)), [int(word) for word in sys.argv[3:]] or list(WINDOWS))
