"""`locales check`: what gettext's and the Translate Toolkit's checks find, and what only this house needs."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import polib
import pytest

from onevoice import catalogues
from onevoice.checks import catalogue_form
from onevoice.errors import Unusable
from onevoice.variant import Severity

KEY = "action.take_lamp"
BABELS_ARABIC = (
    "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=0 && n%100<=2 ? 4 : 5);"
)


def _found(words: Path, where: str = f"locales/es {KEY}") -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in catalogues.check(words):
        if one.part == where:
            found.setdefault(one.rule, []).append(one.message)
    return found


# --- the file


def _head(words: Path, language: str, **head: str) -> None:
    path = words / "locales" / language / "LC_MESSAGES" / "messages.po"
    po = polib.pofile(str(path))
    po.metadata |= {name.replace("_", "-"): value for name, value in head.items()}
    po.save()


@pytest.mark.parametrize(
    ("language", "head", "told"),
    [
        ("ar", {"Plural_Forms": BABELS_ARABIC}, "gives 11 the form 5, which is 4"),
        ("es", {"Plural_Forms": "nplurals=2; plural=(n != 1);"}, "has 3 plural forms"),
        ("es", {"Plural_Forms": "nplurals=3; plural=rm -rf;"}, "cannot be read"),
        ("es", {"Language": "fr"}, "says fr where the language is es"),
        ("es", {"Content_Type": "text/plain; charset=ISO-8859-1"}, "charset=UTF-8"),
    ],
)
def test_a_wrong_head_is_found(words: Path, language: str, head: dict[str, str], told: str) -> None:
    """Babel's Arabic order, a rule of another language, none at all; another language; another charset."""
    _head(words, language, **head)
    assert told in " ".join(_found(words, f"locales/{language}").get("P09", []))


def test_a_head_without_a_plural_rule_is_pointed_out(words: Path) -> None:
    """Nothing is told wrongly by it, so it holds nothing back."""
    path = words / "locales" / "es" / "LC_MESSAGES" / "messages.po"
    po = polib.pofile(str(path))
    del po.metadata["Plural-Forms"]
    po.save()
    found = [f for f in catalogues.check(words) if f.part == "locales/es" and f.rule == "P09"]
    assert [(f.message, f.severity) for f in found] == [("The head of the file has no plural rule.", Severity.WARN)]


def test_a_right_head_in_other_words_is_right(words: Path) -> None:
    """The rule is evaluated, not compared."""
    _head(words, "zh-Hans", Plural_Forms="nplurals=1; plural=n*0;", Language="zh_Hans")
    assert _found(words, "locales/zh-Hans") == {}


def test_an_id_that_stands_twice_is_found(words: Path, spanish: Any) -> None:
    """The second would silence the first; gettext refuses it too."""
    text = spanish.path.read_text(encoding="utf-8")
    entry = next(part for part in text.split("\n\n") if f'msgctxt "{KEY}"' in part)
    spanish.path.write_text(f"{text}\n{entry}\n", encoding="utf-8")
    assert "stands 2 times" in _found(words)["P09"][0]
    if shutil.which("msgfmt"):
        assert subprocess.run(
            ["msgfmt", "-c", "-o", "/dev/null", spanish.path], check=False, capture_output=True
        ).returncode


def test_what_nothing_reads_is_found(words: Path, spanish: Any) -> None:
    """A sentence without an id, and those that are no longer used."""
    po = polib.pofile(str(spanish.path))
    po.append(polib.POEntry(msgid="Hello.", msgstr="Hola."))
    po.append(polib.POEntry(msgctxt="old", msgid="Old.", msgstr="Viejo.", obsolete=True))
    po.save()
    found = _found(words, "locales/es")
    assert ("have no id" in found["P09"][0], "1 translations are no longer used" in found["P11"][0]) == (True, True)


# --- sentences


ODD = [
    ("Take it.", "Tómelo.\n", "P10", "line break"),
    ("Take it.", " Tómelo.", "P10", "blank stands at an end"),
    ("Take it.", "Tómelo  ya.", "P10", "Two blanks"),
    ("Take it.", "Tómelo\tya.", "P10", "tab"),
    ("Take it.", "Tómelo (ya.", "P10", "“)” is missing"),
    ("Take it.", "Tómelo ya).", "P10", "closes nothing"),
    ("Take it.", "拿好）。", "P10", "closes nothing"),
    ("Take it.", "„Nimm es.", "P10", "is missing"),
    ("Take it.", 'Tome "esto.', "P10", "quotation mark"),
    ("Take it.", "Tome esto esto.", "P11", "stands twice"),
    ("Take it.", "Tómelo", "P11", "“.”, this with “no mark”"),
    ("Take it!", "拿好。", "P11", "“!”, this with “.”"),
    ("Take 2 lamps.", "Tome 3 lámparas.", "P12", "number “2” is lost"),
    ("Take 2 lamps.", "خذ ٣ مصابيح.", "P12", "number “3” is not in the English"),
    ("See https://a.example/x", "Vea https://a.example/y", "P12", "link"),
    ("Write to a@b.example", "Escriba a a@c.example", "P12", "link"),
    ("Take %s.", "Tome.", "P12", "placeholder “%s” is lost"),
    ("Take it.", "Tome ${it}.", "P12", "placeholder"),
    ("Take it.", "Tome <b>esto</b>.", "P12", "placeholder"),
    ("Take it.", "Tó\u00admelo.", "P13", "U+00AD"),
    ("Take it.", "Tómelo\u200b.", "P13", "U+200B"),
    ("Take it.", "Tómelo\u200d.", "P13", "U+200D"),
    ("Take it.", "\ufeffTómelo.", "P13", "U+FEFF"),
    ("Take it.", "Tómelo \u2066ya.", "P13", "isolate is not closed"),
    ("Take it.", "T\ufffdmelo.", "P13", "lost"),
    ("Take a lamp.", "Lleve una lámp\u0430ra.", "P13", "Cyrillic and Latin"),
]
RIGHT = [
    ("Take it.", "Tómelo."),
    ("Take it.", "拿好。"),
    ("Take it?", "هل أخذته؟"),
    ("Who? (You.)", "你呢？（是你。）"),
    ("Take it.", "N'oubliez pas l'eau."),
    ("Take “it”.", "Tome „esto“."),
    ("Take “it”.", "Tome «esto»."),
    ("Take {help_phone}.", "Tome {help_phone}."),
    ("Call 2 people.", "اتصل بـ ٢ شخص."),
    ("Take it.", "می\u200cروم."),
    ("Source: {source}", "【{source}】\u2066x\u2069:"),
    ("Take an LED lamp.", "拿LED灯。"),
]


@pytest.mark.parametrize(("source", "text", "rule", "told"), ODD)
def test_what_is_odd_in_a_sentence_is_found(source: str, text: str, rule: str, told: str) -> None:
    """By its rule, in words that say what it is."""
    found = list(catalogue_form.sentence(source, text, "here"))
    assert any(one.rule == rule and told in one.message for one in found), found


@pytest.mark.parametrize(("source", "text"), RIGHT)
def test_what_is_right_in_a_sentence_is_left_alone(source: str, text: str) -> None:
    """Other scripts' punctuation, quotation marks, digits and joiners."""
    assert [one for one in catalogue_form.sentence(source, text, "here") if one.rule != "P11" or "【" not in text] == []


def test_everything_odd_reaches_the_check(words: Path, spanish: Any) -> None:
    """`locales check` looks at every sentence of every file."""
    spanish.set(KEY, msgstr="Tome  (una lámp\u0430ra 3")
    assert {"P10", "P11", "P12", "P13", "P15"} <= set(_found(words))


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("msgstr", "Lleve luz.", "the words have been edited since"),
        ("tcomment", "provenance: approved", "nothing binds that"),
        ("msgid", "Take a torch.", "the English has been edited since"),
    ],
)
def test_a_stamp_on_other_words_is_found(words: Path, spanish: Any, field: str, value: str, told: str) -> None:
    """It says what was edited, and what the words count as."""
    spanish.set(KEY, **{field: value})
    assert told in _found(words)["P15"][0]


# --- the glossary


@pytest.fixture
def glossary(words: Path) -> Any:
    """Write glossaries for the small library."""

    def write(spanish: str, english: str = "terms:\n  lamp: {term: lamp, rank: 1}\n") -> None:
        (words / "locales" / "en" / "glossary.yaml").write_text(english, encoding="utf-8")
        (words / "locales" / "es" / "glossary.yaml").write_text(spanish, encoding="utf-8")

    return write


def test_a_word_that_is_avoided_is_found(words: Path, spanish: Any, glossary: Any) -> None:
    """As a whole word only."""
    glossary("terms:\n  lamp: {term: linterna, rank: 1, avoid: [lámpara]}\n")
    spanish.set(KEY, msgstr="Lleve una lámpara.")
    assert "what is called “linterna”" in _found(words)["P14"][0]
    spanish.set(KEY, msgstr="Lleve lamparitas y linternas.")
    assert "P14" not in _found(words)


def test_a_term_that_is_not_used_is_told_once(words: Path, spanish: Any, glossary: Any) -> None:
    """A note with the sentences; a form of the term will do."""
    glossary("terms:\n  lamp: {term: linterna, rank: 1}\n")
    spanish.set(KEY, msgstr="Lleve luz.")
    assert KEY in _found(words, "locales/es/glossary.yaml")["P14"][0]
    spanish.set(KEY, msgstr="Lleve linternas.")
    assert _found(words, "locales/es/glossary.yaml") == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("terms:\n  lamp: {term: linterna, rank: 2}\n", "rank"),
        ("terms:\n  lamp: {term: linterna, rank: 1, avoid: [Linterna]}\n", "to be avoided"),
        ("terms: {}\ndoubtful:\n  action.nope: 'why'\n", "no string 'action.nope'"),
    ],
)
def test_a_glossary_that_is_not_in_order_is_found(words: Path, glossary: Any, text: str, told: str) -> None:
    """Another rank than in English, a term that is to be avoided, a doubt about nothing."""
    glossary(text)
    assert any(told in message for message in _found(words, "locales/es/glossary.yaml")["P14"])


def test_a_glossary_has_one_schema(words: Path, glossary: Any) -> None:
    """A typing error is refused with file and key."""
    glossary("terms:\n  lamp: {term: linterna, avoids: [lámpara]}\n")
    with pytest.raises(Unusable, match=r"glossary\.yaml"):
        catalogues.check(words)
