"""Reads times out of a finished text, by the pattern of its language. Shares nothing with what wrote them but CLDR."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import time, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple

from babel import Locale
from babel.dates import format_time, get_timezone, get_timezone_name

from onevoice.checks.plain import plain
from onevoice.facts import Instant
from onevoice.localize import Language

_FIELDS = re.compile(r"'([^']*)'|(\{zone\})|([A-Za-z])(\3*)|([^A-Za-z])")
_WIDTHS: dict[int, Literal["abbreviated", "wide", "narrow", "short"]] = {4: "wide", 5: "narrow", 6: "short"}
_NOON = 12
_TWELVE = frozenset([(0, 0), (_NOON, 0)])


class Clock(NamedTuple):
    """What a reader sees of a moment."""

    hour: int
    minute: int
    day: int
    month: int
    weekday: int
    zone: str


class Read(NamedTuple):
    """A time in a text: where, and what it says."""

    start: int
    end: int
    clock: Clock


def shown(instant: Instant, language: Language) -> frozenset[Clock]:
    """What a reader of the language must see of a moment: with its zone's short or long name.

    Of noon and midnight the minute before: 12:00 is read as the other one, and midnight as another day's.
    """
    return _shown(instant, _Key(language, (instant.zone,)))


@lru_cache(maxsize=4096)  # every text of a release is asked for the same few moments
def _shown(instant: Instant, key: _Key) -> frozenset[Clock]:
    local = instant.local
    if (local.hour, local.minute) in _TWELVE:
        local = local - timedelta(seconds=60)
    when = (local.hour, local.minute, local.day, local.month, local.weekday())
    return frozenset(Clock(*when, zone) for zone in _zone_names(key.language, instant.zone))


def _zone_names(language: Language, zone: str) -> set[str]:
    """What the translators call a zone, else what CLDR calls it."""
    named = language.zones.get(zone)
    if named:
        return {plain(named.short), plain(named.long)}
    return {plain(get_timezone_name(get_timezone(zone), width="long", zone_variant="generic", locale=language.babel))}


def times(text: str, language: Language, zones: Iterable[str] = ()) -> list[Read]:
    """Every whole time in a plain text, in order; in the zones that the language names, and in `zones`."""
    return list(_times(text, _Key(language, tuple(sorted(set(zones))))))


@lru_cache(maxsize=4096)  # the same value stands in hundreds of texts of one release
def _times(text: str, key: _Key) -> tuple[Read, ...]:
    found = [
        Read(match.start(), match.end(), clock)
        for reader in _readers(key)
        for match in reader.pattern.finditer(text)
        if (clock := reader.clock(match))
    ]
    return tuple(sorted(_longest(found)))


def _longest(found: list[Read]) -> Iterator[Read]:
    for read in found:
        inside = (o for o in found if o is not read and o.start <= read.start and read.end <= o.end)
        if not any(other.end - other.start > read.end - read.start for other in inside):
            yield read


class _Key(NamedTuple):
    """A language, compared by who it is: its description is not hashable."""

    language: Language
    zones: tuple[str, ...]

    def __hash__(self) -> int:
        return hash((self.language.language, self.language.time.short, self.language.time.long, self.zones))


@lru_cache(maxsize=64)
def _readers(key: _Key) -> tuple[_Reader, ...]:
    patterns = dict.fromkeys((key.language.time.short, key.language.time.long))
    names = {name for zone in {*key.language.zones, *key.zones} for name in _zone_names(key.language, zone)}
    return tuple(_Reader(key.language, pattern, names) for pattern in patterns)


class _Reader:
    """One pattern of a language as a regular expression."""

    def __init__(self, language: Language, pattern: str, zones: set[str]) -> None:
        self.language = language
        self.zones = zones
        self.locale = Locale.parse(language.babel)
        self.names: dict[str, dict[str, int]] = {}
        pieces = (self._piece(found) for found in _FIELDS.finditer(pattern))
        self.pattern = re.compile(r"(?<![\w])" + "".join(pieces) + r"(?![\w])")

    def clock(self, match: re.Match[str]) -> Clock | None:
        """What a match says; None where it is no time of day."""
        said = match.groupdict()
        hour = int(said["hour"])
        if said.get("part"):
            hour = part_hour(said["part"], hour, self.locale)
        if said.get("half") and hour <= _NOON:
            hour = hour % _NOON + _NOON * self.names["half"][said["half"]]
        weekday = self.names["weekday"][said["weekday"]]
        month = self.names["month"].get(said["month"]) or int(said["month"])
        if hour > 23 or int(said["minute"]) > 59:  # noqa: PLR2004 - a day has 24 hours, an hour 60 minutes
            return None
        return Clock(hour, int(said["minute"]), int(said["day"]), month, weekday, said["zone"])

    def _piece(self, found: re.Match[str]) -> str:
        quoted, zone, letter, more, other = found.groups()
        if zone:
            return f"(?P<zone>{_any(self.zones)})"
        if letter:
            return self._field(letter, len(letter + more))
        if other == " ":
            return r"\s+"
        return re.escape(plain(quoted) or "'" if quoted is not None else other)

    def _field(self, letter: str, width: int) -> str:
        if letter in "hHkK":
            return r"(?P<hour>\d{1,2})"
        if letter in "md":
            return r"(?P<minute>\d{2})" if letter == "m" else r"(?P<day>\d{1,2})"
        if letter in "ML":
            return self._months(width)
        if letter in "Ec":
            return self._named("weekday", self._weekdays(_WIDTHS.get(width, "abbreviated")))
        if letter in "abB":
            return self._part_of_day(letter)
        return r"\d+"

    def _part_of_day(self, letter: str) -> str:
        if letter == "B":
            return f"(?P<part>{_any(frozenset().union(*day_parts(self.locale)))})"
        return self._named("half", self._halves())

    def _named(self, field: str, names: dict[str, int]) -> str:
        self.names[field] = names
        return f"(?P<{field}>{_any(names)})"

    def _months(self, width: int) -> str:
        if width <= 2:  # noqa: PLR2004 - M and MM are numbers
            self.names["month"] = {}
            return r"(?P<month>\d{1,2})"
        if self.language.months and _WIDTHS.get(width) != "wide":
            return self._named("month", {plain(n): i for i, n in enumerate(self.language.months, 1)})
        names = self.locale.months["format"][_WIDTHS.get(width, "abbreviated")]
        return self._named("month", {plain(name): number for number, name in names.items()})

    def _weekdays(self, width: Literal["abbreviated", "wide", "narrow", "short"]) -> dict[str, int]:
        if self.language.weekdays:
            return {plain(name): number for number, name in enumerate(self.language.weekdays)}
        return {plain(name): number for number, name in self.locale.days["format"][width].items()}

    def _halves(self) -> dict[str, int]:
        forms = self.locale.day_periods["format"]
        pairs = ((forms[width].get(name), half) for width in forms for name, half in (("am", 0), ("pm", 1)))
        return {plain(name): half for name, half in pairs if name}


@lru_cache(maxsize=64)
def day_parts(locale: Locale) -> tuple[frozenset[str], ...]:
    """What each hour is called by CLDR: in Hindi रात (0 to 3; मध्यरात्रि on the stroke), सुबह, दोपहर, शाम, रात (20 on)."""
    told = ((time(hour), time(hour, 1)) for hour in range(2 * _NOON))
    return tuple(frozenset(plain(format_time(moment, "B", locale=locale)) for moment in pair) for pair in told)


def part_hour(part: str, hour: int, locale: Locale) -> int:
    """The hour of the day that "शाम 6" is: the one of the two that lies in that part; 24 where neither does."""
    two = (hour % _NOON, hour % _NOON + _NOON)
    return next((one for one in two if hour <= _NOON and part in day_parts(locale)[one]), 2 * _NOON)


def _any(names: Iterable[str]) -> str:
    """One of the names, the longest first."""
    return "|".join(re.escape(plain(name)) for name in sorted(set(names), key=len, reverse=True)) or r"\S+"
