"""From contact points to deliveries: the words that each point was assigned at submit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Subquery,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
)

from onevoice.alert import Kind
from onevoice.ledger.points import Rank
from onevoice.ledger.states import DeliveryState
from onevoice.ledger.tables import (
    Moment,
    alert,
    assignment,
    audience,
    contact,
    delivery,
    reached_at,
    release,
    variant,
)
from onevoice.ledger.wanted import topic

SHARED_POINT = "shared-point"
"""Why somebody is told in another language: too many languages share their contact point for one text."""

HELD = "held"
"""Why somebody has no delivery yet: every text that they could get is held back."""


def topic_of(conn: Connection, release_id: int) -> str:
    """The class of consent that a release falls under."""
    kind = select(alert.c.kind).join(release, release.c.alert_id == alert.c.id).where(release.c.id == release_id)
    return topic(Kind(conn.scalars(kind).one()))


def ranks(conn: Connection, release_id: int) -> list[Rank]:
    """The precedences in a snapshot and what each stood for when it was made."""
    shape = (audience.c.precedence, audience.c.segment, audience.c.messenger)
    rows = conn.execute(select(*shape).distinct().where(audience.c.release_id == release_id))
    return [Rank(*row) for row in rows]


def assigned(release_id: int) -> Subquery:
    """The words that were frozen with a release, with the language of their text: as `with_words` takes them."""
    texts = and_(variant.c.release_id == release_id, variant.c.id == assignment.c.variant_id)
    columns = (assignment.c[n] for n in (*_KEY, "variant_id", "fallback"))
    chosen = select(*columns, variant.c.language).select_from(assignment.outerjoin(variant, texts))
    return chosen.where(assignment.c.release_id == release_id).subquery("words")


def with_words(point: FromClause, words: FromClause) -> Select[Any]:
    """Points with the words assigned to their key and their language; `assigned` is null where there are none.

    A release that was frozen before segments had a say in what is held back has keys without their precedence. Each
    kind of key is looked up by itself: asked for either at once, PostgreSQL compares each point with all words.
    """
    own, older = words.alias("own_words"), words.alias("older_words")
    treated = point.c.profile_key + "|" + cast(point.c.precedence, Text)
    joined = point.outerjoin(own, and_(own.c.profile_key == treated, *_same(point, own)))
    joined = joined.outerjoin(older, and_(older.c.profile_key == point.c.profile_key, *_same(point, older)))
    shared = case((point.c.shared, SHARED_POINT), else_=null())
    columns = (point.c[n] for n in ("point_id", "means", "contact_key", "masked", "segment", "profile_key"))
    return select(
        *columns,
        func.coalesce(own.c.profile_key, older.c.profile_key).label("assigned"),
        func.coalesce(own.c.variant_id, older.c.variant_id).label("variant_id"),
        func.coalesce(own.c.language, older.c.language, point.c.language).label("language"),
        func.coalesce(own.c.fallback, older.c.fallback, shared).label("fallback"),
    ).select_from(joined)


def _same(point: FromClause, words: FromClause) -> Iterator[ColumnElement[bool]]:
    return (words.c[n] == point.c[n] for n in ("means", "messenger", "text_group"))


_KEY = ("profile_key", "means", "messenger", "text_group")
COPIED = ("means", "point_id", "contact_key", "masked", "variant_id", "segment", "language", "fallback")
"""What a delivery has from its point and the words assigned to it."""
NEW_DELIVERY = ["release_id", *COPIED, "step", "state", "state_at", "not_before"]


def new_deliveries(release_id: int, worded: FromClause, now: datetime, step: ColumnElement[int]) -> Select[Any]:
    """Rows for `delivery`, with the columns of NEW_DELIVERY."""
    at = literal(now, Moment)
    return select(literal(release_id), *(worded.c[n] for n in COPIED), step, literal(DeliveryState.PLANNED), at, at)


def later(point: FromClause) -> ColumnElement[int]:
    """0 for points of who cannot move well or lives alone, for they need longest; 1 for all others."""
    living = reached_at.join(contact, contact.c.id == reached_at.c.contact_id)
    needing = select(reached_at.c.point_id).select_from(living).where(or_(contact.c.mobility, contact.c.lives_alone))
    return case((point.c.point_id.in_(needing), 0), else_=1)


def slowest_first(point: FromClause) -> tuple[ColumnElement[Any], ...]:
    """The order in which deliveries are written, and so called: who needs longest first.

    To be used as ORDER BY over points.
    """
    return point.c["later"] if "later" in point.c else later(point), point.c.point_id


def delivered_at(release_id: int, point: FromClause) -> ColumnElement[bool]:
    """True for the delivery of a release at a point. Names the means so that the unique index answers."""
    d = delivery.c
    return and_(d.release_id == release_id, d.means == point.c.means, d.point_id == point.c.point_id)
