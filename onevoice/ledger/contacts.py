"""The register of people: contacts in, counts out, opt-outs. Names and addresses are sealed before they are written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, delete, func, select, update

from onevoice.ledger.engine import Ledger, insert_new
from onevoice.ledger.intake import Address, ContactRow, Intake, mask
from onevoice.ledger.rules import condition
from onevoice.ledger.scratch import count_again
from onevoice.ledger.tables import contact, contact_point, reached_at
from onevoice.ledger.tables import opt_out as opt_outs
from onevoice.ledger.vault import Vault
from onevoice.ledger.wanted import EMERGENCY, INFORMATION
from onevoice.people import Segment

__all__ = ["ALL", "Address", "ContactRow", "Imported", "counts", "mask", "opt_in", "opt_out", "put", "put_in_turns"]

BATCH = 2000
"""Contacts in one set of statements."""

FILLED = ("contact", "contact_point", "reached_at")

ALL = "all"
"""An opt-out of every class of message."""


@dataclass(frozen=True)
class Imported:
    """What an import did to contacts. `points` are new contact points, `shared` those of several contacts."""

    added: int
    changed: int
    unchanged: int
    points: int
    shared: int
    removed: int = 0


def put(
    conn: Connection, vault: Vault, rows: Iterable[ContactRow], at: datetime, *, remove_missing: bool = False
) -> Imported:
    """Write contacts by ref, in one transaction. Doing it again changes nothing.

    Contacts that are not in `rows` stay, unless `remove_missing`: then they are marked as removed and get nothing more.
    """
    intake = Intake(conn, vault, at)
    refs: set[str] = set()
    for batch in _batches(rows):
        intake.take(batch)
        refs.update(row.ref for row in batch)
    removed = _remove_others(conn, refs, at) if remove_missing else 0
    count_again(conn, *FILLED)
    return Imported(intake.added, intake.changed, intake.unchanged, intake.points, _shared(conn), removed)


def put_in_turns(ledger: Ledger, vault: Vault, rows: Iterable[ContactRow], at: datetime) -> Imported:
    """Write contacts by ref, each batch in a short transaction of its own, so that alerts can go out meanwhile.

    What was written stays when it is broken off: doing it again completes it.
    """
    done = Imported(0, 0, 0, 0, 0)
    for batch in _batches(rows):
        with ledger.write() as conn:
            intake = Intake(conn, vault, at)
            intake.take(batch)
        sums = (done.added + intake.added, done.changed + intake.changed, done.unchanged + intake.unchanged)
        done = Imported(*sums, done.points + intake.points, 0)
    with ledger.write() as conn:
        count_again(conn, *FILLED)
        return Imported(done.added, done.changed, done.unchanged, done.points, _shared(conn))


def _batches(rows: Iterable[ContactRow]) -> Iterator[list[ContactRow]]:
    left = iter(rows)
    while batch := list(islice(left, BATCH)):
        yield batch


def _shared(conn: Connection) -> int:
    living = reached_at.join(contact, contact.c.id == reached_at.c.contact_id)
    many = (
        select(reached_at.c.point_id)
        .select_from(living)
        .where(contact.c.removed_at.is_(None))
        .group_by(reached_at.c.point_id)
        .having(func.count() > 1)
        .subquery()
    )
    return conn.scalar(select(func.count()).select_from(many)) or 0


def _remove_others(conn: Connection, refs: set[str], at: datetime) -> int:
    """Mark contacts as removed who are not among `refs`. Guests were not in a file and stay."""
    living = select(contact.c.id, contact.c.ref).where(contact.c.removed_at.is_(None), contact.c.guest.is_(False))
    gone = [id_ for id_, ref in conn.execute(living) if ref not in refs]
    for start in range(0, len(gone), BATCH):
        mine = contact.c.id.in_(gone[start : start + BATCH])
        conn.execute(update(contact).where(mine).values(removed_at=at))
    return len(gone)


# --- opt-outs -------------------------------------------------------------------------------------------------


def opt_out(conn: Connection, contact_key: str, topic: str, at: datetime, source: str) -> None:
    """Note that nothing of a class (emergency, information or all) may go to an address. Twice is once."""
    insert_new(conn, opt_outs, contact_key=contact_key, topic=topic, at=at, source=source)


def opt_in(conn: Connection, contact_key: str, topic: str = ALL) -> None:
    """Take an opt-out back: of every class, or of one, so that a no to all becomes a no to the other class."""
    mine = opt_outs.c.contact_key == contact_key
    total = conn.execute(select(opt_outs.c.at, opt_outs.c.source).where(mine, opt_outs.c.topic == ALL)).one_or_none()
    taken_back = mine if topic == ALL else mine & opt_outs.c.topic.in_((topic, ALL))
    conn.execute(delete(opt_outs).where(taken_back))
    if total and topic != ALL:
        other = INFORMATION if topic == EMERGENCY else EMERGENCY
        opt_out(conn, contact_key, other, total.at, total.source)


# --- counts ---------------------------------------------------------------------------------------------------


def counts(conn: Connection, segments: Sequence[Segment]) -> dict[str, Any]:
    """Living contacts: in all, and by segment (a person can be in several), language, tier, zone and means."""
    return {
        "contacts": conn.scalar(select(func.count()).where(contact.c.removed_at.is_(None))) or 0,
        "segments": _in_segments(conn, segments),
        "languages": _by(conn, contact.c.language),
        "tiers": _by(conn, contact.c.tier),
        "zones": _by(conn, contact.c.zone),
        "means": _by_means(conn),
        "shared_points": _shared(conn),
        "opted_out": conn.scalar(select(func.count(opt_outs.c.contact_key.distinct()))) or 0,
    }


def _in_segments(conn: Connection, segments: Sequence[Segment]) -> dict[str, int]:
    if not segments:
        return {}
    sums = [func.coalesce(func.sum(case((condition(s.rule, contact), 1), else_=0)), 0) for s in segments]
    row = conn.execute(select(*sums).where(contact.c.removed_at.is_(None))).one()
    return {s.id: int(count) for s, count in zip(segments, row, strict=True)}


def _by(conn: Connection, column: ColumnElement[Any]) -> dict[str, int]:
    word = func.coalesce(func.nullif(column, ""), "not stated")
    rows = select(word, func.count()).where(contact.c.removed_at.is_(None)).group_by(word).order_by(word)
    return dict(conn.execute(rows).tuples().all())


def _by_means(conn: Connection) -> dict[str, int]:
    joined = contact.outerjoin(reached_at, reached_at.c.contact_id == contact.c.id).outerjoin(
        contact_point, contact_point.c.id == reached_at.c.point_id
    )
    word = func.coalesce(contact_point.c.means, "none")
    rows = (
        select(word, func.count(contact.c.id.distinct()))
        .select_from(joined)
        .where(contact.c.removed_at.is_(None))
        .group_by(word)
        .order_by(word)
    )
    return dict(conn.execute(rows).tuples().all())
