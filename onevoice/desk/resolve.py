"""From what a person typed to an alert in which every time, place and default is resolved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from onevoice import alert as alert_
from onevoice import facts
from onevoice.desk import services, values
from onevoice.desk.typed import parse, read_file
from onevoice.errors import Unusable
from onevoice.moments import resolve_span
from onevoice.services import Services

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from onevoice.alert import Alert, AlertFile
    from onevoice.desk.wiring import Desk
    from onevoice.lexicon import Hazard, HazardKind

__all__ = ["parse", "read_file", "resolve"]


def resolve(
    desk: Desk,
    file: AlertFile,
    *,
    base: Path,
    chain: str,
    older: Alert | None = None,
    other_number: facts.EmergencyNumber | None = None,
) -> Alert:
    """The alert that a file means, now. `base` is the folder that a GeoJSON path counts from.

    `other_number`: whom to call in danger instead of the authority's number, while that one fails (`danger.instead`).

    Raises:
        Unusable: names the field, what is wrong, and what is allowed.
    """
    try:
        return _Resolver(desk, file, base, chain, older, other_number).alert()
    except Unusable as problem:
        raise _located(problem, file) from None


def _located(problem: Unusable, file: AlertFile) -> Unusable:
    """The same, with file and line in front of the field."""
    if file.origin is None or problem.where.partition(".")[0] not in alert_.AlertFile.model_fields:
        return problem
    return Unusable(problem.what, where=file.origin.of(problem.where), remedy=problem.remedy)


class _Resolver:
    """One file on its way to an alert; `defaulted` gathers what was not typed."""

    def __init__(
        self,
        desk: Desk,
        file: AlertFile,
        base: Path,
        chain: str,
        older: Alert | None,
        other_number: facts.EmergencyNumber | None,
    ) -> None:
        self.desk, self.file, self.base, self.chain, self.older = desk, file, base, chain, older
        self.other_number = other_number
        self.now = desk.now().replace(microsecond=0)
        self.values = values.Values(desk.settings, file, self.now, desk.content.lexicon)
        self.defaulted: list[str] = []
        self.hazard: Hazard = values.known("hazard", file.hazard, desk.content.lexicon.hazards)
        self.kind: HazardKind = values.known("kind", file.kind.value, _kinds(self.hazard))
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
            left_before=tuple(p for p in self.older.gone if p.id not in places.ids) if self.older else (),
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
            values.known("actions", action, self.desk.content.lexicon.actions)
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
            values.known("segments", segment, by_id)
        public = [s.id for s in self.desk.segments if s.public]
        return tuple(self._default("segments", self.file.segments, public))

    def _facts(self, places: facts.Places) -> dict[str, facts.Fact]:
        if not self.file.actions:
            self.defaulted.append("actions")
        known: dict[str, facts.Fact] = {"places": places, "actions": facts.ActionIds(ids=self._actions())}
        typed = {name: value for name, value in self.file.facts.items() if name != "services"}
        known |= {name: self.values.fact(name, value) for name, value in typed.items()}
        if leads := self._services(places):
            known["services"] = leads
        known["url"] = facts.Url(url=self._page())
        known |= {k: v for k, v in self._authority_phones().items() if k not in known}
        known.setdefault("impact", facts.Stated())
        known["expires"] = (
            self.values.instant("expires", self.file.expires) if self.file.expires else self._expires(known)
        )
        return known

    def _services(self, places: facts.Places) -> Services | None:
        named, urgency = self.file.facts.get("services"), self.file.urgency or self.kind.urgency
        found = services.fact(self.desk, self.file.kind, urgency, set(places.ids), named)
        if found and named is None:
            self.defaulted.append("services")
        return found

    def _page(self) -> str:
        if self.file.more_info:
            return values.made(
                "more_info", "Begin it with https://.", lambda: facts.Url(url=str(self.file.more_info)).url
            )
        return f"{self.desk.settings.public_url.rstrip('/')}/a/{self.chain.rsplit('-', 1)[-1]}"

    def _authority_phones(self) -> dict[str, facts.Fact]:
        phones: dict[str, facts.Fact] = {
            name: facts.Phone(e164=self.authority.phones[purpose], uses=uses)  # type: ignore[arg-type]  # from a table
            for name, uses in values.PHONES.items()
            if (purpose := name.removesuffix("_phone")) in self.authority.phones
        }
        if number := self._in_danger():
            phones["emergency_number"] = number
        return phones

    def _in_danger(self) -> facts.EmergencyNumber | None:
        """The authority's number, unless it fails; an alert of the failure itself names the one that fails."""
        itself = any("{other_number}" in said for said in self.values.sentences())
        if self.other_number and not itself:
            return self.other_number
        number = self.authority.phones.get("emergency")
        return facts.EmergencyNumber(number=number) if number else None

    def _expires(self, known: Mapping[str, facts.Fact]) -> facts.Instant:
        self.defaulted.append("expires")
        late = self.now + resolve_span(self.kind.expires_after, where="expires_after")
        moments = [late, *(fact.at for fact in known.values() if isinstance(fact, facts.Instant))]
        return facts.Instant(at=max(moments).replace(second=0), zone=self.desk.settings.timezone)

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


def _kinds(hazard: Hazard) -> dict[str, HazardKind]:
    return {name: kind for name, kind in hazard.kinds.items() if name in set(alert_.Kind)}


def _at(fact: facts.Fact | None) -> datetime | None:
    return fact.at if isinstance(fact, facts.Instant) else None
