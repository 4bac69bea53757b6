"""Sign-posts in one text, read back from its words: who is named, by which number, when it is open, what else is said.

Each line is taken apart by the sentences of its language and held against the entry that it names; which entry these
readers should be led to is worked out here again, from the facts alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from onevoice.checks import numbers, opening, sentences
from onevoice.checks.case import Case
from onevoice.checks.plain import plain
from onevoice.checks.rules import finding
from onevoice.people import WIRELESS, Means, Need
from onevoice.services import SORTS, WRITTEN, Service
from onevoice.variant import Finding

LEFT_OUT = "sign-post"
_LEADING = frozenset([Means.SMS, Means.SOCIAL, Means.VOICE])
"""Means that lead to one service."""


def check(case: Case) -> Iterator[Finding]:
    """In every part that carries the whole message; a wireless alert leads to none."""
    if not case.services or case.variant.means in WIRELESS:
        return
    for part in _parts(case):
        for language in case.languages:
            told: list[Service] = []
            for name, sort, number, rest in _lines(case, part, language):
                service = next((s for s in case.services if plain(s.name) == name), None)
                if service is None or service.sort != sort:
                    yield finding("C02", f"{language}: no entry of the directory is “{name}” ({sort}).", part=part)
                    continue
                told.append(service)
                yield from _number(case, service, number, part)
                yield from _rest(case, service, language, rest, part)
            yield from _lacking(case, told, language, part)


def _parts(case: Case) -> tuple[str, ...]:
    """A champion says the script, and answers questions: the services stand there."""
    return ("questions",) if case.variant.means is Means.PACK else case.whole


def _key(sort: str) -> str:
    return f"frame.signpost.{sort}"


def _said(case: Case, language: str, sort: str) -> str:
    key = case.key(_key(sort))
    return case.said(language, key).text if key and not case.damaged(language, key) else ""


def _lines(case: Case, part: str, language: str) -> Iterator[tuple[str, str, str, str]]:
    """For each line that leads somewhere: the name, the sort, the number, and what else the line says."""
    for line in case.texts[part].split("\n"):
        for sort in SORTS:
            said = _said(case, language, sort)
            match = sentences.pattern(said).match(line) if said else None
            if match:
                values = sentences.values(match)
                yield values["service"], sort, values["service_phone"], line[match.end() :]


# --- the entry that it names


def _number(case: Case, service: Service, said: str, part: str) -> Iterator[Finding]:
    """It rings there; and who cannot hear is not told to call."""
    right = [line for line in service.lines if _same(said, line.number)]
    if not right:
        yield finding("C03", f"“{said}” is no number of {service.name}.", part=part)
    elif Need.HEARING in case.variant.profile.needs and not any(line.use in WRITTEN for line in right):
        yield finding("S07", f"{service.name}: “{said}” can only be called, and this reader cannot hear.", part=part)


def _same(said: str, number: str) -> bool:
    return numbers.same_number(said, number)


def _rest(case: Case, service: Service, language: str, rest: str, part: str) -> Iterator[Finding]:
    """Each further sentence is true of the entry."""
    for frame, true in _true(case, service, language).items():
        said = _said(case, language, frame)
        match = next(sentences.found(said, rest.strip()), None) if said else None
        if match and not true:
            yield finding("C02", f"{language}: of {service.name} nobody has said “{match[0]}”.", part=part)
        elif match:
            yield from _values(service, language, dict(sentences.values(match)), part)
    yield from _hours(case, service, language, rest, part)


def _true(case: Case, service: Service, language: str) -> dict[str, bool]:
    """Frame → whether the entry says so."""
    own = not case.variant.stand_in
    return {
        "by_text": service.line("text") is not None,
        "text": service.line("text") is not None,
        "relay": service.line("textphone", "video") is not None,
        "address": bool(service.address),
        "accessible": service.accessible,
        "always": service.always,
        "hours": bool(service.hours) and not service.always,
        "free": service.free is True,
        "fee": service.free is False,
        "speaks": own and service.speaks(language),
        "interpreter": own and service.interpreter,
    }


def _values(service: Service, language: str, values: dict[str, str], part: str) -> Iterator[Finding]:
    number = values.get("service_text")
    if number and not any(_same(number, line.number) for line in service.lines if line.use in WRITTEN):
        yield finding("C03", f"“{number}” is no number of {service.name} for who writes.", part=part)
    address = values.get("service_address")
    if address and not plain(service.address).startswith(address.rstrip(".")):
        yield finding("C02", f"{language}: “{address}” is not where {service.name} is.", part=part)


def _hours(case: Case, service: Service, language: str, rest: str, part: str) -> Iterator[Finding]:
    """All its hours and no others, wherever the line says any."""
    told = frozenset(said.hours for said in opening.read(rest, case.library.voice(language).language))
    said = _said(case, language, "hours")
    if told != opening.expected(service) and (told or (said and sentences.stands(said, rest.strip()))):
        yield finding("C04", f"{language}: the hours of {service.name} are others.", part=part)


# --- where these readers should be led


def _lacking(case: Case, told: list[Service], language: str, part: str) -> Iterator[Finding]:
    if LEFT_OUT in case.variant.left_out or not all(_said(case, language, s.sort) for s in case.services):
        return
    able = [s for s in case.services if _usable(case, s)]
    wanted = list(dict.fromkeys(s.sort for s in able))
    wanted = wanted[:1] if case.variant.means in _LEADING else wanted
    for sort in wanted:
        leads = [s for s in told if s.sort == sort]
        if not leads:
            yield finding("C02", f"{language} {case.variant.means} leads to no service ({sort}).", part=part)
        others = [s for s in able if s.sort == sort]
        if leads and _strange(case, leads[0]) and not all(_strange(case, s) for s in others):
            better = next(s for s in others if not _strange(case, s))
            what = f"{leads[0].name} does not speak this reader's language; {better.name} does."
            yield finding("S07", what, part=part)


def _usable(case: Case, service: Service) -> bool:
    uses = WRITTEN if Need.HEARING in case.variant.profile.needs else ("voice", "text")
    return any(line.use in uses for line in service.lines)


def _strange(case: Case, service: Service) -> bool:
    return not service.speaks(case.variant.lead or case.languages[0])
