"""Texts beside each other: rows are languages and reading levels, columns are means, a cell is what a reader sees.

One fact has one look in every language and on every page: a ground, and a kind of underline for eyes and printers that
tell no colours apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from onevoice import localize, sms, speaking, wireless
from onevoice.graphemes import LONGEST_POST, graphemes
from onevoice.people import PERSONAL, SPOKEN, WIRELESS, Means
from onevoice.stretches import Stretch, filled, stretches
from onevoice.variant import Severity, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from onevoice.people import Language
    from onevoice.variant import Variant

Pieces = list[tuple[str | None, str]]

_GROUNDS = (
    "#ffe2a8", "#cfe6ff", "#d5f0d0", "#f6d3ee", "#e4dcff", "#c9f2f2", "#f0d9c4", "#e9ef9f", "#ffd3cc", "#dcdcdc",
)  # fmt: skip
_LINES = ("solid", "double", "dotted", "dashed", "wavy")
_LOOKS = tuple((ground, _LINES[(i + turn) % len(_LINES)]) for turn in range(5) for i, ground in enumerate(_GROUNDS))
_FIRST = ("source", "hazard", "impact", "places", "actions", "act_by", "expires", "url", "help_phone", "issued")
"""Facts that nearly every text has: they look the same on every page, and no two of them alike."""


def looks(variants: Iterable[Variant]) -> dict[str, tuple[str, str]]:
    """Ground and kind of underline for each fact that the texts state."""
    stated = {name for variant in variants for name in variant.spans}
    order = [*_FIRST, *sorted(stated - set(_FIRST))]
    return {name: _LOOKS[i % len(_LOOKS)] for i, name in enumerate(order) if name in stated}


@dataclass(frozen=True)
class Cell:
    """One text. `people` is None where there is no audience; `label` says what the text is an example of.

    `page_url`: the public page of the alert.
    """

    variant: Variant
    source: str
    page_url: str
    people: int | None = None
    segments: tuple[str, ...] = ()
    messenger: str = ""
    accounts: tuple[str, ...] = ()
    label: str = ""

    @property
    def shown(self) -> list[tuple[Stretch, Pieces]]:
        """The text, cut where another language begins, and there where facts stand."""
        return self._cut("text")

    @property
    def subject(self) -> list[tuple[Stretch, Pieces]]:
        """The subject of a mail, cut likewise; empty for all else."""
        return self._cut("subject") if "subject" in self.variant.parts else []

    def _cut(self, part: str) -> list[tuple[Stretch, Pieces]]:
        return [(one, self._pieces(part, one)) for one in stretches(self.variant, part)]

    def _pieces(self, part: str, within: Stretch) -> Pieces:
        text = self.variant.parts[part][within.start : within.end]
        stated = ((name, one) for name, all_ in self.variant.spans.items() for one in all_ if one.part == part)
        spans = [
            (name, Span(part=part, start=one.start - within.start, end=one.end - within.start))
            for name, one in stated
            if within.start <= one.start and one.end <= within.end
        ]
        return [(name, filled(words, self.page_url)) for name, words in pieces(text, spans)]

    @property
    def sms(self) -> sms.SmsCount | None:
        """What the text takes as a text message."""
        return sms.count(self.variant.parts["text"]) if self.variant.means is Means.SMS else None

    @property
    def length(self) -> str:
        """How much of its room a text takes: of a post or a wireless alert, or seconds of what is said."""
        text, means = self.variant.parts["text"], self.variant.means
        if means is Means.SOCIAL:
            return f"{graphemes(text)} of {LONGEST_POST} characters"
        if means in WIRELESS:
            return f"{wireless.length(text)} of {wireless.LIMITS[means]} characters"
        return (
            f"{speaking.seconds(text, self.variant.profile.languages[0]):.0f} seconds aloud" if means in SPOKEN else ""
        )

    @property
    def with_it(self) -> list[str]:
        """What comes with the text: the questions and the limits of a champion's pack."""
        return [self.variant.parts[part] for part in ("questions", "limits") if part in self.variant.parts]

    @property
    def public(self) -> bool:
        """True where it is for everybody, so that nobody can be counted."""
        return self.variant.means not in PERSONAL

    @property
    def found(self) -> bool:
        """True where something was found that is not only said, nor only that nobody has checked the translation."""
        return any(f.severity is not Severity.NOTE and not f.rule.startswith("P") for f in self.variant.findings)

    @property
    def where(self) -> tuple[Any, ...]:
        """What rows and columns are sorted by."""
        profile = self.variant.profile
        tags = "+".join(profile.languages)
        line = (profile.tier, profile.needs, self.variant.group)
        return (tags != "en", tags), line, list(Means).index(self.variant.means), self.messenger, self.label


@dataclass(frozen=True)
class Name:
    """A language by its own name."""

    tag: Language
    name: str
    direction: str


@dataclass(frozen=True)
class Part:
    """A language, a line or a column: its parts, and the cells in it. `classes`: what filters ask for."""

    cells: tuple[Cell, ...]
    parts: tuple[Part, ...]
    classes: str
    names: tuple[Name, ...] = ()

    @property
    def lines(self) -> tuple[Part, ...]:
        """The reading levels of a language."""
        return self.parts

    @property
    def columns(self) -> tuple[Part, ...]:
        """The means of a line."""
        return self.parts

    @property
    def tags(self) -> tuple[Language, ...]:
        """The languages that its readers read."""
        return self.cells[0].variant.profile.languages

    @property
    def tier(self) -> str:
        """The reading level of a line."""
        return self.cells[0].variant.profile.tier

    @property
    def needs(self) -> tuple[str, ...]:
        """What readers of a line cannot do."""
        return self.cells[0].variant.profile.needs

    @property
    def group(self) -> str:
        """Which of the readers a line is for."""
        return self.cells[0].variant.group


class Grid:
    """All cells, by language, line and column; and what they can be filtered by."""

    def __init__(self, cells: Sequence[Cell], root: Path) -> None:
        self.count = len(cells)
        self.found = sum(cell.found for cell in cells)
        self.means = [means for means in Means if any(cell.variant.means is means for cell in cells)]
        self.tiers = sorted({cell.variant.profile.tier for cell in cells})
        self._root = root
        ordered = sorted(cells, key=lambda cell: cell.where)
        self.languages = [self._language(found) for found in _grouped(ordered, 0)]
        self.choices_of_language = ["x", *map(str, range(len(self.languages)))]
        self.choices_of_means = ["x", *map(str, range(len(self.means)))]

    def _language(self, cells: tuple[Cell, ...]) -> Part:
        lines = tuple(
            self._part(line, tuple(self._part(column) for column in _grouped(line, 2))) for line in _grouped(cells, 1)
        )
        return self._part(cells, lines, tuple(self._name(tag) for tag in cells[0].variant.profile.languages))

    def _name(self, tag: Language) -> Name:
        spoken = localize.language(self._root, tag)
        return Name(tag, spoken.name, spoken.direction)

    def _part(self, cells: tuple[Cell, ...], parts: tuple[Part, ...] = (), names: tuple[Name, ...] = ()) -> Part:
        classes = [f"m{i}" for i, means in enumerate(self.means) if any(c.variant.means is means for c in cells)]
        classes += ["found"] if any(cell.found for cell in cells) else []
        return Part(cells, parts, " ".join(classes), names)


def _grouped(cells: Iterable[Cell], by: int) -> list[tuple[Cell, ...]]:
    key: Callable[[Cell], Any] = lambda cell: cell.where[by]  # noqa: E731 - so that it has a type
    return [tuple(found) for _, found in groupby(cells, key)]


def pieces(text: str, spans: Iterable[tuple[str, Span]]) -> Pieces:
    """The text cut into stretches, each with the fact that it states, or None."""
    cut: Pieces = []
    at = 0
    for name, span in sorted(spans, key=lambda found: found[1].start):
        if span.start < at:
            continue
        cut += [(None, text[at : span.start]), (name, text[span.start : span.end])]
        at = span.end
    return [piece for piece in [*cut, (None, text[at:])] if piece[1]]
