"""A catalogue opened for writing: entries by id, and one whole file put in place of the other at the end."""

from __future__ import annotations

import os
from pathlib import Path

import polib

from onevoice import lexicon, localize
from onevoice.errors import Unusable
from onevoice.localize.catalogue import read_po
from onevoice.localize.language import catalogue_file

_WIDTH = 120


class Book:
    """One language's catalogue. Nothing is written before `save`."""

    def __init__(self, root: Path, language: str) -> None:
        """Open it.

        Raises:
            Unusable: no such language, or a file cannot be read.
        """
        if language == localize.ENGLISH or language not in localize.languages(root):
            others = ", ".join(tag for tag in localize.languages(root) if tag != localize.ENGLISH)
            raise Unusable(f"{language!r} has no catalogue.", where="--language", remedy=f"There are: {others}.")
        self.language = language
        self.file = catalogue_file(root, language)
        self.sources = lexicon.load(root).sources
        self.po = read_po(self.file)
        self.po.wrapwidth = _WIDTH
        self.entries = {entry.msgctxt: entry for entry in self.po if entry.msgctxt and not entry.obsolete}

    def entry(self, key: str) -> polib.POEntry:
        """The entry with a string id, of today's English.

        Raises:
            Unusable: there is no such string, or the file has not caught up with the English.
        """
        entry = self.entries.get(key)
        if key not in self.sources:
            raise Unusable(f"There is no string {key!r}.", remedy="`onevoice locales show` names them.")
        if entry is None or entry.msgid != self.sources[key]:
            what = f"{key} in the catalogue is not yet the English of today."
            raise Unusable(what, where=f"locales/{self.language}", remedy=f"onevoice locales update {self.language}")
        return entry

    def save(self) -> None:
        """Write it whole; a crash leaves the old file."""
        half = self.file.with_name(f"{self.file.name}.{os.getpid()}")
        half.write_text(f"{self.po}\n", encoding="utf-8")
        half.replace(self.file)
