"""Belonging: nobody is left alone with a message. Read from the English sentences of each hazard and kind.

A message outside imminent danger connects people; afterwards it also calms, helps to help oneself, and gives hope
(Hobfoll and others 2007, Psychiatry 70(4):283); and what a person cannot do brings another way (CMIST).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Literal

from onevoice.alert import Kind
from onevoice.checks.rules import finding
from onevoice.lexicon import OUTSIDE, Hazard, HazardKind, Lexicon
from onevoice.lexicon.files import checked, parse_yaml
from onevoice.library import Library
from onevoice.people import Frozen, Need, Tier
from onevoice.variant import Finding

FILE = Path("templates") / "belonging.yaml"
FEWEST = 3
"""Elements that a message afterwards has at least."""
_AFTERWARDS = frozenset([Kind.RECOVERY, Kind.SUPPORT])
URGENT = frozenset([Kind.WARNING, Kind.UPDATE])
"""Kinds that leave no time for it while the danger is there."""
SILENT = frozenset([OUTSIDE, Kind.CORRECTION, Kind.EXERCISE])
"""Kinds that only set something right, or say that nothing need be done."""
_NEED = {"walk": Need.MOBILITY, "drive": Need.MOBILITY, "hear": Need.HEARING, "see": Need.SIGHT, "read": Need.SIGHT}
"""What an action requires → the need of those who lack it, where they can tell us of it."""
_PARTS = ("opening", "impact", "detail", "why")

Element = Literal["safety", "calming", "efficacy", "connectedness", "hope"]


class Belonging(Frozen):
    """Words, in small letters, by which a sentence is known. `connects`: that it connects people."""

    connects: tuple[str, ...]
    elements: Mapping[Element, tuple[str, ...]]


def check(library: Library) -> Iterator[Finding]:
    """Every hazard and kind, at both plain levels; a library without the file of words has nothing to be read by."""
    lexicon = library.lexicon
    for hazard in lexicon.hazards.values():
        for name, kind in hazard.kinds.items():
            yield from _able(lexicon, hazard, name, kind)
    if (library.root / FILE).is_file():
        known = words(library.root)
        for hazard in lexicon.hazards.values():
            for name, kind in hazard.kinds.items():
                for tier in (Tier.T1, Tier.T2):
                    yield from _belongs(lexicon, hazard, name, kind, tier, known)


def words(root: Path) -> Belonging:
    """The words.

    Raises:
        Unusable: the file cannot be read, or has another key.
    """
    return _words((root / FILE).read_bytes())


@lru_cache(maxsize=4)
def _words(content: bytes) -> Belonging:
    return checked(Belonging, parse_yaml(FILE.as_posix(), content), FILE.as_posix())


# --- people


def _belongs(
    lexicon: Lexicon, hazard: Hazard, name: str, kind: HazardKind, tier: Tier, known: Belonging
) -> Iterator[Finding]:
    said, where = _said(lexicon, hazard, name, kind, tier), f"{hazard.hazard} {name} {tier}"
    imminent = name in URGENT and kind.urgency == "Immediate"
    if name not in SILENT and not imminent and not _holds(said, known.connects):
        yield finding("S01", f"{where}: no line connects people.", part=where)
    if name in _AFTERWARDS:
        there = [element for element, signs in known.elements.items() if _holds(said, signs)]
        if len(there) < FEWEST or "connectedness" not in there:
            lacking = ", ".join(element for element in known.elements if element not in there)
            yield finding("S02", f"{where}: it has {', '.join(there) or 'none'}; {lacking} lack.", part=where)


def _said(lexicon: Lexicon, hazard: Hazard, name: str, kind: HazardKind, tier: Tier) -> str:
    """All that an email of this kind says, in small letters."""
    names = [f"hazard.{hazard.hazard}.{name}.{part}" for part in _PARTS]
    names += [f"action.{action}" for action in kind.actions]
    keys = (lexicon.key(one, tier) for one in names)
    return "\n".join(lexicon.sources[key] for key in keys if key).lower()


def _holds(said: str, signs: tuple[str, ...]) -> bool:
    return any(sign in said for sign in signs)


# --- another way


def _able(lexicon: Lexicon, hazard: Hazard, name: str, kind: HazardKind) -> Iterator[Finding]:
    for action in kind.actions:
        for lacking in lexicon.actions[action].requires:
            if not _another_way(lexicon, hazard, action, lacking):
                where = f"{hazard.hazard} {name}"
                message = f"{where}: who cannot {_VERBS.get(lacking, lacking)} is told “{action}”, and no other way."
                yield finding("S03", message, part=where)


_VERBS = {"power": "use power", "phone": "use a phone"}


def _another_way(lexicon: Lexicon, hazard: Hazard, action: str, lacking: str) -> bool:
    """Another action that they can do, the hazard's line for their need, or the sentence for everybody without it."""
    if any(lacking not in lexicon.actions[other].requires for other in lexicon.instead(action)):
        return True
    need = _NEED.get(lacking)
    return need in hazard.access if need else lexicon.key(f"frame.without.{lacking}", Tier.T2) is not None
