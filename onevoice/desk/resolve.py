"""From what a person typed to an alert in which every time, place and default is resolved."""

from __future__ import annotations

from datetime import timedelta
from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from onevoice import alert as alert_
from onevoice import facts
from onevoice.desk.typed import first_error, parse, read_file
from onevoice.errors import Unusable
from onevoice.moments import resolve_moment, resolve_span

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path

    from onevoice.alert import Alert, AlertFile
    from onevoice.desk.wiring import Desk
    from onevoice.lexicon import Hazard, HazardKind

__all__ = ["parse", "read_file", "resolve"]

Made = TypeVar("Made")

MOMENTS = frozenset({"act_by", "onset", "next_update"})
PHONES: Mapping[str, tuple[str, ...]] = {
    "help_phone": ("voice",),
    "text_phone": ("text",),
    "transport_phone": ("voice", "text"),
}
NAMES = frozenset({"road_closed", "bus_from", "water_point"})
FARTHEST = timedelta(days=366)
"""A time that is farther away is a slip of the keyboard."""
HOW: Mapping[str, str] = {
    "shelter": "Write shelter: {name: ..., address: ...}, and pets, accessible, no_papers, opens where they are known.",
    "note": "Write note: {texts: {en: ...}, written_by: ...}.",
    **dict.fromkeys(PHONES, "Write the number with its country, for example +14135550150."),
    **dict.fromkeys(NAMES, "Write the name as it stands on the sign, or {en: ..., es: ...}."),
}


def resolve(desk: Desk, file: AlertFile, *, base: Path, chain: str, older: Alert | None = None) -> Alert:
    """The alert that a file means, now. `base` is the folder that a GeoJSON path counts from.

    Raises:
        Unusable: names the field, what is wrong, and what is allowed.
    """
    return _Resolver(desk, file, base, chain, older).alert()


class _Resolver:
    """One file on its way to an alert; `defaulted` gathers what was not typed."""

    def __init__(self, desk: Desk, file: AlertFile, base: Path, chain: str, older: Alert | None) -> None:
        self.desk, self.file, self.base, self.chain, self.older = desk, file, base, chain, older
        self.now = desk.now().replace(microsecond=0)
        self.defaulted: list[str] = []
        self.hazard: Hazard = _known("hazard", file.hazard, desk.content.lexicon.hazards)
        self.kind: HazardKind = _known("kind", file.kind.value, _kinds(self.hazard))
        self.authority = desk.authority(file.messenger or (older.authority if older else None))

    def alert(self) -> Alert:
        area, places = self.desk.gazetteer.resolve(self.file.area, self.base)
        known = self._facts(places)
        self._must_be_complete(known)
        version = self.older.version + 1 if self.older else 1
        return alert_.Alert(
            id=f"{self.chain}-{version}",
            chain=self.chain,
            version=version,
            incident=self.file.incident or (self.older.incident if self.older else self.chain),
            hazard=self.file.hazard,
            kind=self.file.kind,
            status=self.file.status,
            area=area,
            factset=facts.FactSet(facts=known),
            initial=self.file.initial,
            authority=self.authority.id,
            segments=self._segments(),
            actions=known["actions"].ids,  # type: ignore[union-attr]  # made by _facts
            sent=self.now,
            page_url=known["url"].url,  # type: ignore[union-attr]  # made by _facts
            announced=self.file.announced,
            reason=self.file.reason,
            previous=self.older.factset if self.older else None,
            references=self._references(),
            **self._weight(),
            **self._moments(known),
            defaulted=tuple(self.defaulted),
        )

    def _moments(self, known: Mapping[str, facts.Fact]) -> dict[str, Any]:
        return {name: _at(known.get(name)) for name in ("act_by", "expires", "next_update")}

    def _default(self, field: str, given: Any, otherwise: Any) -> Any:
        if given is not None:
            return given
        self.defaulted.append(field)
        return otherwise

    def _weight(self) -> dict[str, Any]:
        row = alert_.KINDS[self.file.kind]
        asked = {name: getattr(self.file, name) for name in ("urgency", "severity", "certainty")}
        weight = {name: self._default(name, value, getattr(self.kind, name)) for name, value in asked.items()}
        lexicon = self.desk.content.lexicon
        answers = (
            (row.response,) if row.response else tuple(dict.fromkeys(lexicon.actions[a].cap for a in self._actions()))
        )
        return weight | {"category": self.hazard.category, "response": answers}

    def _actions(self) -> tuple[str, ...]:
        given = self.file.actions
        for action in given or ():
            _known("actions", action, self.desk.content.lexicon.actions)
        return tuple(given) if given else self._usual_actions()

    def _usual_actions(self) -> tuple[str, ...]:
        """The hazard's own; but what people were told to do stays in force until a person changes it."""
        if self.older and self.file.kind == alert_.Kind.UPDATE:
            return self.older.actions
        if self.older and self.file.kind == alert_.Kind.CORRECTION:
            return tuple(dict.fromkeys((*self.kind.actions, *self.older.actions)))
        return self.kind.actions

    def _segments(self) -> tuple[str, ...]:
        by_id = {s.id: s for s in self.desk.segments}
        for segment in self.file.segments or ():
            _known("segments", segment, by_id)
        public = [s.id for s in self.desk.segments if s.public]
        return tuple(self._default("segments", self.file.segments, public))

    def _facts(self, places: facts.Places) -> dict[str, facts.Fact]:
        if not self.file.actions:
            self.defaulted.append("actions")
        known: dict[str, facts.Fact] = {"places": places, "actions": facts.ActionIds(ids=self._actions())}
        known |= {name: self._fact(name, value) for name, value in self.file.facts.items()}
        known["url"] = facts.Url(url=self._page())
        known |= {k: v for k, v in self._authority_phones().items() if k not in known}
        known.setdefault("impact", facts.Stated())
        known["expires"] = self._instant("expires", self.file.expires) if self.file.expires else self._expires(known)
        return known

    def _page(self) -> str:
        if self.file.more_info:
            return _made("more_info", "Begin it with https://.", lambda: facts.Url(url=str(self.file.more_info)).url)
        return f"{self.desk.settings.public_url.rstrip('/')}/a/{self.chain.rsplit('-', 1)[-1]}"

    def _authority_phones(self) -> dict[str, facts.Fact]:
        return {
            name: facts.Phone(e164=self.authority.phones[purpose], uses=uses)  # type: ignore[arg-type]  # from a table
            for name, uses in PHONES.items()
            if (purpose := name.removesuffix("_phone")) in self.authority.phones
        }

    def _expires(self, known: Mapping[str, facts.Fact]) -> facts.Instant:
        self.defaulted.append("expires")
        late = self.now + resolve_span(self.kind.expires_after, where="expires_after")
        moments = [late, *(fact.at for fact in known.values() if isinstance(fact, facts.Instant))]
        return facts.Instant(at=max(moments).replace(second=0), zone=self.desk.settings.timezone)

    def _instant(self, name: str, text: Any) -> facts.Instant:
        at = resolve_moment(text, now=self.now, zone=self.desk.settings.zone, where=f"facts.{name}")
        if at <= self.now:
            what = f"{text} has passed."
            raise Unusable(what, where=f"facts.{name}", remedy="Give a time that is still to come.")
        if at > self.now + FARTHEST:
            what = f"{text} is more than a year away."
            raise Unusable(what, where=f"facts.{name}", remedy="Look at the year.")
        return facts.Instant(at=at, zone=self.desk.settings.timezone)

    def _fact(self, name: str, value: Any) -> facts.Fact:
        if value == "unknown":
            return self._unknown(name)
        _plain(name, value)
        for names, make in self._makers().items():
            if name in names:
                return _made(f"facts.{name}", HOW.get(name, ""), partial(make, name, value))
        known = sorted(set().union(*self._makers()))
        what = f"There is no fact {name!r}."
        raise Unusable(what, where=f"facts.{name}", remedy=f"Known facts: {', '.join(known)}.")

    def _makers(self) -> dict[frozenset[str], Callable[[str, Any], facts.Fact]]:
        return {
            MOMENTS: self._instant,
            frozenset(PHONES): lambda n, v: facts.Phone(e164=str(v), uses=PHONES[n]),  # type: ignore[arg-type]  # from a table
            NAMES: _named,
            frozenset({"impact", "cause"}): _stated,
            frozenset({"shelter"}): self._shelter,
            frozenset({"note"}): lambda _, v: facts.LocalNote.model_validate(v),
        }

    def _shelter(self, name: str, value: Any) -> facts.Fact:
        if not isinstance(value, dict):
            what = "A shelter needs at least a name and an address."
            raise Unusable(what, where=f"facts.{name}", remedy="Write shelter: {name: ..., address: ...}.")
        plain = dict(value) | {"name": _named(name, value.get("name")).names}
        if plain.get("opens"):
            plain["opens"] = self._instant("shelter.opens", plain["opens"])
        return facts.Shelter.model_validate(plain)

    def _unknown(self, name: str) -> facts.Unknown:
        if name not in alert_.MAY_BE_UNKNOWN:
            what = f"{name} cannot be unknown."
            raise Unusable(what, where=f"facts.{name}", remedy=f"Only {', '.join(sorted(alert_.MAY_BE_UNKNOWN))} can.")
        if not (self.file.initial and "next_update" in self.file.facts):
            what = "A fact can be unknown only in an initial message that says when the next one comes."
            raise Unusable(what, where=f"facts.{name}", remedy='Add "initial: true" and facts.next_update.')
        return facts.Unknown()

    def _must_be_complete(self, known: Mapping[str, facts.Fact]) -> None:
        lacking = [name for name in self.kind.required if name not in known]
        if lacking:
            what = f"A {self.hazard.name} {self.file.kind} needs {', '.join(lacking)}."
            raise Unusable(what, where="facts", remedy="Add what is missing.")
        act_by, expires = _at(known.get("act_by")), _at(known["expires"])
        if act_by and expires and act_by > expires:
            what = "The alert would expire before people must have acted."
            raise Unusable(what, where="expires", remedy="Give an expiry after facts.act_by.")

    def _references(self) -> tuple[str, ...]:
        if not self.older:
            return ()
        reference = f"{self.older.authority},{self.older.id},{self.older.sent.isoformat(timespec='seconds')}"
        return (*self.older.references, reference)


def _made(field: str, how: str, make: Callable[[], Made]) -> Made:
    """What `make` makes; what its type refuses becomes a sentence."""
    try:
        return make()
    except ValidationError as problem:
        raise Unusable(first_error(problem), where=field, remedy=how) from None


def _named(field: str, value: Any) -> facts.ProperName:
    names = value if isinstance(value, dict) else {"en": value}
    if not (names.get("en") and all(isinstance(name, str) and name.strip() for name in names.values())):
        what = "The name is missing, or is no name."
        raise Unusable(what, where=f"facts.{field}", remedy=HOW[field])
    return facts.ProperName(names=names)


def _stated(field: str, value: Any) -> facts.Stated:
    """The hazard's own approved sentence: words of one's own would be lost without a sign."""
    if value != "stated":
        what = f"{field} is said by the hazard's own sentence; it takes only unknown."
        raise Unusable(what, where=f"facts.{field}", remedy="Leave it out; what is special goes into a note.")
    return facts.Stated()


def _kinds(hazard: Hazard) -> dict[str, HazardKind]:
    return {name: kind for name, kind in hazard.kinds.items() if name in set(alert_.Kind)}


def _known(field: str, name: str, known: Mapping[str, Any]) -> Any:
    if name in known:
        return known[name]
    near = get_close_matches(name, known, n=3) or sorted(known)
    what = f"There is no {name!r}."
    raise Unusable(what, where=field, remedy=f"Did you mean: {', '.join(near)}?")


def _at(fact: facts.Fact | None) -> datetime | None:
    return fact.at if isinstance(fact, facts.Instant) else None


_NEVER = frozenset("{}<>") | {chr(c) for c in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0xFEFF)}
"""Braces would be taken for a slot that is filled later; the others turn the text around, or look like markup."""


def _plain(name: str, value: Any) -> None:
    """Refuse what has no place in a name, an address or a note."""
    if isinstance(value, dict):
        for field, inner in value.items():
            _plain(f"{name}.{field}", inner)
    elif isinstance(value, str) and (strange := sorted(set(value) & _NEVER)):
        shown = ", ".join(c if c.isprintable() else f"U+{ord(c):04X}" for c in strange)
        raise Unusable(f"This holds {shown}, which no message may.", where=f"facts.{name}", remedy="Take it out.")
