"""The composed part of the library check: hazard by hazard and language by language, each looked at once.

What was found in a piece is kept under the hash of all that it depends on: its sentences and theirs who stand behind
them, the frames, templates and language files, and the code itself. So after an edited sentence only the pieces that
can say it are composed again, and nothing is believed of words that have changed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError

from onevoice import whole
from onevoice.checks import changed, facts, length, shape, signposts, status, strangers, translation, wording
from onevoice.checks.case import Case
from onevoice.checks.depends import depends
from onevoice.checks.rules import finding
from onevoice.checks.samples import Sample, samples
from onevoice.errors import NotAllRight
from onevoice.library import ComposingLibrary, Library, Tells
from onevoice.people import Means, Messenger, Profile
from onevoice.variant import Finding, Severity

_FAMILIES = (facts, strangers, status, length, translation, changed, wording, shape, signposts)
_NIGHTLY = frozenset(["N03", "P01", "P05", "P06"])
"""Rules about one night's text; on a quiet day they would drown the others."""
FOLDER = "checked"
"""Below the deployment's folder: one file for each piece, named by its hash."""
_FEW = 16
"""Pieces up to which it is faster to look at them here than to start other processes."""


class Piece(NamedTuple):
    """One hazard in one language."""

    hazard: str
    language: str


class Found(NamedTuple):
    """A finding, and the text in which it shows."""

    where: str
    finding: Finding


_KEPT = TypeAdapter(tuple[Found, ...])


def composed(
    content: ComposingLibrary, authority: Messenger, home: Path, *, processes: int | None = None
) -> Iterator[Finding]:
    """Each finding once in each language, with the first text in which it shows and how many there are.

    `processes`: how many look at pieces at the same time; as many as there are processors where none is given.
    """
    seen: dict[tuple[str, str, str], tuple[Finding, str, int]] = {}
    for piece, found in _pieces(content, authority, home / FOLDER, processes or os.cpu_count() or 1):
        for where, one in found:
            key = (piece.language, one.rule, one.message)
            first, place, times = seen.get(key, (one, where, 0))
            seen[key] = (first, place, times + 1)
    for one, where, times in seen.values():
        more = f" (and in {times - 1} more)" if times > 1 else ""
        yield one.model_copy(update={"part": f"{where}{more}", "span": None})


def begun(content: Library, language: str) -> frozenset[str]:
    """The hazards of which a language says anything; from then on a sentence that it lacks is a fault."""
    keys = (key for key in content.lexicon.sources if key.startswith("hazard."))
    return frozenset(key.split(".")[1] for key in keys if not content.sentence(language, key).missing)


# --- pieces, kept by what they depend on


def _pieces(
    content: ComposingLibrary, authority: Messenger, folder: Path, processes: int
) -> Iterator[tuple[Piece, tuple[Found, ...]]]:
    said = {language: begun(content, language) for language in content.languages}
    pieces = [Piece(hazard, tag) for hazard in content.lexicon.hazards for tag in said if hazard in said[tag]]
    files = {piece: folder / f"{depends(content, authority, *piece)}.json" for piece in pieces}
    known = {piece: kept for piece, file in files.items() if (kept := _read(file)) is not None}
    new = [piece for piece in pieces if piece not in known]
    folder.mkdir(parents=True, exist_ok=True)
    for piece, found in zip(new, _looked_at(content, authority, new, processes), strict=True):
        whole.write(files[piece], _KEPT.dump_json(found))
        known[piece] = found
    for file in set(folder.glob("*.json")) - set(files.values()):
        file.unlink(missing_ok=True)
    yield from ((piece, known[piece]) for piece in pieces)


def _read(file: Path) -> tuple[Found, ...] | None:
    try:
        return _KEPT.validate_json(file.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def _looked_at(
    content: ComposingLibrary, authority: Messenger, pieces: Sequence[Piece], processes: int
) -> Iterator[tuple[Found, ...]]:
    if processes == 1 or len(pieces) <= _FEW:
        yield from (examine(content, authority, piece) for piece in pieces)
        return
    start = type(content), content.root, authority
    with ProcessPoolExecutor(processes, get_context("spawn"), initializer=_begin, initargs=start) as pool:
        yield from pool.map(_examine_here, pieces, chunksize=4)


_here: list[tuple[ComposingLibrary, Messenger]] = []
"""In a process of its own: the library that it opened once, and in whose name the samples speak."""


def _begin(kind: type[ComposingLibrary], root: Path, authority: Messenger) -> None:
    _here.append((kind(root), authority))


def _examine_here(piece: Piece) -> tuple[Found, ...]:
    return examine(*_here[0], piece)


# --- one piece


def examine(content: ComposingLibrary, authority: Messenger, piece: Piece) -> tuple[Found, ...]:
    """Every kind, means and tier of a hazard in a language, with sample facts."""
    return tuple(
        found
        for sample in samples(content.lexicon, piece.hazard)
        for found in _texts(content, authority, sample, piece.language)
    )


def _texts(content: ComposingLibrary, authority: Messenger, sample: Sample, language: str) -> Iterator[Found]:
    tells = content.telling(sample.alert, authority)
    for means, tier in sample.forms:
        yield from _text(content, authority, sample, tells, sample.reader(language, tier), means)


def _text(
    content: ComposingLibrary, authority: Messenger, sample: Sample, tells: Tells, profile: Profile, means: Means
) -> Iterator[Found]:
    reader = f"{profile.tier} {profile.languages[0]}"
    where = f"{sample.alert.hazard} {sample.kind} {means} {reader}, {sample.label}"
    try:
        variant = tells.to(profile, means, sample.group)
    except NotAllRight as too_long:  # the marks of an exercise leave the shortest form little room: then it is not made
        severity = Severity.NOTE if means is Means.WIRELESS_90 else Severity.BLOCK
        yield Found(where, finding("N05", too_long.what, severity=severity))
        return
    case = Case(variant, sample.alert, content, authority)
    for family in _FAMILIES:
        yield from (Found(where, found) for found in family.check(case) if found.rule not in _NIGHTLY)
