"""How easy any text reads: counts always; a formula only where the language has one and the text is long enough.

A score never stands alone: the interval beside it is what the same formula gives when sentences of the text are drawn
again and again at random. A formula fails a text only where the whole interval is beyond the limit.
"""

from __future__ import annotations

import random

from onevoice.checks import counting, formulas
from onevoice.checks.plain import plain
from onevoice.checks.readability import above, target
from onevoice.people import Tier
from onevoice.variant import Readability

JUDGED_FROM = 150
"""Words from which on a formula may fail a text; from 100 on it is shown, below it says nothing."""
_DRAWS, _EDGE = 200, 0.05
_SEED = 1


def of_any(text: str, language: str, tier: Tier) -> Readability:
    """The measure of a text that somebody wrote, for a level.

    Raises:
        OutOfReach: the English dictionary is not prepared.
    """
    said = counting.split(plain(text))
    counts = counting.count(said, language)
    limits = counting.limits(language, tier)
    if counts is None:
        return Readability(measure="counts", verdict="not-measurable")
    known = {
        "mean_sentence": counts.mean,
        "longest_sentence": counts.longest,
        "sentences": counts.sentences,
        "words": counts.words,
        "numbers_in_a_sentence": counts.numbers,
    }
    told = Readability(
        measure="counts",
        target=target(counts, limits),
        verdict="fail" if limits and above(counts, limits) else "pass",
        counts=known,
    )
    return _with_formula(told, said, language, tier)


def _with_formula(told: Readability, said: list[str], language: str, tier: Tier) -> Readability:
    found = formulas.scores(said, language)
    if not found:
        return told
    score = found[0]
    low, high = interval(said, language, score.formula.name)
    limit = score.formula.limits.get(tier)
    best = score._replace(value=high if score.formula.higher_is_easier else low)
    fails = score.words >= JUDGED_FROM and score.formula.calibrated and not best.passes(tier)
    asks = (
        f"{score.formula.name} {'at least' if score.formula.higher_is_easier else 'at most'} {limit:g}" if limit else ""
    )
    return told.model_copy(
        update={
            "measure": score.formula.name,
            "score": score.value,
            "interval": (low, high),
            "target": "; ".join(filter(None, (told.target, asks))),
            "verdict": "fail" if fails else told.verdict,
        }
    )


def interval(said: list[str], language: str, name: str) -> tuple[float, float]:
    """Where nine of ten scores lie when as many sentences are drawn from the text at random, the same each time."""
    dice = random.Random(_SEED)  # noqa: S311 - not for secrets
    values = []
    for _ in range(_DRAWS):
        drawn = formulas.scores(dice.choices(said, k=len(said)), language)
        values += [score.value for score in drawn if score.formula.name == name]
    values.sort()
    if not values:
        return 0.0, 0.0
    last = len(values) - 1
    return values[int(last * _EDGE)], values[int(last * (1 - _EDGE))]
