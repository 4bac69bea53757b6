"""Opening hours in HSDS: a schedule is an RFC 5545 rule, of which a message can tell what repeats week by week."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from onevoice.services import Hours

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_CLOCK = re.compile(r"^(?P<at>\d{2}:\d{2})(?::\d{2})?(?P<offset>Z|[+-]\d{2}:\d{2})?$")
_NOT_TOLD = ("count", "byweekno", "bymonthday", "byyearday")
_DAY_END = "23:59"


class Wrong(Exception):
    """An entry cannot be used; the text says why."""


class Town(NamedTuple):
    """What entries are read against: the town's zones by id with their English names, its clocks, and today."""

    zones: Mapping[str, str]
    zone: ZoneInfo
    today: date


def hours(plain: Mapping[str, Any], town: Town) -> tuple[tuple[Hours, ...], date | None]:
    """Today's hours, and the last day on which they hold, if one is given.

    Raises:
        Wrong: they cannot be told.
    """
    places = plain.get("service_at_locations") or []
    own = plain.get("schedules") or (places[0].get("schedules") if len(places) == 1 else None) or []
    ends: list[date] = []
    spans: list[Hours] = []
    for schedule in own:
        starts, end = (day(schedule, name) if schedule.get(name) else None for name in ("valid_from", "valid_to"))
        if (starts and starts > town.today) or (end and end < town.today):
            continue
        ends += [end] if end else []
        spans.append(_span(schedule, town))
    return tuple(spans), min(ends, default=None)


def _span(schedule: Mapping[str, Any], town: Town) -> Hours:
    weekly = schedule.get("freq", "WEEKLY") == "WEEKLY" and schedule.get("interval") in (None, 1)
    days = str(schedule.get("byday") or "").replace(" ", "").split(",")
    if not weekly or any(schedule.get(name) for name in _NOT_TOLD) or not set(days) <= set(_DAYS):
        raise Wrong("its hours are not weekly by day, such as byday MO,TU: no message can tell them")
    opens, closes = (_clock(schedule, name, town) for name in ("opens_at", "closes_at"))
    closes = _DAY_END if closes == "00:00" else closes
    if opens >= closes:
        raise Wrong("it closes before it opens: write the two days apart")
    return Hours(days=tuple(sorted({_DAYS.index(day) for day in days})), opens=opens, closes=closes)


def _clock(schedule: Mapping[str, Any], name: str, town: Town) -> str:
    match = _CLOCK.match(str(schedule.get(name) or "").replace("24:00", "00:00"))
    if not match:
        raise Wrong(f"{name} is no time, such as 09:00-05:00")
    offset = "+00:00" if match["offset"] == "Z" else match["offset"]
    if offset and offset not in _offsets(town):
        raise Wrong(f"{name} is not on the town's clocks ({offset})")
    return match["at"]


def _offsets(town: Town) -> set[str]:
    """How far the town's clocks are from UTC, in winter and in summer."""
    moments = (datetime(town.today.year, month, 1, tzinfo=town.zone) for month in (1, 7))
    return {f"{moment:%z}"[:3] + ":" + f"{moment:%z}"[3:] for moment in moments}


def around_the_clock(spans: tuple[Hours, ...]) -> bool:
    """True where it is open day and night."""
    whole = ("00:00", _DAY_END)
    return any(len(span.days) == len(_DAYS) and (span.opens, span.closes) == whole for span in spans)


def day(plain: Mapping[str, Any], name: str) -> date:
    """A day of an entry.

    Raises:
        Wrong: it is missing, or is none.
    """
    try:
        return date.fromisoformat(str(plain.get(name) or "")[:10])
    except ValueError:
        raise Wrong(f"{name} is missing, or no day such as 2026-11-01") from None
