"""Sample alerts: made-up facts for every hazard and kind, so that the whole library can be composed on a quiet day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from onevoice import wireless
from onevoice.alert import Alert, Area, Kind, Status
from onevoice.facts import (
    ActionIds,
    Disease,
    EmergencyNumber,
    Fact,
    FactSet,
    Form,
    Instant,
    LocalNote,
    Phone,
    Place,
    Places,
    ProperName,
    Shelter,
    Stated,
    Unknown,
    Url,
)
from onevoice.lexicon import OUTSIDE, Lexicon
from onevoice.people import PERSONAL, PUBLIC_TIERS, WIRELESS, Language, Means, Messenger, Need, Profile, Tier
from onevoice.services import ALWAYS, Hours, Line, Service, Services

_ZONE = "America/New_York"
_SENT = datetime(2026, 9, 23, 19, 30, tzinfo=UTC)
"""A Wednesday: the longest weekday in many languages."""
_NAMES = ("Old Mill", "Riverside", "Harbor", "Market", "North Hill", "Station")
_URL = "https://alerts.millford.example/a/7kq2wd"
AUTHORITY = Messenger(
    id="sample",
    kind="authority",
    names={"en": "Millford Emergency Management"},
    short={"en": "Millford Emergency"},
    phones={"help": "+14135550140", "text": "+14135550141", "transport": "+14135550142", "emergency": "911"},
)
"""Who speaks in an example; a deployment's own authority is given where there is one."""
TIERS = (Tier.T1, Tier.T2, Tier.T4)
"""Levels that have words of their own; T3 reads T2."""
SIZES = (1, 2, 6)
"""How many places a sample has."""
_USUAL = 2
_CROWDED = frozenset([Means.SMS, Means.SOCIAL, *WIRELESS])
"""Means that many places make too long."""
_LATER = frozenset([Kind.WARNING, Kind.UPDATE, Kind.CORRECTION])
"""Kinds that set a last moment."""


class Sample(NamedTuple):
    """An alert, and for whom and by which means it is composed. How many places matters only to what must be short."""

    alert: Alert
    means: tuple[Means, ...]
    group: str = "all"
    needs: tuple[Need, ...] = ()
    label: str = ""

    @property
    def kind(self) -> str:
        """The kind whose sentences it says."""
        return OUTSIDE if self.group == OUTSIDE else str(self.alert.kind)

    def reader(self, language: Language, tier: Tier) -> Profile:
        """Who reads it."""
        return Profile(languages=(language,), tier=tier, needs=self.needs)

    @property
    def forms(self) -> Iterator[tuple[Means, Tier]]:
        """By which means at which levels it is told; the page has technical texts too."""
        usual = {**PUBLIC_TIERS, Means.PAGE: TIERS}
        yield from ((means, tier) for means in Means if means in self.means for tier in usual.get(means, TIERS))


def samples(lexicon: Lexicon, only: str | None = None) -> Iterator[Sample]:
    """For every hazard and kind: one, two and six places; a named disease or form; what is unknown; needs, local facts.

    `only`: of this hazard.
    """
    for hazard, entry in lexicon.hazards.items():
        if only not in (None, hazard):
            continue
        for kind in entry.kinds:
            for size in SIZES:
                yield _sample(lexicon, hazard, kind, size)
            if entry.kinds[kind].opening_named:
                yield _sample(lexicon, hazard, kind, 2, more=_disease(lexicon))._replace(label="a named disease")
            for form in entry.forms:
                yield _sample(lexicon, hazard, kind, 2, more={"form": Form(id=form)})._replace(label=f"form {form}")
        kind = Kind.WARNING if Kind.WARNING in entry.kinds else next(k for k in entry.kinds if k != OUTSIDE)
        unknown: dict[str, Fact] = {"impact": Unknown(), "next_update": _in_hours(2)}
        means = _all_means(kind) if kind == Kind.WARNING else (Means.SMS, Means.EMAIL, Means.PAGE)
        first = _sample(lexicon, hazard, kind, 2, more=unknown)
        yield first._replace(label="2 places, impact unknown", means=means)
        for need in Need:
            yield _sample(lexicon, hazard, kind, 2, more=_local())._replace(
                needs=(need,), means=(Means.SMS, Means.EMAIL), label=f"needs {need}"
            )


def _sample(lexicon: Lexicon, hazard: str, kind: str, size: int, more: Mapping[str, Fact] | None = None) -> Sample:
    group = OUTSIDE if kind == OUTSIDE else "all"
    of = Kind.UPDATE if kind == OUTSIDE else Kind(kind)
    facts = _facts(lexicon, hazard, kind, size) | dict(more or {})
    alert = _alert(lexicon, hazard, of, facts, older=_older(lexicon, hazard, kind, size))
    every = _all_means(kind)
    means = every if size == _USUAL else tuple(m for m in every if m in _CROWDED)
    return Sample(alert, means, group, label=f"{size} places")


def _all_means(kind: str) -> tuple[Means, ...]:
    """By which means a message of a kind is told; people outside get no public text of their own."""
    if kind == OUTSIDE:
        return tuple(m for m in Means if m in (*PERSONAL, Means.SOCIAL, Means.PAGE))
    return tuple(m for m in Means if m not in WIRELESS or kind in wireless.KINDS)


def _alert(lexicon: Lexicon, hazard: str, kind: Kind, facts: dict[str, Fact], older: FactSet | None) -> Alert:
    entry = lexicon.hazards[hazard]
    said = entry.kinds.get(kind) or next(iter(entry.kinds.values()))
    act_by, expires = facts.get("act_by"), facts["expires"]
    ids = facts["actions"]
    return Alert(
        id="sample-1",
        chain="sample",
        incident="sample",
        hazard=hazard,
        kind=kind,
        status=Status.EXERCISE,
        area=Area(zones=()),
        factset=FactSet(facts=facts),
        initial=isinstance(facts.get("impact"), Unknown),
        authority="sample",
        segments=(),
        actions=ids.ids if isinstance(ids, ActionIds) else (),
        category=entry.category,
        urgency=said.urgency,
        severity=said.severity,
        certainty=said.certainty,
        response=(),
        sent=_SENT,
        act_by=act_by.at if isinstance(act_by, Instant) else None,
        expires=expires.at if isinstance(expires, Instant) else _SENT,
        page_url=_URL,
        previous=older,
    )


def _facts(lexicon: Lexicon, hazard: str, kind: str, size: int) -> dict[str, Fact]:
    actions = lexicon.hazards[hazard].kinds[kind].actions
    known: dict[str, Fact] = {
        "places": _places(size),
        "actions": ActionIds(ids=actions),
        "url": Url(url=_URL),
        "impact": Stated(),
        "expires": _in_hours(15),
        "help_phone": Phone(e164="+14135550140"),
        "text_phone": Phone(e164="+14135550141", uses=("text",)),
        "transport_phone": Phone(e164="+14135550142", uses=("voice", "text")),
        "emergency_number": EmergencyNumber(number="911"),
    }
    if kind in _LATER:
        known["act_by"] = _in_hours(4)
    if kind in (*ALWAYS, Kind.ALL_CLEAR) and size == _USUAL:
        known["services"] = _SERVICES
    return known | _told(lexicon, hazard, kind)


def _told(lexicon: Lexicon, hazard: str, kind: str) -> dict[str, Fact]:
    """Facts that only some hazards tell: where a sentence of this kind names them."""
    actions = (f"action.{action}." for action in lexicon.hazards[hazard].kinds[kind].actions)
    prefixes = (f"hazard.{hazard}.{kind}.", *actions)
    said = [text for key, text in lexicon.sources.items() if key.startswith(prefixes)]
    told = {name: fact for name, fact in _SOMETIMES.items() if any(f"{{{name}}}" in text for text in said)}
    place = {"shelter": _shelter()} if any("{shelter_name}" in text for text in said) else {}
    return told | place


def _text(words: str) -> LocalNote:
    return LocalNote(texts={"en": words}, written_by="sample", checked_by={"en": "sample"})


_SOMETIMES: Mapping[str, Fact] = {
    "product": ProperName(names={"en": "Mill Farm baby milk"}),
    "description": _text("A tall man of about eighty in a red coat"),
    "truth": _text("The bridge is open"),
    "rumor": _text("The bridge is closed"),
    "other_number": EmergencyNumber(number="+14135550145"),
}


_SERVICES = Services(
    entries=(
        Service(
            id="listening",
            version="sample",
            sort="listening",
            name="Millford Listening Line",
            lines=(Line(number="+14135550151"), Line(number="+14135550152", use="text")),
            always=True,
            languages=("en", "es"),
            interpreter=True,
            free=True,
            assured=_SENT.date(),
            until=_SENT.date() + timedelta(days=30),
        ),
        Service(
            id="home",
            version="sample",
            sort="home",
            name="Riverside Repair Network",
            lines=(Line(number="+14135550153"),),
            hours=(Hours(days=(0, 1, 2, 3, 4), opens="09:00", closes="17:00"),),
            languages=("en", "ht"),
            free=False,
            address="4 Mill Road",
            accessible=True,
            assured=_SENT.date(),
            until=_SENT.date() + timedelta(days=60),
        ),
    )
)
"""Somebody to talk to, day and night, by voice and text; and help by day, by voice alone."""


def _older(lexicon: Lexicon, hazard: str, kind: str, size: int) -> FactSet | None:
    """The version before: more places, and another last moment."""
    if kind not in (Kind.UPDATE, Kind.CORRECTION, OUTSIDE):
        return None
    facts = _facts(lexicon, hazard, kind, size) | {"places": _places(size + 1)}
    if kind in _LATER:
        facts["act_by"] = _in_hours(3)
    return FactSet(facts=facts)


def _disease(lexicon: Lexicon) -> dict[str, Fact]:
    """The disease with the longest English name."""
    named = {key: name for key, name in lexicon.sources.items() if key.startswith("disease.")}
    longest = max(named, key=lambda key: len(named[key]))
    return {"disease": Disease(id=longest.removeprefix("disease."))}


def _local() -> dict[str, Fact]:
    return {
        "shelter": _shelter(),
        "road_closed": ProperName(names={"en": "Mill Road"}),
        "bus_from": ProperName(names={"en": "Town Hall"}),
        "water_point": ProperName(names={"en": "Town Hall"}),
        "note": LocalNote(texts={"en": "The bridge is open."}, written_by="sample", checked_by={"en": "sample"}),
    }


def _shelter() -> Shelter:
    return Shelter(
        name={"en": "Millford High School"},
        address="12 School Street",
        opens=_in_hours(1),
        pets=True,
        accessible=True,
        no_papers=True,
    )


def _places(size: int) -> Places:
    names = (*_NAMES, "University", "Orchard")[:size]
    places = tuple(Place(id=name.lower().replace(" ", "-"), names={"en": name}) for name in names)
    return Places(places=places, area_name={"en": "Millford"})


def _in_hours(hours: int) -> Instant:
    return Instant(at=_SENT + timedelta(hours=hours), zone=_ZONE)
