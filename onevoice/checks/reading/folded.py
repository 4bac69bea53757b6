"""Folding: a text as it is compared, with the way back to the place in the text as it was written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

_MARKS = re.compile("[\u0300-\u036f]")
_HARAKAT = re.compile("[\u064b-\u0652\u0640\u0670]")
_ALIKE = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ة": "ه", "ؤ": "و", "ئ": "ي"})
_SIGNS = str.maketrans(
    {
        **dict(zip("\u093e\u093f\u0940\u0941\u0942\u0943", "आइईउऊऋ", strict=True)),
        **dict(zip("\u0945\u0947\u0948\u0949\u094b\u094c", "ऍएऐऑओऔ", strict=True)),
        **dict.fromkeys("\u0901\u0902", "\u0971"),  # ँ and ं: many write one for the other
        "\u0903": "ह",
        "\u094d": "\u093d",
        "\u093c": "",  # the dot of ज़ and ड़ is left out on many phones
    }
)
"""The signs of Devanagari as letters, so that a word is one word: a vowel's sign becomes that vowel's own letter."""
_KEEPS_MARKS = frozenset(["vi"])
"""Languages in which a mark makes another word, and people know it."""
_PUNCTUATION = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "：": ":", "，": ",", "（": "(", "）": ")", "／": "/"})


class Folded(NamedTuple):
    """`text` is compared; `at[i]` is where its character i stands in the text as written (one more at the end)."""

    text: str
    at: tuple[int, ...]

    def replaced(self, pattern: re.Pattern[str], new: Callable[[re.Match[str]], str]) -> Folded:
        """With every match replaced; a new character stands where its match began."""
        text: list[str] = []
        at: list[int] = []
        last = 0
        for match in pattern.finditer(self.text):
            text.append(self.text[last : match.start()])
            at.extend(self.at[last : match.start()])
            said = new(match)
            text.append(said)
            at.extend([self.at[match.start()]] * len(said))
            last = match.end()
        text.append(self.text[last:])
        return Folded("".join(text), (*at, *self.at[last:]))

    def blanked(self, start: int, end: int) -> Folded:
        """With a stretch made blank."""
        return Folded(self.text[:start] + " " * (end - start) + self.text[end:], self.at)

    def written(self, source: str, start: int, end: int) -> str:
        """The words of the text as it was written."""
        return source[self.at[start] : self.at[end]].strip()


@lru_cache(maxsize=4096)
def fold(text: str, language: str) -> Folded:
    """Lower case, without the accents that people leave out; Arabic without vowel signs, Devanagari with letters."""
    keep = language.split("-", maxsplit=1)[0] in _KEEPS_MARKS
    pieces = [_character(character, keep=keep) for character in text]
    at = [i for i, piece in enumerate(pieces) for _ in piece]
    return Folded("".join(pieces), (*at, len(text)))


@lru_cache(maxsize=8192)
def _character(character: str, *, keep: bool) -> str:
    lower = character.translate(_PUNCTUATION).lower().translate(_ALIKE)
    lower = _HARAKAT.sub("", lower)
    bare = lower if keep else _MARKS.sub("", unicodedata.normalize("NFD", lower)) if lower.isalpha() else lower
    return bare.translate(_SIGNS)
