"""Readability of one text: counts, because no formula can judge a text this short. It never blocks at night."""

from __future__ import annotations

from collections.abc import Iterator

from onevoice.checks import counting, levels, vocabulary
from onevoice.checks.case import Case
from onevoice.checks.counting import Counts
from onevoice.checks.levels import Limits
from onevoice.checks.rules import finding
from onevoice.checks.terms import glossary
from onevoice.facts import LocalNote
from onevoice.people import Tier
from onevoice.variant import Finding, Readability

_NO_PROSE = ("frame.heading.", "frame.mark.", "frame.source", "frame.number")


def measure(case: Case) -> Readability:
    """The counts of the text; of two languages, those of the one that fares worse."""
    found = [of_text(_said(case, language), language, case.tier) for language in case.languages]
    order = {"fail": 0, "not-measurable": 1, "pass": 2}
    return min(found, key=lambda readability: order[readability.verdict])


def check(case: Case, readability: Readability) -> Iterator[Finding]:
    """A warning where the counts are above what the level asks."""
    if readability.verdict == "fail":
        longest = readability.counts["longest_sentence"]
        message = f"Sentences are longer than {case.tier} asks ({readability.target}); the longest has {longest:g}."
        yield finding("R01", message, remedy="Shorten the sentence in the library, by day.")
    if case.tier in vocabulary.PLAIN:
        yield from _note(case)


def _note(case: Case) -> Iterator[Finding]:
    """What a person writes on the night itself: the library's own sentences are looked at by day."""
    note = case.fact("note")
    if not isinstance(note, LocalNote):
        return
    for language in case.languages:
        terms = glossary(case.library.root, language)
        for word, instead in vocabulary.jargon(note.texts.get(language, ""), language, terms):
            yield finding("R05", f"The local note says “{word}”; say “{instead}”.", part="note")


def of_text(texts: list[str], language: str, tier: Tier) -> Readability:
    """The counts of some sentences against what the level asks in that language."""
    counts = counting.count(texts, language)
    if counts is None:
        return Readability(measure="counts", verdict="not-measurable")
    limits = levels.limits(language, tier)
    return Readability(
        measure="counts",
        target=target(counts, limits),
        verdict="fail" if limits and above(counts, limits) else "pass",
        counts={
            "mean_sentence": counts.mean,
            "longest_sentence": counts.longest,
            "sentences": counts.sentences,
            "words": counts.words,
            "numbers_in_a_sentence": counts.numbers,
            "parentheses": counts.parentheses,
        },
    )


def above(counts: Counts, limits: Limits) -> bool:
    """True where a count is above its limit."""
    return any(getattr(counts, name) > getattr(limits, name) for name in Limits.model_fields)


def target(counts: Counts, limits: Limits | None) -> str:
    """What the level asks, for people."""
    if limits is None:
        return ""
    return f"at most {limits.longest} {counts.unit} in a sentence, {limits.mean:g} on average"


def _said(case: Case, language: str) -> list[str]:
    note = case.fact("note")
    words = [case.said(language, key).text for key in case.variant.said if not key.startswith(_NO_PROSE)]
    if isinstance(note, LocalNote) and language in note.texts:
        words.append(note.texts[language])
    return words
