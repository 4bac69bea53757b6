"""What a short reply means: stop, start, help, a cry for help, or something that a person must read.

The words are data (`keywords` in locales/<language>/language.yaml). Comparison looks through case, full-width
letters, punctuation, emoji and accents; where accents make other words (Vietnamese), wrong ones do not match.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

Keywords = Mapping[str, Mapping[str, Sequence[str]]]
"""language → stop, start, help, distress → words or phrases"""


class Meaning(StrEnum):
    """What a reply means."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    DISTRESS = "distress"
    MAYBE_STOP = "maybe-stop"
    OTHER = "other"
    UNREADABLE = "unreadable"


CARRIERS: Mapping[str, Sequence[str]] = {
    "stop": ("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"),
    "start": ("start", "unstop"),
    "help": ("help", "info"),
}
"""Words that mobile carriers act on by themselves, in every language. We must never be deaf to them."""

_TONAL = frozenset({"vi"})
_APOSTROPHES = str.maketrans(dict.fromkeys("'’ʼ`", ""))
"""As people type them; in Ukrainian the apostrophe is a letter of its own (ʼ), and keyboards have any of these."""
_PLAIN = str.maketrans({"đ": "d", "ø": "o", "ł": "l", "ı": "i", "ـ": ""})
_SPACELESS = re.compile("[\u0e00-\u0eff\u1780-\u17ff\u1000-\u109f\u3040-\u30ff\u3400-\u9fff]")
_VOWELS = frozenset(map(chr, range(0x93E, 0x950)))
"""Signs of Devanagari that are no accents: without them "after" (बाद) would be "stop" (बंद)."""
_STEMS = re.compile("[\u0590-\u08ff\uac00-\ud7a3]")
"""Arabic and Hebrew write "and", "the", "for" onto the word, Korean an ending: there a keyword may stand in another."""


@dataclass(frozen=True, slots=True)
class Understood:
    """What a reply means. `language`: the only one in which it does, else None. `urgent`: a person looks at once."""

    meaning: Meaning
    language: str | None = None
    urgent: bool = False


def understand(text: str, keywords: Keywords) -> Understood:
    """Stop, start and help count only as the whole reply; distress counts anywhere in it, and before all else."""
    marked = folded(text, marks=True)
    plain = folded(text)
    if not plain:
        return Understood(Meaning.UNREADABLE)
    for kind in (Meaning.STOP, Meaning.START, Meaning.HELP):
        if languages := {lang for lang, word in _words(keywords, kind) if _same(marked, plain, word, lang)}:
            return Understood(kind, _only(languages))
    if languages := {lang for lang, word in _words(keywords, Meaning.DISTRESS) if _within(plain, folded(word))}:
        return Understood(Meaning.DISTRESS, _only(languages), urgent=True)
    if languages := {lang for lang, word in _words(keywords, Meaning.STOP) if _within(plain, folded(word))}:
        return Understood(Meaning.MAYBE_STOP, _only(languages))
    return Understood(Meaning.OTHER)


def folded(text: str, *, marks: bool = False) -> str:
    """Letters and digits alone, in one case and one width, a single space between words; accents only with `marks`."""
    text = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold()).translate(_APOSTROPHES)
    kept = "".join(_kept(char, marks=marks) for char in text)
    words = unicodedata.normalize("NFC", kept).translate(_PLAIN if not marks else {}).split()
    return words[0] if len(set(words)) == 1 else " ".join(words)


def _kept(char: str, *, marks: bool) -> str:
    category = unicodedata.category(char)
    if category == "Cf":
        return ""
    if category[0] == "M":
        return char if marks or char in _VOWELS else ""
    return char if category[0] in "LN" else " "


def _words(keywords: Keywords, kind: Meaning) -> Iterator[tuple[str, str]]:
    yield from (("", word) for word in CARRIERS.get(kind, ()))
    for language, kinds in keywords.items():
        yield from ((language, str(word)) for word in kinds.get(kind, ()))


def _same(marked: str, plain: str, word: str, language: str) -> bool:
    if plain != folded(word):
        return False
    return language not in _TONAL or marked in (folded(word, marks=True), plain)


def _within(text: str, word: str) -> bool:
    if _SPACELESS.search(word) or _STEMS.search(word):
        return word in text
    return f" {word} " in f" {text} "


def _only(languages: set[str]) -> str | None:
    """The language, where there is just one and the carriers' words do not belong to all."""
    return None if len(languages) > 1 or "" in languages else next(iter(languages))
