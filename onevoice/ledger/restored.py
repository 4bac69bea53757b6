"""A database that was put back from an older backup: noticed, halted, and what it does not know made visible.

Calls were made that it has no row of. Everything that was due and not sent by its own account may have been sent, so
it is in doubt: providers are asked, and where one cannot be asked a person decides. Nothing is called again unseen.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, insert, literal, select, update

from onevoice.ledger import alerts, audit, control
from onevoice.ledger.engine import may_take_long
from onevoice.ledger.queue import every_means
from onevoice.ledger.reached import HighWater, Reached, reached, skip_to
from onevoice.ledger.states import AlertState, DeliveryState, Event, step
from onevoice.ledger.tables import Moment, alert, attempt, contact_point, delivery, release
from onevoice.ledger.tables import audit as chain
from onevoice.ledger.tables import control as switch
from onevoice.ledger.vault import Vault

log = logging.getLogger(__name__)

S = DeliveryState
RESTORED = "restored"
"""The code of calls of which a restored database cannot know whether they were made."""
NOTICED = "restore noticed"
"""What the audit chain calls it."""
WHO = "sender"
WHY = "The database is older than what was sent last: it was put back from a backup."


@dataclass(frozen=True, slots=True)
class Noticed:
    """What a restored database does not know: how many `calls`; `doubtful` deliveries, `returned` alerts."""

    calls: int
    doubtful: int
    returned: int


class Guard:
    """Looks after the high-water mark for one process: before it claims, and after each commit."""

    def __init__(self, vault: Vault, path: Path | None, through: Mapping[str, str]) -> None:
        self._vault = vault
        self._mark = HighWater(path, vault) if path else None
        self._through = through
        self._at = Reached(0, 0, 0)
        self._told: Reached | None = None

    def look(self, conn: Connection, now: datetime) -> None:
        """Halt all sending, in the caller's transaction, where the database is older than what was sent last.

        Raises:
            OutOfReach, Unusable: nobody can say how far we had come.
        """
        if self._mark is None:
            return
        found = notice(conn, self._vault, self._mark, self._through, now)
        self._at = reached(conn)
        self._told = self._at if found else None
        if found:
            log.critical("%s Nothing is sent until two people resume: %s", WHY, found)

    def written(self, attempts: Iterable[int] = (), generation: int = 0) -> None:
        """Note, once the transaction is committed and before its calls begin, that we have come so far.

        Raises:
            OutOfReach, Unusable: it cannot be noted, so no call may begin.
        """
        if self._mark is None:
            return
        if self._told:
            self._mark.put(self._told)
            self._told = None
        attempt_ = max(attempts, default=0)
        self._at = Reached(max(self._at.attempt, attempt_), max(self._at.generation, generation), self._at.entries)
        self._mark.rise(self._at)


def notice(
    conn: Connection, vault: Vault, mark: HighWater, through: Mapping[str, str], now: datetime
) -> Noticed | None:
    """Halt where the database has come less far than `mark`; None where it has not. `through`: means → provider.

    To be followed by `mark.put(reached(…))` once this transaction is committed.

    Raises:
        OutOfReach, Unusable: nobody can say how far we had come.
    """
    before, is_at = mark.read(), reached(conn)
    if before is None or not is_at.behind(before):
        return None
    may_take_long(conn)
    calls = max(0, before.attempt - is_at.attempt)
    found = _doubt(conn, before, through, now) if calls else (0, 0)
    done = Noticed(calls, *found)
    generation = max(before.generation, is_at.generation)
    conn.execute(update(switch).where(switch.c.id == 1).values(generation=generation))
    control.halt(conn, by=WHO, reason=WHY, now=now)
    detail = {"calls": done.calls, "in doubt": done.doubtful, "returned": done.returned}
    detail |= {f"{name} before": number for name, number in before._asdict().items()}
    audit.append(conn, vault, actor=WHO, act=NOTICED, subject="control", detail=detail)
    return done


def _doubt(conn: Connection, before: Reached, through: Mapping[str, str], now: datetime) -> tuple[int, int]:
    skip_to(conn, before.attempt)
    return _begun(conn, now) + _never_called(conn, through, now), _return(conn, now)


def _open(now: datetime) -> ColumnElement[bool]:
    """Deliveries of releases that were made due. Of those whose time is over nothing is sent anyway."""
    r = release.c
    due = select(r.id).where(r.due_at.is_not(None), r.void_at.is_(None), r.expires > now)
    return and_(delivery.c.release_id.in_(due), every_means())


def _begun(conn: Connection, now: datetime) -> int:
    """Calls that were on their way or in doubt already: how they ended may be among what was lost."""
    mine = and_(_open(now), delivery.c.state.in_((S.SUBMITTING, S.UNKNOWN)))
    last = exists().where(delivery.c.id == attempt.c.delivery_id, delivery.c.fence == attempt.c.fence, mine)
    at = func.coalesce(attempt.c.result_at, literal(now, Moment()))
    since = func.coalesce(attempt.c.doubted_at, literal(now, Moment()))
    said = {"result": "unknown", "result_at": at, "doubted_at": since, "code": RESTORED}
    conn.execute(update(attempt).where(last).values(said))
    return conn.execute(update(delivery).where(mine).values(_in_doubt(now))).rowcount


def opened_anew(conn: Connection, release_id: int, through: Mapping[str, str], now: datetime) -> int:
    """Put in doubt what was just planned for a release that was due before calls were lost; how many there were.

    Its next means may have been opened, and called, in the time of which this database knows nothing.
    """
    entries = conn.execute(select(chain.c.at, chain.c.detail).where(chain.c.act == NOTICED))
    lost = max((entry.at for entry in entries if entry.detail["calls"]), default=None)
    due_at = conn.scalar(select(release.c.due_at).where(release.c.id == release_id))
    if lost is None or due_at > lost:
        return 0
    return _uncalled(conn, and_(delivery.c.release_id == release_id, delivery.c.state == S.PLANNED), through, now)


def _never_called(conn: Connection, through: Mapping[str, str], now: datetime) -> int:
    """What was still to be called by the account of this database; how many there were."""
    return _uncalled(conn, and_(_open(now), delivery.c.state.in_((S.PLANNED, S.RETRY_WAIT))), through, now)


def _uncalled(conn: Connection, mine: ColumnElement[bool], through: Mapping[str, str], now: datetime) -> int:
    """Each gets a call of which nobody knows anything."""
    by_means = case(through, value=delivery.c.means, else_=delivery.c.means) if through else delivery.c.means
    calls = (
        select(
            delivery.c.id,
            delivery.c.fence + 1,
            literal(WHO),
            func.coalesce(contact_point.c.via, by_means),
            release.c.due_at,
            literal("unknown"),
            literal(now, Moment()),
            literal(now, Moment()),
            literal(RESTORED),
        )
        .join_from(delivery, contact_point, contact_point.c.id == delivery.c.point_id)
        .join(release, release.c.id == delivery.c.release_id)
        .where(mine)
        .order_by(delivery.c.id)
    )
    names = ("delivery_id", "fence", "worker", "provider", "intent_at", "result", "result_at", "doubted_at", "code")
    conn.execute(insert(attempt).from_select(names, calls))
    counted = {"fence": delivery.c.fence + 1, "tries": delivery.c.tries + 1}
    return conn.execute(update(delivery).where(mine).values(_in_doubt(now) | counted)).rowcount


def _in_doubt(now: datetime) -> dict[str, Any]:
    state = step(step(S.PLANNED, Event.CLAIM), Event.DOUBT)
    return {
        "state": state,
        "state_at": now,
        "not_before": now,
        "code": RESTORED,
        "worker": None,
        "lease_until": None,
    }


def _return(conn: Connection, now: datetime) -> int:
    """What was approved and not released may have been released since: it is looked at anew before it can be."""
    standing = select(release.c.alert_id).where(release.c.due_at.is_(None), release.c.void_at.is_(None))
    mine = and_(alert.c.state == AlertState.APPROVED, alert.c.id.in_(standing))
    ids = list(conn.scalars(select(alert.c.id).where(mine)))
    for alert_id in ids:
        alerts.void(conn, alert_id, now)
    conn.execute(update(alert).where(alert.c.id.in_(ids)).values(state=AlertState.DRAFT))
    return len(ids)
