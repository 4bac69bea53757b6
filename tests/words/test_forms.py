"""Forms that somebody takes from us: wireless alerts, what is read aloud, cards and packs, of the real words."""

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

from onevoice import speaking, wireless
from onevoice.alert import Alert, Kind, Status
from onevoice.checks import check_variant
from onevoice.checks.samples import AUTHORITY, Sample, samples
from onevoice.compose import Asked, Content, DoesNotFit, compose
from onevoice.people import PERSONAL, PUBLIC_TIERS, Means, Profile, Tier
from onevoice.variant import Severity, Variant

ROOT = Path(__file__).resolve().parents[2]


@lru_cache(maxsize=1)
def _content() -> Content:
    return Content(ROOT)


@lru_cache(maxsize=1)
def _samples() -> tuple[Sample, ...]:
    return tuple(samples(_content().lexicon))


def _of(means: Means) -> Iterator[Alert]:
    return (sample.alert for sample in _samples() if means in sample.means)


def _alert(hazard: str, kind: str, label: str = "2 places") -> Alert:
    found = (s for s in _samples() if (s.alert.hazard, s.kind, s.label) == (hazard, kind, label))
    return next(found).alert


def _told(alert: Alert, means: Means, tier: Tier | None = None, language: str = "en") -> Variant:
    profile = Profile(languages=(language,), tier=tier or PUBLIC_TIERS[means][0])
    return compose(alert, Asked(profile, means), _content(), AUTHORITY)


def _rules(variant: Variant, alert: Alert, text: str, part: str = "text") -> set[str]:
    """Rules that block or warn, with another text in one part."""
    changed = variant.model_copy(update={"parts": {**variant.parts, part: text}})
    found = check_variant(changed, alert, _content(), AUTHORITY).findings
    return {f.rule for f in found if f.severity is not Severity.NOTE}


# --- wireless


def test_360_characters_hold_every_danger_and_what_follows_it() -> None:
    """Of one to six places, in an exercise too; on one line, with source, hazard, first action and link."""
    for alert in _of(Means.WIRELESS_360):
        variant = _told(alert, Means.WIRELESS_360)
        text = variant.parts["text"]
        assert wireless.length(text) <= 360
        assert "\n" not in text
        first = _content().sentence("en", f"action.{alert.actions[0]}.T2").text.split("{")[0]
        assert all(said in text for said in (AUTHORITY.names["en"], first, alert.page_url))


def test_90_characters_say_who_what_to_do_what_it_is_and_where() -> None:
    """In that order, whole or not at all; a real alert fits nine times in ten."""
    made, tried = 0, 0
    for alert in _of(Means.WIRELESS_90):
        real = alert.model_copy(update={"status": Status.ACTUAL})
        tried += 1
        try:
            text = _told(real, Means.WIRELESS_90).parts["text"]
        except DoesNotFit:
            continue
        made += 1
        opening = next(k for k in _told(real, Means.WIRELESS_90).said if ".opening" in k)
        order = [
            text.index(AUTHORITY.short["en"]),
            text.index(_content().sentence("en", f"action.{alert.actions[0]}.T1").text.split("{")[0]),
            text.index(_content().sentence("en", opening).text.split("{")[0]),
        ]
        assert order == sorted(order)
        assert wireless.length(text) <= 90
    assert made / tried > 0.85


def test_the_time_leaves_the_shortest_form_last_and_is_named() -> None:
    """Somebody who has only this form is told that the longer one has more."""
    alert = _alert("river_flood", "warning").model_copy(update={"status": Status.ACTUAL})
    variant = _told(alert, Means.WIRELESS_90)
    assert variant.left_out[-1] == "times"
    assert {f.rule for f in check_variant(variant, alert, _content(), AUTHORITY).findings} == {"N03"}
    assert "times" not in _told(alert, Means.WIRELESS_360).left_out
    lost = variant.model_copy(update={"left_out": variant.left_out[:-1]})
    assert "C02" in {f.rule for f in check_variant(lost, alert, _content(), AUTHORITY).findings}


def test_a_wireless_text_that_is_too_long_is_blocked() -> None:
    """Whatever compose says of it."""
    alert = _alert("river_flood", "warning")
    variant = _told(alert, Means.WIRELESS_360)
    longer = variant.parts["text"].replace("EXERCISE:", f"EXERCISE: {'flood ' * 20}")
    assert "N05" in _rules(variant, alert, longer)
    assert _rules(variant, alert, variant.parts["text"]) == set()


# --- read aloud


@pytest.mark.parametrize("means", [Means.VOICE, Means.PACK])
def test_what_is_said_takes_a_minute_at_most(means: Means) -> None:
    """At every level at which it is made."""
    for alert in _of(means):
        for tier in PUBLIC_TIERS[means]:
            assert speaking.seconds(_told(alert, means, tier).parts["text"], "en") <= 60


def test_a_voice_says_the_first_step_twice_and_numbers_digit_by_digit() -> None:
    """Who calls first; times in whole words; no link, which nobody can hear; how to hear it again."""
    alert = _alert("river_flood", "warning")
    text = _told(alert, Means.VOICE).parts["text"]
    assert text.split("\n")[1] == "This is a message from: Millford Emergency Management."
    assert text.count("Move to HIGHER GROUND now.") == 2
    assert "Wednesday, September 23, 7:30 PM (Eastern Time)" in text
    assert "call: 4 1 3 - 5 5 5 - 0 1 4 0." in text
    assert "http" not in text
    assert re.search(r"\d{3}", text) is None
    assert _rules(_told(alert, Means.VOICE), alert, text) == set()


def test_a_wrong_digit_in_a_number_that_is_said_is_found() -> None:
    """Digit by digit as well as written."""
    alert = _alert("river_flood", "warning")
    variant = _told(alert, Means.VOICE)
    assert "C03" in _rules(variant, alert, variant.parts["text"].replace("0 1 4 0", "0 1 4 9"))


def test_a_short_number_is_said_digit_by_digit() -> None:
    """Nine hundred and eleven is no number to call."""
    assert _content().voice("en").spelled("911") == "9 1 1"


def test_a_text_that_takes_longer_than_a_minute_is_pointed_out() -> None:
    """It is not held back: a champion can stop where he likes."""
    alert = _alert("river_flood", "warning")
    variant = _told(alert, Means.VOICE)
    assert "N06" in _rules(variant, alert, variant.parts["text"] + "\nwater" * 100 + "\nEXERCISE")


def test_chinese_is_counted_in_characters_and_english_in_words() -> None:
    """Each digit is said, too. A Korean word holds its ending and its particle: fewer of them are said."""
    assert speaking.seconds("물에서 " * 90, "ko") == pytest.approx(60)
    assert speaking.seconds("水" * 220, "zh-Hans") == pytest.approx(60)
    assert speaking.seconds("water " * 150, "en") == pytest.approx(60)
    assert speaking.seconds("413", "en") == speaking.seconds("four one three", "en")


# --- cards and packs


def test_a_card_says_everything_that_everybody_needs_and_loads_nothing() -> None:
    """All steps, the lines for each need, the address in full; no script and nothing from elsewhere."""
    alert = _alert("river_flood", "warning")
    card = _told(alert, Means.PRINT, Tier.T2)
    for part in ("text", "html"):
        for action in alert.actions:
            assert _content().sentence("en", f"action.{action}.T2").text in card.parts[part]
        assert "(413) 555-0142" in card.parts[part]
        assert alert.page_url in card.parts[part]
    assert not re.search(r"<script|<img|<link|src=|url\(", card.parts["html"])


def test_a_pack_answers_five_questions_with_sentences_of_the_message() -> None:
    """And with no others."""
    alert = _alert("river_flood", "warning")
    pack = _told(alert, Means.PACK, Tier.T2)
    questions = [line for line in pack.parts["questions"].split("\n") if line.endswith("?")]
    assert len(questions) == 5
    email = compose(alert, Asked(Profile(languages=("en",), tier=Tier.T2), Means.EMAIL), _content(), AUTHORITY).parts[
        "text"
    ]
    said = _content().sentence("en", "hazard.river_flood.warning.detail.T2").text
    assert said in pack.parts["questions"]
    assert said in email


@pytest.mark.parametrize(
    ("kind", "over", "stop"),
    [
        (Kind.WARNING, True, "stop_later.T2"),
        (Kind.ALL_CLEAR, False, "stop_now.T2"),
        (Kind.RECOVERY, False, "stop_later.T2"),
    ],
)
def test_nobody_ends_a_danger_on_his_own_and_the_all_clear_stands_champions_down(
    kind: Kind, over: bool, stop: str
) -> None:
    """What may not be said follows from the kind."""
    limits = _told(_alert("river_flood", str(kind)), Means.PACK, Tier.T2).parts["limits"]
    assert (_content().sentence("en", "frame.pack.over.T2").text in limits) is over
    assert _content().sentence("en", f"frame.pack.{stop}").text in limits
    assert "4 1 3 - 5 5 5 - 0 1 4 0" in limits


@pytest.mark.parametrize("part", ["text", "questions", "limits"])
def test_each_part_of_a_pack_is_marked_in_an_exercise(part: str) -> None:
    """They are printed apart."""
    alert = _alert("river_flood", "warning")
    pack = _told(alert, Means.PACK)
    text = pack.parts[part]
    assert text.startswith("EXERCISE\n")
    assert "C24" in _rules(pack, alert, text.removesuffix("\nEXERCISE"), part)


def test_no_form_is_personal() -> None:
    """Whoever takes one is not counted as reached."""
    assert not set(PUBLIC_TIERS) & set(PERSONAL)
    assert set(PUBLIC_TIERS) | set(PERSONAL) == set(Means)


def test_a_short_name_stands_only_where_every_character_counts() -> None:
    """Everywhere else people read the whole name."""
    alert = _alert("river_flood", "warning")
    real = alert.model_copy(update={"status": "Actual"})
    assert _told(real, Means.WIRELESS_90).parts["text"].startswith("Millford Emergency: ")
    assert _told(real, Means.WIRELESS_360).parts["text"].startswith("Millford Emergency Management: ")
