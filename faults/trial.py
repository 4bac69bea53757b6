"""What a trial does besides breaking things: lets time pass until nothing is open any more."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select

from faults.deployment import Deployment
from onevoice.ledger.tables import delivery, pace, receipt

ROUNDS = 60
AHEAD = 8
"""Seconds beyond what is due next, so that what is due soon after it needs no round of its own."""
QUIET = 0.1
"""Seconds in which a callback that is on its way arrives."""


@dataclass
class Settled:
    """How many rounds it took until nothing was open, and how far the clock was moved on."""

    rounds: int
    shift: float


def settle(deployment: Deployment, shift: float = 0, **more: Any) -> Settled:
    """Run one sender after another, each at the time at which something is next due. Nobody else sends meanwhile."""
    for number in range(ROUNDS):
        deployment.sender(shift=shift, **more).ended()
        _quiet(deployment)
        due = next_due(deployment)
        if due is None:
            return Settled(number + 1, shift)
        held = due <= shift  # it was due in this round already, and nobody could send it
        shift = max(shift, due + AHEAD, _pause(deployment, shift) if held else shift)
    return Settled(ROUNDS, shift)


def next_due(deployment: Deployment) -> float | None:
    """Seconds from now until something is next to be done about any open delivery; None: none is open."""
    d = delivery.c
    running = d.state.in_(("planned", "submitting", "unknown", "retry_wait"))
    hoped = and_(d.means == "sms", d.state.in_(("accepted", "sent")))
    moment = func.min(func.coalesce(d.lease_until, d.not_before))
    desk = deployment.desk()
    with desk.ledger.read() as conn:
        due = conn.scalar(select(moment).select_from(delivery).where(or_(running, hoped)))
    desk.ledger.close()
    return None if due is None else (_instant(due) - datetime.now(UTC)) / timedelta(seconds=1)


def _pause(deployment: Deployment, shift: float) -> float:
    """Seconds from now until the first provider that asked for a pause may be called again; what is due waits for it.

    `shift`: how far the clock was moved on; a pause that is over by then holds up nobody.
    """
    desk = deployment.desk()
    with desk.ledger.read() as conn:
        ends = [micros / 1_000_000 for micros in conn.scalars(select(pace.c.not_before))]
    desk.ledger.close()
    away = (end - time.time() for end in ends)
    return min((seconds + 1 for seconds in away if seconds > shift), default=shift)


def _instant(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromtimestamp(value / 1000, UTC)


def _quiet(deployment: Deployment) -> None:
    """Wait until no more callbacks come."""
    before = -1
    while before != (now := _receipts(deployment)):
        before = now
        time.sleep(QUIET)


def _receipts(deployment: Deployment) -> int:
    desk = deployment.desk()
    with desk.ledger.read() as conn:
        count = conn.scalar(select(func.count()).select_from(receipt)) or 0
    desk.ledger.close()
    return int(count)
