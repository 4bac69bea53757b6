"""Readability formulas at work: which one holds in which language stands in levels.yaml. Elsewhere there is no number.

Sentences are counted here, because the library drops those of one or two words ("Stay inside."), which are the best
ones. A score never stands alone: the interval beside it is what the same formula gives when sentences of the text are
drawn again and again at random.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from onevoice.checks import levels
from onevoice.checks.counting import split
from onevoice.checks.levels import Formula, Measure
from onevoice.checks.syllables import COUNTERS, syllables
from onevoice.lexicon import SLOT
from onevoice.people import Tier

_WORD = re.compile(r"[^\W\d_]+(?:[’'][^\W\d_]+)*")
_LONG, _THREE, _FOUR = 6, 3, 4
_DRAWS, _EDGE, _SEED = 200, 0.05, 1


class Sizes(NamedTuple):
    """What is counted in a sentence. `one`: words of one syllable; `three`, `four`: of so many and more."""

    words: int
    letters: int
    long: int
    syllables: int
    one: int
    three: int
    four: int


class Score(NamedTuple):
    """A formula's value for a pooled text, and between which values nine of ten draws of its sentences lie."""

    formula: Formula
    value: float
    words: int
    interval: tuple[float, float] | None = None

    def passes(self, tier: Tier) -> bool:
        """True where the level asks nothing, or the value is easy enough."""
        return self.formula.passes(self.value, tier)

    def fails(self, tier: Tier) -> bool:
        """True where a calibrated formula surely asks for easier words: by enough of them, at every value between."""
        easiest = max if self.formula.easier == "higher" else min
        best = easiest((*(self.interval or ()), self.value))
        enough = self.words >= levels.levels().judged_from
        return enough and self.formula.calibrated and not self.formula.passes(best, tier)


def scores(texts: Iterable[str], language: str, *, intervals: bool = False) -> list[Score]:
    """The scores of a pooled text, facts left out; none where no formula holds or the text is too short.

    Raises:
        OutOfReach: the English dictionary is not prepared.
    """
    known = levels.formulas(language)
    said = [sentence for text in texts for sentence in split(SLOT.sub("", text))] if known else []
    counted = [sizes(sentence, levels.base(language)) for sentence in said]
    words = sum(one.words for one in counted)
    if words < levels.levels().shown_from:
        return []
    drawn = _drawn(counted) if intervals else ()
    whole = _measures(counted)
    return [
        Score(formula, formula.value(whole), words, _interval(formula, drawn) if intervals else None)
        for formula in known
    ]


@lru_cache(maxsize=20_000)
def sizes(sentence: str, language: str) -> Sizes:
    """What is counted in a sentence; where nobody counts syllables, none are."""
    words = [word.lower() for word in _WORD.findall(sentence)]
    letters = [sum(c.isalpha() for c in word) for word in words]
    spoken = [syllables(word, language) for word in words] if language in COUNTERS else [0] * len(words)
    return Sizes(
        words=len(words),
        letters=sum(letters),
        long=sum(number > _LONG for number in letters),
        syllables=sum(spoken),
        one=sum(number == 1 for number in spoken),
        three=sum(number >= _THREE for number in spoken),
        four=sum(number >= _FOUR for number in spoken),
    )


def _measures(counted: Sequence[Sizes]) -> dict[Measure, float]:
    whole = Sizes(*map(sum, zip(*counted, strict=True)))
    words = max(1, whole.words)
    return {
        "sentence": whole.words / len(counted),
        "sentences": len(counted) / words,
        "letters": whole.letters / words,
        "syllables": whole.syllables / words,
        "one": 100 * whole.one / words,
        "three": 100 * whole.three / words,
        "four": 100 * whole.four / words,
        "long": 100 * whole.long / words,
    }


def _drawn(counted: Sequence[Sizes]) -> list[dict[Measure, float]]:
    """The measures of as many sentences drawn at random, the same each time."""
    dice = random.Random(_SEED)  # noqa: S311 - not for secrets
    return [_measures(dice.choices(counted, k=len(counted))) for _ in range(_DRAWS)]


def _interval(formula: Formula, drawn: Sequence[dict[Measure, float]]) -> tuple[float, float]:
    values = sorted(formula.value(measures) for measures in drawn)
    last = len(values) - 1
    return values[int(last * _EDGE)], values[int(last * (1 - _EDGE))]
