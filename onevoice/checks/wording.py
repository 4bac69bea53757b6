"""Wording of one text: its hazard and level by the language's own terms, and in that language (C09, C26)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from onevoice.alert import Kind
from onevoice.checks import numbers
from onevoice.checks.case import Case
from onevoice.checks.plain import plain
from onevoice.checks.reading import tongues
from onevoice.checks.reading.words import Tongue, tongue
from onevoice.checks.rules import finding
from onevoice.checks.terms import glossary
from onevoice.letters import SIGNS
from onevoice.lexicon import SLOT
from onevoice.library import Library
from onevoice.people import Means
from onevoice.variant import Finding

_LEVEL = {Kind.WATCH: "watch", Kind.WARNING: "warning"}
_OTHER = {"watch": "warning", "warning": "watch"}
_RATIO = {"zh": (0.2, 1.5), "ja": (0.2, 1.5), "ko": (0.25, 1.5)}
_SIGN = re.compile(f"[{SIGNS}]")
_USUAL = (0.5, 2.5)
"""How long a text may be beside its English sentences."""
_LONG = 150
"""Letters of English from which on the length of a translation says something: times and names are in it too."""
_FEWEST = 40
"""Letters below which nothing can be said of a language."""


def check(case: Case) -> Iterator[Finding]:
    """For each language of the text."""
    for language in case.languages:
        if case.kind in _LEVEL:
            yield from _level(case, language, _LEVEL[Kind(case.kind)])
    if len(case.languages) == 1 and readable(case.library, case.languages[0]):
        yield from _language(case, case.languages[0])


@lru_cache(maxsize=256)
def readable(library: Library, language: str) -> bool:
    """True where the language has words to be read by."""
    return (library.root / "locales" / language / "reading.yaml").is_file()


# --- the level


def _level(case: Case, language: str, level: str) -> Iterator[Finding]:
    """A title that calls the other level's name and not its own would make people wait, or run."""
    terms = _levels(case.library.root, language)
    opening = "\n".join("\n".join(text.split("\n")[:_HEAD]) for text in case.texts.values())
    if level not in terms or _OTHER[level] not in terms:
        return
    other = terms[_OTHER[level]].search(opening)
    if other and not terms[level].search(opening):
        message = f"{language}: a {level} is called “{other[0]}”."
        yield finding("C09", message, remedy=f"Use the glossary's word: locales/{language}/glossary.yaml.")


_HEAD = 4


@lru_cache(maxsize=64)
def _levels(root: Path, language: str) -> dict[str, re.Pattern[str]]:
    terms = glossary(root, language).terms
    return {name: re.compile(re.escape(terms[name].term), re.IGNORECASE) for name in _OTHER if name in terms}


# --- the language


def _language(case: Case, language: str) -> Iterator[Finding]:
    words = _without_facts(case, language)
    letters, source = _letters(words), _source_length(case)
    if letters < _FEWEST:
        return
    here, others = _tongues(case.library, language)
    found = tongues.other_language(words, here, others)
    if found:
        message = f"This should be {language}, and reads as {'no language that is known' if found == '?' else found}."
        yield finding("C26", message, remedy="Look at the translation, and at which file it came from.")
    ratio = letters / max(1, source)
    low, high = _RATIO.get(language.split("-", maxsplit=1)[0], _USUAL)
    if language != "en" and not low <= ratio <= high and source >= _LONG:
        message = f"The {language} text is {ratio:.1f} times as long as its English: something is lost or added."
        yield finding("C26", message, remedy="Compare the translation with its English sentences.")


def in_their_languages(blocks: Mapping[str, str], library: Library) -> Iterator[Finding]:
    """Each block of a document (language → its words) is in the language that it says (C14)."""
    for language, words in blocks.items():
        if not readable(library, language) or _letters(words) < _FEWEST:
            continue
        here, others = _tongues(library, language)
        if found := tongues.other_language(plain(words), here, others):
            reads = "no language that is known" if found == "?" else found
            yield finding("C14", f"The block that says {language} reads as {reads}.")


def _without_facts(case: Case, language: str) -> str:
    text = case.texts[next(iter(case.whole), next(iter(case.texts)))]
    if case.variant.means is Means.PACK:  # each of its parts says what the others do not
        text = "\n".join(case.texts.values())
    text = numbers.blank(text, [(link.start, link.end) for link in numbers.urls(text)])
    names = [*case.names(language).values(), *case.place_names(language), *case.service_names]
    return numbers.blank_words(text, names)


def _source_length(case: Case) -> int:
    return sum(_letters_of_source(case.library.lexicon.sources[key]) for key in case.variant.said)


@lru_cache(maxsize=8192)
def _letters_of_source(sentence: str) -> int:
    return _letters(SLOT.sub("", sentence))


def _letters(text: str) -> int:
    return sum(map(str.isalpha, text)) + len(_SIGN.findall(text))


@lru_cache(maxsize=64)
def _tongues(library: Library, language: str) -> tuple[Tongue, tuple[Tongue, ...]]:
    known = [tag for tag in library.languages if readable(library, tag)]
    found = {tag: tongue(library.root, library.voice(tag).language) for tag in known}
    return found[language], tuple(found.values())
