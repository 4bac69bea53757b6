"""Runs one program to its end and tells its seconds, its processor time and its peak of memory, as JSON.

    python benchmarks/timed.py LIMIT WORD...

A process of its own, and a small one: Linux counts what the starter of a program had in memory into the program's
peak, so a program that is started from here has only itself to answer for. After LIMIT seconds it is killed.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time


def main(limit: float, words: list[str]) -> int:
    """Print the figures of one run; the exit status is the program's own."""
    started = time.perf_counter()
    ran = subprocess.run(words, capture_output=True, text=True, timeout=limit, check=False)  # noqa: S603 - our own programs
    seconds = time.perf_counter() - started
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    figures = {
        "seconds": seconds,
        "cpu": used.ru_utime + used.ru_stime,
        "peak_mib": used.ru_maxrss // 1024,
        "out": ran.stdout,
        "err": ran.stderr[-2000:],
    }
    print(json.dumps(figures))
    return ran.returncode


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), sys.argv[2:]))
