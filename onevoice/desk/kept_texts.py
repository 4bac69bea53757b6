"""Texts that a preview composed and checked, kept for the next preview and for the submit (decision 30).

What a text says and what is found in it follow from the alert, the words, who speaks, and the program: from nothing
else, also not from the clock. So texts are kept under all of these, sealed, in the deployment's folder. Where anything
is another, cannot be read or is not ours, it counts for nothing and the texts are made.
"""

from __future__ import annotations

import json
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from pydantic import TypeAdapter, ValidationError

from onevoice import edition
from onevoice.compose import Asked, DoesNotFit
from onevoice.errors import OneVoiceError
from onevoice.facts import content_hash
from onevoice.variant import Variant
from onevoice.whole import write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from onevoice.alert import Alert
    from onevoice.desk.wiring import Desk

FOLDER = "composed"
"""Below the deployment's folder: one file for each alert that was looked at last."""
MOST = 8
"""Alerts whose texts are kept; a file may have several megabytes."""


class Made(NamedTuple):
    """What became of one text: the text, or why it does not fit and what to do."""

    text: Variant | None
    problem: str = ""
    remedy: str = ""


_FILE = TypeAdapter(dict[str, Made])


class KeptTexts:
    """The texts of one version of an alert, as they were kept; `keep` adds what was made since."""

    def __init__(self, desk: Desk, alert: Alert) -> None:
        self._desk, self._alert = desk, alert
        self._new: dict[str, Made] = {}

    def text(self, asked: Asked, make: Callable[[Asked], Variant]) -> Variant:
        """The text with its findings, as it was kept or as it is made now.

        Raises:
            DoesNotFit: that is what became of it.
        """
        known = self._known.get(name(asked))
        if known and known.text:
            return known.text
        if known:
            raise DoesNotFit(known.problem, remedy=known.remedy)
        try:
            made = make(asked)
        except DoesNotFit as problem:
            self._new[name(asked)] = Made(None, problem.what, problem.remedy)
            raise
        self._new[name(asked)] = Made(made)
        return made

    def keep(self) -> None:
        """Keep what was made, if the words are still those that it was made from. Where that fails nothing is lost."""
        if not self._new or self._words is None or self._words != self._desk.content.edition():
            return
        with suppress(OSError, OneVoiceError):
            texts = _FILE.dump_json(self._known | self._new, exclude_defaults=True)
            write(self._file, self._desk.vault.seal_octets(texts, self._follow_from), mode=0o600)
            _only_the_last(self._file.parent)

    @cached_property
    def _words(self) -> str | None:
        return self._desk.content.edition()

    @cached_property
    def _follow_from(self) -> str:
        """All that the texts follow from, as one hash."""
        speakers = [self._desk.messengers[name].model_dump(mode="json") for name in sorted(self._desk.messengers)]
        return content_hash([self._words, edition.code(), self._alert.model_dump(mode="json"), speakers])

    @property
    def _file(self) -> Path:
        return self._desk.settings.home / FOLDER / self._follow_from.removeprefix("sha256:")

    @cached_property
    def _known(self) -> dict[str, Made]:
        if self._words is None:
            return {}
        try:
            return _FILE.validate_json(self._desk.vault.unseal_octets(self._file.read_bytes(), self._follow_from))
        except (OSError, OneVoiceError, ValidationError):
            return {}


def name(asked: Asked) -> str:
    """What tells one text of an alert from another, as text."""
    _, *rest = asked.key
    return json.dumps([asked.profile.key, *rest])


def _only_the_last(folder: Path) -> None:
    by_age = sorted(folder.iterdir(), key=lambda file: file.stat().st_mtime_ns, reverse=True)
    for file in by_age[MOST:]:
        file.unlink(missing_ok=True)
