"""Which language a text is in: by its script, and by the small words, letters or characters that it alone has."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

from onevoice.checks.reading.words import Tongue

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_FEWEST, _CLEAR = 3, 1.5
_OWN_SHARE = 0.3
_SCRIPTS = {"ar": "ARABIC", "fa": "ARABIC", "ur": "ARABIC", "ps": "ARABIC", "zh": "CJK", "ru": "CYRILLIC",
            "uk": "CYRILLIC", "bg": "CYRILLIC", "ko": "HANGUL", "hi": "DEVANAGARI", "ne": "DEVANAGARI",
            "am": "ETHIOPIC", "he": "HEBREW", "el": "GREEK", "th": "THAI"}  # fmt: skip
"""How Unicode names the letters of a language; the others are written in Latin letters."""


def script(language: str) -> str:
    """The script of a language, as Unicode names its letters."""
    return _SCRIPTS.get(language.split("-", maxsplit=1)[0], "LATIN")


def in_script(text: str, language: str) -> float:
    """The share of letters that are of the language's script; 1 where there are no letters."""
    found = Counter(text)
    letters = {c: number for c, number in found.items() if c.isalpha()}
    ours = script(language)
    own = sum(number for c, number in letters.items() if _name(c).startswith(ours))
    return own / sum(letters.values()) if letters else 1.0


@lru_cache(maxsize=8192)
def _name(character: str) -> str:
    return unicodedata.name(character, "")


def other_language(text: str, tongue: Tongue, others: Iterable[Tongue]) -> str | None:
    """The language that a text is in, where it is clearly not `tongue`'s; None where that is not clear."""
    words = Counter(word.lower().replace("’", "'") for word in _WORD.findall(text))
    if in_script(text, tongue.language) < _OWN_SHARE:
        able = [other for other in others if in_script(text, other.language) >= _OWN_SHARE]
        return max(able, key=lambda other: _small_words(text, words, other, None)).language if able else "?"
    rivals = [o for o in others if o.language != tongue.language and script(o.language) == script(tongue.language)]
    for rival in rivals:
        theirs, ours = _small_words(text, words, rival, tongue), _small_words(text, words, tongue, rival)
        if theirs >= _enough(tongue, rival, ours) and theirs > ours * _CLEAR:
            return rival.language
    return None


def _enough(tongue: Tongue, rival: Tongue, ours: int) -> int:
    """How many words tell. With letters of their own on both sides, where none of ours stands one of theirs tells."""
    return 1 if tongue.words.letters and rival.words.letters and not ours else _FEWEST


def _small_words(text: str, words: Counter[str], tongue: Tongue, rival: Tongue | None) -> int:
    """How many words are this language's and not its rival's: small words, and words with a letter of its own."""
    own = _own(tongue, rival)
    if not tongue.spaced:  # two ways of writing Chinese share most characters: what is one's own decides
        return sum(text.count(word) for word in own)
    letters = _letters(tongue, rival)
    return sum(number for word, number in words.items() if word in own or not letters.isdisjoint(word))


@lru_cache(maxsize=1024)
def _letters(tongue: Tongue, rival: Tongue | None) -> frozenset[str]:
    mine = frozenset(tongue.words.letters)
    return mine - frozenset(rival.words.letters) if rival else mine


@lru_cache(maxsize=1024)
def _own(tongue: Tongue, rival: Tongue | None) -> frozenset[str]:
    mine = frozenset(word.lower() for word in tongue.words.common)
    return mine - frozenset(word.lower() for word in rival.words.common) if rival else mine
