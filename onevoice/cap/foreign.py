"""Elements and attributes that are not CAP's, as text that may stand in a CAP document.

The usual serialisers do not do: an element without a namespace, cut out of its document, would fall into CAP's
namespace when it is put into another one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from onevoice.cap.model import NAMESPACE
from onevoice.cap.wire import children, split

if TYPE_CHECKING:
    from lxml.etree import _Element

XML = "http://www.w3.org/XML/1998/namespace"
Scope = Mapping[str | None, str]
IN_CAP: Scope = {None: NAMESPACE, "xml": XML}
"""The namespaces known in a document that the writer lays out."""


def as_xml(element: _Element, scope: Scope = IN_CAP) -> str:
    """One element and all in it, with its own prefixes, every namespace declared where it is first needed."""
    needed = {prefix: namespace for prefix, namespace in _needed(element) if scope.get(prefix, "") != namespace}
    inside = {**scope, **needed}
    declared = "".join(f" {_xmlns(prefix)}={quoteattr(namespace)}" for prefix, namespace in needed.items())
    attributes = "".join(f" {_attribute_name(element, str(k))}={quoteattr(str(v))}" for k, v in element.attrib.items())
    name = _joined(element.prefix, split(element.tag)[1])
    content = "".join(as_xml(child, inside) + escaped(child.tail or "") for child in children(element))
    return f"<{name}{declared}{attributes}>{escaped(element.text or '')}{content}</{name}>"


def _needed(element: _Element) -> Iterator[tuple[str | None, str]]:
    """Yield prefix and namespace of the element and of its attributes."""
    yield element.prefix, split(element.tag)[0]
    for name in element.attrib:
        namespace = split(str(name))[0]
        if namespace:
            yield _prefix(element, namespace), namespace


def _prefix(element: _Element, namespace: str) -> str:
    """The prefix that stands for a namespace at this element; the one of `xml` is never declared."""
    known = {**element.nsmap, "xml": XML}
    return next(prefix for prefix, named in known.items() if named == namespace and prefix)


def _attribute_name(element: _Element, name: str) -> str:
    namespace, local = split(name)
    return _joined(_prefix(element, namespace) if namespace else None, local)


def _joined(prefix: str | None, local: str) -> str:
    return f"{prefix}:{local}" if prefix else local


def _xmlns(prefix: str | None) -> str:
    return f"xmlns:{prefix}" if prefix else "xmlns"


def attribute(name: str, value: str, prefix: str) -> str:
    """An attribute by its Clark name; `prefix` stands for its namespace where it has one."""
    namespace, local = split(name)
    if not namespace:
        return f" {local}={quoteattr(value)}"
    if namespace == XML:
        return f" xml:{local}={quoteattr(value)}"
    return f" xmlns:{prefix}={quoteattr(namespace)} {prefix}:{local}={quoteattr(value)}"


def escaped(text: str) -> str:
    """A text as it stands between tags; a carriage return survives the next reader only as a reference."""
    return escape(text, {"\r": "&#13;"})
