"""The library check: everything composed with sample facts and examined, on a quiet day. Here readability blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

from onevoice.checks import belonging, counting, formulas, kinds, levels, prose, readability, words
from onevoice.checks.composed import begun, composed
from onevoice.checks.rules import finding
from onevoice.checks.samples import TIERS
from onevoice.library import ComposingLibrary, Library
from onevoice.people import Messenger, Tier
from onevoice.variant import Finding, Severity
from onevoice.wordlists import prepare_dictionary


def check_library(
    content: ComposingLibrary, authority: Messenger, *, home: Path, processes: int | None = None
) -> tuple[Finding, ...]:
    """Every hazard × kind × means × tier × language with sample facts, and every sentence by itself.

    Args:
        content: the library, which can compose.
        authority: in whose name the samples speak.
        home: the deployment's folder, where the English dictionary is laid, and what was found is kept by its hash.
        processes: how many look at composed texts at the same time; one for each processor where none is given.

    Returns:
        Findings; `part` says where: a file and string id, or the text that was composed.

    Raises:
        OutOfReach: the English dictionary is not installed, or cannot be written to `home`.
    """
    prepare_dictionary(home)
    refused = [finding("L22", str(problem), part=problem.where) for problem in content.templates.check()]
    if refused:
        return tuple(refused)
    found = [*prose.check(content), *kinds.check(content), *belonging.check(content)]
    found += [*reading(content), *_waiting(content)]
    found += composed(content, authority, home, processes=processes)
    return tuple(dict.fromkeys(found))


# --- what a language has not begun


def _waiting(content: Library) -> Iterator[Finding]:
    """Once a language: the hazards that it has no word of. Who reads it gets what stands in for a missing language."""
    for language in content.languages:
        lacking = sorted(content.lexicon.hazards.keys() - begun(content, language))
        if lacking:
            message = f"{language}: hazards that are not translated at all: {', '.join(lacking)}."
            yield finding("P02", message, part=f"locales/{language}", severity=Severity.WARN)


# --- reading level


def reading(content: Library, hazards: Iterable[str] | None = None) -> Iterator[Finding]:
    """Findings about the reading levels of whole hazards; of all where none is named.

    Raises:
        OutOfReach: the English dictionary is not prepared.
    """
    named = tuple(content.lexicon.hazards if hazards is None else hazards)
    for language in content.languages:
        for hazard in filter(begun(content, language).__contains__, named):
            pools = {tier: _pool(content, language, hazard, tier) for tier in TIERS}
            for tier, pool in pools.items():
                yield from _counts(pool, language, hazard, tier)
                yield from _formulas(pool.values(), language, hazard, tier)
                yield from words.check(content, pool, language, hazard, tier)
            yield from _ladder(pools, language, hazard)


def _pool(content: Library, language: str, hazard: str, tier: Tier) -> dict[str, str]:
    """String id → sentence: what a hazard says in a tier, with its actions. Facts are left out when it is measured."""
    prefix = f"hazard.{hazard}."
    names = {_stem(key) for key in content.lexicon.sources if key.startswith(prefix) and key != f"{prefix}name"}
    kinds = content.lexicon.hazards[hazard].kinds.values()
    names |= {f"action.{action}" for kind in kinds for action in kind.actions}
    keys = (content.lexicon.key(name, tier) for name in sorted(names))
    said = {key: content.sentence(language, key) for key in keys if key}
    return {key: sentence.text for key, sentence in said.items() if not sentence.missing}


def _stem(key: str) -> str:
    head, _, last = key.rpartition(".")
    return head if last in set(Tier) else key


def _counts(pool: dict[str, str], language: str, hazard: str, tier: Tier) -> Iterator[Finding]:
    limits = levels.limits(language, tier)
    if limits is None:
        return
    for key, text in pool.items():
        counts = counting.count([text], language)
        if counts and (counts.longest > limits.longest or counts.numbers > limits.numbers):
            message = f"{counts.longest} {counts.unit} in “{counts.worst}”; {tier} takes {limits.longest}."
            if counts.longest <= limits.longest:
                message = f"{counts.numbers} numbers in “{text}”; {tier} takes {limits.numbers}."
            yield finding("R01", message, part=f"{language} {key}", severity=Severity.BLOCK)
    whole = counting.count(pool.values(), language)
    if whole and whole.mean > limits.mean:
        message = f"{whole.mean:g} {whole.unit} in a sentence on average; {readability.target(whole, limits)}."
        yield finding("R01", message, part=f"{language} {hazard} {tier}", severity=Severity.BLOCK)


def _formulas(texts: Iterable[str], language: str, hazard: str, tier: Tier) -> Iterator[Finding]:
    for score in formulas.scores(texts, language):
        if not score.passes(tier):
            asks = score.formula.asks(tier).removeprefix(f"{score.formula.name} ")
            message = f"{score.formula.name} {score.value:g} on {score.words} words; {tier} asks {asks}."
            severity = Severity.BLOCK if score.formula.calibrated else Severity.NOTE
            yield finding("R03", message, part=f"{language} {hazard} {tier}", severity=severity)


def _ladder(pools: dict[Tier, dict[str, str]], language: str, hazard: str) -> Iterator[Finding]:
    """Each level is at least as simple as the next one."""
    counts = [(tier, found) for tier, pool in pools.items() if (found := counting.count(pool.values(), language))]
    for (plainer, simple), (harder, full) in pairwise(counts):
        if simple.mean > full.mean:
            message = f"{plainer} has {simple.mean:g} {simple.unit} in a sentence, {harder} only {full.mean:g}."
            yield finding("R02", message, part=f"{language} {hazard}")
