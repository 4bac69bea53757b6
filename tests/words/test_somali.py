"""Somali: "ha" only forbids, "ma" asks or denies, "mar" is no March, and the hour counts to 24."""

import re
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import pytest

from onevoice import sms
from onevoice.checks.reading import moments
from onevoice.checks.reading.digits import in_digits
from onevoice.checks.reading.folded import fold
from onevoice.checks.reading.steps import one
from onevoice.checks.reading.tongues import other_language
from onevoice.checks.reading.words import Tongue, tongue
from onevoice.compose import Content
from onevoice.facts import Instant
from onevoice.localize.voice import Voice

ROOT = Path(__file__).resolve().parents[2]
FORBIDS = re.compile(r"(?<!\w)(?:ha|hana)(?!\w)")
"""What stands before a verb that is forbidden, and in everyday Somali before one that is let be."""
FORBIDDEN = re.compile(r"\wina(?!\w)")
"""How a verb ends that is forbidden to several people."""
LATIN = ("de", "en", "es", "fr", "ht", "it", "pt", "tl", "vi")


@lru_cache(maxsize=1)
def _content() -> Content:
    return Content(ROOT)


@lru_cache(maxsize=16)
def _tongue(language: str) -> Tongue:
    return tongue(ROOT, _content().voice(language).language)


def _at(time: str) -> Instant:
    return Instant(at=datetime.fromisoformat(f"2026-11-22T{time}:00-05:00"), zone="America/New_York")


def _lets(sentence: str) -> list[str]:
    """The stretches in which "ha" or "hana" forbids nothing: no such verb follows in its clause."""
    sentence = sentence.lower()
    clauses = [sentence[found.end() :] for found in FORBIDS.finditer(sentence)]
    return [clause for clause in clauses if not FORBIDDEN.search(re.split(r"[.,:;?!]", clause)[0])]


def test_ha_only_forbids() -> None:
    """In every sentence: "ha galo" (let him go in) beside "ha gelina" (do not go in) would be one word for two."""
    said = {key: _content().sentence("so", key).text for key in _content().lexicon.sources}
    assert {key: text for key, text in said.items() if _lets(text)} == {}
    assert _lets("Ha gelina biyaha, hana taabanina.") == []
    assert _lets("Hawada xun ha baxdo.") == [" baxdo."]


@pytest.mark.parametrize(
    ("sentence", "no"),
    [
        ("Ha gelina biyaha daadka.", True),
        ("Biyaha daadka ha gelina.", True),
        ("Biyaha daadka gala.", False),
        ("Biyaha daadka waa inaydaan gelin.", True),
        ("Biyaha daadka lama geli karo.", True),
    ],
)
def test_a_step_is_forbidden_wherever_the_word_stands(sentence: str, no: bool) -> None:
    """Before the noun or before the verb, and in the other ways of saying no."""
    read = one(sentence, _tongue("so"))
    shared = [mark for mark in read.marks if mark in ("=enter_water", "=move_in")]
    assert shared
    assert read.negated(shared) is no


@pytest.mark.parametrize(("time", "said"), [("18:30", "18:30"), ("06:30", "06:30"), ("12:00", "11:59")])
def test_an_hour_counts_to_24_and_the_day_stands_whole(time: str, said: str) -> None:
    """Neither GH and GD nor Tldo and Khms, which CLDR has and nobody reads."""
    voice = Voice(_content().voice("so").language)
    assert voice.instant(_at(time)) == f"Axad 22 Nof {said} ET"
    assert voice.instant(_at(time), "long") == f"Axad, 22 Noofeembar, saacadda {said} (waqtiga Bariga Mareykanka)"


@pytest.mark.parametrize(
    ("said", "hour", "minute"),
    [
        ("6:30 galabnimo", 18, 30),
        ("6:30 subaxnimo", 6, 30),
        ("galabta lixda iyo nuska", 18, 30),
        ("saacadda 6:30 ee fiidnimo", 18, 30),
        ("toddobada iyo rubuc subaxnimo", 7, 15),
        ("saacadda 18:30", 18, 30),
        ("6:30 PM", 18, 30),
        ("2:00 duhurka kaddib", 14, 0),
        ("saqda dhexe", 0, 0),
    ],
)
def test_a_time_is_read_as_people_say_it(said: str, hour: int, minute: int) -> None:
    """By the part of the day that stands beside it; the half hour in words."""
    (moment,), _ = moments.read(in_digits(fold(said, "so"), _tongue("so")), _tongue("so"))
    assert (moment.hour, moment.minute, moment.sure) == (hour, minute, True)


@pytest.mark.parametrize(
    ("said", "dates"),
    [
        ("Laba mar isku daya.", []),
        ("Mar 3 isku daya.", []),
        ("3 mar kale", []),
        ("Talaado 17 Mar 18:30", [(3, 17)]),
        ("17 Maarso", [(3, 17)]),
        ("bisha Nofembar 22", [(11, 22)]),
        ("22-ka bisha Nofembar", [(11, 22)]),
    ],
)
def test_twice_is_no_day_in_march(said: str, dates: list[tuple[int, int]]) -> None:
    """The word for a time (once, twice), mar, is also CLDR's short March."""
    times, alone = moments.read(in_digits(fold(said, "so"), _tongue("so")), _tongue("so"))
    days = [day for moment in times for day in moment.days] + alone
    assert [date for day in days for date in day.dates] == dates


def test_every_sentence_fits_the_basic_alphabet() -> None:
    """The glottal stop is the plain apostrophe: one curly one would make a text message twice as long."""
    said = {key: _content().sentence("so", key).text for key in _content().lexicon.sources}
    assert {key: text for key, text in said.items() if sms.count(text).encoding != "GSM-7" or "`" in text} == {}


@pytest.mark.parametrize("other", LATIN)
def test_it_is_told_from_its_neighbours_in_latin_letters(other: str) -> None:
    """A text of few words is not taken for one in the other, either way: "la", "ka" and "ku" stand in several."""
    tongues = [_tongue(language) for language in ("so", *LATIN)]
    told = {
        language: " ".join(_content().sentence(language, key).text for key in (
            "hazard.river_flood.warning.opening.T2", "hazard.river_flood.warning.impact.T2",
            "action.move_to_higher_ground.T2", "action.do_not_enter_flood_water.T2", "frame.where",
        ))
        for language in ("so", other)
    }  # fmt: skip
    assert other_language(told["so"], _tongue("so"), tongues) is None
    assert other_language(told[other], _tongue(other), tongues) is None
    assert other_language(told["so"], _tongue(other), tongues)
    assert other_language(told[other], _tongue("so"), tongues)


def test_each_hour_of_the_day_is_one_time() -> None:
    """No two moments of a day are written alike, with neither half named."""
    voice = Voice(_content().voice("so").language)
    day = [Instant(at=datetime(2026, 11, 22, hour, 30, tzinfo=UTC), zone="America/New_York") for hour in range(24)]
    assert len({voice.instant(moment) for moment in day}) == len(day)
