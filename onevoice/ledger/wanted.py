"""Who is meant by a version of an alert, as one SELECT over the contacts. Preview reads it, submit stores it."""

from __future__ import annotations

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
from onevoice.ledger.holders import MAY_YET, NOT_YET, OUTSIDE, WAITS, holders, not_yet
from onevoice.ledger.location import Polygon, whereabouts
from onevoice.ledger.rules import condition, place_in, treated
from onevoice.ledger.tables import contact, contact_point, opt_out, reached_at
from onevoice.people import PERSONAL, Everyone, Reach, Segment

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
    the ids of every older version's releases, `unfinished` those of them that may still reach somebody;
    `everyone_before` (correction, cancel) means those who may hold one of them and nobody else. `left`: zones that an
    older version had and this one has not; only there are people told that they are outside. `at_once`: every means at
    the same time. `topic` is the class of consent and opt-out that this message falls under, as `topic()` tells.
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
    unfinished: tuple[int, ...] = ()
    left: tuple[str, ...] = ()
    everyone_before: bool = False
    at_once: bool = False
    topic: str

    def __post_init__(self) -> None:
        if not any(isinstance(s.rule, Everyone) for s in self.segments_all):
            raise Unusable("No segment holds everyone, so somebody might be treated by none.", where="segments")
        if len({s.precedence for s in self.segments_all}) < len(self.segments_all):
            raise Unusable("Two segments have the same precedence.", where="segments")


def who(conn: Connection, wanted: Wanted) -> Select[Any]:
    """One row for each contact who is meant, with the columns of `audience` except the release, and `yet`.

    `yet` is WAITS for those who are meant only if an older version still reaches them, MAY_YET for those who are meant
    anyway, and then as people who hold one, and 0 for all others.
    """
    location = whereabouts(conn, wanted.zones, () if wanted.whole_zones else wanted.polygons)
    concerned = _concerned(wanted, location)
    chain = _Chain(conn, wanted, concerned)
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
            chain.group().label("text_group"),
            _order(wanted, how.means).label("means"),
            location.label("location"),
            consents(wanted.topic).label("consents"),
            chain.yet().label("yet"),
        )
        .select_from(chain.rows)
        .where(contact.c.removed_at.is_(None), _allowed(wanted), chain.meant())
        .cte("meant")
        .prefix_with("MATERIALIZED")  # else SQLite works out everybody's order of means anew for each of their points
    )
    columns = [c for c in meant.c if c.name != "consents"]
    reason = unreachable(meant, wanted.topic)
    return select(*columns, case((meant.c.yet == WAITS, NOT_YET), else_=reason).label("unreachable"))


class _Chain:
    """What the versions before make of each contact: whether they are meant, and by which words."""

    def __init__(self, conn: Connection, wanted: Wanted, concerned: ColumnElement[bool]) -> None:
        self._wanted, self._concerned = wanted, concerned
        self.rows: FromClause = contact
        self._holds: ColumnElement[bool] = false()
        self._told: ColumnElement[bool] = false()
        self._may: ColumnElement[bool] = false()
        if wanted.previous_releases:
            older = holders(conn, wanted.previous_releases).subquery("older")
            self.rows = self.rows.outerjoin(older, older.c.contact_id == contact.c.id)
            self._holds, self._told = older.c.contact_id.is_not(None), func.coalesce(older.c.told_outside, 0) == 1
        if wanted.unfinished:
            open_ = not_yet(wanted.unfinished).subquery("not_yet")
            self.rows = self.rows.outerjoin(open_, open_.c.contact_id == contact.c.id)
            self._may = and_(open_.c.contact_id.is_not(None), ~self._holds)

    def meant(self) -> ColumnElement[bool]:
        """A correction and a cancel mean holders alone; an update also those in its area, and nobody twice outside."""
        if self._wanted.everyone_before:
            return or_(self._holds, self._may)
        return or_(self._concerned, and_(self._holds, ~self._told), self._may)

    def yet(self) -> ColumnElement[int]:
        """As `who` tells."""
        if not self._wanted.unfinished:
            return literal(0)
        waits = self._may if self._wanted.everyone_before else and_(self._may, ~self._concerned)
        return case((waits, WAITS), (self._may, MAY_YET), else_=0)

    def group(self) -> ColumnElement[str]:
        """Outside is told by the name of one's place; where that cannot be, one gets the whole new version."""
        if self._wanted.everyone_before:
            return literal("kept")
        if not self._wanted.previous_releases:
            return literal("all")
        new = and_(self._concerned, or_(~self._holds, self._told))
        outside = and_(~self._concerned, contact.c.zone.in_(self._wanted.left))
        return case((new, "new"), (outside, OUTSIDE), else_="kept")


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


def unreachable(meant: FromClause, topic: str) -> ColumnElement[Any]:
    """Why nobody can reach a person with `means` and `consents`; null where somebody can."""
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
    """True for a contact point by a personal means that stands in the person's order.

    Both are lists of words. Asked whether `means` is one of a few, SQLite goes through all points in the order of
    their keys, which is none, instead of from each person to theirs.
    """
    lists = (literal(",".join(PERSONAL)), person.c.means)
    return and_(*(place_in(words, contact_point.c.means) > 0 for words in lists))
