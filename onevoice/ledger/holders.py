"""Who may hold an older version of an alert, who may yet come to hold one, and who knows that they are outside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    and_,
    case,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    type_coerce,
)

from onevoice.alert import Kind
from onevoice.ledger.states import TAKEN
from onevoice.ledger.states import DeliveryState as S
from onevoice.ledger.tables import alert, attempt, audience, delivery, release, served, variant

MAY_HOLD = (S.SUBMITTING, S.UNKNOWN, S.ACCEPTED, S.SENT, S.DELIVERED)
"""States in which a person may hold the text. In every other state they may too, if one call is in doubt."""

NOT_YET = "not-yet-held"
"""Why somebody is in a snapshot and has no delivery: they are meant only if an older version still reaches them before
this one is released. Nobody is counted as meant by it, or as unreachable."""

OUTSIDE = "outside"

WAITS, MAY_YET = 2, 1
"""What an older version that still reaches somebody would change: whether they are meant; or only by which words."""


def holders(conn: Connection, releases: Sequence[int]) -> Select[Any]:
    """One row for each contact who may hold a text of these releases.

    `told_outside` is 1 where the newest text that surely was sent to them said that they are outside, or was a
    correction of a version that did not cover them any more. A text in doubt has told nobody anything.
    """
    outside = _says_outside(conn, releases)
    covered = func.max(case((~outside, delivery.c.release_id), else_=0))
    told = func.max(case((and_(outside, delivery.c.state.in_(tuple(TAKEN))), delivery.c.release_id), else_=-1))
    return (
        select(served.c.contact_id, type_coerce(case((told > covered, 1), else_=0), Integer).label("told_outside"))
        .select_from(served.join(delivery, served.c.delivery_id == delivery.c.id))
        .where(delivery.c.release_id.in_(releases), holding())
        .group_by(served.c.contact_id)
    )


def holding() -> ColumnElement[bool]:
    """True for a delivery whose people may hold its text."""
    doubtful = exists().where(
        attempt.c.delivery_id == delivery.c.id, or_(attempt.c.result.is_(None), attempt.c.result == "unknown")
    )
    return or_(delivery.c.state.in_(MAY_HOLD), delivery.c.ambiguous > 0, doubtful)


def _says_outside(conn: Connection, releases: Sequence[int]) -> ColumnElement[bool]:
    """True for a delivery that tells its people that they are outside. A release has few such texts."""
    texts = select(variant.c.release_id, variant.c.id).where(variant.c.text_group == OUTSIDE)
    said: dict[int, list[str]] = {}
    for release_id, text in conn.execute(texts.where(variant.c.release_id.in_(releases))):
        said.setdefault(release_id, []).append(text)
    told = [and_(delivery.c.release_id == id_, delivery.c.variant_id.in_(ids)) for id_, ids in said.items()]
    if corrected := _corrections(conn, releases):
        told.append(and_(delivery.c.release_id.in_(corrected), _was_outside()))
    return or_(false(), *told)


def _corrections(conn: Connection, releases: Sequence[int]) -> list[int]:
    joined = release.join(alert, release.c.alert_id == alert.c.id)
    chosen = select(release.c.id).select_from(joined).where(release.c.id.in_(releases))
    return list(conn.scalars(chosen.where(alert.c.kind == Kind.CORRECTION)))


def _was_outside() -> ColumnElement[bool]:
    """True where the contact was outside the area of the delivery's own version."""
    same = (audience.c.release_id == delivery.c.release_id, audience.c.contact_id == served.c.contact_id)
    return exists().where(*same, audience.c.location == OUTSIDE).correlate(delivery, served)


def not_yet(unfinished: Sequence[int]) -> Select[Any]:
    """One row for each contact whom one of these releases may still reach, whether it has or not."""
    meant = (audience.c.release_id.in_(unfinished), audience.c.unreachable.is_(None))
    return select(audience.c.contact_id, literal(1).label("yet")).distinct().where(*meant)
