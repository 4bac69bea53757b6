"""What CAP's schema says of each text: there, one of the allowed words, of the right form.

The order and number of elements is for the reader to see; here the values are judged, wherever they came from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from onevoice.cap import times
from onevoice.cap.findings import UNCARRIED, Found, quoted, wrong
from onevoice.cap.model import Block, CapAlert, Form, Slot, below, slots, values, walk

LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")
DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,12}(?:\.[0-9]{0,12})?|\.[0-9]{1,12})")
INTEGER = re.compile(r"\+?[0-9]{1,15}")
URI = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?#\u00a1-\uffef-]|%[0-9A-Fa-f]{2})*")
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")


def _language(text: str) -> str | None:
    if LANGUAGE.fullmatch(text.strip()):
        return None
    return f"{quoted(text)} is not a language tag such as en-US or zh-Hans."


def _uri(text: str) -> str | None:
    stripped = text.strip()
    before, colon, _ = stripped.partition(":")
    nameless = bool(colon) and not set("/?#") & set(before) and not SCHEME.fullmatch(before)
    if nameless or stripped.count("#") > 1 or not URI.fullmatch(stripped) or _without_port(stripped):
        return f"{quoted(text)} is not a web address or URI."
    return None


def _without_port(text: str) -> bool:
    """True where a port is meant and is no number."""
    try:
        return urlsplit(text).port == 0
    except ValueError:
        return True


def _decimal(text: str) -> str | None:
    return None if DECIMAL.fullmatch(text.strip()) else f"{quoted(text)} is not a number such as 1500 or 1500.5."


def _integer(text: str) -> str | None:
    return None if INTEGER.fullmatch(text.strip()) else f"{quoted(text)} is not a whole number of bytes."


def _time(text: str) -> str | None:
    fault = times.fault(text)
    return f"{quoted(text)} {fault}" if fault else None


FORMS: dict[Form, Callable[[str], str | None]] = {
    "text": lambda _: None,
    "time": _time,
    "language": _language,
    "uri": _uri,
    "decimal": _decimal,
    "integer": _integer,
}


def rules(alert: CapAlert) -> Iterator[Found]:
    """Judge every text of the alert by what the schema says of its element."""
    for path, block in walk(alert):
        for slot in slots(type(block)):
            yield from _slot(block, slot, path)


def _slot(block: Block, slot: Slot, path: str) -> Iterator[Found]:
    held = values(block, slot)
    if slot.schema.required and not held:
        yield wrong(below(path, slot), "is missing.")
    for number, value in enumerate(held, 1):
        yield from _value(slot, below(path, slot, number), value)


def _value(slot: Slot, path: str, value: Any) -> Iterator[Found]:
    if slot.block is not None:
        return
    if slot.schema.required and not value.strip():
        yield wrong(path, "is empty.")
        return
    for fault in filter(None, (_unknown_word(slot, value), FORMS[slot.schema.form](value), _uncarried(value))):
        yield wrong(path, fault)


def _unknown_word(slot: Slot, value: str) -> str | None:
    allowed = slot.schema.one_of
    if not allowed or value in allowed:
        return None
    return f"{quoted(value)} is none of the words that CAP allows here. {_meant(slot, value)}"


def _meant(slot: Slot, value: str) -> str:
    if slot.name == "certainty" and value.strip().lower() == "very likely":
        return "“Very Likely” is of CAP 1.0: write Likely."
    for word in slot.schema.one_of:
        if word.lower() == value.strip().lower():
            return f"Write {word}, with these letters and no spaces around."
    return f"They are {', '.join(slot.schema.one_of)}."


def _uncarried(value: str) -> str | None:
    found = UNCARRIED.search(value)
    return f"holds the character U+{ord(found[0]):04X}, which XML cannot carry." if found else None
