"""How things are on the way: a closed road, buses, drinking water, animals and papers at the shelter, in own words.

A clause is taken at its word only where it is plain: it names the thing and says one of the language's words for how it
is, and neither no nor the opposite. Whatever else it may mean is left alone: a right text held back costs time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from onevoice.checks.hearing.question import Heard, Question, state, wrong
from onevoice.checks.plain import plain
from onevoice.checks.reading import steps
from onevoice.facts import ProperName, Shelter

_ANIMALS, _PAPERS = "pets", "papers"
"""Concepts of `reading.yaml`."""


def hear(question: Question, heard: Heard) -> None:
    """The closed road, the buses, drinking water, animals and papers at the shelter."""
    if question.strict:  # every line is approved then
        return
    text, before = question.folded.text, ""
    for sentence in steps.sentences(text, question.tongue):
        said = text[sentence.start : sentence.end]
        for part in steps.CLAUSE.split(said):  # not at words that join: in Italian "is" is folded to "and"
            _road(question, heard, part.strip())
        for start, end in pairwise((*sentence.clauses, len(said))):
            _animals(question, heard, said[start:end].strip())
            _papers(question, heard, said[start:end].strip(), near=f"{before} {said}")
        _water(question, heard, said)
        before = said
    _buses(question, heard)


def _road(question: Question, heard: Heard, clause: str) -> None:
    """The road that is closed is not called open."""
    words = question.tongue.words
    otherwise = (*words.conditions.closed, *words.negations)
    name = next((name for name in _names(question, "road_closed") if name in clause), None)
    if name and _says(question, words.conditions.open, clause) and not _says(question, otherwise, clause):
        wrong(heard, "road_closed", clause, name, "C08", f"“{clause}” calls a road open that is closed.")


def _animals(question: Question, heard: Heard, clause: str) -> None:
    """Animals are welcome where the shelter takes them, and only there."""
    shelter, words = question.alert.factset.get("shelter"), question.tongue.words
    if (
        not isinstance(shelter, Shelter)
        or shelter.pets is None
        or not _says(question, words.concepts[_ANIMALS], clause)
    ):
        return
    welcome, no = (_says(question, said, clause) for said in (words.conditions.welcome, words.negations))
    if shelter.pets and ((welcome and no) or _refused(question, clause)):
        wrong(heard, "shelter", clause, "", "C08", f"“{clause}”: the shelter takes animals.")
    elif welcome and not no and not shelter.pets:
        wrong(heard, "shelter", clause, "", "C08", f"“{clause}”: the shelter takes no animals.")


def _refused(question: Question, clause: str) -> bool:
    """No animals, in so many words; "do not leave pets behind" is none of them."""
    tongue, words = question.tongue, question.tongue.words
    if not words.conditions.left or _says(question, words.conditions.left, clause):
        return False
    gap = r"\W+(?:\w+\W+)?" if tongue.spaced else ".{0,2}"
    ways = [(words.negations, gap, words.concepts[_ANIMALS])]
    if words.negation_anywhere:
        ways.append((words.concepts[_ANIMALS], r"\W+", words.negations))
    return any(tongue.after(*way).search(clause) for way in ways)


def _papers(question: Question, heard: Heard, clause: str, near: str) -> None:
    """No papers are asked for where the alert says so.

    `near`: must speak of the shelter, for papers to take along are a step, and who goes home may have to show some.
    """
    shelter, words = question.alert.factset.get("shelter"), question.tongue.words
    if not isinstance(shelter, Shelter) or not shelter.no_papers:
        return
    asked = _says(question, words.concepts[_PAPERS], clause) and _says(question, words.conditions.asked, clause)
    if asked and not _says(question, words.negations, clause) and _at_shelter(question, shelter, near):
        wrong(heard, "shelter", clause, "", "C08", f"“{clause}”: the shelter asks for no papers.")


def _at_shelter(question: Question, shelter: Shelter, text: str) -> bool:
    names = (question.tongue.fold(plain(name)) for name in shelter.name.values())
    return _says(question, question.tongue.words.conditions.place, text) or any(name in text for name in names)


def _buses(question: Question, heard: Heard) -> None:
    """Who tells of the buses tells where they leave."""
    names = list(_names(question, "bus_from"))
    if names and _says(question, question.tongue.words.conditions.buses, question.folded.text):
        if any(name in question.folded.text for name in names):
            state(heard, "bus_from")
        else:
            heard.lacks.append("bus_from")


def _water(question: Question, heard: Heard, sentence: str) -> None:
    """Who tells where drinking water is handed out tells the place."""
    names, words = list(_names(question, "water_point")), question.tongue.words
    handed = _says(question, words.conditions.given, sentence) and _says(question, words.conditions.water, sentence)
    if not names or not handed or _says(question, words.negations, sentence):
        return
    if any(name in question.folded.text for name in names):
        state(heard, "water_point")
    elif "water_point" not in heard.lacks:
        heard.lacks.append("water_point")


def _names(question: Question, fact: str) -> Iterator[str]:
    named = question.alert.factset.get(fact)
    if isinstance(named, ProperName):
        yield from dict.fromkeys(question.tongue.fold(plain(name)) for name in named.names.values())


def _says(question: Question, words: Iterable[str], text: str) -> bool:
    given = tuple(words)
    return bool(given) and question.tongue.any(given).search(text) is not None
