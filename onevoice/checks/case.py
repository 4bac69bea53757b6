"""One text under examination: the variant, the alert it should tell, and what its readers must find in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from onevoice.alert import Alert, Kind
from onevoice.checks.plain import plain
from onevoice.facts import (
    ActionIds,
    Disease,
    EmergencyNumber,
    Fact,
    Instant,
    LocalNote,
    Phone,
    Place,
    Places,
    ProperName,
    Shelter,
    Url,
)
from onevoice.lexicon import OUTSIDE, slots
from onevoice.library import Library
from onevoice.localize import ENGLISH, Said
from onevoice.people import Means, Messenger, Need, Tier
from onevoice.services import Service, Services
from onevoice.variant import Variant

WHOLE: Mapping[Means, tuple[str, ...]] = {
    **dict.fromkeys(Means, ("text",)),
    Means.EMAIL: ("text", "html"),
    Means.PRINT: ("text", "html"),
    Means.PACK: ("text", "questions"),
}
"""Parts that must carry the whole message; the others must only not contradict it."""
_NO_LINK = frozenset([(Means.WIRELESS_90, "text"), (Means.VOICE, "text"), (Means.PACK, "text")])
"""Where no link stands: there is no room for one, or nobody could hear it."""
UNTIMED = frozenset([OUTSIDE, Kind.ALL_CLEAR, Kind.RECOVERY, Kind.SUPPORT, Kind.CHECK_IN])
"""Kinds that set no last moment."""
FREE_WORDS = frozenset(["truth", "rumor", "description"])
"""Slots of words that somebody wrote and checked, language by language. A language without them is sent to the page."""
_CANNOT = {Need.MOBILITY: {"walk", "drive"}, Need.HEARING: {"hear"}, Need.SIGHT: {"see", "read"}}
_ACTIONS_LEFT = {"second action": 1, "third action": 2}


@dataclass(frozen=True)
class Case:
    """A variant with everything that it is compared with."""

    variant: Variant
    alert: Alert
    library: Library
    authority: Messenger

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages of the text."""
        return self.variant.profile.languages

    @property
    def tier(self) -> Tier:
        """The reading level."""
        return self.variant.profile.tier

    @property
    def kind(self) -> str:
        """The kind whose sentences the text must use."""
        return OUTSIDE if self.variant.group == OUTSIDE else str(self.alert.kind)

    @cached_property
    def texts(self) -> dict[str, str]:
        """Part → its plain words."""
        return {part: plain(text, html=part == "html") for part, text in self.variant.parts.items()}

    @property
    def whole(self) -> tuple[str, ...]:
        """The parts that carry the whole message."""
        return tuple(part for part in WHOLE[self.variant.means] if part in self.texts)

    def has_link(self, part: str) -> bool:
        """True for a part that must lead to the page."""
        return (self.variant.means, part) not in _NO_LINK

    # --- sentences

    def key(self, name: str) -> str | None:
        """The string id of a sentence in the text's tier."""
        return self.library.lexicon.key(name, self.tier)

    def said(self, language: str, key: str) -> Said:
        """A sentence as the language has it."""
        return self.library.sentence(language, key)

    def damaged(self, language: str, key: str) -> bool:
        """True where a translation has other slots than its source: P04 holds the language back for that."""
        return not _same_slots(self.said(language, key).text, self.library.lexicon.sources[key])

    @cached_property
    def claimed(self) -> dict[str, tuple[tuple[str, str], ...]]:
        """Language → key and sentence of what the text claims to hold; `facts` fills it."""
        return {}

    # --- values

    def fact(self, name: str) -> Fact | None:
        """A fact of this version."""
        return self.alert.factset.get(name)

    def opening(self) -> str:
        """Name of the sentence that must name the hazard, and the disease or the form where the alert does."""
        return self.library.lexicon.opening(self.alert.hazard, self.kind, self.alert.factset)

    @cached_property
    def actions(self) -> tuple[str, ...]:
        """The actions that this reader must be told, in order, less what the text says was left out."""
        told = self.fact("actions")
        ids = told.ids if isinstance(told, ActionIds) else self.alert.actions
        if self.kind == OUTSIDE:
            ids = self.library.lexicon.hazards[self.alert.hazard].kinds[OUTSIDE].actions
        able = tuple(dict.fromkeys(self._able(action) for action in ids))
        keep = min((n for cut, n in _ACTIONS_LEFT.items() if cut in self.variant.left_out), default=len(able))
        return able[:keep]

    def _able(self, action: str) -> str:
        entry = self.library.lexicon.actions[action]
        cannot = set().union(*(_CANNOT[need] for need in self.variant.profile.needs))
        return self._able(entry.instead) if entry.instead and cannot.intersection(entry.requires) else action

    def places(self) -> tuple[Place, ...]:
        """The places that the text is about."""
        here = _places(self.fact("places"))
        if self.kind != OUTSIDE:
            return here
        ids = {place.id for place in here}
        return tuple(place for place in (*self.places_before(), *self.alert.left_before) if place.id not in ids)

    def places_before(self) -> tuple[Place, ...]:
        """The places of the version before."""
        return _places(self.alert.previous.get("places")) if self.alert.previous else ()

    def place_names(self, language: str) -> tuple[str, ...]:
        """What the text must call them: each by name, or the area's approved name where the list was left out."""
        fact = self.fact("places")
        if "list of places" in self.variant.left_out and isinstance(fact, Places):
            return (plain(fact.area_name.get(language) or fact.area_name.get(ENGLISH, "")),)
        return tuple(plain(place.name(language)) for place in self.places())

    @cached_property
    def instants(self) -> dict[str, Instant]:
        """Fact → moment, for all moments that the text may tell."""
        found = {name: fact for name, fact in self.alert.factset.facts.items() if isinstance(fact, Instant)}
        zone = next((found[name].zone for name in sorted(found)), "UTC")
        given = {name: getattr(self.alert, name) for name in ("act_by", "expires", "next_update")}
        given["issued"] = self.alert.sent
        found |= {n: Instant(at=at, zone=zone) for n, at in given.items() if at and n not in found}
        shelter = self.fact("shelter")
        if isinstance(shelter, Shelter) and shelter.opens:
            found["shelter_opens"] = shelter.opens
        return found

    @cached_property
    def zones(self) -> list[str]:
        """The time zones in which the alert tells its times."""
        return sorted({instant.zone for instant in self.instants.values()})

    @cached_property
    def phones(self) -> dict[str, str]:
        """Slot → number: E.164, or the short code to call in danger."""
        own = {"emergency_number" if p == "emergency" else f"{p}_phone": n for p, n in self.authority.phones.items()}
        own |= {name: fact.e164 for name, fact in self.alert.factset.facts.items() if isinstance(fact, Phone)}
        facts = self.alert.factset.facts.items()
        return own | {name: fact.number for name, fact in facts if isinstance(fact, EmergencyNumber)}

    @cached_property
    def services(self) -> tuple[Service, ...]:
        """The services that the text may lead to."""
        fact = self.fact("services")
        return fact.entries if isinstance(fact, Services) else ()

    @cached_property
    def service_names(self) -> tuple[str, ...]:
        """Names and addresses of services, which are in no language and may hold numbers of their own."""
        return tuple(plain(words) for entry in self.services for words in (entry.name, entry.address) if words)

    @cached_property
    def service_numbers(self) -> frozenset[str]:
        """Numbers of services."""
        return frozenset(line.number for entry in self.services for line in entry.lines)

    def url(self) -> str:
        """The alert's link."""
        fact = self.fact("url")
        return fact.url if isinstance(fact, Url) else self.alert.page_url

    @cached_property
    def _named(self) -> dict[str, dict[str, str]]:
        return {}

    def names(self, language: str) -> dict[str, str]:
        """Slot → proper name; every sentence asks for them."""
        if language not in self._named:
            self._named[language] = self._names(language)
        return self._named[language]

    def _names(self, language: str) -> dict[str, str]:
        facts = {"road": "road_closed", "stop": "bus_from", "point": "water_point", "product": "product"}
        facts |= {"leader": "fasting_advice", "animal_place": "animal_place"}
        found = {slot: fact.name(language) for slot, n in facts.items() if isinstance(fact := self.fact(n), ProperName)}
        for name in FREE_WORDS:
            if isinstance(fact := self.fact(name), LocalNote) and language in fact.texts:
                found[name] = fact.texts[language]
        shelter = self.fact("shelter")
        if isinstance(shelter, Shelter):
            found["shelter_name"] = shelter.name.get(language) or shelter.name[ENGLISH]
            found["shelter_address"] = shelter.address
        short = self.authority.short if self.variant.means is Means.WIRELESS_90 else {}
        found["source"] = short.get(language) or self.authority.name(language)
        disease = self.fact("disease")
        if isinstance(disease, Disease):
            found["disease"] = self.said(language, f"disease.{disease.id}").text
        return {slot: plain(name) for slot, name in found.items()}

    def older(self) -> Iterator[Fact]:
        """Facts of the version before, which an update or a correction may name once more."""
        if self.alert.previous and self.alert.kind in (Kind.UPDATE, Kind.CORRECTION):
            yield from self.alert.previous.facts.values()


@lru_cache(maxsize=16_384)
def _same_slots(text: str, source: str) -> bool:
    return Counter(slots(text)) == Counter(slots(source))


def _places(fact: Fact | None) -> tuple[Place, ...]:
    return fact.places if isinstance(fact, Places) else ()
