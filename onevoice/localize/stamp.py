"""Who stands behind a translation: a stamp in the translator's comment of its entry, which Poedit and Weblate keep.

    # provenance: approved
    # translated: Ana Ruiz on 2026-11-22
    # approved: Lena Park on 2026-11-23
    # bound: 5fd924625f6a 9c56cc51b374

`bound` holds digests of the English sentence and of the translation that these people saw. Where either has been
edited since, nobody stands behind the words: they count as a machine draft, and only that entry does.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

from onevoice.variant import Provenance

What = Literal["drafted", "translated", "brought", "reviewed", "approved"]
_LEVEL = re.compile(r"^\s*provenance:\s*(\S+)\s*$", re.MULTILINE)
_STEP = re.compile(
    r"^\s*(drafted|translated|brought|reviewed|approved):\s*(\S.*?) on (\d{4}-\d\d-\d\d)\s*$", re.MULTILINE
)
_BOUND = re.compile(r"^\s*bound:\s*([0-9a-f]{12}) ([0-9a-f]{12})\s*$", re.MULTILINE)
_OURS = re.compile(r"^\s*(?:provenance|drafted|translated|brought|reviewed|approved|bound):.*$\n?", re.MULTILINE)
_KNOWN = {str(p): p for p in Provenance if p is not Provenance.SOURCE}
_TWO = 2


class Step(NamedTuple):
    """What somebody (or, for `drafted`, an engine) did with the words; `brought`: put another's into the file."""

    what: str
    by: str
    on: str


@dataclass(frozen=True)
class Stamp:
    """What a comment says. `bound`: digests of English and translation; None where there are none."""

    level: Provenance = Provenance.MACHINE_DRAFT
    steps: tuple[Step, ...] = ()
    bound: tuple[str, str] | None = None

    def people(self) -> dict[str, Step]:
        """Person (spelled in one way) → the last thing they did; engines are nobody."""
        return {person(step.by): step for step in self.steps if step.what != "drafted"}

    def holds(self, source: str, text: str) -> bool:
        """True where the words are still those that were signed for, and the level is what these steps earn."""
        return self.bound == (digest(source), digest(text)) and self._earned()

    def _earned(self) -> bool:
        done = {step.what for step in self.steps}
        if self.level is Provenance.APPROVED:
            return "approved" in done and len(self.people()) >= _TWO
        if self.level is Provenance.MACHINE_DRAFT:
            return True
        return str(self.level) in done

    def __str__(self) -> str:
        steps = [f"{step.what}: {step.by} on {step.on}" for step in self.steps]
        bound = [f"bound: {' '.join(self.bound)}"] if self.bound else []
        return "\n".join([f"provenance: {self.level}", *steps, *bound])


def person(name: str) -> str:
    """A name, for comparing: nobody is two people by typing theirs in another way."""
    return " ".join(name.split()).casefold()


def digest(text: str) -> str:
    """Twelve hex digits of a sentence. They find edits; what proves who approved is the audit chain."""
    return hashlib.sha256(text.strip().encode()).hexdigest()[:12]


def read(comment: str) -> Stamp:
    """The stamp in a comment; what is not understood counts as the least trusted."""
    level = _LEVEL.search(comment)
    bound = _BOUND.search(comment)
    return Stamp(
        level=_KNOWN.get(level[1], Provenance.MACHINE_DRAFT) if level else Provenance.MACHINE_DRAFT,
        steps=tuple(Step(*found.groups()) for found in _STEP.finditer(comment)),
        bound=(bound[1], bound[2]) if bound else None,
    )


def write(comment: str, stamp: Stamp) -> str:
    """The comment with this stamp in place of any other; what translators noted stays."""
    notes = _OURS.sub("", comment).strip("\n")
    return "\n".join(filter(None, (notes, str(stamp))))


def signed(before: Stamp, what: What, by: str, on: date, words: tuple[str, str], by_way_of: str = "") -> Stamp:
    """The stamp after one more step. `words`: English and translation.

    Steps that were taken on other words are gone. Whoever reviews a machine draft is the first person behind it;
    the second makes it approved. `by_way_of`: who put somebody else's words into the file; they have a part in them.
    """
    kept = before.steps if what in ("reviewed", "approved") and before.holds(*words) else ()
    level = Provenance.MACHINE_DRAFT if what == "drafted" else Provenance(what)
    brought = (Step("brought", by_way_of, on.isoformat()),) if by_way_of and person(by_way_of) != person(by) else ()
    return Stamp(level, (*kept, Step(what, by, on.isoformat()), *brought), (digest(words[0]), digest(words[1])))
