"""Reads opening hours out of a finished text: days of the week, then from when to when.

Shares only CLDR with what wrote them, and the punctuation that a language has for them does not matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from babel import Locale

from onevoice.checks.clock import day_parts, part_hour
from onevoice.checks.numbers import Found
from onevoice.checks.plain import plain
from onevoice.localize import Language
from onevoice.services import Service

_HOUR = re.compile(r"'[^']*'|[hHkK]+|m+|[ab]+|.")
_SPAN = r"[-‐-―~至到]"
_GAP = r"[\s,،、/]*"
_WIDTHS = ("abbreviated", "wide", "short")
_NOON, _WEEK, _MINUTES = 12, 7, 60


class Open(NamedTuple):
    """On these days (Monday is 0), from when to when, in minutes since midnight."""

    days: frozenset[int]
    opens: int
    closes: int


class Said(NamedTuple):
    """Opening hours in a text, and where they stand."""

    found: Found
    hours: Open


def expected(service: Service) -> frozenset[Open]:
    """What a text must say of a service's hours."""
    spans = ((frozenset(span.days), _minutes(span.opens), _minutes(span.closes)) for span in service.hours)
    return frozenset(Open(*span) for span in spans)


def _minutes(clock: str) -> int:
    hour, minute = clock.split(":")
    return int(hour) * _MINUTES + int(minute)


def read(text: str, language: Language) -> list[Said]:
    """Every span of opening hours in a plain text, in order."""
    reader = _reader(_Key(language))
    return [said for match in reader.pattern.finditer(text) if (said := reader.said(match))]


class _Key(NamedTuple):
    """A language, compared by who it is: its description is not hashable."""

    language: Language

    def __hash__(self) -> int:
        return hash((self.language.language, self.language.time.short))


@lru_cache(maxsize=64)
def _reader(key: _Key) -> _Reader:
    return _Reader(key.language)


class _Reader:
    """A language's names of days and its way of writing a time of day, as one pattern."""

    def __init__(self, language: Language) -> None:
        locale = Locale.parse(language.babel)
        self.days = dict(_days(language, locale))
        forms = locale.day_periods["format"]
        halves = ((forms[w].get(name), half) for w in forms for name, half in (("am", 0), ("pm", 1)))
        self.halves = {plain(name): half for name, half in halves if name}
        day = rf"(?:{_any(self.days)})(?:\s*\.)?"
        self.locale = locale
        clock = _clock(language, _any(self.halves))
        self.day = re.compile(rf"({_any(self.days)})|({_SPAN})")
        self.clock = re.compile(clock)
        self.pattern = re.compile(
            rf"(?<!\w)(?P<days>{day}(?:{_GAP}{_SPAN}?{_GAP}{day})*)[\s,:：]*"
            rf"(?P<opens>{_bare(clock)})\s*{_SPAN}\s*(?P<closes>{_bare(clock)})(?!\w)"
        )

    def said(self, match: re.Match[str]) -> Said | None:
        """What a match says; None where it is no time of day."""
        opens, closes = (self._minutes(match[name]) for name in ("opens", "closes"))
        if opens is None or closes is None:
            return None
        return Said(Found(match[0], match.start(), match.end()), Open(self._days(match["days"]), opens, closes))

    def _minutes(self, text: str) -> int | None:
        match = self.clock.fullmatch(text)
        if match is None:
            return None
        said = match.groupdict()
        hour, minute = int(said["hour"]), int(said["minute"])
        if said.get("part"):
            hour = part_hour(said["part"], hour, self.locale)
        if said.get("half") and hour <= _NOON:
            hour = hour % _NOON + _NOON * self.halves[said["half"]]
        return hour * _MINUTES + minute if hour < _NOON * 2 and minute < _MINUTES else None

    def _days(self, text: str) -> frozenset[int]:
        found: set[int] = set()
        last: int | None = None
        through = False
        for match in self.day.finditer(text):
            if match[2]:
                through = True
                continue
            day = self.days[match[1]]
            span = range(last, last + (day - last) % _WEEK) if through and last is not None else range(0)
            found |= {day, *(one % _WEEK for one in span)}
            last, through = day, False
        return frozenset(found)


def _days(language: Language, locale: Locale) -> Iterator[tuple[str, int]]:
    for number, name in enumerate(language.weekdays):
        yield plain(name), number
    for width in _WIDTHS if not language.weekdays else ():
        for number, name in locale.days["format"][width].items():
            yield plain(name), number


def _clock(language: Language, halves: str) -> str:
    """A time of day in the language's own pattern: its hour and minutes, with am and pm behind them or before them."""
    pattern = language.time.short
    start = re.search(r"(?:[abB]+ ?)?[hHkK]", re.sub(r"'[^']*'", lambda quoted: "_" * len(quoted[0]), pattern))
    pieces: list[str] = []
    for part in _HOUR.finditer(pattern, start.start() if start else 0):
        if part[0][0] not in "hHkKmabB:. '":
            break
        pieces.append(_parts(language) if part[0] == "B" else _piece(part[0], halves))
    return "".join(pieces).removesuffix(r"\s*")


def _parts(language: Language) -> str:
    names = frozenset().union(*day_parts(Locale.parse(language.babel)))
    return f"(?P<part>{'|'.join(re.escape(name) for name in names)})"


def _piece(part: str, halves: str) -> str:
    if part[0] in "hHkK":
        return r"(?P<hour>\d{1,2})"
    if part[0] == "m":
        return r"(?P<minute>\d{2})"
    if part[0] in "ab":
        return rf"(?P<half>{halves})"
    return r"\s*" if part == " " else re.escape(plain(part.strip("'")) or part)


def _bare(pattern: str) -> str:
    return re.sub(r"\(\?P<\w+>", "(?:", pattern)


def _any(names: dict[str, int]) -> str:
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)) or r"(?!)"
