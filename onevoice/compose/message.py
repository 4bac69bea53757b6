"""The message: everything that a template may place, as finished sentences in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from onevoice.alert import Alert, Kind, Status
from onevoice.compose import needs
from onevoice.compose.aloud import aloud
from onevoice.compose.asked import Asked, kind_of
from onevoice.compose.changes import changed
from onevoice.compose.forms import formed
from onevoice.compose.signposts import signposts
from onevoice.compose.speech import Speech
from onevoice.facts import ActionIds, LocalNote, Shelter, Unknown
from onevoice.lexicon import OUTSIDE, Lexicon
from onevoice.localize.voice import clean
from onevoice.people import Means, Need, Profile
from onevoice.template.allowed import HEADINGS

ENDED = frozenset([OUTSIDE, Kind.ALL_CLEAR, Kind.RECOVERY, Kind.SUPPORT, Kind.CHECK_IN])
"""Kinds that set nobody a last moment and hold for no stated time."""
HURRIED = frozenset([OUTSIDE, Kind.WARNING, Kind.UPDATE, Kind.CORRECTION, Kind.EXERCISE])
"""Kinds that have no room for a line beyond the danger and the steps."""
_LACKS = {
    Need.MOBILITY: frozenset(["walk", "drive"]),
    Need.HEARING: frozenset(["hear"]),
    Need.SIGHT: frozenset(["see", "read"]),
}
_SHELTER = ("opens", "pets", "accessible", "no_papers")
_UNKNOWN = ("impact", "onset", "cause")

Message = Mapping[str, Any]


def actions(alert: Alert, lexicon: Lexicon, profile: Profile, kind: str) -> tuple[str, ...]:
    """What this reader is told to do: the alert's actions, with `instead` in place of what they cannot do."""
    told = alert.factset.get("actions")
    ids = told.ids if isinstance(told, ActionIds) else alert.actions
    if kind == OUTSIDE:
        ids = lexicon.hazards[alert.hazard].kinds[OUTSIDE].actions
    return tuple(dict.fromkeys(_able(action, lexicon, profile) for action in ids))


def _able(action: str, lexicon: Lexicon, profile: Profile) -> str:
    """Or what stands in for it, or in for that: who neither hears nor sees cannot do what a deaf person is told."""
    entry = lexicon.actions[action]
    lacking = frozenset().union(*(_LACKS[need] for need in profile.needs))
    return _able(entry.instead, lexicon, profile) if entry.instead and lacking & set(entry.requires) else action


def message(say: Speech) -> Message:
    """What a template sees, but for who co-signs: `cosign` says that."""
    kind = kind_of(say.telling.alert, say.telling.asked)
    hazard = f"hazard.{say.telling.alert.hazard}"
    told = {
        **_begun(say, hazard, kind),
        **_what(say, hazard, kind),
        **_to_do(say, kind),
        **_around(say),
        **_ended(say, kind),
        **_look(say, hazard, kind),
        **aloud(say, kind),
    }
    return formed(say, told)


def cosign(say: Speech) -> str:
    """Who passes the message on, beside the authority."""
    return say("frame.cosign", messenger=say.telling.cosigner())


def _begun(say: Speech, hazard: str, kind: str) -> dict[str, Any]:
    """How it begins: whether it is practice, who says it, and what it is about."""
    alert = say.telling.alert
    opening = say.library.lexicon.opening(alert.hazard, kind, alert.factset)
    return {
        "mark": _mark(say),
        "exercise_note": "" if alert.status is Status.ACTUAL else say("frame.exercise_note"),
        "source": say("frame.source"),
        "opening": say(opening) or say(f"{hazard}.{kind}.opening"),
        "where": "" if say.has_slot(opening, "places") else say("frame.where"),
        "sorry": say("frame.sorry") if kind == Kind.CORRECTION else "",
    }


def _what(say: Speech, hazard: str, kind: str) -> dict[str, Any]:
    """What happens, what has changed, and what nobody knows yet."""
    alert = say.telling.alert
    unknown = isinstance(alert.factset.get("impact"), Unknown)
    return {
        "impact": "" if unknown else say(f"{hazard}.{kind}.impact"),
        "detail": "" if unknown else say(f"{hazard}.{kind}.detail"),
        "why": say(f"{hazard}.{kind}.why"),
        "changed": changed(say),
        "not_known": [line for name in _unknown(alert) if (line := say(f"{hazard}.unknown.{name}"))],
    }


def _to_do(say: Speech, kind: str) -> dict[str, Any]:
    """What this reader is to do, until when, and whom to ask."""
    alert, asked, ended = say.telling.alert, say.telling.asked, kind in ENDED
    steps = actions(alert, say.library.lexicon, asked.profile, kind)
    return {
        "actions": [say(f"action.{action}") for action in steps],
        "act_by": "" if ended else say("frame.act_by"),
        "until": "" if ended else say("frame.until"),
        "call": say("frame.text" if Need.HEARING in asked.profile.needs else "frame.call"),
        "access": [line for line in (_in_danger(say, kind), *_lines(say, kind)) if line],
        "without": [line for thing in _lacked(say, kind) if (line := say.where_translated(f"frame.without.{thing}"))],
    }


def _ended(say: Speech, kind: str) -> dict[str, Any]:
    """How it ends."""
    frames = ("next_update", "issued", "more", "manage", "number")
    pass_on = say.where_translated("frame.pass_on") if kind not in HURRIED else ""
    return {"note": _note(say), "cosign": "", "pass_on": pass_on} | {name: say(f"frame.{name}") for name in frames}


def _look(say: Speech, hazard: str, kind: str) -> dict[str, Any]:
    """What a template needs beside the sentences. `stand_in` is filled where English stands in for another language."""
    return {
        "headings": {name: say(f"frame.heading.{name}") for name in sorted(HEADINGS)},
        "hazard_name": say(f"{hazard}.name"),
        **dict.fromkeys(("stand_in", "stand_in_language", "stand_in_direction"), ""),
        "direction": say.telling.voice.direction,
        "language": say.telling.language,
        "colour": colour(say.telling.alert, kind),
    }


def _told_needs(asked: Asked) -> tuple[Need, ...]:
    """Whose lines are told: the reader's own; on what everybody reads or asks about, all of them."""
    return tuple(Need) if asked.means in (Means.PAGE, Means.PRINT, Means.PACK) else asked.profile.needs


def _lines(say: Speech, kind: str) -> Iterator[str]:
    """What helps with each need."""
    return (_access(say, need, kind) for need in _told_needs(say.telling.asked))


def _in_danger(say: Speech, kind: str) -> str:
    """How to get help without hearing, where the details tell to call in danger; a text message has no details."""
    telling, hazard = say.telling, f"hazard.{say.telling.alert.hazard}.{kind}"
    told = any(say.has_slot(f"{hazard}.{part}", "emergency_number") for part in ("detail", "why"))
    if not told or telling.asked.means is Means.SMS or Need.HEARING not in _told_needs(telling.asked):
        return ""
    return say.where_translated("frame.in_danger.text" if telling.takes_texts() else "frame.in_danger.ask")


def _access(say: Speech, need: Need, kind: str) -> str:
    """The line for a need. Who was told another action already hears only whom to call for help with it."""
    alert, profile = say.telling.alert, say.telling.asked.profile
    line = f"hazard.{alert.hazard}.access.{need}"
    able = actions(alert, say.library.lexicon, profile.model_copy(update={"needs": ()}), kind)
    if need is not Need.MOBILITY or actions(alert, say.library.lexicon, profile, kind) == able:
        return say(line)
    return say("frame.transport") or say(line) if say.has_slot(line, "transport_phone") else ""


def _lacked(say: Speech, kind: str) -> Iterator[str]:
    """What steps need that nobody can tell us they lack, where the step itself has no other way."""
    told = actions(say.telling.alert, say.library.lexicon, say.telling.asked.profile, kind)
    entries = [say.library.lexicon.actions[action] for action in told]
    return (thing for thing in ("phone", "power") if any(thing in entry.requires for entry in entries))


def _mark(say: Speech) -> str:
    status = say.telling.alert.status
    return "" if status is Status.ACTUAL else say(f"frame.mark.{status.lower()}")


def _unknown(alert: Alert) -> Iterator[str]:
    return (name for name in _UNKNOWN if isinstance(alert.factset.get(name), Unknown))


def _around(say: Speech) -> dict[str, list[str]]:
    """Local facts and services that help; `needs` and `signposts` are those of their lines that go by themselves."""
    told = needs.told(say)
    usual = {f"shelter.{known}" for known in _SHELTER}
    more = [line for fact, line in told.items() if fact not in usual]
    leading = signposts(say)
    local = [line for line in _local(say, told, more) if line]
    return {"local": [*local, *leading], "needs": more, "signposts": leading}


def _local(say: Speech, told: Mapping[str, str], more: list[str]) -> Iterator[str]:
    """Common local needs, one sentence each. What is not known is not said.

    What everybody hears of a shelter is said once, in the words for this group where there are some.
    """
    shelter = say.telling.alert.factset.get("shelter")
    if isinstance(shelter, Shelter):
        there = [known for known in _SHELTER if getattr(shelter, known)]
        yield say("frame.shelter.line")
        yield from (told.get(f"shelter.{known}") or say(f"frame.shelter.{known}") for known in there)
    yield from more
    yield from (say(f"frame.{name}") for name in ("road_closed", "bus_from", "water_point"))


def _note(say: Speech) -> str:
    note = say.telling.alert.factset.get("note")
    text = note.texts.get(say.telling.language, "") if isinstance(note, LocalNote) else ""
    return say.fact("note", clean(text)) if text else ""


def colour(alert: Alert, kind: str) -> str:
    """ISO 22324: red, act now; yellow, be ready; green, safe. An exercise has a look of its own."""
    if alert.status is not Status.ACTUAL:
        return "exercise"
    if kind in ENDED:
        return "green"
    acute = alert.urgency in ("Immediate", "Expected") and alert.severity in ("Extreme", "Severe")
    return "red" if acute else "yellow"
