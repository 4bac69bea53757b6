"""Catalogues: for each string id the sentence in one language, with who stands behind it and whether it still holds.

A sentence without a translation is never silently replaced: `Said.missing` says so, and the checks hold the text back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from sys import intern

import polib

from onevoice.errors import Unusable
from onevoice.localize import stamp
from onevoice.localize.kept import kept
from onevoice.localize.language import ENGLISH, catalogue_file, folder
from onevoice.variant import Provenance


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence in a language.

    Where `missing`, `text` is the English source, so that facts still stand in a text which the checks hold back.
    `stale`: the English sentence has changed since this was translated.
    """

    text: str
    provenance: Provenance
    stale: bool = False
    missing: bool = False
    people: frozenset[str] = frozenset()
    """Who stands behind these very words, as `stamp.person` spells them."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One translation as the catalogue holds it."""

    source: str
    text: str
    provenance: Provenance
    fuzzy: bool
    people: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Catalogue:
    """All sentences of one language. English has no entries: it is its own source."""

    language: str
    entries: Mapping[str, Entry]
    hash: str

    def say(self, name: str, source: str) -> Said:
        """The sentence with the string id `name`, whose English is `source` today."""
        if self.language == ENGLISH:
            return Said(source, Provenance.SOURCE)
        entry = self.entries.get(name)
        if entry is None or not entry.text:
            return Said(source, Provenance.MACHINE_DRAFT, missing=True)
        stale = entry.fuzzy or entry.source != source
        return Said(entry.text, entry.provenance, stale=stale, people=entry.people)


def catalogue(root: Path, language: str) -> Catalogue:
    """A language's catalogue, read again only where a file has changed.

    Raises:
        Unusable: the catalogue cannot be read; names the file.
    """
    paths = [folder(root, language) / "language.yaml"]
    if language != ENGLISH:
        paths.append(catalogue_file(root, language))
    return _catalogue(language, tuple((str(path), _version(path)) for path in paths))


def _version(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=64)
def _catalogue(language: str, files: tuple[tuple[str, tuple[int, int]], ...]) -> Catalogue:
    content = [Path(name).read_bytes() if any(version) else b"" for name, version in files]
    digest = f"sha256:{hashlib.sha256(bytes(1).join(content)).hexdigest()}"
    if language == ENGLISH or not content[-1]:
        return Catalogue(language, {}, digest)
    return Catalogue(language, _entries(Path(files[-1][0]), content[-1]), digest)


_READERS = (__file__, stamp.__file__, polib.__file__)
Row = tuple[str, str, str, bool, list[str]]
"""An entry as plain values."""


def _entries(file: Path, content: bytes) -> dict[str, Entry]:
    def rows() -> dict[str, Row]:
        return {entry.msgctxt: _row(entry) for entry in read_po(file) if entry.msgctxt and not entry.obsolete}

    levels = {str(level): level for level in Provenance}
    return {
        intern(name): Entry(intern(source), text, levels[level], fuzzy, _people(tuple(people)))
        for name, (source, text, level, fuzzy, people) in kept(file, content, _code(), rows).items()
    }


@cache
def _people(names: tuple[str, ...]) -> frozenset[str]:
    """One set for all sentences behind which the same people stand; names and English stand once for all languages."""
    return frozenset(names)


@cache
def _code() -> str:
    """Who reads: another stamp, another reader, and what was kept of a catalogue counts for nothing."""
    return hashlib.sha256(b"".join(Path(name).read_bytes() for name in _READERS)).hexdigest()


def _row(entry: polib.POEntry) -> Row:
    told = stamp.read(entry.tcomment)
    holds = told.holds(entry.msgid, entry.msgstr)
    level = told.level if holds else Provenance.MACHINE_DRAFT
    return entry.msgid, entry.msgstr.strip(), str(level), entry.fuzzy, sorted(told.people()) if holds else []


def read_po(path: Path) -> polib.POFile:
    """A catalogue file as polib sees it.

    Raises:
        Unusable: names file and line.
    """
    try:
        return polib.pofile(str(path), encoding="utf-8", wrapwidth=0)
    except (OSError, UnicodeDecodeError) as problem:
        what = str(problem).replace(str(path.parent) + "/", "")
        raise Unusable(f"This catalogue cannot be read: {what}.", where=f"locales/{path.parts[-3]}") from None
