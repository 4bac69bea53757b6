"""Times and dates as people write them: 6:30 PM, 18h30, las seis y media de la tarde, 下午六点半, ٦:٣٠ مساءً, 22/11."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from onevoice.checks.reading.folded import Folded
from onevoice.checks.reading.words import Tongue
from onevoice.facts import Instant

_NOON, _DAY, _HOUR, _MONTHS, _DAYS = 12, 24, 60, 12, 31
_NEAR = 45
"""A day or a zone belongs to a time that stands no further away than this many characters, on one line."""
_SHORT = 4
_BEHIND = 6
_STRETCH = 28
"""Between the word that begins a stretch of time and its first time stands no more than a day."""


class Span(NamedTuple):
    """A stretch of the folded text."""

    start: int
    end: int


class Day(NamedTuple):
    """A day that a text names: the (month, day) pairs it can mean, a weekday, or days from the text's own day."""

    span: Span
    dates: tuple[tuple[int, int], ...] = ()
    weekday: int | None = None
    offset: int | None = None

    def fits(self, local: datetime, today: date) -> bool:
        """True where the day can be that of a moment, for a text of `today`."""
        if self.offset is not None:
            return local.date() == today + timedelta(days=self.offset)
        if self.weekday is not None:
            return local.weekday() == self.weekday
        return (local.month, local.day) in self.dates


class Moment(NamedTuple):
    """A time of day that a text names. `sure`: the half of the day is known.

    `roles`: what the words beside it say; two where they are one of two ("bis" is by and until). `since`: the moment at
    which the stretch of time begins that this one ends.
    """

    span: Span
    hour: int
    minute: int
    sure: bool
    days: tuple[Day, ...]
    zone: str | None
    roles: tuple[str, ...]
    since: Span | None = None

    @property
    def role(self) -> str | None:
        """What its words say where they say one thing."""
        return self.roles[0] if len(self.roles) == 1 else None

    def same_clock(self, instant: Instant) -> bool:
        """True where the hands of a clock in the instant's zone stand so."""
        return self.shows(instant.local.hour, instant.local.minute)

    def shows(self, hour: int, minute: int) -> bool:
        """True where the hands of a clock stand so at this time of day."""
        same = self.hour == hour if self.sure else self.hour % _NOON == hour % _NOON
        return same and self.minute == minute

    def same_zone(self, instant: Instant) -> bool:
        """True where no other zone is named."""
        if self.zone is None:
            return True
        return instant.at.astimezone(ZoneInfo(self.zone)).utcoffset() == instant.local.utcoffset()

    def same_day(self, instant: Instant, today: date) -> bool:
        """True where no other day is named."""
        return all(day.fits(instant.local, today) for day in self.days)


def read(text: Folded, tongue: Tongue) -> tuple[list[Moment], list[Day]]:
    """The moments of a text, and the days that stand alone. Number words are digits by then."""
    clocks = list(_clocks(text.text, tongue))
    blank = text
    for span, *_ in clocks:
        blank = blank.blanked(*span)
    days = sorted(_days(blank.text, tongue))
    owners = {day: _owner(day.span, [c[0] for c in clocks], text.text) for day in days}
    moments = [
        Moment(
            span, hour, minute, sure,
            tuple(day for day in days if owners[day] == span),
            _zone(text.text, span, tongue),
            _roles(text.text, span, tongue),
        )
        for span, hour, minute, sure in clocks
    ]  # fmt: skip
    bare = text
    for day in days:
        bare = bare.blanked(*day.span)
    return list(_stretches(moments, bare.text, tongue)), [day for day in days if owners[day] is None]


def _owner(day: Span, clocks: list[Span], text: str) -> Span | None:
    near = [(_gap(day, clock), clock) for clock in clocks if _gap(day, clock) <= _NEAR]
    near = [
        (gap, clock) for gap, clock in near if "\n" not in text[min(day.end, clock.end) : max(day.start, clock.start)]
    ]
    return min(near)[1] if near else None


def _gap(one: Span, other: Span) -> int:
    return max(0, max(one.start, other.start) - min(one.end, other.end))


# --- the time of day


class _Clock(NamedTuple):
    span: Span
    hour: int
    minute: int
    sure: bool


@lru_cache(maxsize=64)
def _clock_patterns(tongue: Tongue) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    clock = tongue.words.clock
    half = tongue.choice([*clock.am, *clock.pm])
    hour = tongue.choice(clock.hour)
    edge = tongue.end
    left = r"(?<!\w)" if tongue.spaced else ""
    lead = tongue.choice(clock.lead)
    figures = re.compile(
        rf"(?:{left}(?P<pre>{half})\s?)?(?P<lead>{left}(?:{lead})\s)?(?<![\d:.,/])(?P<h>\d{{1,2}})"
        rf"(?:\s?(?P<sep>[:.h]|{hour})\s?(?P<m>\d{{2}})(?![\d/])(?:\s?[分])?|\s?(?P<bare>h(?![a-z])|{hour}){edge})?"
        rf"(?:[\s,(]{{0,2}}(?P<post>{half}){edge})?"
    )
    army = re.compile(r"(?<![\d:/])([01]\d|2[0-3])([0-5]\d)\s?(?:hours|hrs|h|heures|horas|uhr)(?!\w)")
    return figures, army, tongue.any(clock.noon), tongue.any(clock.midnight)


def _clocks(text: str, tongue: Tongue) -> Iterator[_Clock]:
    figures, army, noon, midnight = _clock_patterns(tongue)
    found = [_Clock(Span(m.start(), m.end()), int(m[1]), int(m[2]), sure=True) for m in army.finditer(text)]
    found += [clock for m in figures.finditer(text) if (clock := _figures(m, tongue, text))]
    for words, hour in ((noon, _NOON), (midnight, 0)):
        found += [_Clock(Span(m.start(), m.end()), hour, 0, sure=True) for m in words.finditer(text)]
    last = -1
    for clock in sorted(found, key=lambda c: (c.span.start, -c.span.end)):
        if clock.span.start >= last:
            last = clock.span.end
            yield clock


def _figures(match: re.Match[str], tongue: Tongue, text: str) -> _Clock | None:
    said = match.groupdict()
    half = _half(said["post"] or said["pre"], tongue)  # "8 p.m. tonight until 6 a.m.": the night is of the time before
    hour, minute = int(said["h"]), int(said["m"] or 0)
    if hour > _DAY or minute >= _HOUR:
        return None
    if not (_is_time(said, tongue, half=half is not None) or (said["bare"] and _behind_day(match, tongue, text))):
        return None
    start = match.start("pre") if said["pre"] and not said["post"] else match.start("h")
    span = Span(start, match.end())
    if half is None and hour <= _NOON:
        half = _half_near(text, span, tongue)
    if half is not None and hour <= _NOON:
        return _Clock(span, hour % _NOON + _NOON * half, minute, sure=True)
    known = hour > _NOON or hour == 0 or _whole_day(tongue)
    return _Clock(span, hour % _DAY, minute, sure=known)


def _is_time(said: dict[str, str | None], tongue: Tongue, *, half: bool) -> bool:
    if said["m"]:
        return said["sep"] != "." or half or bool(said["lead"])
    if half:
        return True
    if not said["bare"]:
        return bool(said["lead"]) and (said["lead"] or "").strip() in {tongue.fold(h) for h in tongue.words.clock.hour}
    also_a_span = {tongue.fold(word) for word in tongue.words.units.get("hour", ())} | {"h"}
    return said["bare"] not in also_a_span or bool(said["lead"])


def _behind_day(match: re.Match[str], tongue: Tongue, text: str) -> bool:
    """True for "22 décembre, 18 h": behind a day the hours are no span of time."""
    before = text[max(0, match.start() - _NEAR) : match.start()].rstrip(" ,")
    return any(day.span.end == len(before) for day in _days(before, tongue))


def _half(words: str | None, tongue: Tongue) -> int | None:
    if not words:
        return None
    return int(" ".join(words.split()) not in {tongue.fold(word) for word in tongue.words.clock.am})


def _half_near(text: str, span: Span, tongue: Tongue) -> int | None:
    """Tonight, ce soir, 今晚 a little before or after say which half it is."""
    around = text[max(0, span.start - 20) : span.start] + " " + text[span.end : span.end + 16]
    around = around.split("\n")[-1] if "\n" in around else around
    return 1 if tongue.any(tongue.words.clock.evening).search(around) else None


def _whole_day(tongue: Tongue) -> bool:
    """True for a language that counts 24 hours: there 6:30 alone is in the morning."""
    return "H" in re.sub(r"'[^']*'", "", tongue.spoken.time.short)


# --- the day


def _days(text: str, tongue: Tongue) -> Iterator[Day]:
    spans = []
    for match in _date_pattern(tongue).finditer(text):
        dates = _dates(match, tongue)
        if dates:
            spans.append(Span(match.start(), match.end()))
            yield Day(spans[-1], dates)
    for match in _weekday_pattern(tongue).finditer(text):
        if any(span.start <= match.start() < span.end for span in spans):
            continue  # "Mar 3" is a day of March, also where Mar is short for Tuesday (Martes)
        name = re.sub(r"\s+", " ", match[1])
        yield Day(Span(match.start(), match.start() + len(match[1])), weekday=tongue.weekdays[name])
    if tongue.days:
        for match in _day_words(tongue).finditer(text):
            yield Day(Span(match.start(), match.end()), offset=tongue.days[re.sub(r"\s+", " ", match[0])])


@lru_cache(maxsize=64)
def _day_words(tongue: Tongue) -> re.Pattern[str]:
    words = tongue.choice(tongue.words.days)
    return re.compile(rf"(?<!\w)(?:{words}){tongue.end}" if tongue.spaced else words)


@lru_cache(maxsize=64)
def _date_pattern(tongue: Tongue) -> re.Pattern[str]:
    names = "|".join(
        re.escape(n).replace(r"\ ", r"\s+") for n in sorted(tongue.months, key=len, reverse=True) if not n.isdigit()
    )
    # A number before a month is its day: "mar 6 gen" is a Tuesday in Italian, not the 6th of March.
    of = r"(?:\s?(?:st|nd|rd|th|er))?\.?,?\s?(?:of\s|de\s|d'|del\s)?"
    dots = r"\d{1,2}" if tongue.words.order == "dmy" else r"(?!)"  # 25.11., as German and Russian write it
    return re.compile(
        r"(?<!\d)(?P<iy>20\d\d)[-/.](?P<im>\d{1,2})[-/.](?P<id>\d{1,2})(?!\d)"
        rf"|(?P<cm>\d{{1,2}})\s?(?:月|{tongue.fold('월')})\s?(?P<cd>\d{{1,2}})\s?[日号號]?"
        r"|(?<!\d)(?P<vd>\d{1,2})\s(?:thang|tháng|thg)\s?\.?(?P<vm>\d{1,2})(?!\d)"
        r"|(?<![\d/.\-])(?P<a>\d{1,2})/(?P<b>\d{1,2})(?:/(?:20)?\d\d)?(?![\d/])"
        r"|(?<![\d/.\-])(?P<e>\d{1,2})[.\-](?P<f>\d{1,2})[.\-](?:20)\d\d(?![\d/])"
        rf"|(?<![\d/.\-])(?P<e2>\d{{1,2}})\.(?P<f2>{dots})\.(?!\s?\d|\w)"
        rf"|(?<!\d)(?P<d>\d{{1,2}}){of}(?P<n>{names})(?!\w)"
        rf"|(?<!\w)(?P<n2>{names})\.?[^\S\n](?P<d2>\d{{1,2}})(?:st|nd|rd|th)?(?!:?\d)(?!\s(?:{names})(?!\w))"
    )


def _dates(match: re.Match[str], tongue: Tongue) -> tuple[tuple[int, int], ...]:
    said = {name: value for name, value in match.groupdict().items() if value}
    for month, day in (("im", "id"), ("cm", "cd"), ("vm", "vd")):
        if month in said:
            return _real((int(said[month]), int(said[day])))
    for name, day in (("n", "d"), ("n2", "d2")):
        if name in said:
            return _real((tongue.months[re.sub(r"\s+", " ", said[name])], int(said[day])))
    one, two = (int(said.get(a) or said.get(b) or said[c]) for a, b, c in (("a", "e", "e2"), ("b", "f", "f2")))
    first, second = ((one, two), (two, one)) if tongue.words.order == "mdy" else ((two, one), (one, two))
    return _real(first) or _real(second)


def _real(pair: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    return (pair,) if 1 <= pair[0] <= _MONTHS and 1 <= pair[1] <= _DAYS else ()


@lru_cache(maxsize=64)
def _weekday_pattern(tongue: Tongue) -> re.Pattern[str]:
    """Whole names wherever they stand; short ones (Sun, DO, T2) only beside a day or a month."""
    names = sorted(tongue.weekdays, key=len, reverse=True)
    if not tongue.spaced:
        return re.compile("(" + "|".join(re.escape(n) for n in names if len(n) > 1) + ")")
    whole = [n for n in names if len(n) > _SHORT or (len(n) == _SHORT and n in tongue.whole_weekdays)]
    long = "|".join(re.escape(n).replace(r"\ ", r"\s+") for n in whole)
    short = "|".join(re.escape(n) for n in names if 1 < len(n) <= _SHORT and n not in whole) or "(?!)"
    months = "|".join(re.escape(n) for n in tongue.months if len(n) > 1 and not n.isdigit())
    return re.compile(
        rf"(?<!\w)(?:ال)?({long}|(?:{short})(?=\.?,? ?(?:\d{{1,2}}(?![\d:h])|(?:{months})(?!\w)))){tongue.end}"
    )


# --- zone and role


def _zone(text: str, span: Span, tongue: Tongue) -> str | None:
    line_start = text.rfind("\n", 0, span.start) + 1
    line_end = text.find("\n", span.end)
    after = text[span.end : min(span.end + _NEAR, line_end if line_end >= 0 else len(text))]
    before = "" if tongue.spaced else text[max(line_start, span.start - _NEAR) : span.start]
    for stretch in (after, before):
        found = _zone_pattern(tongue).search(stretch)
        if found:
            return tongue.zones[re.sub(r"\s+", " ", found[1])]
    return None


@lru_cache(maxsize=64)
def _zone_pattern(tongue: Tongue) -> re.Pattern[str]:
    names = "|".join(re.escape(n).replace(r"\ ", r"\s+") for n in sorted(tongue.zones, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:ب)?({names}){tongue.end}" if tongue.spaced else f"({names})")


def _roles(text: str, span: Span, tongue: Tongue) -> tuple[str, ...]:
    """The roles whose words end nearest before the time, in its own sentence; in some languages just behind it.

    Of words that end together the longer tell: "spätestens bis" is no "bis". Where one word has two roles, as "bis" and
    "até" have, a word of one of them before it tells which: "gilt ... bis".
    """
    before = _SENTENCE.split(text[max(0, span.start - _NEAR) : span.start])[-1]
    if tongue.any(tongue.words.act_by_behind).match(text[span.end : span.end + _BEHIND].lstrip(" )")):
        return ("act_by",)
    found = [
        (m.end(), len(m[0]), role)
        for role, words in tongue.words.roles.items()
        for m in tongue.any(words).finditer(before)
    ]
    nearest = max(found)[:2] if found else None
    roles = sorted({role for *where, role in found if tuple(where) == nearest})
    told = {role for *where, role in found if tuple(where) != nearest and role in roles and ":" not in before}
    return tuple(told if len(roles) > 1 and len(told) == 1 else roles)


_SENTENCE = re.compile(r"[\n.!?。！？؟;；](?:\s|$)|\n")


# --- from one time to another


def _stretches(moments: list[Moment], text: str, tongue: Tongue) -> Iterator[Moment]:
    """The moments; one that ends a stretch knows where it begins, and is no last moment to do something."""
    before: Moment | None = None
    for moment in moments:
        since = before.span if before and _begins(before, moment, text, tongue) else None
        roles = tuple(role for role in moment.roles if role != "act_by") if since else moment.roles
        before = moment._replace(since=since, roles=roles)
        yield before


def _begins(one: Moment, other: Moment, text: str, tongue: Tongue) -> bool:
    """True where a stretch of time goes from one moment to the other: from ... until, 8 p.m. - 6 a.m."""
    between = text[one.span.end : other.span.start]
    if len(between) > _NEAR or _SENTENCE.search(between) or one.since:
        return False
    words = tongue.words.stretches
    lead = _SENTENCE.split(text[max(0, one.span.start - _NEAR) : one.span.start])[-1]
    behind = "act_by" not in one.roles and tongue.any(words.behind).match(between.lstrip(" )"))
    begun = [m.end() for m in tongue.any(words.start).finditer(lead)]
    near = bool(begun) and len(lead) - begun[-1] <= _STRETCH
    return near or bool(behind) or bool(_to(tongue).fullmatch(between))


@lru_cache(maxsize=64)
def _to(tongue: Tongue) -> re.Pattern[str]:
    """What stands between two times and nothing else."""
    return re.compile(rf"[\s,).]*(?:[-–—~〜]|{tongue.bounded(tongue.words.stretches.to)})[\s,(.]*")
