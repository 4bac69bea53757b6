"""`levels.yaml`: what each reading level asks, in counts, vocabulary and formulas. Nothing of it stands in code."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from onevoice.lexicon.files import checked, plain_values
from onevoice.people import Frozen, Tier

Measure = Literal["sentence", "sentences", "letters", "syllables", "one", "three", "four", "long"]


class Limits(Frozen):
    """Most units in a sentence, on average and in the longest; most numbers in one; most brackets in a text."""

    mean: float
    longest: int
    numbers: int
    parentheses: int


class VocabularyLevels(Frozen):
    """Zipf values and shares in per cent; `lists`: language → the list of word frequencies that is its own.

    `judged`: languages whose share says something of how easy a text is; elsewhere it is shown.
    """

    everyday: float
    rare: float
    share: dict[Tier, float]
    fewest_words: int
    judged: tuple[str, ...]
    lists: dict[str, str]


class Formula(Frozen):
    """A formula: the constant, and each measure times its factor.

    `limits`: tier → the value that still passes. `calibrated`: its limits were found in the language itself.
    """

    name: str
    languages: tuple[str, ...]
    source: str
    constant: float
    times: dict[Measure, float]
    easier: Literal["higher", "lower"]
    range: tuple[float, float]
    bands: dict[float, str] = {}
    limits: dict[Tier, float]
    calibrated: bool = True

    def value(self, measures: dict[Measure, float]) -> float:
        """The value of a text with these measures, rounded; beyond the range the end of it."""
        low, high = self.range
        found = self.constant + sum(factor * measures[name] for name, factor in self.times.items())
        return round(min(max(found, low), high), 1)

    def passes(self, value: float, tier: Tier) -> bool:
        """True where the level asks nothing, or the value is easy enough."""
        limit = self.limits.get(tier)
        if limit is None:
            return True
        return value >= limit if self.easier == "higher" else value <= limit

    def band(self, value: float) -> str:
        """What a value is called; empty where the formula names none."""
        return next((name for start, name in sorted(self.bands.items(), reverse=True) if value >= start), "")

    def asks(self, tier: Tier) -> str:
        """What a level asks, for people."""
        limit = self.limits.get(tier)
        return "" if limit is None else f"{self.name} at {'least' if self.easier == 'higher' else 'most'} {limit:g}"


class Levels(Frozen):
    """The whole file. `counts`: language, or `usual` → tier → limits."""

    counts: dict[str, dict[Tier, Limits]]
    no_sentences: tuple[str, ...]
    vocabulary: VocabularyLevels
    formulas: tuple[Formula, ...] = Field(min_length=1)
    shown_from: int
    judged_from: int


@cache
def levels() -> Levels:
    """What the levels ask."""
    path = Path(__file__).with_name("levels.yaml")
    return checked(Levels, plain_values(path.name, path.read_bytes()), path.name)


def base(language: str) -> str:
    """The language without script and region."""
    return language.split("-", maxsplit=1)[0]


def limits(language: str, tier: Tier) -> Limits | None:
    """What a level allows; None where nothing is asked (T4) or nothing can be counted."""
    if base(language) in levels().no_sentences:
        return None
    counts = levels().counts
    return counts.get(base(language), counts["usual"]).get(tier)


@cache
def formulas(language: str) -> tuple[Formula, ...]:
    """The formulas of a language, the one that judges first; none where there is none."""
    return tuple(formula for formula in levels().formulas if base(language) in formula.languages)
