"""Steps: which approved sentence a sentence in somebody's own words stands for, and whether it forbids or bids.

Two sentences are alike by the weight of the concepts and word stems that they share. Polarity is read in the clause in
which the step begins, the same way for an approved sentence and for a stranger's: so they can be compared.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from onevoice.checks.reading.words import Tongue

_SENTENCE = re.compile(r"(?:(?<=[.!?…])(?=\s|$)|(?<=[。！？；؟।])|\n|;|؛|\s[–—-]\s|!)+")
CLAUSE = re.compile(r"[,،，、:()«»\"“”]")
"""What stands between two clauses, besides words that join them."""
_WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
_IDEOGRAPHS = re.compile(r"[\u3400-\u9fff]+")
_STEM, _LEAST = 5, 4
_FLOOR = 0.2
_CONCEPT = 2.5
"""A concept says more than a stem: other words for it count too."""
_FEWEST = 2
"""Marks that two sentences share at least: one word alone says little."""
SAID = 0.5
"""Share of an approved sentence from which on it is said, in other words."""
_NOW = "=now"
"""That a step is to be taken at once makes it surer which one is meant, and no other one where it is not said."""


class Sentence(NamedTuple):
    """A sentence ready to be compared: its marks with the place of each, and where it says no.

    `behind`: in its language the word that says no stands behind what it forbids; `anywhere`: before or behind it.
    """

    marks: Mapping[str, int]
    clauses: tuple[int, ...]
    noes: tuple[int, ...]
    start: int
    end: int
    behind: bool = False
    anywhere: bool = False

    def negated(self, shared: Iterable[str]) -> bool:
        """True where a word of negation governs the marks.

        It stands in the clause in which they begin, before their last; `behind`: in that in which they end, after it;
        `anywhere`: from the one clause to the other.
        """
        places = [self.marks[mark] for mark in shared]
        first, last = min(places), max(places)
        opens, closes = max((c for c in self.clauses if c <= first), default=0), last + 1
        if self.behind or self.anywhere:
            closes = min((c for c in self.clauses if c > last), default=self.end - self.start)
        return any((last if self.behind else opens) <= no < closes for no in self.noes)


class Likeness(NamedTuple):
    """How much of an approved sentence another one says (0 to 1), whether both bid or forbid, by how many marks."""

    share: float
    same_way: bool
    marks: int = 0


def sentences(text: str, tongue: Tongue) -> list[Sentence]:
    """The sentences of a folded text."""
    found, position = [], 0
    text = _ordinals(tongue).sub(lambda day: f"{day[1]} ", text)
    for piece in [*_SENTENCE.finditer(text), None]:
        end = piece.start() if piece else len(text)
        if text[position:end].strip():
            found.append(_sentence(text[position:end], position, tongue))
        position = piece.end() if piece else end
    return found


@lru_cache(maxsize=32)
def _ordinals(tongue: Tongue) -> re.Pattern[str]:
    """A day of the month as German writes it, "22. November": its stop ends no sentence."""
    months = tongue.choice(tongue.months) if tongue.words.order == "dmy" else r"(?!)"
    return re.compile(rf"(?<!\d)(\d{{1,2}})\.(?=\s(?:{months})(?!\w))")


def one(text: str, tongue: Tongue) -> Sentence:
    """A whole approved sentence, however many full stops it has."""
    return _sentence(tongue.fold(text), 0, tongue)


def _sentence(text: str, start: int, tongue: Tongue) -> Sentence:
    marks: dict[str, int] = {}
    rest = list(text)
    for concept, pattern in _concepts(tongue):
        for match in pattern.finditer(text):
            marks[concept] = min(marks.get(concept, match.start()), match.start())
            rest[match.start() : match.end()] = " " * (match.end() - match.start())
    only = [m.span() for m in _restrictions(tongue).finditer(text)]
    noes = tuple(
        m.start()
        for m in tongue.any(tongue.words.negations).finditer(text)
        if not any(start <= m.start() < end for start, end in only)
    )
    for stem, place in _stems("".join(rest), tongue):
        marks.setdefault(stem, place)
    clauses = {0} | {m.end() for m in CLAUSE.finditer(text)}
    if tongue.words.joins:
        clauses |= {m.start() for m in tongue.any(tongue.words.joins).finditer(text)}
    words = tongue.words
    around = {"behind": words.negation_behind, "anywhere": words.negation_anywhere}
    return Sentence(marks, tuple(sorted(clauses)), noes, start, start + len(text), **around)


@lru_cache(maxsize=32)
def _restrictions(tongue: Tongue) -> re.Pattern[str]:
    return re.compile("|".join(map(tongue.fold, tongue.words.restrictions)) or r"(?!)")


@lru_cache(maxsize=32)
def _concepts(tongue: Tongue) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((f"={name}", tongue.any(words)) for name, words in tongue.words.concepts.items())


def _stems(text: str, tongue: Tongue) -> Iterable[tuple[str, int]]:
    if not tongue.spaced:
        for run in _IDEOGRAPHS.finditer(text):
            yield from ((run[0][i : i + 2], run.start() + i) for i in range(len(run[0]) - 1))
        return
    if tongue.words.short_words:
        yield from _pairs(text)
        return
    small = _small(tongue)
    for word in _WORD.finditer(text):
        if len(word[0]) >= _LEAST and word[0] not in small:
            yield word[0][:_STEM], word.start()


def _pairs(text: str) -> Iterable[tuple[str, int]]:
    """Two words at a time, where a language's words are syllables and one alone says little."""
    words = list(_WORD.finditer(text))
    for one_, two in pairwise(words):
        if not text[one_.end() : two.start()].strip():
            yield f"{one_[0]} {two[0]}", one_.start()


@lru_cache(maxsize=32)
def _small(tongue: Tongue) -> frozenset[str]:
    return frozenset(tongue.fold(word) for word in (*tongue.words.common, *tongue.words.negations))


class Phrases:
    """The approved sentences of a language by name (`action.leave_now`), each in all its tiers."""

    def __init__(self, said: Mapping[str, Iterable[str]], tongue: Tongue) -> None:
        self.tongue = tongue
        self.said = {name: tuple(one(text, tongue) for text in dict.fromkeys(texts)) for name, texts in said.items()}
        often = Counter(mark for forms in self.said.values() for mark in {m for form in forms for m in form.marks})
        total = max(1, len(self.said))
        self.weight = {
            mark: (_FLOOR + math.log(total / count)) * (_CONCEPT if mark.startswith("=") else 1)
            for mark, count in often.items()
        }

    def alike(self, name: str, other: Sentence) -> Likeness:
        """How much of the named sentence another one says, in whichever tier it is closest.

        One that bids or forbids as it does goes before one that does not, where it is said: "a room without windows"
        in one tier is "a small inner room" in the next.
        """
        forms = [self._alike(form, other) for form in self.said[name]]
        right = max((one_ for one_ in forms if one_.same_way), default=Likeness(0.0, same_way=True))
        return right if right.share >= SAID else max((right, *forms))

    def _alike(self, form: Sentence, other: Sentence) -> Likeness:
        shared = form.marks.keys() & other.marks.keys()
        whole = sum(self.weight[mark] for mark in form.marks if mark != _NOW)
        if len(shared) < _FEWEST and not (shared and len(form.marks) == len(other.marks) == 1):
            return Likeness(0.0, same_way=True)  # a sentence of one mark is only said by one that says no more
        if not whole:
            return Likeness(0.0, same_way=True)
        share = sum(self.weight[mark] for mark in shared if mark != _NOW) / whole
        return Likeness(share, form.negated(shared) == other.negated(shared), len(shared))
