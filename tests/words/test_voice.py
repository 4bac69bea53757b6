from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from onevoice import localize
from onevoice.errors import Unusable
from onevoice.facts import Instant
from onevoice.localize.language import english_name
from onevoice.localize.voice import clean

SIX = ["Old Mill", "Riverside", "Harbor", "Market", "North Hill", "Station"]


@pytest.mark.parametrize(
    ("language", "style", "said"),
    [
        ("en", "short", "6:30 PM ET, Sun Nov 22"),
        ("en", "long", "Sunday, November 22, 6:30 PM (Eastern Time)"),
        ("es", "short", "18:30 ET, dom 22 nov"),
        ("es", "long", "domingo 22 de noviembre, 18:30 (hora del este)"),
        ("ar", "short", "6:30 م نيويورك الأحد 22 نوفمبر"),
        ("zh-Hans", "short", "11月22日周日 下午6:30（美国东部时间）"),
    ],
)
def test_a_moment_is_said_in_the_languages_pattern(
    words: Path, moment: Callable[[float], Instant], language: str, style: str, said: str
) -> None:
    """Clock time, weekday, date and the zone's name, on the clocks of the zone."""
    assert localize.voice(words, language).instant(moment(4), style) == said  # type: ignore[arg-type]  # short or long


@pytest.mark.parametrize("language", ["en", "es", "ar", "zh-Hans"])
def test_no_moment_holds_a_costly_or_foreign_character(
    words: Path, moment: Callable[[float], Instant], language: str
) -> None:
    """Digits are Western, spaces plain, and there are no direction marks."""
    said = localize.voice(words, language).instant(moment(4))
    assert not set("\u202f\u00a0\u200e\u200f\u061c") & set(said)
    assert all(c.isascii() for c in said if c.isdigit())


@pytest.mark.parametrize(
    ("language", "at", "said"),
    [
        ("en", "2026-11-22T12:00:00-05:00", "11:59 AM ET, Sun Nov 22"),
        ("en", "2026-11-23T00:00:00-05:00", "11:59 PM ET, Sun Nov 22"),
        ("es", "2026-11-23T00:00:00-05:00", "23:59 ET, dom 22 nov"),
        ("ar", "2026-12-01T00:00:00-05:00", "11:59 م نيويورك الاثنين 30 نوفمبر"),
        ("en", "2026-11-22T12:01:00-05:00", "12:01 PM ET, Sun Nov 22"),
        ("en", "2026-11-22T17:00:00-05:00", "5:00 PM ET, Sun Nov 22"),
    ],
)
def test_noon_and_midnight_are_told_a_minute_early(words: Path, language: str, at: str, said: str) -> None:
    """12:00 is read as the other half of the day, and midnight as another night: 11:59 stands on the day that ends."""
    instant = Instant(at=datetime.fromisoformat(at), zone="America/New_York")
    assert localize.voice(words, language).instant(instant) == said


def test_the_conjunction_of_a_language_joins_the_last_name(words: Path) -> None:
    """Where CLDR has another language's word for "and": in front of the last name alone, and without a comma."""
    path = words / "locales" / "es" / "language.yaml"
    path.write_text(f"{path.read_text(encoding='utf-8')}conjunction: ak\n", encoding="utf-8")
    voice = localize.voice(words, "es")
    said = [voice.names(SIX[:count]) for count in (1, 2, 3)]
    assert said == ["Old Mill", "Old Mill ak Riverside", "Old Mill, Riverside ak Harbor"]


def test_a_zone_that_the_translators_did_not_name_is_named_by_cldr(words: Path) -> None:
    """A deployment elsewhere still says which clock it means."""
    noon = Instant(at=datetime.fromisoformat("2026-11-22T12:00:00+00:00"), zone="Europe/Paris")
    assert localize.voice(words, "en").instant(noon) == "1:00 PM Central European Time, Sun Nov 22"


def test_a_language_may_bring_its_own_names_of_days_and_months(words: Path, moment: Callable[[float], Instant]) -> None:
    """Where CLDR has none of the language's own, language.yaml does."""
    path = words / "locales" / "es" / "language.yaml"
    days, months = [f"dia{n}" for n in range(7)], [f"mes{n}" for n in range(1, 13)]
    path.write_text(f"{path.read_text(encoding='utf-8')}weekdays: {days}\nmonths: {months}\n", encoding="utf-8")
    assert localize.voice(words, "es").instant(moment(4)) == "18:30 ET, dia6 22 mes11"


@pytest.mark.parametrize(
    ("language", "names", "said"),
    [
        ("en", SIX[:1], "Old Mill"),
        ("en", SIX[:2], "Old Mill and Riverside"),
        ("en", SIX, "Old Mill, Riverside, Harbor, Market, North Hill, and Station"),
        ("es", SIX, "Old Mill, Riverside, Harbor, Market, North Hill y Station"),
        ("zh-Hans", SIX, "Old Mill、Riverside、Harbor、Market、North Hill和Station"),
        ("ar", ["الميناء", "السوق", "المحطة"], "الميناء والسوق والمحطة"),
        ("ar", SIX[:2], "\u2066Old Mill\u2069 و\u2066Riverside\u2069"),
    ],
)
def test_six_places_read_as_well_as_one(words: Path, language: str, names: list[str], said: str) -> None:
    """The list is the language's own; a Latin name in Arabic text stands in an isolate."""
    assert localize.voice(words, language).names(names) == said


def test_names_and_numbers_are_isolated_only_where_the_text_runs_the_other_way(words: Path) -> None:
    """Arabic isolates links, numbers and Latin names; English isolates Arabic names, and nothing else."""
    arabic, english = localize.voice(words, "ar"), localize.voice(words, "en")
    assert arabic.isolate("https://x.example/a") == "\u2066https://x.example/a\u2069"
    assert arabic.isolate("(413) 555-0140") == "\u2066(413) 555-0140\u2069"
    assert arabic.isolate("الميناء") == "الميناء"
    assert english.isolate("الميناء") == "\u2067الميناء\u2069"
    assert english.isolate("Harbor") == "Harbor"
    assert arabic.isolate("") == ""


@pytest.mark.parametrize(
    ("number", "said"),
    [("+14135550140", "(413) 555-0140"), ("+33123456789", "+33 1 23 45 67 89"), ("+442079460018", "+44 20 7946 0018")],
)
def test_a_number_is_said_as_people_read_it(words: Path, number: str, said: str) -> None:
    """National in North America, international elsewhere."""
    assert localize.voice(words, "en").phone(number) == said


def test_what_a_person_typed_cannot_steer_the_text() -> None:
    """Controls, direction marks, private characters and line breaks are taken out of a name."""
    assert clean("Old\u202eMill\u2066\n Road\x00 \U000f0000\ue000 5") == "OldMill Road 5"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("direction: ltr", "direction: up", "language.yaml direction"),
        ("babel: es_US", "babel: xx_XX", "babel"),
        ("H:mm {zone}", "H:mm", "zone"),
        ("address: usted", "adress: usted", "Allowed: .*address"),
        ("language: es", "language: fr", "called es, the file says fr"),
        ("name: Español", "name: Español\nweekdays: [lun, mar]", "all seven days"),
        ("name: Español", "name: Español\nlist: narrow", "list"),
    ],
)
def test_a_mistake_in_a_language_file_is_refused_with_its_key(words: Path, old: str, new: str, said: str) -> None:
    """The error names the file, the key and what is allowed."""
    path = words / "locales" / "es" / "language.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(Unusable, match=said):
        localize.voice(words, "es")


def test_a_language_that_is_not_there_is_said_with_those_that_are(words: Path) -> None:
    """The error lists what there is; a folder without a catalogue is no language yet."""
    with pytest.raises(Unusable, match=r"'sw'.*en, ar, es, zh-Hans"):
        localize.voice(words, "sw")
    (words / "locales" / "es" / "LC_MESSAGES" / "messages.po").unlink()
    assert localize.languages(words) == ("en", "ar", "zh-Hans")


@pytest.mark.parametrize(
    ("tag", "name"),
    [("tl", "Tagalog"), ("ht", "Haitian Creole"), ("zh-Hant", "Chinese (Traditional)"), ("xx-not", "xx-not")],
)
def test_a_language_is_called_by_its_own_english_name(tag: str, name: str) -> None:
    """CLDR has Tagalog only as another name of Filipino in the Philippines."""
    assert english_name(tag) == name
