"""The glossary of a language: whether it is in order, and whether the sentences keep to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from onevoice.checks.rules import finding
from onevoice.checks.terms import Term, avoided, glossary
from onevoice.lexicon import SLOT, Lexicon
from onevoice.localize import ENGLISH, Catalogue
from onevoice.variant import Finding, Severity

_STEM, _SHORTEST, _SHOWN = 0.6, 3, 4


def check(root: Path, catalogue: Catalogue, lexicon: Lexicon) -> Iterator[Finding]:
    """Findings in a language's glossary, and in its sentences beside it."""
    language = catalogue.language
    where = f"locales/{language}/glossary.yaml"
    terms, english = glossary(root, language), glossary(root, ENGLISH).terms
    for name, term in terms.terms.items():
        if term.term.casefold() in {word.casefold() for word in term.avoid}:
            yield finding("P14", f"{name}: “{term.term}” is the term, and to be avoided.", part=where)
    ranks = {name: term.rank for name, term in english.items() if term.rank is not None}
    if odd := next((n for n in ranks if n in terms.terms and terms.terms[n].rank != ranks[n]), None):
        yield finding("P14", f"{odd}: its rank is not the one that it has in English ({ranks[odd]}).", part=where)
    for key in terms.doubtful:
        if key not in lexicon.sources:
            yield finding("P14", f"doubtful: there is no string {key!r}.", part=where)
    said = {key: catalogue.say(key, source) for key, source in lexicon.sources.items()}
    texts = {key: one.text for key, one in said.items() if not one.missing}
    for key, text in texts.items():
        yield from sentence(root, language, text, f"locales/{language} {key}")
    yield from _lacking(root, language, lexicon.sources, texts)


def sentence(root: Path, language: str, text: str, where: str) -> Iterator[Finding]:
    """A word that is avoided stands in a sentence."""
    for name, pattern in avoided(root, language):
        if found := pattern.search(SLOT.sub(" ", text)):
            term = glossary(root, language).terms[name].term
            yield finding("P14", f"“{found[0]}” stands for what is called “{term}”.", part=where)


def _lacking(root: Path, language: str, sources: Mapping[str, str], texts: Mapping[str, str]) -> Iterator[Finding]:
    """The English has a term, and the translation not the language's own: often right, so it is told once a term."""
    own, english = glossary(root, language).terms, glossary(root, ENGLISH).terms
    for name, term in english.items():
        longer = [t.term for t in english.values() if term.term in t.term and t is not term]
        having = [key for key in texts if _stands(term.term, sources[key], longer)]
        lacking = [key for key in having if name in own and not _said(own[name], texts[key])]
        if lacking:
            message = (
                f"{name}: of {len(having)} sentences whose English says “{term.term}”, {len(lacking)} do not say "
                f"“{own[name].term}”: {', '.join(lacking[:_SHOWN])}{' and more' if lacking[_SHOWN:] else ''}."
            )
            yield finding("P14", message, part=f"locales/{language}/glossary.yaml", severity=Severity.NOTE)


def _stands(term: str, source: str, longer: Sequence[str]) -> bool:
    """True where the English has the term itself, not as a part of a longer one."""
    rest = source.casefold()
    for more in longer:
        rest = rest.replace(more.casefold(), " ")
    return bool(re.search(rf"(?<!\w){re.escape(term.casefold())}(?:e?s)?(?!\w)", rest))


def _said(term: Term, text: str) -> bool:
    """True where one of the term's words stands in the text, in whatever form."""
    here = text.casefold()
    words = [word for word in term.term.casefold().split() if len(word) >= _SHORTEST] or [term.term.casefold()]
    return any(word[: max(_SHORTEST, round(len(word) * _STEM))] in here for word in words)
