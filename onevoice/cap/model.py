"""CAP 1.2 as values: one class for each block of the standard, one field for each element, in the standard's order.

A field holds the text that stands in the document, so that reading and writing again lose nothing; `check` says
whether the text is right. What the schema says of an element stands beside its field, as `Element`, and nowhere else:
reader, writer and checks all take the order, the names and the allowed values from here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin

from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

from onevoice.people import Frozen

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
SIGNATURES = "http://www.w3.org/2000/09/xmldsig#"
DEFAULT_LANGUAGE = "en-US"
"""What CAP takes an info block's language to be where it names none."""

STATUSES = ("Actual", "Exercise", "System", "Test", "Draft")
MESSAGE_TYPES = ("Alert", "Update", "Cancel", "Ack", "Error")
SCOPES = ("Public", "Restricted", "Private")
CATEGORIES = (
    *("Geo", "Met", "Safety", "Security", "Rescue", "Fire"),
    *("Health", "Env", "Transport", "Infra", "CBRNE", "Other"),
)
RESPONSES = ("Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None")
URGENCIES = ("Immediate", "Expected", "Future", "Past", "Unknown")
SEVERITIES = ("Extreme", "Severe", "Moderate", "Minor", "Unknown")
CERTAINTIES = ("Observed", "Likely", "Possible", "Unlikely", "Unknown")

PLURALS = {
    "categories": "category",
    "response_types": "responseType",
    "event_codes": "eventCode",
    "parameters": "parameter",
    "resources": "resource",
    "geocodes": "geocode",
    "polygons": "polygon",
    "circles": "circle",
    "codes": "code",
    "infos": "info",
    "areas": "area",
}
"""Fields that hold every element of a name; all other fields have the element's name in snake case."""

Form = Literal["text", "time", "language", "uri", "decimal", "integer"]


@dataclass(frozen=True, slots=True)
class Element:
    """What CAP's schema says of an element beyond its name and place."""

    required: bool = False
    one_of: tuple[str, ...] = ()
    form: Form = "text"


class Slot(NamedTuple):
    """One element of a block: its name in XML, the field that holds it, and what the schema says."""

    name: str
    field: str
    many: bool
    block: type[Block] | None
    """The class of the block that the element is; None where it holds only text."""
    schema: Element


class Extension(Frozen):
    """An element that CAP does not define, or a signature: kept as XML, with its place among its siblings."""

    name: str
    """Clark name: `{namespace}local`."""
    position: int
    xml: str


class Block(Frozen):
    """A block of CAP: elements in the order of the fields. JSON uses CAP's own names."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        populate_by_name=True,
        alias_generator=lambda field: PLURALS.get(field, to_camel(field)),
    )

    extensions: tuple[Extension, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()
    """Clark name and value of the attributes that the block's element has."""


class ValueName(Block):
    """A value and the system that gives it its meaning: eventCode, geocode."""

    value_name: Annotated[str, Element(required=True)]
    value: Annotated[str, Element(required=True)]


class Parameter(ValueName):
    """A value that the sender adds for those who know its name."""


class Resource(Block):
    """A picture, a sound or another file that goes with an info block."""

    resource_desc: Annotated[str, Element(required=True)]
    mime_type: Annotated[str, Element(required=True)]
    size: Annotated[str | None, Element(form="integer")] = None
    uri: Annotated[str | None, Element(form="uri")] = None
    deref_uri: Annotated[str | None, Element()] = None
    digest: Annotated[str | None, Element()] = None


class CapArea(Block):
    """Where. Polygons are `lat,lon lat,lon …`, circles `lat,lon radius-in-km`, heights feet above mean sea level."""

    area_desc: Annotated[str, Element(required=True)]
    polygons: Annotated[tuple[str, ...], Element()] = ()
    circles: Annotated[tuple[str, ...], Element()] = ()
    geocodes: Annotated[tuple[ValueName, ...], Element()] = ()
    altitude: Annotated[str | None, Element(form="decimal")] = None
    ceiling: Annotated[str | None, Element(form="decimal")] = None


class Info(Block):
    """What happened and what to do, in one language."""

    language: Annotated[str | None, Element(form="language")] = None
    categories: Annotated[tuple[str, ...], Element(required=True, one_of=CATEGORIES)]
    event: Annotated[str, Element(required=True)]
    response_types: Annotated[tuple[str, ...], Element(one_of=RESPONSES)] = ()
    urgency: Annotated[str, Element(required=True, one_of=URGENCIES)]
    severity: Annotated[str, Element(required=True, one_of=SEVERITIES)]
    certainty: Annotated[str, Element(required=True, one_of=CERTAINTIES)]
    audience: Annotated[str | None, Element()] = None
    event_codes: Annotated[tuple[ValueName, ...], Element()] = ()
    effective: Annotated[str | None, Element(form="time")] = None
    onset: Annotated[str | None, Element(form="time")] = None
    expires: Annotated[str | None, Element(form="time")] = None
    sender_name: Annotated[str | None, Element()] = None
    headline: Annotated[str | None, Element()] = None
    description: Annotated[str | None, Element()] = None
    instruction: Annotated[str | None, Element()] = None
    web: Annotated[str | None, Element(form="uri")] = None
    contact: Annotated[str | None, Element()] = None
    parameters: Annotated[tuple[Parameter, ...], Element()] = ()
    resources: Annotated[tuple[Resource, ...], Element()] = ()
    areas: Annotated[tuple[CapArea, ...], Element()] = ()

    @property
    def spoken(self) -> str:
        """The language, or the one that CAP takes where none is named."""
        return (self.language or "").strip() or DEFAULT_LANGUAGE


class CapAlert(Block):
    """One CAP 1.2 alert document."""

    identifier: Annotated[str, Element(required=True)]
    sender: Annotated[str, Element(required=True)]
    sent: Annotated[str, Element(required=True, form="time")]
    status: Annotated[str, Element(required=True, one_of=STATUSES)]
    msg_type: Annotated[str, Element(required=True, one_of=MESSAGE_TYPES)]
    source: Annotated[str | None, Element()] = None
    scope: Annotated[str, Element(required=True, one_of=SCOPES)]
    restriction: Annotated[str | None, Element()] = None
    addresses: Annotated[str | None, Element()] = None
    codes: Annotated[tuple[str, ...], Element()] = ()
    note: Annotated[str | None, Element()] = None
    references: Annotated[str | None, Element()] = None
    incidents: Annotated[str | None, Element()] = None
    infos: Annotated[tuple[Info, ...], Element()] = ()
    original: str | None = None
    """The whole document as it came, kept only where it is signed: a new layout would break the signature."""

    @property
    def reference(self) -> str:
        """How a later alert refers to this one: `sender,identifier,sent`."""
        return f"{self.sender},{self.identifier},{self.sent}"

    def unsigned(self) -> CapAlert:
        """The same alert without its signatures, so that it may be changed."""
        kept = tuple(e for e in self.extensions if not e.name.startswith(f"{{{SIGNATURES}}}"))
        return self.model_copy(update={"extensions": kept, "original": None})


@cache
def slots(kind: type[Block]) -> tuple[Slot, ...]:
    """The elements of a block, in the order in which CAP wants them."""
    return tuple(_slots(kind))


def _slots(kind: type[Block]) -> Iterator[Slot]:
    for field, about in kind.model_fields.items():
        for schema in about.metadata:
            if isinstance(schema, Element):
                many = get_origin(about.annotation) is tuple
                held = get_args(about.annotation)[0] if many else None
                block = held if isinstance(held, type) and issubclass(held, Block) else None
                yield Slot(about.alias or field, field, many, block, schema)


def values(block: Block, slot: Slot) -> tuple[Any, ...]:
    """What stands in one element of a block: none, one or several texts or blocks."""
    held = getattr(block, slot.field)
    if slot.many:
        return tuple(held)
    return () if held is None else (held,)


def walk(block: Block, path: str = "") -> Iterator[tuple[str, Block]]:
    """Yield the block and all blocks in it, each with its path: `info[2]/area[1]`. The alert's own path is empty."""
    yield path, block
    for slot in slots(type(block)):
        if slot.block:
            for number, inner in enumerate(values(block, slot), 1):
                yield from walk(inner, below(path, slot, number))


def below(path: str, slot: Slot, number: int = 1) -> str:
    """Name one element in the block at `path`; those that may stand several times carry their number."""
    name = f"{slot.name}[{number}]" if slot.many else slot.name
    return f"{path}/{name}" if path else name


MARKUP = frozenset({"extensions", "attributes"})
"""What nearly no document has; shown only where it is there."""


def show(alert: CapAlert) -> dict[str, Any]:
    """The alert as plain values under CAP's own names. What is absent is left out; references become a list."""
    plain = alert.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"original"})
    return {k: _without_empty(v) for k, v in plain.items() if v or k not in MARKUP} | {
        "references": (alert.references or "").split()
    }


def _without_empty(plain: Any) -> Any:
    if isinstance(plain, list):
        return [_without_empty(one) for one in plain]
    if not isinstance(plain, dict):
        return plain
    return {k: _without_empty(v) for k, v in plain.items() if v or k not in MARKUP}
