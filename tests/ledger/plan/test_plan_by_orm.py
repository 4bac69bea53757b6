"""The plan beside one that is worked out in Python, person by person, with an ORM."""

from dataclasses import replace
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from audiences.gazetteer import Gazetteer
from benchmarks import orm_plan
from benchmarks.measured import ROOT
from benchmarks.submit_alert import NOW, freeze, move_in, numbered, submit, wanted
from onevoice.ledger import plan
from onevoice.ledger.engine import Ledger

PEOPLE = 400


def test_an_orm_makes_the_same_plan(tmp_path: Path) -> None:
    """Row by row the same snapshot, the same deliveries and the same people served by them."""
    url = f"sqlite:///{tmp_path / 'onevoice.db'}"
    gazetteer = Gazetteer.load(ROOT)
    who = replace(wanted(gazetteer), zones=tuple(gazetteer.zones)[:5])
    ledger = Ledger.open(url)
    ledger.upgrade()
    move_in(tmp_path, PEOPLE, ledger, gazetteer)
    with ledger.read() as conn:
        texts = plan.in_use(conn, who)
    submit(ledger, 1, who, texts)
    with ledger.write() as conn:
        freeze(conn, 2)
    with Session(create_engine(url)) as session:
        planner = orm_plan.Planner(session, 2, who, numbered(texts), NOW)
        for person in orm_plan.people(session, PEOPLE, ahead=True):
            planner.plan(person)
        session.commit()

    with ledger.read() as conn:
        ours, theirs = ([tuple(row) for row in orm_plan.written(conn, release, PEOPLE)] for release in (1, 2))

    assert ours == theirs
    assert {row[-1] for row in ours} >= {None, "no-address", False}, "of people with a way, people without, deliveries"
    ledger.close()
