"""Rules for a catalogue: sentence by sentence against its English source and its language's description."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from babel import Locale
from babel.core import get_global

from onevoice.checks import prose
from onevoice.checks.reading.words import ending
from onevoice.checks.rules import finding
from onevoice.letters import START
from onevoice.lexicon import SLOT, Lexicon, slots
from onevoice.localize import Catalogue, Language
from onevoice.variant import Finding

_ALPHABETS = {
    "Arab": ("ARABIC",), "Armn": ("ARMENIAN",), "Beng": ("BENGALI",), "Cyrl": ("CYRILLIC",), "Deva": ("DEVANAGARI",),
    "Ethi": ("ETHIOPIC",), "Geor": ("GEORGIAN",), "Grek": ("GREEK",), "Gujr": ("GUJARATI",), "Guru": ("GURMUKHI",),
    "Hans": ("CJK",), "Hant": ("CJK",), "Hebr": ("HEBREW",), "Jpan": ("CJK", "HIRAGANA", "KATAKANA"),
    "Khmr": ("KHMER",), "Kore": ("HANGUL",), "Laoo": ("LAO",), "Latn": ("LATIN",), "Mymr": ("MYANMAR",),
    "Taml": ("TAMIL",), "Telu": ("TELUGU",), "Thai": ("THAI",),
}  # fmt: skip
"""Script → how Unicode names its letters."""
_OWN_SHARE = 0.5
_COPIED_WORDS = 3


def check(language: Language, catalogue: Catalogue, lexicon: Lexicon) -> Iterator[Finding]:
    """What is missing, stale, damaged, in the wrong script or in another form of address. `part` says where."""
    for key, source in lexicon.sources.items():
        said = catalogue.say(key, source)
        where = f"locales/{language.language} {key}"
        if said.missing:
            yield finding("P02", f"Not translated: “{source}”", part=where)
            continue
        if said.stale:
            remedy = "Translate it again, then clear fuzzy."
            yield finding("P03", f"The English is now: “{source}”", remedy=remedy, part=where)
        yield from sentence(language, source, said.text, where)


def sentence(language: Language, source: str, text: str, where: str) -> Iterator[Finding]:
    """What is damaged in a translation, in another script, a fact, or said to people in another form of address."""
    yield from _slots(text, source, where)
    yield from _script(text, source, language, where)
    yield from prose.literals(text, where)
    avoided = _avoided(language.avoid, language.language)
    if avoided and (word := avoided.search(text)):
        yield finding("P08", f"“{word[0]}” is not how the language addresses people ({language.address}).", part=where)


def _slots(text: str, source: str, where: str) -> Iterator[Finding]:
    here, there = Counter(slots(text)), Counter(slots(source))
    if lost := there - here:
        yield finding("P04", f"The slot {{{next(iter(lost))}}} is lost.", part=where)
    if unknown := here - there:
        yield finding("P04", f"The slot {{{next(iter(unknown))}}} is not in the English.", part=where)
    if re.search(r"[{}]", SLOT.sub("", text)):
        yield finding("P04", "A brace stands alone.", part=where)


def _script(text: str, source: str, language: Language, where: str) -> Iterator[Finding]:
    letters = [c for c in SLOT.sub("", text) if c.isalpha()]
    alphabet = _ALPHABETS.get(script(language))
    own = [c for c in letters if alphabet and unicodedata.name(c, "").startswith(alphabet)]
    if letters and alphabet and len(own) < _OWN_SHARE * len(letters):
        yield finding("P07", f"This is not written in {language.name}: “{text}”", part=where)
    elif text == source and len(SLOT.sub("", source).split()) >= _COPIED_WORDS:
        yield finding("P07", f"This is still English: “{text}”", part=where)


def script(language: Language) -> str:
    """The script that a language is written in, by CLDR."""
    locale = Locale.parse(language.babel)
    if locale.script:
        return locale.script
    likely = get_global("likely_subtags").get(locale.language, "")
    return next((part for part in likely.split("_") if part in _ALPHABETS), "Latn")


@lru_cache(maxsize=64)
def _avoided(avoid: tuple[str, ...], language: str) -> re.Pattern[str] | None:
    words = "|".join(re.escape(word) for word in sorted(avoid, key=len, reverse=True))
    return re.compile(rf"{START}(?:{words}){ending(language)}", re.IGNORECASE) if words else None
