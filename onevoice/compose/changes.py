"""What is new since the version before: the sentences of an update, and the pairs wrong → right of a correction."""

from __future__ import annotations

from collections.abc import Iterator

from onevoice.alert import Kind
from onevoice.compose.speech import Speech
from onevoice.facts import ActionIds, Fact, FactSet, Unknown
from onevoice.lexicon import OUTSIDE

_PHONES = frozenset(["help_phone", "text_phone", "transport_phone", "emergency_number"])
_SILENT = frozenset(["note", "next_update", "url", "issued", "source", "services"])
"""A change of these is told by the message itself."""


def changed(say: Speech) -> list[str]:
    """The sentences that say what changed, for the reader's group."""
    alert, group = say.telling.alert, say.telling.asked.group
    if alert.previous is None or group == OUTSIDE:
        return []
    if alert.kind is Kind.CORRECTION:
        return [line for line in _corrections(say, alert.previous) if line]
    if alert.kind is not Kind.UPDATE:
        return []
    told = _added(say) if group == "new" else _updates(say, alert.previous)
    return [line for line in dict.fromkeys(told) if line]


def changed_places(say: Speech) -> list[str]:
    """Those sentences of `changed` that name the places which came or went."""
    told = changed(say)
    return [line for line in dict.fromkeys(_places(say)) if line in told] if told else []


def _told_changes(say: Speech, older: FactSet) -> list[str]:
    """Names of the facts whose change people are told; the end of the message only where nothing else ends it."""
    alert = say.telling.alert
    silent = _SILENT | ({"expires"} if alert.act_by or "expires" in alert.defaulted else set())
    silent |= {"emergency_number"} - set(older.facts)
    return [name for name in alert.factset.differs(older) if name not in silent]


def _updates(say: Speech, older: FactSet) -> Iterator[str]:
    for name in _told_changes(say, older):
        if name == "places":
            yield from _places(say)
        elif name in _PHONES:
            yield say("frame.changed.phone", **_values(say, name, older))
        elif name in ("act_by", "expires"):
            yield say(f"frame.changed.{name}", **_values(say, name, older)) or say("frame.changed.other")
        elif name in ("actions", "impact", "disease"):
            yield say(f"frame.changed.{name}") or say("frame.changed.other")
        else:
            yield say("frame.changed.other")


def _added(say: Speech) -> Iterator[str]:
    new = say.telling.names(say.telling.alert.added) if say.telling.alert.added else ""
    yield say("frame.changed.places_added", new=say.aside(new))


def _places(say: Speech) -> Iterator[str]:
    yield from _added(say)
    gone = say.telling.alert.dropped
    yield say("frame.changed.places_dropped", old=say.aside(say.telling.names(gone)) if gone else "")


def _values(say: Speech, name: str, older: FactSet) -> dict[str, str]:
    """`new` and, where there was one, `old`."""
    was = say.telling.value(_speakable(older.get(name)))
    return {"new": say.slots.get(name, ""), "old": say.aside(was)}


def _speakable(fact: Fact | None) -> Fact | None:
    return None if isinstance(fact, Unknown | ActionIds) else fact


def _corrections(say: Speech, older: FactSet) -> Iterator[str]:
    """Pairs wrong → right. Of places only those that differ are named: two long lists would be compared in vain."""
    for name in _told_changes(say, older):
        if name == "places":
            yield from _places(say)
            continue
        old, new = (say.telling.value(_speakable(facts.get(name))) for facts in (older, say.telling.alert.factset))
        if old and new:
            yield say("frame.correction.wrong", old=say.aside(old))
            yield say("frame.correction.right", new=say.fact(name, new))
