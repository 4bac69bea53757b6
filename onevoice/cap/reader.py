"""Read a CAP document: the tree of elements becomes values, and what does not fit CAP's shape is named.

`read` wants a sound shape: required elements there, single ones once, text where text belongs. Whether the texts are
right is for `check` to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from onevoice.cap import wire
from onevoice.cap.findings import quoted
from onevoice.cap.foreign import as_xml
from onevoice.cap.model import NAMESPACE, SIGNATURES, Block, CapAlert, Extension, Slot, below, slots
from onevoice.errors import Unusable

if TYPE_CHECKING:
    from lxml.etree import _Element

B = TypeVar("B", bound=Block)

SCHEMA_HINTS = frozenset(
    f"{{http://www.w3.org/2001/XMLSchema-instance}}{name}" for name in ("schemaLocation", "noNamespaceSchemaLocation")
)
"""Attributes that every XML document may carry."""

LAST = "the signature"
TOLD = 3
"""How many flaws one refusal tells; `check` tells all."""


class Flaw(NamedTuple):
    """Something whose shape is not CAP's."""

    element: str
    reason: str
    unreadable: bool = False
    """True where two readers might understand it differently."""
    lost: bool = False
    """True where writing the alert again does not bring it back."""
    error: bool = True


class Child(NamedTuple):
    """One child element: with its slot where CAP has one for it, its number among its like, its place among all."""

    element: _Element
    slot: Slot | None
    number: int
    position: int


def read(data: bytes) -> CapAlert:
    """Read one CAP 1.2 alert. Nothing is fetched, and no entity is resolved.

    Args:
        data: the file's octets: UTF-8, UTF-16 with its mark, or a Latin encoding that the file names.

    Raises:
        Unusable: not well-formed, not CAP 1.2, a document type, over 1 MiB, 64 levels or 10,000 elements, or of a
            shape that two readers could understand differently.
    """
    document = wire.document(data)
    _refuse([flaw for flaw in flaws(document) if flaw.unreadable])
    return build(document)


def _refuse(unreadable: list[Flaw]) -> None:
    if not unreadable:
        return
    told = [f"{flaw.element} {flaw.reason}" for flaw in unreadable[:TOLD]]
    if len(unreadable) > TOLD:
        told.append(f"And {len(unreadable) - TOLD} more.")
    raise Unusable(" ".join(told), remedy="`onevoice cap check` lists everything that is wrong with the file.")


def build(document: wire.Document) -> CapAlert:
    """Make the values. A required text that is not there becomes the empty text: `flaws` has named it."""
    alert = _block(CapAlert, document.root)
    if not wire.signed(document.root):
        return alert
    return alert.model_copy(update={"original": wire.as_utf8(document.text)})


def _block(kind: type[B], element: _Element) -> B:
    held: dict[str, Any] = {slot.field: [] if slot.many else "" for slot in slots(kind) if slot.schema.required}
    for child in _children(kind, element):
        if child.slot is None:
            held.setdefault("extensions", []).append(_extension(child))
        elif child.slot.many:
            held.setdefault(child.slot.field, []).append(_value(child.slot, child.element))
        else:
            held[child.slot.field] = _value(child.slot, child.element)
    return kind(**held, attributes=tuple((str(k), str(v)) for k, v in element.attrib.items()))


def _value(slot: Slot, element: _Element) -> Block | str:
    return _block(slot.block, element) if slot.block else element.text or ""


def _extension(child: Child) -> Extension:
    return Extension(name=str(child.element.tag), position=child.position, xml=as_xml(child.element))


def _children(kind: type[Block], element: _Element) -> Iterator[Child]:
    known = {f"{{{NAMESPACE}}}{slot.name}": slot for slot in slots(kind)}
    seen: dict[str, int] = {}
    for position, child in enumerate(wire.children(element)):
        name = str(child.tag)
        seen[name] = seen.get(name, 0) + 1
        yield Child(child, known.get(name), seen[name], position)


def flaws(document: wire.Document) -> list[Flaw]:
    """Everything whose shape is not CAP's, in the order of the document."""
    return [*_asides(document), *_block_flaws(CapAlert, document.root, "")]


def _asides(document: wire.Document) -> Iterator[Flaw]:
    """Comments and processing instructions mean nothing in CAP: no error, but they do not come back."""
    if document.asides:
        said = f"holds comments or processing instructions ({document.asides})."
        yield Flaw("alert", said, lost=True, error=False)


def _block_flaws(kind: type[Block], element: _Element, path: str) -> Iterator[Flaw]:
    here = path or "alert"
    children = list(_children(kind, element))
    yield from _attribute_flaws(element, here, kept=True)
    if (element.text or "").strip() or any((child.element.tail or "").strip() for child in children):
        yield Flaw(here, "has text between its elements.", lost=True)
    yield from _missing(kind, children, path)
    yield from _disorder(kind, children, path)
    for child in children:
        yield from _child_flaws(kind, child, path)


def _attribute_flaws(element: _Element, path: str, *, kept: bool) -> Iterator[Flaw]:
    for name in element.attrib:
        if str(name) not in SCHEMA_HINTS:
            local = quoted(wire.split(str(name))[1])
            yield Flaw(path, f"has an attribute {local}, which CAP does not define.", lost=not kept)


def _missing(kind: type[Block], children: list[Child], path: str) -> Iterator[Flaw]:
    there = {child.slot.name for child in children if child.slot}
    for slot in slots(kind):
        if slot.schema.required and slot.name not in there:
            yield Flaw(below(path, slot), f"is missing: {kind_name(kind)} needs it.", unreadable=True)


def kind_name(kind: type[Block]) -> str:
    """How a sentence names a block of CAP."""
    return {"CapAlert": "an alert", "Info": "an info block", "CapArea": "an area"}.get(kind.__name__, "its block")


def _disorder(kind: type[Block], children: list[Child], path: str) -> Iterator[Flaw]:
    """An element that stands after one that CAP wants later; a signature counts as last."""
    order = {slot.name: number for number, slot in enumerate(slots(kind))} | {LAST: len(slots(kind))}
    latest = ""
    for child in children:
        name = child.slot.name if child.slot else LAST
        if child.slot is None and wire.split(child.element.tag)[0] != SIGNATURES:
            continue
        if order[name] < order.get(latest, -1) and child.slot:
            here = below(path, child.slot, child.number)
            yield Flaw(here, f"stands after {latest}; CAP wants it before.", lost=True)
        else:
            latest = name


def _child_flaws(kind: type[Block], child: Child, path: str) -> Iterator[Flaw]:
    if child.slot is None:
        yield from _stranger(kind, child, path)
        return
    here = below(path, child.slot, child.number)
    if child.number > 1 and not child.slot.many:
        yield Flaw(here, "stands more than once.", unreadable=True)
    if child.slot.block:
        yield from _block_flaws(child.slot.block, child.element, here)
        return
    yield from _attribute_flaws(child.element, here, kept=False)
    if next(wire.children(child.element), None) is not None:
        yield Flaw(here, "has elements in it; CAP has only text there.", unreadable=True)


def _stranger(kind: type[Block], child: Child, path: str) -> Iterator[Flaw]:
    """Only signatures may stand beside CAP's own elements, and only in the alert itself."""
    namespace, local = wire.split(child.element.tag)
    if kind is CapAlert and namespace == SIGNATURES:
        return
    yield Flaw(path or "alert", f"has an element {quoted(local)}, which CAP does not define here.")
