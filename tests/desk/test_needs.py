"""What a group needs to hear: only that group, only what the alert says is so, only what one of them has read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from onevoice import checks
from onevoice.alert import Alert, AlertFile, Status
from onevoice.desk import needs, prepare
from onevoice.desk.needs import read
from onevoice.desk.resolve import resolve
from onevoice.desk.texts import Key, Texts
from onevoice.desk.wiring import Desk
from onevoice.errors import Unusable
from onevoice.facts import FactSet, Shelter
from onevoice.people import Means
from onevoice.settings import Mode
from onevoice.variant import Finding, Severity, Variant

EVERYONE, NEWCOMERS = 0, 60
NEWCOMERS_HEAR = ("papers_not_asked", "status_not_asked", "interpreters", "families_together", "no_uniforms")
STATUS = "Nobody at the shelter asks about your immigration status."
SCHOOL: Mapping[str, Any] = {"name": "Millford High School", "address": "12 School Street", "no_papers": True}
ASKED_NOTHING = {**SCHOOL, "no_status_questions": True}


def _alert(desk: Desk, shelter: Mapping[str, Any] = SCHOOL, actions: list[str] | None = None, **facts: Any) -> Alert:
    plain = {
        "hazard": "wildfire_evacuation",
        "status": "Exercise",
        "area": {"zones": ["north-hill"]},
        "facts": {"act_by": "+45m", **({"shelter": dict(shelter)} if shelter else {}), **facts},
        "actions": actions,
    }
    return resolve(desk, AlertFile.model_validate(plain), base=desk.settings.content_root, chain="fire")


def _text(
    desk: Desk, alert: Alert, means: Means = Means.EMAIL, treated: int = NEWCOMERS, profile: str = "en|T2|"
) -> Variant:
    texts = Texts(desk, alert, frozenset())
    chosen = texts.choose(Key(profile, means, None, "all", treated))
    assert chosen.variant_id
    return texts.made[chosen.variant_id]


def _read(desk: Desk, *needs: str) -> dict[str, Any]:
    """The lines of a segment whose sentences somebody has read as they are."""
    segment = next(s for s in desk.segments if s.id == "newcomers")
    sentences = read(desk.content.lexicon, segment.model_copy(update={"needs": needs}))
    return {"needs": needs, "reviewed_by": "Amal Haddad", "bound": {one.need: one.digest for one in sentences}}


def _treat(desk: Desk, **change: Any) -> None:
    """Let newcomers be treated otherwise."""
    changed = (s.model_copy(update=change) if s.id == "newcomers" else s for s in desk.segments)
    desk.segments = tuple(changed)


def _found(desk: Desk, alert: Alert) -> list[Finding]:
    return [f for f in prepare.prepare(desk, alert).findings if f.rule == "S04"]


def test_a_group_hears_what_it_needs_where_the_alert_says_that_it_is_so(desk: Desk) -> None:
    """By mail, and once: whoever needs it hears of papers in words of their own."""
    text = _text(desk, _alert(desk, ASKED_NOTHING)).parts["text"]
    assert STATUS in text
    assert "Nobody at the shelter asks for papers." in text
    assert "You do not need to show any papers." not in text


@pytest.mark.parametrize("shelter", [SCHOOL, {**SCHOOL, "no_status_questions": False}], ids=["not given", "not so"])
def test_without_the_fact_it_is_not_said(desk: Desk, shelter: Mapping[str, Any]) -> None:
    """Nothing is said on trust."""
    text = _text(desk, _alert(desk, shelter))
    assert STATUS not in text.parts["text"]
    assert "need.papers_not_asked.T2" in text.said


def test_another_segment_hears_nothing_of_it(desk: Desk) -> None:
    """The treating segment decides, and the rest of the text is as ever."""
    text = _text(desk, _alert(desk, ASKED_NOTHING), treated=EVERYONE)
    assert not [key for key in text.said if key.startswith("need.")]
    assert "You do not need to show any papers." in text.parts["text"]


def test_a_live_deployment_holds_back_what_nobody_of_them_has_read(desk: Desk) -> None:
    """The sentence alone: the warning goes out, and the officer is told who must read what."""
    desk.settings = desk.settings.model_copy(update={"mode": Mode.LIVE})
    alert = _alert(desk, ASKED_NOTHING)
    text = _text(desk, alert)
    assert not [key for key in text.said if key.startswith("need.")]
    assert "12 School Street" in text.parts["text"]
    (found,) = _found(desk, alert)
    assert found.severity is Severity.WARN
    assert "papers_not_asked, status_not_asked" in found.message
    assert "audiences/segments/newcomers.yaml" in found.remedy
    _treat(desk, **_read(desk, *NEWCOMERS_HEAR))
    assert STATUS in _text(desk, alert).parts["text"]
    assert not _found(desk, alert)


def test_an_edit_takes_the_name_away_from_that_sentence_alone(desk: Desk) -> None:
    """Whoever read other words has not read these; the others stand."""
    desk.settings = desk.settings.model_copy(update={"mode": Mode.LIVE})
    lines = _read(desk, *NEWCOMERS_HEAR)
    lines["bound"] |= {"status_not_asked": "0" * 12}
    _treat(desk, **lines)
    alert = _alert(desk, ASKED_NOTHING)
    said = _text(desk, alert).said
    assert "need.papers_not_asked.T2" in said
    assert "need.status_not_asked.T2" not in said
    (found,) = _found(desk, alert)
    assert "status_not_asked: the words changed since Amal Haddad read it" in found.message
    assert "papers_not_asked" not in found.message


def test_a_digest_is_over_every_level_of_a_sentence(desk: Desk) -> None:
    """An edit for the plainest readers is an edit."""
    lexicon = desk.content.lexicon
    (before,) = read(lexicon, desk.segments[0].model_copy(update={"needs": ("interpreters",)}))
    assert set(before.words) == {"T1", "T2"}
    for level in before.words:
        key = f"need.interpreters.{level}"
        other = lexicon.model_copy(update={"sources": {**lexicon.sources, key: "Other words."}})
        (after,) = read(other, desk.segments[0].model_copy(update={"needs": ("interpreters",)}))
        assert after.digest != before.digest


def test_a_segment_that_does_not_exist_is_refused_with_those_that_do(desk: Desk) -> None:
    """A slip of the keyboard is no empty answer."""
    with pytest.raises(Unusable, match="newcomers"):
        needs.of_segment(desk, "newcomer")


def test_a_real_alert_says_no_draft_of_what_to_do_without_a_phone(desk: Desk) -> None:
    """The same guard as for what a group hears: an exercise says it, the real text is not held back for it."""
    for status, told in ((Status.EXERCISE, True), (Status.ACTUAL, False)):
        alert = _alert(desk, actions=["leave_now", "contact_doctor_first"])
        texts = Texts(desk, alert.model_copy(update={"status": status}), frozenset(["P01"]))
        texts.make_public()
        page = next(v for v in texts.made.values() if v.means is Means.PAGE and v.profile.languages == ("es",))
        assert any(key.startswith("frame.without.") for key in page.said) is told
        english = next(v for v in texts.made.values() if v.means is Means.PAGE and v.profile.key == "en|T2|")
        assert any(key.startswith("frame.without.") for key in english.said)


def test_an_exercise_says_it_and_notes_that_a_real_alert_would_not(desk: Desk) -> None:
    """Otherwise the first to notice is the night."""
    (found,) = _found(desk, _alert(desk, ASKED_NOTHING))
    assert found.severity is Severity.NOTE
    assert not _found(desk, _alert(desk, {"name": "School", "address": "12 School Street"}))


def test_somebody_who_speaks_your_language_is_told_in_that_language_alone(desk: Desk) -> None:
    """Readers of the other languages would look for somebody who is not there."""
    alert = _alert(desk, {**SCHOOL, "interpreters": ["es"]})
    spanish = _text(desk, alert, profile="es|T2|")
    assert "need.interpreters.T2" in spanish.said
    assert "need.interpreters.T2" not in _text(desk, alert).said
    assert "need.interpreters.T2" not in _text(desk, alert, profile="ar|T2|").said


def test_a_draft_of_such_a_sentence_never_holds_back_a_real_warning(desk: Desk) -> None:
    """It is left unsaid; the text that it would stand in is not judged by it."""
    alert = _alert(desk, ASKED_NOTHING).model_copy(update={"status": Status.ACTUAL})
    texts = Texts(desk, alert, frozenset(["P01"]))
    chosen = texts.choose(Key("es|T2|", Means.EMAIL, None, "all", NEWCOMERS))
    assert chosen.variant_id
    text = texts.made[chosen.variant_id]
    assert text.profile.languages == ("es",)
    assert not [key for key in text.said if key.startswith("need.")]


def test_a_text_message_drops_it_before_the_shelter(desk: Desk) -> None:
    """What a group hears in addition never costs it the address."""
    everything = {**ASKED_NOTHING, "families_together": True, "no_uniforms": True, "interpreters": ["en"]}
    alert = _alert(desk, everything, ["leave_now"])
    usual = _text(desk, alert, Means.SMS, EVERYONE)
    text = _text(desk, alert, Means.SMS)
    assert "12 School Street" in usual.parts["text"]
    assert "12 School Street" in text.parts["text"]
    assert "what a group needs" in text.left_out
    assert STATUS not in text.parts["text"]


def test_page_and_pack_tell_what_any_group_hears_and_a_post_does_not(desk: Desk) -> None:
    """Everybody asks a champion, and everybody reads the page."""
    made = prepare.prepare(desk, _alert(desk, ASKED_NOTHING)).variants
    english = {v.means: v for v in made if v.profile.key == "en|T2|" and v.means not in (Means.SMS, Means.EMAIL)}
    told = {means for means, v in english.items() if "need.status_not_asked.T2" in v.said}
    assert told == {Means.PAGE, Means.PACK}


def test_a_fact_for_a_group_is_told_to_it_and_stops_nothing(desk: Desk) -> None:
    """One segment needs it and the others do not: texts differ, and no rule takes that for a contradiction."""
    alert = _alert(desk, animal_place="Fairground Barn", fasting_advice="Imam Yusuf Rahman")
    assert [f.message.split(":")[0] for f in _found(desk, alert) if "Nobody is told" in f.message] == [
        "Nobody is told animal_place",
        "Nobody is told fasting_advice",
    ]
    _treat(desk, **_read(desk, "farm_animals", "fasting_in_heat"))
    text = _text(desk, alert, profile="en|T1|").parts["text"]
    assert "A safe place for farm animals: Fairground Barn." in text
    assert "Who says so: Imam Yusuf Rahman." in text
    ready = prepare.prepare(desk, alert)
    assert not ready.blocks
    assert not [f for f in ready.findings if f.rule in ("S04", "C11", "C12")]


def test_a_text_message_to_a_group_is_not_held_against_the_mail_to_others(desk: Desk) -> None:
    """The mail of the group has it too; that others lack it is meant so."""
    _treat(desk, **_read(desk, "farm_animals"))
    texts = Texts(desk, _alert(desk, {}, ["leave_now"], animal_place="Fairground Barn"), frozenset())
    theirs = texts.choose(Key("en|T2|", Means.SMS, None, "all", NEWCOMERS)).variant_id
    assert theirs
    assert "Fairground Barn" in texts.made[theirs].parts["text"]
    texts.choose(Key("en|T2|", Means.EMAIL, None, "all", EVERYONE))
    found = checks.check_release(list(texts.made.values()), texts.alert, desk.content)
    assert [f.rule for f in found if f.rule in ("C11", "C12")] == []


def test_facts_from_before_keep_their_hash() -> None:
    """The new fields of a shelter are written only where they are given; what is stored stays what it was."""
    old = FactSet(facts={"shelter": Shelter(name={"en": "School"}, address="12 School Street", no_papers=True)})
    assert old.hash == "sha256:8a725d309933e6f04f1c56f08b2e85b21eab9d9276ed50aecdaacfd468850992"
    new = FactSet(facts={"shelter": old.facts["shelter"].model_copy(update={"women_space": False})})
    assert new.hash != old.hash
    assert FactSet.model_validate_json(new.model_dump_json()) == new


def test_what_a_shelter_cannot_have_is_refused_with_what_it_can(desk: Desk) -> None:
    """A slip of the keyboard must not silence a sentence."""
    with pytest.raises(Unusable, match="shelter") as problem:
        _alert(desk, {**SCHOOL, "woman_space": True})
    assert "women_space" in str(problem.value.remedy)
