"""What an entry of the lexicon may hold: actions, hazards, their kinds, and the sentences of each tier."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Literal, Self

from pydantic import Field, PlainValidator, model_validator

from onevoice.alert import MAY_BE_UNKNOWN, Certainty, Kind, SeverityCAP, Urgency
from onevoice.facts import Shelter
from onevoice.people import Frozen, Need, Tier

SLOTS = frozenset(
    [
        "places",
        "act_by",
        "expires",
        "next_update",
        "issued",
        "url",
        "help_phone",
        "text_phone",
        "transport_phone",
        "emergency_number",
        "disease",
        "product",
        "description",
        "truth",
        "rumor",
        "other_number",
        "messenger",
        "source",
        "shelter_name",
        "shelter_address",
        "shelter_opens",
        "road",
        "stop",
        "point",
        "service",
        "service_phone",
        "service_hours",
        "service_text",
        "service_address",
        "leader",
        "animal_place",
        "old",
        "new",
        "manage_url",
        "message_id",
        "opening_plain",
    ]
)
"""Facts that a sentence may name in braces."""
SLOT = re.compile(r"\{([a-z_]+)\}")

PACK = frozenset(["script", "questions", "who", "what", "do", "help", "next", "limits", "feedback", "stop"])
"""Headings and questions of a champion's pack."""
PACK_LIMITS = ("add", "change", "guess", "promise", "person", "danger")
"""What a champion does not say or do, in order, whatever the message."""
FRAMES = frozenset(
    [
        "mark.exercise",
        "mark.test",
        "exercise_note",
        "english_only",
        "sorry",
        "source",
        "where",
        "act_by",
        "until",
        "next_update",
        "issued",
        "more",
        "call",
        "text",
        "cosign",
        "manage",
        "number",
        "heading.what",
        "heading.where",
        "heading.do",
        "heading.help",
        "heading.not_known",
        "heading.more",
        "heading.who",
        "shelter.line",
        "shelter.opens",
        "shelter.pets",
        "shelter.accessible",
        "shelter.no_papers",
        "road_closed",
        "bus_from",
        "water_point",
        "changed.act_by",
        "changed.places_added",
        "changed.places_dropped",
        "changed.actions",
        "changed.impact",
        "changed.phone",
        "changed.expires",
        "changed.other",
        "correction.wrong",
        "correction.right",
        "in_danger.text",
        "in_danger.ask",
        "without.phone",
        "without.power",
        "brief.source",
        "brief.where",
        "brief.act_by",
        "spoken.who",
        "spoken.relay",
        "spoken.again",
        "spoken.call",
        "spoken.end",
        "card.keep",
        "card.read",
        *(f"pack.{name}" for name in PACK),
        *(f"pack.{name}" for name in PACK_LIMITS),
        "pack.over",
        "pack.tell_call",
        "pack.tell_text",
        "pack.stop_later",
        "pack.stop_now",
    ]
)
"""Ids of frames.yaml that composing relies on."""

ENGLISH_ONLY = "frame.english_only"
"""The line before an English text that stands in for another language."""
OUTSIDE = "outside"
"""The texts for people whose place an update has dropped; a kind of its own in hazard files, never in an alert."""


@lru_cache(maxsize=16_384)
def slots(text: str) -> tuple[str, ...]:
    """The slots of a sentence, in order, each as often as it stands there."""
    return tuple(SLOT.findall(text))


def words(value: Any) -> str | dict[Tier, str]:
    """A sentence for all tiers, or a map of tiers."""
    if isinstance(value, str) and value.strip():
        return _known_slots(value)
    if isinstance(value, dict) and value and all(isinstance(v, str) and v.strip() for v in value.values()):
        return {_tier(tier): _known_slots(text) for tier, text in _has_base(value).items()}
    raise ValueError("must be a sentence, or a map of T1, T2, T3, T4 to sentences")


def _has_base(value: dict[Any, str]) -> dict[Any, str]:
    if "T1" not in value and "T2" not in value:
        raise ValueError("needs T1 or T2, which the other tiers fall back on")
    return value


def _tier(tier: Any) -> Tier:
    if tier not in set(Tier):
        raise ValueError(f"{tier!r} is no tier; tiers are T1, T2, T3, T4")
    return Tier(tier)


def _known_slots(text: str) -> str:
    unknown = [name for name in re.findall(r"\{([^{}]*)\}", text) if name not in SLOTS]
    if unknown:
        raise ValueError(f"there is no slot {{{unknown[0]}}}; slots are {', '.join(sorted(SLOTS))}")
    if re.search(r"[{}]", SLOT.sub("", text)):
        raise ValueError("a brace stands alone; a slot is written {name}")
    return text.strip()


Words = Annotated[str | dict[Tier, str], PlainValidator(words)]


class Action(Frozen):
    """A protective action. `instead` names the action for people who lack something that `requires` lists."""

    cap: Literal["Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None"]
    polarity: Literal["do", "do-not"]
    requires: tuple[Literal["drive", "walk", "hear", "see", "read", "power", "phone"], ...] = ()
    instead: str | None = None
    text: Words


class HazardKind(Frozen):
    """What one kind of message says for a hazard, and what CAP values it has. `required` names facts it needs."""

    urgency: Urgency = "Unknown"
    severity: SeverityCAP = "Unknown"
    certainty: Certainty = "Unknown"
    expires_after: Annotated[str, Field(pattern=r"^\d{1,4}\s*[mhd]$")] = "12h"
    required: tuple[str, ...] = ()
    actions: tuple[str, ...]
    response: str | None = None
    opening: Words
    opening_named: Words | None = None
    """The opening where the alert names the disease; it has the slot {disease}."""
    opening_of: dict[str, Words] = {}
    """Form → the opening where the alert says which form of the hazard it is: a dam, or a levee."""
    impact: Words | None = None
    detail: Words | None = None
    why: Words | None = None

    @model_validator(mode="after")
    def _an_action(self) -> Self:
        if not self.actions:
            raise ValueError("every message tells people at least one thing to do")
        return self


NEED_FACTS = frozenset(["fasting_advice", "animal_place"])
"""Facts that only the sentences of needs.yaml tell, and so only some people hear."""
_WHAT_IS_THERE = frozenset(Shelter.model_fields) - {"type", "name", "address", "opens"}


class NeedLine(Frozen):
    """What a group of people must know before they can act. `fact` names the fact that makes it true."""

    fact: str
    text: Words

    @model_validator(mode="after")
    def _known(self) -> Self:
        known = NEED_FACTS | {f"shelter.{name}" for name in _WHAT_IS_THERE}
        if self.fact not in known:
            raise ValueError(f"there is no fact {self.fact!r}; there are {', '.join(sorted(known))}")
        return self


class Hazard(Frozen):
    """A hazard: name, CAP category, lines for readers with a need, sentences for what is unknown, and its kinds."""

    hazard: str
    category: tuple[str, ...]
    name: str
    access: dict[Need, Words] = {}
    unknown: dict[str, Words] = {}
    kinds: dict[str, HazardKind]

    @model_validator(mode="after")
    def _known(self) -> Self:
        _allowed("kinds", self.kinds, {*Kind, OUTSIDE})
        _allowed("unknown", self.unknown, MAY_BE_UNKNOWN)
        for name, kind in self.kinds.items():
            if set(kind.opening_of) != set(self.forms):
                raise ValueError(f"kinds.{name}.opening_of needs {', '.join(self.forms)}, as the other kinds have")
        for name, kind in self.kinds.items():
            lacking = {"urgency", "severity", "certainty"} - kind.model_fields_set
            if name != OUTSIDE and lacking:
                raise ValueError(f"kinds.{name} needs {', '.join(sorted(lacking))}")
        return self

    @property
    def forms(self) -> tuple[str, ...]:
        """What this hazard can be, where its sentences tell several apart: a dam, or a levee."""
        return tuple(sorted({form for kind in self.kinds.values() for form in kind.opening_of}))


def _allowed(where: str, given: Mapping[str, object], allowed: set[str] | frozenset[str]) -> None:
    for name in given:
        if name not in allowed:
            raise ValueError(f"{where}: there is no {name!r}; there are {', '.join(sorted(allowed))}")
