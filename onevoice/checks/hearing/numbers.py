"""Links, phone numbers and quantities that a text gives."""

from __future__ import annotations

import re
from collections.abc import Iterable

from onevoice.alert import Kind
from onevoice.checks.hearing.question import Contradiction, Heard, Question, approved, note, state, stranger, wrong
from onevoice.checks.reading import links, moments, quantities
from onevoice.checks.reading.folded import fold
from onevoice.facts import EmergencyNumber, Phone, Url


def hear(question: Question, heard: Heard) -> None:
    """Links, phone numbers, quantities."""
    for part in (_links, _phones, _quantities):
        part(question, heard)


# --- links and phones


def _links(question: Question, heard: Heard) -> None:
    url = question.alert.factset.get("url")
    own = [url.url if isinstance(url, Url) else question.alert.page_url, question.alert.page_url]
    found = links.links(question.source)
    for link in found:
        if any(links.same_link(link.text, one) for one in own):
            state(heard, "url")
    for link in found:
        if any(links.same_link(link.text, one) for one in own):
            continue
        told = Contradiction(
            "url", link.text, own[0], "C07", f"The text links to {link.text}, which is not the alert's."
        )
        if any(links.same_host(link.text, one) for one in own):
            wrong(heard, *told)
        else:
            stranger(question, heard, told)
    if "url" not in heard.states:
        heard.lacks.append("url")


def _numbers(question: Question) -> dict[str, str]:
    known = {f"{purpose}_phone": number for purpose, number in question.authority.phones.items()}
    facts = question.alert.factset.facts.items()
    known |= {f"{one.id} {at}": line.number for one in question.services for at, line in enumerate(one.lines)}
    known |= {n: fact.number for n, fact in facts if isinstance(fact, EmergencyNumber)}
    return known | {n: fact.e164 for n, fact in facts if isinstance(fact, Phone)}


def _phones(question: Question, heard: Heard) -> None:
    text = _blank_moments(question)
    for link in links.links(text):
        text = text.replace(link.text, " " * len(link.text))
    known = _numbers(question)
    older = [fact.e164 for fact in (question.older.facts.values() if question.older else ()) if isinstance(fact, Phone)]
    strange = []
    for phone in links.phones(text):
        if any(links.same_phone(phone.text, number) for number in known.values()):
            state(heard, "phone")
        elif not (question.alert.kind is Kind.CORRECTION and any(links.same_phone(phone.text, n) for n in older)):
            strange.append(phone.text)
    _emergency_number(question, heard, text)
    for said in strange:
        expected = _nearest(said, known.values())
        stale = any(links.same_phone(said, number) for number in older)
        message = (
            f"“{said}” is the number of the version before." if stale else f"No fact states the phone number “{said}”."
        )
        told = Contradiction("phone", said, expected, "C16" if stale else "C03", message)
        if stale or _close(said, expected):
            wrong(heard, *told)
        else:
            stranger(question, heard, told)


def _emergency_number(question: Question, heard: Heard, text: str) -> None:
    """Three digits that are the emergency number but for a slip, where the number itself stands nowhere."""
    fact = question.alert.factset.get("emergency_number")
    alone = _SHORT.findall(text)
    if not isinstance(fact, EmergencyNumber) or fact.number in alone:
        return
    for said in alone:
        slip = said[0] == fact.number[0] and _edits(said, fact.number) == 1  # 211 and 311 are other services
        if len(said) == len(fact.number) and (slip or sorted(said) == sorted(fact.number)):
            message = f"No fact states the phone number “{said}”."
            wrong(heard, "phone", said, fact.number, "C03", message)


_SHORT = re.compile(r"(?<![\w.,:/$€°-])(?<!\d )\d{2,4}(?![\w:/%°-]|[.,]\d)(?! \d| [A-Z])")
"""A short number by itself: no part of a longer one, and none before the name of a street."""


def _blank_moments(question: Question) -> str:
    """The text as written, without its times and dates: 2026-11-22 is no phone number."""
    told, lone = moments.read(fold(question.source, question.language), question.tongue)
    characters = list(question.source)
    at = question.folded.at
    for span in [*(m.span for m in told), *(d.span for m in told for d in m.days), *(d.span for d in lone)]:
        for i in range(at[span.start], at[span.end]):
            characters[i] = " " if characters[i] != "\n" else "\n"
    return "".join(characters)


def _nearest(said: str, known: Iterable[str]) -> str:
    return min(known, key=lambda number: _distance(links.digits(said), links.digits(number)), default="")


def _close(said: str, number: str) -> bool:
    """True where it is a known number with a slip in it, or cut short."""
    spoken, full = links.digits(said), links.digits(number)
    return _distance(spoken, full) <= _SLIPS or full.startswith(spoken) or full[1:].startswith(spoken)


_SLIPS = 3


def _distance(said: str, number: str) -> int:
    """Digits that differ, counted from the number with or without its country's code."""
    return min(_edits(said, number), _edits(said, number[1:]))


def _edits(one: str, other: str) -> int:
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        row, last = [i], row
        for j, b in enumerate(other, 1):
            row.append(min(last[j] + 1, row[-1] + 1, last[j - 1] + (a != b)))
    return row[-1]


# --- steps and quantities


def _quantities(question: Question, heard: Heard) -> None:
    text = question.counted
    for span in (m.span for m in moments.read(text, question.tongue)[0]):
        text = text.blanked(*span)
    own = list(quantities.of_texts(approved(question), question.tongue))
    for said in quantities.read(text, question.tongue):
        if any(said.same(one) for one in own):
            continue
        near = next((one for one in own if said.mixed_up(one)), None)
        found = text.written(question.source, *said.span)
        if near:
            wrong(heard, "quantity", found, f"{near.value:g} {near.unit}", "C06")
        elif question.strict:
            wrong(heard, "quantity", found, "", "C06", f"No fact and no approved sentence states “{found}”.")
        else:
            note(heard, found)
