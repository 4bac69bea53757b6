"""Readability of one text: counts, because no formula can judge a text this short. It never blocks at night."""

from __future__ import annotations

from collections.abc import Iterator

from onevoice.checks import counting
from onevoice.checks.case import Case
from onevoice.checks.counting import Counts, Limits
from onevoice.checks.rules import finding
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


def of_text(texts: list[str], language: str, tier: Tier) -> Readability:
    """The counts of some sentences against what the level asks in that language."""
    counts = counting.count(texts, language)
    if counts is None:
        return Readability(measure="counts", verdict="not-measurable")
    limits = counting.limits(language, tier)
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
        },
    )


def above(counts: Counts, limits: Limits) -> bool:
    """True where a count is above its limit."""
    return counts.mean > limits.mean or counts.longest > limits.longest or counts.numbers > limits.numbers


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
