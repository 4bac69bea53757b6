"""How long `onevoice templates check` takes over the whole library, and again after one edited sentence.

    .venv/bin/python -m benchmarks.check_library

The command as a shell starts it, in a home of its own and on a copy of the words: first with nothing kept, then after
one English sentence of one hazard was changed, and its translations were found to hold.
Goal: the whole library in 8 minutes on two cores, which is its share of CI.
Writes benchmarks/results/check_library.json and prints a table.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.measured import ROOT, publish
from benchmarks.stage import quiet, run

SENTENCE, EDITED = (f"Water can cover {where} and enter homes." for where in ("roads", "streets"))
LIMIT = 600.0
COMMAND = [sys.executable, "-m", "onevoice", "templates", "check"]


def main() -> None:
    """Measure both, one after the other."""
    with tempfile.TemporaryDirectory(prefix="onevoice-bench-") as folder:
        words = Path(folder) / "words"
        for room in ("templates", "locales", "audiences"):
            shutil.copytree(ROOT / room, words / room)
        environment = quiet() | {"ONEVOICE_HOME": f"{folder}/home", "ONEVOICE_CONTENT": str(words)}
        whole = run(COMMAND, environment, LIMIT)
        _edit(words)
        after = run(COMMAND, environment, LIMIT)
    publish(
        "check_library",
        {
            "whole_s": round(whole.seconds, 1),
            "whole_cpu_s": round(whole.cpu, 1),
            "after_an_edit_s": round(after.seconds, 1),
            "after_an_edit_cpu_s": round(after.cpu, 1),
            "peak_mib": whole.peak_mib,
            "goal": {"whole_s": 480},
        },
    )


def _edit(words: Path) -> None:
    """One sentence said otherwise, and its translations looked at again: they say the same still."""
    for path in (words / "templates/hazards/river_flood.yaml", *words.glob("locales/*/LC_MESSAGES/messages.po")):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(SENTENCE, EDITED), encoding="utf-8")


if __name__ == "__main__":
    main()
