"""Number words as digits: "twenty-two", "seis y media", "三十分" become what a clock or a calendar shows."""

from __future__ import annotations

import re
from functools import lru_cache

from onevoice.checks.reading.folded import Folded
from onevoice.checks.reading.words import Tongue

_TEN = 10
_HUNDRED = 100
_UNITS = "点點时時分日号月小天个"
"""What follows a number in Chinese: elsewhere 一 is no number."""


def in_digits(text: Folded, tongue: Tongue) -> Folded:
    """The text with its number words as digits, and its spelled-out clock times as figures."""
    words, rewrites = _patterns(tongue)
    text = text.replaced(words, lambda match: match[0] if _is_month(match, tongue) else _value(match, tongue))
    for pattern, new in rewrites:
        text = text.replaced(pattern, lambda match, new=new: match.expand(new))  # type: ignore[misc]  # a default binds it
    return text


@lru_cache(maxsize=64)
def _patterns(tongue: Tongue) -> tuple[re.Pattern[str], tuple[tuple[re.Pattern[str], str], ...]]:
    one = tongue.choice([*tongue.numbers, *tongue.words.ten])
    words = rf"(?<!\w)(?:{one})(?:[\s\-]+(?:{one}))*(?!\w)" if tongue.spaced else rf"(?:{one})+(?=\s?[{_UNITS}])"
    rewrites = tuple((re.compile(tongue.fold(pattern)), tongue.fold(new)) for pattern, new in tongue.words.rewrites)
    return re.compile(words), rewrites


def _is_month(match: re.Match[str], tongue: Tongue) -> bool:
    """22 sept. is no twenty-two seven."""
    return match[0] in tongue.months and match.string[: match.start()].rstrip()[-1:].isdigit()


def _value(match: re.Match[str], tongue: Tongue) -> str:
    """The numbers of a run of number words: tens take the unit after them, everything else stands alone."""
    tens = {tongue.fold(word) for word in tongue.words.ten}
    pieces = re.split(r"[\s\-]+", match[0]) if tongue.spaced else list(match[0])
    if tongue.spaced and match[0] in tongue.numbers:
        pieces = [match[0]]
    values: list[int] = []
    for piece in pieces:
        if piece in tens:
            values.append((values.pop() if values else 1) * _TEN)
        else:
            _take(values, tongue.numbers.get(piece, 0))
    return " ".join(str(value) for value in values)


def _take(values: list[int], value: int) -> None:
    joins = values and values[-1] >= _TEN and values[-1] % _TEN == 0 and value < _TEN
    if joins and (values[-1] > _TEN or value):
        values[-1] += value
    else:
        values.append(value)
