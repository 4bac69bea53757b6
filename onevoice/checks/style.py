"""Style: words and phrases that no message says, by each language's own list (`locales/<language>/style.yaml`).

The same lists are held against every sentence of the library and against each finished text, where a person's note
stands beside it. Sources: the Warning Response Model and its lexicon (be specific, certain, clear), CERC (no empty
reassurance, no blame), psychological first aid (nothing that hurts people in distress).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from onevoice.checks.case import Case
from onevoice.checks.plain import plain
from onevoice.checks.rules import finding
from onevoice.checks.terms import bounded
from onevoice.checks.vocabulary import PLAIN
from onevoice.facts import LocalNote
from onevoice.lexicon import SLOT
from onevoice.lexicon.files import checked, plain_values
from onevoice.library import Library
from onevoice.people import Frozen, Tier
from onevoice.variant import Finding

Words = tuple[str, ...]


class Style(Frozen):
    """The lists of one language; what each is for stands in the file."""

    vague_place: Words = ()
    vague_time: Words = ()
    hedges: Words = ()
    reassurance: Words = ()
    blame: Words = ()
    no_drill: Words = ()
    acronyms: Words = ()
    status_speak: Words = ()
    harmful: Words = ()
    per_cent: Words = ()


class Lint(NamedTuple):
    """A rule, the list whose words break it, and what is wrong with them."""

    rule: str
    words: str
    what: str


_ALWAYS = (
    Lint("L02", "vague_place", "names no place"),
    Lint("L03", "vague_time", "is no clock time"),
    Lint("L06", "acronyms", "is an abbreviation that not everybody knows"),
    Lint("L09", "hedges", "softens it"),
    Lint("L10", "reassurance", "calms people down"),
    Lint("L11", "blame", "blames somebody"),
    Lint("L12", "no_drill", "is never said"),
    Lint("L19", "harmful", "can hurt people in distress"),
)
_DOTTED = re.compile(r"\b(?:[A-Z]\.){2,}")
_RATIO = re.compile(r"[%٪‰％]|\b(?!24/7\b)\d+\s?/\s?\d+\b|\b\d+(?:[.,]\d+)?[eE][+-]?\d+\b|\b1 in \d+\b")


def style(root: Path, language: str) -> Style:
    """The lists of a language; none where it has none yet.

    Raises:
        Unusable: the file is wrong; names file and key.
    """
    path = root / "locales" / language / "style.yaml"
    return _style(f"locales/{language}/style.yaml", path.read_bytes()) if path.is_file() else Style()


@lru_cache(maxsize=256)
def style_in(library: Library, language: str) -> Style:
    """As `style`, as it was when the library was opened and first asked for it."""
    return style(library.root, language)


@lru_cache(maxsize=64)
def _style(file: str, content: bytes) -> Style:
    return checked(Style, plain_values(file, content), file)


@lru_cache(maxsize=512)
def _pattern(words: Words, language: str, rule: str) -> re.Pattern[str] | None:
    """Abbreviations in capitals alone: ETA is one, and "eta" a word somewhere."""
    if not words:
        return None
    return re.compile(bounded(words, language).pattern) if rule == "L06" else bounded(words, language)


# --- one sentence, or a whole text


def lints(
    text: str, language: str, lists: Style, tier: Tier | None = None, *, placed: bool = False
) -> Iterator[Finding]:
    """What stands in a plain text that no message says; `placed`: it names a place, so "your area" may stand too."""
    for rule, words, what in _ALWAYS:
        pattern = _pattern(getattr(lists, words), language, rule)
        match = pattern.search(text) if pattern else None
        if match and not (rule == "L02" and placed):
            yield finding(rule, f"“{match[0]}” {what}.")
    if dotted := _DOTTED.search(text):
        yield finding("L06", f"“{dotted[0]}” is an abbreviation that not everybody knows.")
    if tier in PLAIN:
        yield from _sums(text, language, lists)


def _sums(text: str, language: str, lists: Style) -> Iterator[Finding]:
    """A part of a hundred, a ratio or a fraction asks the reader to work something out."""
    spelled = _pattern(lists.per_cent, language, "L15")
    if match := _RATIO.search(text) or (spelled.search(text) if spelled else None):
        yield finding("L15", f"“{match[0]}” asks people to work something out.")


def sentence(text: str, language: str, root: Path, where: str, tier: Tier | None = None) -> Iterator[Finding]:
    """A sentence of the library."""
    placed = "{places}" in text
    for found in lints(plain(SLOT.sub(" ", text)), language, style(root, language), tier, placed=placed):
        yield found.model_copy(update={"part": where})


def check(case: Case) -> Iterator[Finding]:
    """What a person wrote into this alert; the library's sentences are looked at by day, once."""
    note = case.fact("note")
    if not isinstance(note, LocalNote):
        return
    for language in case.languages:
        said = plain(note.texts.get(language, ""))
        placed = any(name in said for name in case.place_names(language))
        yield from lints(said, language, style_in(case.library, language), case.tier, placed=placed)
