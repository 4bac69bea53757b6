"""Which language a text is in: by its script, and by the small words that only this language has."""

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
    letters = [(_name(c), times) for c, times in Counter(text).items() if c.isalpha()]
    own = sum(times for name, times in letters if name.startswith(script(language)))
    return own / sum(times for _, times in letters) if letters else 1.0


@lru_cache(maxsize=4096)
def _name(letter: str) -> str:
    return unicodedata.name(letter, "")


def other_language(text: str, tongue: Tongue, others: Iterable[Tongue]) -> str | None:
    """The language that a text is in, where it is clearly not `tongue`'s; None where it is, or where it is not clear."""
    if in_script(text, tongue.language) < _OWN_SHARE:
        return _best(text, [o for o in others if in_script(text, o.language) >= _OWN_SHARE]) or "?"
    rivals = [o for o in others if o.language != tongue.language and script(o.language) == script(tongue.language)]
    if not rivals or not tongue.spaced:
        return None
    for rival in sorted(rivals, key=lambda o: -_small_words(text, o, [tongue])):
        theirs, own = _small_words(text, rival, [tongue]), _small_words(text, tongue, [rival])
        if theirs >= _FEWEST and theirs > own * _CLEAR:
            return rival.language
    return None


def _best(text: str, tongues: list[Tongue]) -> str | None:
    found = {o.language: _small_words(text, o, ()) for o in tongues}
    return max(found, key=found.__getitem__) if found else None


def _small_words(text: str, tongue: Tongue, rivals: Iterable[Tongue]) -> int:
    """How many of the small words in a text are this language's and no rival's."""
    own = _common(tongue) - frozenset().union(*(_common(rival) for rival in rivals)) if rivals else _common(tongue)
    if not tongue.spaced:
        return sum(text.count(word) for word in own)
    return sum(times for word, times in _words(text).items() if word in own)


@lru_cache(maxsize=4)
def _words(text: str) -> Counter[str]:
    """How often each word stands in a text; kept because one text is held against several languages in turn."""
    return Counter(word.lower().replace("’", "'") for word in _WORD.findall(text))


@lru_cache(maxsize=32)
def _common(tongue: Tongue) -> frozenset[str]:
    return frozenset(word.lower() for word in tongue.words.common)
