"""The whole check of a CAP document: its shape, its schema, and what the standard and its readers ask beyond that.

The official schema takes a polygon of rubbish for right, so it is no check by itself. Each rule family stands in its
own module; this one only runs them all.
"""

from __future__ import annotations

from onevoice.cap import reader, rules_alert, rules_area, rules_info, rules_languages, schema, wire
from onevoice.cap.findings import Check, Found, verdict, wrong
from onevoice.cap.model import CapAlert
from onevoice.errors import Unusable

FAMILIES = (schema.rules, rules_alert.rules, rules_info.rules, rules_area.rules, rules_languages.rules)


def check(document: CapAlert | bytes) -> Check:
    """Check an alert, or a file's octets. Octets that cannot be read at all give one error; nothing is raised."""
    if isinstance(document, CapAlert):
        return verdict(_judged(document))
    try:
        return verdict(_octets(document))
    except Unusable as problem:
        return verdict([wrong("alert", str(problem))])


def _judged(alert: CapAlert) -> list[Found]:
    return [found for family in FAMILIES for found in family(alert)]


def _octets(data: bytes) -> list[Found]:
    """Shape first; where an element was named as missing, its missing text is not told a second time."""
    document = wire.document(data)
    flaws = reader.flaws(document)
    missing = {flaw.element for flaw in flaws if flaw.unreadable}
    judged = [found for found in _judged(reader.build(document)) if found.element not in missing]
    return [wrong(flaw.element, flaw.reason) for flaw in flaws if flaw.error] + judged
