"""Words that come back from a translator, as CSV or PO: each line is examined before any is taken."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from onevoice import localize
from onevoice.checks import catalogue_form, catalogue_rules, glossary_rules
from onevoice.checks.reading import tongues
from onevoice.checks.reading.words import tongue
from onevoice.errors import Unusable
from onevoice.lexicon import SLOT
from onevoice.localize.catalogue import read_po
from onevoice.localize.language import folder
from onevoice.translators.book import Book
from onevoice.translators.outgoing import COLUMNS, FORMULA
from onevoice.variant import Finding, Severity

LARGEST = 20_000_000
_NEEDED = ("string", "language", "english", "translation")
_NEVER = frozenset(["P07", "P13"])
"""Warnings of a catalogue that nobody may bring in anew."""
_FEWEST = 40
"""Letters below which nothing can be said of a language."""


@dataclass(frozen=True)
class Line:
    """One line of what came. `fine`: the translator found the words right that were there."""

    number: int
    key: str
    language: str
    english: str
    text: str
    fine: bool = False


@dataclass(frozen=True)
class Said:
    """What is to be told of a line."""

    number: int
    key: str
    message: str

    def __str__(self) -> str:
        return f"line {self.number}, {self.key or 'no string'}: {self.message}"


@dataclass(frozen=True)
class Examined:
    """`good`: lines that change or confirm words. `refused` and `odd`: why not, and what to look at."""

    good: tuple[Line, ...]
    refused: tuple[Said, ...]
    odd: tuple[Said, ...]
    unchanged: int


# --- reading


def read(path: Path) -> list[Line]:
    """The lines of a file.

    Raises:
        Unusable: it is neither CSV nor PO, too large, or lacks a column.
    """
    if path.stat().st_size > LARGEST:
        raise Unusable("This file is too large to be words.", where=path.name)
    if path.suffix == ".po":
        return list(_po(path))
    if path.suffix not in (".csv", ".txt"):
        raise Unusable("This is neither CSV nor PO.", where=path.name, remedy="Save the table as “CSV UTF-8”.")
    return list(_csv(path))


def _po(path: Path) -> Iterator[Line]:
    po = read_po(path)
    tag = po.metadata.get("Language", "").replace("_", "-")
    for entry in po:
        if entry.msgctxt and not entry.obsolete and not entry.fuzzy:
            yield Line(entry.linenum or 0, entry.msgctxt, tag, entry.msgid, entry.msgstr)


def _csv(path: Path) -> Iterator[Line]:
    text = _decoded(path)
    first = text.split("\n", 1)[0]
    table = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True)
    try:
        heads = [head.strip().casefold() for head in next(table, [])]
        lacking = [name for name in _NEEDED if name not in heads]
        if lacking:
            raise Unusable(
                f"The column {lacking[0]!r} is missing.", where=path.name, remedy=f"Use: {', '.join(COLUMNS)}."
            )
        for cells in table:
            row = dict(zip(heads, [*map(_plain, cells), *[""] * len(heads)], strict=False))
            if any(cells):
                fine = bool(row.get("fine as it is", "").strip())
                yield Line(table.line_num, row["string"], row["language"], row["english"], row["translation"], fine)
    except csv.Error as problem:
        raise Unusable(f"This is no CSV: {problem}.", where=f"{path.name}:{table.line_num}") from None


def _decoded(path: Path) -> str:
    content = path.read_bytes()
    try:
        return content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        raise Unusable("This is not UTF-8 text.", where=path.name, remedy="Save the table as “CSV UTF-8”.") from None


def _plain(cell: str) -> str:
    """The cell without the mark that kept a spreadsheet from running it."""
    cell = cell.replace("\r\n", "\n")
    return cell[1:] if cell[:1] == "'" and cell[1:2] in (*FORMULA, "'") else cell


# --- examining


def examine(root: Path, book: Book, lines: Iterable[Line]) -> Examined:
    """Which lines can be taken, and why the others cannot. Nothing is changed."""
    good: list[Line] = []
    refused: list[Said] = []
    odd: list[Said] = []
    unchanged = 0
    seen: dict[str, str] = {}
    for line in lines:
        if why := _unfit(book, line, seen):
            refused.append(Said(line.number, line.key, why))
        elif not line.text.strip() or (line.text == book.entries[line.key].msgstr and not line.fine):
            unchanged += 1
        else:
            found = list(_findings(root, book, line))
            bad = [one for one in found if one.severity is Severity.BLOCK or one.rule in _NEVER]
            if found:
                message = " ".join(one.message for one in bad or found)
                (refused if bad else odd).append(Said(line.number, line.key, message))
            good += [] if bad else [line]
    if other := _other_language(root, book.language, good):
        refused.append(Said(0, "the whole file", f"It should be {book.language}, and reads as {other}."))
        good = []
    return Examined(tuple(good), tuple(refused), tuple(odd), unchanged)


def _unfit(book: Book, line: Line, seen: dict[str, str]) -> str:
    """Why a line is not about today's words; empty where it is."""
    if seen.setdefault(line.key, line.text) != line.text:
        return "The string stands twice, with two translations."
    if line.key not in book.sources or line.key not in book.entries:
        return "There is no such string."
    if line.language != book.language:
        return f"The line is in {line.language or 'no language'}, not in {book.language}."
    now = book.sources[line.key]
    if " ".join(line.english.split()) != " ".join(now.split()) or book.entries[line.key].msgid != now:
        return f"The English has changed; it is now: “{now}”"
    if line.text.startswith(FORMULA):
        return "It begins as a formula does."
    return ""


def _findings(root: Path, book: Book, line: Line) -> Iterator[Finding]:
    source, here = book.sources[line.key], line.key
    yield from catalogue_rules.sentence(localize.language(root, book.language), source, line.text, here)
    yield from catalogue_form.sentence(source, line.text, here)
    yield from glossary_rules.sentence(root, book.language, line.text, here)


def _other_language(root: Path, language: str, lines: Iterable[Line]) -> str:
    """Which language the words seem to be in, where it is not this one; empty where they are right."""
    text = " ".join(SLOT.sub(" ", line.text) for line in lines)
    known = [tag for tag in localize.languages(root) if (folder(root, tag) / "reading.yaml").is_file()]
    if language not in known or sum(c.isalpha() for c in text) < _FEWEST:
        return ""
    found = {tag: tongue(root, localize.language(root, tag)) for tag in known}
    other = tongues.other_language(text, found[language], tuple(found.values())) or ""
    return "no language that is known" if other == "?" else other
