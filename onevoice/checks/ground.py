"""Space: live alerts on the same ground, neighbors of an evacuation, the area in words and on the map (C19, C23)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import product
from pathlib import Path

from onevoice.alert import Alert
from onevoice.checks.around import Around
from onevoice.checks.rules import finding
from onevoice.errors import Unusable
from onevoice.facts import Instant, Phone, Places, Shelter
from onevoice.lexicon import OUTSIDE
from onevoice.lexicon.files import plain_values
from onevoice.library import Library
from onevoice.variant import Finding, Severity

_AGAINST = ({"Evacuate", "Shelter"},)
_RING = 4
_SAID = {"help_phone": "phone number", "text_phone": "number to text", "shelter": "shelter", "expires": "end"}


def check(alert: Alert, library: Library, around: Around) -> Iterator[Finding]:
    """What other live alerts tell on this ground, and whether the area is one."""
    yield from _left(alert, library, around)
    for other in around.touching:
        if other.status == alert.status:
            yield from _opposite(alert.actions, other, library)
    for other in around.incident:
        if other.status == alert.status:
            yield from _differs(alert, other)
    yield from _fails(alert, library, around)
    yield from _neighbors(alert, library, around)
    yield from _area(alert, around)


# --- other alerts


def _left(alert: Alert, library: Library, around: Around) -> Iterator[Finding]:
    """What other live alerts tell people whom this version puts outside; they follow those, and must be able to."""
    kinds = library.lexicon.hazards[alert.hazard].kinds
    actions = kinds[OUTSIDE].actions if OUTSIDE in kinds else ()
    for other in around.left:
        if other.status == alert.status:
            message = f"{other.id} is live on ground that this version leaves; people there are told that they are out."
            remedy = "Make sure that their place was meant to be dropped."
            yield finding("C19", message, remedy=remedy, severity=Severity.WARN)
            yield from _opposite(actions, other, library)


def _opposite(actions: tuple[str, ...], other: Alert, library: Library) -> Iterator[Finding]:
    for mine, theirs in product(actions, other.actions):
        if _against(mine, theirs, library):
            message = f"{other.id} tells people on the same ground “{theirs}”; this one tells “{mine}”."
            remedy = (
                "Agree with its sender on one step: change the actions, the area, or that alert first. If both dangers "
                "are real: submit with --override C19=REASON; the approver sees it."
            )
            yield finding("C19", message, remedy=remedy)
            return


def _against(mine: str, theirs: str, library: Library) -> bool:
    actions = library.lexicon.actions
    if frozenset((mine, theirs)) in opposites(library.root):
        return True
    return mine in actions and theirs in actions and {actions[mine].cap, actions[theirs].cap} in _AGAINST


def _differs(alert: Alert, other: Alert) -> Iterator[Finding]:
    for name, what in _SAID.items():
        here, there = alert.factset.get(name), other.factset.get(name)
        if here and there and isinstance(here, Phone | Shelter | Instant) and here != there:
            message = f"{other.id}, about the same incident, gives another {what}."
            yield finding("C19", message, remedy="Say why, or make them one.", severity=Severity.WARN)


def _fails(alert: Alert, library: Library, around: Around) -> Iterator[Finding]:
    """Who calls the number that another alert says does not work gets no help."""
    number, own = alert.factset.get("emergency_number"), alert.factset.get("other_number")
    for other in around.failing:
        if not own and number and number == other.factset.get("emergency_number") and _tells_to_call(alert, library):
            message = f"{other.id} says that this number does not work, and this alert tells people to call it."
            remedy = "Draft it again (`onevoice alert edit`): it then takes the number that works."
            yield finding("C19", message, remedy=remedy)
            return


def _tells_to_call(alert: Alert, library: Library) -> bool:
    prefixes = (f"hazard.{alert.hazard}.{alert.kind}.", *(f"action.{name}." for name in alert.actions))
    sources = library.lexicon.sources.items()
    return any("{emergency_number}" in said for key, said in sources if key.startswith(prefixes))


def _neighbors(alert: Alert, library: Library, around: Around) -> Iterator[Finding]:
    caps = {library.lexicon.actions[name].cap for name in alert.actions if name in library.lexicon.actions}
    if "Evacuate" in caps and alert.urgency == "Immediate" and around.next_to:
        message = f"People must leave, and nobody beside them is warned: {', '.join(around.next_to)}."
        yield finding("C19", message, remedy="Send these zones at least a watch.", severity=Severity.WARN)


@lru_cache(maxsize=8)
def opposites(root: Path) -> frozenset[frozenset[str]]:
    """Pairs of actions that nobody can do at once.

    Raises:
        Unusable: the file is wrong; names it.
    """
    path, file = root / "templates" / "opposites.yaml", "templates/opposites.yaml"
    pairs = plain_values(file, path.read_bytes()).get("pairs", []) if path.is_file() else []
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):  # noqa: PLR2004 - a pair
        raise Unusable("Each entry is a pair of action ids.", where=f"{file} pairs")
    return frozenset(frozenset(pair) for pair in pairs)


# --- words and map


def _area(alert: Alert, around: Around) -> Iterator[Finding]:
    told = alert.factset.get("places")
    named = {place.id: place for place in told.places} if isinstance(told, Places) else {}
    if set(named) != set(alert.area.zones):
        message = f"The words name {', '.join(sorted(named))}; the map has {', '.join(sorted(alert.area.zones))}."
        yield finding("C23", message, remedy="Draft it anew from its area.")
    zones = around.zones
    for place in named.values() if zones is not None else ():
        if place.id not in (zones or {}):
            yield finding("C23", f"{place.id} is no zone of the jurisdiction.", remedy="Draft it anew from its area.")
        elif dict((zones or {})[place.id]) != dict(place.names):
            message = f"{place.id} is called otherwise on the map than in the facts."
            yield finding("C23", message, remedy="The names of zones have changed: draft it anew.")
    for ring in alert.area.polygons:
        if len(ring) < _RING or ring[0] != ring[-1]:
            yield finding("C23", "A polygon of the area is not closed.", remedy="Give at least three corners.")
    if not alert.area.whole_zones and not alert.area.polygons:
        yield finding("C23", "The area cuts zones, and has no polygon.", remedy="Draft it anew from its area.")
