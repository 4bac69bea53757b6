"""The plan of a first version as a program makes it that knows only an ORM: one contact after another, same rows.

Each person is an object with their points, each point one with its people; who is meant, by which means, and in which
words is worked out in Python and added as objects. It knows what the benchmark's town needs: whole zones, no older
version, no text held back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session, registry, relationship, selectinload

from onevoice.ledger import tables as t
from onevoice.ledger.plan import SHARED_POINT, Chosen, Wanted
from onevoice.ledger.points import CROWDED
from onevoice.ledger.wanted import EMERGENCY, INFORMATION
from onevoice.people import PERSONAL, AllOf, AnyOf, FieldIs, Need, Not, Reach, Rule, Segment


class Row:
    """One row of a table."""

    def __init__(self, **columns: Any) -> None:
        for name, value in columns.items():
            setattr(self, name, value)


class Person(Row):
    """A contact."""


class Point(Row):
    """A contact point."""


class Refusal(Row):
    """An opt-out."""


class Audience(Row):
    """A person in the snapshot."""


class Delivery(Row):
    """A text to a point."""


class Served(Row):
    """Whom it serves."""


def _mapped() -> None:
    mapper = registry(metadata=t.metadata).map_imperatively
    for kind, table in ((Audience, t.audience), (Delivery, t.delivery), (Refusal, t.opt_out)):
        mapper(kind, table)
    mapper(Served, t.served, properties={"delivery": relationship(Delivery)})
    key = t.opt_out.c.contact_key
    same = t.contact_point.c.contact_key == key
    refusals = relationship(Refusal, primaryjoin=same, foreign_keys=key, viewonly=True)
    people = relationship(Person, secondary=t.reached_at, back_populates="points", viewonly=True)
    mapper(Point, t.contact_point, properties={"people": people, "refusals": refusals})
    points = relationship(Point, secondary=t.reached_at, back_populates="people", viewonly=True)
    mapper(Person, t.contact, properties={"points": points})


_mapped()

POINTS = selectinload(Person.points)  # type: ignore[attr-defined]
AHEAD = (POINTS.selectinload(Point.people), POINTS.selectinload(Point.refusals))  # type: ignore[attr-defined]
"""What a person's plan looks at, loaded with many people at once."""


def people(session: Session, count: int, *, ahead: bool) -> Sequence[Any]:
    """The first contacts, by their ids; `ahead`: with all that their plan looks at."""
    chosen = select(Person).where(t.contact.c.id <= count, t.contact.c.removed_at.is_(None))
    return session.scalars(chosen.options(*AHEAD) if ahead else chosen).all()


class Planner:
    """Plans one person after another into a release. `chosen`: the text of each key, as `plan.arrange` takes it."""

    def __init__(
        self, session: Session, release: int, wanted: Wanted, chosen: Mapping[Any, Chosen], now: datetime
    ) -> None:
        self._session, self._release, self._wanted, self._chosen, self._now = session, release, wanted, chosen, now
        self._delivered: dict[int, Delivery] = {}

    def plan(self, person: Any, store: Callable[[], None] = lambda: None) -> None:
        """Add what a person gets; `store` is called after each object."""
        one = _Seen(person, self._wanted)
        if not one.meant:
            return
        self._session.add(Audience(release_id=self._release, unreachable=one.unreachable, **one.snapshot))
        store()
        if one.unreachable:
            return
        for point in one.first:
            if point.id not in self._delivered:
                self._delivered[point.id] = self._delivery(point)
                self._session.add(self._delivered[point.id])
                store()
            self._session.add(Served(delivery=self._delivered[point.id], contact_id=person.id))
            store()

    def _delivery(self, point: Any) -> Delivery:
        readers = [seen for p in point.people if (seen := _Seen(p, self._wanted)).reads(point)]
        languages, shared = _languages(point, [seen.language for seen in readers])
        treated = max((seen.segment for seen in readers), key=lambda s: s.precedence)
        needs = ",".join(sorted({need for seen in readers for need in seen.needs}))
        profile = f"{languages}|{min(seen.tier for seen in readers)}|{needs}"
        words = self._chosen[profile, point.means, treated.messenger, "all"]
        return Delivery(
            release_id=self._release,
            means=point.means,
            point_id=point.id,
            contact_key=point.contact_key,
            masked=point.masked,
            variant_id=words.variant_id,
            segment=treated.id,
            language=languages,
            fallback=words.fallback or (SHARED_POINT if shared else None),
            state="planned",
            state_at=self._now,
            not_before=self._now,
        )


class _Seen:
    """A person as an alert sees them."""

    def __init__(self, person: Any, wanted: Wanted) -> None:
        self._person, self._wanted = person, wanted
        self.segment = next(s for s in wanted.segments_all if _holds(s.rule, person))
        self.language: str = person.language or self.segment.language
        self.tier: str = person.tier or self.segment.tier.value
        self.needs = sorted(need.value for need in Need if getattr(person, need.value))

    @cached_property
    def location(self) -> str:
        zone = self._person.zone or ""
        return "in-area" if zone in self._wanted.zones else "outside" if zone else "unknown"

    @cached_property
    def meant(self) -> bool:
        living = self._person.removed_at is None
        return living and any(self._within(s) and _holds(s.rule, self._person) for s in self._wanted.segments_named)

    def _within(self, segment: Segment) -> bool:
        near = self.location == "in-area" or (self.location == "unknown" and self._wanted.include_unknown)
        town = segment.reach is Reach.JURISDICTION and self._person.zone in self._wanted.jurisdiction
        return near or town or segment.reach is Reach.ALWAYS

    @cached_property
    def order(self) -> list[str]:
        own = [means for means in (self._person.means or "").split(",") if means]
        return own + [means for means in self.segment.means if means not in own]

    @cached_property
    def consents(self) -> bool:
        given = (self._person.consent or EMERGENCY).split(",")
        return self._wanted.topic in given or "all" in given

    @cached_property
    def _addresses(self) -> list[Any]:
        usable = [p for p in self._person.points if p.means in PERSONAL and p.means in self.order]
        return sorted(usable, key=lambda p: (self.order.index(p.means), p.id))

    @cached_property
    def _open(self) -> list[Any]:
        return [p for p in self._addresses if not any(r.topic != INFORMATION for r in p.refusals)]

    @property
    def first(self) -> list[Any]:
        """The point that is used first, or all that are used at once."""
        return self._open if self._wanted.at_once else self._open[:1]

    @cached_property
    def unreachable(self) -> str | None:
        if not self._addresses:
            return "no-address"
        if not self.consents:
            return "no-consent"
        return None if self._open else "opted-out"

    def reads(self, point: Any) -> bool:
        """True where a message at that point is for them too."""
        return self.meant and not self.unreachable and point in self._open

    @property
    def snapshot(self) -> dict[str, Any]:
        return {
            "contact_id": self._person.id,
            "segment": self.segment.id,
            "precedence": self.segment.precedence,
            "language": self.language,
            "tier": self.tier,
            "needs": ",".join(self.needs),
            "messenger": self.segment.messenger,
            "text_group": "all",
            "means": ",".join(self.order),
            "location": self.location,
        }


def _holds(rule: Rule, person: Any) -> bool:
    match rule:
        case FieldIs():
            value = getattr(person, rule.field)
            return bool(value) is rule.equals if isinstance(rule.equals, bool) else (value or "") == rule.equals
        case AllOf():
            return all(_holds(part, person) for part in rule.all)
        case AnyOf():
            return any(_holds(part, person) for part in rule.any)
        case Not():
            return not _holds(rule.not_, person)
        case _:
            return True


def _languages(point: Any, read: Sequence[str]) -> tuple[str, bool]:
    """The languages of a point's text, and whether they are too many for one."""
    several = sorted(set(read))
    if len(several) == 1:
        return several[0], False
    if len(several) < CROWDED:
        first, last = several
        turned = first == "en" or (last != "en" and point.language == last)
        return (f"{last}+{first}" if turned else f"{first}+{last}"), False
    return point.language or min(Counter(read).items(), key=lambda one: (-one[1], one[0]))[0], True


def written(conn: Connection, release: int, people: int) -> Iterator[Sequence[Any]]:
    """What a release has of the first contacts, by their ids: their snapshot, and each delivery that serves them."""
    audience, served, delivery = t.audience, t.served, t.delivery
    snapshot = [c for c in audience.c if c.name != "release_id"]
    mine = (audience.c.release_id == release, audience.c.contact_id <= people)
    yield from conn.execute(select(*snapshot).where(*mine).order_by(audience.c.contact_id))
    own = [c for c in delivery.c if c.name not in ("id", "release_id")]
    sent = select(served.c.contact_id, *own).join_from(served, delivery, delivery.c.id == served.c.delivery_id)
    mine = (delivery.c.release_id == release, served.c.contact_id <= people)
    yield from conn.execute(sent.where(*mine).order_by(served.c.contact_id, delivery.c.point_id))
