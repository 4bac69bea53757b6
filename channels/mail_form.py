"""The words of a mail, made once for all who get them; then only what is a person's own is put in its places.

In the words a person's own are the address of their page and the id of their message. Each always has the same length,
so the lines of an encoded body break at the same places for everybody. Where the places are is not worked out but seen:
the words are made twice, with other letters in the slots, and where the two differ is a slot. A third time proves it.
"""

from __future__ import annotations

import re
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

Own = Mapping[str, str]
"""Slot → what stands in it."""
Make = Callable[[Own], bytes]
"""Makes the words with something in the slots."""
BASE64 = re.compile(rb"Content-Transfer-Encoding: base64\r\n(?:[^\r\n]+\r\n)*\r\n((?:[A-Za-z0-9+/=]+\r\n)+)")
WIDTH = 76
"""Letters in a line of base64."""
TRIALS = ("AC", "BD", "EF")
"""Letters that stand in the first slot and in the second, each time."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a stretch of what is in a slot stands."""

    slot: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the words: as it is, or to be written in base64 when it is filled."""

    pieces: tuple[bytes | Place, ...]
    base64: bool

    def filled(self, own: Own) -> bytes:
        """With what is a person's own."""
        whole = b"".join(
            [p if isinstance(p, bytes) else own[p.slot][p.start : p.end].encode("ascii") for p in self.pieces]
        )
        return _written(whole) if self.base64 else whole


@dataclass(frozen=True, slots=True)
class Form:
    """Words that were made once."""

    stretches: tuple[Stretch, ...]

    def filled(self, own: Own) -> bytes:
        """The words for one person. `own` are ASCII, each of the length for which the form was made."""
        return b"".join([one.filled(own) for one in self.stretches])


def form(make: Make, lengths: Mapping[str, int]) -> Form | None:
    """The form of words that have slots of these lengths; None where they cannot be filled piece by piece."""
    first, second, third = (
        {slot: letters[n] * size for n, (slot, size) in enumerate(lengths.items())} for letters in TRIALS
    )
    one, other = make(first), make(second)
    if len(one) != len(other):
        return None
    made = Form(tuple(_stretches(one, other, first)))
    return made if made.filled(third) == make(third) else None


def _stretches(one: bytes, other: bytes, own: Own) -> Iterator[Stretch]:
    at = 0
    for found in BASE64.finditer(one):
        begin, end = found.span(1)
        yield Stretch(tuple(_pieces(one[at:begin], other[at:begin], own)), base64=False)
        yield Stretch(tuple(_pieces(a2b_base64(one[begin:end]), a2b_base64(other[begin:end]), own)), base64=True)
        at = end
    yield Stretch(tuple(_pieces(one[at:], other[at:], own)), base64=False)


def _pieces(one: bytes, other: bytes, own: Own) -> Iterator[bytes | Place]:
    """What is the same in both, and the places where they differ; a slot that a line end breaks has two."""
    slots = {value[:1].encode(): (slot, len(value)) for slot, value in own.items() if value}
    done = dict.fromkeys(own, 0)
    for found in re.finditer(rb"(?:(\x01+)|(\x02+)|\x00+)", _marks(one, other, list(slots))):
        begin, end = found.span()
        if not (found[1] or found[2]):
            yield one[begin:end]
            continue
        slot, size = slots[one[begin : begin + 1]]
        while begin < end:
            start = done[slot]
            much = min(end - begin, size - start)
            yield Place(slot, start, start + much)
            done[slot], begin = (start + much) % size, begin + much


def _marks(one: bytes, other: bytes, letters: list[bytes]) -> bytes:
    """For each byte 0 where both are the same, else the number of the slot that it is of, from 1."""
    number = {letter[0]: n for n, letter in enumerate(letters, 1)}
    return bytes(0 if a == b else number.get(a, 0) for a, b in zip(one, other, strict=True))


def _written(whole: bytes) -> bytes:
    """In base64, as a mail writes it."""
    letters = b2a_base64(whole, newline=False)
    lines = [letters[at : at + WIDTH] for at in range(0, len(letters), WIDTH)]
    return b"\r\n".join([*lines, b""])
