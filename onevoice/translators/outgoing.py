"""Words on their way to translators who have no tools: one row a sentence, as CSV for a spreadsheet or as a page.

No XLSX: nothing in the lock writes it, and every spreadsheet opens CSV with a byte-order mark as what it is.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from onevoice.lexicon import SLOT
from onevoice.library import ComposingLibrary
from onevoice.translators.book import Book
from onevoice.translators.chosen import chosen, finished

COLUMNS = ("string", "language", "english", "finished message", "translation", "fine as it is", "standing")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet would run what begins so."""

Row = dict[str, str]


def rows(content: ComposingLibrary, language: str, hazard: str = "") -> list[Row]:
    """Every sentence of the language, or those of one hazard; `finished message` is in the language itself.

    Raises:
        Unusable: there is no such language or hazard, or the catalogue has not caught up with the English.
    """
    book = Book(content.root, language)
    keys = list(chosen(content, hazard, language).strings) if hazard else list(content.lexicon.sources)
    messages = finished(content, language, keys)
    found = []
    for key in keys:
        entry, said = book.entry(key), content.sentence(language, key)
        standing = "not translated" if said.missing else "stale" if said.stale else str(said.provenance)
        values = (key, language, entry.msgid, messages.get(key, ""), entry.msgstr, "", standing)
        found.append(dict(zip(COLUMNS, values, strict=True)))
    return found


def as_csv(given: Iterable[Row]) -> bytes:
    """UTF-8 with a byte-order mark; no cell is a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows([_inert(row[name]) for name in COLUMNS] for row in given)
    return out.getvalue().encode("utf-8-sig")


def _inert(cell: str) -> str:
    return f"'{cell}" if cell.startswith((*FORMULA, "'")) else cell


def pieces(text: str) -> list[tuple[bool, str]]:
    """A sentence cut at its slots: (whether it is a slot, the characters)."""
    cut: list[tuple[bool, str]] = []
    at = 0
    for slot in SLOT.finditer(text):
        cut += [(False, text[at : slot.start()]), (True, slot[0])]
        at = slot.end()
    return [piece for piece in [*cut, (False, text[at:])] if piece[1]]
