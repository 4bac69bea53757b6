"""Steps: which approved sentence a sentence in somebody's own words stands for, and whether it forbids or bids.

Two sentences are alike by the weight of the concepts and word stems that they share. Polarity is read in the clause in
which the step begins, the same way for an approved sentence and for a stranger's: so they can be compared.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
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
_LIGHT = frozenset(["=use", "=call", "=person"])
"""Concepts that go with nearly anything: they say no more than a stem."""
_FEWEST = 2
"""Marks that two sentences share at least: one word alone says little."""
SAID = 0.5
"""Share of an approved sentence from which on it is said, in other words."""
_LEAVE = "=leave"
_NOW = "=now"
"""That a step is to be taken at once makes it surer which one is meant, and no other one where it is not said."""
_LEAVING = frozenset([_LEAVE, _NOW, "=go"])
"""Many languages say to leave with a word for going."""
_FROM = frozenset(["=storm", "=sea"])
"""What people leave, or leave before: the rest of the text tells it too."""
_GOALS = frozenset(["=cool", "=warm"])
"""A place to be in, whichever verb leads there."""
_THINGS = frozenset(["=tap_water", "=enter_water", "=product", "=generator"])
"""What a pronoun in the next sentence may stand for."""
_PAIR = 0.5
"""Of two syllables or characters at a time, each stands in two pairs."""


Named = tuple[tuple[str, re.Pattern[str]], ...]
"""Marks of the alert's own facts, and where a text tells them."""
_Place = tuple[str, tuple[int, int]]
_SLOTS: Named = (("={0}", re.compile(r"\{(\w+)\}")),)
"""An approved sentence tells a fact by its slot."""


class Sentence(NamedTuple):
    """A sentence ready to be compared: its marks with the place of each, and where it says no.

    `behind`: in its language the word that says no stands behind what it forbids; `anywhere`: before or behind it.
    `turns`: words that say the opposite of a mark ("open" of "shut"), and so no. `pieces`: each clause by itself, where
    there are several.
    """

    marks: Mapping[str, int]
    clauses: tuple[int, ...]
    noes: tuple[int, ...]
    start: int
    end: int
    behind: bool = False
    anywhere: bool = False
    turns: tuple[int, ...] = ()
    pieces: tuple[Sentence, ...] = ()

    def negated(self, shared: Iterable[str]) -> bool:
        """True where a word of negation governs the marks.

        It stands in the clause in which they begin, before their last; `behind`: in that in which they end, after it;
        `anywhere`: from the one clause to the other. Not to open is to shut.
        """
        places = [self.marks[mark] for mark in shared]
        first, last = min(places), max(places)
        opens, closes = max((c for c in self.clauses if c <= first), default=0), last + 1
        if self.behind or self.anywhere:
            closes = min((c for c in self.clauses if c > last), default=self.end - self.start)
        no = any((last if self.behind else opens) <= no < closes for no in self.noes)
        return no != any(first <= turn <= last for turn in self.turns)


class Likeness(NamedTuple):
    """How much of an approved sentence another one says (0 to 1), whether both bid or forbid, by how many marks.

    `within`: the other one tells nothing but what the approved sentence does.
    """

    share: float
    same_way: bool
    marks: int = 0
    within: bool = False


def sentences(text: str, tongue: Tongue, named: Named = ()) -> list[Sentence]:
    """The sentences of a folded text, in which the alert's own facts are `named`."""
    found, position = [], 0
    text = _ordinals(tongue).sub(lambda day: f"{day[1]} ", text)
    for piece in [*_SENTENCE.finditer(text), None]:
        end = piece.start() if piece else len(text)
        if text[position:end].strip():
            found.append(_sentence(text[position:end], position, tongue, named))
        position = piece.end() if piece else end
    return _with_things(found, text, tongue)


def _with_things(found: list[Sentence], text: str, tongue: Tongue) -> list[Sentence]:
    """The sentences; a pronoun in one stands for the things that the one before it names: "Do not drink it."."""
    told: list[Sentence] = []
    for sentence in found:
        things = told[-1].marks.keys() & _THINGS if told and tongue.words.pronouns else frozenset[str]()
        told.append(_naming(sentence, things, text, tongue) if things else sentence)
    return told


def _naming(sentence: Sentence, things: Collection[str], text: str, tongue: Tongue) -> Sentence:
    pronoun = tongue.any(tongue.words.pronouns).search(text[sentence.start : sentence.end])
    if not pronoun or sentence.marks.keys() & _THINGS:
        return sentence
    marks = {**sentence.marks, **dict.fromkeys(things, pronoun.start())}
    return sentence._replace(marks=marks, pieces=tuple(_naming(p, things, text, tongue) for p in sentence.pieces))


@lru_cache(maxsize=32)
def _ordinals(tongue: Tongue) -> re.Pattern[str]:
    """A day of the month as German writes it, "22. November": its stop ends no sentence."""
    months = tongue.choice(tongue.months) if tongue.words.order == "dmy" else r"(?!)"
    return re.compile(rf"(?<!\d)(\d{{1,2}})\.(?=\s(?:{months})(?!\w))")


def one(text: str, tongue: Tongue) -> Sentence:
    """A whole approved sentence, however many full stops it has."""
    return _sentence(tongue.fold(text), 0, tongue)


def _sentence(text: str, start: int, tongue: Tongue, named: Named = ()) -> Sentence:
    sentence = _clause(text, start, tongue, named)
    ends = [*sentence.clauses[1:], len(text)]
    if len(ends) == 1:
        return sentence
    pieces = [(at, text[at:end]) for at, end in zip(sentence.clauses, ends, strict=True)]
    return sentence._replace(
        pieces=tuple(_clause(said, start + at, tongue, named) for at, said in pieces if said.strip())
    )


def _clause(text: str, start: int, tongue: Tongue, named: Named) -> Sentence:
    words = tongue.words
    only = [m.span() for m in _restrictions(tongue).finditer(text)]
    noes = [m.span() for m in tongue.any(words.negations).finditer(text) if not _within((m.start(), m.start()), only)]
    found, turned = _told(text, tongue, named)
    turned = [(concept, span) for concept, span in turned if not any(_inside(span, other) for _, other in found)]
    # "Do not go out" is to stay: it forbids nothing and tells nobody to go.
    whole = [span for _, span in found if any(_within(no, [span]) and no != span for no in noes)]
    covered = [*whole, *(span for _, span in turned)]
    found = [(concept, span) for concept, span in found if span in whole or not _within(span, covered)]
    marks: dict[str, int] = {}
    rest = list(text)
    for concept, (first, last) in (*found, *turned):
        marks[concept] = min(marks.get(concept, first), first)
        rest[first:last] = " " * (last - first)
    for stem, place in _stems("".join(rest), tongue):
        marks.setdefault(stem, place)
    # In Hindi पर is "but", and "at" in "at home".
    clauses = tuple(at for at in _clauses(text, tongue) if not any(first < at < last for _, (first, last) in found))
    return Sentence(
        marks, clauses, tuple(first for first, last in noes if not _within((first, last), whole)),
        start, start + len(text), words.negation_behind, words.negation_anywhere, tuple(s[0] for _, s in turned),
    )  # fmt: skip


def _told(text: str, tongue: Tongue, named: Named) -> tuple[list[_Place], list[_Place]]:
    """The concepts of a text and their opposites. Of two second parts of a verb the nearer is its own."""
    patterns = (*_concepts(tongue), *named, *_SLOTS)
    found = [(name.format(*m.groups()), m) for name, pattern in patterns for m in pattern.finditer(text)]
    turned = [(name, m) for name, pattern in _turned(tongue) for m in pattern.finditer(text)]
    nearest: dict[tuple[str, int], int] = {}
    for name, match in (*found, *turned):
        key = (name, match.start())
        nearest[key] = min(match.end(), nearest.get(key, match.end()))

    def own(told: list[tuple[str, re.Match[str]]]) -> list[_Place]:
        return [(n, _span(m)) for n, m in told if not m.lastindex or m.end() == nearest[n, m.start()]]

    return own(found), own(turned)


def _inside(span: tuple[int, int], other: tuple[int, int]) -> bool:
    """True within a longer one: to switch on may be "to open the power", which opens no window."""
    return span != other and _within(span, [other])


def _span(match: re.Match[str]) -> tuple[int, int]:
    """Where a word stands; of one in two parts, the second, which says what is done."""
    return match.span() if match[0].startswith("{") else match.span(match.lastindex or 0)


def _within(span: tuple[int, int], others: Iterable[tuple[int, int]]) -> bool:
    return any(first <= span[0] and span[1] <= last for first, last in others)


def _clauses(text: str, tongue: Tongue) -> tuple[int, ...]:
    """Where the clauses begin; a word that joins belongs to the second, save where verbs join at their end (Korean)."""
    found = {0} | {m.end() for m in CLAUSE.finditer(text)}
    if tongue.words.joins:
        joins = tongue.any(tongue.words.joins).finditer(text)
        found |= {m.end() if tongue.words.negation_behind else m.start() for m in joins}
    return tuple(sorted(found))


@lru_cache(maxsize=32)
def _restrictions(tongue: Tongue) -> re.Pattern[str]:
    return re.compile("|".join(map(tongue.fold, tongue.words.restrictions)) or r"(?!)")


@lru_cache(maxsize=32)
def _concepts(tongue: Tongue) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((f"={name}", tongue.any(words)) for name, words in tongue.words.concepts.items())


@lru_cache(maxsize=32)
def _turned(tongue: Tongue) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((f"={name}", tongue.any(words)) for name, words in tongue.words.opposites.items())


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
        stem = _PAIR if tongue.words.short_words or not tongue.spaced else 1
        self.weight = {
            mark: (_FLOOR + math.log(total / count))
            * (_CONCEPT if mark.startswith("=") and mark not in _LIGHT else stem)
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
            return self._alone(form, other, shared)
        if not whole or shared <= _THINGS:
            return Likeness(0.0, same_way=True)
        share = sum(self.weight[mark] for mark in shared if mark != _NOW) / whole
        same = form.negated(shared) == other.negated(shared)
        if not same and len(shared) == 1 and not min(shared).startswith("="):
            return Likeness(0.0, same_way=True)  # one stem in common turns nothing around
        return Likeness(share, same, len(shared), within=len(shared) > 1 and _concepts_of(other) <= _concepts_of(form))

    @staticmethod
    def _alone(form: Sentence, other: Sentence, shared: Collection[str]) -> Likeness:
        """One mark says little, save where it is all that there is to say: to leave, or a cool or warm place."""
        said = (_LEAVE in shared and _is_leaving(form)) or bool(_GOALS & {*shared} and _is_goal(form))
        same = said and form.negated(shared) == other.negated(shared)
        return Likeness(SAID if same else 0.0, same_way=True, marks=len(shared))


def _is_leaving(form: Sentence) -> bool:
    """To leave, and no more; or to leave the coast, or before the storm."""
    concepts = _concepts_of(form)
    return form.marks.keys() <= _LEAVING or (concepts <= _LEAVING | _FROM and bool(concepts & _FROM))


def _is_goal(form: Sentence) -> bool:
    return _concepts_of(form) <= _GOALS | {"=go", _NOW}


def _concepts_of(sentence: Sentence) -> set[str]:
    return {mark for mark in sentence.marks if mark.startswith("=")}
