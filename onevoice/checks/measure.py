"""How easy any text reads, in three layers: counts always, vocabulary and formulas where they can tell something.

A layer that can tell nothing says so, and why; it never gives a number that was made for another language or for
longer texts. The text fails where a layer that may judge surely fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from onevoice.checks import counting, formulas, levels, vocabulary
from onevoice.checks.plain import plain
from onevoice.checks.readability import of_text
from onevoice.checks.terms import glossary
from onevoice.people import Tier
from onevoice.variant import Layer, Readability, Verdict


def of_any(text: str, language: str, tier: Tier, root: Path) -> Readability:
    """The measure of a text that somebody wrote, for a level; `root`: where the language's glossary is.

    Raises:
        OutOfReach: the English dictionary is not prepared.
    """
    said = counting.split(plain(text))
    counts = of_text(said, language, tier)
    layers = (
        Layer(layer="counts", measure="counts", target=counts.target, verdict=counts.verdict),
        *_words(said, language, tier, root),
        *_formulas(said, language, tier),
    )
    told = counts.model_copy(update={"layers": layers, "verdict": _verdict(counts, layers)})
    return _with_score(told, layers)


def _verdict(counts: Readability, layers: tuple[Layer, ...]) -> Verdict:
    return "fail" if any(layer.verdict == "fail" for layer in layers) else counts.verdict


def _with_score(told: Readability, layers: tuple[Layer, ...]) -> Readability:
    """The first formula that has a value stands for the whole."""
    score = next((layer for layer in layers if layer.layer == "formula" and layer.score is not None), None)
    if score is None:
        return told
    return told.model_copy(
        update={
            "measure": score.measure,
            "score": score.score,
            "interval": score.interval,
            "target": "; ".join(filter(None, (told.target, score.target))),
        }
    )


# --- vocabulary


def _words(said: list[str], language: str, tier: Tier, root: Path) -> Iterator[Layer]:
    yield _rare(said, language, tier, root)
    text, terms = "\n".join(said), glossary(root, language)
    if tier not in vocabulary.PLAIN:
        return
    if terms.jargon:
        yield _list("jargon", "no words that only colleagues use", dict(vocabulary.jargon(text, language, terms)))
    if tier is Tier.T1 and any(term.hard for term in terms.terms.values()):
        found = dict(vocabulary.unexplained(text, (), language, root))
        yield _list("hard terms", "each explained once", found)


def _list(measure: str, target: str, found: dict[str, str]) -> Layer:
    why = "; ".join(f"{word}: say “{plain}”" for word, plain in found.items() if plain)
    verdict: Verdict = "fail" if found else "pass"
    return Layer(layer="vocabulary", measure=measure, target=target, verdict=verdict, why=why, words=tuple(found))


def _rare(said: list[str], language: str, tier: Tier, root: Path) -> Layer:
    measure, asked = "rare words in a hundred", levels.levels().vocabulary
    if levels.base(language) not in asked.lists:
        why = f"There is no list of how common words of {language} are."
        return Layer(layer="vocabulary", measure=measure, verdict="not-measurable", why=why)
    found = vocabulary.rare(said, language, glossary(root, language))
    if found is None:
        why = f"It takes {asked.fewest_words} words that are no small words."
        return Layer(layer="vocabulary", measure=measure, verdict="not-measurable", why=why)
    limit = asked.share.get(tier)
    told = Layer(layer="vocabulary", measure=measure, score=found.share, verdict="shown", words=found.words)
    if limit is None or levels.base(language) not in asked.judged:
        return told
    verdict: Verdict = "fail" if found.share > limit else "pass"
    return told.model_copy(update={"target": f"at most {limit:g}", "verdict": verdict})


# --- formulas


def _formulas(said: list[str], language: str, tier: Tier) -> Iterator[Layer]:
    if not levels.formulas(language):
        why = f"No formula is known to hold for {language}."
        yield Layer(layer="formula", measure="none", verdict="not-measurable", why=why)
        return
    found = formulas.scores(said, language, intervals=True)
    for score in found:
        yield _score(score, tier)
    for formula in levels.formulas(language) if not found else ():
        why = f"A formula says nothing of fewer than {levels.levels().shown_from} words."
        yield Layer(layer="formula", measure=formula.name, verdict="not-measurable", why=why)


def _score(score: formulas.Score, tier: Tier) -> Layer:
    judges = score.formula.calibrated and score.words >= levels.levels().judged_from
    return Layer(
        layer="formula",
        measure=score.formula.name,
        score=score.value,
        interval=score.interval,
        target=score.formula.asks(tier),
        verdict="fail" if score.fails(tier) else "pass" if judges else "shown",
        why=score.formula.band(score.value),
    )
