"""The shape of a finished text, after whatever was left out: complete, in the order that people understand, short.

The order is that of the Warning Response Model as tested on short messages: source, hazard, place, action, time, more.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import urlsplit

from onevoice.alert import Kind
from onevoice.checks import numbers, sentences
from onevoice.checks.case import FREE_WORDS, UNTIMED, Case
from onevoice.checks.facts import NOT_SAID
from onevoice.checks.plain import plain
from onevoice.checks.rules import finding
from onevoice.lexicon import OUTSIDE, slots
from onevoice.people import Means
from onevoice.variant import Finding

SHORT = frozenset([Means.SMS, Means.SOCIAL])
FULL = frozenset([Means.SMS, Means.SOCIAL, Means.EMAIL])
"""Means whose text has room for all of it in this order; other forms have one of their own."""
_THREE = 3
MOST_STEPS: dict[str, int] = {
    Kind.PREPAREDNESS: 3, Kind.WATCH: 3, Kind.WARNING: 5, Kind.UPDATE: 5, Kind.CORRECTION: 2, Kind.ALL_CLEAR: 3,
    Kind.RECOVERY: 5, Kind.SUPPORT: 2, OUTSIDE: 3,
}  # fmt: skip
"""Kind → most steps that people keep in mind; of a warning, in the long form."""
_SHORTENERS = frozenset(
    ["bit.ly", "tinyurl.com", "t.co", "goo.gl", "ow.ly", "is.gd", "buff.ly", "rb.gy", "cutt.ly", "t.ly", "shorturl.at"]
)
_CHANGED_TIME = ("frame.changed.act_by", "frame.changed.expires")


def check(case: Case) -> Iterator[Finding]:
    """For each language, in the parts that carry the whole message."""
    yield from _links(case)
    if case.variant.means not in FULL:
        return
    yield from _steps(case)
    for part in case.whole:
        for language in case.languages:
            yield from _impact(case, part, language)
            yield from _until(case, part, language)
            if part == "text" and len(case.languages) == 1 and case.kind != Kind.CORRECTION:
                yield from _order(case, part, language)


def _at(case: Case, part: str, language: str, name: str) -> int | None:
    """Where a sentence begins in a part; None where it does not stand there."""
    return _in(case.texts[part], case, language, name)


def _in(whole: str, case: Case, language: str, name: str) -> int | None:
    key = case.key(name)
    text = case.said(language, key).text if key else ""
    match = next(sentences.found(text, whole), None) if sentences.has_words(text) else None
    if match:
        return match.start()
    return whole.find(text) if text and sentences.as_written(text, whole) else None


def _stands(case: Case, part: str, language: str, name: str) -> bool:
    return _at(case, part, language, name) is not None


# --- complete


def _impact(case: Case, part: str, language: str) -> Iterator[Finding]:
    """What can happen stands in a watch and a warning, unless it is not known or had no room."""
    if case.kind not in (Kind.WATCH, Kind.WARNING) or {"detail of impact", NOT_SAID} & set(case.variant.left_out):
        return
    hazard = f"hazard.{case.alert.hazard}"
    told = (f"{hazard}.{case.kind}.impact", f"{hazard}.{case.kind}.detail", f"{hazard}.unknown.impact")
    if not any(_stands(case, part, language, name) for name in told):
        said = f"{language}: the text does not say what can happen."
        yield finding("L01", said, part=part, remedy=_unchecked(case, language, told[0]))


def _unchecked(case: Case, language: str, impact: str) -> str:
    """What to do where the sentence waits for words that nobody has checked in this language; else the usual."""
    key = case.key(impact)
    text = case.said(language, key).text if key else ""
    lacking = sorted(FREE_WORDS.intersection(slots(text)) - case.names(language).keys())
    return f"Write {lacking[0]} in {language} too, and have it checked: `texts` and `checked_by`." if lacking else ""


def _until(case: Case, part: str, language: str) -> Iterator[Finding]:
    if case.kind in UNTIMED:
        return
    ends = ("frame.act_by", "frame.until", "frame.next_update", *_CHANGED_TIME)
    if not any(_stands(case, part, language, name) for name in ends):
        yield finding("L14", f"{language}: the text does not say until when it holds.", part=part)


# --- in order


def _order(case: Case, part: str, language: str) -> Iterator[Finding]:
    places = [(name, at) for name, at in _elements(case, part, language) if at is not None]
    for (first, before), (second, after) in pairwise(places):
        if after < before:
            yield finding("L07", f"{language}: {second} stands before {first}.", part=part)
            return


def _elements(case: Case, part: str, language: str) -> Iterator[tuple[str, int | None]]:
    text, actions = _without_note(case, part, language), case.actions
    source = text.find(case.names(language)["source"])
    yield "the source", source if source >= 0 else None
    yield "the hazard", _in(text, case, language, case.opening())
    yield "the place", _in(text, case, language, "frame.where")
    yield "the first step", _in(text, case, language, f"action.{actions[0]}") if actions else None
    if case.kind not in UNTIMED:
        yield "the time", _in(text, case, language, "frame.act_by" if case.alert.act_by else "frame.until")
    yield "the link", max((link.start for link in numbers.urls(text) if link.text == case.url()), default=None)


def _without_note(case: Case, part: str, language: str) -> str:
    """The text with blanks where an exercise says that nothing need be done: the step of a test has the same words."""
    key = case.key("frame.exercise_note")
    note = plain(case.said(language, key).text) if key else ""
    return case.texts[part].replace(note, " " * len(note)) if note else case.texts[part]


# --- short


def _steps(case: Case) -> Iterator[Finding]:
    most = MOST_STEPS.get(case.kind, _THREE)
    most = min(most, _THREE) if case.variant.means in SHORT and case.kind == Kind.WARNING else most
    told = len(case.variant.actions)
    if told > most:
        yield finding("L08", f"{told} steps; people keep {most} in mind in a message of this kind.")


def _links(case: Case) -> Iterator[Finding]:
    for part, text in case.texts.items():
        for link in numbers.urls(text):
            address = link.text if "://" in link.text else f"https://{link.text}"
            if (urlsplit(address).hostname or "").removeprefix("www.") in _SHORTENERS:
                yield finding("L13", f"{link.text} is a short link: nobody sees where it leads.", part=part)
