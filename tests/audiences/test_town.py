"""Millford: the same seed gives the same town, its numbers cannot ring, and its people are of every kind."""

from __future__ import annotations

import csv
import re
import time
from collections import Counter
from pathlib import Path

import phonenumbers
import pytest

from audiences import documents
from audiences.contacts import read
from audiences.gazetteer import Gazetteer
from audiences.town import COLUMNS, generate
from onevoice import localize
from onevoice.ledger.contacts import ContactRow


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A contact file with 3,000 people."""
    path = tmp_path_factory.mktemp("town") / "people.csv"
    generate(path, 3000, seed=1)
    return path


@pytest.fixture(scope="module")
def people(town: Path, root: Path) -> list[ContactRow]:
    """The same people, read as any contact file is."""
    reading = read(town, gazetteer=Gazetteer.load(root))
    rows = list(reading.rows)
    assert (reading.refused, reading.notes) == ([], [])
    return rows


@pytest.mark.parametrize("count", [0, 1, 9, 250])
def test_a_town_has_as_many_people_as_asked_for(tmp_path: Path, count: int) -> None:
    """Exactly so many rows, after the line with the columns."""
    generate(tmp_path / "people.csv", count, seed=3)
    lines = (tmp_path / "people.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == ",".join(COLUMNS)
    assert len(lines) == count + 1


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(town: Path, tmp_path: Path) -> None:
    """A smaller town is the beginning of a larger one."""
    generate(tmp_path / "again.csv", 3000, seed=1)
    generate(tmp_path / "small.csv", 100, seed=1)
    generate(tmp_path / "other.csv", 3000, seed=2)
    assert (tmp_path / "again.csv").read_bytes() == town.read_bytes()
    assert town.read_bytes().startswith((tmp_path / "small.csv").read_bytes())
    assert (tmp_path / "other.csv").read_bytes() != town.read_bytes()


def test_a_small_town_already_has_people_of_every_role(tmp_path: Path) -> None:
    """Twelve people are enough to see every segment by role."""
    generate(tmp_path / "people.csv", 12, seed=1)
    roles = {row.role for row in read(tmp_path / "people.csv").rows}
    assert roles == {"resident", "responder", "care", "partner", "champion"}


def test_no_number_of_the_town_can_ring(people: list[ContactRow]) -> None:
    """Every number is 555-0100 to 555-0199 of an area code in use, and none is one of the town's own offices."""
    numbers = [a.address for row in people for a in row.addresses if a.means != "email"]
    assert len(numbers) > 2500
    for each in numbers:
        assert each[5:10] == "55501"
        assert not each.startswith("+1413")
        assert phonenumbers.is_valid_number(phonenumbers.parse(each))


def test_mail_goes_to_example_domains(people: list[ContactRow]) -> None:
    """No mail of the town can reach anybody."""
    domains = {a.address.partition("@")[2] for row in people for a in row.addresses if a.means == "email"}
    assert len(domains) > 2
    assert all(domain.endswith(".example") for domain in domains)


def test_there_are_about_as_many_fiction_numbers_as_area_codes_times_a_hundred(root: Path) -> None:
    """Each area code of the list is in use, and stands there once."""
    codes = documents.mapping(root / "audiences" / "town" / "people.yaml")["area_codes"]
    assert len(codes) == len(set(codes)) > 300
    for code in codes:
        assert phonenumbers.is_valid_number(phonenumbers.parse(f"+1{code}5550199"))


def test_people_speak_every_language_in_believable_shares(people: list[ContactRow], root: Path) -> None:
    """English first, Spanish next, all that are shipped there, and some did not say."""
    spoken = Counter(row.language for row in people)
    assert set(spoken) == {*localize.languages(root), None}
    assert spoken["en"] > spoken["es"] > spoken["zh-Hans"] > 0
    assert 0.03 < spoken[None] / len(people) < 0.12


def test_there_are_people_whom_messages_miss(people: list[ContactRow]) -> None:
    """Without any address, without consent, without a place, with another language at a shared phone."""
    assert any(not row.addresses for row in people)
    assert any(row.consent == ("none",) for row in people)
    assert any(row.zone is None for row in people)
    at: dict[str, set[str | None]] = {}
    for row in people:
        for address in row.addresses:
            at.setdefault(address.address, set()).add(row.language)
    assert any(len(languages - {None}) > 1 for languages in at.values())


@pytest.mark.parametrize("flag", ["lives_alone", "older", "mobility", "hearing", "sight", "newcomer", "few_ties"])
def test_every_need_is_there(people: list[ContactRow], flag: str) -> None:
    """Some have it, most have not; older people have more needs."""
    share = sum(getattr(row, flag) for row in people) / len(people)
    assert 0.01 < share < 0.4


def test_positions_lie_in_their_zone(people: list[ContactRow], root: Path) -> None:
    """Who has a position and a zone lives in that zone."""
    gazetteer = Gazetteer.load(root)
    placed = [row for row in people if row.lat is not None and row.lon is not None]
    assert len(placed) > 1500
    assert all(gazetteer.zone_at(row.lat or 0, row.lon or 0) == row.zone for row in placed)


def test_a_large_town_needs_numbers_that_only_exercises_take(tmp_path: Path) -> None:
    """40,000 people: the last numbers are of area code 555, taken with load_numbers and refused without."""
    path = tmp_path / "large.csv"
    started = time.perf_counter()
    generate(path, 40_000, seed=1)
    assert 40_000 / (time.perf_counter() - started) > 5000  # 20,000 and more on a machine that does nothing else
    with path.open(encoding="utf-8", newline="") as file:
        head, *lines = list(csv.reader(file))
    numbers = {re.sub(r"\D", "", field)[-10:] for line in lines for field in line[2:4] if field}
    assert len(numbers) > 35_000
    assert all(number[3:8] == "55501" or number.startswith("555") for number in numbers)
    with (tmp_path / "end.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *lines[-200:]])
    taken = read(tmp_path / "end.csv", load_numbers=True)
    assert (len(list(taken.rows)), taken.refused) == (200, [])
    refused = read(tmp_path / "end.csv")
    assert len(list(refused.rows)) < 100
    assert {r.field for r in refused.refused} <= {"mobile", "landline"}
