"""From the bytes of a CSV file to its records, in bounded memory, whatever the bytes are.

One damaged record costs one record: a quotation mark that is never closed does not swallow the rest of the file.
"""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TextIO

from onevoice.errors import Unusable

LONGEST = 64 * 1024
"""Characters that one record may have. No contact needs more; a field of 10 MB is refused."""

SPAN = 50
"""Lines that one record may span."""

DELIMITERS = ",;\t"
_SAMPLE = 4096
_MOSTLY = 0.4

TOO_LONG = f"is longer than {LONGEST // 1024} KB; no contact needs so much."
NOT_CLOSED = "has a quotation mark that is not closed; close it or take it out."


class Record(NamedTuple):
    """One record: the number of its first line, and its fields, or what is wrong with it."""

    line: int
    fields: list[str]
    wrong: str = ""


class _Line(NamedTuple):
    number: int
    text: str
    whole: bool = True


def records(path: Path) -> Iterator[Record]:
    """The records of a CSV file, the header first. Empty lines are left out.

    Raises:
        Unusable: the file cannot be read.
    """
    try:
        with path.open("rb") as raw:
            encoding = _encoding(raw.read(_SAMPLE))
            raw.seek(0)
            with io.TextIOWrapper(raw, encoding, errors="replace") as text:
                yield from _records(_Lines(text))
    except OSError as problem:
        what = f"The file cannot be read ({problem.strerror or type(problem).__name__})."
        raise Unusable(what, where=path.name, remedy="Check its name and its rights.") from None


def _encoding(sample: bytes) -> str:
    """UTF-16 has a mark, or is full of zero bytes; everything else is read as UTF-8."""
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    half = len(sample) / 2 * _MOSTLY
    if half and sample[1::2].count(0) > half > sample[::2].count(0):
        return "utf-16-le"
    if half and sample[::2].count(0) > half > sample[1::2].count(0):
        return "utf-16-be"
    return "utf-8-sig"


class _Lines:
    """The lines of a text, none longer than LONGEST, and a way to put some back."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._back: deque[_Line] = deque()
        self._number = 0

    def next(self) -> _Line | None:
        """The next line, or None at the end."""
        return self._back.popleft() if self._back else self._read()

    def back(self, lines: list[_Line]) -> None:
        """Put lines back, to be read again."""
        self._back.extendleft(reversed(lines))

    def _read(self) -> _Line | None:
        text = self._text.readline(LONGEST)
        if not text:
            return None
        self._number += 1
        if text.endswith("\n") or len(text) < LONGEST:
            return _Line(self._number, text)
        while (rest := self._text.readline(LONGEST)) and not rest.endswith("\n"):
            pass
        return _Line(self._number, "", whole=False)


def _records(lines: _Lines) -> Iterator[Record]:
    delimiter = ""
    while line := lines.next():
        if not line.whole:
            yield Record(line.number, [], TOO_LONG)
        elif line.text.strip(DELIMITERS + ' "\r\n'):
            delimiter = delimiter or max(DELIMITERS, key=line.text.count)
            yield _record(line, lines, delimiter)


def _record(line: _Line, lines: _Lines, delimiter: str) -> Record:
    """The record that begins with a line. Lines that turn out not to belong to it are put back."""
    text, more = line.text, list[_Line]()
    while text.count('"') % 2 and len(more) < SPAN and len(text) < LONGEST and (following := lines.next()):
        more.append(following)
        text += following.text
        if not following.whole:
            break
    fields = _fields(text, delimiter)
    if text.count('"') % 2 or fields is None:
        lines.back(more)
        return Record(line.number, [], NOT_CLOSED)
    return Record(line.number, fields)


def _fields(text: str, delimiter: str) -> list[str] | None:
    try:
        found = list(csv.reader([text], delimiter=delimiter))
    except csv.Error:
        return None
    return found[0] if len(found) == 1 else None
