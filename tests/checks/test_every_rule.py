"""Every rule of consistency, on the shipped library: one case in which it is heard, and the same one mended."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from audiences.messengers import messengers
from onevoice import checks
from onevoice.alert import Alert, Area, Kind, Status
from onevoice.checks import RULES, ground, hearing
from onevoice.checks.around import Around
from onevoice.checks.samples import samples
from onevoice.compose import Asked, Content, compose
from onevoice.facts import FactSet, Instant, Phone, Place, Places, Shelter
from onevoice.people import Means, Messenger, Profile, Tier
from onevoice.variant import Finding, Severity, Variant

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 9, 23, 19, 30, tzinfo=UTC)
ZONE = "America/New_York"
ELSEWHERE = {"C14": "tests/desk/test_around.py", "C27": "tests/checks/test_understood.py"}
"""Rules whose case needs a whole desk, or catalogues."""


@lru_cache(maxsize=1)
def _content() -> Content:
    return Content(ROOT)


@lru_cache(maxsize=1)
def _authority() -> Messenger:
    return messengers(ROOT)["millford-em"]


@lru_cache(maxsize=1)
def _zones() -> dict[str, dict[str, str]]:
    plain = json.loads((ROOT / "audiences/town/zones.geojson").read_text(encoding="utf-8"))
    return {f["properties"]["id"]: f["properties"]["names"] for f in plain["features"]}


def _alert(
    kind: str = "warning", hazard: str = "river_flood", zones: tuple[str, ...] = ("old-mill", "riverside")
) -> Alert:
    found = next(
        s.alert for s in samples(_content().lexicon)
        if s.alert.hazard == hazard and s.alert.kind == kind and s.group == "all" and not s.needs
    )  # fmt: skip
    places = Places(places=tuple(Place(id=z, names=_zones()[z]) for z in zones), area_name={"en": "Millford"})
    return found.model_copy(
        update={
            "factset": FactSet(facts=found.factset.facts | {"places": places}),
            "area": Area(zones=zones),
            "previous": None,
        }
    )


def _with(alert: Alert, **facts: Any) -> Alert:
    return alert.model_copy(update={"factset": FactSet(facts=alert.factset.facts | facts)})


def _made(alert: Alert, language: str = "en", means: Means = Means.EMAIL, tier: Tier = Tier.T2) -> Variant:
    return compose(alert, Asked(Profile(languages=(language,), tier=tier), means), _content(), _authority())


def _found(variant: Variant, alert: Alert) -> set[str]:
    return {f.rule for f in checks.check_variant(variant, alert, _content(), _authority()).findings}


def _text(old: str, new: str, language: str = "en", means: Means = Means.EMAIL) -> tuple[set[str], set[str]]:
    """The rules that find a change in the text of a flood warning, and those that find the text unchanged."""
    alert = _alert()
    variant = _made(alert, language, means)
    assert old in variant.parts["text"]
    parts = {**variant.parts, "text": variant.parts["text"].replace(old, new)}
    return _found(variant.model_copy(update={"parts": parts}), alert), _found(variant, alert)


def _release(*variants: Variant, alert: Alert | None = None, asked: tuple[Any, ...] = ()) -> set[str]:
    return _ids(checks.check_release(variants, alert or _alert(), _content(), asked))


def _around(alert: Alert, **around: Any) -> set[str]:
    return _ids(checks.check_around(alert, _content(), Around(**_everything(around))))


def _everything(around: dict[str, Any]) -> dict[str, Any]:
    return {"now": NOW, "zones": _zones(), **around}


def _ids(found: tuple[Finding, ...]) -> set[str]:
    return {f.rule for f in found}


def _changed(variant: Variant, **changed: Any) -> Variant:
    return variant.model_copy(update=changed)


def _next(older: Alert, kind: str = "update", **facts: Any) -> Alert:
    """The version after one that was released."""
    made = _with(_alert(kind), **facts)
    return made.model_copy(
        update={
            "id": "sample-2", "version": 2, "previous": older.factset,
            "references": (f"{older.authority},{older.id},{older.sent.isoformat()}",),
        }
    )  # fmt: skip


def _at(hours: float) -> Instant:
    return Instant(at=NOW + timedelta(hours=hours), zone=ZONE)


def _c01() -> tuple[set[str], set[str]]:
    one, other = _made(_alert()), _made(_with(_alert(), act_by=_at(2)))
    return _release(one, other), _release(one)


def _c11() -> tuple[set[str], set[str]]:
    plain, full = _made(_alert(), tier=Tier.T1), _made(_alert(), tier=Tier.T2)
    less = _changed(
        full,
        parts={"text": full.parts["text"].replace("(413) 555-0140", ""), "html": "", "subject": full.parts["subject"]},
    )
    return _release(plain, less), _release(plain, full)


def _c12() -> tuple[set[str], set[str]]:
    short, long = _made(_alert(), means=Means.SMS), _made(_alert())
    more = _changed(short, parts={"text": short.parts["text"] + "\nCall (413) 555-0142"})
    less = _changed(long, parts={**long.parts, "text": long.parts["text"].replace("(413) 555-0142", "")})
    return _release(more, less), _release(short, long)


def _c13() -> tuple[set[str], set[str]]:
    text = _made(_alert())
    return _release(_changed(text, parts={**text.parts, "subject": "TORNADO WARNING. Old Mill"})), _release(text)


def _c15() -> tuple[set[str], set[str]]:
    older = _alert()
    right = _next(older)
    return _around(right.model_copy(update={"references": ()}), older=(older,)), _around(right, older=(older,))


def _c16() -> tuple[set[str], set[str]]:
    given = _next(_with(_alert(), act_by=_at(3)), act_by=_at(4))
    text = _made(given)
    silent = {part: words.replace("New latest time", "Latest time") for part, words in text.parts.items()}
    return _found(_changed(text, parts=silent), given), _found(text, given)


def _c17() -> tuple[set[str], set[str]]:
    return _around(_alert(), now=NOW + timedelta(days=9)), _around(_alert())


def _c18() -> tuple[set[str], set[str]]:
    older = _alert()
    clear = _next(older, "all-clear")
    wide = _next(older, "all-clear").model_copy(update={"area": Area(zones=("old-mill", "harbor"))})
    return _around(wide, older=(older,)), _around(clear, older=(older,))


def _c19() -> tuple[set[str], set[str]]:
    flood, tornado = _alert(), _alert(hazard="tornado").model_copy(update={"id": "t-1"})
    again = _alert().model_copy(update={"id": "f-1"})
    return _around(flood, touching=(tornado,)), _around(flood, touching=(again,))


def _c20() -> tuple[set[str], set[str]]:
    alert = _alert()
    text = _made(alert).parts["text"]

    def heard(said: str) -> set[str]:
        question = hearing.Question(
            text=said, alert=alert, library=_content(), authority=_authority(), language="en", zones=_zones(),
            needed=alert.actions,
        )  # fmt: skip
        return {f.rule for f in hearing.hear(question).findings}

    return heard(f"{text}\nOur own line: 212 555 0199."), heard(text)


def _c21() -> tuple[set[str], set[str]]:
    text = _made(_alert(), "es")
    other = _changed(text, parts={**text.parts, "text": text.parts["text"] + "\nVaya al albergue."})
    return _release(other), _release(text)


def _c22() -> tuple[set[str], set[str]]:
    text = _made(_alert())
    key = (text.profile.key, str(text.means), None, "all")
    return _release(text, asked=(key, (*key[:1], "sms", None, "all"))), _release(text, asked=(key,))


def _c23() -> tuple[set[str], set[str]]:
    return _around(_alert().model_copy(update={"area": Area(zones=("old-mill", "harbor"))})), _around(_alert())


def _c26() -> tuple[set[str], set[str]]:
    alert, spanish = _alert(), _made(_alert(), "es")
    wrong = _changed(spanish, parts=_made(alert, "fr").parts)
    return _found(wrong, alert), _found(spanish, alert)


CASES: dict[str, Callable[[], tuple[set[str], set[str]]]] = {
    "C01": _c01,
    "C02": lambda: _text("https://alerts.millford.example/a/7kq2wd", ""),
    "C03": lambda: _text("(413) 555-0140", "(413) 555-0148"),
    "C04": lambda: _text("7:30 PM", "7:30 AM"),
    "C05": lambda: _text("Wed Sep 23", "Thu Sep 24"),
    "C06": lambda: _text("Take your medicine and papers.", "Take your medicine and papers. Bring 3 bags."),
    "C07": lambda: _text("7kq2wd", "7kq2wb"),
    "C08": lambda: _text("Do not walk or drive in flood water.", "Walk or drive in flood water."),
    "C09": lambda: _text("RIVER FLOOD WARNING.", "RIVER FLOOD WATCH.", means=Means.SMS),
    "C10": lambda: _text("Riverside", "Harbor"),
    "C11": _c11,
    "C12": _c12,
    "C13": _c13,
    "C15": _c15,
    "C16": _c16,
    "C17": _c17,
    "C18": _c18,
    "C19": _c19,
    "C20": _c20,
    "C21": _c21,
    "C22": _c22,
    "C23": _c23,
    "C24": lambda: _text("EXERCISE", "Notice"),
    "C25": lambda: _text("Millford Emergency Management", "Somebody"),
    "C26": _c26,
}


def test_every_rule_of_consistency_has_a_pair() -> None:
    """A rule without a case that fires it and one that does not is in nobody's way, and in nobody's service."""
    assert {rule for rule in RULES if rule.startswith("C")} == CASES.keys() | ELSEWHERE.keys()
    for path in ELSEWHERE.values():
        assert (ROOT / path).is_file()


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_is_heard_where_it_is_broken_and_silent_where_it_is_not(rule: str) -> None:
    """Both in the same case: what was changed makes the difference."""
    broken, kept = CASES[rule]()
    assert rule in broken
    assert rule not in kept


@pytest.mark.parametrize(
    ("mine", "theirs", "blocked"),
    [
        (("boil_tap_water",), ("do_not_boil_to_make_safe",), True),
        (("leave_now",), ("go_to_lowest_floor",), True),
        (("leave_now",), ("take_medicine_and_papers",), False),
    ],
)
def test_opposite_steps_on_the_same_ground_block(mine: tuple[str, ...], theirs: tuple[str, ...], blocked: bool) -> None:
    """Listed pairs, and leaving against sheltering; an exercise never stands against a real alert."""
    one = _alert().model_copy(update={"actions": mine})
    other = _alert().model_copy(update={"actions": theirs, "id": "other-1"})
    assert ("C19" in _around(one, touching=(other,))) is blocked
    real = other.model_copy(update={"status": Status.ACTUAL})
    assert "C19" not in _around(one, touching=(real,))


def test_people_who_are_put_outside_are_not_told_the_opposite_of_another_live_alert(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Their own steps count, not those of the area; what else is live where they are is pointed out in any case."""
    update = _alert("update", zones=("riverside",))
    flash = _alert(hazard="flash_flood", zones=("old-mill",)).model_copy(update={"id": "flash-1"})
    found = checks.check_around(update, _content(), Around(**_everything({"left": (flash,)})))
    assert [(f.rule, f.severity) for f in found] == [("C19", Severity.WARN)]
    assert "flash-1 is live on ground that this version leaves" in found[0].message

    pair = frozenset({"do_not_drive_on_flooded_roads", "climb_to_higher_ground"})
    monkeypatch.setattr(ground, "opposites", lambda _root: frozenset({pair}))
    found = checks.check_around(update, _content(), Around(**_everything({"left": (flash,)})))
    assert [f.severity for f in found] == [Severity.WARN, Severity.BLOCK]
    real = flash.model_copy(update={"status": Status.ACTUAL})
    assert _around(update, left=(real,)) == set()


def test_a_technical_text_may_use_technical_terms() -> None:
    """One term for one thing is for the plain levels; T4 is read by people who know the other words."""
    alert = _alert()
    for tier, warned in ((Tier.T1, True), (Tier.T2, True), (Tier.T4, False)):
        text = _made(alert, "es", tier=tier)
        other = _changed(text, parts={**text.parts, "text": text.parts["text"] + "\nVaya al albergue."})
        assert ("C21" in _release(other)) is warned


def test_a_plainer_text_may_tell_what_the_next_level_tells_by_another_means() -> None:
    """A text message left something out; the mail of the same level has it, so the plainer text adds nothing."""
    plain, full = _made(_alert(), tier=Tier.T1), _made(_alert(), tier=Tier.T2)
    short = _made(_alert(), tier=Tier.T2, means=Means.SMS)
    assert "C11" not in _release(plain, short, full)


def test_a_plainer_text_may_tell_what_the_next_level_had_no_room_for() -> None:
    """A bilingual text at T2 leaves its local facts out one day in seven; the shorter one at T1 still has them."""
    plain, full = _made(_alert(), tier=Tier.T1), _made(_alert(), tier=Tier.T2)
    less = _changed(full, parts={**full.parts, "text": full.parts["text"].replace("(413) 555-0140", ""), "html": ""})
    assert "C11" in _release(plain, less)
    assert "C11" in _release(plain, _changed(less, left_out=("third action",)))
    assert "C11" not in _release(plain, _changed(less, left_out=("local facts",)))


def test_a_text_that_stands_in_for_another_language_may_tell_one_number_more() -> None:
    """English in place of Arabic says whom to call; the plain English text need not."""
    short, long = _made(_alert(), means=Means.SMS), _made(_alert())
    more = _changed(short, parts={"text": short.parts["text"] + "\nCall (413) 555-0142"})
    less = _changed(long, parts={**long.parts, "text": long.parts["text"].replace("(413) 555-0142", "")})
    assert "C12" in _release(more, less)
    assert "C12" not in _release(more.model_copy(update={"stand_in": True}), less)


@pytest.mark.parametrize(
    ("name", "fact", "what"),
    [
        ("help_phone", Phone(e164="+14135550177"), "phone number"),
        ("text_phone", Phone(e164="+14135550178"), "number to text"),
        ("shelter", Shelter(name={"en": "West Hall"}, address="9 Hill Road"), "shelter"),
        ("expires", Instant(at=NOW + timedelta(hours=9), zone=ZONE), "end"),
    ],
)
def test_another_word_in_the_same_incident_is_pointed_out(name: str, fact: Any, what: str) -> None:
    """It warns: two numbers, two shelters, two ends may both be right, and people will ask."""
    mine = _with(_alert(), shelter=Shelter(name={"en": "East Hall"}, address="21 School Street"))
    other = _with(mine, **{name: fact}).model_copy(update={"id": "other-1"})
    [found] = checks.check_around(mine, _content(), Around(**_everything({"incident": (other,)})))
    assert (found.rule, found.severity) == ("C19", Severity.WARN)
    assert found.message == f"other-1, about the same incident, gives another {what}."
    assert _around(mine, incident=(mine.model_copy(update={"id": "other-1"}),)) == set()


def test_neighbors_of_people_who_must_leave_at_once_are_pointed_out() -> None:
    """Only where it is urgent, and only zones that no alert is live in."""
    urgent = _alert().model_copy(update={"urgency": "Immediate"})
    assert _around(urgent, next_to=("harbor",)) == {"C19"}
    assert _around(urgent) == set()
    assert _around(_alert(), next_to=("harbor",)) == set()


def test_an_all_clear_that_ends_nothing_is_blocked() -> None:
    """It says what people may do now, or which steps they keep."""
    older = _alert()
    clear = _next(older, "all-clear")
    nothing = clear.model_copy(update={"actions": ("take_medicine_and_papers",)})
    assert "C18" in _around(nothing, older=(older,))
    kept = clear.model_copy(update={"actions": older.actions})
    assert "C18" not in _around(kept, older=(older,))


def test_an_all_clear_that_leaves_out_a_place_that_an_update_dropped_is_pointed_out() -> None:
    """People there get it too, and only an all-clear ever tells them that it is over."""
    first = _alert().model_copy(update={"area": Area(zones=("old-mill", "riverside"))})
    second = _next(first).model_copy(update={"area": Area(zones=("old-mill",))})
    clear = _next(second, "all-clear")
    missing = clear.model_copy(update={"area": Area(zones=("old-mill",))})
    whole = clear.model_copy(update={"area": Area(zones=("old-mill", "riverside"))})
    found = checks.check_around(missing, _content(), Around(**_everything({"older": (first, second)})))
    [told] = [f for f in found if f.rule == "C18"]
    assert (told.severity, "riverside" in told.message) == (Severity.WARN, True)
    assert "C18" not in _around(whole, older=(first, second))


def test_an_update_that_claims_a_change_that_did_not_happen_is_blocked() -> None:
    """People would look for what is new, in vain."""
    given = _next(_with(_alert(), act_by=_at(3)), act_by=_at(4))
    text = _made(given)
    claimed = _changed(text, parts={**text.parts, "text": text.parts["text"] + "\nNow also for: Harbor."})
    found = checks.check_variant(claimed, given, _content(), _authority()).findings
    assert any(f.rule == "C16" and "has not" in f.message for f in found)


def test_a_version_after_the_all_clear_is_blocked() -> None:
    """The chain has ended; so is one that was made from other facts, or that came too late."""
    over = _alert("all-clear")
    after = _next(over)
    assert "C15" in _around(after, older=(over,))
    assert over.kind == Kind.ALL_CLEAR
