"""C27: what a second person understood of a translation, against the English of today."""

from pathlib import Path

import polib
import pytest
import yaml

from onevoice import catalogues
from onevoice.checks import understood
from onevoice.errors import Unusable
from onevoice.localize import stamp
from onevoice.variant import Severity

KEY = "action.no_boat.T2"
TURNED = "It was understood as bidding what it forbids, or the other way round."
READING = Path(__file__).resolve().parents[2] / "locales/en/reading.yaml"


def _entry(words: Path, key: str) -> polib.POEntry:
    po = polib.pofile(str(words / "locales/es/LC_MESSAGES/messages.po"))
    return next(entry for entry in po if entry.msgctxt == key)


def _found(words: Path, english: str, *, key: str = KEY, by: str = "Omar Haddad", of: str = "") -> dict[str, Severity]:
    """What is found where somebody understood this."""
    (words / "locales/en/reading.yaml").write_bytes(READING.read_bytes())
    read = of or stamp.digest(_entry(words, key).msgstr)
    told = {key: {"english": english, "by": by, "when": "2026-11-24", "of": read}}
    (words / "locales/es/understood.yaml").write_text(yaml.safe_dump(told), encoding="utf-8")
    return {f.message.split(" It was understood as")[0]: f.severity for f in catalogues.check(words) if f.rule == "C27"}


def _source(words: Path, key: str = KEY) -> str:
    return _entry(words, key).msgid


def test_what_means_the_same_in_other_words_is_right(words: Path) -> None:
    """Compared are facts; who understood it in their own words has understood it."""
    assert _found(words, _source(words)) == {}
    assert _found(words, "Never go by boat.") == {}
    assert _found(words, "Ring: {help_phone}.", key="frame.call") == {}


@pytest.mark.parametrize(
    ("key", "english", "message"),
    [
        (KEY, "Take the boat.", TURNED),
        (
            "action.take_lamp",
            "Never take a lamp.",
            TURNED,
        ),
        ("frame.call", "Call us.", "The slot {help_phone} is lost."),
        ("action.take_lamp", "Take a lamp to {places}.", "The slot {places} is new."),
        ("action.take_lamp", "Take 2 lamps.", "The numbers are 2 instead of none."),
    ],
)
def test_another_fact_or_the_opposite_holds_the_language_back(
    words: Path, key: str, english: str, message: str
) -> None:
    """A slot, a number, a negation."""
    assert _found(words, english, key=key) == {message: Severity.BLOCK}


def test_who_translated_it_may_not_read_it_back(words: Path) -> None:
    """They know what it should say."""
    found = _found(words, _source(words), by="a. person")
    assert found == {"Who stands behind the translation read it back.": Severity.WARN}


def test_an_edit_of_the_translation_makes_its_own_entry_old(words: Path) -> None:
    """What was understood of other words says nothing; an edit of the English is compared anew."""
    found = _found(words, "Take the boat.", of="000000000000")
    assert found == {"The translation has been edited since it was read back.": Severity.WARN}
    gone = _found(words, "Go.", key=KEY)
    assert gone
    (words / "locales/es/understood.yaml").write_text("action.gone: {english: Go., by: x, when: 2026-11-24, of: a}\n")
    assert [f.severity for f in catalogues.check(words) if f.rule == "C27"] == [Severity.NOTE]


def test_a_file_that_is_wrong_names_file_and_key(words: Path) -> None:
    """And a language in which nobody has read anything back has nothing to compare."""
    assert understood.understood(words, "ar") == {}
    (words / "locales/es/understood.yaml").write_text("action.climb: {english: Go up.}\n", encoding="utf-8")
    with pytest.raises(Unusable, match=r"locales/es/understood\.yaml"):
        catalogues.check(words)
