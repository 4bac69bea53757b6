"""Variants and findings: the finished text for one (profile, means, messenger), and what the checks say of it."""

from __future__ import annotations

from collections.abc import Container, Iterator
from enum import StrEnum
from functools import cached_property
from typing import Any, Literal

from pydantic import ConfigDict, Field

from onevoice.facts import content_hash
from onevoice.people import Frozen, Language, Means, Profile


class Severity(StrEnum):
    """What a finding does: stop its scope, warn the person who releases, or only note."""

    BLOCK = "block"
    WARN = "warn"
    NOTE = "note"


class Scope(StrEnum):
    """What a blocking finding stops: one variant, every variant of a language, or the release."""

    VARIANT = "variant"
    LANGUAGE = "language"
    RELEASE = "release"


class Provenance(StrEnum):
    """Who stands behind the words, from least to most trusted for a translation; `source` is the original."""

    MACHINE_DRAFT = "machine-draft"
    TRANSLATED = "translated"
    REVIEWED = "reviewed"
    APPROVED = "approved"
    SOURCE = "source"


class Finding(Frozen):
    """One result of a check.

    `span` counts code points in the part named by `part`, start inclusive, end exclusive.
    """

    rule: str
    severity: Severity
    scope: Scope
    message: str
    remedy: str = ""
    part: str | None = None
    span: tuple[int, int] | None = None

    @property
    def mark(self) -> str:
        """What a person reads before it."""
        return mark_of(self.severity, self.scope)


def mark_of(severity: str, scope: str = Scope.RELEASE) -> str:
    """One word for what a finding does, everywhere that people read: STOP, HELD, LOOK, NOTE."""
    if severity == Severity.BLOCK:
        return "STOP" if scope == Scope.RELEASE else "HELD"
    return "LOOK" if severity == Severity.WARN else "NOTE"


class Span(Frozen):
    """Where a fact stands: part name, start (inclusive) and end (exclusive) in code points."""

    part: str
    start: int
    end: int


class Passage(Frozen):
    """Where another language than the text's first one may stand: which, which way it runs, and where, as in `Span`."""

    part: str
    start: int
    end: int
    language: Language
    direction: str


Verdict = Literal["pass", "fail", "shown", "not-measurable"]


class Layer(Frozen):
    """One way of measuring how easy a text reads: counts, vocabulary, or a formula.

    `verdict`: pass, fail, shown (the value judges nobody) or not-measurable. `why`: in words, where a person wants to
    know. `words`: those that are rare, jargon or hard.
    """

    layer: Literal["counts", "vocabulary", "formula"]
    measure: str
    score: float | None = None
    interval: tuple[float, float] | None = None
    target: str = ""
    verdict: Verdict
    why: str = ""
    words: tuple[str, ...] = ()


class Readability(Frozen):
    """A reading measure. `score` is null where `verdict` is not-measurable or counts are the measure.

    `interval`: between which values the score lies, where there is one. `layers`: all that was measured.
    """

    measure: str
    score: float | None = None
    interval: tuple[float, float] | None = None
    target: str = ""
    verdict: Verdict
    counts: dict[str, float] = {}
    layers: tuple[Layer, ...] = ()


class Signed(Frozen):
    """Of a finished text what an approval signs; read from a whole one, all else is passed over.

    `parts`: sms {text}; email {subject, text, html}. Email parts may hold the two slots `{manage_url}` and
    `{message_id}`.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    profile: Profile
    means: Means
    messenger: str | None
    group: str = "all"
    parts: dict[str, str]
    factset: str
    template: str
    catalogue: str

    @property
    def id(self) -> str:
        """The first 16 hex digits of the content hash: same words, same id."""
        return self.hash.removeprefix("sha256:")[:16]

    @cached_property
    def hash(self) -> str:
        """Hash over what a person would read, for whom and by which means. Findings do not count."""
        return content_hash([self.group, self.profile.key, self.means, self.messenger, self.parts, self.factset])


class Variant(Signed):
    """The finished text. Made by compose, never edited.

    `said` lists the ids of the sentences in the text, in order; `actions` those of the actions.
    `left_out` lists what did not fit, in the fixed order of leaving out. `services`: id and version of each entry of
    the directory that the text leads to. `stand_in`: an English text, with the number to call, for somebody who reads
    another language; `lead` is the language of the line that tells them so, if any.
    `passages`: of a text in more than one language, what stands in which; parts in HTML say so themselves.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    hazard: str
    kind: str
    direction: str = "ltr"
    spans: dict[str, tuple[Span, ...]] = {}
    said: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    stand_in: bool = False
    lead: Language | None = None
    passages: tuple[Passage, ...] = ()
    provenance: Provenance
    readability: Readability | None = None
    findings: tuple[Finding, ...] = Field(default=())

    def stopping(self, passed: Container[str] = ()) -> Iterator[Finding]:
        """The findings that hold this text back and that nobody released past; `passed`: rules overridden."""
        blocks = (f for f in self.findings if f.severity is Severity.BLOCK and f.scope is not Scope.RELEASE)
        return (f for f in blocks if f.rule not in passed)

    def withheld(self, passed: Container[str] = ()) -> bool:
        """True where a finding holds this text back and nobody released past it; `passed`: rules overridden."""
        return any(True for _ in self.stopping(passed))

    @property
    def held(self) -> bool:
        """True where a finding holds back this text, whoever may have released past it."""
        return self.withheld()

    def with_findings(self, findings: tuple[Finding, ...], readability: Readability | None = None) -> Variant:
        """The same variant with what the checks found."""
        return self.model_copy(update={"findings": findings, "readability": readability or self.readability})


def to_json(variant: Variant, **more: Any) -> dict[str, Any]:
    """The variant as `alert preview --json` shows it; `more` adds segments, contacts, sms and facts."""
    plain = variant.model_dump(mode="json", include={"means", "messenger", "parts", "readability", "provenance"})
    plain |= {
        "id": variant.id,
        "language": "+".join(variant.profile.languages),
        "tier": variant.profile.tier,
        "needs": list(variant.profile.needs),
        "group": variant.group,
        "left_out": list(variant.left_out),
        "services": list(variant.services),
        "stand_in": variant.stand_in,
        "findings": [f.model_dump(mode="json") for f in variant.findings],
    }
    return plain | more
