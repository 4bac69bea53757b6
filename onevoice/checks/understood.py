"""What a second person understood of a translation without having seen the English, slot by slot (C27).

`locales/<language>/understood.yaml` holds, by string id, the English that this person wrote down, who it was, and the
digest of the translation that was read. It is compared by its facts, not by its wording: the same slots, the same
numbers, and a "do not" that is still one. An edit of the translation makes exactly its own entry old; an edit of the
English leaves what was understood to be compared with the new sentence.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from pathlib import Path

from onevoice.checks.reading.words import Tongue, tongue
from onevoice.checks.rules import finding
from onevoice.lexicon import SLOT, Lexicon, slots
from onevoice.lexicon.files import checked, plain_values
from onevoice.localize import ENGLISH, Catalogue, language, stamp
from onevoice.people import Frozen
from onevoice.variant import Finding, Severity

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_REMEDY = "Have the translation looked at by both: one of them reads it otherwise than it is meant."


class Understood(Frozen):
    """`english`: what the person wrote down, with slots in braces; `of`: digest of the translation that was read."""

    english: str
    by: str
    when: date
    of: str


class _File(Frozen):
    sentences: dict[str, Understood] = {}


def understood(root: Path, tag: str) -> dict[str, Understood]:
    """String id → what was understood; none where nobody has read anything back.

    Raises:
        Unusable: the file is wrong; names file and key.
    """
    path = root / "locales" / tag / "understood.yaml"
    return _read(f"locales/{tag}/understood.yaml", path.read_bytes()) if path.is_file() else {}


@lru_cache(maxsize=64)
def _read(file: str, content: bytes) -> dict[str, Understood]:
    return checked(_File, {"sentences": plain_values(file, content)}, file).sentences


def check(root: Path, catalogue: Catalogue, lexicon: Lexicon) -> Iterator[Finding]:
    """Each sentence that was read back, against the English of today. `part` says which."""
    for key, told in understood(root, catalogue.language).items():
        where = f"locales/{catalogue.language} {key}"
        if key not in lexicon.sources:
            yield finding("C27", "There is no such sentence any more.", part=where, severity=Severity.NOTE)
            continue
        said = catalogue.say(key, lexicon.sources[key])
        if stamp.person(told.by) in said.people:
            yield finding("C27", "Who stands behind the translation read it back.", part=where, severity=Severity.WARN)
        if told.of != stamp.digest(said.text):
            message = "The translation has been edited since it was read back."
            yield finding("C27", message, part=where, severity=Severity.WARN)
            continue
        for lost in _otherwise(lexicon.sources[key], told.english, _english(root)):
            yield finding("C27", f"{lost} It was understood as: “{told.english}”", remedy=_REMEDY, part=where)


def _english(root: Path) -> Tongue | None:
    """How English forbids; None where the library has not said it."""
    known = (root / "locales" / ENGLISH / "reading.yaml").is_file()
    return tongue(root, language(root, ENGLISH)) if known else None


def _otherwise(source: str, english: str, read: Tongue | None) -> Iterator[str]:
    """Each fact that came back another one."""
    meant, came = Counter(slots(source)), Counter(slots(english))
    for slot in (meant - came).keys() | (came - meant).keys():
        yield f"The slot {{{slot}}} {'is lost' if meant[slot] > came[slot] else 'is new'}."
    numbers = [sorted(_NUMBER.findall(SLOT.sub(" ", text))) for text in (source, english)]
    if numbers[0] != numbers[1]:
        yield f"The numbers are {', '.join(numbers[1]) or 'gone'} instead of {', '.join(numbers[0]) or 'none'}."
    if read and _forbids(source, read) != _forbids(english, read):
        yield "It was understood as bidding what it forbids, or the other way round."


def _forbids(text: str, read: Tongue) -> bool:
    return bool(read.any(read.words.negations).search(read.fold(SLOT.sub(" ", text))))
