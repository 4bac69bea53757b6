"""A whole town, from contact file to next means, on both kinds of database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from audiences.contacts import read
from audiences.gazetteer import Gazetteer
from audiences.segments import segments
from audiences.town import generate
from onevoice.alert import AreaFile
from onevoice.ledger import contacts
from onevoice.ledger import tables as t
from onevoice.ledger.contacts import ContactRow
from onevoice.people import Profile, Segment

ROOT = Path(__file__).resolve().parents[3]
"""The checkout: the people are those of the shipped town, segments and zones."""


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    """The zones of Millford."""
    return Gazetteer.load(ROOT)


@pytest.fixture(scope="module")
def treated() -> tuple[Segment, ...]:
    """The shipped segments."""
    return segments(ROOT)


def people(folder: Path, count: int, gazetteer: Gazetteer) -> list[ContactRow]:
    """Residents of Millford as they come out of a contact file."""
    generate(folder / "town.csv", count, seed=7)
    reading = read(folder / "town.csv", gazetteer=gazetteer)
    rows = list(reading.rows)
    assert (len(rows), reading.refused, reading.notes) == (count, [], [])
    return rows


def move_in(house: Any, rows: Iterable[ContactRow]) -> contacts.Imported:
    """Put people into the ledger."""
    with house.ledger.write() as conn:
        return contacts.put(conn, house.vault, rows, house.now)


def terms(treated: tuple[Segment, ...], gazetteer: Gazetteer, area: AreaFile, **more: Any) -> dict[str, Any]:
    """What is wanted: all segments, in an area."""
    where, _ = gazetteer.resolve(area, ROOT)
    return {
        "segments_named": treated, "segments_all": treated, "zones": where.zones, "polygons": where.polygons,
        "whole_zones": where.whole_zones, "jurisdiction": tuple(gazetteer.zones), **more,
    }  # fmt: skip


RIVER = AreaFile(zones=["old-mill", "riverside"])
CIRCLE = AreaFile(circle=(40.0, -72.5, 1.2))


def test_2000_residents_are_each_told_once_in_words_they_can_read(
    house: Any, tmp_path: Path, gazetteer: Gazetteer, treated: tuple[Segment, ...]
) -> None:
    """What the plan wrote agrees, person by person, with the same rules worked out in Python."""
    rows = {row.ref: row for row in people(tmp_path, 2000, gazetteer)}
    imported = move_in(house, rows.values())
    assert (imported.added, imported.changed) == (2000, 0)
    wanted = terms(treated, gazetteer, RIVER)
    numbers = house.numbers(**wanted)
    release, planned = house.submit(**wanted)
    expected = {ref: _expected(row) for ref, row in rows.items() if _meant(row)}
    assert set(house.who(release)) == set(expected)
    assert {ref for ref, why in house.who(release).items() if why is None} == {r for r, e in expected.items() if e}
    assert (numbers.reachable, numbers.unreachable) == (planned.contacts, planned.unreachable)
    served = [ref for sent in house.sent(release) for ref in sent.refs]
    assert Counter(served) == Counter(ref for ref, address in expected.items() if address)
    _each_delivery_is_readable(house, release, rows)


def _meant(row: ContactRow) -> bool:
    always, anywhere = row.role in ("responder", "champion"), row.role in ("care", "partner")
    return always or anywhere or row.zone in (None, "old-mill", "riverside")


def _expected(row: ContactRow) -> str | None:
    """The address that is written to first, or None."""
    usual = ("email", "sms") if row.role in ("care", "partner") else ("sms", "email")
    given = {address.means: address.address for address in row.addresses}
    if row.consent and not {"emergency", "all"} & set(row.consent):
        return None
    return next((given[means] for means in (*row.means, *usual) if means in given and means != "voice"), None)


def _each_delivery_is_readable(house: Any, release: int, rows: dict[str, ContactRow]) -> None:
    """A delivery fits all whom it serves: their language where two fit, the simplest tier, everybody's needs."""
    for sent in house.sent(release):
        profile = Profile.from_key(sent.profile)
        for ref in sent.refs:
            row = rows[ref]
            assert sent.fallback == "shared-point" or row.language is None or row.language in profile.languages
            assert row.tier is None or profile.tier <= row.tier
            assert {n for n in ("mobility", "hearing", "sight") if getattr(row, n)} <= set(profile.needs)


def _stages(house: Any, rows: list[ContactRow], gazetteer: Gazetteer, treated: tuple[Segment, ...]) -> Iterator[Any]:
    """Everything that can be asked and done, one result after the other."""
    yield move_in(house, rows)
    yield move_in(house, [*rows[:50], *(_moved(row) for row in rows[50:80])])
    with house.ledger.read() as conn:
        yield contacts.counts(conn, treated)
    for area in (RIVER, CIRCLE):
        for more in ({}, {"at_once": True}, {"include_unknown": False}, {"exercise_ok_only": True}):
            wanted = terms(treated, gazetteer, area, **more)
            yield house.numbers(**wanted)
            yield house.in_use(**wanted)
    first, planned = house.submit(
        held=lambda use: use.profile_key.startswith("vi"), **terms(treated, gazetteer, CIRCLE)
    )
    yield planned
    yield house.sent(first)
    _spread(house, first)
    yield house.next_means(first, minutes=5, deadline_ms=60_000)
    yield house.sent(first)
    update = terms(treated, gazetteer, RIVER, previous_releases=(first,))
    second, planned = house.submit(**update)
    yield planned
    yield sorted(Counter(house.groups(second).values()).items())
    third, planned = house.submit(**update | {"previous_releases": (first, second), "everyone_before": True})
    yield planned
    yield sorted(house.who(third).items())


def _moved(row: ContactRow) -> ContactRow:
    from dataclasses import replace

    return replace(row, addresses=row.addresses[1:], zone="market")


def _spread(house: Any, release: int) -> None:
    """Give the deliveries states by their masked address, which is the same in every database."""
    states = ("delivered", "undelivered", "sent", "unknown", "parked", "planned")
    rows = select(t.delivery.c.id, t.contact_point.c.masked).join_from(t.delivery, t.contact_point)
    with house.ledger.write() as conn:
        for id_, masked in conn.execute(rows.where(t.delivery.c.release_id == release)).all():
            state = states[sum(map(ord, masked)) % len(states)]
            conn.execute(t.delivery.update().where(t.delivery.c.id == id_).values(state=state))


@pytest.mark.postgres
def test_postgresql_answers_every_question_as_sqlite_does(
    house: Any, postgres_house: Any, tmp_path: Path, gazetteer: Gazetteer, treated: tuple[Segment, ...]
) -> None:
    """Import, preview, plan, next means, update and correction give the same results on both."""
    rows = people(tmp_path, 400, gazetteer)
    both = (_stages(each, rows, gazetteer, treated) for each in (house, postgres_house))
    for number, (ours, theirs) in enumerate(zip(*both, strict=True)):
        assert ours == theirs, f"stage {number}"


@pytest.mark.postgres
def test_the_longest_key_fits(postgres_house: Any) -> None:
    """Two long languages and every need at one phone: PostgreSQL minds lengths, and must not stumble over this one."""
    every = {"hearing": True, "mobility": True, "sight": True}
    postgres_house.add("ana", "0100", email="ana", language="zh-Hans", **every)
    postgres_house.add("ben", "0100", email="ana")
    release, planned = postgres_house.submit()
    assert planned.deliveries == 1
    postgres_house.become(release, "sms", "undelivered")
    assert postgres_house.next_means(release) == 1
    assert {s.profile for s in postgres_house.sent(release)} == {"zh-Hans+en|T2|hearing,mobility,sight"}


@pytest.mark.postgres
def test_nothing_is_left_behind_between_plans(postgres_house: Any) -> None:
    """Two plans one after the other on one connection: the temporary tables of the first are gone."""
    postgres_house.add("ana", "0100")
    for _ in range(2):
        _, planned = postgres_house.submit()
        assert planned.deliveries == 1
    with postgres_house.ledger.read() as conn:
        assert conn.scalar(select(func.count()).select_from(t.delivery)) == 2
