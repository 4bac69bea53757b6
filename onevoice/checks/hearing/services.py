"""Services that help: whom a text names, and whether the number and the hours beside the name are theirs."""

from __future__ import annotations

from onevoice.checks import opening
from onevoice.checks.hearing.question import Heard, Question, state, wrong
from onevoice.checks.plain import plain
from onevoice.checks.reading import links
from onevoice.services import ALWAYS, Service


def hear(question: Question, heard: Heard) -> None:
    """Each line that names a service; where the kind of message leads to one, at least one line must."""
    for line in question.source.split("\n"):
        named = [service for service in question.services if _stands(question, service, line)]
        for service in named:
            state(heard, "services")
            _numbers(heard, service, named, line)
            _hours(question, heard, service, named, line)
    if question.alert.kind in ALWAYS and "services" not in heard.states and _must(question):
        heard.lacks.append("services")


def _must(question: Question) -> bool:
    """Where ours had no room for one, a text that claims to be ours has none either."""
    ours = plain(question.reference)
    return any(not question.strict or _stands(question, service, ours) for service in question.services)


def _stands(question: Question, service: Service, line: str) -> bool:
    return question.tongue.fold(plain(service.name)) in question.tongue.fold(line)


def _numbers(heard: Heard, service: Service, named: list[Service], line: str) -> None:
    """Beside a name stands a number of it; of two on one line, each of one of them."""
    own = [one.number for other in named for one in other.lines]
    for phone in links.phones(line):
        if not any(links.same_phone(phone.text, number) for number in own):
            expected = ", ".join(one.number for one in service.lines)
            message = f"“{phone.text}” is no number of {service.name}."
            wrong(heard, "services", phone.text, expected, "C03", message)


def _hours(question: Question, heard: Heard, service: Service, named: list[Service], line: str) -> None:
    right = frozenset().union(*(opening.expected(other) for other in named))
    for said in opening.read(line, question.library.voice(question.language).language):
        if said.hours not in right:
            expected = "; ".join(f"{span.opens}-{span.closes}" for span in service.hours)
            message = f"“{said.found.text}” are not the hours of {service.name}."
            wrong(heard, "services", said.found.text, expected, "C04", message)
