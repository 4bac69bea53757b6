"""From octets to a tree of elements, before anything in them is believed.

A CAP file comes from outside. Its size, its depth and its number of elements are bounded, a document type (and with it
every entity) is refused before the parser sees it, and the parser loads nothing: not from disk, not from the network.
The octets are decoded once, here, so that the search for a document type and the parser see the same characters.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from onevoice.cap.findings import quoted
from onevoice.cap.model import NAMESPACE, SIGNATURES
from onevoice.errors import Unusable

if TYPE_CHECKING:
    from lxml.etree import XMLPullParser, _Element

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 64
MAX_ELEMENTS = 10_000
PIECE = 64 * 1024
DEEPER = {"start": 1, "end": -1}

ENCODINGS = ("utf-8", "us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252")
"""Encodings that a declaration may name. UTF-16 is known by its byte order mark."""

MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
NAMED = re.compile(rb"<\?xml\s[^>]{0,100}?encoding\s{0,9}=\s{0,9}[\"']([A-Za-z0-9._-]{1,40})[\"']")
DECLARATION = re.compile(
    r"<\?xml\s+version\s*=\s*(?:\"1\.[0-9]\"|'1\.[0-9]')"
    r"(?:\s+encoding\s*=\s*(?:\"[A-Za-z0-9._-]{1,40}\"|'[A-Za-z0-9._-]{1,40}'))?"
    r"(?:\s+standalone\s*=\s*(?:\"(?:yes|no)\"|'(?:yes|no)'))?\s*\?>"
)
"""A right XML declaration. It is taken off, since the text is already decoded; a wrong one is left for the parser."""

DOCUMENT_TYPE = re.compile(r"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
UTF8_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'

OLDER = {
    "urn:oasis:names:tc:emergency:cap:1.1": "CAP 1.1",
    "http://www.incident.com/cap/1.0": "CAP 1.0",
}


class Document(NamedTuple):
    """A document that was decoded and parsed."""

    text: str
    root: _Element
    """The alert element, without comments and processing instructions."""
    asides: int
    """How many comments and processing instructions there were."""


def document(data: bytes) -> Document:
    """Decode and parse a CAP 1.2 document.

    Raises:
        Unusable: empty, too large, not in the encoding that it names, a document type, malformed, too deep, too many
            elements, or not CAP 1.2.
    """
    text = _text(data)
    root, asides = tree(text)
    _is_cap(root.tag)
    return Document(text, root, asides)


def _text(data: bytes) -> str:
    if not data.strip():
        raise Unusable("The file is empty.")
    if len(data) > MAX_BYTES:
        raise Unusable(
            f"The file has {len(data):,} bytes; a CAP alert may have {MAX_BYTES:,}.",
            remedy="Put pictures behind a link (uri) and simplify polygons.",
        )
    return _decoded(data, _encoding(data))


def _encoding(data: bytes) -> str:
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return encoding
    named = NAMED.match(data)
    encoding = named[1].decode().lower() if named else "utf-8"
    if encoding not in ENCODINGS:
        raise Unusable(f"The encoding {quoted(encoding)} is not accepted.", remedy="Write the file in UTF-8.")
    return encoding


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as problem:
        raise Unusable(
            f"Byte {problem.start} is not valid {encoding.upper()}.", remedy="Write the file in UTF-8."
        ) from None


def as_utf8(text: str) -> str:
    """The document unchanged, or with a declaration that stays true once it is written in UTF-8."""
    named = NAMED.match(text[:PIECE].encode(errors="replace"))
    if named is None or named[1].lower() in {b"utf-8", b"us-ascii"}:
        return text
    return UTF8_DECLARATION + _undeclared(text).lstrip()


def tree(text: str) -> tuple[_Element, int]:
    """Parse any XML within the bounds: its root, and how many comments and processing instructions were dropped.

    Raises:
        Unusable: a document type, malformed XML, too deep, too many elements.
    """
    if DOCUMENT_TYPE.search(text):
        raise Unusable(
            "The file holds a document type or an entity (<!DOCTYPE, <!ENTITY), which CAP never needs and OneVoice "
            "never reads."
        )
    return _parsed(_undeclared(text))


def _undeclared(text: str) -> str:
    found = DECLARATION.match(text)
    return text[found.end() :] if found else text


def _parsed(text: str) -> tuple[_Element, int]:
    from lxml import etree  # noqa: PLC0415  (16 ms: only for those who read XML)

    parser = etree.XMLPullParser(
        ("start", "end", "comment", "pi"),
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
    )
    try:
        asides = _feed(parser, text.encode())
        root = parser.close()
    except etree.XMLSyntaxError as problem:
        line, column = problem.position
        raise Unusable(
            f"This is not well-formed XML: the trouble shows at line {line}, column {column}.",
            remedy="See whether the file is whole.",
        ) from None
    etree.strip_tags(root, etree.Comment, etree.PI)  # joins the texts around them
    return root, asides


def _feed(parser: XMLPullParser, data: bytes) -> int:
    depth = elements = asides = 0
    for start in range(0, len(data), PIECE):
        parser.feed(data[start : start + PIECE])
        for event, _ in parser.read_events():
            depth += DEEPER.get(event, 0)
            elements += event == "start"
            asides += event not in DEEPER
            _bounded(depth, elements)
    return asides


def _bounded(depth: int, elements: int) -> None:
    if depth > MAX_DEPTH:
        raise Unusable(f"Elements stand more than {MAX_DEPTH} deep in one another.")
    if elements > MAX_ELEMENTS:
        raise Unusable(f"The file has more than {MAX_ELEMENTS:,} elements.", remedy="Send fewer areas or infos.")


def _is_cap(name: str) -> None:
    if name == f"{{{NAMESPACE}}}alert":
        return
    namespace, local = split(name)
    if namespace in OLDER and local == "alert":
        raise Unusable(f"This is {OLDER[namespace]}; OneVoice reads CAP 1.2.", remedy="Ask the sender for CAP 1.2.")
    raise Unusable(
        f"This is not CAP 1.2: the outermost element is {quoted(local)} in the namespace {quoted(namespace)}.",
        remedy=f'A CAP alert begins with <alert xmlns="{NAMESPACE}">.',
    )


def split(name: str) -> tuple[str, str]:
    """Namespace (empty where there is none) and local part of a Clark name."""
    namespace, _, local = name.removeprefix("{").rpartition("}")
    return namespace, local


def signed(root: _Element) -> bool:
    """True where a signature stands anywhere in the document."""
    return next(root.iter(f"{{{SIGNATURES}}}Signature"), None) is not None


def children(element: _Element) -> Iterator[_Element]:
    """Yield the elements in an element."""
    return element.iterchildren("*")
