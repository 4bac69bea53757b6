"""Where: the places that a text names, and the addresses to go to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from onevoice.alert import Kind
from onevoice.checks.hearing.question import Contradiction, Heard, Question, state, stranger, wrong
from onevoice.checks.plain import plain
from onevoice.checks.reading import links, tongues
from onevoice.facts import Places, ProperName, Shelter

LOCAL = ("road_closed", "bus_from", "water_point")
"""Facts whose value is the name of a road or a place, which may hold the name of a zone."""

# --- places


def hear(question: Question, heard: Heard) -> None:
    """All places of the alert, and no other; no number of a house but the one where people find help."""
    for part in (_places, _addresses):
        part(question, heard)


def _places(question: Question, heard: Heard) -> None:
    fact = question.alert.factset.get("places")
    told = {place.id: place.names for place in fact.places} if isinstance(fact, Places) else {}
    lacking = [place for place, names in told.items() if not _named(question, names.values())]
    area = fact.area_name.values() if isinstance(fact, Places) else ()
    if not lacking or (len(lacking) == len(told) and _named(question, area)):
        state(heard, "place")
    else:
        heard.lacks.append("place")
    before = question.older.get("places") if question.older else None
    older = {place.id for place in before.places} if isinstance(before, Places) else set()
    blank = _without(question, [name for names in told.values() for name in names.values()])
    for zone, names in question.zones.items():
        if zone in told or (zone in older and question.alert.kind in (Kind.UPDATE, Kind.CORRECTION)):
            continue
        if found := next((name for name in names.values() if _stands(name, blank)), None):
            expected = (
                ", ".join(place.name(question.language) for place in fact.places) if isinstance(fact, Places) else ""
            )
            message = f"The text names {found}, which is not in the area."
            stranger(question, heard, Contradiction("place", found, expected, "C10", message))


def _addresses(question: Question, heard: Heard) -> None:
    """The street of an address with another number beside it leads people to another door."""
    for fact, address in addresses(question):
        street = _NUMBER.sub(" ", plain(address)).strip(" ,")
        if not street:
            continue
        own = set(_NUMBER.findall(question.tongue.fold(plain(address))))
        beside = rf"(?:{_NUMBER.pattern}\s+)?{re.escape(question.tongue.fold(street))}(?:,?\s+{_NUMBER.pattern})?"
        for found in re.finditer(beside, question.folded.text):
            said = question.folded.written(question.source, *found.span())
            told = set(_NUMBER.findall(found[0]))
            if told and not own <= told:
                wrong(heard, fact, said, address, "C06")


_NUMBER = re.compile(r"\b\d+\w?\b")


def addresses(question: Question) -> Iterator[tuple[str, str]]:
    """Fact and address of each place to go to."""
    shelter = question.alert.factset.get("shelter")
    if isinstance(shelter, Shelter) and shelter.address:
        yield "shelter", shelter.address
    yield from (("services", service.address) for service in question.services if service.address)


def _without(question: Question, names: Iterable[str]) -> str:
    """The text without the alert's own places, the authority's name and its links."""
    text = question.source
    fixed = [*names, *question.authority.names.values(), *(link.text for link in links.links(text))]
    shelter = question.alert.factset.get("shelter")
    fixed += shelter.name.values() if isinstance(shelter, Shelter) else ()
    named = (question.alert.factset.get(fact) for fact in LOCAL)
    fixed += [name for fact in named if isinstance(fact, ProperName) for name in fact.names.values()]
    fixed += [*(service.name for service in question.services), *(address for _, address in addresses(question))]
    for name in sorted(map(plain, filter(None, fixed)), key=len, reverse=True):
        text = text.replace(name, " ")
    return text


def _named(question: Question, names: Iterable[str]) -> bool:
    return any(question.has(name) for name in names)


def _stands(name: str, text: str) -> bool:
    """As a name: in its own capitals and whole, so that a harbor is not the Harbor."""
    said, start = plain(name), text.find(plain(name))
    while start >= 0:
        before, after = text[start - 1 : start], text[start + len(said) : start + len(said) + 1]
        if not (said[0].isascii() and (_grows(before) or _grows(after))):
            return True
        start = text.find(said, start + 1)
    return False


def _grows(beside: str) -> bool:
    """True where a character beside a name is part of it: a digit, a Latin letter. 에 and 和 are words of their own."""
    return beside.isalnum() and tongues.in_script(beside, "en") == 1
