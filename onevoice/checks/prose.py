"""Prose: what must not stand in an approved sentence, whatever the alert."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from onevoice.checks import glossary_rules, numbers, style
from onevoice.checks.rules import finding
from onevoice.lexicon import SLOT
from onevoice.library import Library
from onevoice.localize import ENGLISH
from onevoice.people import Tier
from onevoice.variant import Finding

_FORBIDDEN = re.compile(r"[\u202a-\u202e\ue000-\uf8ff\U000f0000-\U0010ffff]")
_WORD = re.compile(r"[^\W\d_]+|[^\w\s\-]")
_LONGEST_RUN, _LONGEST_ELSEWHERE, _MOST_RUNS = 3, 9, 2
_NAME = re.compile(r"(?<![A-Za-z])[A-Z]+\d+(?![A-Za-z\d])")  # Chinese has no word boundary beside it
"""A thing's name that ends in digits, such as N95: no number that anybody counts."""
_NAME_OF_HAZARD = re.compile(r"hazard\.\w+\.name")
"""What our own lists call a hazard; it may give two names ("Hurricane or cyclone")."""
_TITLES = ("frame.mark.", "frame.page.", "frame.heading.")


def check(content: Library) -> Iterator[Finding]:
    """Every sentence of the library, in each language."""
    for language in content.languages:
        for key in content.lexicon.sources:
            yield from sentence(content, language, key)


def sentence(content: Library, language: str, key: str) -> Iterator[Finding]:
    """One sentence: by the lists of its language; the English with what must not be written into it, and its terms."""
    said = content.sentence(language, key)
    where = f"{content.lexicon.origins[key]} {key}" if language == ENGLISH else f"locales/{language} {key}"
    if said.missing:
        return
    if language == ENGLISH:
        yield from literals(said.text, where)
        yield from _terms(content, key, said.text, where)
    yield from style.sentence(said.text, language, content.root, where, _tier(key))
    yield from _capitals(key, said.text, language, where)


def _terms(content: Library, key: str, text: str, where: str) -> Iterator[Finding]:
    """English keeps to its glossary too; translations do in `locales check`. Responders may hear the technical word."""
    if _tier(key) is not Tier.T4 and not _NAME_OF_HAZARD.fullmatch(key):
        yield from glossary_rules.sentence(content.root, ENGLISH, text, where)


def _tier(key: str) -> Tier | None:
    """The level that a string is for; without one of its own it is for all, the plainest too."""
    last = key.rpartition(".")[2]
    return Tier(last) if last in set(Tier) else Tier.T1


def literals(text: str, where: str) -> Iterator[Finding]:
    """Times, numbers, links and forbidden characters in a sentence of any language."""
    prose = SLOT.sub(" ", text)
    if _FORBIDDEN.search(prose):
        yield finding("L23", "A direction override or a private character.", part=where)
    facts = [*(u.text for u in numbers.urls(prose)), *(p.text for p in numbers.phones(prose))]
    facts += [m[0] for m in numbers.LOOSE_TIME.finditer(prose)]
    for literal in facts:
        yield finding(
            "L20",
            f"“{literal}” is written into a sentence.",
            remedy="Use a slot; the alert brings the fact.",
            part=where,
        )
    if not facts:
        digits = (n.text for n in numbers.left_over(_NAME.sub(" ", prose)))
        yield from (finding("L21", f"The number {d} is written in digits.", part=where) for d in digits)


def _capitals(key: str, text: str, language: str, where: str) -> Iterator[Finding]:
    """Hazard and main step, each in a few words; more words where a language takes more for the same."""
    if key.startswith(_TITLES):
        return
    runs = list(_runs(SLOT.sub(" ", text)))
    longest = _LONGEST_RUN if language == ENGLISH else _LONGEST_ELSEWHERE
    if len(runs) > _MOST_RUNS or any(len(run) > longest for run in runs):
        listed = ", ".join(" ".join(run) for run in runs)
        yield finding("L05", f"Too many capitals: {listed}.", part=where)


def _runs(text: str) -> Iterator[list[str]]:
    """Words in capitals that stand together; a letter alone is none, but between two of them it is one of theirs."""
    for line in text.split("\n"):
        words = _WORD.findall(line)
        loud = [len(word) > 1 and word.isupper() for word in words]
        for place in range(1, len(words) - 1):
            loud[place] |= words[place].isupper() and loud[place - 1] and loud[place + 1]
        for shouts, run in itertools.groupby(zip(loud, words, strict=True), key=lambda pair: pair[0]):
            if shouts:
                yield [word for _, word in run]
