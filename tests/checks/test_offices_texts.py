"""Warnings as an office somewhere would write them: clean where every fact is right, caught where one is wrong."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from onevoice.alert import Alert, Status
from onevoice.checks import hearing
from onevoice.checks.samples import samples
from onevoice.compose import Content
from onevoice.facts import Disease, Fact, FactSet, Instant, Place, Places, ProperName, Shelter

Heard = Callable[[str, str, str], hearing.Heard]
ZONE = "America/New_York"
CASES: list[dict[str, Any]] = [
    case
    for name in ("offices", "groups")
    for case in yaml.safe_load((Path(__file__).parent / f"{name}_texts.yaml").read_text(encoding="utf-8"))
]


def _at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZoneInfo(ZONE)).astimezone(UTC)


SHELTER: Mapping[str, Fact] = {
    "shelter": Shelter(name={"en": "Millford High School"}, address="12 School Street", pets=True),
    "road_closed": ProperName(names={"en": "Mill Road"}),
}
WATER: Mapping[str, Fact] = {"water_point": ProperName(names={"en": "Town Hall"})}
ALERTS: Mapping[str, tuple[str, str, datetime | None, datetime, Mapping[str, Fact]]] = {
    "flood": ("river_flood", "warning", _at(22, 18, 30), _at(23, 6, 30), SHELTER),
    "fire": ("wildfire_evacuation", "warning", _at(22, 18), _at(23, 12), SHELTER),
    "boil": ("boil_or_unsafe_water", "warning", None, _at(25, 12), WATER),
    "heat": ("extreme_heat", "warning", None, _at(22, 21), {}),
    "curfew": ("civil_unrest_curfew", "warning", _at(22, 20), _at(23, 6), {}),
    "chemicals": ("hazmat_release", "warning", None, _at(22, 21), {}),
    "snow": ("winter_storm_snow_squall", "warning", None, _at(23, 12), {}),
    "outage": ("power_outage", "warning", None, _at(23, 10), SHELTER),
    "storm": ("severe_thunderstorm_wind", "warning", None, _at(22, 17, 15), {}),
    "slide": ("landslide_avalanche", "warning", _at(22, 17), _at(23, 12), {}),
    "measles": ("infectious_disease_outbreak", "warning", None, _at(29, 18), {"disease": Disease(id="measles")}),
    "recall": ("food_or_medicine_recall", "warning", None, _at(22, 18, month=12), {}),
    "hurricane": ("hurricane_cyclone", "warning", _at(23, 12), _at(24, 18), {}),
    "quake": ("earthquake", "warning", None, _at(23, 15), {}),
    "cold": ("extreme_cold", "warning", None, _at(24, 9), {}),
    "smoke": ("wildfire_smoke", "warning", None, _at(22, 21), {}),
    "tsunami": ("tsunami", "warning", _at(22, 15, 45), _at(22, 23), {}),
    "dust": ("dust_storm", "warning", None, _at(22, 19), {}),
    "ash": ("volcano_ash", "warning", None, _at(23, 18), {}),
    "shelter": ("mass_displacement_shelter", "warning", None, _at(24, 18), SHELTER),
    "dam": ("dam_or_levee_failure", "warning", None, _at(23, 6), {}),
    "missing": ("missing_or_vulnerable_person", "warning", None, _at(22, 22), {}),
    "surge moved": ("storm_surge", "update", _at(22, 21), _at(23, 9), {}),
    "power back": ("power_outage", "all-clear", None, _at(23, 12), {}),
    "flood over": ("river_flood", "all-clear", None, _at(23, 12), {}),
    "water good": ("boil_or_unsafe_water", "all-clear", None, _at(23, 12), {}),
}
"""Hazard, kind, when to act, when it ends, and what else is known; all in Old Mill and Riverside, sent at 2:30 PM."""
BEFORE: Mapping[str, Mapping[str, Fact]] = {"surge moved": {"act_by": Instant(at=_at(22, 20), zone=ZONE)}}
"""What the version before said otherwise."""


@pytest.fixture(scope="module")
def alerts(library: Content, zones: Mapping[str, Mapping[str, str]]) -> dict[str, Alert]:
    """The alerts by name."""
    return {name: _alert(library, zones, name) for name in ALERTS}


def _alert(library: Content, zones: Mapping[str, Mapping[str, str]], name: str) -> Alert:
    hazard, kind, act_by, expires, more = ALERTS[name]
    found = next(
        s.alert
        for s in samples(library.lexicon, hazard)
        if (s.alert.hazard, s.alert.kind, s.group) == (hazard, kind, "all")
    )
    facts = {n: fact for n, fact in found.factset.facts.items() if n not in ("act_by", "next_update")}
    facts["places"] = Places(places=tuple(Place(id=z, names={**zones[z]}) for z in ("old-mill", "riverside")))
    facts |= {n: Instant(at=at, zone=ZONE) for n, at in (("act_by", act_by), ("expires", expires)) if at}
    return found.model_copy(
        update={
            "factset": FactSet(facts=facts | {**more}), "sent": _at(22, 14, 30), "act_by": act_by, "expires": expires,
            "next_update": None, "status": Status.ACTUAL,
            "previous": FactSet(facts=facts | {**more} | {**BEFORE[name]}) if name in BEFORE else None,
        }
    )  # fmt: skip


@pytest.fixture
def heard(hear: Callable[[Alert, str, str], hearing.Heard], alerts: Mapping[str, Alert]) -> Heard:
    """What is heard in a text about one of the alerts."""
    return lambda name, language, text: hear(alerts[name], language, text)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['alert']} {case['language']} {case['text'][:30]}")
def test_an_offices_own_words_are_judged_by_their_facts(heard: Heard, case: dict[str, Any]) -> None:
    """The true text is clean; each text with one fact told otherwise is not."""
    found = heard(case["alert"], case["language"], case["text"])
    assert (found.contradicts, found.lacks) == ([], [])
    for right, wrong in case.get("wrong", []):
        told = case["text"].replace(right, wrong)
        assert told != case["text"]
        assert not heard(case["alert"], case["language"], told).right, wrong


STEPS: Mapping[str, Mapping[str, str]] = yaml.safe_load(
    (Path(__file__).parent / "steps_texts.yaml").read_text(encoding="utf-8")
)


def test_every_language_says_the_same_steps(library: Content) -> None:
    """A language without such words would hear nothing."""
    assert set(STEPS) == set(library.languages)


@pytest.mark.parametrize("language", STEPS)
@pytest.mark.parametrize(
    ("alert", "said", "wrong"),
    [
        ("curfew", "home", False),
        ("curfew", "out", True),
        ("curfew", "who", False),
        ("curfew", "kept_in", False),
        ("fire", "home", True),
        ("fire", "leave", False),
        ("fire", "back", True),
        ("fire", "not_back", False),
        ("fire", "later", False),
        ("flood over", "back", False),
        ("chemicals", "open", True),
        ("chemicals", "not_open", False),
    ],
)
def test_a_step_is_heard_with_what_stands_against_it(
    heard: Heard, language: str, alert: str, said: str, wrong: bool
) -> None:
    """To stay home is a curfew's step, and to go out against it; to come back is against leaving, save later."""
    found = heard(alert, language, STEPS[language][said])
    assert {c.rule for c in found.contradicts if c.fact == "action"} == ({"C08"} if wrong else set())
    if said in ("home", "kept_in", "leave") and not wrong:
        assert "action" in found.states


@pytest.mark.parametrize("language", STEPS)
@pytest.mark.parametrize(("place", "lacks"), [("Town Hall", False), ("the Library", True)])
def test_who_tells_of_drinking_water_tells_where_it_is_handed_out(
    heard: Heard, language: str, place: str, lacks: bool
) -> None:
    """Another place is none; who says nothing of it lacks nothing, and an alert without one asks for none."""
    said = f"{STEPS[language]['water']} {place}."
    found = heard("boil", language, said)
    assert ("water_point" in found.lacks, "water_point" in found.states) == (lacks, not lacks)
    assert "water_point" not in heard("boil", language, STEPS[language]["home"]).lacks
    assert "water_point" not in heard("heat", language, said).lacks
