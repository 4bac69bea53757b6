"""Speech: one language saying whole sentences, with the facts in their slots and each piece marked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from onevoice.alert import Status
from onevoice.compose.slots import Telling
from onevoice.lexicon import SLOT, slots
from onevoice.library import Library
from onevoice.template.marks import MARK
from onevoice.variant import Provenance

_STOP_TWICE = re.compile(rf"\.({MARK.pattern}*)\.(?!\.)")


@dataclass(frozen=True)
class Sayings:
    """What is said in one manner of telling: the filled slots, and each sentence once it was said."""

    slots: Mapping[str, str]
    said: dict[str, str] = field(default_factory=dict)


class Speech:
    """Says sentences by their id. A sentence whose fact is not there is not said at all.

    `sayings` are those of the telling's manner, if somebody told in it before.
    """

    def __init__(self, library: Library, telling: Telling, sayings: Sayings | None = None) -> None:
        self.library = library
        self.telling = telling
        self.sayings = sayings or Sayings(telling.slots())
        self.slots = self.sayings.slots

    def __call__(self, name: str, **more: str) -> str:
        """The sentence `name` in the reader's tier, marked; empty where there is none or a fact for it is lacking."""
        if more:
            return self._say(name, {**self.slots, **more})
        said = self.sayings.said
        if name not in said:
            said[name] = self._say(name, self.slots)
        return said[name]

    def _say(self, name: str, values: Mapping[str, str]) -> str:
        key = self.library.lexicon.key(name, self.telling.asked.profile.tier)
        if key is None or not self._can_say(key, values):
            return ""
        text = self.library.sentence(self.telling.language, key).text
        # A slot that the source does not have stays as it is: the checks find it and hold the language back.
        filled = SLOT.sub(lambda found: values.get(found[1], found[0]), text)
        return self.telling.marks.around(f"say {key}", _STOP_TWICE.sub(r".\1", filled))

    def where_translated(self, name: str) -> str:
        """The sentence, if the language has it as it is today: one that helps, and that no text is held back for.

        In a real alert a machine draft is not said: the whole text would be held back for it.
        """
        key = self.library.lexicon.key(name, self.telling.asked.profile.tier)
        said = self.library.sentence(self.telling.language, key) if key else None
        if said is None or said.missing or said.stale:
            return ""
        drafted = said.provenance is Provenance.MACHINE_DRAFT and self.telling.alert.status is Status.ACTUAL
        return "" if drafted else self(name)

    def _can_say(self, key: str, values: Mapping[str, str]) -> bool:
        return all(values.get(slot) for slot in slots(self.library.lexicon.sources[key]))

    def has_slot(self, name: str, slot: str) -> bool:
        """True where the sentence names the fact itself."""
        key = self.library.lexicon.key(name, self.telling.asked.profile.tier)
        return key is not None and slot in slots(self.library.lexicon.sources[key])

    def fact(self, name: str, text: str) -> str:
        """A text that is a fact by itself, isolated and marked."""
        return self.telling.marked(name, text)

    def aside(self, text: str) -> str:
        """A value that is not the whole fact of today (what it was, or what is new in it): isolated, and no span."""
        return self.telling.voice.isolate(text) if text else ""
