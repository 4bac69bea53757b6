"""The inbox: everything that providers say about attempts. Only ever added to; what it means is folded afterwards."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from onevoice.ledger import contacts, outcomes
from onevoice.ledger.engine import insert_several, many
from onevoice.ledger.tables import attempt, delivery, receipt
from onevoice.ledger.vault import Vault

log = logging.getLogger(__name__)

RAW = "receipt"
"""What raw receipts are sealed for."""

QUARANTINE = timedelta(hours=24)
"""How long a receipt that fits no attempt is tried again: its attempt's reference may not have been written yet."""

_DIGEST = 64


@dataclass(frozen=True, slots=True)
class News:
    """One receipt, as dispatch hands it over. `word` as in `dispatch.providers.Word`; `raw` is kept whole, sealed."""

    provider: str
    word: str
    digest: str
    token: str | None = None
    ref: str | None = None
    code: str | None = None
    evidence: str | None = None
    permanent: bool = False
    opt_out: bool = False
    at: datetime | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)


def store(
    conn: Connection, vault: Vault, news: Sequence[News], now: datetime, *, asked: int | None = None
) -> tuple[int, ...]:
    """Keep receipts. Which of `news` are new, by their place in it; a repeat is not. A receipt never makes a delivery.

    `asked`: the attempt that a provider was asked about, for answers that carry no token of ours.
    """
    if not news:
        return ()
    attempts = _attempts(conn, vault, news, asked)
    rows = {(row["provider"], row["digest"]): row for row in map(partial(_row, vault, now), news, attempts)}
    new = insert_several(conn, receipt, list(rows.values()), receipt.c.provider, receipt.c.digest, receipt.c.attempt_id)
    for row in new:
        if row.attempt_id is None:
            log.warning("A receipt from %s fits no attempt; it is kept.", row.provider)
    fresh = {(row.provider, row.digest) for row in new}
    return tuple(place for place, one in enumerate(news) if _taken(fresh, (one.provider, _digest(one))))


def _taken(fresh: set[tuple[str, str]], key: tuple[str, str]) -> bool:
    """True the first time; a repeat within one lot is not new either."""
    new = key in fresh
    fresh.discard(key)
    return new


def _row(vault: Vault, now: datetime, one: News, number: int | None) -> dict[str, Any]:
    return {
        "provider": one.provider,
        "digest": _digest(one),
        "attempt_id": number,
        "ref": one.ref,
        "word": one.word if one.word in outcomes.SAID_BY_RECEIPT else "unrecognised",
        "code": one.code,
        "evidence": one.evidence,
        "permanent": one.permanent,
        "opt_out": one.opt_out,
        "at": one.at,
        "received_at": now,
        "raw_enc": vault.seal(json.dumps(one.raw, default=str), RAW),
    }


def _digest(one: News) -> str:
    return one.digest if len(one.digest) <= _DIGEST else hashlib.sha256(one.digest.encode()).hexdigest()


def _attempts(conn: Connection, vault: Vault, news: Sequence[News], asked: int | None) -> list[int | None]:
    """The attempt that each receipt speaks of: by our token, else by the provider's reference, else the one `asked`."""
    tokens = [vault.attempt(one.token) if one.token else None for one in news]
    a = attempt.c
    numbers = {number for number in (*tokens, asked) if number is not None}
    refs = {one.ref for one, number in zip(news, tokens, strict=True) if number is None and one.ref}
    told = conn.execute(select(a.id, a.provider).where(a.id.in_(numbers))) if numbers else ()
    known = {(number, provider) for number, provider in told}
    named = select(a.provider, a.ref, func.min(a.id)).where(a.ref.in_(refs), a.provider.in_({n.provider for n in news}))
    by_ref = {(p, ref): number for p, ref, number in conn.execute(named.group_by(a.provider, a.ref))} if refs else {}

    known |= {(number, provider) for (provider, _), number in by_ref.items()}

    def of(one: News, number: int | None) -> int | None:
        found = by_ref.get((one.provider, one.ref)) if number is None else number
        return next((n for n in (found, asked) if n is not None and (n, one.provider) in known), None)

    return [of(one, number) for one, number in zip(news, tokens, strict=True)]


def fold_new(conn: Connection, now: datetime, limit: int = 500) -> int:
    """Fold what was heard since the last time into the deliveries. How many deliveries changed."""
    waiting = select(receipt.c.id, receipt.c.attempt_id, receipt.c.ref, receipt.c.opt_out, receipt.c.provider)
    rows = conn.execute(
        waiting.where(receipt.c.folded_at.is_(None), receipt.c.attempt_id.is_not(None))
        .order_by(receipt.c.id)
        .limit(limit)
    ).all()
    if not rows:
        return 0
    _remember_refs(conn, rows)
    deliveries = _deliveries(conn, {row.attempt_id for row in rows})
    for row in rows:
        if row.opt_out:
            contacts.opt_out(conn, deliveries[row.attempt_id].contact_key, contacts.ALL, now, row.provider)
    changed = outcomes.refold(conn, {found.id for found in deliveries.values()}, now)
    conn.execute(update(receipt).where(receipt.c.id.in_([row.id for row in rows])).values(folded_at=now))
    return changed


_TOLD = update(attempt).where(attempt.c.id == bindparam("of"), attempt.c.ref.is_(None)).values(ref=bindparam("told"))


def _remember_refs(conn: Connection, rows: Sequence[Any]) -> None:
    """A call whose answer was lost learns its reference from the receipt."""
    if told := [{"of": row.attempt_id, "told": row.ref} for row in rows if row.ref]:
        many(conn, _TOLD, told)


def _deliveries(conn: Connection, attempts: Collection[int]) -> dict[int, Any]:
    chosen = select(attempt.c.id.label("attempt"), delivery.c.id, delivery.c.contact_key)
    rows = conn.execute(chosen.join(delivery, attempt.c.delivery_id == delivery.c.id).where(attempt.c.id.in_(attempts)))
    return {row.attempt: row for row in rows}


def out_of_quarantine(conn: Connection, now: datetime, limit: int = 500) -> None:
    """Receipts that came before the reference of their attempt was written find it now; the next fold takes them."""
    joined = receipt.join(attempt, (receipt.c.provider == attempt.c.provider) & (receipt.c.ref == attempt.c.ref))
    lost = (receipt.c.attempt_id.is_(None), receipt.c.folded_at.is_(None), receipt.c.received_at > now - QUARANTINE)
    rows = conn.execute(select(receipt.c.id, attempt.c.id.label("of")).select_from(joined).where(*lost).limit(limit))
    for row in rows.all():
        conn.execute(update(receipt).where(receipt.c.id == row.id).values(attempt_id=row.of))
