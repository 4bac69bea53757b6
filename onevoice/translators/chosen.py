"""Which sentences one hazard says in one language, and the fewest finished messages that show them all."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from onevoice.alert import Kind
from onevoice.checks.samples import AUTHORITY, Sample, samples
from onevoice.errors import NotAllRight, Unusable
from onevoice.facts import content_hash
from onevoice.lexicon import Lexicon
from onevoice.lexicon.entries import ENGLISH_ONLY
from onevoice.library import ComposingLibrary, Tells
from onevoice.localize import ENGLISH, Said
from onevoice.people import Means, Profile

_CODE = 12
_ONLY_IN = {"changed": Kind.UPDATE, "correction": Kind.CORRECTION, "sorry": Kind.CORRECTION}
"""Frames that only one kind says."""


@dataclass(frozen=True)
class Message:
    """A finished message with made-up facts, and the same in English. `keys`: the sentences in it, in order."""

    label: str
    text: str
    english: str
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Chosen:
    """`kind` is empty where all kinds are meant. `shared`: the strings that other hazards say too."""

    hazard: str
    kind: str
    language: str
    strings: dict[str, Said]
    sources: dict[str, str]
    shared: frozenset[str]
    messages: tuple[Message, ...]

    @property
    def code(self) -> str:
        """Twelve hex digits, in threes of four, that stand for everything a reviewer is shown."""
        shown = [(key, self.sources[key], said.text) for key, said in self.strings.items()]
        texts = [(message.label, message.text) for message in self.messages]
        found = content_hash({"language": self.language, "strings": shown, "messages": texts})
        digits = found.removeprefix("sha256:")[:_CODE]
        return "-".join(digits[i : i + 4] for i in range(0, _CODE, 4))


def chosen(content: ComposingLibrary, hazard: str, language: str, kind: str = "") -> Chosen:
    """The sentences of a hazard (of one kind of message) in a language.

    Raises:
        Unusable: there is no such hazard, kind or language.
    """
    _known(content, hazard, language, kind)
    messages = _fewest(_messages(content, hazard, language, kind))
    messages += _seldom(content, hazard, language, kind, {key for message in messages for key in message.keys})
    keys = dict.fromkeys(key for message in messages for key in message.keys)
    return Chosen(
        hazard=hazard,
        kind=kind,
        language=language,
        strings={key: content.sentence(language, key) for key in keys},
        sources={key: content.lexicon.sources[key] for key in keys},
        shared=frozenset(key for key in keys if _elsewhere(content.lexicon, key, hazard)),
        messages=messages,
    )


def _known(content: ComposingLibrary, hazard: str, language: str, kind: str) -> None:
    hazards = content.lexicon.hazards
    if hazard not in hazards:
        remedy = f"There are: {', '.join(sorted(hazards))}."
        raise Unusable(f"There is no hazard {hazard!r}.", where="--hazard", remedy=remedy)
    if language not in content.languages or language == ENGLISH:
        others = ", ".join(tag for tag in content.languages if tag != ENGLISH)
        raise Unusable(f"{language!r} has no catalogue.", where="--language", remedy=f"There are: {others}.")
    kinds = hazards[hazard].kinds
    if kind and kind not in kinds:
        raise Unusable(f"{hazard} has no {kind!r}.", where="--kind", remedy=f"It has: {', '.join(kinds)}.")


def _elsewhere(lexicon: Lexicon, key: str, hazard: str) -> bool:
    """True where another hazard says the sentence too."""
    family, _, rest = key.partition(".")
    if family == "action":
        name = rest.split(".")[0]
        return any(name in _actions(lexicon, other) for other in lexicon.hazards if other != hazard)
    return family == "frame"


def _actions(lexicon: Lexicon, hazard: str) -> set[str]:
    return set(lexicon.told(action for kind in lexicon.hazards[hazard].kinds.values() for action in kind.actions))


# --- messages


def _messages(content: ComposingLibrary, hazard: str, language: str, kind: str) -> Iterator[Message]:
    for sample in samples(content.lexicon, hazard):
        if kind in ("", sample.kind):
            yield from of_sample(content, sample, language)
    lead, english = (content.sentence(tag, ENGLISH_ONLY).text for tag in (language, ENGLISH))
    yield Message("the line before a message that is only in English", lead, english, (ENGLISH_ONLY,))


def _seldom(
    content: ComposingLibrary, hazard: str, language: str, kind: str, shown: Collection[str]
) -> tuple[Message, ...]:
    """What only some alerts say: what has changed, what is not known, a co-sign, a disease. Each on its own line."""
    keys = [key for key in content.lexicon.sources if key not in shown and _may(content.lexicon, key, hazard, kind)]
    own, english = ("\n".join(content.sentence(tag, key).text for key in keys) for tag in (language, ENGLISH))
    return (Message("sentences that stand only in some messages", own, english, tuple(keys)),) if keys else ()


def _may(lexicon: Lexicon, key: str, hazard: str, kind: str) -> bool:
    """True where an alert of this hazard and kind may say a sentence that no sample says."""
    family, name, *rest = key.split(".")
    kinds = lexicon.hazards[hazard].kinds
    if family == "hazard":
        return name == hazard and rest[0] not in set(kinds) - ({kind} if kind else set(kinds))
    if family == "disease":
        return any(entry.opening_named for said, entry in kinds.items() if kind in ("", said))
    return family == "frame" and (not kind or _ONLY_IN.get(name, kind) == kind)


def of_sample(content: ComposingLibrary, sample: Sample, language: str) -> Iterator[Message]:
    """Its texts by all means, at all levels that have words of their own."""
    tells = content.telling(sample.alert, AUTHORITY)
    for means, tier in sample.forms:
        said = [_composed(tells, sample, sample.reader(tag, tier), means) for tag in (language, ENGLISH)]
        label = f"{sample.kind}, {means}, {tier}, {sample.label}"
        if said[0][0]:
            yield Message(label, said[0][0], said[1][0], said[0][1])


def _composed(tells: Tells, sample: Sample, profile: Profile, means: Means) -> tuple[str, tuple[str, ...]]:
    try:
        variant = tells.to(profile, means, sample.group)
    except NotAllRight:  # it does not fit into a wireless alert, so nobody reads it
        return "", ()
    parts = [text for part, text in variant.parts.items() if part != "html"]
    return "\n\n".join(parts), variant.said


def _fewest(messages: Iterable[Message]) -> tuple[Message, ...]:
    """Each time the message that shows most of what was not shown yet; they stand in the order of making."""
    every = {message.text: message for message in messages}
    order = list(every.values())
    lacking = {key for message in order for key in message.keys}
    taken: set[int] = set()
    while lacking:
        best = max(range(len(order)), key=lambda i: (len(lacking.intersection(order[i].keys)), -i))
        taken.add(best)
        lacking -= set(order[best].keys)
    return tuple(order[i] for i in sorted(taken))


def finished(content: ComposingLibrary, language: str, keys: Collection[str]) -> dict[str, str]:
    """String id → one finished message in which the sentence stands; a string that stands in none is left out."""
    found: dict[str, str] = {}
    hazards = {key.split(".")[1] for key in keys if key.startswith("hazard.")}
    only = next(iter(hazards)) if len(hazards) == 1 and all(k.startswith("hazard.") for k in keys) else None
    for sample in samples(content.lexicon, only):
        if len(found) == len(set(keys)):
            break
        for message in of_sample(content, sample, language):
            found |= {key: message.text for key in message.keys if key in keys and key not in found}
    return found
