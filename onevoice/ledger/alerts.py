"""Alerts and releases as rows. Every change of state is one UPDATE whose WHERE names the old state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, and_, cast, func, or_, select, update

from onevoice.alert import Alert
from onevoice.ledger.tables import alert, approval, delivery, override, release, served, variant
from onevoice.variant import Signed, Variant

if TYPE_CHECKING:
    from collections.abc import Container, Iterable
    from datetime import datetime

    from sqlalchemy import Connection, Row

AnyRow = Any
"""A row of one of the tables here; its columns are the table's."""


def add(conn: Connection, new: Alert, *, author: str, at: datetime) -> None:
    """Store a draft."""
    conn.execute(
        alert.insert().values(
            id=new.id,
            chain=new.chain,
            version=new.version,
            incident=new.incident,
            hazard=new.hazard,
            kind=new.kind,
            status=new.status,
            state="draft",
            body=new.model_dump(mode="json"),
            factset=new.factset.hash,
            author=author,
            editors=[author],
            created_at=at,
            expires=new.expires,
        )
    )


def row(conn: Connection, alert_id: str) -> AnyRow | None:
    """The alert's row, or None."""
    return conn.execute(select(alert).where(alert.c.id == alert_id)).first()


def value(found: AnyRow) -> Alert:
    """The alert that a row holds."""
    return Alert.model_validate(found.body)


def chain(conn: Connection, chain_id: str) -> list[AnyRow]:
    """All versions of a chain, oldest first."""
    return list(conn.execute(select(alert).where(alert.c.chain == chain_id).order_by(alert.c.version)))


def chain_of_code(conn: Connection, code: str) -> str | None:
    """The chain whose page has this code (the last part of the chain's id)."""
    chosen = select(alert.c.chain).where(alert.c.chain.endswith("-" + code, autoescape=True)).limit(1)
    return conn.scalar(chosen)


def recent(conn: Connection, limit: int = 50) -> list[AnyRow]:
    """The newest alerts first."""
    return list(conn.execute(select(alert).order_by(alert.c.created_at.desc()).limit(limit)))


def live(conn: Connection, now: datetime) -> list[AnyRow]:
    """Released alerts that have not expired and are not superseded by a newer released version."""
    newest = (
        select(alert.c.chain, func.max(alert.c.version).label("version"))
        .where(alert.c.released_at.is_not(None))
        .group_by(alert.c.chain)
        .subquery()
    )
    joined = alert.join(newest, and_(alert.c.chain == newest.c.chain, alert.c.version == newest.c.version))
    return list(conn.execute(select(alert).select_from(joined).where(alert.c.expires > now)))


def released(conn: Connection) -> list[AnyRow]:
    """All released versions, newest first."""
    return list(
        conn.execute(select(alert).where(alert.c.released_at.is_not(None)).order_by(alert.c.released_at.desc()))
    )


def move(conn: Connection, alert_id: str, *, of: Iterable[str], to: str, **columns: object) -> bool:
    """Change the state if it is one of `of`. False where somebody was first."""
    changed = conn.execute(
        update(alert).where(alert.c.id == alert_id, alert.c.state.in_(list(of))).values(state=to, **columns)
    )
    return changed.rowcount == 1


def rewrite(conn: Connection, changed: Alert, *, editor: str, editors: list[str]) -> bool:
    """Replace the body of a draft or returned alert, and note who edited it."""
    done = conn.execute(
        update(alert)
        .where(alert.c.id == changed.id, alert.c.state.in_(("draft", "returned")))
        .values(
            kind=changed.kind,
            body=changed.model_dump(mode="json"),
            factset=changed.factset.hash,
            expires=changed.expires,
            editors=sorted({*editors, editor}),
            state="draft",
        )
    )
    return done.rowcount == 1


# --- releases -------------------------------------------------------------------------------------------------


def freeze(conn: Connection, of: Alert, *, mode: str, at: datetime) -> int:
    """A new release row for a version, its hash and counts still empty. Returns its id."""
    made = conn.execute(
        release.insert().values(
            alert_id=of.id,
            hash="",
            mode=mode,
            status=of.status,
            contacts=0,
            deliveries=0,
            summary={},
            frozen_at=at,
            act_by=of.act_by,
            expires=of.expires,
            urgency=of.urgency,
            severity=of.severity,
        )
    )
    return int(made.inserted_primary_key[0])  # type: ignore[index]  # an insert into a table with a key has one


def seal(conn: Connection, release_id: int, **columns: object) -> None:
    """Write hash, counts and summary of a release that is being frozen."""
    conn.execute(update(release).where(release.c.id == release_id).values(**columns))


def standing_release(conn: Connection, alert_id: str) -> AnyRow | None:
    """The release of an alert that is not void, or None."""
    chosen = select(release).where(release.c.alert_id == alert_id, release.c.void_at.is_(None))
    return conn.execute(chosen.order_by(release.c.id.desc()).limit(1)).first()


def void(conn: Connection, alert_id: str, at: datetime) -> None:
    """Void what was frozen for an alert and never made due, with its approvals."""
    conn.execute(
        update(release)
        .where(release.c.alert_id == alert_id, release.c.void_at.is_(None), release.c.due_at.is_(None))
        .values(void_at=at)
    )


def make_due(conn: Connection, release_id: int, content: str, at: datetime) -> bool:
    """The one compare-and-swap of a release. False where it was due or void already, or its hash is another."""
    changed = conn.execute(
        update(release)
        .where(
            release.c.id == release_id,
            release.c.hash == content,
            release.c.due_at.is_(None),
            release.c.void_at.is_(None),
        )
        .values(due_at=at)
    )
    return changed.rowcount == 1


def supersede(conn: Connection, chain_id: str, *, before: int, at: datetime, recalled: bool = False) -> list[int]:
    """Mark the releases of older versions, so that none of their deliveries is claimed any more.

    `recalled`: a correction or an all-clear takes their place, else an update does. Older versions are then closed.
    """
    states = ("sending", "halted", "completed") if recalled else ("sending",)
    conn.execute(
        update(alert)
        .where(alert.c.chain == chain_id, alert.c.version < before, alert.c.state.in_(states))
        .values(state="recalled" if recalled else "completed", closed_at=at)
    )
    older = select(alert.c.id).where(alert.c.chain == chain_id, alert.c.version < before)
    open_ = and_(release.c.alert_id.in_(older), release.c.superseded_at.is_(None))
    ids = list(conn.scalars(select(release.c.id).where(open_)))
    conn.execute(update(release).where(open_).values(superseded_at=at))
    conn.execute(
        update(delivery)
        .where(delivery.c.release_id.in_(ids), delivery.c.state.in_(("planned", "retry_wait")))
        .where((delivery.c.state == "planned") | (delivery.c.ambiguous == 0))
        .values(state="cancelled", reason="superseded", state_at=at)
    )
    return ids


def planned_counts(conn: Connection, release_id: int) -> tuple[int, int]:
    """Contacts that the first step serves and its deliveries, counted in the rows themselves."""
    first = and_(delivery.c.release_id == release_id, delivery.c.step == 1)
    joined = served.join(delivery, served.c.delivery_id == delivery.c.id)
    contacts = select(func.count(served.c.contact_id.distinct())).select_from(joined).where(first)
    deliveries = select(func.count()).select_from(delivery).where(first)
    return conn.scalar(contacts) or 0, conn.scalar(deliveries) or 0


def releases_of_chain(conn: Connection, chain_id: str) -> list[int]:
    """Ids of all releases of a chain that were made due, oldest first."""
    joined = release.join(alert, release.c.alert_id == alert.c.id)
    chosen = select(release.c.id).select_from(joined).where(alert.c.chain == chain_id, release.c.due_at.is_not(None))
    return list(conn.scalars(chosen.order_by(release.c.id)))


def unfinished(conn: Connection, releases: Iterable[int], now: datetime) -> list[int]:
    """Those of these releases that may still reach somebody: not superseded, and in time."""
    r = release.c
    in_time = (r.expires > now, or_(r.act_by.is_(None), r.act_by > now))
    chosen = select(r.id).where(r.id.in_(list(releases)), r.superseded_at.is_(None), *in_time)
    return list(conn.scalars(chosen.order_by(r.id)))


def releases_before(conn: Connection, release_id: int) -> list[int]:
    """Ids of the releases of older versions of the same chain that were made due, oldest first."""
    of = select(alert.c.chain, alert.c.version).join(release, release.c.alert_id == alert.c.id)
    this = conn.execute(of.where(release.c.id == release_id)).one()
    joined = release.join(alert, release.c.alert_id == alert.c.id)
    older = (alert.c.chain == this.chain, alert.c.version < this.version, release.c.due_at.is_not(None))
    return list(conn.scalars(select(release.c.id).select_from(joined).where(*older).order_by(release.c.id)))


# --- variants, approvals, overrides ---------------------------------------------------------------------------


def variant_rows(variants: Iterable[tuple[Variant, int]], passed: Container[str] = ()) -> list[dict[str, Any]]:
    """Finished texts as they are stored, each with its units (SMS segments, or one), but for the release.

    `passed`: rules that were overridden.
    """
    return [
        {
            "id": v.id,
            "hash": v.hash,
            "language": "+".join(v.profile.languages),
            "tier": v.profile.tier,
            "needs": ",".join(v.profile.needs),
            "means": v.means,
            "messenger": v.messenger,
            "text_group": v.group,
            "held": v.withheld(passed),
            "units": units,
            "body": v.model_dump(mode="json"),
        }
        for v, units in variants
    ]


def put_variants(conn: Connection, release_id: int, rows: Iterable[dict[str, Any]]) -> None:
    """Store finished texts, as `variant_rows` made them."""
    if new := [{"release_id": release_id} | row for row in rows]:
        conn.execute(variant.insert(), new)


def variants(conn: Connection, release_id: int) -> list[Variant]:
    """The texts of a release."""
    chosen = select(variant.c.body).where(variant.c.release_id == release_id).order_by(variant.c.means, variant.c.id)
    return [Variant.model_validate(body) for body in conn.scalars(chosen)]


def signed(conn: Connection, release_id: int) -> list[Signed]:
    """Of each text of a release what was signed, and nothing that a release need not wait for."""
    chosen = select(cast(variant.c.body, Text)).where(variant.c.release_id == release_id)
    return [Signed.model_validate_json(body) for body in conn.scalars(chosen)]


def approve(conn: Connection, **columns: object) -> None:
    """Store a signed verdict on a release."""
    conn.execute(approval.insert().values(**columns))


def approvals(conn: Connection, release_id: int) -> list[Row[tuple[object, ...]]]:
    """The verdicts on a release, oldest first."""
    return list(conn.execute(select(approval).where(approval.c.release_id == release_id).order_by(approval.c.id)))


def verdicts(conn: Connection, alert_id: str) -> list[Row[tuple[object, ...]]]:
    """Every verdict on an alert, also on what was void later, oldest first."""
    of_it = select(release.c.id).where(release.c.alert_id == alert_id)
    return list(conn.execute(select(approval).where(approval.c.release_id.in_(of_it)).order_by(approval.c.id)))


def put_override(conn: Connection, **columns: object) -> None:
    """Store who released past a finding, and why."""
    conn.execute(override.insert().values(**columns))


def overrides(conn: Connection, release_id: int) -> list[Row[tuple[object, ...]]]:
    """The overrides of a release."""
    return list(conn.execute(select(override).where(override.c.release_id == release_id).order_by(override.c.id)))
