"""Write a CAP document, and read one and write it again.

What `convert` keeps: every element of CAP and its text exactly, every other element with its place among its siblings,
the attributes of blocks, signatures. What it cannot keep, and says so: comments and processing instructions, attributes
of text elements, text between elements, a wrong order of elements. Layout, prefixes, CDATA marks and the encoding
become the house's own (two spaces, CAP's namespace as default, UTF-8). A signed alert is the exception: it is written
as it came, to the letter, because every new layout would break its signature.
"""

from __future__ import annotations

from collections.abc import Iterator

from onevoice.cap import wire
from onevoice.cap.findings import UNCARRIED
from onevoice.cap.foreign import attribute, escaped
from onevoice.cap.model import NAMESPACE, Block, CapAlert, Slot, below, slots, values, walk
from onevoice.cap.reader import flaws, read
from onevoice.cap.times import without_z
from onevoice.errors import Unusable
from onevoice.people import Frozen

STEP = "  "


class Converted(Frozen):
    """A document read and written again. `lost` says in sentences what could not be kept."""

    xml: bytes
    lost: tuple[str, ...] = ()


def write(alert: CapAlert) -> bytes:
    """Write the alert as CAP 1.2 XML in UTF-8, elements in CAP's order, no time with the letter Z.

    Raises:
        Unusable: a text holds what XML cannot carry, an extension is not XML, or a signed alert was changed.
    """
    if alert.original is not None:
        return _as_signed(alert, alert.original)
    text = wire.UTF8_DECLARATION + "\n".join(_lines(alert, "alert", "", "", f' xmlns="{NAMESPACE}"')) + "\n"
    if any(block.extensions or block.attributes for _, block in walk(alert)):
        wire.tree(text)  # extensions and attributes come as markup: make sure that the whole is still one document
    return text.encode()


def _as_signed(alert: CapAlert, original: str) -> bytes:
    data = original.encode()
    if read(data) != alert:
        raise Unusable(
            "This alert was changed after it was signed, so its signature no longer holds.",
            remedy="Take the signature off (CapAlert.unsigned) before you change a signed alert.",
        )
    return data


def convert(data: bytes) -> Converted:
    """Read a document and write it again.

    Raises:
        Unusable: as `read`.
    """
    alert = read(data)
    if alert.original is not None:
        return Converted(xml=write(alert))
    lost = tuple(f"{flaw.element} {flaw.reason}" for flaw in flaws(wire.document(data)) if flaw.lost)
    return Converted(xml=write(alert), lost=lost)


def _lines(block: Block, name: str, path: str, indent: str, namespace: str = "") -> Iterator[str]:
    yield f"{indent}<{name}{namespace}{_attributes(block, path)}>"
    inner = [line for slot in slots(type(block)) for line in _slot(block, slot, path, indent + STEP)]
    for extension in sorted(block.extensions, key=lambda e: e.position):
        inner.insert(extension.position, indent + STEP + extension.xml)
    yield from inner
    yield f"{indent}</{name}>"


def _slot(block: Block, slot: Slot, path: str, indent: str) -> Iterator[str]:
    """Yield each element of a slot as one piece, however many lines it has."""
    for number, value in enumerate(values(block, slot), 1):
        here = below(path, slot, number)
        if isinstance(value, Block):
            yield "\n".join(_lines(value, slot.name, here, indent))
        else:
            text = without_z(value) if slot.schema.form == "time" else value
            yield f"{indent}<{slot.name}>{_escaped(text, here)}</{slot.name}>"


def _escaped(text: str, path: str) -> str:
    _carried(text, path)
    return escaped(text)


def _carried(text: str, path: str) -> None:
    found = UNCARRIED.search(text)
    if found:
        raise Unusable(
            f"holds the character U+{ord(found[0]):04X}, which XML cannot carry.", where=path, remedy="Take it out."
        )


def _attributes(block: Block, path: str) -> str:
    for name, value in block.attributes:
        _carried(name + value, path or "alert")
    return "".join(attribute(name, value, f"n{i}") for i, (name, value) in enumerate(block.attributes))
