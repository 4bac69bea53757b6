from pathlib import Path

import polib
import pytest

from onevoice import localize
from onevoice.errors import Unusable
from onevoice.localize import stamp
from onevoice.variant import Provenance

KEY = "action.take_lamp"
SOURCE = "Take a lamp."


def _edit(words: Path, **fields: object) -> None:
    path = words / "locales" / "es" / "LC_MESSAGES" / "messages.po"
    po = polib.pofile(str(path))
    entry = next(e for e in po if e.msgctxt == KEY)
    for name, value in fields.items():
        setattr(entry, name, value)
    po.save()


def test_english_is_its_own_source(words: Path) -> None:
    """An English sentence is neither translated nor stale."""
    said = localize.catalogue(words, "en").say(KEY, SOURCE)
    assert (said.text, said.provenance, said.stale, said.missing) == (SOURCE, Provenance.SOURCE, False, False)


def test_a_translation_is_found_by_its_id(words: Path) -> None:
    """With who stands behind it."""
    said = localize.catalogue(words, "es").say(KEY, SOURCE)
    assert (said.text, said.provenance) == ("En español: Take a lamp.", Provenance.REVIEWED)
    assert not said.stale


STEPS = "reviewed: A. Person on 2026-11-22\n"
BOUND = f"bound: {stamp.digest(SOURCE)} {stamp.digest('En español: Take a lamp.')}"


@pytest.mark.parametrize(
    ("comment", "provenance"),
    [
        (f"provenance: reviewed\n{STEPS}{BOUND}", Provenance.REVIEWED),
        (f"a note\nprovenance: reviewed\n{STEPS}{BOUND}\nanother note", Provenance.REVIEWED),
        (f"provenance: approved\n{STEPS}approved: B. Person on 2026-11-23\n{BOUND}", Provenance.APPROVED),
        (f"provenance: approved\n{STEPS}approved: a.  PERSON on 2026-11-23\n{BOUND}", Provenance.MACHINE_DRAFT),
        (f"provenance: approved\n{STEPS}{BOUND}", Provenance.MACHINE_DRAFT),
        (f"provenance: reviewed\n{BOUND}", Provenance.MACHINE_DRAFT),
        (f"provenance: reviewed\n{STEPS}", Provenance.MACHINE_DRAFT),
        (f"provenance: reviewed\n{STEPS}bound: {'0' * 12} {'0' * 12}", Provenance.MACHINE_DRAFT),
        ("a note\nprovenance: machine-draft", Provenance.MACHINE_DRAFT),
        (f"provenance: aproved\n{STEPS}{BOUND}", Provenance.MACHINE_DRAFT),
        (f"provenance: source\n{STEPS}{BOUND}", Provenance.MACHINE_DRAFT),
        ("", Provenance.MACHINE_DRAFT),
    ],
)
def test_who_stands_behind_a_sentence_is_read_from_its_stamp(words: Path, comment: str, provenance: Provenance) -> None:
    """A level counts with the steps that earn it and bound to the words; all else counts as the least trusted."""
    _edit(words, tcomment=comment)
    assert localize.catalogue(words, "es").say(KEY, SOURCE).provenance is provenance


def test_the_head_of_a_file_vouches_for_nothing(words: Path) -> None:
    """No language is approved in bulk."""
    _edit(words, tcomment="")
    path = words / "locales" / "es" / "LC_MESSAGES" / "messages.po"
    po = polib.pofile(str(path))
    po.metadata["X-Provenance"] = "approved"
    po.save()
    assert localize.catalogue(words, "es").say(KEY, SOURCE).provenance is Provenance.MACHINE_DRAFT


@pytest.mark.parametrize("field", ["msgid", "msgstr"])
def test_an_edit_lowers_exactly_that_sentence(words: Path, field: str) -> None:
    """Of the translation or of its English: whoever signed saw other words."""
    before = localize.catalogue(words, "es").entries
    _edit(words, **{field: "Otra cosa."})
    after = localize.catalogue(words, "es").entries
    assert {k for k in before if before[k].provenance != after[k].provenance} == {KEY}
    assert after[KEY].provenance is Provenance.MACHINE_DRAFT


def test_a_changed_english_sentence_makes_its_translation_stale(words: Path) -> None:
    """Stale by the English that was translated, or by the translators' own mark."""
    assert localize.catalogue(words, "es").say(KEY, "Take a lantern.").stale
    _edit(words, flags=["fuzzy"])
    assert localize.catalogue(words, "es").say(KEY, SOURCE).stale


def test_a_missing_translation_is_said_to_be_missing(words: Path) -> None:
    """The English stands in, and nobody can take it for a translation."""
    _edit(words, msgstr="")
    said = localize.catalogue(words, "es").say(KEY, SOURCE)
    assert (said.text, said.missing) == (SOURCE, True)
    assert localize.catalogue(words, "es").say("action.unheard", "Unheard.").missing


def test_a_changed_file_is_read_again(words: Path) -> None:
    """The hash follows the content."""
    before = localize.catalogue(words, "es")
    assert localize.catalogue(words, "es") is before
    _edit(words, msgstr="Lleve una lámpara.")
    after = localize.catalogue(words, "es")
    assert after.say(KEY, SOURCE).text == "Lleve una lámpara."
    assert after.hash != before.hash


def test_a_broken_catalogue_is_named(words: Path) -> None:
    """The error names the language and the line."""
    path = words / "locales" / "es" / "LC_MESSAGES" / "messages.po"
    path.write_text('msgctxt "a"\nmsgid "b"\nmsgst "c"\n', encoding="utf-8")
    with pytest.raises(Unusable, match="cannot be read") as refused:
        localize.catalogue(words, "es")
    assert refused.value.where == "locales/es"
