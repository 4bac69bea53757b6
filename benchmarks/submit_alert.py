"""How long submitting an alert to a whole town takes: who is meant (preview), snapshot and plan, and the next means.

    .venv/bin/python -m benchmarks.submit_alert [CONTACTS] [DATABASE_URL]

The texts are not composed: each gets an id. DATABASE_URL names an empty database; without it SQLite is used.
Goal: snapshot and plan for 100,000 contacts in at most 5 s and 300 MiB. Writes benchmarks/results/submit_alert.json.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, case, insert, update

from audiences.contacts import read
from audiences.gazetteer import Gazetteer
from audiences.segments import segments
from audiences.town import generate
from benchmarks.measured import ROOT, Measured, both, publish
from onevoice.alert import Kind
from onevoice.ledger import contacts, plan
from onevoice.ledger import tables as t
from onevoice.ledger.engine import Ledger
from onevoice.ledger.vault import Vault

NOW = datetime.now(UTC)


def main(count: int, url: str | None) -> None:
    """Measure with a town of `count` contacts, all of it in the area."""
    gazetteer = Gazetteer.load(ROOT)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        ledger = Ledger.open(url or f"sqlite:///{home / 'onevoice.db'}")
        ledger.upgrade()
        move_in(home, count, ledger, gazetteer)
        first = wanted(gazetteer)
        with Measured("preview: people") as people, ledger.read() as conn:
            numbers = plan.people(conn, first)
        with Measured("preview: texts in use") as in_use, ledger.read() as conn:
            texts = plan.in_use(conn, first)
        submitted, written, planned = submit(ledger, 1, first, texts)
        following, opening, added = follow_up(ledger)
        with ledger.read() as conn:
            texts = plan.in_use(conn, second := wanted(gazetteer, previous=(1,)))
        updated, *_ = submit(ledger, 2, second, texts)
        ledger.close()
    publish(
        "submit_alert" + ("_postgresql" if url else ""),
        {
            "contacts": count,
            "reachable": numbers.reachable,
            "deliveries": planned.deliveries,
            "texts": len(texts),
            "people_s": both(people),
            "in_use_s": both(in_use),
            "submit_s": both(submitted),
            "of_it_write_s": both(written),
            "submit_update_s": both(updated),
            "next_means_s": both(following),
            "next_means_write_s": both(opening),
            "next_means_deliveries": added,
            "peak_mib": updated.peak_mib,
            "goal": {"submit_s": 5, "peak_mib": 300},
        },
    )


def follow_up(ledger: Ledger) -> tuple[Measured, Measured, int]:
    """Let every tenth delivery fail, and plan the next means: all of it, its write, and how many deliveries it adds."""
    with ledger.write() as conn:
        failed = case((t.delivery.c.id % 10 == 0, "undelivered"), else_="delivered")
        conn.execute(update(t.delivery).values(state=failed))
    with Measured("next means") as following, ledger.apart() as apart:
        with apart.look() as conn:
            left = plan.look_for_next(conn, 1, NOW)
        with Measured("of it, the write") as opening, apart.write() as conn:
            added = plan.next_means(conn, 1, NOW, left) if left is not None else 0
    return following, opening, added


def move_in(home: Path, count: int, ledger: Ledger, gazetteer: Gazetteer) -> None:
    """Import a town."""
    generate(home / "town.csv", count, seed=1)
    reading = read(home / "town.csv", load_numbers=True, gazetteer=gazetteer)
    with Measured("import"):
        contacts.put_in_turns(ledger, Vault.create(home / "keys.json"), reading.rows, NOW)


def wanted(gazetteer: Gazetteer, previous: tuple[int, ...] = ()) -> plan.Wanted:
    """The whole town; of a second version, all but the first zone."""
    zones = tuple(gazetteer.zones)
    return plan.Wanted(
        segments_named=segments(ROOT),
        segments_all=segments(ROOT),
        zones=zones[1:] if previous else zones,
        jurisdiction=zones,
        previous_releases=previous,
        topic=plan.topic(Kind.WARNING),
    )


def submit(
    ledger: Ledger, release: int, who: plan.Wanted, texts: Sequence[plan.InUse]
) -> tuple[Measured, Measured, plan.Planned]:
    """Look, arrange, write and commit, as a submit does; measured whole, and the write with its commit alone."""
    chosen = numbered(texts)
    with Measured("submit") as measured, ledger.apart() as apart:
        with apart.look() as conn:
            arranged = plan.arrange(plan.lay_out(conn, plan.meant(conn, who)), chosen)
        with Measured("write") as written, apart.write() as conn:
            freeze(conn, release)
            plan.put(conn, release, arranged, NOW)
    return measured, written, arranged.planned


def numbered(texts: Sequence[plan.InUse]) -> dict[Any, plan.Chosen]:
    """An id for each text."""
    return {(u.profile_key, u.means, u.messenger, u.group): plan.Chosen(f"v{i}") for i, u in enumerate(texts)}


def freeze(conn: Connection, release: int) -> None:
    """The rows that the desk would have written before."""
    common = {"status": "Exercise", "expires": NOW + timedelta(hours=12)}
    conn.execute(
        insert(t.alert).values(
            id=f"alert-{release}",
            chain="chain",
            version=release,
            incident="benchmark",
            hazard="river_flood",
            kind=Kind.WARNING,
            state="sending",
            body={},
            factset="",
            author="benchmark",
            editors=[],
            created_at=NOW,
            **common,
        )
    )
    conn.execute(
        insert(t.release).values(
            id=release,
            alert_id=f"alert-{release}",
            hash="",
            mode="exercise",
            contacts=0,
            deliveries=0,
            summary={},
            frozen_at=NOW,
            due_at=NOW,
            urgency="Expected",
            severity="Severe",
            **common,
        )
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, sys.argv[2] if len(sys.argv) > 2 else None)  # noqa: PLR2004 - two arguments
