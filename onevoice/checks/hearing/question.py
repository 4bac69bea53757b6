"""A text with what it is compared with, and what was heard in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from onevoice.alert import Alert
from onevoice.checks.plain import plain
from onevoice.checks.reading import digits
from onevoice.checks.reading.folded import Folded, fold
from onevoice.checks.reading.words import Tongue, tongue
from onevoice.checks.rules import finding
from onevoice.facts import FactSet
from onevoice.library import Library
from onevoice.people import Messenger
from onevoice.services import Service, Services
from onevoice.variant import Finding, Severity


class Contradiction(NamedTuple):
    """One fact told otherwise: what was found, what the alert says, and the rule that it breaks."""

    fact: str
    found: str
    expected: str
    rule: str
    message: str


@dataclass
class Heard:
    """What a text says. `states` and `lacks` name facts; `notes` are findings that need a look."""

    states: list[str] = field(default_factory=list)
    contradicts: list[Contradiction] = field(default_factory=list)
    lacks: list[str] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)

    @property
    def right(self) -> bool:
        """True where nothing is contradicted and nothing required is lacking."""
        return not self.contradicts and not self.lacks

    @property
    def findings(self) -> list[Finding]:
        """Everything as findings."""
        wrong = [finding(c.rule, c.message, severity=Severity.BLOCK) for c in self.contradicts]
        lacking = [finding("C02", f"The text does not say: {name}.") for name in self.lacks]
        return list(dict.fromkeys([*wrong, *lacking, *self.notes]))

    def to_json(self) -> dict[str, Any]:
        """As `text facts --json` prints it."""
        told = [{"fact": c.fact, "found": c.found, "expected": c.expected, "rule": c.rule} for c in self.contradicts]
        findings = [found.model_dump(mode="json") for found in self.findings]
        return {"states": self.states, "contradicts": told, "lacks": self.lacks, "findings": findings}


@dataclass(frozen=True)
class Question:
    """A text, and what it is compared with. `zones`: id → names of every place of the jurisdiction.

    `needed`: actions that must be there. `strict`: it claims to be ours,
    as it would be in `reference`. `floating`: moments that a file counts from now, so that a text made from it a few
    minutes ago tells earlier ones.
    """

    text: str
    alert: Alert
    library: Library
    authority: Messenger
    language: str
    zones: Mapping[str, Mapping[str, str]]
    needed: tuple[str, ...]
    strict: bool = False
    reference: str = ""
    floating: frozenset[str] = frozenset()

    @cached_property
    def source(self) -> str:
        """The words of the text."""
        return plain(self.text, html="<html" in self.text.lower() or "</p>" in self.text.lower())

    @cached_property
    def tongue(self) -> Tongue:
        """How the language is read."""
        return tongue(self.library.root, self.library.voice(self.language).language)

    @cached_property
    def folded(self) -> Folded:
        """The words as they are compared."""
        return fold(self.source, self.language)

    @cached_property
    def counted(self) -> Folded:
        """The same with number words as digits."""
        return digits.in_digits(self.folded, self.tongue)

    @property
    def older(self) -> FactSet | None:
        """The facts of the version before."""
        return self.alert.previous

    @property
    def services(self) -> tuple[Service, ...]:
        """The services that the alert may lead to."""
        fact = self.alert.factset.get("services")
        return fact.entries if isinstance(fact, Services) else ()

    def has(self, words: str) -> bool:
        """True where these words stand in the text, as they are compared."""
        return bool(words) and self.tongue.fold(plain(words)) in self.folded.text


def approved(question: Question) -> Iterator[str]:
    """The sentences of the alert's hazard and of its actions, without their slots' values."""
    for key in question.library.lexicon.sources:
        name = key.rsplit(".", 1)[0] if key[-2:] in {"T1", "T2", "T3", "T4"} else key
        if name.removeprefix("action.") in question.needed or key.startswith(f"hazard.{question.alert.hazard}."):
            yield plain(question.library.sentence(question.language, key).text)


def state(heard: Heard, fact: str) -> None:
    """Note that a fact is told rightly."""
    if fact not in heard.states:
        heard.states.append(fact)


def wrong(heard: Heard, fact: str, found: str, expected: str, rule: str, message: str = "") -> None:
    """Note that a fact is told otherwise."""
    said = message or f"The text says “{found}”; {fact} is “{expected}”."
    contradiction = Contradiction(fact, found, expected, rule, said)
    if contradiction not in heard.contradicts:
        heard.contradicts.append(contradiction)


def stranger(question: Question, heard: Heard, told: Contradiction) -> None:
    """Something that no fact states: it contradicts, unless the fact is told beside it and the text is not ours."""
    if question.strict or told.fact not in heard.states:
        wrong(heard, *told)
    else:
        note(heard, told.found)


def note(heard: Heard, found: str) -> None:
    """Note something that no fact states, in a text that is not ours."""
    what = f"No fact of the alert states “{found}”."
    heard.notes.append(finding("C20", what, remedy="If it is a local addition, set it apart from the alert's facts."))
