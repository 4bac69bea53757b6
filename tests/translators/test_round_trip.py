"""Words go to a translator as a table or a page, and come back; what is wrong is refused line by line."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polib
import pytest

from onevoice import localize
from onevoice.desk import round_trip
from onevoice.desk.officers import Actor
from onevoice.desk.round_trip import Taken
from onevoice.desk.wiring import Desk
from onevoice.errors import Refused, Unusable
from onevoice.localize import stamp
from onevoice.translators import incoming, outgoing
from onevoice.variant import Provenance

KEY, CALL = "action.take_lamp", "frame.call"
Proves = Callable[[str], Actor]


@pytest.fixture
def file(desk: Desk, tmp_path: Path, spanish: Any) -> Path:
    """Send the Spanish drafts of the storm out."""
    spanish.drafts()
    path = tmp_path / "es.csv"
    assert round_trip.send_out(desk, path, "es", "storm") > 20
    return path


def _rows(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read_bytes().decode("utf-8-sig"), newline="")))


def _edit(file: Path, key: str = KEY, encoding: str = "utf-8-sig", delimiter: str = ",", **cells: str) -> None:
    rows = _rows(file)
    next(row for row in rows if row["string"] == key).update({k.replace("_", " "): v for k, v in cells.items()})
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, outgoing.COLUMNS, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    file.write_bytes(out.getvalue().encode(encoding))


@pytest.fixture
def taken(desk: Desk, actor: Proves) -> Callable[..., Taken]:
    """Take a file as Ana, who has proved that she is."""
    return lambda path, by="", **more: round_trip.take_in(desk, actor("Ana Ruiz"), path, by, **more)


# --- out


def test_the_table_has_all_that_a_translator_needs(file: Path) -> None:
    """English, a finished message in the language, the words, and where they stand."""
    row = next(row for row in _rows(file) if row["string"] == KEY)
    assert (row["language"], row["english"], row["translation"]) == ("es", "Take a lamp.", "En español: Take a lamp.")
    assert "En español: Take a lamp." in row["finished message"]
    assert row["standing"] == "machine-draft"
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    """And what was kept from running comes back as it was."""
    dangerous = ["=1+1", "+1", "-1", "@x", "\tx", "'x", "'=x"]
    path = tmp_path / "x.csv"
    table = outgoing.as_csv(dict.fromkeys(outgoing.COLUMNS, cell) for cell in dangerous)
    cells = [row[0] for row in list(csv.reader(io.StringIO(table.decode("utf-8-sig"), newline="")))[1:]]
    assert all(cell.startswith("'") for cell in cells)
    path.write_bytes(table)
    assert [line.text for line in incoming.read(path)] == dangerous


def test_the_page_protects_slots_and_needs_no_network(desk: Desk, tmp_path: Path) -> None:
    """Each slot is one piece that cannot be typed into; Arabic runs from right to left."""
    path = tmp_path / "ar.html"
    count = round_trip.send_out(desk, path, "ar")
    page = path.read_text(encoding="utf-8")
    assert page.count('class="row"') == count
    assert page.count('lang="ar" dir="rtl">') >= count
    assert '<span class="slot" contenteditable="false">{help_phone}</span>' in page
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    assert "http://" not in page.replace("http-equiv", "")


@pytest.mark.parametrize("name", ["es.xlsx", "es", "es.po"])
def test_other_kinds_of_file_are_not_written(desk: Desk, tmp_path: Path, name: str) -> None:
    """They are refused by name."""
    with pytest.raises(Unusable, match=r"\.csv or \.html"):
        round_trip.send_out(desk, tmp_path / name, "es")


# --- back


@pytest.mark.parametrize(("encoding", "delimiter"), [("utf-8-sig", ","), ("utf-8", ";"), ("utf-16", "\t")])
def test_translated_words_bear_their_translators_name(
    desk: Desk, file: Path, taken: Any, encoding: str, delimiter: str
) -> None:
    """However the spreadsheet saved the table; and no other string is touched."""
    before = localize.catalogue(desk.settings.content_root, "es").entries
    _edit(file, encoding=encoding, delimiter=delimiter, translation="Lleve una lámpara.")
    assert taken(file, "Rosa Díaz").strings == (KEY,)
    after = localize.catalogue(desk.settings.content_root, "es").entries
    assert (after[KEY].text, after[KEY].provenance) == ("Lleve una lámpara.", Provenance.TRANSLATED)
    assert {k for k in before if before[k] != after[k]} == {KEY}


def test_who_brings_words_cannot_approve_them_alone(file: Path, taken: Any, spanish: Any) -> None:
    """Rosa translated, Ana brought it: both names stand there, and neither of them approves."""
    _edit(file, translation="Lleve una lámpara.")
    taken(file, "Rosa Díaz")
    assert set(stamp.read(spanish.entry(KEY).tcomment).people()) == {"rosa díaz", "ana ruiz"}


def test_a_file_that_was_not_touched_changes_nothing(file: Path, taken: Any, spanish: Any) -> None:
    """Nobody becomes the translator of words that they left as they were."""
    before = spanish.path.read_bytes()
    found = taken(file)
    assert (found.strings, found.examined.refused) == ((), ())
    assert spanish.path.read_bytes() == before


def test_a_draft_that_is_fine_is_taken_as_translated(file: Path, taken: Any, spanish: Any) -> None:
    """With a mark in its column."""
    _edit(file, fine_as_it_is="x")
    assert taken(file).strings == (KEY,)
    assert "translated: Ana Ruiz on" in spanish.entry(KEY).tcomment


def test_a_stale_string_is_settled_by_its_new_translation(file: Path, taken: Any, spanish: Any) -> None:
    """The mark of the editor goes, with the old English."""
    spanish.set(KEY, flags=["fuzzy"], previous_msgid="Take a light.")
    _edit(file, translation="Lleve una lámpara.")
    taken(file)
    entry = spanish.entry(KEY)
    assert (entry.fuzzy, entry.previous_msgid) == (False, None)


REFUSED: list[tuple[str, dict[str, str], str]] = [
    (KEY, {"english": "Take a lamp now."}, "The English has changed"),
    (CALL, {"translation": "Llame."}, "slot {help_phone} is lost"),
    (CALL, {"translation": "Llame: {help_phone} o {phone}."}, "not in the English"),
    (CALL, {"translation": "Llame: {help_phone"}, "slot {help_phone} is lost"),
    (KEY, {"translation": '=HYPERLINK("x")'}, "as a formula does"),
    (KEY, {"translation": "@SUM(1)"}, "as a formula does"),
    (KEY, {"language": "fr", "translation": "Prenez une lampe."}, "is in fr, not in es"),
    (KEY, {"translation": "خذوا مصباحًا معكم."}, "not written in"),
    (KEY, {"translation": "Llame al 413 555 0140."}, "written into a sentence"),
    (KEY, {"translation": "Lleve una lámp\u0430ra."}, "mixes"),
    (KEY, {"translation": "Lleve %s."}, "placeholder"),
    (KEY, {"string": "action.nope", "translation": "Nada."}, "no such string"),
]


@pytest.mark.parametrize(("key", "cells", "why"), REFUSED)
def test_what_is_wrong_is_refused_by_its_line_and_nothing_is_lost(
    file: Path, taken: Any, spanish: Any, key: str, cells: dict[str, str], why: str
) -> None:
    """Neither the other lines nor the file itself; with `rest` the others are taken."""
    _edit(file, "action.go_home", translation="Vaya a casa.")
    _edit(file, key, **{"translation": "Algo.", **cells})
    before, sent = spanish.path.read_bytes(), file.read_bytes()
    found = taken(file)
    assert found.strings == ()
    assert [why in str(one) for one in found.examined.refused] == [True]
    assert found.examined.refused[0].number > 1
    assert (spanish.path.read_bytes(), file.read_bytes()) == (before, sent)
    assert taken(file, rest=True).strings == ("action.go_home",)


def test_two_translations_of_one_string_are_refused(file: Path, taken: Any) -> None:
    """Nobody knows which one is meant."""
    rows = _rows(file)
    rows.append(next(row for row in rows if row["string"] == CALL) | {"translation": "Llame: {help_phone}."})
    file.write_bytes(outgoing.as_csv(rows))
    assert "stands twice" in str(taken(file).examined.refused[0])


@pytest.mark.parametrize(
    ("content", "name", "why"),
    [
        (b"a,b\r\n1,2\r\n", "x.csv", "column 'string' is missing"),
        (b"\xff\x00\xfe", "x.csv", "not UTF-8"),
        (b"PK\x03\x04", "x.xlsx", "neither CSV nor PO"),
        (b"", "x.csv", "column 'string' is missing"),
        (b'string,language,english,translation\r\n"a,es,b', "x.csv", "no CSV"),
        (b"string,language,english,translation\r\n", "x.csv", "No line"),
        (b"string,language,english,translation\r\na,sw,b,c\r\n", "x.csv", "'sw' has no catalogue"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, taken: Any, content: bytes, name: str, why: str) -> None:
    """With what is wrong, and never a traceback."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Unusable, match=why):
        taken(tmp_path / name)


@pytest.mark.usefixtures("file")
def test_a_po_file_from_an_editor_is_taken_too(taken: Any, spanish: Any, tmp_path: Path) -> None:
    """From Poedit or Weblate: changed strings get the name; those marked fuzzy wait."""
    copy = tmp_path / "copy.po"
    po = polib.pofile(str(spanish.path))
    for entry in po:
        if entry.msgctxt in (KEY, "action.go_home"):
            entry.msgstr = f"Nuevo: {entry.msgid}"
            entry.flags = ["fuzzy"] if entry.msgctxt == KEY else []
    po.save(str(copy))
    assert taken(copy, "Rosa Díaz").strings == ("action.go_home",)


def test_only_a_reviewer_or_officer_brings_words(desk: Desk, actor: Proves, file: Path) -> None:
    """A wrong word in a catalogue can hurt somebody."""
    with pytest.raises(Refused, match="reviewer or officer"):
        round_trip.take_in(desk, actor("Sam Okafor"), file)


def test_a_file_in_another_language_is_refused_whole(root: Path) -> None:
    """The French words, sent back as Spanish: no line is taken."""
    from onevoice.translators.book import Book

    french = localize.catalogue(root, "fr").entries
    book = Book(root, "es")
    lines = [
        incoming.Line(n, key, "es", book.sources[key], french[key].text)
        for n, key in enumerate(k for k in book.sources if k.startswith("action.") and k in french)
    ]
    found = incoming.examine(root, book, lines)
    assert found.good == ()
    assert "reads as fr" in str(found.refused[-1])
