"""Invisible marks around the pieces of a text while it is being made, so that we know afterwards what stands where.

Each piece gets a pair of characters from Unicode's private plane 15. They pass through a template unchanged and are
taken out again by `extract`; values are cleaned of such characters before they come near a template.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

_FIRST = 0xF0000
IN = "in "
"""How the label of a piece begins that says in which language it is."""
MARK = re.compile(r"[\U000f0000-\U000ffffd]")


class Piece(NamedTuple):
    """A marked piece, found again: what it is (`label`) and where, in code points of the text without marks."""

    label: str
    start: int
    end: int


@dataclass
class Marks:
    """The marks of one text: `label` says what a piece is, as `fact act_by`, `say frame.where` or `in es`."""

    labels: list[str] = field(default_factory=list)
    _places: dict[str, int] = field(default_factory=dict)

    def around(self, label: str, text: str) -> str:
        """The text between a new pair of marks; nothing stays nothing."""
        if not text:
            return ""
        if label not in self._places:
            self._places[label] = len(self.labels)
            self.labels.append(label)
        number = _FIRST + 2 * self._places[label]
        return f"{chr(number)}{text}{chr(number + 1)}"

    def extract(self, text: str) -> tuple[str, tuple[Piece, ...]]:
        """The text without its marks, and the pieces in the order in which they begin."""
        opened: list[tuple[int, int]] = []
        pieces: list[Piece] = []
        for taken_out, found in enumerate(MARK.finditer(text)):
            number, place = ord(found[0]) - _FIRST, found.start() - taken_out
            if number % 2 == 0:
                opened.append((number // 2, place))
            else:
                which, start = opened.pop()
                pieces.append(Piece(self.labels[which], start, place))
        return bare(text), tuple(sorted(pieces, key=lambda piece: (piece.start, -piece.end)))


def bare(text: str) -> str:
    """The text without marks."""
    return MARK.sub("", text)
