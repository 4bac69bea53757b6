"""What a plan costs a recipient beside an ORM that adds one delivery after another: same rows, same indexes, committed.

    .venv/bin/python -m benchmarks.plan_orm [CONTACTS] [TURNS] [sqlite|postgresql]

The plan looks who is meant and which words they need, and writes snapshot, deliveries and whom they serve. The ORM is
given finished rows of that very plan and only adds them, SAMPLE in a turn: flushed one by one, in one unit of work, and
each committed (fewer); nearest to that is the plan's write alone. What counts is time for each delivery, in turns.
Goal: row by row costs 30 times as much on SQLite, 15 times on PostgreSQL. Writes benchmarks/results/plan_orm_*.json.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import create_engine, event, select
from sqlalchemy.orm import Session, registry

from audiences.gazetteer import Gazetteer
from benchmarks.measured import ROOT, Measured, publish
from benchmarks.send_messages import databases
from benchmarks.submit_alert import freeze, move_in, submit, wanted
from onevoice.ledger import plan
from onevoice.ledger import tables as t
from onevoice.ledger.engine import Ledger

SAMPLE, COMMITTED = 10_000, 1_000
MUST = {"sqlite": 30, "postgresql": 15}

Row = Mapping[str, Any]


class Delivery:
    """One row of the same table, as a program that knows only an ORM would write it."""

    def __init__(self, **columns: Any) -> None:
        for name, value in columns.items():
            setattr(self, name, value)


registry(metadata=t.metadata).map_imperatively(Delivery, t.delivery)


def _one_by_one(session: Session, rows: Sequence[Row]) -> None:
    for row in rows:
        session.add(Delivery(**row))
        session.flush()
    session.commit()


def _unit_of_work(session: Session, rows: Sequence[Row]) -> None:
    for row in rows:
        session.add(Delivery(**row))
    session.commit()


def _each_committed(session: Session, rows: Sequence[Row]) -> None:
    for row in rows[:COMMITTED]:
        session.add(Delivery(**row))
        session.commit()


WAYS: dict[str, Callable[[Session, Sequence[Row]], None]] = {
    "orm_one_by_one": _one_by_one,
    "orm_unit_of_work": _unit_of_work,
    "orm_each_committed": _each_committed,
}


def main(count: int, turns: int, kind: str) -> None:
    """Measure with a town of `count` contacts."""
    took: dict[str, list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory(prefix="onevoice-bench-") as folder, databases(kind) as fresh:
        url = fresh(Path(folder))
        gazetteer = Gazetteer.load(ROOT)
        ledger = Ledger.open(url)
        ledger.upgrade()
        move_in(Path(folder), count, ledger, gazetteer)
        with ledger.read() as conn:
            texts = plan.in_use(conn, wanted(gazetteer))
        numbers = iter(range(1, 1_000))
        for _ in range(turns):
            planned_as = next(numbers)
            whole, write, planned = submit(ledger, planned_as, wanted(gazetteer), texts)
            took.setdefault("plan", []).append(_each(whole, planned.deliveries))
            took.setdefault("write", []).append(_each(write, planned.deliveries))
            for name, way in WAYS.items():
                rows = _rows(ledger, planned_as, number := next(numbers))
                with ledger.write() as conn:
                    freeze(conn, number)
                with _session(url) as session, Measured(name) as measured:
                    way(session, rows)
                took.setdefault(name, []).append(_each(measured, _written(ledger, number)))
        ledger.close()
    publish(f"plan_orm_{kind}", {"contacts": count, "turns": turns, **_told(took), "goal": {"times": MUST[kind]}})


@contextmanager
def _session(url: str) -> Iterator[Session]:
    """A session as an application opens it, and as durable: on SQLite with our own pragmas."""
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            event.listen(engine, "connect", lambda raw, _, pragma=pragma: raw.execute(f"PRAGMA {pragma}"))
    with Session(engine) as session:
        yield session
    engine.dispose()


def _rows(ledger: Ledger, planned_as: int, number: int) -> list[Row]:
    """Finished rows of a plan, for another release."""
    own = [c for c in t.delivery.c if c.name != "id"]
    chosen = select(*own).where(t.delivery.c.release_id == planned_as).order_by(t.delivery.c.id).limit(SAMPLE)
    with ledger.read() as conn:
        return [{**row, "release_id": number} for row in conn.execute(chosen).mappings()]


def _written(ledger: Ledger, number: int) -> int:
    with ledger.read() as conn:
        return len(conn.execute(select(t.delivery.c.id).where(t.delivery.c.release_id == number)).all())


def _each(measured: Measured, deliveries: int) -> tuple[float, float]:
    """Microseconds for each delivery, by the clock and on this process's processor."""
    return measured.seconds / deliveries * 1e6, measured.cpu / deliveries * 1e6


def _told(took: Mapping[str, Sequence[tuple[float, float]]]) -> dict[str, Any]:
    """Medians: microseconds of a delivery, and how many times those of the plan or its write an ORM's are."""
    told: dict[str, Any] = {f"{name}_us": _medians(turns, 0) for name, turns in took.items()}
    for name, base in product(WAYS, ("plan", "write")):
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
