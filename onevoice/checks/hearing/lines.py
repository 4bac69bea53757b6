"""Lines: a text that claims to be one of ours is made of approved sentences alone. Others are free."""

from __future__ import annotations

import re
from functools import lru_cache

from onevoice.checks import sentences
from onevoice.checks.counting import split
from onevoice.checks.hearing.question import Heard, Question, wrong
from onevoice.checks.plain import plain
from onevoice.checks.reading import links
from onevoice.facts import LocalNote
from onevoice.lexicon import SLOT
from onevoice.library import Library

_NUMBERING = re.compile(r"^\s*(?:\d{1,2}[.)]|[-*•▲■●])\s*")
_FEWEST = 3
"""Letters from which on a remainder is a sentence."""


def hear(question: Question, heard: Heard) -> None:
    """Every line is approved, or stands in what we would send."""
    if not question.strict:
        return
    known = {_bare(line) for line in plain(question.reference).split("\n")}
    ours = _ours(question.library, question.language, question.alert.hazard)
    for line in question.source.split("\n"):
        for said in _strangers(_bare(line), known, ours, question):
            message = f"“{said}” is none of the approved sentences of this alert."
            wrong(heard, "sentence", said, "", "C02", message)


def _strangers(line: str, known: set[str], ours: tuple[str, ...], question: Question) -> list[str]:
    if line in known or _is_name(line, question) or _approved(line, ours):
        return []
    rest = [p for p in split(line) if not _approved(p, ours) and p not in known and not _is_name(p, question)]
    whole = " ".join(rest)
    if any(_approved(whole, (one,)) for one in ours if SLOT.search(one)):
        return []
    return [p for p in rest if sum(c.isalpha() for c in p) >= _FEWEST and not _is_link(p)]


def _bare(line: str) -> str:
    return _NUMBERING.sub("", line).strip()


def _is_link(line: str) -> bool:
    found = links.links(line)
    return bool(found) and not any(c.isalpha() for c in line.replace(found[0].text, ""))


def _is_name(line: str, question: Question) -> bool:
    note = question.alert.factset.get("note")
    notes = note.texts.values() if isinstance(note, LocalNote) else ()
    return line in {plain(name) for name in (*question.authority.names.values(), *notes)}


def _approved(line: str, ours: tuple[str, ...]) -> bool:
    return any(sentences.pattern(said, greedy=True).fullmatch(line) for said in ours if _may_begin(said, line))


def _may_begin(said: str, line: str) -> bool:
    """A quick look before the slow one: a sentence with a slot in front may begin with anything."""
    head = plain(said.split("{", 1)[0])
    return line[: len(head)].lower() == head.lower()


@lru_cache(maxsize=256)
def _ours(library: Library, language: str, hazard: str) -> tuple[str, ...]:
    """All that can be said about a hazard: whole strings, and each sentence of those that have several."""
    keys = [k for k in library.lexicon.sources if k.startswith((f"hazard.{hazard}.", "frame.", "action."))]
    said = [library.sentence(language, key).text for key in keys]
    pieces = [piece for text in said for piece in (text, *split(text))]
    return tuple(dict.fromkeys(p for p in pieces if sentences.has_words(p) and not p.startswith("{")))
