"""The finished messages that were written first: assembly must give them back, or the difference is explained."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from audiences.gazetteer import Gazetteer
from audiences.messengers import messengers
from onevoice.alert import Alert, Area, Kind
from onevoice.compose import Asked, Content, compose
from onevoice.facts import (
    ActionIds,
    Disease,
    EmergencyNumber,
    Fact,
    FactSet,
    Form,
    Instant,
    LocalNote,
    Phone,
    Place,
    Places,
    ProperName,
    Shelter,
    Stated,
    Unknown,
    Url,
)
from onevoice.people import Means, Messenger, Need, Profile, Tier
from onevoice.variant import Variant

ROOT = Path(__file__).resolve().parents[2]
LOCALES = ROOT / "locales"
ZONE = "America/New_York"
PHONES = {"help_phone": ("voice",), "text_phone": ("text",), "transport_phone": ("voice", "text")}
NAMES = ("road_closed", "bus_from", "water_point", "product")
TEXTS = ("truth", "rumor", "description")
ISOLATES = dict.fromkeys(map(ord, "\u2066\u2067\u2068\u2069"))


def _yaml(path: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")) or {}) if path.is_file() else {}


def _exemplars() -> Iterator[Any]:
    for path in sorted(LOCALES.glob("*/exemplars/*.txt")):
        yield pytest.param(path, id=f"{path.parent.parent.name}-{path.stem}")


@lru_cache(maxsize=1)
def _content() -> Content:
    return Content(ROOT)


@lru_cache(maxsize=1)
def _gazetteer() -> Gazetteer:
    return Gazetteer.load(ROOT)


class Case:
    """The facts behind one exemplar. Those of a language stand beside those of English; its `common` wins."""

    def __init__(self, path: Path) -> None:
        self.language, self.name = path.parent.parent.name, path.stem
        english, own = _yaml(LOCALES / "en/exemplars/cases.yaml"), _yaml(path.parent / "cases.yaml")
        self.common = {**english["common"], **(own.get("common") or {})}
        self.places = english["places"]
        self.given: Mapping[str, Any] = {**english["cases"], **(own.get("cases") or {})}[self.name]
        self.hazard, self.kind, tier, means, *_ = self.name.split(".")
        self.tier, self.means = Tier(tier), Means(means)

    def variant(self) -> Variant:
        """What assembly makes of the facts."""
        needs = tuple(Need(need) for need in self.given.get("needs", ()))
        profile = Profile(languages=(self.language,), tier=self.tier, needs=needs)
        asked = Asked(profile, self.means, self._messenger(), "outside" if self.kind == "outside" else "all")
        return compose(self._alert(), asked, _content(), self._authority())

    def _authority(self) -> Messenger:
        known = messengers(ROOT)["millford-em"]
        own = {self.language: self.common["authority"]} if self.language == "en" else {}
        return known.model_copy(update={"names": {**known.names, **own}})

    def _messenger(self) -> Messenger | None:
        named = self.given.get("messenger")
        return next(m for m in messengers(ROOT).values() if named in m.names.values()) if named else None

    def _alert(self) -> Alert:
        facts, before = self._facts(self.given), self.given.get("before")
        previous = FactSet(facts=self._facts({**self.given, **before})) if before else None
        kind = Kind.UPDATE if self.kind == "outside" else Kind(self.kind)
        if self.kind == "outside":
            previous = FactSet(facts=facts)
            facts = {**facts, "places": Places(places=(Place(id="elsewhere", names={"en": "Elsewhere"}),))}
        act_by = facts.get("act_by")
        return Alert(
            id="x-1", chain="x", incident="x", hazard=self.hazard, kind=kind, area=Area(zones=()), authority="x",
            status=self.given.get("status", "Actual"), factset=FactSet(facts=facts), segments=(), actions=(),
            category=("Met",), urgency="Expected", severity="Severe", certainty="Likely", response=(),
            sent=datetime.fromisoformat(self.common["issued"]), page_url=self.common["url"], previous=previous,
            expires=datetime.fromisoformat(self.common["expires"]),
            act_by=act_by.at if isinstance(act_by, Instant) else None,
        )  # fmt: skip

    def _facts(self, given: Mapping[str, Any]) -> dict[str, Fact]:
        kinds = _content().lexicon.hazards[self.hazard].kinds
        known: dict[str, Fact] = {
            "places": self._places(self.places[given["places"]]),
            "actions": ActionIds(ids=tuple(given.get("actions") or kinds[self.kind].actions)),
            "url": Url(url=self.common["url"]),
            "expires": _at(self.common["expires"]),
            "impact": Unknown() if given.get("impact") == "unknown" else Stated(),
        }
        known["emergency_number"] = EmergencyNumber(number=self.common["emergency_number"])
        known |= {"disease": Disease(id=given["disease"])} if "disease" in given else {}
        known |= {"form": Form(id=given["form"])} if "form" in given else {}
        known |= {name: Phone(e164=self.common[name], uses=uses) for name, uses in PHONES.items()}  # type: ignore[arg-type]  # from a table
        known |= {name: ProperName(names={"en": given[name]}) for name in NAMES if name in given}
        known |= {name: LocalNote(texts=given[name], written_by="x") for name in TEXTS if name in given}
        known |= {"other_number": EmergencyNumber(number=given["other_number"])} if "other_number" in given else {}
        act_by = given.get("act_by", self.common["act_by"] if self._sets_a_time(kinds[self.kind].required) else None)
        known |= {name: _at(at) for name, at in (("act_by", act_by), ("next_update", given.get("next_update"))) if at}
        if shelter := given.get("shelter"):
            opens = {"opens": _at(shelter["opens"])} if "opens" in shelter else {}
            named = {**shelter, "name": {"en": shelter["name"]}, **opens}
            known["shelter"] = Shelter(**named)
        return known

    def _sets_a_time(self, required: tuple[str, ...]) -> bool:
        """A river flood's cases count on the common time; other hazards only where they need one."""
        return "act_by" in required or (self.hazard == "river_flood" and self.kind in ("update", "correction"))

    def _places(self, names: list[str]) -> Places:
        by_name = {zone.name("en"): zone for zone in _gazetteer().zones.values()}
        zones = [by_name[name] for name in names]
        listed = tuple(Place(id=zone.id, names=zone.names) for zone in zones)
        return Places(places=listed, area_name=_gazetteer().area_name([zone.id for zone in zones]))


def _at(text: str) -> Instant:
    return Instant(at=datetime.fromisoformat(text), zone=ZONE)


def _words(variant: Variant) -> str:
    subject = f"Subject: {variant.parts['subject']}\n\n" if variant.means is Means.EMAIL else ""
    return f"{subject}{variant.parts['text']}".translate(ISOLATES)


@pytest.mark.parametrize("path", list(_exemplars()))
def test_assembly_gives_back_the_exemplar(path: Path) -> None:
    """Word for word, invisible direction marks apart; a difference is explained in differences.yaml."""
    explained = _yaml(path.parent / "differences.yaml")
    made = _words(Case(path).variant())
    written = path.read_text(encoding="utf-8").strip().translate(ISOLATES)
    if path.stem in explained:
        assert explained[path.stem].strip()
        assert made.split("\n")[0] == written.split("\n")[0]
    else:
        assert made == written


@pytest.mark.parametrize("path", sorted(LOCALES.glob("*/exemplars/differences.yaml")), ids=lambda p: p.parts[-3])
def test_only_real_differences_are_explained(path: Path) -> None:
    """An explanation that is no longer needed goes."""
    for name in _yaml(path):
        exemplar = path.parent / f"{name}.txt"
        if name != "every exemplar":
            written = exemplar.read_text(encoding="utf-8").strip().translate(ISOLATES)
            assert _words(Case(exemplar).variant()) != written


@pytest.mark.parametrize("language", _content().languages)
def test_every_language_has_its_exemplars(language: str) -> None:
    """At least eight whole messages, text messages and emails, were written before the pieces were cut."""
    names = [path.stem for path in (LOCALES / language / "exemplars").glob("*.txt")]
    assert len(names) >= 8
    assert {Means(name.split(".")[3]) for name in names} == {Means.SMS, Means.EMAIL}
