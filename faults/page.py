"""Writes docs/reliability.md from what the tests of a run wrote down: `python -m faults.page SEEN_FOLDER`.

The figures are gathered into faults/seen.json, which belongs to the page; a test compares the two. A fault that this
run did not try keeps what was seen of it before, with its day.
"""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from faults.catalogue import SECTIONS, Fault

ROOT = Path(__file__).resolve().parent.parent
SEEN, PAGE = ROOT / "faults" / "seen.json", ROOT / "docs" / "reliability.md"
COUNTED = {
    "messages": "messages",
    "lost": "lost",
    "in_doubt": "calls in doubt",
    "duplicates": "duplicates",
    "parked": "parked",
}
WORST = {
    "most_in_flight": "most left in flight by all kills of one trial:",
    "most_duplicates": "most duplicates of one trial:",
}
TIMED = {
    "reowned_s": "re-owned within",
    "last_call_after_halt_s": "last call after halt at",
    "sent_within_s": "sent within",
}
Line = Mapping[str, Any]

HEAD = """# Reliability

What goes wrong, what must come of it, and what was seen. Written by `make faults` from what its tests noted.

Real processes send to a provider that is not theirs (`sandbox/`, with its own record) and are killed, stopped, cut off
or starved. Afterwards `faults/check.py` holds that record, the ledger and the audit chain against each other:

| | holds after each run |
|---|---|
| I1 | every planned delivery is terminal or visibly parked, and what is called sent was taken |
| I2 | every message in the record has exactly one attempt, and none that the ledger says was not taken |
| I3 | by the record, nobody has more than the policy allows; each further message came while the last was in doubt |
| I4 | nobody was written to who opted out, too late, in another mode or without a genuine approval |
| I5 | every text is, to the last character, what was approved |
| I6 | the audit chain is whole |
| I7 | no address and no name of a person stands in a log or in the clear in any file |

W is what a sender may have claimed at once, twice its window: at most so many calls can be in doubt after it is killed.
Here it is 36 texts and 16 mails, of which 18 and 8 may have begun: so many can be duplicates at most.
"""


def gather(folder: Path) -> dict[str, Any]:
    """Everything that the tests of a run wrote down, by fault."""
    texts = [file.read_text("utf-8") for file in sorted(folder.glob("*.jsonl"))]
    lines = [json.loads(line) for text in texts for line in text.splitlines()]
    faults = {fault.id: _one(fault.id, lines) for _, faults in SECTIONS for fault in faults}
    machine = f"{_cores()} cores, {platform.system()}, Python {platform.python_version()}"
    return {"machine": machine, "tests": len(lines), "faults": {k: v for k, v in faults.items() if v}}


def _cores() -> int:
    import os  # noqa: PLC0415 - only here

    return os.cpu_count() or 1


def _one(fault: str, lines: Iterable[Line]) -> dict[str, Any]:
    mine = [line for line in lines if fault in line["faults"]]
    ran = [line for line in mine if line["outcome"] != "skipped"]
    if not mine:
        return {}
    found: dict[str, Any] = {
        "day": max(str(line["at"])[:10] for line in mine),
        "ran": len(ran),
        "skipped": len(mine) - len(ran),
        "failed": sorted(line["test"] for line in ran if line["outcome"] == "failed"),
        "databases": sorted({_database(line) for line in ran if line.get("database")}),
    }
    figures = [line["figures"] for line in ran if "figures" in line]
    found |= {name: sum(one.get(name, 0) for one in figures) for name in COUNTED} if figures else {}
    for name in TIMED:
        values = [line[name] for line in ran if name in line]
        found |= {name: max(values)} if values else {}
    for name in ("callbacks", "forged", "kills"):
        values = [line[name] for line in ran if name in line]
        found |= {name: sum(values)} if values else {}
    found |= _seeds(ran)
    return found


def _database(line: Line) -> str:
    return "PostgreSQL" if str(line["database"]).startswith("postgres") else "SQLite"


def _seeds(ran: Sequence[Line]) -> dict[str, Any]:
    seeded = [line for line in ran if "seed" in line]
    if not seeded:
        return {}
    left = [line["in_flight"] for line in seeded]
    return {
        "seeds": [min(line["seed"] for line in seeded), max(line["seed"] for line in seeded)],
        "on_postgres": sum(_database(line) == "PostgreSQL" for line in seeded),
        "most_in_flight": max((sum(one.values()) for one in left), default=0),
        "most_duplicates": max(line["figures"].get("duplicates", 0) for line in seeded),
    }


# --- the page -----------------------------------------------------------------------------------------------------


def page(seen: Mapping[str, Any]) -> str:
    """docs/reliability.md."""
    last = max(found["day"] for found in seen["faults"].values())
    ran = f"The last run, on {last}, was of {seen['tests']} tests ({seen['machine']}). Each row has its own day."
    lines = [HEAD, ran, ""]
    for title, faults in SECTIONS:
        lines += [f"## {title}", "", "| | fault | expected | seen |", "|---|---|---|---|"]
        lines += [f"| {f.id} | {f.what} | {f.expected} | {_seen(f, seen['faults'].get(f.id))} |" for f in faults]
        lines.append("")
    return "\n".join(lines) + (ROOT / "faults" / "restored.md").read_text("utf-8")


def _seen(fault: Fault, found: Mapping[str, Any] | None) -> str:
    parts = [_figures(found)] if found and found["ran"] else ["**not tested** here"]
    if found and found["skipped"]:
        parts.append(f"{found['skipped']} skipped")
    if fault.elsewhere:
        parts.append(f"tested in {fault.elsewhere}")
    if fault.missing:
        parts.append(fault.missing)
    return "; ".join(parts)


def _figures(found: Mapping[str, Any]) -> str:
    words = [f"{found['day']}: {_count(found['ran'], 'run')}", *_where(found)]
    if "seeds" in found:
        first, last = found["seeds"]
        words.append(f"seeds {first} to {last}, {found['on_postgres']} of them on PostgreSQL")
    words += [f"{found[name]} {name}" for name in ("kills", "callbacks", "forged") if name in found]
    words += [f"{found[name]} {word}" for name, word in COUNTED.items() if name in found]
    words += [f"{word} {found[name]}" for name, word in WORST.items() if name in found]
    words += [f"{word} {found[name]} s" for name, word in TIMED.items() if name in found]
    words.append(_ending(found["failed"]))
    return ", ".join(words)


def _ending(failed: Sequence[str]) -> str:
    return f"**{len(failed)} failed**: {', '.join(failed[:3])}" if failed else "all hold"


def _where(found: Mapping[str, Any]) -> list[str]:
    return [f"on {' and '.join(found['databases'])}"] if found["databases"] else []


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def main(folder: Path) -> int:
    """Gather and write. The exit status is 1 where a test failed."""
    seen, before = gather(folder), json.loads(SEEN.read_text(encoding="utf-8"))
    failed = any(found["failed"] for found in seen["faults"].values())
    seen["faults"] = before["faults"] | seen["faults"]
    SEEN.write_text(json.dumps(seen, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    PAGE.write_text(page(seen), encoding="utf-8")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
