"""Which words a contact point needs: one text for all who share it, whichever of them it is that gets it first.

The text of a point counts everybody in the audience who can be reached there, so it is the same at every step.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, ColumnElement, FromClause, Select, String, and_, case, func, literal, or_, select, true

from onevoice.ledger.holders import NOT_YET, OUTSIDE, WAITS
from onevoice.ledger.rules import needs, place_in
from onevoice.ledger.tables import contact, contact_point, reached_at
from onevoice.ledger.wanted import consents, opted_out, usable
from onevoice.people import Need

CARRIED = ("contact_id", "segment", "precedence", "language", "tier", "needs", "text_group")
"""What a way keeps of its contact."""

CROWDED = 3
"""So many languages at one point do not fit one text: the most common is used."""


@dataclass(frozen=True)
class Rank:
    """What a precedence stands for."""

    precedence: int
    segment: str
    messenger: str | None


def ways(audience: FromClause, topic: str, near: FromClause | None = None, *, fresh: bool = False) -> Select[Any]:
    """One row for each usable point of each contact of an audience, with the place of its means in their order.

    `near` limits it to certain points; it is joined, because SQLite would walk through a list of them for each contact.
    `fresh`: the audience was stored in this very transaction, so who can be reached at all is not asked again.
    """
    reachable = or_(audience.c.unreachable.is_(None), audience.c.unreachable == NOT_YET)
    willing = reachable if fresh else and_(contact.c.removed_at.is_(None), consents(topic))
    people = audience if fresh else audience.join(contact, contact.c.id == audience.c.contact_id)
    joined = people.join(reached_at, reached_at.c.contact_id == audience.c.contact_id).join(
        contact_point, contact_point.c.id == reached_at.c.point_id
    )
    if near is not None:
        joined = joined.join(near, near.c.point_id == reached_at.c.point_id)
    place = place_in(audience.c.means, contact_point.c.means)
    waits = case((audience.c.unreachable == NOT_YET, WAITS), else_=0)
    yet: ColumnElement[int] = audience.c.yet if "yet" in audience.c else waits
    columns = (
        audience.c[n] for n in ("contact_id", "segment", "precedence", "language", "tier", "needs", "text_group")
    )
    return (
        select(
            *columns,
            contact_point.c.id.label("point_id"),
            contact_point.c.means,
            place.label("place"),
            place_in(audience.c.means, literal("+", String)).label("at_once"),
            yet.label("yet"),
        )
        .select_from(joined)
        .where(willing, usable(audience), ~opted_out(topic))
    )


def points(way: FromClause, ranks: Iterable[Rank], *, first: bool = False) -> Select[Any]:
    """One row for each point: the key of the text that it needs, and `shared` where not all can read it.

    `first`: of a first version, in which all are told the same.
    """
    each = _gathered(way, first=first)
    mixed = _mixed(way, each)
    common = _most_common(way, mixed)
    many = func.coalesce(mixed.c.languages, 1)
    languages = _languages(each, many, common)
    key = languages + "|" + each.c.tier + "|" + each.c.needs
    ranked = {r.precedence: r for r in ranks}
    columns = (
        each.c.point_id,
        contact_point.c.means,
        contact_point.c.contact_key,
        contact_point.c.masked,
        key.label("profile_key"),
        languages.label("language"),
        _by_rank(each, {p: r.segment for p, r in ranked.items()}).label("segment"),
        _by_rank(each, {p: r.messenger or "" for p, r in ranked.items()}).label("messenger"),
        each.c.text_group,
        each.c.precedence,
        (many >= CROWDED).label("shared"),
    )
    joined = (
        each.join(contact_point, contact_point.c.id == each.c.point_id)
        .outerjoin(mixed, mixed.c.point_id == each.c.point_id)
        .outerjoin(common, and_(common.c.point_id == each.c.point_id, common.c.rank == 1))
    )
    return select(*columns).select_from(joined)


def _gathered(way: FromClause, *, first: bool) -> CTE:
    need = {n: _any_of(way.c.needs.like(f"%{n.value}%")) for n in Need}
    return (
        select(
            way.c.point_id,
            func.min(way.c.language).label("first"),
            func.max(way.c.language).label("last"),
            func.min(way.c.tier).label("tier"),
            func.max(way.c.precedence).label("precedence"),
            needs(need[Need.HEARING], need[Need.MOBILITY], need[Need.SIGHT]).label("needs"),
            (literal("all", String) if first else _common_group(way)).label("text_group"),
        )
        .group_by(way.c.point_id)
        .cte("each_point")
    )


def _any_of(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return func.max(case((condition, 1), else_=0)) == 1


def _common_group(way: FromClause) -> ColumnElement[str]:
    """The group of a point; whom an older version has not reached counts only where nobody else is."""
    sure = way.c.yet != WAITS
    return case((_any_of(sure), _group(way, sure)), else_=_group(way, true()))


def _mixed(way: FromClause, each: CTE) -> CTE:
    """Points at which more than one language is read, with how many. They are few: so only there they are counted."""
    several = select(each.c.point_id).where(each.c.first != each.c.last)
    return (
        select(way.c.point_id, func.count(way.c.language.distinct()).label("languages"))
        .where(way.c.point_id.in_(several))
        .group_by(way.c.point_id)
        .cte("mixed")
    )


def _group(way: FromClause, counts: ColumnElement[bool]) -> ColumnElement[str]:
    """What is right for all at a point who count: with anybody in the area, nobody reads that they are out of it."""
    group = way.c.text_group
    near, older = (_any_of(and_(counts, group.in_(groups))) for groups in (("new", "kept"), ("kept", OUTSIDE)))
    return case((_any_of(group == "all"), "all"), (and_(near, older), "kept"), (near, "new"), else_=OUTSIDE)


def _most_common(way: FromClause, mixed: CTE) -> CTE:
    """Languages at crowded points by how many read them."""
    count = func.count()
    order = func.row_number().over(partition_by=way.c.point_id, order_by=(count.desc(), way.c.language))
    return (
        select(way.c.point_id, way.c.language, order.label("rank"))
        .where(way.c.point_id.in_(select(mixed.c.point_id).where(mixed.c.languages >= CROWDED)))
        .group_by(way.c.point_id, way.c.language)
        .cte("common")
    )


def _languages(each: CTE, many: ColumnElement[int], common: CTE) -> ColumnElement[str]:
    """One, or two with English second, or what the point prefers, or what most of its people read."""
    prefers_last = func.coalesce(contact_point.c.language, "") == each.c.last
    turned = or_(each.c.first == "en", and_(each.c.last != "en", prefers_last))
    both = case((turned, each.c.last + "+" + each.c.first), else_=each.c.first + "+" + each.c.last)
    return case(
        (many == 1, each.c.first),
        (many < CROWDED, both),
        else_=func.coalesce(contact_point.c.language, common.c.language),
    )


def _by_rank(each: CTE, named: dict[int, str]) -> ColumnElement[str]:
    nobody = (each.c.precedence.is_(None), literal(""))  # an audience may be empty; a CASE may not
    return case(nobody, *((each.c.precedence == p, literal(name)) for p, name in named.items()), else_=literal(""))
