"""What the checks read out of a text, apart from any alert."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onevoice import localize
from onevoice.checks import numbers, sentences
from onevoice.checks.clock import Clock, shown, times
from onevoice.checks.plain import plain
from onevoice.facts import Instant


def test_a_page_is_read_as_people_see_it() -> None:
    """Tags, head and styles go; entities, digits of other scripts and odd spaces become plain."""
    html = (
        "<html><head><title>T</title><style>p{}</style></head><body><p>A &amp; B</p>"
        '<p><span aria-hidden="true">&#9650;</span> <b>C</b>&nbsp;D\n E</p><ol><li>١٢</li></ol></body></html>'
    )
    assert plain(html, html=True) == "A & B\nC D E\n12"


def test_direction_marks_are_not_words() -> None:
    """Isolates, marks and zero-width characters are left out."""
    assert plain("\u2066Old\u200b Mill\u2069\u200f \u202f6:30\n\n  x ") == "Old Mill 6:30\nx"


@pytest.mark.parametrize(
    ("language", "text", "clock"),
    [
        ("en", "Latest: 6:30 PM ET, Sun Nov 22.", Clock(18, 30, 22, 11, 6, "ET")),
        ("en", "Latest: 12:05 AM ET, Mon Nov 23.", Clock(0, 5, 23, 11, 0, "ET")),
        ("en", "Latest: 12:00 AM ET, Mon Nov 23.", Clock(0, 0, 23, 11, 0, "ET")),
        ("en", "12:05 pm ET, Mon Nov 23", None),
        ("en", "Sunday, November 22, 6:30 PM (Eastern Time)", Clock(18, 30, 22, 11, 6, "Eastern Time")),
        ("es", "Antes: 18:30 ET, dom 22 nov.", Clock(18, 30, 22, 11, 6, "ET")),
        ("ar", "قبل: 6:30 م نيويورك الأحد 22 نوفمبر.", Clock(18, 30, 22, 11, 6, "نيويورك")),
        ("zh-Hans", "最迟：11月22日周日 下午6:30（美国东部时间）。", None),
        ("zh-Hans", "最迟：11月22日周日下午6:30（美国东部时间）。", Clock(18, 30, 22, 11, 6, "美国东部时间")),
        ("en", "6:30 PM, Sun Nov 22", None),
        ("en", "6:75 PM ET, Sun Nov 22", None),
        ("en", "26:30 PM ET, Sun Nov 22", None),
    ],
)
def test_a_time_is_read_by_the_languages_pattern(words: Path, language: str, text: str, clock: Clock | None) -> None:
    """With zone, weekday, day and month; without one of them it is none."""
    path = words / "locales" / "zh-Hans" / "language.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("EEE ah", "EEEah"), encoding="utf-8")
    found = times(plain(text), localize.language(words, language))
    assert [read.clock for read in found] == ([clock] if clock else [])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(minutes=st.integers(0, 60 * 24 * 730), style=st.sampled_from(["short", "long"]))
def test_every_moment_that_is_said_is_read_back(translated: Path, minutes: int, style: str) -> None:
    """Through both changes of the clocks, in every pattern."""
    instant = Instant(at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes), zone="America/New_York")
    for tag in localize.languages(translated):
        spoken = localize.language(translated, tag)
        said = localize.voice(translated, tag).instant(instant, style)  # type: ignore[arg-type]  # short or long
        (read,) = times(plain(f"x: {said}."), spoken)
        assert read.clock in shown(instant, spoken)
        wrong = Instant(at=instant.at + timedelta(minutes=2), zone=instant.zone)  # 11:59 also stands for 12:00
        assert read.clock not in shown(wrong, spoken)


@pytest.mark.parametrize(
    ("said", "same"),
    [
        ("(413) 555-0140", True),
        ("413-555-0140", True),
        ("+1 413 555 0140", True),
        ("14135550140", True),
        ("0413 555 0140", True),
        ("(413) 555-014", False),
        ("(413) 555-0141", False),
        ("555-0140", False),
        ("+44 413 555 0140", False),
        ("", False),
    ],
)
def test_a_number_is_the_same_however_it_is_written(said: str, same: bool) -> None:
    """Whole or national; a lost digit or a local part alone is another number."""
    assert numbers.same_number(said, "+14135550140") is same


def test_numbers_and_links_are_found_and_their_neighbors_are_not() -> None:
    """A list's numbering and a full stop after a link do not belong to them."""
    text = "1. Go up.\n2. Call (413) 555-0140 or +33 1 23 45 67 89.\nSee https://x.example/a?b=1. Or (www.y.example)"
    assert [p.text for p in numbers.phones(text)] == ["(413) 555-0140", "+33 1 23 45 67 89"]
    assert [u.text for u in numbers.urls(text)] == ["https://x.example/a?b=1", "www.y.example"]
    assert [n.text for n in numbers.left_over("1. Go 3 km, 4.5 m\n2. Wait")] == ["3", "4.5"]


@pytest.mark.parametrize(
    ("sentence", "text", "values"),
    [
        ("Where: {places}.", "x\nWhere: Old Mill and B.\ny", [{"places": "Old Mill and B"}]),
        ("Where: {places}.", "where:  Old Mill.", [{"places": "Old Mill"}]),
        ("More: {url}", "More: https://x.example/a\nShared by: X.", [{"url": "https://x.example/a"}]),
        ("Go up.", "Go down.", []),
        ("A {old}, B {new}.", "A 1, B 2.", [{"old": "1", "new": "2"}]),
        ("请去{places}。", "请去Old Mill。", [{"places": "Old Mill"}]),
    ],
)
def test_a_sentence_is_found_with_what_stands_in_its_slots(
    sentence: str, text: str, values: list[dict[str, str]]
) -> None:
    """Whatever the capitals and the blanks."""
    found = [dict(sentences.values(match)) for match in sentences.pattern(sentence).finditer(text)]
    assert found == values


def test_a_time_with_full_stops_is_taken_whole() -> None:
    """The greedy reading does not end at `p.m.`"""
    both = [sentences.values(m)["act_by"] for m in sentences.found("By: {act_by}.", "By: 6:30 p.m. ET, dom.")]
    assert list(dict.fromkeys(both)) == ["6:30 p", "6:30 p.m. ET, dom"]


@pytest.mark.parametrize(
    ("at", "hour", "day"), [("2026-11-22T12:00:00-05:00", 11, 22), ("2026-11-23T00:00:00-05:00", 23, 22)]
)
def test_noon_and_midnight_must_be_told_a_minute_early(words: Path, at: str, hour: int, day: int) -> None:
    """The reader looks for 11:59 on the day that ends; 12:00 itself is not enough."""
    found = shown(Instant(at=datetime.fromisoformat(at), zone="America/New_York"), localize.language(words, "en"))
    assert {clock[:5] for clock in found} == {(hour, 59, day, 11, 6)}


def test_moments_of_an_alert_are_shown_in_both_lengths(words: Path, moment: Callable[[float], Instant]) -> None:
    """Short and long zone names are both right."""
    assert {clock.zone for clock in shown(moment(4), localize.language(words, "en"))} == {"ET", "Eastern Time"}
