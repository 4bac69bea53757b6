"""Counts that hold in every language: words and numbers in a sentence; characters where words have no gaps."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from onevoice.checks.levels import base, levels
from onevoice.letters import SIGNS
from onevoice.lexicon import SLOT

_END = re.compile(r"(?<=[.!?…])(?=\s|$)|(?<=[。！？؟।])|\n")
_WORD = re.compile(rf"(?:[^\W_]|[{SIGNS}])+(?:[’'\-](?:[^\W_]|[{SIGNS}])+)*")
_IDEOGRAPH = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\u3040-\u30ff\uf900-\ufaff]")
NEUTRAL = "X"
"""Stands for a fact: its words and numbers are not the writer's choice."""


class Counts(NamedTuple):
    """`unit` is words, or characters where a language writes no gaps."""

    unit: str
    sentences: int
    words: int
    mean: float
    longest: int
    numbers: int
    parentheses: int
    worst: str


def split(text: str) -> list[str]:
    """The sentences of a text; a line's end ends one too."""
    return [piece.strip() for piece in _END.split(text) if piece and _WORD.search(piece)]


def units(sentence: str, language: str) -> int:
    """Words; for Chinese and Japanese characters, with each word in another script as one."""
    words = _WORD.findall(sentence)
    if base(language) not in ("zh", "ja"):
        return len(words)
    return len(_IDEOGRAPH.findall(sentence)) + sum(not _IDEOGRAPH.search(word) for word in words)


def count(texts: Iterable[str], language: str) -> Counts | None:
    """Count approved sentences, with facts as neutral words. None where there is nothing to count."""
    said = [sentence for text in texts for sentence in _sentences(text, language)]
    if not said or base(language) in levels().no_sentences:
        return None
    worst = max(said, key=lambda sentence: sentence.length)
    words = sum(sentence.length for sentence in said)
    return Counts(
        unit="characters" if base(language) in ("zh", "ja") else "words",
        sentences=len(said),
        words=words,
        mean=round(words / len(said), 2),
        longest=worst.length,
        numbers=max(sentence.numbers for sentence in said),
        parentheses=sum(sentence.parentheses for sentence in said),
        worst=worst.text,
    )


class _Sentence(NamedTuple):
    """One sentence, counted; `length` in the language's units."""

    text: str
    length: int
    numbers: int
    parentheses: int


@lru_cache(maxsize=16_384)  # the same approved sentences stand in hundreds of texts
def _sentences(text: str, language: str) -> tuple[_Sentence, ...]:
    return tuple(
        _Sentence(one, units(one, language), len(re.findall(r"\d+", one)), len(re.findall("[(（]", one)))
        for one in split(SLOT.sub(NEUTRAL, text))
    )
