"""Finds whole approved sentences in a finished text, and what stands in their slots."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from onevoice.checks.plain import plain
from onevoice.lexicon import SLOT

_FEWEST_LETTERS = 2
_ENDS = r"\n.!?…。！？؟।:：;；)）/>"
_BEGINS = rf"(?:^|(?<=[{_ENDS}])|(?<=[{_ENDS}] ))"
"""Where a sentence can begin: what stands before it ends another one. "Do not move." is no "Move."."""
_STOPS = frozenset(_ENDS.replace(r"\n", "\n"))


@lru_cache(maxsize=8192)
def pattern(sentence: str, *, greedy: bool = False) -> re.Pattern[str]:
    """A sentence as a regular expression with a group for each slot; capitals do not matter.

    A slot takes as little as it can, or with `greedy` as much (of a time such as `6:30 p.m. ET` the first full stop is
    not the sentence's).
    """
    pieces: list[str] = []
    seen: dict[str, int] = {}
    position = 0
    for slot in SLOT.finditer(sentence):
        pieces.append(_literal(sentence[position : slot.start()]))
        seen[slot[1]] = seen.get(slot[1], 0) + 1
        pieces.append(_slot(slot[1], seen[slot[1]], greedy=greedy or slot.end() == len(sentence)))
        position = slot.end()
    pieces.append(_literal(sentence[position:]))
    begins = "" if sentence.startswith("{") else _BEGINS
    return re.compile(begins + "".join(pieces), re.IGNORECASE)


def _literal(text: str) -> str:
    words = re.escape(plain(text)).replace(r"\ ", r"\s+")
    before = r"\s+" if text[:1].isspace() else ""
    after = r"\s+" if text[-1:].isspace() and plain(text) else ""
    return f"{before}{words}{after}"


def _slot(name: str, number: int, *, greedy: bool) -> str:
    inside = r"\S+" if name == "url" else (r"[^\n]+" if greedy else r"[^\n]+?")
    return f"(?P<{name}{'' if number == 1 else f'_{number}'}>{inside})"


def found(sentence: str, text: str) -> Iterator[re.Match[str]]:
    """Every place where the sentence stands in a plain text, in both readings of its slots; as it is written first."""
    yield from _where_written(sentence, text)
    for reading in _readings(sentence):
        yield from reading.finditer(text)


def _where_written(sentence: str, text: str) -> Iterator[re.Match[str]]:
    """Where its first words stand letter by letter: nearly always, and found without a pattern trying every place."""
    head = _head(sentence)
    at = text.find(head) if head else -1
    while at >= 0:
        yield from (match for reading in _readings(sentence) if (match := reading.match(text, at)))
        at = text.find(head, at + 1)


@lru_cache(maxsize=8192)
def _head(sentence: str) -> str:
    """The plain words before the first slot."""
    return plain(sentence[: slot.start()]) if (slot := SLOT.search(sentence)) else ""


@lru_cache(maxsize=8192)
def _readings(sentence: str) -> tuple[re.Pattern[str], ...]:
    """Both readings of a sentence with slots; of one without there is only one."""
    lazy = pattern(sentence)
    return (lazy, pattern(sentence, greedy=True)) if SLOT.search(sentence) else (lazy,)


def stands(sentence: str, text: str) -> bool:
    """True where the sentence stands in a plain text, with whatever in its slots."""
    return as_written(sentence, text) or next(found(sentence, text), None) is not None


def ends(text: str, at: int) -> bool:
    """True where a sentence of a plain text can end: "Do not use" is not said by "Do not use the lift."."""
    return text[at - 1 : at] in _STOPS or text[at:].lstrip(" ")[:1] in {"", *_STOPS}


def as_written(sentence: str, text: str) -> bool:
    """True where a sentence without slots stands there as it is written: then no pattern has to search for it."""
    words = _whole(sentence)
    at = text.find(words) if words else -1
    return at == 0 or (at > 0 and (text[at - 1] in _STOPS or (text[at - 1] == " " and text[at - 2 : at - 1] in _STOPS)))


@lru_cache(maxsize=8192)
def _whole(sentence: str) -> str:
    """The plain words of a sentence without slots; of one with slots, nothing."""
    return "" if SLOT.search(sentence) or sentence != sentence.strip() else plain(sentence)


@lru_cache(maxsize=8192)
def has_words(sentence: str) -> bool:
    """False for a sentence that is hardly more than its slot: it could match anything."""
    return sum(c.isalpha() for c in SLOT.sub("", sentence)) >= _FEWEST_LETTERS


def values(match: re.Match[str]) -> Mapping[str, str]:
    """Slot → what stands there (for a slot that stands twice, the first)."""
    return {name: value for name, value in match.groupdict().items() if not name[-1].isdigit()}
