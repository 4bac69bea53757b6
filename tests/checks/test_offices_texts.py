"""Warnings as an office somewhere would write them: clean where every fact is right, caught where one is wrong."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from audiences.messengers import messengers
from onevoice.alert import Alert, Status
from onevoice.checks import hearing
from onevoice.checks.samples import samples
from onevoice.compose import Content
from onevoice.facts import Fact, FactSet, Instant, Place, Places, ProperName, Shelter

ROOT = Path(__file__).resolve().parents[2]
ZONE = "America/New_York"
CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "offices_texts.yaml").read_text(encoding="utf-8"))


def _at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZoneInfo(ZONE)).astimezone(UTC)


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
    "flood over": ("river_flood", "all-clear", None, _at(23, 12), {}),
    "water good": ("boil_or_unsafe_water", "all-clear", None, _at(23, 12), {}),
}
"""Hazard, kind, when to act, when it ends, and what else is known; all in Old Mill and Riverside, sent at 2:30 PM."""


@lru_cache(maxsize=1)
def _content() -> Content:
    return Content(ROOT)


@lru_cache(maxsize=1)
def _zones() -> dict[str, dict[str, str]]:
    plain = json.loads((ROOT / "audiences/town/zones.geojson").read_text(encoding="utf-8"))
    return {f["properties"]["id"]: f["properties"]["names"] for f in plain["features"]}


@lru_cache(maxsize=16)
def _alert(name: str) -> Alert:
    hazard, kind, act_by, expires, more = ALERTS[name]
    found = next(
        s.alert
        for s in samples(_content().lexicon, hazard)
        if (s.alert.hazard, s.alert.kind, s.group) == (hazard, kind, "all")
    )
    facts = {n: fact for n, fact in found.factset.facts.items() if n not in ("act_by", "next_update")}
    facts["places"] = Places(places=tuple(Place(id=z, names=_zones()[z]) for z in ("old-mill", "riverside")))
    facts |= {n: Instant(at=at, zone=ZONE) for n, at in (("act_by", act_by), ("expires", expires)) if at}
    return found.model_copy(
        update={
            "factset": FactSet(facts=facts | {**more}), "sent": _at(22, 14, 30), "act_by": act_by, "expires": expires,
            "next_update": None, "status": Status.ACTUAL,
        }
    )  # fmt: skip


def _heard(name: str, language: str, text: str) -> hearing.Heard:
    alert, authority = _alert(name), messengers(ROOT)["millford-em"]
    said = text.replace("SOURCE", authority.name(language)).replace("LINK", "https://alerts.millford.example/a/7kq2wd")
    return hearing.hear(
        hearing.Question(
            text=said, alert=alert, library=_content(), authority=authority, language=language, zones=_zones(),
            needed=alert.actions,
        )
    )  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['alert']} {case['language']} {case['text'][:30]}")
def test_an_offices_own_words_are_judged_by_their_facts(case: dict[str, Any]) -> None:
    """The true text is clean; each text with one fact told otherwise is not."""
    heard = _heard(case["alert"], case["language"], case["text"])
    assert (heard.contradicts, heard.lacks) == ([], [])
    for right, wrong in case.get("wrong", []):
        told = case["text"].replace(right, wrong)
        assert told != case["text"]
        assert not _heard(case["alert"], case["language"], told).right, wrong


STEPS: Mapping[str, Mapping[str, str]] = yaml.safe_load(
    (Path(__file__).parent / "steps_texts.yaml").read_text(encoding="utf-8")
)


def test_every_language_says_the_same_steps() -> None:
    """A language without such words would hear nothing."""
    assert set(STEPS) == set(_content().languages)


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
def test_a_step_is_heard_with_what_stands_against_it(language: str, alert: str, said: str, wrong: bool) -> None:
    """To stay home is a curfew's step, and to go out against it; to come back is against leaving, save later."""
    heard = _heard(alert, language, STEPS[language][said])
    assert {c.rule for c in heard.contradicts if c.fact == "action"} == ({"C08"} if wrong else set())
    if said in ("home", "kept_in", "leave") and not wrong:
        assert "action" in heard.states


@pytest.mark.parametrize("language", STEPS)
@pytest.mark.parametrize(("place", "lacks"), [("Town Hall", False), ("the Library", True)])
def test_who_tells_of_drinking_water_tells_where_it_is_handed_out(language: str, place: str, lacks: bool) -> None:
    """Another place is none; who says nothing of it lacks nothing, and an alert without one asks for none."""
    said = f"{STEPS[language]['water']} {place}."
    heard = _heard("boil", language, said)
    assert ("water_point" in heard.lacks, "water_point" in heard.states) == (lacks, not lacks)
    assert "water_point" not in _heard("boil", language, STEPS[language]["home"]).lacks
    assert "water_point" not in _heard("heat", language, said).lacks
