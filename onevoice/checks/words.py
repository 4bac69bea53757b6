"""The words of the library, level by level: rare ones, jargon, and hard terms that nothing explains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from onevoice.alert import Kind
from onevoice.checks import levels, vocabulary
from onevoice.checks.rules import finding
from onevoice.checks.terms import glossary
from onevoice.lexicon import OUTSIDE
from onevoice.library import Library
from onevoice.people import Tier
from onevoice.variant import Finding, Severity

_SHOWN = 8
_FOLLOWS = frozenset([Kind.CORRECTION, OUTSIDE])
"""Kinds that only people get who had a message that explained its terms."""


def check(content: Library, pool: Mapping[str, str], language: str, hazard: str, tier: Tier) -> Iterator[Finding]:
    """`pool`: string id → sentence, of all that a hazard says in a level."""
    yield from _rare(content, pool, language, hazard, tier)
    if tier in vocabulary.PLAIN:
        yield from _jargon(content, pool, language)
    if tier is Tier.T1:
        yield from _hard(content, pool, language, hazard)


def _rare(content: Library, pool: Mapping[str, str], language: str, hazard: str, tier: Tier) -> Iterator[Finding]:
    asked = levels.levels().vocabulary
    found = vocabulary.rare(pool.values(), language, glossary(content.root, language))
    limit = asked.share.get(tier)
    judged = levels.base(language) in asked.judged
    if found is None or limit is None or found.share <= limit or not judged:
        return
    listed = ", ".join(found.words[:_SHOWN]) + (" and more" if found.words[_SHOWN:] else "")
    message = f"{found.share:g} rare words in a hundred; {tier} asks at most {limit:g}: {listed}."
    yield finding("R04", message, part=f"{language} {hazard} {tier}")


def _jargon(content: Library, pool: Mapping[str, str], language: str) -> Iterator[Finding]:
    terms = glossary(content.root, language)
    for key, text in pool.items():
        for word, plain in vocabulary.jargon(text, language, terms):
            message = f"“{word}” is jargon; say “{plain}”."
            yield finding("R05", message, part=f"{language} {key}", severity=Severity.BLOCK)


def _hard(content: Library, pool: Mapping[str, str], language: str, hazard: str) -> Iterator[Finding]:
    """Kind by kind: what one message says is what its reader has."""
    kinds = content.lexicon.hazards[hazard].kinds
    for kind, entry in ((kind, entry) for kind, entry in kinds.items() if kind not in _FOLLOWS):
        own = (f"hazard.{hazard}.{kind}.", *(f"action.{name}." for name in entry.actions))
        said = {key: text for key, text in pool.items() if f"{key}.".startswith(own)}
        for term, gloss in vocabulary.unexplained("\n".join(said.values()), said, language, content.root):
            message = f"“{term}” is a hard term, and nothing in the {kind} explains it" + (
                f": “{gloss}”." if gloss else "."
            )
            yield finding("R06", message, part=f"{language} {hazard} {kind} T1")
