"""Numbers and links in a plain text: what is a phone number, what is an address, and what is left over."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

URL = re.compile(r"(?:https?://|www\.)[^\s<>\"]+", re.IGNORECASE)
PHONE = re.compile(r"(?<![\w/])\+?\(?\d[\d\s().\-‐-―/]{5,}\d(?!\w)")
LOOSE_TIME = re.compile(r"\b\d{1,2}\s?[:.hH時时点]\s?\d{2}\b|\b\d{1,2}\s?(?:[ap]\.?\s?m\b)", re.IGNORECASE)
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_DIGIT = re.compile(r"\d")
_LISTED = re.compile(r"^\d{1,2}\. ", re.MULTILINE)
_TRAILING = ".,;:!?)]}'\"،؛。！？、"
_COUNTRY_DIGITS = 3


class Found(NamedTuple):
    """Something in a text, and where."""

    text: str
    start: int
    end: int


@lru_cache(maxsize=1024)  # several rules ask it of the same text
def urls(text: str) -> tuple[Found, ...]:
    """Every address, without the punctuation after it."""
    found = ((m[0].rstrip(_TRAILING), m.start()) for m in URL.finditer(text))
    return tuple(Found(address, start, start + len(address)) for address, start in found)


@lru_cache(maxsize=1024)  # as above
def phones(text: str) -> tuple[Found, ...]:
    """Everything that reads as a phone number: seven digits or more, on one line."""
    return tuple(Found(m[0], m.start(), m.end()) for line in _lines(text) for m in PHONE.finditer(text, *line))


def _lines(text: str) -> Iterable[tuple[int, int]]:
    """Where each line stands that has a digit at all: few have."""
    start = 0
    for line in text.split("\n"):
        if _DIGIT.search(line):
            yield start, start + len(line)
        start += len(line) + 1


def digits(text: str) -> str:
    """The digits alone."""
    return "".join(c for c in text if c.isdigit())


def same_number(said: str, e164: str) -> bool:
    """True where a number as it is said is the number: whole, or as people in its country write it."""
    spoken, full = digits(said), digits(e164)
    if said.lstrip(" (").startswith("+"):
        return spoken == full
    country = len(full) - len(spoken.lstrip("0"))
    return spoken == full or (0 < country <= _COUNTRY_DIGITS and full.endswith(spoken.lstrip("0")) and len(spoken) > 6)  # noqa: PLR2004 - no public number is shorter


def blank(text: str, places: Iterable[tuple[int, int]]) -> str:
    """The text with these ranges blanked out, everything else where it was."""
    characters = list(text)
    for start, end in places:
        characters[start:end] = " " * (end - start)
    return "".join(characters)


def blank_words(text: str, words: Iterable[str]) -> str:
    """The text with these words blanked out wherever they stand."""
    for word in sorted(filter(None, words), key=len, reverse=True):
        text = text.replace(word, " " * len(word))
    return text


def left_over(text: str) -> list[Found]:
    """Numbers that are still there; the numbering of a list is none."""
    text = _LISTED.sub(lambda m: " " * len(m[0]), text)
    return [Found(m[0], m.start(), m.end()) for m in NUMBER.finditer(text)]
