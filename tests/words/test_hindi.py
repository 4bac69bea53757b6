"""Hindi: signs that belong to a letter, parts of the day, and a danda for a full stop."""

from datetime import datetime
from functools import lru_cache
from pathlib import Path

import pytest

from onevoice import speaking
from onevoice.checks import clock, counting, opening
from onevoice.checks.reading.folded import fold
from onevoice.checks.reading.words import tongue
from onevoice.checks.terms import bounded
from onevoice.facts import Instant
from onevoice.localize import language
from onevoice.localize.language import Language
from onevoice.localize.voice import Voice
from onevoice.services import Hours

ROOT = Path(__file__).resolve().parents[2]
TOLD = [
    ("00:30", "रात 12:30"), ("03:59", "रात 3:59"), ("04:00", "सुबह 4:00"), ("11:59", "सुबह 11:59"),
    ("12:30", "दोपहर 12:30"), ("15:59", "दोपहर 3:59"), ("16:00", "शाम 4:00"), ("18:30", "शाम 6:30"),
    ("20:00", "रात 8:00"), ("23:59", "रात 11:59"),
]  # fmt: skip


@lru_cache(maxsize=1)
def _hindi() -> Language:
    return language(ROOT, "hi")


def _at(time: str) -> Instant:
    return Instant(at=datetime.fromisoformat(f"2026-11-22T{time}:00-05:00"), zone="America/New_York")


@pytest.mark.parametrize(("time", "said"), TOLD)
def test_a_time_says_its_part_of_the_day_and_is_read_back(time: str, said: str) -> None:
    """As people say it, short and long; the check finds the one hour that lies in that part."""
    voice = Voice(_hindi())
    assert voice.instant(_at(time)) == f"रवि 22 नव, {said} ET"
    assert voice.instant(_at(time), "long") == f"रविवार, 22 नवंबर, {said} बजे (पूर्वी समय)"
    for style in ("short", "long"):
        (read,) = clock.times(voice.instant(_at(time), style), _hindi())
        assert read.clock in clock.shown(_at(time), _hindi())


def test_a_time_in_the_wrong_part_of_the_day_is_another_time_or_none() -> None:
    """सुबह 6:30 is twelve hours off; no hour is दोपहर 6:30."""
    (read,) = clock.times("रवि 22 नव, सुबह 6:30 ET", _hindi())
    assert read.clock not in clock.shown(_at("18:30"), _hindi())
    assert clock.times("रवि 22 नव, दोपहर 6:30 ET", _hindi()) == []


def test_opening_hours_are_read_with_their_part_of_the_day() -> None:
    """What the voice says of a service's hours is what the check reads of them, midnight too."""
    hours = (
        Hours(days=(0, 1, 2, 3, 4), opens="09:00", closes="17:30"),
        Hours(days=(5,), opens="00:00", closes="12:00"),
    )
    text = Voice(_hindi()).hours(hours)
    assert text.startswith("सोम-शुक्र सुबह 9:00-शाम 5:30")
    assert [(said.hours.opens, said.hours.closes) for said in opening.read(text, _hindi())] == [(540, 1050), (0, 720)]


@pytest.mark.parametrize(
    ("sentence", "words"),
    [("बाढ़ के पानी में न जाएँ।", 6), ("अकेले रहने वाले किसी पड़ोसी का हाल पूछें।", 8), ("आँधी-तूफान की चेतावनी।", 3)],
)
def test_a_word_with_its_signs_is_one_word(sentence: str, words: int) -> None:
    """Counted so in a sentence and when it is read aloud."""
    assert counting.units(sentence, "hi") == words
    assert speaking.seconds(sentence, "hi") == pytest.approx(words * 60 / 140)
    assert counting.split("बाढ़ नहीं है। आप सुरक्षित हैं।") == ["बाढ़ नहीं है।", "आप सुरक्षित हैं।"]


@pytest.mark.parametrize(("word", "text"), [("ढाल", "ढलान"), ("न", "दुकान"), ("न", "नल"), ("तू", "तूफान")])
def test_a_word_is_not_found_inside_another(word: str, text: str) -> None:
    """A sign before or behind goes on with the word."""
    assert not bounded([word], "hi").search(text)
    assert bounded([word], "hi").search(f"{text} {word}।")


def test_spellings_of_one_word_are_read_as_one() -> None:
    """ँ and ं, and the dot of ज़: phones and people write either. Another vowel is another word."""
    assert fold("ऊँची ज़मीन", "hi").text == fold("ऊंची जमीन", "hi").text
    assert fold("बंद", "hi").text != fold("बाद", "hi").text
    read = tongue(ROOT, _hindi())
    assert read.any(["न"]).search(read.fold("पानी में न जाएँ"))
    assert not read.any(["न"]).search(read.fold("दुकान में नल"))
