"""What each kind of a hazard must say, whatever the alert: looked at by day, sentence by sentence of the lexicon.

Sources: the Warning Response Model (a warning says what can happen; a hazard is named, "evacuation" is none), Covello's
27 words, 9 seconds and 3 messages, and the finding that people believe an all-clear that speaks of the danger, not of
the alert.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

from onevoice.alert import Kind
from onevoice.checks import style
from onevoice.checks.chain import OPEN
from onevoice.checks.composed import begun
from onevoice.checks.plain import plain
from onevoice.checks.reading.words import Tongue, tongue
from onevoice.checks.rules import finding
from onevoice.checks.samples import TIERS
from onevoice.checks.shape import MOST_STEPS
from onevoice.checks.terms import bounded
from onevoice.checks.vocabulary import PLAIN
from onevoice.letters import LETTER
from onevoice.lexicon import SLOT, HazardKind
from onevoice.library import Library
from onevoice.localize import ENGLISH
from onevoice.variant import Finding, Severity

_WORD = re.compile(rf"{LETTER}+(?:['’]{LETTER}+)?")
_MOST_WORDS, _FIRST_STEPS = 27, 3
_ACUTE = (Kind.WATCH, Kind.WARNING)
_STEM = 4


def check(content: Library) -> Iterator[Finding]:
    """Findings about the kinds of each hazard; `part` says which string, or which kind."""
    for hazard, entry in content.lexicon.hazards.items():
        for kind, said in entry.kinds.items():
            where = f"templates/hazards/{hazard}.yaml kinds.{kind}"
            yield from _whole(content, hazard, kind, said, where)
            yield from _brief(content, hazard, kind, said, where)
    for language in content.languages:
        for hazard in sorted(begun(content, language)):
            yield from _named(content, language, hazard)
            yield from _over(content, language, hazard)


# --- English alone decides: other languages say the same kinds


def _whole(content: Library, hazard: str, kind: str, said: HazardKind, where: str) -> Iterator[Finding]:
    if kind in (Kind.WATCH, Kind.WARNING) and not said.impact:
        yield finding("L01", "It has no impact sentence.", part=where, severity=Severity.BLOCK)
    if kind == Kind.WARNING and not said.why:
        yield finding("L16", "It has no sentence that says how and why.", part=where)
    if kind == Kind.ALL_CLEAR and not _ends(content, hazard, said):
        message = "None of its steps says what people may do now."
        yield finding("L18", message, part=where, severity=Severity.BLOCK)
    most = MOST_STEPS.get(kind, _FIRST_STEPS)
    if len(said.actions) > most:
        yield finding("L08", f"{len(said.actions)} steps; people keep {most} in mind in this kind.", part=where)


def _ends(content: Library, hazard: str, said: HazardKind) -> bool:
    """True where a step says what people may do now, or no warning of this hazard asks for anything that goes on."""
    caps, warning = content.lexicon.actions, content.lexicon.hazards[hazard].kinds.get(Kind.WARNING)
    goes_on = any(caps[name].cap in OPEN for name in warning.actions) if warning else False
    return not goes_on or any(caps[name].cap == "AllClear" for name in said.actions)


def _brief(content: Library, hazard: str, kind: str, said: HazardKind, where: str) -> Iterator[Finding]:
    """The opening and the first three steps, at the plain levels, in English: nine seconds are words of a language."""
    if kind not in (Kind.WARNING, Kind.UPDATE):
        return
    for tier in sorted(PLAIN):
        names = [f"hazard.{hazard}.{kind}.opening", *(f"action.{name}" for name in said.actions[:_FIRST_STEPS])]
        keys = [key for name in names if (key := content.lexicon.key(name, tier))]
        words = sum(len(_WORD.findall(SLOT.sub("", content.sentence(ENGLISH, key).text))) for key in keys)
        if words > _MOST_WORDS:
            message = f"Hazard and first steps take {words} words at {tier}; {_MOST_WORDS} are remembered."
            yield finding("L17", message, part=where)


# --- in every language


def _named(content: Library, language: str, hazard: str) -> Iterator[Finding]:
    """The first sentence names the danger, in a word of its name or in one by which the language knows it."""
    spoken = content.voice(language).language
    if not (content.root / "locales" / language / "reading.yaml").is_file():
        return
    read = tongue(content.root, spoken)
    entry = content.lexicon.hazards[hazard]
    openings = ("opening", *(f"opening_of.{form}" for form in entry.forms))
    for kind, opening in product((kind for kind in _ACUTE if kind in entry.kinds), openings):
        for tier in TIERS:
            key = content.lexicon.key(f"hazard.{hazard}.{kind}.{opening}", tier)
            said = content.sentence(language, key) if key else None
            if said and not said.missing and not _names(read, said.text, content, hazard):
                yield finding("L04", f"“{said.text}” does not name the danger.", part=f"{language} {key}")


def _names(read: Tongue, text: str, content: Library, hazard: str) -> bool:
    folded = read.fold(plain(SLOT.sub(" ", text)))
    if read.any(read.words.hazards.get(hazard, ())).search(folded):
        return True
    name = read.fold(plain(content.sentence(read.language, f"hazard.{hazard}.name").text))
    if not read.spaced:
        return any(name[i : i + 2] in folded for i in range(len(name) - 1))
    return any(word[:_STEM] in folded for word in _WORD.findall(name) if len(word) >= _STEM)


def _over(content: Library, language: str, hazard: str) -> Iterator[Finding]:
    """An all-clear speaks of the danger, not of the alert; who is only put outside is not told that it is over."""
    words = style.style(content.root, language).status_speak
    if not words or Kind.ALL_CLEAR not in content.lexicon.hazards[hazard].kinds:
        return
    pattern = bounded(words, language)
    prefix = f"hazard.{hazard}.{Kind.ALL_CLEAR}."
    for key in (key for key in content.lexicon.sources if key.startswith(prefix)):
        if found := pattern.search(content.sentence(language, key).text):
            message = f"“{found[0]}” speaks of the alert: say that the danger is over."
            yield finding("L18", message, part=f"{language} {key}")
