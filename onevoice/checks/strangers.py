"""Strangers: a time, a number, a phone or a link in a finished text that no fact of the alert states."""

from __future__ import annotations

from collections.abc import Iterator

from onevoice.checks import numbers, opening
from onevoice.checks.case import Case
from onevoice.checks.clock import Clock, shown, times
from onevoice.checks.plain import plain
from onevoice.checks.rules import finding
from onevoice.facts import EmergencyNumber, Instant, LocalNote, Phone, Places, Url
from onevoice.lexicon import SLOT
from onevoice.people import SPOKEN
from onevoice.variant import Finding


def check(case: Case) -> Iterator[Finding]:
    """What contradicts the facts, in any part of the text."""
    for part in case.texts:
        yield from _strangers(case, part)


def _strangers(case: Case, part: str) -> Iterator[Finding]:
    text = case.texts[part]
    links = numbers.urls(text)
    for link in links:
        if link.text not in _links(case):
            yield finding("C07", f"The text links to {link.text}, which is not the alert's.", part=part)
    rest = numbers.blank(text, [(u.start, u.end) for u in links])
    rest = numbers.blank_words(rest, (name for name in _names(case) if any(c.isdigit() for c in name)))
    rest = numbers.blank(rest, _open(case, rest))
    yield from _times(case, part, rest)
    rest = numbers.blank(rest, [(r.start, r.end) for r in _read(case, rest)])
    yield from _phones(case, part, rest)
    rest = numbers.blank(rest, [(p.start, p.end) for p in numbers.phones(rest)])
    if case.variant.means in SPOKEN:
        every = (*case.phones.values(), *case.service_numbers)
        rest = numbers.blank_words(rest, (" ".join(number) for number in every))
    yield from _left_over(case, part, rest)


def _open(case: Case, text: str) -> list[tuple[int, int]]:
    """Opening hours of a service: times of no day, and so without a zone."""
    hours = frozenset().union(*(opening.expected(service) for service in case.services))
    spoken = [case.library.voice(language).language for language in case.languages] if hours else []
    said = [one for language in spoken for one in opening.read(text, language)]
    return [(one.found.start, one.found.end) for one in said if one.hours in hours]


def _links(case: Case) -> set[str]:
    older = {fact.url for fact in case.older() if isinstance(fact, Url)}
    return {case.url(), case.alert.page_url} | older


def _read(case: Case, text: str) -> list[numbers.Found]:
    return [
        numbers.Found("", read.start, read.end)
        for language in case.languages
        for read in times(text, case.library.voice(language).language, case.zones)
    ]


def _times(case: Case, part: str, text: str) -> Iterator[Finding]:
    older = [fact for fact in case.older() if isinstance(fact, Instant)]
    for language in case.languages:
        spoken = case.library.voice(language).language
        right = {c for instant in (*case.instants.values(), *older) for c in shown(instant, spoken)}
        for read in times(text, spoken, case.zones):
            if read.clock not in right:
                said = text[read.start : read.end]
                yield finding(_rule_of(read.clock, right), f"No fact states the time “{said}”.", part=part)
    loose = numbers.blank(text, [(r.start, r.end) for r in _read(case, text)])
    for match in numbers.LOOSE_TIME.finditer(loose):
        yield finding("C04", f"The time “{match[0]}” stands without its day or zone, or no fact states it.", part=part)


def _rule_of(clock: Clock, right: set[Clock]) -> str:
    return "C05" if any((clock.hour, clock.minute) == (other.hour, other.minute) for other in right) else "C04"


def _phones(case: Case, part: str, text: str) -> Iterator[Finding]:
    known = {
        *case.phones.values(),
        *case.service_numbers,
        *(fact.e164 for fact in case.older() if isinstance(fact, Phone)),
    }
    for phone in numbers.phones(text):
        if not any(numbers.same_number(phone.text, number) for number in known):
            yield finding("C03", f"No fact states the phone number “{phone.text}”.", part=part)


def _left_over(case: Case, part: str, text: str) -> Iterator[Finding]:
    short = {number for number in (*case.phones.values(), *case.service_numbers) if not number.startswith("+")}
    short |= {fact.number for fact in case.older() if isinstance(fact, EmergencyNumber)}
    for number in numbers.left_over(text):
        if number.text not in short | _approved(case):
            yield finding("C06", f"No fact and no approved sentence states the number “{number.text}”.", part=part)


def _approved(case: Case) -> set[str]:
    """Numbers that stand in the approved sentences themselves."""
    texts = (case.said(language, key).text for language in case.languages for key in case.variant.said)
    return {number.text for said in texts for number in numbers.left_over(plain(SLOT.sub(" ", said)))}


def _names(case: Case) -> Iterator[str]:
    """Names and notes may hold numbers of their own."""
    yield from case.service_names
    note = case.fact("note")
    for language in case.languages:
        yield from case.names(language).values()
        yield from case.place_names(language)
        if isinstance(note, LocalNote):
            yield plain(note.texts.get(language, ""))
        for places in (f for f in case.older() if isinstance(f, Places)):
            yield from (plain(place.name(language)) for place in places.places)
