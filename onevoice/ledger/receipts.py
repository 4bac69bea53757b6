"""The inbox: everything that providers say about attempts. Only ever added to; what it means is folded afterwards."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from onevoice.ledger import contacts, outcomes
from onevoice.ledger.engine import insert_new
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


def store(conn: Connection, vault: Vault, news: Sequence[News], now: datetime, *, asked: int | None = None) -> int:
    """Keep receipts. How many are new; a repeat is none. A receipt never makes a delivery.

    `asked`: the attempt that a provider was asked about, for answers that carry no token of ours.
    """
    return sum(_store(conn, vault, one, now, asked) for one in news)


def _store(conn: Connection, vault: Vault, one: News, now: datetime, asked: int | None) -> bool:
    number = _attempt(conn, vault, one) or _theirs(conn, one, asked)
    new = insert_new(
        conn,
        receipt,
        provider=one.provider,
        digest=one.digest if len(one.digest) <= _DIGEST else hashlib.sha256(one.digest.encode()).hexdigest(),
        attempt_id=number,
        ref=one.ref,
        word=one.word if one.word in outcomes.SAID_BY_RECEIPT else "unrecognised",
        code=one.code,
        evidence=one.evidence,
        permanent=one.permanent,
        opt_out=one.opt_out,
        at=one.at,
        received_at=now,
        raw_enc=vault.seal(json.dumps(one.raw, default=str), RAW),
    )
    if new and number is None:
        log.warning("A receipt from %s fits no attempt; it is kept.", one.provider)
    return new


def _attempt(conn: Connection, vault: Vault, one: News) -> int | None:
    """The attempt that a receipt speaks of, by our token, else by the provider's reference."""
    by_token = vault.attempt(one.token) if one.token else None
    same = attempt.c.id == by_token if by_token is not None else attempt.c.ref == one.ref
    if by_token is None and not one.ref:
        return None
    return conn.scalar(select(attempt.c.id).where(same, attempt.c.provider == one.provider).order_by(attempt.c.id))


def _theirs(conn: Connection, one: News, asked: int | None) -> int | None:
    return conn.scalar(select(attempt.c.id).where(attempt.c.id == asked, attempt.c.provider == one.provider))


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
    for row in rows:
        _remember_ref(conn, row)
    deliveries = _deliveries(conn, {row.attempt_id for row in rows})
    for row in rows:
        if row.opt_out:
            contacts.opt_out(conn, deliveries[row.attempt_id].contact_key, contacts.ALL, now, row.provider)
    changed = outcomes.refold(conn, {found.id for found in deliveries.values()}, now)
    conn.execute(update(receipt).where(receipt.c.id.in_([row.id for row in rows])).values(folded_at=now))
    return changed


def _remember_ref(conn: Connection, row: Any) -> None:
    """A call whose answer was lost learns its reference from the receipt."""
    if row.ref:
        conn.execute(update(attempt).where(attempt.c.id == row.attempt_id, attempt.c.ref.is_(None)).values(ref=row.ref))


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
