"""What providers and people say back, into the ledger: first kept, then understood."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from onevoice.dispatch.providers import Inbound, Receipt
from onevoice.failpoint import Point, failpoint
from onevoice.ledger import receipts, replies
from onevoice.ledger.engine import Clock, Connection, Ledger, database_now
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


@dataclass(frozen=True, slots=True)
class Brought:
    """What one caller heard.

    `means_of`: provider name → means. `keywords`: language → what STOP, START, HELP and distress look like in it.
    """

    heard: Sequence[Receipt | Inbound]
    means_of: Mapping[str, Means]
    keywords: Keywords


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

    `means_of` and `keywords` as in `Brought`.

    Raises:
        OutOfReach: nothing was kept.
    """
    return store_all(ledger, vault, [Brought(heard, means_of, keywords)], clock)[0]


def store_all(ledger: Ledger, vault: Vault, brought: Sequence[Brought], clock: Clock = database_now) -> list[Stored]:
    """Keep what several callers heard in one short transaction: all of it or nothing.

    Raises:
        OutOfReach: nothing was kept.
    """
    with ledger.write_without_pause() as conn:
        now = clock(conn)
        stored = _keep(conn, vault, brought, now)
        try:
            with conn.begin_nested():
                receipts.fold_new(conn, now)
        except Exception:  # the inbox is kept whatever becomes of the fold: follow-up folds again
            log.exception("Receipts were kept and not yet folded.")
        failpoint(Point.RECEIPTS_OPEN)
    failpoint(Point.RECEIPTS_DONE)
    return stored


def _keep(conn: Connection, vault: Vault, brought: Sequence[Brought], now: datetime) -> list[Stored]:
    flat = [(place, news(one)) for place, b in enumerate(brought) for one in b.heard if isinstance(one, Receipt)]
    new = receipts.store(conn, vault, [one for _, one in flat], now)
    places = Counter(flat[index][0] for index in new)
    return [_stored(conn, vault, b, places[place], now) for place, b in enumerate(brought)]


def _stored(conn: Connection, vault: Vault, brought: Brought, new: int, now: datetime) -> Stored:
    said = [_said(one, brought.means_of) for one in brought.heard if isinstance(one, Inbound)]
    kept = [replies.store(conn, vault, one, brought.keywords, now) for one in said]
    return Stored(new, sum(one.new for one in kept), tuple(one.answer for one in kept if one.answer))


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
