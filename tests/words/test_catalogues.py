import shutil
from pathlib import Path

import polib
import pytest

from onevoice import catalogues, localize
from onevoice.errors import Unusable
from onevoice.variant import Severity


def _po(words: Path, language: str = "es") -> Path:
    return words / "locales" / language / "LC_MESSAGES" / "messages.po"


def _entry(words: Path, key: str, language: str = "es") -> polib.POEntry:
    return next(e for e in polib.pofile(str(_po(words, language))) if e.msgctxt == key)


def _change(words: Path, old: str, new: str) -> None:
    path = words / "templates" / "actions.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def _set(words: Path, key: str, **fields: object) -> None:
    po = polib.pofile(str(_po(words)))
    for name, value in fields.items():
        setattr(next(e for e in po if e.msgctxt == key), name, value)
    po.save()


# --- update


def test_a_second_update_changes_nothing(words: Path) -> None:
    """The order and the layout are the same every time."""
    list(catalogues.update(words))
    before = {path: path.read_bytes() for path in words.rglob("*.po")}
    told = list(catalogues.update(words))
    assert {path: path.read_bytes() for path in words.rglob("*.po")} == before
    assert [line.split(":")[0] for line in told] == ["ar", "es", "zh-Hans"]
    assert all("0 new, 0 changed in English, 0 no longer used." in line for line in told)


def test_a_new_english_sentence_comes_in_empty(words: Path) -> None:
    """In the place where it stands in English, without a translation."""
    _change(words, "take_lamp:\n", 'shout:\n  cap: Execute\n  polarity: do\n  text: "Shout."\ntake_lamp:\n')
    assert "1 new" in next(catalogues.update(words, "es"))
    entry = _entry(words, "action.shout")
    assert (entry.msgid, entry.msgstr) == ("Shout.", "")
    keys = [e.msgctxt for e in polib.pofile(str(_po(words)))]
    assert keys.index("action.shout") == keys.index("action.take_lamp") - 1


def test_a_changed_english_sentence_keeps_its_translation_and_both_originals(words: Path) -> None:
    """Fuzzy, with the old English beside the new; so it is stale until a person has looked."""
    _change(words, "Take a lamp.", "Take a lantern.")
    assert "1 changed in English" in next(catalogues.update(words, "es"))
    entry = _entry(words, "action.take_lamp")
    assert (entry.msgid, entry.previous_msgid, entry.fuzzy) == ("Take a lantern.", "Take a lamp.", True)
    assert entry.msgstr == "En español: Take a lamp."
    assert localize.catalogue(words, "es").say("action.take_lamp", "Take a lantern.").stale


def test_what_was_last_translated_stays_beside_the_english_that_changed_twice(words: Path) -> None:
    """The translator sees which English the translation belongs to."""
    for old, new in (("a lamp", "a lantern"), ("a lantern", "a torch")):
        _change(words, old, new)
        list(catalogues.update(words, "es"))
    entry = _entry(words, "action.take_lamp")
    assert (entry.msgid, entry.previous_msgid) == ("Take a torch.", "Take a lamp.")


def test_an_english_sentence_that_is_gone_is_kept_as_obsolete(words: Path) -> None:
    """At the end of the file, where nothing reads it and nothing is lost; it comes back with the sentence."""
    _change(words, '  text: "Take a lamp."', '  text: {T2: "Take a lamp."}')
    assert "1 no longer used" in next(catalogues.update(words, "es"))
    po = polib.pofile(str(_po(words)))
    assert [e.msgctxt for e in po.obsolete_entries()] == ["action.take_lamp"]
    assert localize.catalogue(words, "es").say("action.take_lamp", "Take a lamp.").missing
    _change(words, '  text: {T2: "Take a lamp."}', '  text: "Take a lamp."')
    list(catalogues.update(words, "es"))
    assert _entry(words, "action.take_lamp").msgstr == "En español: Take a lamp."


def test_what_translators_wrote_beside_a_sentence_stays(words: Path) -> None:
    """Their comments, with provenance, by whom and when."""
    comment = "provenance: approved\nby: A. Person\non: 2026-11-22"
    _set(words, "action.take_lamp", tcomment=comment)
    list(catalogues.update(words, "es"))
    assert _entry(words, "action.take_lamp").tcomment == comment


def test_each_sentence_is_shown_in_a_finished_message(words: Path) -> None:
    """A text message where it stands in one, else an email."""
    list(catalogues.update(words, "es"))
    comment = " ".join(_entry(words, "action.climb.T2").comment.split())
    assert comment.startswith("Finished message: DRILL / Millford Emergency Management / STORM WARNING.")
    assert "/ Climb the hill now. /" in comment
    assert "Hills are dry." in " ".join(_entry(words, "hazard.storm.warning.why").comment.split())


@pytest.mark.parametrize("language", ["ar", "es", "zh-Hans"])
def test_the_plural_header_is_the_languages_own(words: Path, language: str) -> None:
    """Babel's Arabic has its forms in another order than every editor; the header says ours."""
    list(catalogues.update(words, language))
    po = polib.pofile(str(_po(words, language)))
    assert po.metadata["Plural-Forms"] == localize.language(words, language).plurals
    assert po.metadata["Language"] == language


@pytest.mark.parametrize(
    ("language", "number", "form"),
    [
        ("ar", 0, 0), ("ar", 1, 1), ("ar", 2, 2), ("ar", 3, 3), ("ar", 10, 3), ("ar", 11, 4), ("ar", 99, 4),
        ("ar", 100, 5), ("ar", 103, 3), ("es", 1, 0), ("es", 1_000_000, 1), ("es", 2, 2), ("fr", 0, 0), ("fr", 1, 0),
        ("fr", 2, 2), ("vi", 1, 0), ("zh-Hans", 5, 0), ("ht", 1, 0), ("ht", 2, 1),
        ("tl", 1, 0), ("tl", 3, 0), ("tl", 4, 1), ("tl", 15, 0), ("tl", 29, 1),
        ("it", 0, 2), ("it", 1, 0), ("it", 2, 2), ("it", 1_000_000, 1), ("hi", 0, 0), ("hi", 1, 0), ("hi", 2, 1),
        ("so", 0, 1), ("so", 1, 0), ("so", 2, 1),
        ("ru", 1, 0), ("ru", 21, 0), ("ru", 11, 2), ("ru", 3, 1), ("ru", 13, 2), ("ru", 5, 2), ("ru", 0, 2),
        ("uk", 1, 0), ("uk", 22, 1), ("uk", 12, 2), ("uk", 100, 2),
    ],
)  # fmt: skip
def test_every_plural_form_is_chosen_by_the_rule(language: str, number: int, form: int) -> None:
    """CLDR's categories in the order zero, one, two, few, many, other."""
    from gettext import c2py  # what gettext itself evaluates headers with

    root = Path(__file__).resolve().parents[2]
    rule = localize.language(root, language).plurals.split("plural=")[1].rstrip(";")
    assert c2py(rule)(number) == form


def test_a_language_that_is_new_gets_a_catalogue(words: Path) -> None:
    """All sentences, none translated."""
    assert "sw" not in {path.name for path in (words / "locales").iterdir()}
    told = next(catalogues.update(words, "sw"))
    po = polib.pofile(str(_po(words, "sw")))
    assert f"sw: {len(po)} sentences, {len(po)} new" in told
    assert not any(e.msgstr for e in po)


@pytest.mark.parametrize("language", ["en", "../en", ".hidden"])
def test_what_is_no_catalogue_is_refused(words: Path, language: str) -> None:
    """English has none, and a path is no language."""
    with pytest.raises(Unusable, match="has no catalogue"):
        list(catalogues.update(words, language))


def test_gettexts_own_check_passes(words: Path) -> None:
    """Where msgfmt is installed, it finds nothing wrong in a catalogue that was made here."""
    import subprocess

    if not shutil.which("msgfmt"):
        pytest.skip("gettext is not installed")
    done = subprocess.run(["msgfmt", "--check-format", "-o", "/dev/null", str(_po(words))], check=False)
    assert done.returncode == 0


# --- check

FORM = {"P10", "P11", "P12", "P13", "P15"}


def _found(words: Path, key: str) -> set[tuple[str, Severity]]:
    """Those about meaning; tests/translators has those about form."""
    found = [f for f in catalogues.check(words) if f.part == f"locales/es {key}" and f.rule not in FORM]
    return {(f.rule, f.severity) for f in found}


def test_a_whole_catalogue_has_no_findings(words: Path) -> None:
    """The small library is translated throughout."""
    assert [f for f in catalogues.check(words) if f.rule != "P07"] == []


@pytest.mark.parametrize(
    ("key", "text", "rules"),
    [
        ("action.take_lamp", "", {("P02", Severity.BLOCK)}),
        ("frame.call", "Llame.", {("P04", Severity.BLOCK)}),
        ("frame.call", "Llame: {phone}.", {("P04", Severity.BLOCK)}),
        ("frame.call", "Llame: {help_phone}, {help_phone}.", {("P04", Severity.BLOCK)}),
        ("frame.call", "Llame: {help_phone.", {("P04", Severity.BLOCK)}),
        ("action.take_lamp", "خذوا مصباحًا.", {("P07", Severity.WARN)}),
        ("action.take_lamp", "Take a lamp.", {("P07", Severity.WARN)}),
        ("action.take_lamp", "Lleva tú una lámpara.", {("P08", Severity.WARN)}),
        ("action.take_lamp", "Lleve 2 lámparas.", {("L21", Severity.WARN)}),
        ("action.take_lamp", "Lleve una lámpara a las 18:30.", {("L20", Severity.BLOCK)}),
        ("action.take_lamp", "Llame al 413 555 0140.", {("L20", Severity.BLOCK)}),
        ("action.take_lamp", "Lleve \u202euna lámpara.", {("L23", Severity.BLOCK)}),
        ("action.take_lamp", "Lleve una lámpara.", set()),
    ],
)
def test_what_is_wrong_with_a_translation_is_found(
    words: Path, key: str, text: str, rules: set[tuple[str, Severity]]
) -> None:
    """Missing, a fact lost or made up, another script, still English, another form of address, facts in prose."""
    _set(words, key, msgstr=text)
    assert _found(words, key) == rules


def test_a_stale_translation_is_found(words: Path) -> None:
    """It blocks its language."""
    _change(words, "Take a lamp.", "Take a lantern.")
    assert _found(words, "action.take_lamp") == {("P03", Severity.BLOCK)}


def test_arabic_in_latin_letters_is_found(words: Path) -> None:
    """The script comes from CLDR, for languages with and without a script in their tag."""
    found = [f for f in catalogues.check(words) if f.rule == "P07"]
    assert {f.part.split()[0] for f in found if f.part} == {"locales/ar", "locales/zh-Hans"}
