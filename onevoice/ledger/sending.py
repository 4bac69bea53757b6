"""Claim and intent in one short write transaction, which also keeps what the last calls came to.

A row is claimed only for a call that starts now. Its attempt is in the database before the call, so a killed worker
leaves at most its window of calls in doubt, and each of them is known.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update

from onevoice.errors import Conflict
from onevoice.ledger import control, outcomes
from onevoice.ledger.control import Control
from onevoice.ledger.outcomes import Ended
from onevoice.ledger.queue import Open, Terms, due, in_turn, open_releases
from onevoice.ledger.states import DeliveryState, Event, step
from onevoice.ledger.tables import attempt, delivery, variant, worker
from onevoice.ledger.vault import Vault
from onevoice.variant import Variant


@dataclass(frozen=True, slots=True)
class Want:
    """What a worker has room for now, by one means: calls, and units of the provider's rate.

    `lease`: how long the worker may take over a call before others hold it for dead.
    """

    means: str
    provider: str
    calls: int
    units: int
    lease: timedelta


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery whose intent is committed. The address is still sealed."""

    attempt: int
    delivery: int
    fence: int
    means: str
    provider: str
    sealed: bytes = field(repr=False)
    contact_key: str = field(repr=False)
    point: int
    release: int
    variant: str
    units: int
    severity: str
    urgency: str
    kind: str
    valid_until: datetime
    tries: int
    ambiguous: int
    intent_at: datetime


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What a worker got for its outcomes: the next calls, and how the switch stands."""

    control: Control
    claimed: tuple[Claimed, ...]
    dry: frozenset[str]
    """Means for which there was less to do than there was room for."""


def exchange(
    conn: Connection, vault: Vault, terms: Terms, ended: Sequence[Ended], wants: Sequence[Want], now: datetime
) -> Exchanged:
    """Keep the outcomes of the last calls and claim the next ones, in the caller's transaction.

    Nothing is claimed where sending is halted, or was halted since the worker last looked.
    """
    switch = control.state(conn, hold=True)
    outcomes.keep(conn, vault, ended, now)
    if not wants or not switch.running or switch.generation != terms.generation:
        return Exchanged(switch, (), frozenset())
    releases = open_releases(conn, terms.mode, now)
    claimed: list[Claimed] = []
    dry: set[str] = set()
    for want in wants:
        got, enough = _claim(conn, terms, want, releases, now)
        claimed += got
        dry |= set() if enough else {want.means}
    return Exchanged(switch, tuple(claimed), frozenset(dry))


def _claim(
    conn: Connection, terms: Terms, want: Want, releases: Sequence[Open], now: datetime
) -> tuple[list[Claimed], bool]:
    """The claimed rows, and whether they used up all the room."""
    claimed: list[Claimed] = []
    units = want.units
    for release, state in in_turn(releases, terms.rank):
        if len(claimed) >= want.calls or units <= 0:
            return claimed, True
        room = want.calls - len(claimed)
        rows = _within(list(conn.execute(due(release, state, want.means, terms, now).limit(room))), units)
        units -= sum(row.units for row in rows)
        claimed += _intend(conn, terms.worker, want, release, state, rows, now) if rows else []
    return claimed, len(claimed) >= want.calls or units <= 0


def _within(rows: list[Any], units: int) -> list[Any]:
    """As many rows as the units suffice for; the last may run into debt, so that a long text is never stuck."""
    taken = []
    for row in rows:
        if units <= 0:
            break
        taken.append(row)
        units -= row.units
    return taken


def _intend(
    conn: Connection,
    worker_id: str,
    want: Want,
    of: Open,
    state: DeliveryState,
    rows: Sequence[Any],
    now: datetime,
) -> list[Claimed]:
    changed = conn.execute(
        update(delivery)
        .where(delivery.c.id.in_([row.id for row in rows]), delivery.c.state == state)
        .values(
            state=step(state, Event.CLAIM),
            state_at=now,
            fence=delivery.c.fence + 1,
            tries=delivery.c.tries + 1,
            worker=worker_id,
            lease_until=now + want.lease,
        )
    )
    if changed.rowcount != len(rows):
        raise Conflict("Rows changed under a claim.", where="delivery", remedy="Nothing was sent; claim again.")
    base = {"worker": worker_id, "provider": want.provider, "intent_at": now}
    intents = [{"delivery_id": row.id, "fence": row.fence + 1, **base} for row in rows]
    ids = conn.scalars(insert(attempt).returning(attempt.c.id, sort_by_parameter_order=True), intents).all()
    return [_claimed(number, want, of, row, now) for number, row in zip(ids, rows, strict=True)]


def _claimed(number: int, want: Want, of: Open, row: Any, now: datetime) -> Claimed:
    return Claimed(
        attempt=number,
        delivery=row.id,
        fence=row.fence + 1,
        means=want.means,
        provider=want.provider,
        sealed=row.address_enc,
        contact_key=row.contact_key,
        point=row.point_id,
        release=of.id,
        variant=row.variant_id,
        units=row.units,
        severity=of.severity,
        urgency=of.urgency,
        kind=of.kind,
        valid_until=of.valid_until,
        tries=row.tries + 1,
        ambiguous=row.ambiguous,
        intent_at=now,
    )


def take_back(conn: Connection, worker_id: str, calls: Collection[Claimed], now: datetime) -> int:
    """Undo intents of this worker whose calls never began. How many there were."""
    return _undo(conn, worker_id, select(attempt.c.id).where(attempt.c.id.in_([c.attempt for c in calls])), now)


def take_back_others(conn: Connection, worker_id: str, known: Collection[int], now: datetime) -> int:
    """Undo intents of this worker that it does not know of: their commit went through, the word of it did not."""
    mine = select(attempt.c.id).where(attempt.c.worker == worker_id, attempt.c.result.is_(None))
    return _undo(conn, worker_id, mine.where(attempt.c.id.not_in(list(known))), now)


def _undo(conn: Connection, worker_id: str, attempts: Any, now: datetime) -> int:
    """Only under the same worker and fence: nobody else can have made the call."""
    same = (attempt.c.delivery_id == delivery.c.id, attempt.c.fence == delivery.c.fence)
    waiting = select(attempt.c.id, delivery.c.id.label("delivery_id")).join(delivery, same[0] & same[1])
    rows = conn.execute(
        waiting.where(attempt.c.id.in_(attempts), attempt.c.result.is_(None), delivery.c.worker == worker_id)
        .where(delivery.c.state == DeliveryState.SUBMITTING)
        .with_for_update(of=delivery)
    ).all()
    conn.execute(
        update(attempt)
        .where(attempt.c.id.in_([row.id for row in rows]))
        .values(result="retry", result_at=now, code="not-started")
    )
    conn.execute(
        update(delivery)
        .where(delivery.c.id.in_([row.delivery_id for row in rows]), delivery.c.state == DeliveryState.SUBMITTING)
        .values(
            state=step(DeliveryState.SUBMITTING, Event.TAKE_BACK),
            state_at=now,
            not_before=now,
            tries=delivery.c.tries - 1,
            worker=None,
            lease_until=None,
        )
    )
    return len(rows)


def text_of(conn: Connection, release_id: int, variant_id: str) -> Variant | None:
    """The text, or None where it is not, byte for byte, what was frozen."""
    chosen = select(variant.c.body, variant.c.hash).where(
        variant.c.release_id == release_id, variant.c.id == variant_id
    )
    row = conn.execute(chosen).first()
    if row is None:
        return None
    try:
        text = Variant.model_validate(row.body)
    except ValueError:
        return None
    return text if text.hash == row.hash and text.id == variant_id else None


def seen(conn: Connection, worker_id: str, generation: int, now: datetime) -> None:
    """Note that a worker is alive."""
    known = conn.execute(
        update(worker).where(worker.c.id == worker_id).values(seen_at=now, generation=generation)
    ).rowcount
    if not known:
        conn.execute(insert(worker).values(id=worker_id, started_at=now, seen_at=now, generation=generation))
