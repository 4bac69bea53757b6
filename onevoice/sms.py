"""How a text travels as SMS, counted exactly on the final text: which alphabet, how many units, how many segments.

A text in the GSM 7-bit alphabet has 160 septets in one segment, or 153 in each of several; every other text is UCS-2
with 70 or 67 UTF-16 code units. A character that takes two units never straddles two segments.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import Literal

from onevoice.people import Frozen, Tier

Encoding = Literal["GSM-7", "UCS-2"]

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")
_GSM_7 = _BASIC | _EXTENSION
_ALONE: dict[Encoding, int] = {"GSM-7": 160, "UCS-2": 70}
_JOINED: dict[Encoding, int] = {"GSM-7": 153, "UCS-2": 67}
_BEYOND_BMP = 0xFFFF

_SHORT: dict[Encoding, int] = {"GSM-7": 2, "UCS-2": 3}
_LONG: dict[Encoding, int] = {"GSM-7": 4, "UCS-2": 6}
_SHORT_WITH_MORE: dict[Encoding, int] = {"GSM-7": 2, "UCS-2": 4}
HEAD_SEGMENTS = 2
"""Source, hazard, place and first action of a short text stand within the first two segments."""


class SmsCount(Frozen):
    """`units`: septets (GSM-7) or UTF-16 code units (UCS-2). `forced_by`: the characters that force UCS-2, in order."""

    encoding: Encoding
    units: int
    segments: int
    forced_by: tuple[str, ...] = ()


def forced_by(text: str) -> tuple[str, ...]:
    """The characters of a text that GSM-7 does not have, each once, in the order in which they appear."""
    return tuple(sorted(set(text) - _GSM_7, key=text.index))


def count(text: str, encoding: Encoding | None = None) -> SmsCount:
    """Count a text; in `encoding` where the text is part of a longer one that decides it."""
    forcing = forced_by(text)
    chosen: Encoding = encoding or ("UCS-2" if forcing else "GSM-7")
    double = _doubles(text, chosen)
    units = len(text) + double
    if not double or units <= _ALONE[chosen]:
        segments = ceil(units / _JOINED[chosen]) if units > _ALONE[chosen] else min(units, 1)
    else:  # a character of two units never straddles: only walking through the text tells
        segments = max(_segments([_cost(c, chosen) for c in text], chosen))
    return SmsCount(encoding=chosen, units=units, segments=segments, forced_by=forcing)


def _doubles(text: str, encoding: Encoding) -> int:
    """How many characters take two units."""
    if encoding == "GSM-7":
        return sum(map(text.count, _EXTENSION.intersection(text)))
    return sum(ord(c) > _BEYOND_BMP for c in text) if text and max(text) > "\uffff" else 0


def segment_of(text: str, index: int, encoding: Encoding | None = None) -> int:
    """In which segment (from 1) the character at `index` travels."""
    chosen = encoding or count(text).encoding
    return list(_segments([_cost(c, chosen) for c in text], chosen))[index]


def budget(kind: str, tier: Tier, encoding: Encoding, *, more: bool = False) -> int:
    """How many segments a text may take, without marks and co-sign.

    `more`: it carries a local note or fact, a line for a reader's access need, or what is not known yet.
    """
    if kind != "warning" or tier not in (Tier.T1, Tier.T2):
        return _LONG[encoding]
    return (_SHORT_WITH_MORE if more else _SHORT)[encoding]


def _cost(character: str, encoding: Encoding) -> int:
    if encoding == "UCS-2":
        return 2 if ord(character) > _BEYOND_BMP else 1
    return 2 if character in _EXTENSION else 1


def _segments(costs: list[int], encoding: Encoding) -> Iterator[int]:
    """For each character, the number of its segment."""
    if sum(costs) <= _ALONE[encoding]:
        yield from (1 for _ in costs)
        return
    segment, room = 1, _JOINED[encoding]
    for cost in costs:
        if cost > room:
            segment, room = segment + 1, _JOINED[encoding]
        room -= cost
        yield segment
