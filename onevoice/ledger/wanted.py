"""Who is meant by a version of an alert, as one SELECT over the contacts. Preview reads it, submit stores it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    case,
    exists,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
)

from onevoice.alert import Kind
from onevoice.errors import Unusable
from onevoice.ledger.location import Polygon, whereabouts
from onevoice.ledger.rules import condition, place_in, treated
from onevoice.ledger.states import DeliveryState as S
from onevoice.ledger.tables import attempt, contact, contact_point, delivery, opt_out, reached_at, served
from onevoice.people import PERSONAL, Everyone, Reach, Segment

MAY_HOLD = (S.SUBMITTING, S.UNKNOWN, S.ACCEPTED, S.SENT, S.DELIVERED)
"""States in which a person may hold the text. In every other state they may too, if one call is in doubt."""

EMERGENCY = "emergency"
INFORMATION = "information"
"""The two classes of consent and opt-out: what protects life now, and everything else."""

_INFORMING = frozenset({Kind.PREPAREDNESS, Kind.RECOVERY, Kind.SUPPORT, Kind.CHECK_IN})


def topic(kind: Kind) -> str:
    """The class of consent and opt-out that a kind of message falls under."""
    return INFORMATION if kind in _INFORMING else EMERGENCY


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Who is meant.

    `segments_named` says who, `segments_all` how each is treated. `polygons` count only where not `whole_zones`: then
    a contact is chosen by position where it is known, else by a zone that the area touches. `previous_releases` are
    the ids of every older version's releases; `everyone_before` (correction, cancel) means those who may hold one of
    them and nobody else. `at_once`: every means at the same time. `topic` is the class of consent and opt-out that
    this message falls under, as `topic()` tells.
    """

    segments_named: tuple[Segment, ...]
    segments_all: tuple[Segment, ...]
    zones: tuple[str, ...]
    polygons: tuple[Polygon, ...] = ()
    whole_zones: bool = True
    jurisdiction: tuple[str, ...] = ()
    include_unknown: bool = True
    exercise_ok_only: bool = False
    previous_releases: tuple[int, ...] = ()
    everyone_before: bool = False
    at_once: bool = False
    topic: str

    def __post_init__(self) -> None:
        if not any(isinstance(s.rule, Everyone) for s in self.segments_all):
            raise Unusable("No segment holds everyone, so somebody might be treated by none.", where="segments")
        if len({s.precedence for s in self.segments_all}) < len(self.segments_all):
            raise Unusable("Two segments have the same precedence.", where="segments")


def who(conn: Connection, wanted: Wanted) -> Select[Any]:
    """One row for each contact who is meant, with the columns of `audience` except the release."""
    location = whereabouts(conn, wanted.zones, () if wanted.whole_zones else wanted.polygons)
    concerned = _concerned(wanted, location)
    older = _holders(wanted.previous_releases).subquery("older")
    rows = contact.outerjoin(older, older.c.contact_id == contact.c.id)
    holds = older.c.contact_id.is_not(None)
    how = treated(wanted.segments_all, contact)
    meant = (
        select(
            contact.c.id.label("contact_id"),
            how.segment.label("segment"),
            how.precedence.label("precedence"),
            how.language.label("language"),
            how.tier.label("tier"),
            how.needs.label("needs"),
            func.nullif(how.messenger, "").label("messenger"),
            _group(wanted, concerned, holds).label("text_group"),
            _order(wanted, how.means).label("means"),
            location.label("location"),
            consents(wanted.topic).label("consents"),
        )
        .select_from(rows)
        .where(contact.c.removed_at.is_(None), _allowed(wanted), _meant(wanted, concerned, holds))
        .cte("meant")
        .prefix_with("MATERIALIZED")  # else SQLite works out everybody's order of means anew for each of their points
    )
    columns = [c for c in meant.c if c.name != "consents"]
    return select(*columns, _unreachable(meant, wanted.topic).label("unreachable"))


def _meant(wanted: Wanted, concerned: ColumnElement[bool], holds: ColumnElement[bool]) -> ColumnElement[bool]:
    if wanted.everyone_before:
        return holds
    return or_(concerned, holds) if wanted.previous_releases else concerned


def _group(wanted: Wanted, concerned: ColumnElement[bool], holds: ColumnElement[bool]) -> ColumnElement[str]:
    if wanted.everyone_before:
        return literal("kept")
    if not wanted.previous_releases:
        return literal("all")
    return case((~holds, "new"), (concerned, "kept"), else_="outside")


def _order(wanted: Wanted, means: ColumnElement[str]) -> ColumnElement[str]:
    """Commas: one after the other. Plus signs: all at once."""
    return func.replace(means, ",", "+") if wanted.at_once else means


def _allowed(wanted: Wanted) -> ColumnElement[bool]:
    if not wanted.exercise_ok_only:
        return true()
    return or_(contact.c.exercise_ok.is_(true()), contact.c.guest.is_(true()))


# --- who is concerned --------------------------------------------------------------------------------------------


def _concerned(wanted: Wanted, location: ColumnElement[str]) -> ColumnElement[bool]:
    """True for contacts in a named segment whose reach takes them in."""
    unknown = and_(location == "unknown", true() if wanted.include_unknown else false())
    near = or_(location == "in-area", unknown)
    within = {
        Reach.IN_AREA: near,
        Reach.JURISDICTION: or_(near, contact.c.zone.in_(wanted.jurisdiction)),
        Reach.ALWAYS: true(),
    }
    named = (and_(condition(s.rule, contact), within[s.reach]) for s in wanted.segments_named)
    return or_(false(), *named)


# --- who may hold an older version ----------------------------------------------------------------------------


def _holders(releases: Sequence[int]) -> Select[Any]:
    doubtful = exists().where(
        attempt.c.delivery_id == delivery.c.id, or_(attempt.c.result.is_(None), attempt.c.result == "unknown")
    )
    holding = or_(delivery.c.state.in_(MAY_HOLD), delivery.c.ambiguous > 0, doubtful)
    return (
        select(served.c.contact_id)
        .distinct()
        .select_from(served.join(delivery, served.c.delivery_id == delivery.c.id))
        .where(delivery.c.release_id.in_(releases), holding)
    )


# --- who can be reached ---------------------------------------------------------------------------------------


def consents(topic: str) -> ColumnElement[bool]:
    """No word about consent is a yes to emergencies alone; `none` is a no to everything."""
    padded = literal(",") + func.coalesce(contact.c.consent, "") + ","
    given = or_(padded.like(f"%,{topic},%"), padded.like("%,all,%"))
    return or_(given, contact.c.consent == "") if topic == EMERGENCY else given


def opted_out(topic: str) -> ColumnElement[bool]:
    """True for a contact point that has said no to messages of this class.

    A no to emergencies, or to anything that is not plainly about information, is a no to both.
    """
    refused = exists().where(opt_out.c.contact_key == contact_point.c.contact_key)
    return refused if topic != EMERGENCY else refused.where(opt_out.c.topic != INFORMATION)


def _unreachable(meant: FromClause, topic: str) -> ColumnElement[Any]:
    points = (
        exists()
        .select_from(reached_at.join(contact_point, reached_at.c.point_id == contact_point.c.id))
        .where(reached_at.c.contact_id == meant.c.contact_id, usable(meant))
    )
    return case(  # first what is true of nearly everybody: each question costs a look into the points
        (and_(meant.c.consents, points.where(~opted_out(topic))), null()),
        (~points, "no-address"),
        (~meant.c.consents, "no-consent"),
        else_="opted-out",
    )


def usable(person: FromClause) -> ColumnElement[bool]:
    """True for a contact point by a personal means that stands in the person's order."""
    return and_(contact_point.c.means.in_(tuple(PERSONAL)), place_in(person.c.means, contact_point.c.means) > 0)
