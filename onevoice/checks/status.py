"""Status and source: an exercise never passes for real, a real alert never for an exercise, and somebody speaks."""

from __future__ import annotations

from collections.abc import Iterator

from onevoice.alert import Kind, Status
from onevoice.checks import numbers, sentences
from onevoice.checks.case import Case
from onevoice.checks.plain import plain
from onevoice.checks.reading.words import tongue
from onevoice.checks.rules import finding
from onevoice.checks.style import style_in
from onevoice.checks.terms import bounded
from onevoice.checks.wording import readable
from onevoice.people import Means
from onevoice.variant import Finding

_WHOLE = ("text", "html", "description", "questions", "limits")
_ENDS = {"subject": (0,), "headline": (0,), **dict.fromkeys(_WHOLE, (0, -1))}
"""Part → the lines that must carry the mark: the first, and the last."""
_LONG = frozenset([Means.EMAIL])


def check(case: Case) -> Iterator[Finding]:
    """Marks, and the name of the authority."""
    for part, text in case.texts.items():
        lines = text.split("\n")
        if case.alert.status is Status.ACTUAL:
            yield from _no_mark(case, part, lines)
            yield from _no_practice(case, part)
        else:
            yield from _marked(case, part, lines)
            yield from _nothing_to_do(case, part)
        yield from _no_drill(case, part, text)
    for part in case.whole:
        yield from _source(case, part)


def _no_drill(case: Case, part: str, text: str) -> Iterator[Finding]:
    """The status alone says it, in every language: the phrase has been sent in exercises by mistake."""
    for language in case.languages:
        words = style_in(case.library, language).no_drill
        if words and (found := bounded(words, language).search(text)):
            yield finding("L12", f"The text of a {case.alert.status} says “{found[0]}”.", part=part)


def _nothing_to_do(case: Case, part: str) -> Iterator[Finding]:
    """A long text that is none of a real alert says so in a sentence, below its first mark."""
    key = case.key("frame.exercise_note")
    if key is None or case.variant.means not in _LONG or part not in case.whole:
        return
    for language in case.languages:
        if not case.damaged(language, key) and not sentences.stands(case.said(language, key).text, case.texts[part]):
            message = f"{language}: the text of a {case.alert.status} does not say that nothing need be done."
            yield finding("C24", message, part=part)


def _no_practice(case: Case, part: str) -> Iterator[Finding]:
    """No word for an exercise stands in a real alert, but in names; on a calm day people may be asked to practice."""
    if case.kind == Kind.PREPAREDNESS:
        return
    for language in (tag for tag in case.languages if readable(case.library, tag)):
        read = tongue(case.library.root, case.library.voice(language).language)
        text = numbers.blank_words(case.texts[part], [*case.names(language).values(), *case.place_names(language)])
        if found := read.any(read.words.status.get("Exercise", ())).search(read.fold(text)):
            yield finding("C24", f"{language}: the text of a real alert says “{found[0]}”.", part=part)


def mark(case: Case, language: str, status: Status) -> str:
    """The mark of a status in a language."""
    return plain(case.said(language, f"frame.mark.{status.lower()}").text)


def _marked(case: Case, part: str, lines: list[str]) -> Iterator[Finding]:
    marks = [mark(case, language, case.alert.status) for language in case.languages]
    for index in _ENDS.get(part, ()):
        if not any(_at_end(lines[index], sign, index) for sign in marks):
            where = "last" if index else "first"
            yield finding(
                "C24", f"The {where} line of a {case.alert.status} has no mark ({' / '.join(marks)}).", part=part
            )
    told = [sign for sign in marks if _times(sign, lines) < len(_ENDS.get(part, ()))]
    if told:
        yield finding("C24", f"The mark {', '.join(told)} does not stand first and last.", part=part)


def _at_end(line: str, sign: str, index: int) -> bool:
    return line.endswith(sign) if index else line.startswith(sign)


def _times(sign: str, lines: list[str]) -> int:
    return sum(line.count(sign) for line in lines)


def _no_mark(case: Case, part: str, lines: list[str]) -> Iterator[Finding]:
    for language in case.languages:
        for status in (Status.EXERCISE, Status.TEST):
            sign = mark(case, language, status)
            if any(_begins_with(sign, line) for line in lines):
                yield finding("C24", f"The text of a real alert says “{sign}”.", part=part)


def _begins_with(sign: str, line: str) -> bool:
    """The whole word, not the beginning of another; a mark in brackets ends by itself."""
    rest = line.removeprefix(sign)
    return rest != line and not (sign[-1].isalnum() and rest[:1].isalnum())


def _source(case: Case, part: str) -> Iterator[Finding]:
    for language in case.languages:
        name = case.names(language)["source"]
        if name not in case.texts[part]:
            yield finding("C25", f"{language} {case.variant.means} does not name {name}.", part=part)
    if case.variant.messenger and case.key("frame.cosign") not in case.variant.said and _cosign_kept(case):
        yield finding("C25", "The text does not say who shares it.", part=part)


def _cosign_kept(case: Case) -> bool:
    return "co-sign" not in case.variant.left_out
