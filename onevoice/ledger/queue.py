"""Which deliveries may be called now: the conditions of a claim, all of them read in the claim's own transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Integer, Select, String, and_, bindparam, false, null, or_, select

from onevoice.alert import Kind
from onevoice.ledger.states import DeliveryState
from onevoice.ledger.tables import (
    Moment,
    alert,
    attempt,
    contact,
    contact_point,
    delivery,
    opt_out,
    release,
    served,
    variant,
)
from onevoice.ledger.threads import earlier_post
from onevoice.ledger.wanted import INFORMATION, topic
from onevoice.people import Means
from onevoice.settings import Mode

NOT_STARTED = "not-started"
"""The code of an intent that was undone: its call never began, so it says nothing about the provider."""

SPREAD = 37
"""Neighbours fall to different hundredths: it has no divisor in common with 100."""

Rank = Callable[[str, str, str], int]
"""How urgent a release is, by (severity, urgency, kind): lower goes first."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Under which conditions a worker may claim. `doubt`: how long an older call in doubt holds back a newer text."""

    worker: str
    mode: Mode
    generation: int
    rank: Rank
    doubt: timedelta


@dataclass(frozen=True, slots=True)
class Want:
    """What a worker has room for now, through one provider: so many calls, at `rate` units a second.

    `lease`: how long the worker may take over a call before others hold it for dead. `lead`: seconds until it can make
    one; `ahead`: seconds after that for which it takes slots. `beside`: another provider of the
    means may be called as well; then `share` is this one's part of the first calls, in hundredths from and up to.
    """

    means: str
    provider: str
    calls: int
    rate: float
    lease: timedelta
    lead: float = 0.0
    ahead: float = 0.05
    beside: bool = False
    share: tuple[int, int] = (0, 100)


@dataclass(frozen=True, slots=True)
class Open:
    """A release that is due, not expired, not superseded, and of this deployment's mode."""

    id: int
    severity: str
    urgency: str
    kind: str
    valid_until: datetime
    older: tuple[int, ...]
    """Releases of older versions of the chain."""


def open_releases(conn: Connection, mode: Mode, now: datetime) -> list[Open]:
    """All releases of which something may be sent now."""
    rows = conn.execute(_open(mode), {"now": now})
    return [
        Open(row.id, row.severity, row.urgency, row.kind, valid_until(row), _older(conn, row.chain, row.version))
        for row in rows
    ]


# What a claim asks is written once for each case: to put a statement together costs as much as to carry it out.
_NOW = bindparam("now", type_=Moment())


@cache
def _open(mode: Mode) -> Select[Any]:
    r, a = release.c, alert.c
    chosen = (
        select(r.id, r.severity, r.urgency, a.kind, r.act_by, r.expires, a.chain, a.version)
        .select_from(release.join(alert, r.alert_id == a.id))
        .where(r.due_at.is_not(None), r.void_at.is_(None), r.superseded_at.is_(None), r.mode == mode)
        .where(r.expires > _NOW, or_(r.act_by.is_(None), r.act_by > _NOW), ~newer_is_released())
    )
    if mode is not Mode.LIVE:
        chosen = chosen.where(r.status != "Actual", a.status != "Actual")
    return chosen.order_by(r.id)


def every_means() -> ColumnElement[bool]:
    """Always true; named so that the index on (release, means, state) is of use where the means does not matter."""
    return delivery.c.means.in_(tuple(Means))


def valid_until(row: Any) -> datetime:
    """Nobody may get the text of a release later than this: what it asks for could not be done in time any more."""
    ends: datetime = min(row.act_by, row.expires) if row.act_by else row.expires
    return ends


def newer_is_released() -> ColumnElement[bool]:
    """True for an alert of whose chain a newer version is released, whoever forgot to mark the older one."""
    later, freed = alert.alias("later"), release.alias("freed")
    return (
        select(freed.c.id)
        .select_from(freed.join(later, freed.c.alert_id == later.c.id))
        .where(later.c.chain == alert.c.chain, later.c.version > alert.c.version)
        .where(freed.c.due_at.is_not(None), freed.c.void_at.is_(None))
        .correlate(alert)
        .exists()
    )


def _older(conn: Connection, chain: str, version: int) -> tuple[int, ...]:
    return tuple(conn.scalars(_OLDER, {"of": chain, "before": version}))


_OLDER = (
    select(release.c.id)
    .select_from(release.join(alert, release.c.alert_id == alert.c.id))
    .where(alert.c.chain == bindparam("of"), alert.c.version < bindparam("before"), release.c.due_at.is_not(None))
)


def in_turn(releases: Sequence[Open], rank: Rank) -> Iterator[tuple[Open, DeliveryState]]:
    """The most urgent release first; within one rank first calls before retries, and the shortest time to act first."""

    def urgency(release: Open) -> int:
        return rank(release.severity, release.urgency, release.kind)

    for _, group in groupby(sorted(releases, key=urgency), key=urgency):
        equals = sorted(group, key=lambda release: release.valid_until)
        for state in (DeliveryState.PLANNED, DeliveryState.RETRY_WAIT):
            yield from ((release, state) for release in equals)


def due(
    conn: Connection, of: Open, state: DeliveryState, want: Want, terms: Terms, now: datetime, most: int
) -> Sequence[Any]:
    """The rows of a release in one state that may be called now, oldest first; other workers' rows are skipped.

    A post is called only through the service that its account is on.
    """
    cases = _Case(state, want.means == Means.SOCIAL, topic(Kind(of.kind)), terms.mode, bool(of.older), want.beside)
    given: dict[str, Any] = {"of": of.id, "by": want.means, "in": state, "now": now, "through": want.provider}
    given |= {"most": most, "low": want.share[0], "high": want.share[1]} if want.beside else {"most": most}
    given |= {"older": of.older, "fresh": now - terms.doubt} if of.older else {}
    return conn.execute(_due(cases), given).all()


class _Case(NamedTuple):
    """What makes one claim's question another than the next one's."""

    state: DeliveryState
    social: bool
    topic: str
    mode: Mode
    older: bool
    beside: bool


@cache
def _due(given: _Case) -> Select[Any]:
    d = delivery.c
    words = and_(variant.c.release_id == d.release_id, variant.c.id == d.variant_id)
    joined = delivery.join(contact_point, contact_point.c.id == d.point_id).join(variant, words)
    free = contact_point.c.via.is_(None)
    return (
        select(
            *(d.id, d.fence, d.tries, d.ambiguous, d.contact_key, d.point_id, d.variant_id),
            contact_point.c.address_enc,
            variant.c.units,
            earlier_post(_OLDER_ONES).label("reply_to") if given.social and given.older else null().label("reply_to"),
        )
        .select_from(joined)
        .where(d.release_id == bindparam("of"), d.means == bindparam("by"), d.state == bindparam("in"))
        .where(d.not_before <= _NOW, or_(contact_point.c.via == _THROUGH, and_(free, *_between(given))))
        .where(~variant.c.held, ~_refused(given.topic), ~not_a_guest(given.mode), ~_overtakes(older=given.older))
        .order_by(d.not_before, d.id)
        .limit(bindparam("most", type_=Integer()))
        .with_for_update(of=delivery, skip_locked=True)
    )


_THROUGH = bindparam("through", type_=String())
_OLDER_ONES = bindparam("older", expanding=True, type_=Integer())


def _between(given: _Case) -> Iterator[ColumnElement[bool]]:
    """What falls to one of several providers of a means: its share of first calls, and what others have put off."""
    if not given.beside:
        return
    if given.state is DeliveryState.PLANNED:
        part = delivery.c.id * SPREAD % 100
        yield and_(part >= bindparam("low", type_=Integer()), part < bindparam("high", type_=Integer()))
        return
    last = and_(attempt.c.delivery_id == delivery.c.id, attempt.c.fence == delivery.c.fence)
    own = and_(attempt.c.provider == _THROUGH, attempt.c.result == "retry", attempt.c.code != NOT_STARTED)
    yield ~select(attempt.c.id).where(last, own).correlate(delivery).exists()


def opted_out(kind: str) -> ColumnElement[bool]:
    """True for a delivery to somebody who said no to messages of this kind. Read at every claim."""
    return _refused(topic(Kind(kind)))


def _refused(about: str) -> ColumnElement[bool]:
    refused = select(opt_out.c.topic).where(opt_out.c.contact_key == delivery.c.contact_key)
    if about != INFORMATION:
        refused = refused.where(opt_out.c.topic != INFORMATION)
    return refused.correlate(delivery).exists()


def not_a_guest(mode: Mode) -> ColumnElement[bool]:
    """True, in a test deployment, for a delivery that serves anybody who has not agreed to be tested on."""
    if mode is not Mode.TEST:
        return false()
    rows = select(served.c.contact_id).where(served.c.delivery_id == delivery.c.id).correlate(delivery)
    agreed = or_(contact.c.exercise_ok, contact.c.guest)
    joined = served.join(contact, served.c.contact_id == contact.c.id)
    return or_(~rows.exists(), rows.select_from(joined).where(~agreed).exists())


def _overtakes(*, older: bool) -> ColumnElement[bool]:
    """True while a call with an older version to the same contact point may be on its way."""
    if not older:
        return false()
    before = delivery.alias("before")
    fresh = and_(before.c.state == DeliveryState.UNKNOWN, before.c.state_at > bindparam("fresh", type_=Moment()))
    return (
        select(before.c.id)
        .where(before.c.release_id.in_(_OLDER_ONES), before.c.point_id == delivery.c.point_id)
        .where(or_(before.c.state == DeliveryState.SUBMITTING, fresh))
        .correlate(delivery)
        .exists()
    )
