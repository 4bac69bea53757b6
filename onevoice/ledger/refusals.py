"""Why calls and messages of a release failed, counted by the provider's own code."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, select, union

from onevoice.ledger.tables import attempt, delivery, receipt

if TYPE_CHECKING:
    from sqlalchemy import Connection

FAILED = ("rejected", "retry")


class Refusal(NamedTuple):
    """How many calls of a release a provider refused with a code, at once or in a receipt."""

    provider: str
    means: str
    code: str
    calls: int


def refusals(conn: Connection, release_id: int) -> list[Refusal]:
    """Each code once for each provider, the most frequent first; a call that was refused twice counts once."""
    joined = attempt.join(delivery, attempt.c.delivery_id == delivery.c.id)
    columns = (attempt.c.id, attempt.c.provider, delivery.c.means)
    of_release = delivery.c.release_id == release_id
    answered = (
        select(*columns, attempt.c.code.label("code"))
        .select_from(joined)
        .where(of_release, attempt.c.result.in_(FAILED), attempt.c.code.is_not(None))
    )
    heard = (
        select(*columns, receipt.c.code.label("code"))
        .select_from(joined.join(receipt, receipt.c.attempt_id == attempt.c.id))
        .where(of_release, receipt.c.word == "undelivered", receipt.c.code.is_not(None))
    )
    every = union(answered, heard).subquery()
    counted = select(every.c.provider, every.c.means, every.c.code, func.count().label("calls"))
    grouped = counted.group_by(every.c.provider, every.c.means, every.c.code)
    rows = conn.execute(grouped.order_by(func.count().desc(), every.c.code))
    return [Refusal(row.provider, row.means, row.code, row.calls) for row in rows]
