"""Who speaks, in which language, of which danger, and whether it is an exercise."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from onevoice.alert import Kind, Status
from onevoice.checks import sentences
from onevoice.checks.hearing.question import Heard, Question, approved, state, wrong
from onevoice.checks.plain import plain
from onevoice.checks.reading import links, tongues
from onevoice.checks.reading.words import tongue
from onevoice.checks.terms import glossary
from onevoice.facts import Disease, ProperName
from onevoice.library import Library


def hear(question: Question, heard: Heard) -> None:
    """Language, status, source and hazard."""
    for part in (_language, _status, _source, _hazard):
        part(question, heard)


# --- language, status, source, hazard


def _language(question: Question, heard: Heard) -> None:
    library = question.library
    others = [tongue(library.root, library.voice(tag).language) for tag in library.languages if _readable(library, tag)]
    text = question.source
    for words in _fixed(question):
        text = text.replace(words, " ")
    for link in links.links(text):
        text = text.replace(link.text, " ")
    found = tongues.other_language(text, question.tongue, others)
    if found:
        wrong(
            heard, "language", found, question.language, "C26", f"This is not {question.language}; it reads as {found}."
        )


def _readable(library: Library, tag: str) -> bool:
    return (library.root / "locales" / tag / "reading.yaml").is_file()


def _fixed(question: Question) -> Iterator[str]:
    """Names, which are in no language."""
    yield from question.authority.names.values()
    yield from (service.name for service in question.services)
    for names in question.zones.values():
        yield from names.values()


def _status(question: Question, heard: Heard) -> None:
    status, words = question.alert.status, question.tongue.words.status
    said = [name for name, forms in words.items() if question.tongue.any(forms).search(question.folded.text)]
    said += [name for name in words if question.has(_mark(question, name))]
    if status == Status.ACTUAL:
        marked = [name for name in words if _alone(question, _mark(question, name))]
        if marked:
            wrong(heard, "status", marked[0], status, "C24", f"The text of a real alert says that it is a {marked[0]}.")
    elif str(status) in said:
        state(heard, "status")
    else:
        heard.lacks.append("status")


def _mark(question: Question, status: str) -> str:
    return question.library.sentence(question.language, f"frame.mark.{status.lower()}").text


def _alone(question: Question, mark: str) -> bool:
    folded = question.tongue.fold(plain(mark)).rstrip(".")
    return any(line.strip(" .!:#*").startswith(folded) for line in question.folded.text.split("\n") if folded)


def _source(question: Question, heard: Heard) -> None:
    if any(question.has(name) for name in question.authority.names.values()):
        state(heard, "source")
    else:
        heard.lacks.append("source")


def _hazard(question: Question, heard: Heard) -> None:
    alert, words = question.alert, question.tongue.words
    disease, others = _diseases(question)
    product = alert.factset.get("product")
    named = (*disease, *(map(plain, product.names.values()) if isinstance(product, ProperName) else ()))
    own = [*words.hazards.get(alert.hazard, ()), _name_of_hazard(question, alert.hazard), *named]
    if question.tongue.any(own).search(question.folded.text) or _opens(question):
        state(heard, "hazard")
    else:
        other = next((name for name in words.hazards if name != alert.hazard and _names(question, name)), None)
        if other:
            wrong(heard, "hazard", other, alert.hazard, "C09")
        heard.lacks.append("hazard")
    another = question.tongue.any(others).search(question.folded.text) if disease else None
    if another and not question.tongue.any(disease).search(question.folded.text):
        wrong(heard, "disease", another[0], disease[0], "C09")
    _level(question, heard)


def _diseases(question: Question) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What the language calls the disease of the alert, if it names one; and all others."""
    fact = question.alert.factset.get("disease")
    if not isinstance(fact, Disease):
        return (), ()
    keys = [key for key in question.library.lexicon.sources if key.startswith("disease.")]
    names = {key: plain(question.library.sentence(question.language, key).text) for key in keys}
    own = names.pop(f"disease.{fact.id}")
    others = (name for name in names.values() if question.tongue.fold(name) not in question.tongue.fold(own))
    return (own, _inflected(own[:-1])), tuple(form for name in others for form in (name, _inflected(name)))


_STEM = 3
"""Letters from which on a name tells without its ending."""


def _inflected(name: str) -> str:
    """A name with whatever ending: "гриппа" is "грипп"."""
    return f"{name}*" if len(name) > _STEM else name


def _opens(question: Question) -> bool:
    """True where an approved opening sentence of the hazard stands in the text."""
    keys = (
        k
        for k in question.library.lexicon.sources
        if k.startswith(f"hazard.{question.alert.hazard}.{question.alert.kind}.opening")
    )
    said = (question.library.sentence(question.language, key).text for key in keys)
    return any(sentences.stands(text, question.source) for text in said)


def _names(question: Question, hazard: str) -> bool:
    """True where a text says a word of a hazard that the alert's own sentences do not: a flood tells of the water."""
    words = question.tongue.any(question.tongue.words.hazards[hazard])
    own = {found[0] for text in approved(question) for found in words.finditer(question.tongue.fold(text))}
    return any(found[0] not in own for found in words.finditer(question.folded.text))


def _name_of_hazard(question: Question, hazard: str) -> str:
    return plain(question.library.sentence(question.language, f"hazard.{hazard}.name").text)


_Level = Literal["watch", "warning"]
_LEVELS: dict[Kind, _Level] = {Kind.WATCH: "watch", Kind.WARNING: "warning", Kind.UPDATE: "warning"}


def _level(question: Question, heard: Heard) -> None:
    """A warning is no watch, and a watch no warning."""
    levels, calls = question.tongue.words.levels, question.tongue.words.attention
    own = _LEVELS.get(question.alert.kind)
    if own is None:
        return
    other: _Level = "watch" if own == "warning" else "warning"
    terms = glossary(question.library.root, question.language).terms
    said: dict[_Level, re.Match[str] | None] = {}
    for name, words in levels.items():
        known = (*words, terms[name].term) if name in terms and terms[name].term not in calls else words
        said[name] = question.tongue.any(known).search(question.counted.text)  # where "watch out" is no watch
    if (found := said.get(other)) and not said.get(own):
        wrong(heard, "level", found[0], own, "C09", f"This is a {own}; the text says “{found[0]}”.")
