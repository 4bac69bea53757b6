"""What the benchmarks have in common: a stopwatch, the peak of memory, and one JSON file for each in results/."""

from __future__ import annotations

import json
import os
import platform
import resource
import sqlite3
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"


class Measured:
    """Seconds that a block took by the clock and on the processor, and the peak of the process's memory until then.

    Where other programs run, the processor's seconds say what a machine of one's own would take.
    """

    def __init__(self, what: str) -> None:
        self.what = what
        self.seconds = self.cpu = 0.0
        self.peak_mib = 0

    def __enter__(self) -> Self:
        self._started, self._cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds, self.cpu = time.perf_counter() - self._started, time.process_time() - self._cpu
        self.peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"{self.what}: {self.seconds:.2f} s (processor {self.cpu:.2f} s), {self.peak_mib} MiB", file=sys.stderr)


def both(measured: Measured) -> dict[str, float]:
    """Seconds by the clock and on the processor."""
    return {"clock": round(measured.seconds, 2), "processor": round(measured.cpu, 2)}


def rate(count: int, seconds: float) -> int:
    """How many a second."""
    return round(count / max(seconds, 1e-9))


def publish(name: str, figures: dict[str, Any]) -> None:
    """Write results/<name>.json with the machine beside the figures, and print them as a table."""
    machine = {
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "load": [round(load, 1) for load in os.getloadavg()],
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    text = json.dumps({"benchmark": name, **figures, "machine": machine}, indent=2)
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    goals = {key: f"goal: at most {goal}" for key, goal in figures.get("goal", {}).items()}
    print(name)
    for key, value in {**figures, **machine}.items():
        if key != "goal":
            print(f"  {key:28} {_plain(value):40} {goals.get(key, '')}".rstrip())


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {one}" for key, one in value.items())
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
