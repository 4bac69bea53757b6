"""Steps: the actions that a text tells, in the approved words or in its own, and whether it turns one around."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import product
from typing import NamedTuple

from onevoice.alert import Kind
from onevoice.checks import sentences
from onevoice.checks.counting import split
from onevoice.checks.ground import opposites
from onevoice.checks.hearing import named
from onevoice.checks.hearing.question import Contradiction, Heard, Question, state, stranger, wrong
from onevoice.checks.plain import plain
from onevoice.checks.reading import steps
from onevoice.checks.reading.folded import fold
from onevoice.checks.reading.words import Tongue, tongue
from onevoice.checks.rules import finding
from onevoice.lexicon import OUTSIDE, slots
from onevoice.library import Library
from onevoice.people import Tier

_SURE, _OTHER = 0.65, 0.85
"""Shares of an approved sentence: surely meant; so much of it that another one is meant."""
_SOURCE = "en"
_FREE = 0.45
"""Share of a forbidden step from which on it is meant where a clause says that people may."""
_MEANT = 0.4
"""Share of the first step that a sentence speaks of, where its words for "not yet" say the rest."""
_BACK, _STAY = "=back", "=stay"
_INDOORS = "=indoors"
_INSIDE = frozenset([_STAY, _INDOORS, "=home", "=go", "=now"])
"""Concepts of a step that says to be inside."""
_TELLING = 3
"""Marks that two sentences share at least, so that one is taken for another action."""


def hear(question: Question, heard: Heard) -> None:
    """Which actions are told, which are turned around, and which are none of the alert's."""
    exact, others, rest = _approved(question)
    own = set(_tellable(question))
    told = exact & own
    foreign = others - own - _of_kind(question) - _same_words(question, own)
    meant = _same_meaning(question.library, frozenset(own))
    phrases = _phrases(question.library, question.language, question.tongue)
    staying = _staying(question)
    turned: list[tuple[str, steps.Sentence]] = []
    for sentence in steps.sentences(rest, question.tongue, named.named(question)):
        in_other_words, against = _own(
            phrases, sentence, own, _turning(question, sentence, rest), _allowing(question, sentence, rest)
        )
        turned += [(name, sentence) for name in against if not _later(question, sentence, rest)]
        told |= set() if question.strict else in_other_words
        foreign |= set() if _later(question, sentence, rest) else set(_other(phrases, sentence, own)) - meant
        _stance(question, heard, sentence, rest)
        _freedom(question, heard, sentence, rest, out=bool(staying))
        _not_yet(question, heard, phrases, sentence, rest)
        if not question.strict and _keeps_in(question, sentence, rest):
            told |= staying
    for name, sentence in turned:
        said = rest[sentence.start : sentence.end].strip()
        message = f"“{said}” turns “{_words(question, name)}” around."
        wrong(heard, "action", said, _words(question, name), "C08", message)
    _lacking(question, heard, told)
    opposed = others & foreign & _against(question)
    for name in sorted(opposed):
        message = f"The text tells “{_words(question, name)}”, which nobody can do at once with the alert's steps."
        wrong(heard, "action", _words(question, name), _words(question, question.alert.actions[0]), "C08", message)
    for name in sorted(foreign - opposed):
        message = f"The text tells “{_words(question, name)}”, which is no action of the alert."
        stranger(
            question, heard, Contradiction("action", _words(question, name), ", ".join(question.needed), "C08", message)
        )


def _against(question: Question) -> set[str]:
    """Actions that stand against one of the alert's."""
    return {name for pair in opposites(question.library.root) for name in pair if pair & set(question.alert.actions)}


def _lacking(question: Question, heard: Heard, told: set[str]) -> None:
    there = {name for name in question.needed if told.intersection(question.library.lexicon.told([name]))}
    lacking = [name for name in question.needed if name not in there]
    if question.needed and question.needed[0] in there:
        state(heard, "action")
    if lacking and (question.strict or question.needed[0] in lacking):
        heard.lacks.append("action")
    elif lacking:
        listed = " ".join(_words(question, name) for name in lacking)
        heard.notes.append(finding("C20", f"Of the steps, this is not told: {listed}"))


def _own(
    phrases: steps.Phrases,
    sentence: steps.Sentence,
    own: set[str],
    turning: tuple[steps.Sentence, ...],
    free: tuple[steps.Sentence, ...],
) -> tuple[set[str], list[str]]:
    """The alert's actions that a sentence tells and those that it turns around, whole or clause by clause.

    One sentence may tell several steps. `turning`: its parts that can turn one around; `free`: those that allow one.
    """
    told: dict[str, float] = {}
    against: dict[str, float] = {}
    for piece in (*sentence.pieces, sentence):
        alike = {name: phrases.alike(name, piece) for name in own}
        said = {name: like.share for name, like in alike.items() if like.same_way and like.share >= steps.SAID}
        if any(piece is one for one in turning):
            most = max(said.values(), default=0.0)
            turned = {name: like.share for name, like in alike.items() if _turns(like, free=piece in free)}
            _keep_most(against, {name: share for name, share in turned.items() if share > most})
        lent = against.keys() if piece is sentence and _lends(sentence) else ()
        _keep_most(told, {name: share for name, share in said.items() if name not in lent})
    around = [name for name, share in against.items() if share > told.get(name, 0.0)]
    return told.keys() - {*around}, around


def _keep_most(kept: dict[str, float], shares: dict[str, float]) -> None:
    kept |= {name: max(share, kept.get(name, 0.0)) for name, share in shares.items()}


def _lends(sentence: steps.Sentence) -> bool:
    """True where a clause with a step of its own says no: in the whole, that no may seem to be another clause's."""
    return any(piece.noes and any(mark.startswith("=") for mark in piece.marks) for piece in sentence.pieces)


def _turns(like: steps.Likeness, *, free: bool) -> bool:
    """`free`: the clause says that people may; then less of a step is enough, if it tells nothing else."""
    return not like.same_way and like.share >= (_FREE if free and like.within else _SURE)


def _allowing(question: Question, sentence: steps.Sentence, rest: str) -> tuple[steps.Sentence, ...]:
    """The clauses that say what people may do, where nothing in the sentence says who or when."""
    words = question.tongue.words.conditions
    if _says(question, words.under, rest, sentence):
        return ()
    return tuple(p for p in (sentence, *sentence.pieces) if not p.noes and _says(question, words.may, rest, p))


def _turning(question: Question, sentence: steps.Sentence, rest: str) -> tuple[steps.Sentence, ...]:
    """The clauses, and the whole, that can turn a step around.

    "Who cannot run, hides" forbids nothing, and "when the water is gone you may drive" allows nothing yet.
    """
    words = question.tongue.words.conditions
    able = tuple(p for p in sentence.pieces if not (p.noes and _says(question, words.may, rest, p)))
    if len(able) == len(sentence.pieces) or not _says(question, words.under, rest, sentence):
        able = (sentence, *able)
    return tuple(p for p in able if p.pieces or not all(_says(question, w, rest, p) for w in (words.may, words.under)))


def _other(phrases: steps.Phrases, sentence: steps.Sentence, own: set[str]) -> Iterator[str]:
    """Another action of the library, said nearly in its own words."""
    mine = max((phrases.alike(name, sentence).share for name in own), default=0.0)
    for name in phrases.said:
        if name not in own and not name.startswith("hazard."):
            alike = phrases.alike(name, sentence)
            if alike.share >= _OTHER and alike.share > mine and alike.same_way and alike.marks >= _TELLING:
                yield name


def _stance(question: Question, heard: Heard, sentence: steps.Sentence, rest: str) -> None:
    """Stay where the alert says leave; leave where it says stay; go home where nothing is over."""
    caps = _caps(question)
    against: list[tuple[str, ...]] = []
    if "Evacuate" in caps:
        against = [(_STAY,)] if _later(question, sentence, rest) else [(_STAY,), (_BACK, "=home")]
    elif "Shelter" in caps:
        against = [("=leave", "=home"), ("=leave", "=go")]
    for marks, piece in product(against, sentence.pieces or (sentence,)):
        if all(mark in piece.marks for mark in marks):
            first = min(piece.marks[mark] for mark in marks)
            inside = "=leave" in marks and _INDOORS in piece.marks  # "Gehen Sie sofort ins Haus" leaves no home
            if not inside and not piece.negated(marks) and not any(no < first for no in piece.noes):
                _opposite(question, heard, sentence, rest)


def _freedom(question: Question, heard: Heard, sentence: steps.Sentence, rest: str, *, out: bool) -> None:
    """People may go back where the alert says leave, and out where it says stay in; who may, or when, is not told so.

    `out`: the alert says stay in.
    """
    words, caps = question.tongue.words.conditions, _caps(question)
    pieces = sentence.pieces or (sentence,)
    for at, piece in enumerate(pieces if caps else ()):
        back = "Evacuate" in caps and _BACK in piece.marks
        outside = out and "Evacuate" not in caps and _says(question, words.out, rest, piece)
        beside = pieces[max(0, at - 1) : at + 2]
        if not (back or outside) or piece.noes or any(_says(question, words.under, rest, one) for one in beside):
            continue
        if _says(question, words.may, rest, piece):
            _opposite(question, heard, sentence, rest)


def _not_yet(question: Question, heard: Heard, phrases: steps.Phrases, sentence: steps.Sentence, rest: str) -> None:
    """Where the danger is over, the first thing that people may do again is not still forbidden."""
    if question.alert.kind is not Kind.ALL_CLEAR or not question.alert.actions:
        return
    first, *others = question.alert.actions
    for piece in sentence.pieces or (sentence,):
        if piece.noes and _says(question, question.tongue.words.conditions.not_yet, rest, piece):
            share = phrases.alike(first, piece).share
            if share >= _MEANT and all(phrases.alike(name, piece).share < share for name in others):
                _opposite(question, heard, sentence, rest)


def _keeps_in(question: Question, sentence: steps.Sentence, rest: str) -> bool:
    """To stay in, or that nobody may go out."""
    out = question.tongue.words.conditions.out
    kept = any(piece.noes and _says(question, out, rest, piece) for piece in sentence.pieces or (sentence,))
    return kept or (_STAY in sentence.marks and not sentence.negated([_STAY]))


def _staying(question: Question) -> set[str]:
    """The alert's actions that say to be inside, and no more: whoever says to stay inside tells them."""
    library = question.library
    shelter = {name for name in question.alert.actions if library.lexicon.actions[name].cap == "Shelter"}
    return shelter & _inside(library)


@lru_cache(maxsize=16)
def _inside(library: Library) -> frozenset[str]:
    """By their source: what an action is, is the same in every language."""
    source = tongue(library.root, library.voice(_SOURCE).language)
    said = _phrases(library, _SOURCE, source).said
    return frozenset(name for name, forms in said.items() if any(map(_only_inside, forms)))


@lru_cache(maxsize=64)
def _same_meaning(library: Library, own: frozenset[str]) -> frozenset[str]:
    """Actions that say by their source what one of our own says: to visit somebody alone, and to check on them."""
    said = _phrases(library, _SOURCE, tongue(library.root, library.voice(_SOURCE).language)).said
    mine = {_meaning(form) for name in own for form in said.get(name, ())} - {None}
    return frozenset(name for name, forms in said.items() if any(_meaning(form) in mine for form in forms))


def _meaning(form: steps.Sentence) -> tuple[frozenset[str], bool] | None:
    """The concepts of a sentence and whether it forbids; None where one concept says too little."""
    concepts = frozenset(mark for mark in form.marks if mark.startswith("="))
    return (concepts, form.negated(concepts)) if len(concepts) > 1 else None


def _only_inside(form: steps.Sentence) -> bool:
    concepts = {mark for mark in form.marks if mark.startswith("=")}
    return bool(concepts & {_STAY, "=indoors"}) and concepts <= _INSIDE


def _later(question: Question, sentence: steps.Sentence, rest: str) -> bool:
    """To come back only later, or only some, is not to come back now."""
    return _BACK in sentence.marks and _says(question, question.tongue.words.conditions.under, rest, sentence)


def _opposite(question: Question, heard: Heard, sentence: steps.Sentence, rest: str) -> None:
    said = rest[sentence.start : sentence.end].strip()
    expected = _words(question, question.alert.actions[0])
    wrong(heard, "action", said, expected, "C08", f"“{said}” is the opposite of “{expected}”.")


def _caps(question: Question) -> set[str]:
    """What the alert's actions are for; nothing where the danger is over."""
    over = question.alert.kind in (Kind.ALL_CLEAR, Kind.RECOVERY, Kind.SUPPORT, Kind.PREPAREDNESS)
    return set() if over else {question.library.lexicon.actions[name].cap for name in question.alert.actions}


def _says(question: Question, words: Iterable[str], rest: str, sentence: steps.Sentence) -> bool:
    given = tuple(words)
    return bool(given) and question.tongue.any(given).search(rest[sentence.start : sentence.end]) is not None


def _words(question: Question, name: str) -> str:
    key = question.library.lexicon.key(f"action.{name}", Tier.T2)
    return question.library.sentence(question.language, key).text if key else name


def _tellable(question: Question) -> Iterator[str]:
    """The alert's actions, and what people are told instead who cannot do one."""
    yield from question.library.lexicon.told((*question.alert.actions, *question.needed))


def _of_kind(question: Question) -> set[str]:
    """People whose place was dropped are told other steps."""
    kinds = question.library.lexicon.hazards[question.alert.hazard].kinds
    return set(kinds[OUTSIDE].actions) if OUTSIDE in kinds and question.alert.kind is Kind.UPDATE else set()


# --- approved sentences


def _approved(question: Question) -> tuple[set[str], set[str], str]:
    """The actions whose approved sentence stands in the text; those not within what the hazard says; and what is left.

    What is left is the folded text without any approved sentence.
    """
    ours = _ours(question.library, question.language, question.alert.hazard)
    found = {name for name, forms in ours.actions.items() if any(_all_stand(f, question.source) for f in forms)}
    # The alert's own steps go first: "No phone?" may begin one of them, and be a sentence of the hazard too.
    text = _without_actions(question.source, ours, found & set(_tellable(question)))
    for piece in ours.hazard:
        text = _without(text, piece)
    alone = {name for name, forms in ours.actions.items() if any(_all_stand(f, text) for f in forms)}
    return found, alone, fold(_without_actions(text, ours, alone), question.language).text


def _without_actions(text: str, ours: _Ours, names: set[str]) -> str:
    """Without all steps that stand there; two may begin alike ("No phone?"), so all are found first."""
    forms = (form for name in sorted(names) for form in ours.actions[name])
    for piece in [piece for form in forms if _all_stand(form, text) for piece in form]:
        text = _without(text, piece)
    return text


class _Ours(NamedTuple):
    """Approved sentences of a language: those of a hazard and the frames that hold no fact, each action's by tier."""

    hazard: tuple[str, ...]
    actions: dict[str, tuple[tuple[str, ...], ...]]


@lru_cache(maxsize=256)
def _ours(library: Library, language: str, hazard: str) -> _Ours:
    said = {key: _pieces(library.sentence(language, key).text) for key in library.lexicon.sources}
    ours = (found for key, found in said.items() if key.startswith((f"hazard.{hazard}.", "frame.")))
    actions: dict[str, tuple[tuple[str, ...], ...]] = {}
    for key, found in said.items():
        if key.startswith("action.") and found:
            name = key.split(".")[1]
            actions[name] = (*actions.get(name, ()), found)
    bare = (piece for found in ours for piece in found if set(slots(piece)) <= {"emergency_number"})
    return _Ours(tuple(dict.fromkeys(bare)), actions)


def _pieces(said: str) -> tuple[str, ...]:
    """The sentences of an approved text that have words of their own."""
    return tuple(plain(piece) for piece in split(said) if sentences.has_words(piece))


def _without(text: str, sentence: str) -> str:
    if not _may_stand(sentence, text):
        return text
    for match in sentences.pattern(sentence).finditer(text):
        if not sentences.ends(text, match.end()):
            continue
        text = text[: match.start()] + "\n".rjust(match.end() - match.start()) + text[match.end() :]
    return text


def _all_stand(pieces: tuple[str, ...], text: str) -> bool:
    return all(_may_stand(piece, text) and sentences.stands(piece, text) for piece in pieces)


def _may_stand(sentence: str, text: str) -> bool:
    """A quick look before the slow one."""
    return sentence.split("{", 1)[0].lower() in text.lower()


def _same_words(question: Question, own: set[str]) -> set[str]:
    """Actions that some tier says in the very words of one of our own; capitals do not matter."""
    actions = _ours(question.library, question.language, question.alert.hazard).actions
    mine = {_small(form) for name in own for form in actions.get(name, ())}
    return {name for name, forms in actions.items() if any(_small(form) in mine for form in forms)}


def _small(form: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(piece.casefold() for piece in form)


@lru_cache(maxsize=64)
def _phrases(library: Library, language: str, tongue: Tongue) -> steps.Phrases:
    """All actions of the library as a language says them, in every tier."""
    said: dict[str, list[str]] = {}
    for key in library.lexicon.sources:
        if key.startswith("action."):
            sentence = library.sentence(language, key)
            if not sentence.missing:
                said.setdefault(key.split(".")[1], []).append(plain(sentence.text))
    return steps.Phrases(said, tongue)
