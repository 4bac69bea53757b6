"""When: the times and days that a text tells, each against the fact that it must be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from onevoice.alert import Kind
from onevoice.checks.hearing.question import Contradiction, Heard, Question, state, stranger, wrong
from onevoice.checks.reading import moments
from onevoice.checks.rules import finding
from onevoice.facts import FactSet, Instant, Shelter
from onevoice.variant import Severity

# --- times


def _instants(question: Question, facts: FactSet | None = None) -> dict[str, Instant]:
    alert = question.alert
    known = facts or alert.factset
    found = {name: fact for name, fact in known.facts.items() if isinstance(fact, Instant)}
    shelter = known.get("shelter")
    if isinstance(shelter, Shelter) and shelter.opens:
        found["shelter_opens"] = shelter.opens
    if facts is None:
        zone = next((fact.zone for fact in found.values()), "UTC")
        given = {
            "act_by": alert.act_by,
            "expires": alert.expires,
            "next_update": alert.next_update,
            "issued": alert.sent,
        }
        found |= {name: Instant(at=at, zone=zone) for name, at in given.items() if at and name not in found}
    return found


def hear(question: Question, heard: Heard) -> None:
    """Every time is one of the alert's; the last moment, or the end, is told."""
    told, lone = moments.read(question.counted, question.tongue)
    told = [moment for moment in told if moment.role or not _opening(question, moment)]
    instants = _instants(question)
    today = instants["issued"].local.date()
    wrong_ones = [(moment, role) for moment in told for role in _wrong_role(question, heard, moment, instants, today)]
    amiss = {moment.span for moment, _ in wrong_ones}
    for moment, role in wrong_ones:
        ends = moment.since and moment.since not in amiss and not _stale(question, moment, today)
        _wrong_time(question, heard, moment, role or ("expires" if ends else None), today)
    _lone_days(question, heard, lone, today)
    needed = "act_by" if "act_by" in instants else "expires"
    if needed not in heard.states and question.alert.kind not in _UNTIMED:
        heard.lacks.append(needed)


def _opening(question: Question, moment: moments.Moment) -> bool:
    """True for a time at which a service opens or closes; the hours beside its name are looked at with it."""
    spans = [span for service in question.services for span in service.hours]
    clocks = (clock.split(":") for span in spans for clock in (span.opens, span.closes))
    return moment.zone is None and any(moment.shows(int(hour), int(minute)) for hour, minute in clocks)


def _wrong_role(
    question: Question, heard: Heard, moment: moments.Moment, instants: dict[str, Instant], today: date
) -> Iterator[str | None]:
    """Nothing where the moment is told rightly; else the role that its words claim, or None."""
    fitting = [
        name for name, at in instants.items() if _fits(moment, at, today) or _fitted(question, name, moment, at, today)
    ]
    claimed = [role for role in moment.roles if role in instants]
    told = [role for role in claimed if role in fitting]
    if claimed and not told:
        yield claimed[0]
    elif fitting and not moment.sure:
        _doubt(question, heard, moment)  # a time that may be twelve hours off tells nobody when
        for name in (name for name in told or fitting if _next(moment, instants, name)):
            state(heard, name)
    elif fitting:
        for name in told or fitting:
            state(heard, name)
    else:
        yield None


def _next(moment: moments.Moment, instants: dict[str, Instant], name: str) -> bool:
    """True where the clocks stand so for the first time since the text was sent, on no other day: "by 6 today"."""
    ahead = instants[name].at - instants["issued"].at
    same_day = instants[name].local.date() == instants["issued"].local.date()
    return (same_day or not moment.days) and timedelta(0) < ahead <= timedelta(hours=12)


def _lone_days(question: Question, heard: Heard, lone: list[moments.Day], today: date) -> None:
    known = (*_instants(question).values(), *_olds(question).values())
    for day in lone:
        if any(day.fits(at.local, today) for at in known) or _opens_on(question, day):
            continue
        found = question.counted.written(question.source, *day.span)
        nearest = _instants(question).get("act_by") or _instants(question)["expires"]
        message = f"No fact states the day “{found}”."
        stranger(question, heard, Contradiction("act_by", found, f"{nearest.local:%A %d %B}", "C05", message))


def _opens_on(question: Question, day: moments.Day) -> bool:
    return any(day.weekday in span.days for service in question.services for span in service.hours)


_MINUTES_AGO = 10
_UNTIMED = (Kind.ALL_CLEAR, Kind.RECOVERY, Kind.SUPPORT, Kind.CHECK_IN, Kind.RUMOR_CONTROL, Kind.PREPAREDNESS)


def _olds(question: Question) -> dict[str, Instant]:
    return _instants(question, question.older) if question.older else {}


def _fits(moment: moments.Moment, at: Instant, today: date) -> bool:
    return moment.same_clock(at) and moment.same_zone(at) and moment.same_day(at, today)


def _fitted(question: Question, name: str, moment: moments.Moment, at: Instant, today: date) -> bool:
    """True where it fitted a few minutes ago, for a moment that is counted from now."""
    if name not in question.floating:
        return False
    earlier = (Instant(at=at.at - timedelta(minutes=m), zone=at.zone) for m in range(1, _MINUTES_AGO + 1))
    return any(_fits(moment, one, today) for one in earlier)


def _doubt(question: Question, heard: Heard, moment: moments.Moment) -> None:
    found = question.counted.written(question.source, *moment.span)
    said = f"“{found}” does not say whether it is in the morning or in the evening."
    heard.notes.append(finding("C04", said, severity=Severity.WARN))


def _stale(question: Question, moment: moments.Moment, today: date) -> list[str]:
    """What the moment was in the version before."""
    return [name for name, at in _olds(question).items() if _fits(moment, at, today)]


_BEFORE = 12


def _denied(question: Question, moment: moments.Moment) -> bool:
    """True for a time that is named as the one that holds no more: "until 9 PM, not 8 PM"."""
    before = question.counted.text[max(0, moment.span.start - _BEFORE) : moment.span.start]
    return question.tongue.any(question.tongue.words.negations).search(before) is not None


def _wrong_time(question: Question, heard: Heard, moment: moments.Moment, role: str | None, today: date) -> None:
    instants, found = _instants(question), question.counted.written(question.source, *moment.span)
    stale = _stale(question, moment, today)
    meant = (
        role
        or (stale[0] if stale and stale[0] in instants else None)
        or ("act_by" if "act_by" in instants else "expires")
    )
    corrects = question.alert.kind in (Kind.UPDATE, Kind.CORRECTION)
    if corrects and role in stale and role in heard.states and _denied(question, moment):
        return
    expected = f"{instants[meant].local:%A %d %B, %H:%M} {instants[meant].zone}"
    if stale and not role:
        if meant in heard.states and corrects:
            return  # the wrong or older time is named beside the right one
        wrong(heard, meant, found, expected, "C16", f"“{found}” is of the version before; it is now {expected}.")
        return
    rule = "C05" if moment.same_clock(instants[meant]) and moment.same_zone(instants[meant]) else "C04"
    message = f"No fact states the time “{found}”; {meant} is {expected}."
    told = Contradiction(meant, found, expected, rule, message)
    if role:
        wrong(heard, *told)
    else:
        stranger(question, heard, told)
