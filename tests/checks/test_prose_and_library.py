from pathlib import Path

import polib
import pytest

from onevoice import catalogues, checks
from onevoice.checks import prose, terms
from onevoice.compose import Content
from onevoice.people import Messenger
from onevoice.variant import Severity


def _replace(words: Path, file: str, old: str, new: str) -> None:
    path = words / "templates" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_small_library_has_no_faults_of_prose(words: Path) -> None:
    """Nothing is found where nothing is wrong."""
    assert list(prose.check(Content(words))) == []


@pytest.mark.parametrize(
    ("sentence", "rule", "severity"),
    [
        ("Leave your area now.", "L02", Severity.WARN),
        ("The water comes soon.", "L03", Severity.WARN),
        ("Stay there until further notice.", "L03", Severity.WARN),
        ("GO UP NOW or ELSE you GET WET.", "L05", Severity.WARN),
        ("GO TO THE HILL.", "L05", Severity.WARN),
        ("GO UP A HILL.", "L05", Severity.WARN),
        ("The EOC asks you to go.", "L06", Severity.WARN),
        ("You may want to go up.", "L09", Severity.WARN),
        ("Do not panic.", "L10", Severity.WARN),
        ("People ignored our warning.", "L11", Severity.WARN),
        ("This is not a drill.", "L12", Severity.BLOCK),
        ("Leave by 18:30.", "L20", Severity.BLOCK),
        ("Leave by 6 pm.", "L20", Severity.BLOCK),
        ("Call (413) 555-0140.", "L20", Severity.BLOCK),
        ("See www.millford.example.", "L20", Severity.BLOCK),
        ("Boil it for 1 minute.", "L21", Severity.WARN),
        ("Call 911.", "L21", Severity.WARN),
        ("Go \u202eup.", "L23", Severity.BLOCK),
    ],
)
def test_what_must_not_stand_in_a_sentence_is_found(words: Path, sentence: str, rule: str, severity: Severity) -> None:
    """With the file and the id of the sentence."""
    _replace(words, "actions.yaml", "Take a lamp.", sentence)
    (found,) = prose.check(Content(words))
    assert (found.rule, found.severity) == (rule, severity)
    assert found.part == "templates/actions.yaml action.take_lamp"


def test_an_edited_glossary_is_read_again(tmp_path: Path) -> None:
    """A console that runs for weeks avoids today what an officer wrote into the file today."""
    file = tmp_path / "locales" / "en" / "glossary.yaml"
    file.parent.mkdir(parents=True)
    said = []
    for word in ("deluge", "inundation"):
        file.write_text(f"terms:\n  flood: {{term: flood, avoid: [{word}]}}\n", encoding="utf-8")
        [(_, pattern)] = terms.avoided(tmp_path, "en")
        said.append([bool(pattern.search(one)) for one in ("a deluge", "an inundation")])
    assert said == [[True, False], [False, True]]


@pytest.mark.parametrize(("old", "found"), [("Climb the hill", ["P14"]), ("Ascend to the designated hill", [])])
def test_english_keeps_to_its_own_glossary(words: Path, old: str, found: list[str]) -> None:
    """As translations do; responders may hear the technical word."""
    glossary = words / "locales" / "en" / "glossary.yaml"
    glossary.write_text("terms: {hill: {term: hill, avoid: [hillock]}}\n", encoding="utf-8")
    _replace(words, "actions.yaml", old, f"{old}ock")
    assert [one.rule for one in prose.check(Content(words))] == found


@pytest.mark.parametrize(
    "sentence",
    [
        "Call {emergency_number}.",
        "Leave your area: {places}.",
        "RIVER FLOOD: go to HIGHER GROUND.",
        "Wear an N95 mask.",
    ],
)
def test_what_may_stand_in_a_sentence_is_not_found(words: Path, sentence: str) -> None:
    """The emergency number, an area with its places, capitals for hazard and main action, a name with digits."""
    _replace(words, "actions.yaml", "Take a lamp.", sentence)
    assert list(prose.check(Content(words))) == []


def _english_only(words: Path) -> None:
    """Composing everything takes a while; one language shows it."""
    for path in words.glob("locales/*/LC_MESSAGES/messages.po"):
        path.unlink()


def _library(words: Path, authority: Messenger, tmp_path: Path) -> set[tuple[str, str]]:
    found = checks.check_library(Content(words), authority, home=tmp_path / "home")
    return {(f.rule, (f.part or "").split(" (")[0]) for f in found if f.severity is Severity.BLOCK}


def test_a_refused_template_is_found(words: Path, authority: Messenger, tmp_path: Path) -> None:
    """Before anything is composed, with file and line."""
    (words / "templates/kinds/any/sms.j2").write_text("{{ opening }}\n{{ range(9) }}", encoding="utf-8")
    assert _library(words, authority, tmp_path) == {("L22", "templates/kinds/any/sms.j2:2")}


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("{{ where }}", "C10"),
        ("{{ source }}", "C25"),
        ("{{ more }}", "C02"),
        ("{{ act_by or until or issued }}", "C02"),
        ("{{ opening }}", "C02"),
        ("{{ mark }}", "C24"),
    ],
)
def test_a_template_that_forgets_something_is_found(
    words: Path, authority: Messenger, tmp_path: Path, line: str, rule: str
) -> None:
    """In every hazard, kind and language, by reading what was composed."""
    _english_only(words)
    _replace(words, "kinds/any/sms.j2", line, "")
    assert rule in {found for found, _ in _library(words, authority, tmp_path)}


def test_the_reading_level_blocks_by_day(words: Path, authority: Messenger, tmp_path: Path) -> None:
    """A long sentence, and a plain level that is harder than the next one."""
    _english_only(words)
    _replace(words, "actions.yaml", 'T1: "Go up."', f'T1: "Go {"up and " * 9}on."')
    found = _library(words, authority, tmp_path)
    assert ("R01", "en action.climb.T1") in found
    assert ("R02", "en storm") in found


def test_each_finding_is_said_once_in_a_language_with_where_it_shows(
    words: Path, authority: Messenger, tmp_path: Path
) -> None:
    """And in how many texts."""
    _english_only(words)
    _replace(words, "kinds/any/sms.j2", "{{ where }}", "")
    found = checks.check_library(Content(words), authority, home=tmp_path / "home")
    assert len({(f.rule, f.message) for f in found}) == len(found)
    lacking = next(f for f in found if f.rule == "C10")
    assert (lacking.part or "").startswith("storm warning sms T1 en, 1 places (and in ")


def test_a_hazard_that_a_language_has_not_begun_is_said_once_and_blocks_nothing(
    words: Path, authority: Messenger, tmp_path: Path
) -> None:
    """Its readers get what stands in for a missing language; one sentence of it, and the rest is asked for."""
    copy = (words / "templates/hazards/storm.yaml").read_text(encoding="utf-8").replace("hazard: storm", "hazard: gale")
    (words / "templates/hazards/gale.yaml").write_text(copy, encoding="utf-8")
    found = checks.check_library(Content(words), authority, home=tmp_path / "home")
    waiting = [f for f in found if f.rule == "P02"]
    assert [(f.severity, f.part) for f in waiting] == [
        (Severity.WARN, f"locales/{language}") for language in ("ar", "es", "zh-Hans")
    ]
    assert all("gale" in f.message for f in waiting)
    list(catalogues.update(words, "es"))
    po = polib.pofile(str(words / "locales/es/LC_MESSAGES/messages.po"))
    next(entry for entry in po if entry.msgctxt == "hazard.gale.name").msgstr = "Vendaval"
    po.save()
    found = checks.check_library(Content(words), authority, home=tmp_path / "home")
    assert "P02" in {f.rule for f in found if f.severity is Severity.BLOCK}
