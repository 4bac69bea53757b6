"""What stands in the slots: each fact of an alert, as one language says it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from onevoice.alert import Alert
from onevoice.compose.asked import Asked
from onevoice.facts import (
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
from onevoice.lexicon import OUTSIDE
from onevoice.localize import ENGLISH, Voice
from onevoice.localize.voice import clean
from onevoice.people import SPOKEN, Means, Messenger, Need
from onevoice.template.marks import Marks

PHONES: Mapping[str, tuple[Literal["help", "text", "transport"], tuple[Literal["voice", "text"], ...]]] = {
    "help_phone": ("help", ("voice",)),
    "text_phone": ("text", ("text",)),
    "transport_phone": ("transport", ("voice", "text")),
}
"""Slot → what the authority's own number is for, and how it can be used."""
NAMES = {
    "road": "road_closed",
    "stop": "bus_from",
    "point": "water_point",
    "product": "product",
    "leader": "fasting_advice",
    "animal_place": "animal_place",
}
"""Slot → fact, for proper names."""
TEXTS = ("truth", "rumor", "description")
"""Slots of free words. A language that has none for its readers does not say the sentence, as with a note."""
INSTANTS = ("act_by", "expires", "next_update")


@dataclass(frozen=True)
class Telling:
    """How one language tells the facts of one alert to the readers that were asked for.

    `area_name`: say the area's approved name where the list of places is too long. `diseases`: id → what the language
    calls it, for those that the alert names.
    """

    alert: Alert
    asked: Asked
    authority: Messenger
    voice: Voice
    marks: Marks
    area_name: bool = False
    diseases: Mapping[str, str] = field(default_factory=dict)

    @property
    def language(self) -> str:
        """The language's tag."""
        return self.voice.language.language

    @property
    def manner(self) -> tuple[object, ...]:
        """What tells which words come out: two tellings of one alert in one manner say each sentence alike."""
        means = (self.aloud, self.asked.means is Means.WIRELESS_90)
        profile = (self.asked.profile.tier, Need.HEARING in self.asked.profile.needs)
        return (self.language, *profile, *means, self.asked.group == OUTSIDE, self.area_name)

    def cosigner(self) -> str:
        """Who passes the message on, marked; empty where nobody does. The one thing that no manner has."""
        messenger = self.asked.messenger
        return self.marked("messenger", clean(messenger.name(self.language))) if messenger else ""

    def slots(self) -> dict[str, str]:
        """Slot → marked text, for every slot that has something to say."""
        told = dict(self._told())
        literal = {name: f"{{{name}}}" for name in ("manage_url", "message_id")}
        return (
            {slot: self.marked(fact, text) for slot, (fact, text) in told.items() if text} | self._disease() | literal
        )

    def _disease(self) -> dict[str, str]:
        """The name of a disease is a fact, and a sentence that somebody stands behind."""
        fact = self.alert.factset.get("disease")
        text = self.value(fact)
        if not isinstance(fact, Disease) or not text:
            return {}
        return {"disease": self.marks.around(f"say disease.{fact.id}", self.marked("disease", text))}

    def marked(self, fact: str, text: str) -> str:
        """A fact's text, isolated where it runs the other way, and marked inside the isolate."""
        isolated = self.voice.isolate(text)
        label = f"fact {fact}"
        if isolated == text:
            return self.marks.around(label, text)
        return f"{isolated[0]}{self.marks.around(label, isolated[1:-1])}{isolated[-1]}"

    def _told(self) -> Iterator[tuple[str, tuple[str, str]]]:
        get = self.alert.factset.get
        yield "places", ("places", self.places())
        yield "source", ("source", clean(self.source()))
        yield "issued", ("issued", self.value(Instant(at=self.alert.sent, zone=zone_of(self.alert))))
        url = get("url")
        yield "url", ("url", url.url if isinstance(url, Url) else self.alert.page_url)
        for name in INSTANTS:
            yield name, (name, self.value(_instant(self.alert, name)))
        for name in PHONES:
            yield name, (name, self.value(self.phone(name)))
        yield "emergency_number", ("emergency_number", self.value(self.emergency()))
        yield "other_number", ("other_number", self.value(get("other_number")))
        for slot, name in (*NAMES.items(), *zip(TEXTS, TEXTS, strict=True)):
            yield slot, (name, self.value(get(name)))
        yield from self._shelter(get("shelter"))

    def _shelter(self, shelter: Fact | None) -> Iterator[tuple[str, tuple[str, str]]]:
        if isinstance(shelter, Shelter):
            name = shelter.name.get(self.language) or shelter.name[ENGLISH]
            yield "shelter_name", ("shelter", clean(name))
            yield "shelter_address", ("shelter", clean(shelter.address))
            yield "shelter_opens", ("shelter", self.value(shelter.opens))

    def value(self, fact: Fact | None) -> str:
        """A fact's value as text; empty where there is none, or none that can stand in a slot."""
        match fact:
            case Instant():
                return self.voice.instant(fact, "long" if self.aloud else "short")
            case Phone(e164=number) | EmergencyNumber(number=number):
                return self.voice.spelled(number) if self.aloud else self.voice.phone(number)
            case Disease() | ProperName() | LocalNote():
                return self._name(fact)
            case Places():
                return self.names(fact.places)
            case Url():
                return fact.url
        return ""

    def _name(self, fact: Disease | ProperName | LocalNote) -> str:
        """A name; of free words only those that somebody wrote in this language."""
        if isinstance(fact, Disease):
            return self.diseases.get(fact.id, "")
        return clean(fact.texts.get(self.language, "") if isinstance(fact, LocalNote) else fact.name(self.language))

    @property
    def aloud(self) -> bool:
        """True where the text is said: times in whole words, numbers digit by digit."""
        return self.asked.means in SPOKEN

    def source(self) -> str:
        """Who speaks; by the short name, where there is one, if every character counts."""
        short = self.authority.short if self.asked.means is Means.WIRELESS_90 else {}
        return short.get(self.language) or self.authority.name(self.language)

    def names(self, places: tuple[Place, ...]) -> str:
        """Places as a list."""
        return self.voice.names([place.name(self.language) for place in places])

    def places(self) -> str:
        """Where: the places of the alert; for people who were dropped, those that were."""
        now = self.alert.factset.get("places")
        if not isinstance(now, Places):
            return ""
        if self.asked.group == OUTSIDE:
            return self.names(self.alert.gone)
        if self.area_name and now.area_name:
            return clean(now.area_name.get(self.language) or now.area_name[ENGLISH])
        return self.names(now.places)

    def phone(self, slot: str) -> Phone | None:
        """A number that this reader can use: one for voice alone is no use to people who cannot hear."""
        purpose, uses = PHONES[slot]
        fact = self.alert.factset.get(slot)
        if not isinstance(fact, Phone):
            number = self.authority.phones.get(purpose)
            fact = Phone(e164=number, uses=uses) if number else None
        if fact and Need.HEARING in self.asked.profile.needs and "text" not in fact.uses:
            return None
        return fact

    def emergency(self) -> EmergencyNumber | None:
        """Whom to call in danger: as the alert says, else the authority's."""
        fact = self.alert.factset.get("emergency_number")
        if isinstance(fact, EmergencyNumber):
            return fact
        number = self.authority.phones.get("emergency")
        return EmergencyNumber(number=number) if number else None

    def takes_texts(self) -> bool:
        """Whether the number to call in danger is known to take texts: it is the authority's, and its file says so."""
        number = self.emergency()
        return bool(number and self.authority.emergency_takes_texts(number.number))


def zone_of(alert: Alert) -> str:
    """The zone in which the alert tells its times."""
    zones = (fact.zone for _, fact in sorted(alert.factset.facts.items()) if isinstance(fact, Instant))
    return next(zones, "UTC")


def _instant(alert: Alert, name: str) -> Instant | None:
    fact = alert.factset.get(name)
    if isinstance(fact, Instant):
        return fact
    at = getattr(alert, name)
    return Instant(at=at, zone=zone_of(alert)) if at else None
