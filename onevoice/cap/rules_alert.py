"""What CAP asks of an alert as a whole, beyond the schema: who, for whom, in answer to what."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from onevoice.cap import times
from onevoice.cap.findings import Found, doubtful, quoted, wrong
from onevoice.cap.model import CapAlert

FORBIDDEN = re.compile(r"[\s,<&]")
ANSWERS = frozenset({"Update", "Cancel", "Ack", "Error"})
"""Message types that mean nothing without the alert that they answer."""

PRACTICE = re.compile(r"\W*(?:exercise|test|drill)\b", re.IGNORECASE)


class Reference(NamedTuple):
    """One earlier alert that an alert answers."""

    sender: str
    identifier: str
    sent: str


def reference(text: str) -> Reference | None:
    """Read `sender,identifier,sent`; None where it is not that."""
    parts = text.split(",")
    if len(parts) != len(Reference._fields) or not all(parts) or times.fault(parts[2]):
        return None
    found = Reference(*parts)
    return None if FORBIDDEN.search(found.sender + found.identifier) else found


def rules(alert: CapAlert) -> Iterator[Found]:
    """Judge the alert's own elements."""
    for rule in RULES:
        yield from rule(alert)


def _names(alert: CapAlert) -> Iterator[Found]:
    for element, text in (("identifier", alert.identifier), ("sender", alert.sender)):
        found = FORBIDDEN.search(text)
        if found and text.strip():
            what = "white space" if found[0].isspace() else f"the character {found[0]}"
            yield wrong(element, f"{quoted(text)} holds {what}; CAP allows no white space, comma, < or & here.")


def _scope(alert: CapAlert) -> Iterator[Found]:
    restriction, addresses = (alert.restriction or "").strip(), (alert.addresses or "").strip()
    if alert.scope == "Restricted" and not restriction:
        yield wrong("restriction", "is missing: an alert of scope Restricted says how it is restricted.")
    if alert.scope != "Restricted" and alert.restriction is not None:
        yield wrong("restriction", f"stands though the scope is {quoted(alert.scope)}; only Restricted has one.")
    if alert.scope == "Private" and not addresses:
        yield wrong("addresses", "is missing: an alert of scope Private names whom it is for.")


def _lists(alert: CapAlert) -> Iterator[Found]:
    for element, text in (("addresses", alert.addresses), ("incidents", alert.incidents)):
        if (text or "").count('"') % 2:
            yield doubtful(element, "has a quotation mark without its second: names with spaces stand between two.")


def _answer(alert: CapAlert) -> Iterator[Found]:
    if alert.msg_type in ANSWERS and not (alert.references or "").strip():
        yield wrong("references", f"is missing: {alert.msg_type} means nothing without the alert that it is about.")
    texts = (alert.references or "").split()
    for text in texts:
        yield from _one_reference(alert, text)
    if len(set(texts)) < len(texts):
        yield doubtful("references", "names the same alert more than once.")


def _one_reference(alert: CapAlert, text: str) -> Iterator[Found]:
    found = reference(text)
    if found is None:
        yield wrong("references", f"{quoted(text)} is not sender,identifier,sent with a time such as {times.EXAMPLE}.")
        return
    if (found.sender, found.identifier) == (alert.sender, alert.identifier):
        yield wrong("references", "names this alert itself.")
    mine, theirs = times.instant(alert.sent), times.instant(found.sent)
    if mine and theirs and theirs > mine:
        yield wrong("references", f"{quoted(found.identifier)} was sent at {found.sent}, later than this alert.")
    if found.sender != alert.sender:
        yield doubtful("references", f"{quoted(found.identifier)} is another sender's alert ({quoted(found.sender)}).")


def _status(alert: CapAlert) -> Iterator[Found]:
    if alert.status == "Exercise" and not (alert.note or "").strip():
        yield doubtful("note", "is missing: an exercise says in its note which exercise it belongs to.")
    if alert.status == "Draft":
        yield doubtful("status", "is Draft: receivers must not act on it.")
    if alert.status == "Actual":
        yield from _practice(alert)


def _practice(alert: CapAlert) -> Iterator[Found]:
    for number, info in enumerate(alert.infos, 1):
        if PRACTICE.match(info.headline or ""):
            yield doubtful(f"info[{number}]/headline", "begins like an exercise or a test, and the status is Actual.")


def _explained(alert: CapAlert) -> Iterator[Found]:
    if alert.msg_type == "Error" and not (alert.note or "").strip():
        yield doubtful("note", "is missing: an Error says there why the alert was refused.")
    if alert.msg_type in {"Alert", "Update"} and not alert.infos:
        yield doubtful("info", f"is missing: {alert.msg_type} without an info block tells people nothing.")


RULES: tuple[Callable[[CapAlert], Iterator[Found]], ...] = (_names, _scope, _lists, _answer, _status, _explained)
