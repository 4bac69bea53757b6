"""Syllables of a word, counted in each language by what is right there; a language that is not here has no count.

English has the pronouncing dictionary, French hyphenation (both through textstat). Elsewhere hyphenation points are no
syllables (Spanish aviso has three and would count two, German aber two and would count one), so spelling decides:
in Russian and Polish vowel letters alone, in German and Dutch groups of vowels that are one sound, in Spanish and
Portuguese the rules of which vowels that meet make one syllable.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache, partial
from itertools import pairwise
from typing import Any

from onevoice.errors import OutOfReach


@lru_cache(maxsize=50_000)
def syllables(word: str, language: str) -> int:
    """Syllables of a lower-case word, at least one.

    Raises:
        KeyError: nothing is known about the language.
        OutOfReach: the English dictionary is not prepared.
    """
    return max(1, COUNTERS[language](word))


def _textstat(language: str, word: str) -> int:
    try:
        return int(_counter(language).syllable_count(word))
    except LookupError:
        raise OutOfReach(
            "The English dictionary is not prepared.", remedy="Call prepare_dictionary(home) first."
        ) from None


@lru_cache(maxsize=8)
def _counter(language: str) -> Any:
    """A counter of its own for each language: the shared one keeps its language as global state."""
    from textstat import textstat  # noqa: PLC0415 - takes a second; only readability needs it

    counter = type(textstat)()
    counter.set_lang(language)
    return counter


# --- languages in which letters alone decide


def _russian(word: str) -> int:
    return len(re.findall("[аеёиоуыэюя]", word))


def _polish(word: str) -> int:
    """An i before another vowel only softens: niebo has two; au and eu are one in words from abroad, and rare."""
    return len(re.findall("[aąeęoóuy]|i(?![aąeęoóuy])", word))


_GERMAN = re.compile("[aeou]u|äu|ei|ai|ie|ey|ay|aa|ee|oo|[aeiouäöüéy]")
_DUTCH = re.compile("aai|ooi|oei|ieu|eeu|aa|ee|oo|uu|ie|oe|eu|ui|ei|ij|au|ou|[aeiouyéèëïöü]")


def _groups(sounds: re.Pattern[str], word: str) -> int:
    """Vowels that are one sound, the longest first; a u after q is none."""
    return len(sounds.findall(word.replace("qu", "q")))


# --- Spanish and Portuguese: which vowels that meet make one syllable


_STRONG = "aeoáéó"
_HIATUS = "íú"
_VOWELS = _STRONG + _HIATUS + "iuü"


def _spanish(word: str) -> int:
    """One for each vowel group, one more for each break inside it."""
    word = re.sub(r"qu(?=[eiéí])", "q", word)
    word = re.sub(r"gu(?=[eiéí])", "g", word)
    word = re.sub(r"y(?=$|[^aeiouáéíóú])", "i", word)
    groups = re.findall(f"[{_VOWELS}]+", word)
    return sum(1 + sum(_breaks(a, b) for a, b in pairwise(g)) for g in groups)


def _breaks(first: str, second: str) -> bool:
    """True where two vowels that meet belong to two syllables."""
    both_strong = first in _STRONG and second in _STRONG
    stressed_weak = (first in _HIATUS and second in _STRONG) or (first in _STRONG and second in _HIATUS)
    return both_strong or stressed_weak


_PORTUGUESE = re.compile(
    "[ãõ][eo]|[aeoáéóâêô][iu](?!nh|[lmnrz](?![aeiouáéíóúâêôãõ]))|iu|ui(?!nh|[mrz]$)|[aeiouáéíóúâêôãõàü]"
)
_ACCENT = re.compile("[áéíóúâêô]")


def _portuguese(word: str) -> int:
    """Falling pairs and nasal ones are one syllable (mãe, noite); i or u before a vowel is one of its own (di-a).

    After a written accent that pair at the end is one too: água, história.
    """
    word = re.sub(r"(?<=[qg])u(?=[aeiouáéíóâêôã])", "", word)
    ending = re.search("[iu][aeo]s?$", word)
    falls = ending and _ACCENT.search(word[: ending.start()])
    return len(_PORTUGUESE.findall(word)) - bool(falls)


COUNTERS: dict[str, Callable[[str], int]] = {
    "en": partial(_textstat, "en"),
    "fr": partial(_textstat, "fr"),
    "es": _spanish,
    "pt": _portuguese,
    "de": partial(_groups, _GERMAN),
    "nl": partial(_groups, _DUTCH),
    "ru": _russian,
    "pl": _polish,
}
"""Language → how many syllables a lower-case word has in it."""
