"""What stands where in a finished text: the facts, sentences and services that its marks tell of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from onevoice.template.marks import Piece
from onevoice.variant import Span

_SPANNED = {"opening": "hazard", "opening_named": "hazard", "opening_of": "hazard", "impact": "impact"}


def _all(pieces: Mapping[str, Iterable[Piece]]) -> list[Piece]:
    return [piece for part in pieces.values() for piece in part]


def labelled(pieces: Mapping[str, Iterable[Piece]], what: str) -> tuple[str, ...]:
    """What the pieces with such a label name, in order and once."""
    prefix = f"{what} "
    return tuple(dict.fromkeys(p.label.removeprefix(prefix) for p in _all(pieces) if p.label.startswith(prefix)))


def spans(pieces: Mapping[str, Iterable[Piece]]) -> dict[str, tuple[Span, ...]]:
    """Fact → where it stands."""
    found: dict[str, list[Span]] = {}
    for part, inside in pieces.items():
        for piece in inside:
            if fact := _fact_of(piece.label):
                found.setdefault(fact, []).append(Span(part=part, start=piece.start, end=piece.end))
    return {fact: tuple(places) for fact, places in sorted(found.items())}


@lru_cache(maxsize=8192)
def _fact_of(label: str) -> str | None:
    """Which fact a piece tells: one of the FactSet by name, or hazard, impact, actions for whole sentences."""
    what, _, name = label.partition(" ")
    if what == "fact":
        return name
    if name.startswith("action."):
        return "actions"
    words = name.split(".")
    return next((_SPANNED[word] for word in words[3:4] if word in _SPANNED), None) if words[0] == "hazard" else None
