"""What calls came to, kept on the attempt and on the delivery, and what is known of a delivery after all that."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, func, select, update

from onevoice.ledger import audit, contacts, slots
from onevoice.ledger.engine import many
from onevoice.ledger.fold import Heard, Known, Said, fold
from onevoice.ledger.states import TAKEN, DeliveryState, Event, leads, step
from onevoice.ledger.tables import Moment, attempt, delivery, receipt
from onevoice.ledger.vault import Vault

EVENT_OF = {"accepted": Event.ACCEPT, "retry": Event.DEFER, "rejected": Event.REJECT, "unknown": Event.DOUBT}
"""What the result of a call does to a delivery that is being submitted."""

SAID_OF: Mapping[str | None, Said] = {
    None: Said.INTENT,
    "unknown": Said.DOUBT,
    "retry": Said.DEFERRED,
    "rejected": Said.UNDELIVERED,
    "accepted": Said.ACCEPTED,
}
SAID_BY_RECEIPT: Mapping[str, Said] = {
    "queued": Said.ACCEPTED,
    "unrecognised": Said.ACCEPTED,  # whatever it says: the provider speaks of this call, so it holds the message
    "sent": Said.SENT,
    "undelivered": Said.UNDELIVERED,
    "delivered": Said.DELIVERED,
}
_DECISIONS = {
    DeliveryState.RETRY_WAIT: Said.AGAIN,
    DeliveryState.PARKED: Said.PARKED,
    DeliveryState.SUPPRESSED: Said.SUPPRESSED,
    DeliveryState.CANCELLED: Said.CANCELLED,
    DeliveryState.EXPIRED: Said.EXPIRED,
}

SAME_REF = "reference used twice"


class Ended(NamedTuple):
    """What one call came to. `result` as in `attempt`; `look_after`: when something is next due on the delivery.

    `stops`: the account itself is refused, so the channel stopped; `reason` goes onto the delivery. `evidence`: the
    acceptance proves the delivery, so nothing more is waited for. `alone`: how long the provider asked to be left
    alone; `fails`: with this call it is known to fail (True), or to work again (False).
    """

    attempt: int
    delivery: int
    fence: int
    provider: str
    contact_key: str
    result: str
    look_after: timedelta
    ref: str | None = None
    code: str | None = None
    detail: str = ""
    reason: str | None = None
    opt_out: bool = False
    stops: bool = False
    evidence: str | None = None
    alone: timedelta = timedelta(0)
    fails: bool | None = None

    def __repr__(self) -> str:
        return f"Ended(attempt={self.attempt}, result={self.result!r}, code={self.code!r})"


def keep(conn: Connection, vault: Vault, ended: Sequence[Ended], now: datetime) -> None:
    """Write the outcomes of calls. One that comes late, after others took over, is written too, and folded in."""
    if not ended:
        return
    ended = _honest(conn, ended)
    at = _ms(now)
    many(conn, _ANSWERED, [_answer(one, at) for one in ended])
    _move(conn, ended, now)
    _fare(conn, ended, now)
    for one in ended:
        if one.opt_out:
            contacts.opt_out(conn, one.contact_key, contacts.ALL, now, one.provider)
    for provider, code in {(e.provider, e.code) for e in ended if e.stops}:
        audit.append(conn, vault, actor="worker", act="channel stopped", subject=provider, detail={"code": code})


def _fare(conn: Connection, ended: Sequence[Ended], now: datetime) -> None:
    """Tell all workers how the providers fare: who asked to be left alone, who fails, who works again."""
    at = slots.micros(now)
    for one in sorted((e for e in ended if e.alone or e.fails is not None), key=lambda e: e.provider):
        if one.alone:
            slots.leave_alone(conn, one.provider, at + one.alone // timedelta(microseconds=1), at)
        if one.fails is not None:
            slots.failing(conn, one.provider, at + slots.PROBE if one.fails else None)


# Written once, as the statements of a claim are; each moment is given as it is kept.
_ANSWERED = (
    update(attempt)
    .where(attempt.c.id == bindparam("of"))
    .values(
        ref=func.coalesce(bindparam("told"), attempt.c.ref),  # a receipt may have told it before the answer
        doubted_at=func.coalesce(attempt.c.doubted_at, bindparam("doubted", type_=Moment())),
        result=bindparam("came_to"),
        result_at=bindparam("at", type_=Moment()),
        code=bindparam("said"),
        detail=bindparam("meaning"),
        evidence=bindparam("proof"),
    )
)


def _answer(one: Ended, at: int) -> dict[str, Any]:
    about = {"came_to": one.result, "at": at, "said": one.code, "meaning": one.detail[:200]}
    doubted = at if one.result == "unknown" else None
    return {"of": one.attempt, "told": one.ref, "doubted": doubted, "proof": one.evidence, **about}


def _honest(conn: Connection, ended: Sequence[Ended]) -> list[Ended]:
    """A provider that gives one reference to two calls tells us nothing about the second."""
    told = {(e.provider, e.ref) for e in ended if e.result == "accepted" and e.ref}
    by, refs = ({pair[place] for pair in told} for place in (0, 1))
    rows = conn.execute(_SAME, {"by": list(by), "refs": list(refs)}) if told else ()
    first: dict[tuple[str, str | None], int] = {(provider, ref): number for provider, ref, number in rows}
    return [
        _in_doubt(e) if e.ref and first.setdefault((e.provider, e.ref), e.attempt) != e.attempt else e for e in ended
    ]


_SAME = (
    select(attempt.c.provider, attempt.c.ref, func.min(attempt.c.id))
    .where(
        attempt.c.provider.in_(bindparam("by", expanding=True)), attempt.c.ref.in_(bindparam("refs", expanding=True))
    )
    .group_by(attempt.c.provider, attempt.c.ref)
)


def _in_doubt(one: Ended) -> Ended:
    same = (one.attempt, one.delivery, one.fence, one.provider, one.contact_key)
    return Ended(*same, result="unknown", look_after=timedelta(0), code=SAME_REF)


def _move(conn: Connection, ended: Sequence[Ended], now: datetime) -> None:
    """Settle the deliveries that are still ours, in one order for all workers.

    Where one was not, because others took over or a receipt came first, what is known of each is folded again; that
    changes nothing about one that was just settled.
    """
    at = _ms(now)
    rows = [_row(one, at) for one in sorted(ended, key=lambda one: one.delivery)]
    if many(conn, _SETTLED, rows) != len(rows):
        refold(conn, {one.delivery for one in ended}, now)


_SETTLED = (
    update(delivery)
    .where(
        delivery.c.id == bindparam("of"),
        delivery.c.state == DeliveryState.SUBMITTING.value,
        delivery.c.fence == bindparam("under"),
    )
    .values(
        lease_until=None,
        worker=None,
        state=bindparam("becomes"),
        state_at=bindparam("at", type_=Moment()),
        not_before=bindparam("next_at", type_=Moment()),
        accepted_at=bindparam("taken_at", type_=Moment()),
        evidence=bindparam("proof"),
        ref=bindparam("told"),
        code=bindparam("said"),
        reason=bindparam("why"),
    )
)


def _row(one: Ended, at: int) -> dict[str, Any]:
    state = step(DeliveryState.SUBMITTING, Event.DELIVERED if one.evidence else EVENT_OF[one.result])
    return {
        "of": one.delivery,
        "under": one.fence,
        "becomes": state.value,
        "at": at,
        "next_at": at + one.look_after // timedelta(milliseconds=1),
        "taken_at": at if state in TAKEN else None,
        "proof": one.evidence,
        "told": one.ref,
        "said": one.code,
        "why": one.reason,
    }


def refold(conn: Connection, ids: Collection[int], now: datetime) -> int:
    """Bring deliveries to the state that all that is known of them gives. How many changed."""
    if not ids:
        return 0
    rows = conn.execute(select(delivery).where(delivery.c.id.in_(list(ids))).order_by(delivery.c.id).with_for_update())
    deliveries = rows.all()
    events = _heard(conn, [row.id for row in deliveries])
    return sum(_become(conn, row, fold(events.get(row.id, []) + _decided(row)), now) for row in deliveries)


def _heard(conn: Connection, ids: Sequence[int]) -> dict[int, list[Heard]]:
    """Everything that was heard about these deliveries: each call's own answer, and every receipt."""
    a, r = attempt.c, receipt.c
    found: dict[int, list[Heard]] = {}
    calls = select(a.id, a.delivery_id, a.fence, a.result, a.result_at, a.intent_at, a.ref, a.code, a.evidence)
    for row in conn.execute(calls.where(a.delivery_id.in_(ids))):
        at = _ms(row.result_at or row.intent_at)
        said = Said.DELIVERED if row.evidence else SAID_OF[row.result]
        heard = Heard(row.fence, said, at, 0, row.evidence, row.code, row.ref)
        found.setdefault(row.delivery_id, []).append(heard)
    news = select(a.delivery_id, a.fence, r.id, r.word, r.at, r.received_at, r.evidence, r.code, r.ref)
    joined = receipt.join(attempt, r.attempt_id == a.id)
    for new in conn.execute(news.select_from(joined).where(a.delivery_id.in_(ids))):
        at = _ms(new.at or new.received_at)
        heard = Heard(new.fence, SAID_BY_RECEIPT[new.word], at, new.id, new.evidence, new.code, new.ref)
        found.setdefault(new.delivery_id, []).append(heard)
    return found


def _decided(row: Any) -> list[Heard]:
    """What we decided about a delivery stands in its state."""
    said = _DECISIONS.get(row.state)
    return [Heard(row.fence, said, _ms(row.state_at), code=row.code)] if said else []


def _become(conn: Connection, row: Any, known: Known, now: datetime) -> bool:
    """Write what is known, where that says more than the row. A change that the table does not have is never made."""
    changed = bool(known.state != row.state)
    if changed and not leads(row.state, known.state):
        return False
    conn.execute(
        update(delivery)
        .where(delivery.c.id == row.id, delivery.c.state == row.state, delivery.c.fence == row.fence)
        .values(_known(row, known, now) | ({"state_at": now, "lease_until": None} if changed else {}))
    )
    return changed


def _known(row: Any, known: Known, now: datetime) -> dict[str, Any]:
    reason = "receipts disagree" if known.conflict else row.reason if known.state == row.state else None
    return {
        "state": known.state,
        "evidence": known.evidence,
        "late": row.late or known.late,
        "code": known.code,
        "ref": known.ref or row.ref,
        "reason": reason,
        "accepted_at": (row.accepted_at or now) if known.state in TAKEN else row.accepted_at,
    }


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
