"""The directory of services: what is taken from a file in the shape of HSDS 3, and what is refused, with its reason."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from audiences import directory, town_services, zones
from audiences.schedules import Town, Wrong
from onevoice.errors import Unusable
from onevoice.localize.language import languages
from onevoice.services import SORTS, Hours, Line, Service

TODAY = date(2026, 11, 29)
Entry = dict[str, Any]


def _town(root: Path) -> Town:
    names = {place.id: place.name("en") for place, _ in zones.features(root)}
    return Town(names, ZoneInfo("America/New_York"), TODAY)


def _plain() -> Entry:
    return {
        "id": "9a1f",
        "name": "Mill Street Listening Line",
        "status": "active",
        "assured_date": "2026-11-20",
        "assurer_email": "desk@millford.example",
        "attributes": [{"taxonomy_term": {"code": "listening", "taxonomy": "onevoice-signposts"}}],
        "phones": [{"number": "(413) 555-0160", "type": "voice"}, {"number": "+1 413 555 0161", "type": "text"}],
        "schedules": [{"freq": "WEEKLY", "byday": "MO,TU", "opens_at": "09:00-05:00", "closes_at": "17:00:00"}],
        "languages": [{"code": "es", "name": "Spanish"}],
        "cost_options": [{"amount": 0}],
    }


def _entry(root: Path, plain: Entry) -> Service:
    return directory.entry(plain, "v", directory.policy(root), _town(root))


def test_an_entry_is_what_a_message_may_say_of_it(root: Path) -> None:
    """Numbers as E.164 with their use, hours by day, languages by code, and until when it is good."""
    service = _entry(root, _plain())
    assert service.lines == (Line(number="+14135550160"), Line(number="+14135550161", use="text"))
    assert service.hours == (Hours(days=(0, 1), opens="09:00", closes="17:00"),)
    assert (service.free, service.always, service.interpreter, service.accessible) == (True, False, False, False)
    assert service.speaks("es")
    assert not service.speaks("en")
    assert service.until == date(2026, 11, 20) + timedelta(days=30)


def _without(key: str) -> Callable[[Entry], None]:
    return lambda plain: plain.pop(key)


def _with(**more: Any) -> Callable[[Entry], None]:
    return lambda plain: plain.update(more)


def _hours(**more: Any) -> Callable[[Entry], None]:
    return lambda plain: plain["schedules"][0].update(more)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_without("assured_date"), "assured_date is missing"),
        (_with(assured_date="2026-12-24"), "still to come"),
        (_with(attributes=[]), "onevoice-signposts"),
        (_with(phones=[{"number": "4135550160", "type": "fax"}]), "no phone"),
        (_with(phones=[{"number": "413555", "type": "voice", "extension": 12}]), "extension"),
        (_with(phones=[{"number": "+1 413 55"}]), "digits"),
        (_with(phones=["+14135550160"]), "another shape"),
        (_with(name="N" * 61), "60 characters"),
        (_with(name="{manage_url}"), "no message may have"),
        (_hours(freq="MONTHLY"), "not weekly"),
        (_hours(byday="2MO"), "not weekly"),
        (_hours(count=3), "not weekly"),
        (_hours(opens_at="nine"), "no time"),
        (_hours(opens_at="18:00"), "closes before it opens"),
        (_hours(opens_at="09:00Z"), "town's clocks"),
    ],
)
def test_what_cannot_be_told_is_refused(root: Path, change: Callable[[Entry], None], reason: str) -> None:
    """A half-known entry would send people in vain."""
    plain = _plain()
    change(plain)
    with pytest.raises(Wrong, match=reason):
        _entry(root, plain)


def test_hours_of_another_season_do_not_count_and_end_with_theirs(root: Path) -> None:
    """What holds today is told, and the entry is good no longer than that."""
    plain = _plain()
    later = {"byday": "SA", "opens_at": "10:00", "closes_at": "12:00", "valid_from": "2027-01-01"}
    plain["schedules"] = [{**plain["schedules"][0], "valid_to": "2026-12-05"}, later]
    service = _entry(root, plain)
    assert service.hours == (Hours(days=(0, 1), opens="09:00", closes="17:00"),)
    assert service.until == date(2026, 12, 5)


def test_day_and_night_is_a_week_without_a_gap(root: Path) -> None:
    """Then the hours are not listed."""
    plain = _plain()
    plain["schedules"] = [{"byday": "MO,TU,WE,TH,FR,SA,SU", "opens_at": "00:00", "closes_at": "24:00"}]
    service = _entry(root, plain)
    assert service.always
    assert service.hours == ()


@pytest.mark.parametrize(
    ("options", "free"), [([{"amount": 0}, {"amount": 5}], False), ([{"option": "Ask us"}], None), ([], None)]
)
def test_what_it_costs_is_read_from_numbers_alone(root: Path, options: list[Any], free: bool | None) -> None:
    """“Free for members” is not for a program to judge."""
    assert _entry(root, {**_plain(), "cost_options": options}).free is free


def test_a_wheelchair_gets_in_where_the_directory_says_just_that(root: Path) -> None:
    """“No wheelchair access” has the same words in it; and of two places nobody knows which is meant."""

    def at(*said: str) -> Service:
        place = {
            "location": {
                "addresses": [{"address_1": "4 Mill Road"}],
                "accessibility": [{"description": one} for one in said],
            }
        }
        return _entry(root, {**_plain(), "service_at_locations": [place]})

    assert at("Wheelchair access").accessible
    assert not at("No wheelchair access").accessible
    assert at().address == "4 Mill Road"
    two = _entry(root, {**_plain(), "service_at_locations": [{"location": {"addresses": [{"address_1": "1"}]}}] * 2})
    assert two.address == ""


def test_an_area_is_a_zone_of_the_town_and_all_of_the_alert_must_lie_in_it(root: Path) -> None:
    """No area is everywhere; a strange one is refused rather than taken for everywhere."""
    here = _town(root)
    mill = {**_plain(), "service_areas": [{"name": "Old Mill"}, {"name": "riverside"}]}
    assert directory.covers(_plain(), {"harbor"}, here)
    assert directory.covers(mill, {"old-mill", "riverside"}, here)
    assert not directory.covers(mill, {"old-mill", "harbor"}, here)
    with pytest.raises(Wrong, match="Elsewhere"):
        directory.covers({**_plain(), "service_areas": [{"name": "Elsewhere"}]}, set(), here)


@pytest.mark.parametrize(
    "form",
    [
        lambda s: [s],
        lambda s: {"total_items": 1, "contents": [s]},
        lambda s: [{"id": "o", "name": "Org", "services": [s]}],
        lambda s: s,
    ],
    ids=["list", "page", "organizations", "one"],
)
def test_the_usual_forms_of_a_file_are_read(tmp_path: Path, form: Callable[[Entry], Any]) -> None:
    """As HSDS gives it: a list, a page of the API, organizations with their services, or one service."""
    file = tmp_path / "services.json"
    file.write_text(json.dumps(form(_plain())), encoding="utf-8")
    (plain,) = directory.read(file)
    assert plain["name"] == "Mill Street Listening Line"


@pytest.mark.parametrize("text", ["id,name\n1,Line\n", "[]", '{"contents": []}', "[1, 2]"])
def test_what_is_no_directory_is_refused_as_a_whole(tmp_path: Path, text: str) -> None:
    """And nothing of it replaces what is there."""
    file = tmp_path / "services.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Unusable, match=r"services\.json"):
        directory.read(file)


def test_helplines_are_asked_most_often_and_every_sort_has_a_period(root: Path) -> None:
    """The file that says so is whole, or is refused."""
    rules = directory.policy(root)
    assert set(rules.confirmed_for) == set(SORTS)
    assert rules.confirmed_for["listening"] == min(rules.confirmed_for.values())
    with pytest.raises(ValueError, match="rights"):
        directory.Policy.model_validate(rules.model_dump() | {"confirmed_for": {s: 30 for s in SORTS if s != "rights"}})


def test_the_invented_directory_is_good_on_any_day(root: Path, tmp_path: Path) -> None:
    """Every entry of it can be told, with numbers that cannot ring."""
    town_services.generate(tmp_path / "s.json", TODAY)
    services = [_entry(root, plain) for plain in directory.read(tmp_path / "s.json")]
    assert {service.sort for service in services} == set(SORTS)
    for service in services:
        assert service.until > TODAY
        assert all(line.number.startswith("+141355501") for line in service.lines)


def test_every_reader_of_the_town_has_a_service_in_their_language(root: Path, tmp_path: Path) -> None:
    """Somebody to talk to and somebody to visit, in each language that messages are written in."""
    town_services.generate(tmp_path / "s.json", TODAY)
    services = [_entry(root, plain) for plain in directory.read(tmp_path / "s.json")]
    for sort in ("listening", "company"):
        spoken = [service for service in services if service.sort == sort]
        alone = [tag for tag in languages(root) if not any(service.speaks(tag) for service in spoken)]
        assert alone == [], sort
