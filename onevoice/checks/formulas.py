"""Readability formulas: which one holds in which language, and from how many words on. Elsewhere there is no number.

Sentences are counted here, because the library drops those of one or two words ("Stay inside."), which are the best
ones. Syllables of English come from the pronouncing dictionary, of French from hyphenation, of Spanish from its
spelling rules (hyphenation points are no syllables there: aviso has three and would count two).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

from onevoice.checks.counting import base, split
from onevoice.errors import OutOfReach
from onevoice.lexicon import SLOT
from onevoice.people import Tier

FEWEST_WORDS = 100
_WORD = re.compile(r"[^\W\d_]+(?:[’'][^\W\d_]+)*")


class Sizes(NamedTuple):
    """Words to a sentence, and syllables to a word."""

    sentence: float
    word: float


class Formula(NamedTuple):
    """A formula of one language. `limits`: tier → the value that still passes; `higher_is_easier` says which way."""

    name: str
    value: Callable[[Sizes], float]
    higher_is_easier: bool
    limits: dict[Tier, float]
    calibrated: bool = True


FORMULAS: dict[str, tuple[Formula, ...]] = {
    "en": (
        Formula(
            "Flesch-Kincaid grade",
            lambda s: 0.39 * s.sentence + 11.8 * s.word - 15.59,
            higher_is_easier=False,
            limits={Tier.T1: 5.0, Tier.T2: 6.0, Tier.T3: 8.9},
        ),
        Formula(
            "Flesch reading ease",
            lambda s: 206.835 - 1.015 * s.sentence - 84.6 * s.word,
            higher_is_easier=True,
            limits={Tier.T1: 90.0, Tier.T2: 80.0, Tier.T3: 60.0},
        ),
    ),
    "es": (
        Formula(
            "INFLESZ",
            lambda s: 206.835 - s.sentence - 62.3 * s.word,
            higher_is_easier=True,
            limits={Tier.T1: 80.0, Tier.T2: 65.0, Tier.T3: 55.0},
        ),
    ),
    "fr": (
        Formula(
            "Kandel-Moles",
            lambda s: 207.0 - 1.015 * s.sentence - 73.6 * s.word,
            higher_is_easier=True,
            limits={Tier.T1: 80.0, Tier.T2: 70.0, Tier.T3: 60.0},
            calibrated=False,
        ),
    ),
}
"""Only these have a formula made for the language and a way to count its syllables rightly."""


class Score(NamedTuple):
    """A formula's value for a pooled text."""

    formula: Formula
    value: float
    words: int

    def passes(self, tier: Tier) -> bool:
        """True where the tier asks nothing, or the value is easy enough."""
        limit = self.formula.limits.get(tier)
        if limit is None:
            return True
        return self.value >= limit if self.formula.higher_is_easier else self.value <= limit


def scores(texts: Iterable[str], language: str) -> list[Score]:
    """The scores of a pooled text, facts left out; none where no formula holds or the text is too short.

    Raises:
        OutOfReach: the English dictionary is not prepared.
    """
    formulas = FORMULAS.get(base(language), ())
    said = [sentence for text in texts for sentence in split(SLOT.sub("", text))]
    words = [word for sentence in said for word in _WORD.findall(sentence)]
    if not formulas or len(words) < FEWEST_WORDS:
        return []
    sizes = Sizes(len(words) / len(said), sum(syllables(word.lower(), base(language)) for word in words) / len(words))
    return [Score(formula, round(formula.value(sizes), 1), len(words)) for formula in formulas]


@lru_cache(maxsize=20_000)
def syllables(word: str, language: str) -> int:
    """Syllables of a lower-case word in English, Spanish or French."""
    if language == "es":
        return spanish_syllables(word)
    try:
        return max(1, int(_counter(language).syllable_count(word)))
    except LookupError:
        raise OutOfReach(
            "The English dictionary is not prepared.", remedy="Call prepare_dictionary(home) first."
        ) from None


@lru_cache(maxsize=8)
def _counter(language: str) -> Any:
    """A counter of its own for each language: the shared one keeps its language as global state."""
    from textstat import textstat  # noqa: PLC0415 - takes a second; only readability needs it

    counter = type(textstat)()
    counter.set_lang(language)
    return counter


_STRONG = "aeoáéó"
_HIATUS = "íú"
_VOWELS = _STRONG + _HIATUS + "iuü"


def spanish_syllables(word: str) -> int:
    """Syllables by the spelling rules of Spanish: one for each vowel group, one more for each break inside it."""
    word = re.sub(r"qu(?=[eiéí])", "q", word)
    word = re.sub(r"gu(?=[eiéí])", "g", word)
    word = re.sub(r"y(?=$|[^aeiouáéíóú])", "i", word)
    groups = re.findall(f"[{_VOWELS}]+", word)
    return max(1, sum(1 + sum(_breaks(a, b) for a, b in pairwise(g)) for g in groups))


def _breaks(first: str, second: str) -> bool:
    """True where two vowels that meet belong to two syllables."""
    both_strong = first in _STRONG and second in _STRONG
    stressed_weak = (first in _HIATUS and second in _STRONG) or (first in _STRONG and second in _HIATUS)
    return both_strong or stressed_weak
