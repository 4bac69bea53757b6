"""Times as people type them, resolved to one moment or refused.

`18:30` is the next 18:30 on the deployment's clocks, `+90m` (or `+2h`, `+1d`) counts from now, and full ISO 8601
with an offset stands for itself. A time that does not exist or exists twice (daylight saving) is refused.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from onevoice.errors import Unusable

_RELATIVE = re.compile(r"^\+(\d{1,4})\s*(m|h|d)$")
_BACK = re.compile(r"^[-\N{MINUS SIGN}\N{EN DASH}]\s*\d+\s*(m|h|d)$")
_CLOCK = re.compile(r"^(\d{1,2}):(\d{2})$")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_HOW = 'Write "18:30" for the next 18:30, "+90m" for ninety minutes from now, or a full time with its offset.'


def resolve_moment(text: str, *, now: datetime, zone: ZoneInfo, where: str) -> datetime:
    """The moment that `text` means, in UTC. `where` names the field in errors.

    Raises:
        Unusable: the text is no time, has no zone, or names a time that daylight saving skips or repeats.
    """
    text = str(text).strip()
    if _BACK.match(text):
        msg = f"{text} counts back from now, so it has passed."
        raise Unusable(msg, where=where, remedy=_HOW)
    if _RELATIVE.match(text):
        return _next_whole_minute(now + _forward(text, where=where))
    if clock := _CLOCK.match(text):
        return _next_clock(int(clock[1]), int(clock[2]), now=now, zone=zone, where=where)
    return _iso(text, where=where)


def resolve_span(text: str, *, where: str) -> timedelta:
    """A span such as `+90m`, `12h` or `1d`."""
    found = _RELATIVE.match("+" + str(text).strip().lstrip("+"))
    if not found:
        msg = f"{text!r} is no span of time."
        raise Unusable(msg, where=where, remedy='Write for example "90m", "12h" or "1d".')
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def _forward(text: str, *, where: str) -> timedelta:
    span = resolve_span(text, where=where)
    if not span:
        msg = f"{text} is now, so it has passed before anybody reads it."
        raise Unusable(msg, where=where, remedy=_HOW)
    return span


def _next_whole_minute(moment: datetime) -> datetime:
    floor = moment.astimezone(UTC).replace(second=0, microsecond=0)
    return floor + timedelta(minutes=1) if moment > floor else floor


def _next_clock(hour: int, minute: int, *, now: datetime, zone: ZoneInfo, where: str) -> datetime:
    try:
        clock = time(hour, minute)
    except ValueError:
        msg = f"{hour}:{minute:02} is no time of day."
        raise Unusable(msg, where=where, remedy=_HOW) from None
    here = now.astimezone(zone)
    today = datetime.combine(here.date(), clock)
    again = _exists(today, zone) and today.replace(tzinfo=zone, fold=1) > now  # where clocks go back it may come again
    coming = today if again or clock > here.time() else today + timedelta(days=1)
    return _only_one(coming, zone, where=where)


def _exists(naive: datetime, zone: ZoneInfo) -> bool:
    return naive.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) == naive


def _only_one(naive: datetime, zone: ZoneInfo, *, where: str) -> datetime:
    early, late = (naive.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if early.utcoffset() == late.utcoffset():
        return early.astimezone(UTC)
    twice = _exists(naive, zone)
    what = "comes twice" if twice else "does not exist"
    msg = f"{naive:%Y-%m-%d %H:%M} {what} in {zone.key}, because the clocks change."
    raise Unusable(msg, where=where, remedy=_either(early, late) if twice else _around(early, late))


def _either(first: datetime, second: datetime) -> str:
    """How to write each of the two moments that one time of day means."""
    return f"Write {_minutes(first)} for the first, {_minutes(second)} for the second."


def _around(early: datetime, late: datetime) -> str:
    """How to write each of the two moments that somebody may mean who names a time that is left out."""
    after, before = (moment.astimezone(UTC).astimezone(moment.tzinfo) for moment in (early, late))
    return f"Write {_minutes(before)} for {before:%H:%M} before it, {_minutes(after)} for {after:%H:%M} after it."


def _minutes(moment: datetime) -> str:
    return moment.isoformat(timespec="minutes")


def _iso(text: str, *, where: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        here = moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        msg = f"{text!r} is no time."
        raise Unusable(msg, where=where, remedy=_HOW) from None
    if here is None:
        msg = f"{text!r} has no zone."
        raise Unusable(msg, where=where, remedy="Add the offset, for example -05:00.")
    return here
