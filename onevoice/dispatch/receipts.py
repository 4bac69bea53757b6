"""What providers and people say back, into the ledger: first kept, then understood."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from onevoice.dispatch.providers import Inbound, Receipt
from onevoice.ledger import receipts, replies
from onevoice.ledger.engine import Clock, Ledger, database_now
from onevoice.ledger.keywords import Keywords
from onevoice.ledger.receipts import News
from onevoice.ledger.replies import Answer
from onevoice.ledger.vault import Vault
from onevoice.people import Means

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stored:
    """What was new of what was heard. `answers`: what to say to people who wrote; the words are made elsewhere."""

    receipts: int
    replies: int
    answers: tuple[Answer, ...]


def store(
    ledger: Ledger,
    vault: Vault,
    heard: Sequence[Receipt | Inbound],
    *,
    means_of: Mapping[str, Means],
    keywords: Keywords,
    clock: Clock = database_now,
) -> Stored:
    """Keep everything in one short transaction; only when this returns may the caller be told that we have it.

    `means_of`: provider name → means. `keywords`: language → what STOP, START, HELP and distress look like in it.

    Raises:
        OutOfReach: nothing was kept.
    """
    with ledger.write() as conn:
        now = clock(conn)
        new = receipts.store(conn, vault, [news(one) for one in heard if isinstance(one, Receipt)], now)
        kept = [
            replies.store(conn, vault, _said(one, means_of), keywords, now) for one in heard if isinstance(one, Inbound)
        ]
        try:
            with conn.begin_nested():
                receipts.fold_new(conn, now)
        except Exception:  # the inbox is kept whatever becomes of the fold: follow-up folds again
            log.exception("Receipts were kept and not yet folded.")
    answers = tuple(one.answer for one in kept if one.answer)
    return Stored(new, sum(one.new for one in kept), answers)


def news(one: Receipt) -> News:
    """A receipt as the ledger keeps it."""
    return News(
        provider=one.provider,
        word=one.word.value,
        digest=one.digest,
        token=one.token,
        ref=one.ref,
        code=one.code,
        evidence=one.evidence.value if one.evidence else None,
        permanent=one.permanent,
        opt_out=one.opt_out,
        at=one.at,
        raw=one.raw,
    )


def _said(one: Inbound, means_of: Mapping[str, Means]) -> replies.Said:
    means = means_of.get(one.provider, Means.SMS)
    return replies.Said(provider=one.provider, ref=one.ref, means=means.value, sender=one.sender, text=one.text)
