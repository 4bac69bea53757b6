"""Completeness and style: each rule fires on a text that breaks it and is silent on the same text without the fault.

Where words matter, in every shipped language; and the shipped library itself passes.
"""

import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from audiences.messengers import messengers
from onevoice import checks, localize
from onevoice.alert import Alert, Status
from onevoice.checks import RULES, kinds, prose, style
from onevoice.checks.samples import samples
from onevoice.compose import Asked, Content, compose
from onevoice.facts import FactSet, LocalNote, Place, Places, Url
from onevoice.lexicon import Hazard
from onevoice.people import Means, Messenger, Profile, Tier
from onevoice.variant import Finding, Severity, Variant

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = localize.languages(ROOT)


@lru_cache(maxsize=1)
def _content() -> Content:
    return Content(ROOT)


@lru_cache(maxsize=1)
def _authority() -> Messenger:
    return messengers(ROOT)["millford-em"]


@lru_cache(maxsize=64)
def _alert(kind: str = "warning", hazard: str = "river_flood") -> Alert:
    found = next(
        s.alert for s in samples(_content().lexicon, hazard)
        if s.alert.kind == kind and s.group == "all" and not s.needs and s.label == "2 places"
    )  # fmt: skip
    zones = json.loads((ROOT / "audiences/town/zones.geojson").read_text(encoding="utf-8"))["features"][:2]
    places = tuple(Place(id=z["properties"]["id"], names=z["properties"]["names"]) for z in zones)
    facts = found.factset.facts | {"places": Places(places=places)}
    return found.model_copy(update={"factset": FactSet(facts=facts), "previous": None})


def _text(alert: Alert, language: str = "en", means: Means = Means.EMAIL, tier: Tier = Tier.T2) -> Variant:
    return compose(alert, Asked(Profile(languages=(language,), tier=tier), means), _content(), _authority())


def _found(variant: Variant, alert: Alert) -> dict[str, Finding]:
    return {f.rule: f for f in checks.check_variant(variant, alert, _content(), _authority()).findings}


def _said(variant: Variant, text: str) -> Variant:
    return variant.model_copy(update={"parts": {**variant.parts, "text": text}})


def _sentence(language: str, name: str, tier: Tier = Tier.T2) -> str:
    key = _content().lexicon.key(name, tier)
    assert key is not None
    return _content().sentence(language, key).text


# --- words, in every language

LISTS = {"L02": "vague_place", "L03": "vague_time", "L06": "acronyms", "L09": "hedges", "L10": "reassurance",
         "L11": "blame", "L12": "no_drill", "L19": "harmful"}  # fmt: skip


def _rules(text: str, language: str, tier: Tier | None = Tier.T2) -> set[str]:
    return {found.rule for found in style.sentence(text, language, ROOT, "somewhere", tier)}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("rule", LISTS)
def test_every_phrase_of_a_list_is_found_in_its_language(language: str, rule: str) -> None:
    """Inside a sentence of the library; and the sentence itself is free of it."""
    sentence = _sentence(language, "action.move_to_higher_ground")
    words = getattr(style.style(ROOT, language), LISTS[rule])
    assert words
    assert _rules(sentence, language) == set()
    for word in words:
        assert rule in _rules(f"{sentence} {word}.", language), word


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_part_of_a_hundred_is_for_people_who_work_with_numbers(language: str) -> None:
    """At T1 and T2; spelled out, as a sign, as a ratio. A place's name beside "your area" is enough."""
    for said in (*style.style(ROOT, language).per_cent, "70%", "1/3", "1 in 10"):
        assert "L15" in _rules(said, language, Tier.T1), said
        assert "L15" not in _rules(said, language, Tier.T4)
    assert "L15" not in _rules("10", language, Tier.T1)
    vague = style.style(ROOT, language).vague_place[0]
    assert "L02" not in _rules(f"{vague}: {{places}}", language)


def test_an_abbreviation_is_one_in_capitals() -> None:
    """A word that looks like one is none."""
    assert "L06" in _rules("Ask the EOC.", "en")
    assert "L06" in _rules("Ask the N.W.S. now.", "en")
    assert "L06" not in _rules("We eat asap beans, poc.", "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_person_adds_on_the_night_is_held_to_the_same_words(language: str) -> None:
    """The local note; with a place named in it, "your area" says something."""
    lists = style.style(ROOT, language)
    alert = _alert()
    place = alert.factset.facts["places"]
    assert isinstance(place, Places)

    def rules(said: str) -> set[str]:
        note = LocalNote(texts={language: said}, written_by="x", checked_by={language: "y"})
        noted = alert.model_copy(update={"factset": FactSet(facts=alert.factset.facts | {"note": note})})
        return set(_found(_text(noted, language), noted)) & {"L02", "L03", "L10", "L15"}

    assert rules(f"{lists.vague_place[0]}. {lists.vague_time[0]}. {lists.reassurance[0]}. 20%.") == {
        "L02", "L03", "L10", "L15"
    }  # fmt: skip
    assert rules(f"{lists.vague_place[0]}: {place.places[0].name(language)}.") == set()


def test_the_shipped_library_keeps_to_all_of_it() -> None:
    """Every sentence in every language, and what each kind of each hazard must say."""
    found = [*prose.check(_content()), *kinds.check(_content())]
    assert [f"{f.rule} {f.part}: {f.message}" for f in found if f.severity is not Severity.NOTE] == []


# --- an exercise never reads like a real alert


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_exercise_never_reads_like_a_real_alert(language: str) -> None:
    """The phrase is never said; the email says that nothing need be done; a real alert has no word for an exercise."""
    alert = _alert()
    text = _text(alert, language)
    phrase = style.style(ROOT, language).no_drill[0]
    assert not {"L12", "C24"} & _found(text, alert).keys()
    first, *rest = text.parts["text"].split("\n")
    assert "L12" in _found(_said(text, "\n".join([first, f"{phrase}.", *rest])), alert)
    note = _sentence(language, "frame.exercise_note")
    assert note in text.parts["text"]
    silent = _found(_said(text, text.parts["text"].replace(note, "")), alert)
    assert "nothing need be done" in silent["C24"].message

    real = alert.model_copy(update={"status": Status.ACTUAL})
    actual = _text(real, language)
    assert "C24" not in _found(actual, real)
    mark = _sentence(language, "frame.mark.exercise").strip("【】").lower()
    inside = _found(_said(actual, actual.parts["text"] + f"\n({mark})"), real)
    assert inside["C24"].severity is Severity.BLOCK


def test_a_place_may_be_called_after_an_exercise() -> None:
    """A name is a name."""
    park = Places(places=(Place(id="park", names={"en": "Exercise Park"}),))
    alert = _alert()
    real = alert.model_copy(
        update={"status": Status.ACTUAL, "factset": FactSet(facts=alert.factset.facts | {"places": park})}
    )
    assert "C24" not in _found(_text(real), real)


# --- the shape of a finished text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("means", [Means.SMS, Means.EMAIL, Means.SOCIAL])
def test_a_text_in_another_order_is_found(language: str, means: Means) -> None:
    """Source, hazard, place, step, time, link: two lines change places, in each language and means."""
    alert = _alert()
    text = _text(alert, language, means)
    assert "L07" not in _found(text, alert)
    lines = text.parts["text"].split("\n")
    place = next(i for i, line in enumerate(lines) if _where(alert, language) in line)
    step = next(i for i, line in enumerate(lines) if _sentence(language, f"action.{alert.actions[0]}") in line)
    lines[place], lines[step] = lines[step], lines[place]
    swapped = _found(_said(text, "\n".join(lines)), alert)
    assert "L07" in swapped
    assert swapped["L07"].message == f"{language}: the first step stands before the place."


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_note_of_an_exercise_is_not_the_step_of_a_test(language: str) -> None:
    """Both say that nothing need be done, and the note stands first in every mail."""
    lexicon = _content().lexicon
    sample = next(one for one in samples(lexicon, "system_test_exercise") if one.kind == "warning")
    text = _text(sample.alert, language, Means.EMAIL, Tier.T1)
    assert _sentence(language, "action.no_action_needed", Tier.T1) in text.parts["text"]
    assert "L07" not in _found(text, sample.alert)


def _where(alert: Alert, language: str) -> str:
    fact = alert.factset.facts["places"]
    assert isinstance(fact, Places)
    return fact.places[0].name(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_warning_that_does_not_say_what_can_happen_is_found(language: str) -> None:
    """Also that it is not known yet is enough; what had no room in a post is on the page."""
    alert = _alert()
    text = _text(alert, language, Means.SMS)
    assert "L01" not in _found(text, alert)
    impact = _sentence(language, "hazard.river_flood.warning.impact")
    assert impact in text.parts["text"]
    assert "L01" in _found(_said(text, text.parts["text"].replace(impact, "")), alert)
    for cut in ("detail of impact", "what is not known"):
        short = text.model_copy(update={"left_out": (cut,)})
        assert "L01" not in _found(_said(short, text.parts["text"].replace(impact, "")), alert)


@pytest.mark.parametrize("language", [tag for tag in LANGUAGES if tag != "en"])
def test_who_is_missing_waits_for_words_that_somebody_has_checked(language: str) -> None:
    """A description in English alone: no other language says who it is, and its finding names the words to write."""
    alert = _alert(hazard="missing_or_vulnerable_person")
    assert "L01" not in _found(_text(alert, means=Means.SMS), alert)
    assert f"description in {language}" in _found(_text(alert, language, Means.SMS), alert)["L01"].remedy


def test_a_message_says_until_when_it_holds() -> None:
    """The last moment, the end, or when the next message comes."""
    alert = _alert()
    text = _text(alert, means=Means.SMS)
    assert "L14" not in _found(text, alert)
    lines = [line for line in text.parts["text"].split("\n") if not line.startswith("Latest time")]
    assert "L14" in _found(_said(text, "\n".join(lines)), alert)
    facts = {name: fact for name, fact in alert.factset.facts.items() if name != "act_by"}
    until = alert.model_copy(update={"act_by": None, "factset": FactSet(facts=facts)})
    assert "L14" not in _found(_text(until, means=Means.SMS), until)


def test_too_many_steps_are_pointed_out() -> None:
    """Three in a text message of a warning, five in its email, two in a correction."""
    steps = ("move_to_higher_ground", "do_not_enter_flood_water", "take_medicine_and_papers", "get_ready_to_leave")
    alert = _alert().model_copy(update={"actions": steps})
    assert "L08" not in _found(_text(alert).model_copy(update={"actions": steps}), alert)
    sms = _text(alert, means=Means.SMS)
    assert "L08" in _found(sms.model_copy(update={"actions": steps}), alert)
    assert "L08" not in _found(sms.model_copy(update={"actions": steps[:3]}), alert)
    wrong = _alert("correction")
    assert "L08" in _found(_text(wrong).model_copy(update={"actions": steps[:3]}), wrong)


def test_a_short_link_stops_the_release() -> None:
    """Also where an officer gave it as the alert's own."""
    alert = _alert()
    assert "L13" not in _found(_text(alert), alert)
    short = alert.model_copy(
        update={"factset": FactSet(facts=alert.factset.facts | {"url": Url(url="https://bit.ly/3xYz")})}
    )
    found = _found(_text(short), short)
    assert (found["L13"].severity, found["L13"].scope) == (Severity.BLOCK, "release")


# --- what each kind must say


class _Other(Content):
    """The library with a hazard changed."""

    def with_hazard(self, hazard: str, change: Callable[[dict[str, Any]], None]) -> "_Other":
        """The same with one hazard's entry changed."""
        plain = {name: getattr(self.lexicon.hazards[hazard], name) for name in Hazard.model_fields}
        plain["kinds"] = dict(plain["kinds"])
        change(plain)
        changed = self.lexicon.hazards[hazard].model_copy(update=plain)
        self.lexicon = self.lexicon.model_copy(update={"hazards": {hazard: changed}, "sources": self.only(hazard)})
        return self

    def only(self, hazard: str) -> dict[str, str]:
        """The sentences without those of other hazards."""
        own = f"hazard.{hazard}."
        return {key: text for key, text in self.lexicon.sources.items() if key.startswith((own, "action.", "frame."))}


def _kinds(change: Callable[[dict[str, Any]], None]) -> dict[str, Finding]:
    return {f.rule: f for f in kinds.check(_Other(ROOT).with_hazard("river_flood", change))}


def _set(kind: str, **fields: Any) -> Callable[[dict[str, Any]], None]:
    def change(plain: dict[str, Any]) -> None:
        plain["kinds"][kind] = plain["kinds"][kind].model_copy(update=fields)

    return change


STEPS = ("move_to_higher_ground", "do_not_enter_flood_water", "take_medicine_and_papers", "get_ready_to_leave")


@pytest.mark.parametrize(
    ("change", "rule", "severity"),
    [
        (_set("warning", impact=None), "L01", Severity.BLOCK),
        (_set("watch", actions=STEPS), "L08", Severity.WARN),
        (_set("warning", why=None), "L16", Severity.WARN),
        (_set("all-clear", actions=("do_not_touch_left_water",)), "L18", Severity.BLOCK),
        (lambda _plain: None, None, None),
    ],
    ids=["impact", "steps", "why", "all-clear", "nothing"],
)
def test_a_kind_that_lacks_what_it_must_say_is_found(
    change: Callable[[dict[str, Any]], None], rule: str | None, severity: Severity | None
) -> None:
    """By day, in the lexicon; the shipped hazard lacks nothing."""
    found = _kinds(change)
    assert set(found) - {"L17"} == ({rule} if rule else set())
    if rule:
        assert found[rule].severity is severity


def _words(key: str, text: str) -> dict[str, Finding]:
    """What is found where one English sentence says something else."""
    content = _Other(ROOT)
    sources = {**content.only("river_flood"), key: text}
    hazards = {"river_flood": content.lexicon.hazards["river_flood"]}
    content.lexicon = content.lexicon.model_copy(update={"hazards": hazards, "sources": sources})
    return {f.rule: f for f in kinds.check(content)}


def test_an_order_is_no_danger_and_an_alert_that_expired_is_no_all_clear() -> None:
    """The first sentence names what people run from; the last one says that it is over."""
    assert "L04" in _words("hazard.river_flood.warning.opening.T1", "EVACUATE NOW.")
    assert "L04" not in _words("hazard.river_flood.warning.opening.T1", "The river comes over its banks.")
    assert "L18" in _words("hazard.river_flood.all-clear.opening.T2", "The FLOOD alert has expired.")
    long = "RIVER FLOOD WARNING for all who live or work or walk or drive beside the river tonight in this our town."
    assert "L17" in _words("hazard.river_flood.warning.opening.T2", long)
    assert "L17" not in _words("hazard.river_flood.warning.opening.T2", "RIVER FLOOD WARNING.")


def test_every_rule_of_style_has_its_case_here_or_beside_it() -> None:
    """L05, L20 to L23 stand in test_prose_and_library.py."""
    here = Path(__file__).read_text(encoding="utf-8")
    beside = (Path(__file__).parent / "test_prose_and_library.py").read_text(encoding="utf-8")
    lacking = [rule for rule in RULES if rule.startswith("L") and f'"{rule}"' not in here + beside]
    assert lacking == []
