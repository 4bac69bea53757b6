"""How long taking contacts in takes, and how much memory: first as a new file, then the same file once more.

    .venv/bin/python -m benchmarks.import_contacts [CONTACTS]

Goal: 100,000 contacts in at most 30 s and 300 MiB. Writes benchmarks/results/import_contacts.json and prints it.
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from audiences.contacts import read
from audiences.gazetteer import Gazetteer
from audiences.town import generate
from benchmarks.measured import ROOT, Measured, both, publish, rate
from onevoice.ledger import contacts
from onevoice.ledger.engine import Ledger
from onevoice.ledger.vault import Vault


def main(count: int) -> None:
    """Measure with a town of `count` contacts."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with Measured("generate") as made:
            generate(home / "town.csv", count, seed=1)
        ledger = Ledger.open(f"sqlite:///{home / 'onevoice.db'}")
        ledger.upgrade()
        vault = Vault.create(home / "keys.json")
        with Measured("import") as new:
            first = _import(home / "town.csv", ledger, vault)
        with Measured("import again") as again:
            second = _import(home / "town.csv", ledger, vault)
        longest = _longest_lock(home / "town.csv", ledger, vault)
        ledger.close()
    publish(
        "import_contacts",
        {
            "contacts": count,
            "added": first.added,
            "unchanged_again": second.unchanged,
            "shared_points": first.shared,
            "generate_rows_per_s": rate(count, made.seconds),
            "import_s": both(new),
            "import_again_s": both(again),
            "longest_write_transaction_s": round(longest, 3),
            "peak_mib": again.peak_mib,
            "goal": {"import_s": 30, "peak_mib": 300},
        },
    )


def _import(path: Path, ledger: Ledger, vault: Vault) -> contacts.Imported:
    reading = read(path, load_numbers=True, gazetteer=Gazetteer.load(ROOT))
    return contacts.put_in_turns(ledger, vault, reading.rows, datetime.now(UTC))


def _longest_lock(path: Path, ledger: Ledger, vault: Vault) -> float:
    """Seconds for which one batch keeps others from writing."""
    rows = list(read(path, load_numbers=True).rows)[: contacts.BATCH]
    started = time.perf_counter()
    with ledger.write() as conn:
        contacts.put(conn, vault, rows, datetime.now(UTC))
    return time.perf_counter() - started


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
