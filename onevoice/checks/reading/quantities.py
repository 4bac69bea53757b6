"""Quantities: a number with a unit, in digits or in words, and whether two of them say the same."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from onevoice.checks.reading.digits import in_digits
from onevoice.checks.reading.folded import Folded, fold
from onevoice.checks.reading.words import Tongue

_IN_BASE = {
    "second": ("time", 1), "minute": ("time", 60), "hour": ("time", 3600), "day": ("time", 86400),
    "inch": ("length", 0.0254), "foot": ("length", 0.3048), "meter": ("length", 1), "kilometer": ("length", 1000),
    "mile": ("length", 1609.344), "liter": ("volume", 1), "gallon": ("volume", 3.785),
}  # fmt: skip
_ROUNDED = 0.06
"""A converted quantity may be rounded: 3 feet is about a meter less a tenth, 10 miles about 16 kilometers."""


class Quantity(NamedTuple):
    """A number with a unit, by the unit's English name."""

    value: float
    unit: str
    span: tuple[int, int]

    def same(self, other: Quantity) -> bool:
        """True where both are the same amount, in whatever unit, but for rounding."""
        one, two = _based(self), _based(other)
        return one[0] == two[0] and abs(one[1] - two[1]) <= _ROUNDED * max(one[1], two[1])

    def mixed_up(self, other: Quantity) -> bool:
        """True where one of number and unit is the other's and the second is not: a slip, not another quantity."""
        return _based(self)[0] == _based(other)[0] and (self.value == other.value) != (self.unit == other.unit)


def _based(quantity: Quantity) -> tuple[str, float]:
    if quantity.unit in ("fahrenheit", "celsius"):
        return "heat", quantity.value if quantity.unit == "celsius" else (quantity.value - 32) / 1.8
    kind, factor = _IN_BASE.get(quantity.unit, (quantity.unit, 1))
    return kind, quantity.value * factor


def read(text: Folded, tongue: Tongue) -> Iterator[Quantity]:
    """The quantities of a text whose number words are digits."""
    for match in _pattern(tongue).finditer(text.text):
        unit = next(name for name in tongue.words.units if match.groupdict().get(name))
        yield Quantity(float(match["value"].replace(",", ".")), unit, match.span())


def of_texts(texts: Iterable[str], tongue: Tongue) -> Iterator[Quantity]:
    """The quantities of approved sentences."""
    for text in texts:
        yield from read(in_digits(fold(text, tongue.language), tongue), tongue)


@lru_cache(maxsize=32)
def _pattern(tongue: Tongue) -> re.Pattern[str]:
    units = "|".join(f"(?P<{name}>{tongue.choice(words)})" for name, words in tongue.words.units.items())
    return re.compile(rf"(?<![\d:.,/])(?P<value>\d+(?:[.,]\d+)?)[\s\-]?(?:个|個)?(?:{units}){tongue.end}")
