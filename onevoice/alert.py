"""The alert: what a person types, and what it becomes once every time, place and default is resolved.

CAP 1.2 gives the words (`status`, `msgType`, urgency, severity, certainty). `KINDS` is the one table that says which
CAP msgType and responseType each kind of message becomes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, model_validator

from onevoice.facts import FactSet, Place, Places
from onevoice.people import Frozen


class Status(StrEnum):
    """CAP status. Exercise and Test can never be mistaken for Actual."""

    ACTUAL = "Actual"
    EXERCISE = "Exercise"
    TEST = "Test"


class Kind(StrEnum):
    """What sort of message it is."""

    PREPAREDNESS = "preparedness"
    WATCH = "watch"
    WARNING = "warning"
    UPDATE = "update"
    CORRECTION = "correction"
    ALL_CLEAR = "all-clear"
    RECOVERY = "recovery"
    SUPPORT = "support"
    CHECK_IN = "check-in"
    RUMOR_CONTROL = "rumor-control"
    EXERCISE = "exercise"


class KindRow(Frozen):
    """One row of `KINDS`."""

    msg_type: Literal["Alert", "Update", "Cancel"]
    response: str | None
    """CAP responseType that every message of this kind has; None where the hazard's actions decide."""
    replaces: bool
    """True where it goes to everyone who may hold an older version."""


KINDS: dict[Kind, KindRow] = {
    Kind.PREPAREDNESS: KindRow(msg_type="Alert", response="Prepare", replaces=False),
    Kind.WATCH: KindRow(msg_type="Alert", response="Prepare", replaces=False),
    Kind.WARNING: KindRow(msg_type="Alert", response=None, replaces=False),
    Kind.UPDATE: KindRow(msg_type="Update", response=None, replaces=True),
    Kind.CORRECTION: KindRow(msg_type="Update", response=None, replaces=True),
    Kind.ALL_CLEAR: KindRow(msg_type="Cancel", response="AllClear", replaces=True),
    Kind.RECOVERY: KindRow(msg_type="Alert", response="Execute", replaces=False),
    Kind.SUPPORT: KindRow(msg_type="Alert", response="Assess", replaces=False),
    Kind.CHECK_IN: KindRow(msg_type="Alert", response="Assess", replaces=False),
    Kind.RUMOR_CONTROL: KindRow(msg_type="Alert", response="None", replaces=False),
    Kind.EXERCISE: KindRow(msg_type="Alert", response="None", replaces=False),
}

Urgency = Literal["Immediate", "Expected", "Future", "Past", "Unknown"]
SeverityCAP = Literal["Extreme", "Severe", "Moderate", "Minor", "Unknown"]
Certainty = Literal["Observed", "Likely", "Possible", "Unlikely", "Unknown"]

MAY_BE_UNKNOWN = frozenset({"onset", "impact", "cause"})
"""Facts that an initial message may say are not known yet; never source, hazard, place or action."""


class AreaFile(BaseModel):
    """Where: exactly one of the five."""

    model_config = ConfigDict(extra="forbid")

    zones: list[str] | None = None
    places: list[str] | None = None
    polygon: list[tuple[float, float]] | None = None
    """Pairs of latitude, longitude, as in CAP."""
    circle: tuple[float, float, float] | None = None
    """Latitude, longitude, radius in km."""
    file: str | None = None

    @model_validator(mode="after")
    def _one(self) -> AreaFile:
        given = [name for name in type(self).model_fields if getattr(self, name)]
        if len(given) != 1:
            msg = f"area needs exactly one of zones, places, polygon, circle, file; it has {', '.join(given) or 'none'}"
            raise ValueError(msg)
        return self


@dataclass(frozen=True)
class Origin:
    """The file that an alert was typed in, and the line of each of its fields (`facts.act_by`)."""

    path: str
    lines: Mapping[str, int]

    def of(self, field: str) -> str:
        """Where a field stands, for a person; of one that is not there, the nearest around it."""
        parts = field.split(".")
        around = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
        line = next((self.lines[name] for name in around if name in self.lines), None)
        return ", ".join(filter(None, (self.path, f"line {line}" if line else "", field)))


class AlertFile(BaseModel):
    """The alert file as a person writes it, before anything is resolved."""

    model_config = ConfigDict(extra="forbid")
    _origin: Origin | None = PrivateAttr(default=None)

    incident: str | None = None
    hazard: str
    kind: Kind = Kind.WARNING
    status: Status
    area: AreaFile
    facts: dict[str, Any] = Field(default_factory=dict)
    initial: bool = False
    messenger: str | None = None
    segments: list[str] | None = None
    actions: list[str] | None = None
    urgency: Urgency | None = None
    severity: SeverityCAP | None = None
    certainty: Certainty | None = None
    expires: str | None = None
    more_info: str | None = None
    announced: bool = False
    reason: str | None = None

    @property
    def origin(self) -> Origin | None:
        """Where it was read; None where a form or a program made it."""
        return self._origin

    def read_from(self, origin: Origin) -> AlertFile:
        """This file, with the place where it was read."""
        self._origin = origin
        return self


class Area(Frozen):
    """The resolved area: ids of the zones it touches, and polygons of (lat, lon) pairs, each closed."""

    zones: tuple[str, ...]
    polygons: tuple[tuple[tuple[float, float], ...], ...] = ()
    whole_zones: bool = True
    """False where a polygon or circle cuts zones: then contacts are chosen by position where it is known."""


class Alert(Frozen):
    """One version of an alert, resolved. Everything a variant, a CAP document or a page needs to be explained.

    `defaulted` names what was not typed but filled in, so that preview can read it back.
    """

    id: str
    chain: str
    version: int = 1
    incident: str
    hazard: str
    kind: Kind
    status: Status
    area: Area
    factset: FactSet
    initial: bool = False
    authority: str
    segments: tuple[str, ...]
    actions: tuple[str, ...]
    category: tuple[str, ...]
    urgency: Urgency
    severity: SeverityCAP
    certainty: Certainty
    response: tuple[str, ...]
    sent: datetime
    act_by: datetime | None = None
    expires: datetime
    next_update: datetime | None = None
    page_url: str
    announced: bool = False
    reason: str | None = None
    references: tuple[str, ...] = ()
    """CAP references of older versions: `sender,identifier,sent`."""
    previous: FactSet | None = None
    """The facts of the version before, where this one replaces it."""
    left_before: tuple[Place, ...] = ()
    """Places that versions before that one had, and neither it nor this one has: some may not know it yet."""
    defaulted: tuple[str, ...] = ()

    @property
    def added(self) -> tuple[Place, ...]:
        """Places that this version has and the one before had not."""
        return _without(self.factset, self.previous)

    @property
    def dropped(self) -> tuple[Place, ...]:
        """Places that the version before had and this one has not."""
        return _without(self.previous, self.factset)

    @property
    def gone(self) -> tuple[Place, ...]:
        """Places that any older version had and this one has not: what people outside are told by name."""
        return (*self.dropped, *self.left_before)

    @property
    def urgent(self) -> bool:
        """Immediate and Extreme or Severe: fall back, never silence; every means at once."""
        return self.severity == "Extreme" or (self.severity == "Severe" and self.urgency == "Immediate")


def _without(some: FactSet | None, others: FactSet | None) -> tuple[Place, ...]:
    here, there = (facts.get("places") if facts else None for facts in (some, others))
    known = set(there.ids) if isinstance(there, Places) else set()
    return tuple(place for place in here.places if place.id not in known) if isinstance(here, Places) else ()
