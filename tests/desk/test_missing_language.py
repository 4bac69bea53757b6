"""What people get whose own text is held back: the choice of their segment, the number to call, and never silence."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import polib
import pytest

from onevoice import checks, compose
from onevoice.alert import Alert, Status
from onevoice.desk import draft, fallback, prepare
from onevoice.desk.texts import Key, Texts
from onevoice.desk.wiring import Desk
from onevoice.localize import stamp
from onevoice.people import Fallback, Means, Need, Profile, Tier
from onevoice.settings import Settings
from onevoice.variant import Finding, Scope, Severity, Variant

NUMBER, TEXT_NUMBER = "(413) 555-0140", "(413) 555-0141"
EVERYONE, NEWCOMERS, RESPONDERS = 0, 60, 100
LINE = "frame.english_only"
SPANISH = "locales/es/LC_MESSAGES/messages.po"
Chosen = tuple[Variant | None, str | None]


@pytest.fixture
def words(tmp_path: Path, root: Path) -> Path:
    """Copy the words of the house, so that a test can have sentences reviewed."""
    for folder in ("templates", "locales", "audiences", "examples"):
        shutil.copytree(root / folder, tmp_path / "words" / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "words"


@pytest.fixture
def desk(home: Path, words: Path) -> Iterator[Desk]:
    """Open a desk on the copied words."""
    made = Desk(Settings(home=home, content=words))
    yield made
    made.ledger.close()


@pytest.fixture
def alert(desk: Desk) -> Alert:
    """Make the flood real: then no machine draft may go out."""
    drawn = draft.from_file(desk, desk.settings.content_root / "examples" / "river_flood_warning.yaml")
    return drawn.model_copy(update={"status": Status.ACTUAL})


def reviewed(words: Path, which: Callable[[str], bool]) -> None:
    """Have the Spanish sentences reviewed whose id `which` says."""
    po = polib.pofile(str(words / SPANISH))
    for entry in po:
        if which(entry.msgctxt or ""):
            signed = stamp.signed(stamp.Stamp(), "reviewed", "Ana", date(2026, 11, 22), (entry.msgid, entry.msgstr))
            entry.tcomment = str(signed)
    po.save()


def lead(desk: Desk) -> str:
    """Give the line that stands before an English text for who reads Spanish."""
    return desk.content.sentence("es", LINE).text


def obey(desk: Desk, policy: Fallback) -> None:
    """Let every segment choose the same."""
    desk.segments = tuple(segment.model_copy(update={"fallback": policy}) for segment in desk.segments)


def gets(desk: Desk, alert: Alert, profile: str, means: Means = Means.SMS, treated: int = EVERYONE) -> Chosen:
    """Give the text that a reader gets, and why."""
    texts = Texts(desk, alert, frozenset())
    chosen = texts.choose(Key(profile, means, None, "all", treated))
    return (texts.made[chosen.variant_id] if chosen.variant_id else None), chosen.fallback


@pytest.mark.parametrize("policy", Fallback)
@pytest.mark.parametrize("language", ["ar", "ko"])
def test_a_missing_language_is_english_with_the_number(
    desk: Desk, alert: Alert, policy: Fallback, language: str
) -> None:
    """Whether a language has only machine drafts or is not shipped at all: English, and a number to ask."""
    obey(desk, policy)
    text, why = gets(desk, alert, f"{language}|T2|")
    assert text
    assert (text.profile.languages, why, text.stand_in) == (("en",), "english", True)
    assert NUMBER in text.parts["text"]
    assert not text.findings


def test_an_english_text_for_who_reads_english_has_no_such_line(desk: Desk, alert: Alert) -> None:
    """The number is the stand-in's alone: a text message in one's own language leaves it to the page."""
    text, why = gets(desk, alert, "en|T2|")
    assert text
    assert (why, text.stand_in) == (None, False)
    assert NUMBER not in text.parts["text"]


def test_who_cannot_hear_gets_the_number_for_texts(desk: Desk, alert: Alert) -> None:
    """A number for calls alone is none to them."""
    text, _ = gets(desk, alert, "ar|T2|hearing")
    assert text
    assert TEXT_NUMBER in text.parts["text"]
    assert NUMBER not in text.parts["text"]


@pytest.mark.parametrize("means", [Means.SMS, Means.EMAIL])
def test_an_approved_line_in_the_readers_language_comes_first(
    desk: Desk, alert: Alert, words: Path, means: Means
) -> None:
    """Bilingual, and only the line itself is reviewed: it stands before the English, and no draft with it."""
    reviewed(words, lambda key: key == LINE)
    text, why = gets(desk, alert, "es|T2|", means)
    assert text
    assert (why, text.lead, text.profile.languages) == ("english", "es", ("en",))
    assert all(
        lead(desk) in text.parts[part] and NUMBER in text.parts[part] for part in text.parts if part != "subject"
    )
    assert text.parts["text"].index(lead(desk)) < text.parts["text"].index("FLOOD")
    assert not [f for f in text.findings if f.severity is Severity.BLOCK]


def test_the_line_runs_in_its_own_direction(desk: Desk, alert: Alert, words: Path) -> None:
    """In the formatted mail the line says which language it is in, so that it is read and shown right."""
    reviewed(words, lambda key: key == LINE)
    text, _ = gets(desk, alert, "es|T2|", Means.EMAIL)
    assert text
    assert '<p lang="es" dir="ltr"' in text.parts["html"]


@pytest.mark.parametrize("policy", [Fallback.OTHER_TIER, Fallback.ENGLISH])
def test_a_segment_that_did_not_ask_for_both_gets_no_line(
    desk: Desk, alert: Alert, words: Path, policy: Fallback
) -> None:
    """The line belongs to the bilingual choice."""
    obey(desk, policy)
    reviewed(words, lambda key: key == LINE)
    text, _ = gets(desk, alert, "es|T2|")
    assert text
    assert text.lead is None
    assert lead(desk) not in text.parts["text"]


@pytest.mark.parametrize(
    ("policy", "languages", "why"),
    [
        (Fallback.BILINGUAL, ("es", "en"), "bilingual"),
        (Fallback.OTHER_TIER, ("es",), "other-tier"),
        (Fallback.ENGLISH, ("en",), "english"),
    ],
)
def test_each_choice_is_obeyed_where_another_tier_stands(
    desk: Desk, alert: Alert, words: Path, policy: Fallback, languages: tuple[str, ...], why: str
) -> None:
    """Very plain Spanish is a draft, plain Spanish is reviewed: both languages, plain Spanish alone, or English."""
    obey(desk, policy)
    reviewed(words, lambda key: not key.endswith(".T1"))
    text, said = gets(desk, alert, "es|T1|", Means.EMAIL)
    assert text
    assert (text.profile.languages, said) == (languages, why)
    assert text.profile.tier is (Tier.T1 if policy is Fallback.ENGLISH else Tier.T2)


def test_two_languages_that_do_not_fit_become_the_one_that_stands(desk: Desk, alert: Alert, words: Path) -> None:
    """A text message too small for both keeps the reader's language, not English."""
    reviewed(words, lambda key: not key.endswith(".T1"))
    text, why = gets(desk, alert, "es|T1|hearing,mobility,sight")
    assert text
    assert (text.profile.languages, why) in ((("es",), "other-tier"), (("es", "en"), "bilingual"))


def test_one_text_two_choices(desk: Desk, alert: Alert, words: Path) -> None:
    """A responder and a resident need the same words; what stands in for them is each one's segment's choice."""
    reviewed(words, lambda key: not key.endswith(".T4"))
    resident = gets(desk, alert, "es|T4|", Means.EMAIL, EVERYONE)
    responder = gets(desk, alert, "es|T4|", Means.EMAIL, RESPONDERS)
    assert (resident[1], responder[1]) == ("bilingual", "english")


def test_an_urgent_alert_ends_with_bare_english_and_another_with_waiting() -> None:
    """Rather a text without its extra lines than nothing; where life is not at stake, held is held."""
    reader = Profile(languages=("ar",), tier=Tier.T1, needs=(Need.SIGHT,))
    urgent = list(fallback.line(reader, Fallback.ENGLISH, urgent=True, hopeful=True))
    calm = list(fallback.line(reader, Fallback.ENGLISH, urgent=False, hopeful=True))
    assert urgent[:-1] == calm
    assert urgent[-1].profile == Profile(languages=("en",), tier=Tier.T2)


@pytest.mark.parametrize(("severity", "told"), [("Extreme", True), ("Moderate", False)])
def test_silence_is_only_where_life_is_not_at_stake(
    desk: Desk, alert: Alert, monkeypatch: pytest.MonkeyPatch, severity: str, *, told: bool
) -> None:
    """Every text with a need is held back: an extreme alert still says something, a moderate one waits, visibly."""
    check = checks.check_variant
    block = Finding(rule="P04", severity=Severity.BLOCK, scope=Scope.VARIANT, message="Held for the test.")

    def strict(variant: Variant, *rest: Any) -> Variant:
        found = check(variant, *rest)
        return found.with_findings((*found.findings, block)) if variant.profile.needs else found

    monkeypatch.setattr(checks, "check_variant", strict)
    text, why = gets(desk, alert.model_copy(update={"severity": severity}), "ar|T2|sight")
    assert (text is not None, why) == (told, "english" if told else "held")


def test_everybody_who_gets_another_text_is_named(desk: Desk, alert: Alert) -> None:
    """By language, segment and what they get, each person once, with the reason."""
    ready = prepare.prepare(desk, alert)
    assert sum(one.contacts for one in ready.instead) == ready.fallback > 0
    spanish = next(one for one in ready.instead if (one.language, one.segment) == ("es", "newcomers"))
    assert spanish.sentence() == (
        f"{spanish.contacts} people who read Spanish get English with the phone number: "
        "machine draft; no person has translated it."
    )
    assert {one.segment for one in ready.instead} <= {segment.id for segment in desk.segments}


def test_an_exercise_in_which_nothing_is_held_names_nobody_but_crowded_points(desk: Desk) -> None:
    """Machine drafts go out in an exercise, so nobody gets English instead."""
    drawn = draft.from_file(desk, desk.settings.content_root / "examples" / "river_flood_warning.yaml")
    ready = prepare.prepare(desk, drawn)
    assert {one.gets for one in ready.instead} <= {"shared-point"}


def test_a_stand_in_without_the_number_is_found(desk: Desk, alert: Alert) -> None:
    """An officer's own template that drops the number does not go unnoticed."""
    authority = desk.authority(alert.authority)
    asked = compose.Asked(Profile(languages=("en",)), Means.SMS, stand_in=True)
    text = compose.compose(alert, asked, desk.content, authority)
    lost = text.model_copy(update={"parts": {"text": text.parts["text"].replace(NUMBER, "")}})
    found = checks.check_variant(lost, alert, desk.content, authority).findings
    assert any(f.rule == "C02" and "lacks the number" in f.message for f in found)


def test_the_last_texts_are_short_enough_for_what_they_carry(desk: Desk, alert: Alert, words: Path) -> None:
    """The added lines cost no action: a stand-in has the room of two languages."""
    reviewed(words, lambda key: key == LINE)
    own, _ = gets(desk, alert, "en|T2|")
    other, _ = gets(desk, alert, "es|T2|")
    assert own
    assert other
    assert other.actions == own.actions
    assert "N01" not in {f.rule for f in other.findings}
