"""What a plan costs a recipient beside an ORM that makes the same plan, one person after another, and commits it.

    .venv/bin/python -m benchmarks.plan_orm [CONTACTS] [TURNS] [sqlite|postgresql]

Ours plans the whole town, the ORM (`orm_plan`) SAMPLE people of it, COMMITTED where it commits each; what both wrote of
these people is compared, and has to be the same. It does so row by row (each row flushed); with all that it looks at
loaded ahead and written in one unit of work; and with each person committed. Besides, finished rows of deliveries are
added by themselves, row by row: beside them stands the plan's write alone. What counts is time for each delivery, in
turns. Goal: row by row costs 30 times as much on SQLite, 15 times on PostgreSQL. Writes
benchmarks/results/plan_orm_*.json.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import create_engine, event, func, select
from sqlalchemy.orm import Session

from audiences.gazetteer import Gazetteer
from benchmarks import orm_plan
from benchmarks.measured import ROOT, Measured, publish
from benchmarks.orm_plan import Delivery, Person, Planner
from benchmarks.send_messages import databases
from benchmarks.submit_alert import NOW, freeze, move_in, numbered, submit, wanted
from onevoice.ledger import plan
from onevoice.ledger import tables as t
from onevoice.ledger.engine import Ledger

SAMPLE, COMMITTED = 10_000, 1_000
MUST = {"sqlite": 30, "postgresql": 15}

Took = dict[str, list[tuple[float, float]]]
"""Of each way and turn, microseconds of a delivery by the clock and on this process's processor."""


def row_by_row(session: Session, planner: Planner) -> None:
    """Each row flushed, everything loaded when it is asked for."""
    for person in orm_plan.people(session, SAMPLE, ahead=False):
        planner.plan(person, session.flush)
    session.commit()


def loaded_ahead(session: Session, planner: Planner) -> None:
    """As few statements as an ORM makes."""
    for person in orm_plan.people(session, SAMPLE, ahead=True):
        planner.plan(person)
    session.commit()


def each_committed(session: Session, planner: Planner) -> None:
    """A person after another, each committed."""
    for number in range(1, COMMITTED + 1):
        planner.plan(session.get_one(Person, number), session.flush)
        session.commit()


WAYS: dict[str, tuple[Callable[[Session, Planner], None], int]] = {
    "row_by_row": (row_by_row, SAMPLE),
    "loaded_ahead": (loaded_ahead, SAMPLE),
    "each_committed": (each_committed, COMMITTED),
}


def main(count: int, turns: int, kind: str) -> None:
    """Measure with a town of `count` contacts."""
    took: Took = {}
    with tempfile.TemporaryDirectory(prefix="onevoice-bench-") as folder, databases(kind) as fresh:
        url = fresh(Path(folder))
        gazetteer = Gazetteer.load(ROOT)
        ledger = Ledger.open(url)
        ledger.upgrade()
        move_in(Path(folder), count, ledger, gazetteer)
        with ledger.read() as conn:
            texts = plan.in_use(conn, who := wanted(gazetteer))
        each = len(WAYS) + 2
        for first in range(1, turns * each, each):
            whole, write, planned = submit(ledger, first, who, texts)
            _keep(took, "plan", whole, planned.deliveries)
            _keep(took, "write", write, planned.deliveries)
            for release, (name, (way, people)) in enumerate(WAYS.items(), first + 1):
                with _session(ledger, url, release) as session, Measured(name) as measured:
                    way(session, Planner(session, release, who, numbered(texts), NOW))
                _keep(took, name, measured, _same(ledger, first, release, people))
            _finished_rows(took, ledger, url, first, first + each - 1)
        ledger.close()
    publish(f"plan_orm_{kind}", {"contacts": count, "turns": turns, **_told(took), "goal": {"times": MUST[kind]}})


@contextmanager
def _session(ledger: Ledger, url: str, release: int) -> Iterator[Session]:
    """A session as an application opens it, and as durable: on SQLite with our own pragmas."""
    with ledger.write() as conn:
        freeze(conn, release)
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            event.listen(engine, "connect", lambda raw, _, pragma=pragma: raw.execute(f"PRAGMA {pragma}"))
    with Session(engine) as session:
        yield session
    engine.dispose()


def _same(ledger: Ledger, ours: int, theirs: int, people: int) -> int:
    """How many deliveries the ORM planned; the contacts up to `people` must have got the same from both."""
    with ledger.read() as conn:
        one, other = (list(orm_plan.written(conn, release, people)) for release in (ours, theirs))
        if one != other:
            raise RuntimeError(
                f"the two plans differ: {next(p for p in zip(one, other, strict=False) if p[0] != p[1])}"
            )
        return conn.scalar(select(func.count()).where(t.delivery.c.release_id == theirs)) or 0


def _finished_rows(took: Took, ledger: Ledger, url: str, ours: int, release: int) -> None:
    """Add deliveries of our plan to another release, one by one."""
    own = [c for c in t.delivery.c if c.name != "id"]
    chosen = select(*own).where(t.delivery.c.release_id == ours).order_by(t.delivery.c.id).limit(SAMPLE)
    with ledger.read() as conn:
        rows = [{**row, "release_id": release} for row in conn.execute(chosen).mappings()]
    with _session(ledger, url, release) as session, Measured("finished rows") as measured:
        for row in rows:
            session.add(Delivery(**row))
            session.flush()
        session.commit()
    _keep(took, "finished_rows", measured, len(rows))


def _keep(took: Took, name: str, measured: Measured, deliveries: int) -> None:
    took.setdefault(name, []).append((measured.seconds / deliveries * 1e6, measured.cpu / deliveries * 1e6))


def _told(took: Took) -> dict[str, Any]:
    """Medians: microseconds of a delivery, and how many times those of the plan, or of its write, an ORM's are."""
    told: dict[str, Any] = {f"{name}_us": _medians(turns, 0) for name, turns in took.items()}
    for name, base in (*((way, "plan") for way in WAYS), ("finished_rows", "write")):
        pairs = zip(took[name], took[base], strict=True)
        told[f"{name}_to_{base}"] = _medians([(c / own_c, p / own_p) for (c, p), (own_c, own_p) in pairs], 1)
    return told


def _medians(turns: Sequence[tuple[float, float]], digits: int) -> dict[str, float]:
    clock, processor = zip(*turns, strict=True)
    return {"clock": round(median(clock), digits), "processor": round(median(processor), digits)}


if __name__ == "__main__":
    given = sys.argv[1:]
    contacts, turns, kind = (*given, *("100000", "3", "sqlite")[len(given) :])
    main(int(contacts), int(turns), kind)
