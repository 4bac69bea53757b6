"""Vocabulary: how common the words of a text are, jargon, and hard terms that people must learn and are told once.

Frequencies come from wordfreq, offline, and only for languages that have a list of their own (levels.yaml): asked for
another, the library answers silently from a language that looks alike. Chinese and Japanese would need a tokenizer.
Names and facts do not count, nor do the words of the language's glossary, which everybody has agreed to use.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from onevoice.checks.levels import base, levels
from onevoice.checks.terms import Glossary, bounded, glossary
from onevoice.lexicon import SLOT
from onevoice.people import Tier

_WORD = re.compile(r"[^\W\d_]+")
_STEM, _SHORTEST = 0.7, 4


class Rare(NamedTuple):
    """`counted`: words that are neither small nor facts; `words`: the rare ones among them, the rarest first."""

    counted: int
    words: tuple[str, ...]
    times: int

    @property
    def share(self) -> float:
        """Rare words in a hundred."""
        return round(100 * self.times / self.counted, 1) if self.counted else 0.0


def rare(texts: Iterable[str], language: str, terms: Glossary) -> Rare | None:
    """The rare words of a text; None where the language has no list, or there are too few words to judge by."""
    asked = levels().vocabulary
    if base(language) not in asked.lists:
        return None
    stems = protected(terms)
    words = [word for text in texts for word in _WORD.findall(SLOT.sub(" ", text).lower())]
    known = [(zipf(word, asked.lists[base(language)]), word) for word in words]
    counted = [(common, word) for common, word in known if common < asked.everyday and not word.startswith(stems)]
    if len(counted) < asked.fewest_words:
        return None
    found = [(common, word) for common, word in counted if common < asked.rare]
    return Rare(len(counted), tuple(dict.fromkeys(word for _, word in sorted(found))), len(found))


@lru_cache(maxsize=50_000)
def zipf(word: str, wordlist: str) -> float:
    """How common a word is on the Zipf scale; 0 where it is in no list."""
    import wordfreq  # noqa: PLC0415 - reading its lists takes a second; only readability by day needs them

    return float(wordfreq.zipf_frequency(word, wordlist))


def protected(terms: Glossary) -> tuple[str, ...]:
    """How the words of the glossary begin, in whatever form they stand."""
    words = (word for term in terms.terms.values() for word in _WORD.findall(term.term.lower()))
    return tuple({word[: max(_SHORTEST, round(len(word) * _STEM))] for word in words})


# --- jargon and hard terms


def jargon(text: str, language: str, terms: Glossary) -> Iterator[tuple[str, str]]:
    """Words that only colleagues use, each with what to say instead."""
    for pattern, plain in _jargon(language, tuple(terms.jargon.items())):
        if found := pattern.search(SLOT.sub(" ", text)):
            yield found[0], plain


@lru_cache(maxsize=64)
def _jargon(language: str, listed: tuple[tuple[str, str], ...]) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((bounded([word], language), plain) for word, plain in listed)


def unexplained(text: str, said: Collection[str], language: str, root: Path) -> Iterator[tuple[str, str]]:
    """Hard terms that a very plain text uses and nowhere explains, each with its gloss.

    `said`: ids of the sentences in it. A sentence whose id a term names as `explained_by` explains it, and so does the
    gloss itself.
    """
    for term in glossary(root, language).terms.values():
        if not term.hard or not bounded([term.term], language).search(text):
            continue
        told = any(fnmatchcase(key, pattern) for key in said for pattern in term.explained_by)
        if not told and not (term.gloss and term.gloss.lower() in text.lower()):
            yield term.term, term.gloss


PLAIN = frozenset([Tier.T1, Tier.T2])
"""Levels whose readers are no colleagues."""
