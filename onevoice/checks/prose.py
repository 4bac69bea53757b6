"""Prose: what must not stand in an approved sentence, whatever the alert."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from onevoice.checks import numbers
from onevoice.checks.rules import finding
from onevoice.checks.status import NO_DRILL
from onevoice.lexicon import SLOT, Lexicon
from onevoice.variant import Finding

_FORBIDDEN = re.compile(r"[\u202a-\u202e\ue000-\uf8ff\U000f0000-\U0010ffff]")
_CAPITALS = re.compile(r"\b[A-Z]{2,}(?:[ \-][A-Z]{2,})*\b")
_LONGEST_RUN, _MOST_RUNS = 3, 2
_NAME = re.compile(r"\b[A-Z]+\d+\b")
"""A thing's name that ends in digits, such as N95: no number that anybody counts."""
_ACRONYM = re.compile(r"\b(?:[A-Z]\.){2,}|\b(?:EOC|FEMA|NWS|WEA|EAS|CPR|ETA|ASAP|POC|AFN)\b")


class _Lint(NamedTuple):
    rule: str
    pattern: re.Pattern[str]
    what: str


def _words(words: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{words})\b", re.IGNORECASE)


_ENGLISH = (
    _Lint("L02", _words("(?:your|this) area"), "names no place"),
    _Lint("L03", _words("soon|tonight|shortly|momentarily|until further notice"), "is no clock time"),
    _Lint("L09", _words("may want to|might want to|should consider|consider (?:leaving|moving|going)"), "softens it"),
    _Lint("L10", _words("(?:don['’]?t|do not) (?:panic|worry)|no need to worry"), "calms people down"),
    _Lint("L11", _words("ignored (?:our|the) warnings?|your (?:own )?fault|careless people"), "blames somebody"),
    _Lint("L12", NO_DRILL, "is never said"),
)
_TITLES = ("frame.mark.", "frame.page.", "frame.heading.")


def check(lexicon: Lexicon) -> Iterator[Finding]:
    """Every English sentence of the library."""
    for key, text in lexicon.sources.items():
        where = f"{lexicon.origins[key]} {key}"
        yield from literals(text, where)
        yield from (f for f in _english(key, text, where))


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


def _english(key: str, text: str, where: str) -> Iterator[Finding]:
    for lint in _ENGLISH:
        match = lint.pattern.search(text)
        if match and not (lint.rule == "L02" and "{places}" in text):
            yield finding(lint.rule, f"“{match[0]}” {lint.what}.", part=where)
    if not key.startswith(_TITLES):
        yield from _capitals(text, where)


def _capitals(text: str, where: str) -> Iterator[Finding]:
    runs = _CAPITALS.findall(SLOT.sub(" ", text))
    if acronym := _ACRONYM.search(text):
        yield finding("L06", f"Not everybody knows “{acronym[0]}”.", part=where)
    if len(runs) > _MOST_RUNS or any(len(run.split()) > _LONGEST_RUN for run in runs):
        yield finding("L05", f"Too many capitals: {', '.join(runs)}.", part=where)
