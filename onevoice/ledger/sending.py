"""Claim and intent in one short write transaction, which also keeps what the last calls came to.

A row is claimed only for a call that starts now. Its attempt is in the database before the call, so a killed worker
leaves at most its window of calls in doubt, and each of them is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, String, bindparam, case, insert, null, select, update
from sqlalchemy.sql.dml import ReturningInsert

from onevoice.errors import Conflict
from onevoice.ledger import control, outcomes, slots
from onevoice.ledger.control import Control
from onevoice.ledger.outcomes import Ended
from onevoice.ledger.queue import Open, Terms, Want, due, in_turn, open_releases
from onevoice.ledger.slots import Pace
from onevoice.ledger.states import DeliveryState, Event, step
from onevoice.ledger.tables import Moment, attempt, delivery, variant, worker
from onevoice.ledger.vault import Vault
from onevoice.variant import Variant


class Claimed(NamedTuple):
    """A delivery whose intent is committed. The address is still sealed."""

    attempt: int
    delivery: int
    fence: int
    means: str
    provider: str
    sealed: bytes
    contact_key: str
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
    reply_to: str | None = None
    """Of a post: the ref of the earlier one in its thread."""
    wait: float = 0.0
    """Seconds from the claim to its rate slot."""

    def __repr__(self) -> str:
        return f"Claimed(attempt={self.attempt}, delivery={self.delivery}, provider={self.provider!r})"


class Fares(NamedTuple):
    """How a provider fares: seconds from the claim until it may be called, and whether it fails."""

    alone: float
    failing: bool


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What a worker got for its outcomes: the next calls, and how the switch stands."""

    control: Control
    claimed: tuple[Claimed, ...]
    dry: frozenset[str]
    """Providers for which there was less to do than there was room for."""
    free: Mapping[str, float] = field(default_factory=dict)
    """Provider → seconds from the claim until its rate is free again."""
    idle: frozenset[str] = frozenset()
    """Providers of whose rate no slot was spoken for when these calls were claimed."""
    fares: Mapping[str, Fares] = field(default_factory=dict)
    """Provider → how it fares, as all workers know it together."""
    at: float = 0.0
    """When the claim was made, on the worker's monotonic clock."""


def exchange(
    conn: Connection, vault: Vault, terms: Terms, ended: Sequence[Ended], wants: Sequence[Want], now: datetime
) -> Exchanged:
    """Keep the outcomes of the last calls and claim the next ones, in the caller's transaction.

    Nothing is claimed where sending is halted, or was halted since the worker last looked.
    """
    switch = control.state(conn, hold=True)
    outcomes.keep(conn, vault, ended, now)
    paces = slots.read(conn)
    if not wants or not switch.running or switch.generation != terms.generation:
        return Exchanged(switch, (), frozenset(), fares=_fares(paces, now))
    releases = open_releases(conn, terms.mode, now)
    claimed: list[Claimed] = []
    dry: set[str] = set()
    free: dict[str, float] = {}
    idle = frozenset(name for name, pace in paces.items() if pace.next_free_at <= slots.micros(now))
    for want in sorted(wants, key=lambda one: one.provider):  # one order for all: workers must not wait for each other
        got, enough, free[want.provider] = _claim(conn, terms, want, paces, releases, now)
        claimed += got
        dry |= set() if enough else {want.provider}
    return Exchanged(switch, tuple(claimed), frozenset(dry), free, idle, _fares(paces, now))


def _fares(paces: Mapping[str, Pace], now: datetime) -> dict[str, Fares]:
    start = slots.micros(now)
    return {who: Fares((of.alone_until(start) - start) / slots.SECOND, of.failing) for who, of in paces.items()}


def _claim(
    conn: Connection, terms: Terms, want: Want, paces: dict[str, Pace], releases: Sequence[Open], now: datetime
) -> tuple[list[Claimed], bool, float]:
    """The claimed rows in their slots, whether they used up all the room, and seconds until there is more."""
    start = slots.micros(now)
    pace = paces.get(want.provider, Pace())
    if (until := pace.alone_until(start)) > start:
        return [], True, (until - start) / slots.SECOND
    if pace.failing:
        again = start + (slots.PROBE_BESIDE if want.beside else slots.PROBE)
        paces[want.provider] = pace._replace(probe_at=again)
        if not slots.probe(conn, want.provider, pace, again):
            return [], True, 0.0
        want = replace(want, calls=1)
    earliest = start + round(want.lead * slots.SECOND)
    free = slots.free(pace, earliest, want.rate)
    found, enough = _rows(conn, terms, want, releases, _units(want, free - earliest), now)
    if not found:
        return [], enough, (free - start) / slots.SECOND
    units = sum(row.units for _, _, rows in found for row in rows)
    wait = (slots.reserve(conn, want.provider, units, earliest, want.rate) - start) / slots.SECOND
    claimed: list[Claimed] = []
    for release, state, rows in found:
        numbers = _intend(conn, terms.worker, want, state, rows, now)
        for row in rows:
            claimed.append(_claimed(numbers[row.id], want, release, row, now, wait))
            wait += row.units / want.rate
    return claimed, enough, wait


def _units(want: Want, wait: int) -> int:
    """For how many units there are slots close enough: at least for one where the next slot is."""
    left = want.ahead - wait / slots.SECOND
    return max(1, int(left * want.rate)) if left >= 0 else 0


def _rows(
    conn: Connection, terms: Terms, want: Want, releases: Sequence[Open], units: int, now: datetime
) -> tuple[list[tuple[Open, DeliveryState, list[Any]]], bool]:
    """What may be called, by release and state, and whether it uses up all the room."""
    found: list[tuple[Open, DeliveryState, list[Any]]] = []
    room = want.calls
    for release, state in in_turn(releases, terms.rank):
        if room <= 0 or units <= 0:
            return found, True
        rows = _within(due(conn, release, state, want, terms, now, room), units)
        units -= sum(row.units for row in rows)
        room -= len(rows)
        found += [(release, state, rows)] if rows else []
    return found, room <= 0 or units <= 0


def _within(rows: Sequence[Any], units: int) -> list[Any]:
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
    state: DeliveryState,
    rows: Sequence[Any],
    now: datetime,
) -> dict[int, int]:
    """Claim these rows and write an intent for each: delivery → attempt."""
    ids = [row.id for row in rows]
    mine = {"ids": ids, "by": worker_id, "at": now, "until": now + want.lease}
    changed = conn.execute(_CLAIM, mine | {"before": state, "after": step(state, Event.CLAIM)})
    if changed.rowcount != len(rows):
        raise Conflict("Rows changed under a claim.", where="delivery", remedy="Nothing was sent; claim again.")
    answers = {row.id: row.reply_to for row in rows if row.reply_to}
    written = _intents(answers) if answers else _INTENTS
    made = conn.execute(written, {"ids": ids, "by": worker_id, "through": want.provider, "at": now})
    return {of: number for number, of in made}


# Written once: to put a statement together costs as much as to carry it out, and these stand in every exchange.
_CLAIM = (
    update(delivery)
    .where(delivery.c.id.in_(bindparam("ids", expanding=True)), delivery.c.state == bindparam("before"))
    .values(
        state=bindparam("after"),
        state_at=bindparam("at", type_=Moment()),
        fence=delivery.c.fence + 1,
        tries=delivery.c.tries + 1,
        worker=bindparam("by"),
        lease_until=bindparam("until", type_=Moment()),
    )
)


def _intents(answers: Mapping[int, str]) -> ReturningInsert[tuple[int, int]]:
    """One for each delivery that was just claimed; `answers`: of a post, the ref of the one that it answers."""
    chosen = select(
        delivery.c.id,
        delivery.c.fence,
        bindparam("by", type_=String()),
        bindparam("through", type_=String()),
        bindparam("at", type_=Moment()),
        case(answers, value=delivery.c.id) if answers else null(),
    ).where(delivery.c.id.in_(bindparam("ids", expanding=True)))
    names = ("delivery_id", "fence", "worker", "provider", "intent_at", "reply_to")
    into = insert(attempt).from_select(names, chosen.order_by(delivery.c.id))
    return into.returning(attempt.c.id, attempt.c.delivery_id)


_INTENTS = _intents({})


def _claimed(number: int, want: Want, of: Open, row: Any, now: datetime, wait: float) -> Claimed:
    delivery_id, fence, tries, ambiguous, contact_key, point, text, sealed, units, reply_to = row  # as `queue.due` asks
    return Claimed(
        attempt=number,
        delivery=delivery_id,
        fence=fence + 1,
        means=want.means,
        provider=want.provider,
        sealed=sealed,
        contact_key=contact_key,
        point=point,
        release=of.id,
        variant=text,
        units=units,
        severity=of.severity,
        urgency=of.urgency,
        kind=of.kind,
        valid_until=of.valid_until,
        tries=tries + 1,
        ambiguous=ambiguous,
        intent_at=now,
        reply_to=reply_to,
        wait=wait,
    )


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
