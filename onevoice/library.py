"""The library of words: lexicon, catalogues, voices and templates of one content root, as they were when it was opened.

A library is a snapshot: whoever composes and whoever checks see the same words, even while somebody edits a file.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Protocol

from onevoice import edition, lexicon, localize
from onevoice.alert import Alert
from onevoice.people import Means, Messenger, Profile
from onevoice.template import Templates
from onevoice.variant import Variant


class Library:
    """Everything that people wrote, ready to be said."""

    def __init__(self, root: Path) -> None:
        """Open the library under `root`.

        Raises:
            Unusable: the lexicon is wrong; names file and key.
        """
        self.root = root
        self._noted = edition.note(root)
        self._edition = ""
        self.lexicon = lexicon.load(root)
        self.templates = Templates(root)
        self._catalogues: dict[str, localize.Catalogue] = {}
        self._voices: dict[str, localize.Voice] = {}
        self._said: dict[tuple[str, str], localize.Said] = {}

    def edition(self) -> str | None:
        """Which words these are; None where a file has been edited since, so that it is not sure which were read."""
        with suppress(OSError):
            self._edition = self._edition or edition.digest(self.root, self._noted)
            return self._edition if edition.note(self.root) == self._noted else None
        return None

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """The languages that have words, English first."""
        return localize.languages(self.root)

    def catalogue(self, language: str) -> localize.Catalogue:
        """The sentences of a language."""
        if language not in self._catalogues:
            self._catalogues[language] = localize.catalogue(self.root, language)
        return self._catalogues[language]

    def voice(self, language: str) -> localize.Voice:
        """How a language says times, lists and numbers."""
        if language not in self._voices:
            self._voices[language] = localize.voice(self.root, language)
        return self._voices[language]

    def sentence(self, language: str, key: str) -> localize.Said:
        """The sentence with a string id (of one tier), in a language."""
        if (language, key) not in self._said:
            self._said[language, key] = self.catalogue(language).say(key, self.lexicon.sources[key])
        return self._said[language, key]


class Tells(Protocol):
    """Tells one alert to one kind of reader after the other."""

    def to(self, profile: Profile, means: Means, group: str = "all") -> Variant:
        """The finished text for one kind of reader."""


class ComposingLibrary(Library, ABC):
    """A library that can also compose; the checks of the whole library need one, and know no more of composing."""

    @abstractmethod
    def telling(self, alert: Alert, authority: Messenger) -> Tells:
        """Who tells an alert in somebody's name."""
