"""Time: a version follows the newest one, ends in good time, and an all-clear ends what was warned of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from onevoice.alert import Alert, Kind
from onevoice.checks.around import Around
from onevoice.checks.rules import finding
from onevoice.library import Library
from onevoice.variant import Finding, Severity

_SPAN = re.compile(r"(\d+)\s*([mhd])")
_HOURS = {"m": 1 / 60, "h": 1, "d": 24}
_TIMES, _LEAST = 4, timedelta(hours=24)
"""An alert may last four times as long as its hazard's own span, and a day in any case."""
_IDENTIFIER = 1
OPEN = frozenset(["Evacuate", "Shelter", "Avoid", "Execute"])
"""CAP response types of steps that go on until somebody ends them."""


def check(alert: Alert, library: Library, around: Around) -> Iterator[Finding]:
    """The place of a version in its chain, its end, and what it ends."""
    if around.older or alert.version > 1:
        yield from _follows(alert, around.older)
    yield from _ends(alert, library, around.now)
    if alert.kind == Kind.ALL_CLEAR and around.older:
        yield from _clears(alert, library, around.older)


# --- the chain


def _follows(alert: Alert, older: tuple[Alert, ...]) -> Iterator[Finding]:
    remedy = "Draft it anew from the newest version: `onevoice alert update`, `correct` or `cancel`."
    if not older:
        yield finding("C15", "This is a later version, and no earlier one was released.", remedy=remedy)
        return
    newest = older[-1]
    named = [reference.split(",")[_IDENTIFIER] for reference in alert.references if reference.count(",") > _IDENTIFIER]
    if named != [one.id for one in older]:
        yield finding("C15", f"It names {', '.join(named) or 'no version'} as what it replaces.", remedy=remedy)
    if alert.version <= newest.version:
        yield finding("C15", f"Version {newest.version} was released already ({newest.id}).", remedy=remedy)
    if alert.previous != newest.factset:
        yield finding("C15", f"It was made from other facts than those of {newest.id}.", remedy=remedy)
    if newest.kind == Kind.ALL_CLEAR:
        yield finding("C15", "This chain has been ended by its all-clear.", remedy="Draft a new alert.")


# --- the end


def _ends(alert: Alert, library: Library, now: datetime) -> Iterator[Finding]:
    if alert.expires <= now:
        yield finding("C17", f"It ended at {alert.expires:%Y-%m-%d %H:%M} UTC.", remedy="Give a later `expires`.")
    for name, at in (("act_by", alert.act_by), ("next_update", alert.next_update)):
        if at and at > alert.expires:
            yield finding("C17", f"It ends before {name}.", remedy=f"Give an `expires` after {name}.")
    if alert.act_by and alert.act_by <= now and alert.kind in (Kind.WARNING, Kind.UPDATE):
        yield finding("C17", "The time to act by has passed.", remedy="Give an `act_by` that is still to come.")
    longest = _longest(alert, library)
    if alert.expires - alert.sent > longest:
        hours = longest.total_seconds() / 3600
        message = f"It would last longer than {hours:g} hours, the most for this hazard and kind."
        yield finding("C17", message, remedy="Give an earlier `expires`, and renew it by an update that is approved.")


def _longest(alert: Alert, library: Library) -> timedelta:
    kind = library.lexicon.hazards[alert.hazard].kinds.get(alert.kind)
    found = _SPAN.match(kind.expires_after) if kind else None
    hours = int(found[1]) * _HOURS[found[2]] if found else 0
    return max(_LEAST, timedelta(hours=hours * _TIMES))


# --- the all-clear


def _clears(alert: Alert, library: Library, older: tuple[Alert, ...]) -> Iterator[Finding]:
    warned = {zone for one in older for zone in one.area.zones}
    never = sorted(set(alert.area.zones) - warned)
    if never:
        message = f"Nobody was warned in {', '.join(never)}."
        yield finding("C18", message, remedy="Take these zones out of the all-clear.")
    still = sorted(set(older[-1].area.zones) - set(alert.area.zones))
    if still:
        message = f"The warning goes on in {', '.join(still)}, and this chain ends."
        remedy = "Clear these zones too, or send an update that drops the others."
        yield finding("C18", message, remedy=remedy, severity=Severity.WARN)
    dropped = sorted(warned - set(older[-1].area.zones) - set(alert.area.zones))
    if dropped:
        message = f"People in {', '.join(dropped)} get this too, and it does not name their place."
        remedy = "If it is over there as well, add these zones: `onevoice alert edit`."
        yield finding("C18", message, remedy=remedy, severity=Severity.WARN)
    actions = library.lexicon.actions
    if any(actions[name].cap == "AllClear" for name in alert.actions if name in actions):
        return
    open_ = [n for n in older[-1].actions if n in actions and actions[n].cap in OPEN and n not in alert.actions]
    if open_:
        message = f"It does not end what people were told to do: {', '.join(open_)}."
        yield finding("C18", message, remedy="Tell what people may do now, or keep each step that still holds.")
