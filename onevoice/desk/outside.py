"""Who is told that an update no longer covers their place, and which places those are."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from onevoice.lexicon import OUTSIDE

if TYPE_CHECKING:
    from onevoice.desk.prepare import Prepared


@dataclass(frozen=True)
class Outside:
    """So many contacts, and the English names of the places that older versions had and this one has not."""

    people: int
    places: tuple[str, ...]

    def sentence(self) -> str:
        """For preview and approval page; empty where nothing is dropped and nobody stands outside."""
        where = " and ".join(filter(None, [", ".join(self.places[:-1]), *self.places[-1:]]))
        if not self.people:
            return f"This version drops {where}; nobody is told so, because nobody there gets a text." if where else ""
        who = "1 person" if self.people == 1 else f"{self.people:,} people"
        verb, them = ("is", "this person") if self.people == 1 else ("are", "them")
        stand = f"in {where}" if where else "outside the new area"
        return f"{who} {stand} {verb} told that this warning no longer covers {them}."

    def to_json(self) -> dict[str, Any]:
        """As `alert preview --json` and a release's summary have it."""
        return asdict(self) | {"places": list(self.places)}


def outside(prepared: Prepared) -> Outside:
    """Whom this version puts outside."""
    people = sum(prepared.people_of(text) for text in prepared.variants if text.group == OUTSIDE)
    places = prepared.alert.gone if people else prepared.alert.dropped
    return Outside(people, tuple(place.name("en") for place in places))
