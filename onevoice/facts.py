"""Facts: named, typed values, and the FactSet that holds all of them for one version of an alert.

The FactSet is the one source of every variant. Its hash is over canonical JSON, so two releases that say the same
have the same hash, whatever the order in which the facts were written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, SerializerFunctionWrapHandler, model_serializer

from onevoice.people import Frozen, Language
from onevoice.services import Services


def _aware_utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        msg = "a time needs a zone"
        raise ValueError(msg)
    return at.astimezone(UTC)


Instant_ = Annotated[datetime, AfterValidator(_aware_utc)]


class Place(Frozen):
    """One zone or place. `names` per language; English is always there and stands on the road sign."""

    id: str
    names: dict[Language, str]

    def name(self, language: Language) -> str:
        """The name in `language`, else as on the road sign."""
        return self.names.get(language, self.names["en"])


class Places(Frozen):
    """A list of places, with the area's approved name for when the list is too long."""

    type: Literal["places"] = "places"
    places: tuple[Place, ...]
    area_name: dict[Language, str] = {}

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the places, in their given order."""
        return tuple(p.id for p in self.places)


class Instant(Frozen):
    """A moment: UTC, and the IANA zone in which it is told to people."""

    type: Literal["instant"] = "instant"
    at: Instant_
    zone: str

    @property
    def local(self) -> datetime:
        """The moment on the clocks of its zone."""
        return self.at.astimezone(ZoneInfo(self.zone))


class Phone(Frozen):
    """A number that people may ring or text, E.164. `uses` says which of the two."""

    type: Literal["phone"] = "phone"
    e164: Annotated[str, Field(pattern=r"^\+[1-9]\d{6,14}$")]
    uses: tuple[Literal["voice", "text"], ...] = ("voice",)


class EmergencyNumber(Frozen):
    """Whom to call when a life is in danger: a short code such as 911, or a whole number, E.164."""

    type: Literal["emergency"] = "emergency"
    number: Annotated[str, Field(pattern=r"^(\d{2,6}|\+[1-9]\d{6,14})$")]


class Url(Frozen):
    """An address on the web."""

    type: Literal["url"] = "url"
    url: Annotated[str, Field(pattern=r"^https?://\S+$")]


class ProperName(Frozen):
    """A name (road, shelter, agency), per language or as on the sign (`en`)."""

    type: Literal["name"] = "name"
    names: dict[Language, str]

    def name(self, language: Language) -> str:
        """The name in `language`, else as on the sign."""
        return self.names.get(language, self.names["en"])


class Disease(Frozen):
    """Which disease an outbreak is of: an id of `templates/diseases.yaml`, which every language has a name for."""

    type: Literal["disease"] = "disease"
    id: str


class Form(Frozen):
    """Which form of its hazard this is, where one hazard has several: an id under `opening_of`, such as `dam`."""

    type: Literal["form"] = "form"
    id: str


class Quantity(Frozen):
    """A number with a unit."""

    type: Literal["quantity"] = "quantity"
    value: float
    unit: str


class ActionIds(Frozen):
    """The protective actions, by lexicon id, in the order in which they are told."""

    type: Literal["actions"] = "actions"
    ids: tuple[str, ...]


_SINCE = frozenset(
    [
        "no_status_questions",
        "interpreters",
        "women_space",
        "prayer_space",
        "fast_meals",
        "families_together",
        "no_uniforms",
    ]
)
"""What a shelter could not say at first: where it is not given it is not written, so that older hashes stay true."""


class Shelter(Frozen):
    """A place to go to, and what a person must know before they set out.

    `interpreters`: the languages that somebody there speaks. What is None nobody has said.
    """

    type: Literal["shelter"] = "shelter"
    name: dict[Language, str]
    address: str
    opens: Instant | None = None
    pets: bool | None = None
    accessible: bool | None = None
    no_papers: bool | None = None
    no_status_questions: bool | None = None
    interpreters: tuple[Language, ...] | None = None
    women_space: bool | None = None
    prayer_space: bool | None = None
    fast_meals: bool | None = None
    families_together: bool | None = None
    no_uniforms: bool | None = None

    @model_serializer(mode="wrap")
    def _as_given(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in written(self).items() if value is not None or name not in _SINCE}


class LocalNote(Frozen):
    """What is left over: free words per language, with who wrote and who checked them. Never a required fact."""

    type: Literal["note"] = "note"
    texts: dict[Language, str]
    written_by: str
    checked_by: dict[Language, str] = {}


class Unknown(Frozen):
    """Said openly: this is not known yet. Only in an initial message, and only for onset, impact and cause."""

    type: Literal["unknown"] = "unknown"


class Stated(Frozen):
    """Stands for what the hazard's own approved sentence says (the impact that the lexicon states)."""

    type: Literal["stated"] = "stated"


Fact = Annotated[
    Places
    | Instant
    | Phone
    | EmergencyNumber
    | Url
    | ProperName
    | Disease
    | Form
    | Quantity
    | ActionIds
    | Shelter
    | LocalNote
    | Services
    | Unknown
    | Stated,
    Field(discriminator="type"),
]


_SPELLED: Mapping[type[Frozen], Callable[[Any], str]] = {
    Instant: lambda fact: fact.local.isoformat(),
    Phone: lambda fact: fact.e164,
    EmergencyNumber: lambda fact: fact.number,
    Url: lambda fact: fact.url,
    Places: lambda fact: ", ".join(place.name("en") for place in fact.places),
    ActionIds: lambda fact: ", ".join(fact.ids),
    ProperName: lambda fact: fact.name("en"),
    Disease: lambda fact: fact.id,
    Form: lambda fact: fact.id,
    Quantity: lambda fact: f"{fact.value:g} {fact.unit}",
    Shelter: lambda fact: ", ".join((fact.name.get("en", ""), fact.address)),
    Services: lambda fact: ", ".join(service.name for service in fact.entries),
    LocalNote: lambda fact: fact.texts.get("en") or next(iter(fact.texts.values()), ""),
}


def spelled(fact: Fact) -> str:
    """A fact as plain text for programs: times in ISO 8601, numbers in E.164, names in English."""
    how = _SPELLED.get(type(fact))
    return how(fact) if how else fact.type


class FactSet(Frozen):
    """All facts of one version. `facts` maps a fact's name to its value."""

    facts: dict[str, Fact]

    @cached_property
    def hash(self) -> str:
        """`sha256:` and 64 hex digits over canonical JSON. Hundreds of texts ask for it."""
        return content_hash(self.model_dump(mode="json"))

    def get(self, name: str) -> Fact | None:
        """The fact of that name, or None."""
        return self.facts.get(name)

    def differs(self, older: FactSet) -> tuple[str, ...]:
        """Names of the facts that were added, dropped or changed since `older`, sorted."""
        names = set(self.facts) | set(older.facts)
        return tuple(sorted(n for n in names if self.facts.get(n) != older.facts.get(n)))


def content_hash(content: Any) -> str:
    """`sha256:` over canonical JSON (sorted keys, no spaces, UTF-8) of plain values."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()
