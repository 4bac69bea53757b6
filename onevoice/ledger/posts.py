"""Posts: deliveries to public accounts. They serve no contact, so they are never counted as reached."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, or_, select

from onevoice.ledger.engine import insert_several
from onevoice.ledger.holders import MAY_HOLD
from onevoice.ledger.states import DeliveryState
from onevoice.ledger.tables import alert, attempt, contact_point, delivery, release, variant
from onevoice.ledger.vault import Vault
from onevoice.people import Means

SEGMENT = "public"
"""What stands in a post's delivery where a person's segment would."""
_MASKED = 40


class Slot(NamedTuple):
    """Where one thread stands: an account on a service, and the language posted in."""

    via: str
    handle: str
    language: str

    @property
    def address(self) -> str:
        """`mastodon:@em@social.example/es`, as a provider gets it."""
        return f"{self.via}:{self.handle}/{self.language}"


class NewPost(NamedTuple):
    """One post to be planned."""

    slot: Slot
    variant_id: str


@dataclass(frozen=True, slots=True)
class Post:
    """One post as the ledger has it. `reply_to`: the ref of the earlier post that its last call answered.

    `at`: when it came into its state. `text` is None where the words are not in the ledger.
    """

    slot: Slot
    state: str
    at: datetime
    version: int
    reason: str | None = None
    code: str | None = None
    evidence: str | None = None
    ref: str | None = None
    reply_to: str | None = None
    variant_id: str = ""
    text: str | None = None
    direction: str = "ltr"


def plan_posts(conn: Connection, vault: Vault, release_id: int, wanted: Sequence[NewPost], now: datetime) -> int:
    """Write one delivery for each post, and the contact point of each thread that is new. How many posts."""
    if not wanted:
        return 0
    points = _points(conn, vault, [post.slot for post in wanted])
    rows = [
        {
            "release_id": release_id,
            "means": Means.SOCIAL,
            "point_id": points[key],
            "contact_key": key,
            "masked": post.slot.handle[:_MASKED],
            "variant_id": post.variant_id,
            "segment": SEGMENT,
            "language": post.slot.language,
            "state": DeliveryState.PLANNED,
            "state_at": now,
            "not_before": now,
        }
        for post in wanted
        for key in [_key(vault, post.slot)]
    ]
    conn.execute(insert(delivery), rows)
    return len(rows)


def _key(vault: Vault, slot: Slot) -> str:
    return vault.contact_key(Means.SOCIAL, slot.address)


def _points(conn: Connection, vault: Vault, slots: Iterable[Slot]) -> dict[str, int]:
    """Ids of the contact points, by key."""
    new = [
        {
            "means": Means.SOCIAL,
            "contact_key": _key(vault, slot),
            "address_enc": vault.seal(slot.address),
            "masked": slot.handle[:_MASKED],
            "language": slot.language,
            "via": slot.via,
            "handle": slot.handle,
        }
        for slot in slots
    ]
    insert_several(conn, contact_point, new, contact_point.c.id)
    mine = (contact_point.c.means == Means.SOCIAL, contact_point.c.contact_key.in_([row["contact_key"] for row in new]))
    return dict(conn.execute(select(contact_point.c.contact_key, contact_point.c.id).where(*mine)).tuples().all())


def signed(conn: Connection, release_id: int) -> list[tuple[str, str]]:
    """Which account and language gets which text, as keyed hash and variant id: what an approval signs."""
    chosen = select(delivery.c.contact_key, delivery.c.variant_id).where(
        delivery.c.release_id == release_id, delivery.c.means == Means.SOCIAL
    )
    return sorted((row.contact_key, row.variant_id) for row in conn.execute(chosen))


def of_releases(conn: Connection, releases: Sequence[int]) -> list[Post]:
    """The posts of releases, by service, account and language, oldest first."""
    return _posts(conn, releases)


def standing(conn: Connection, releases: Sequence[int]) -> list[Post]:
    """The newest post of each thread that may stand, of older releases of a chain."""
    newest: dict[Slot, Post] = {}
    for post in sorted(_posts(conn, releases, may_stand=True), key=lambda post: post.version):
        newest[post.slot] = post
    return list(newest.values())


def _posts(conn: Connection, releases: Sequence[int], *, may_stand: bool = False) -> list[Post]:
    d, p = delivery.c, contact_point.c
    joined = (
        delivery.join(contact_point, p.id == d.point_id)
        .join(release, release.c.id == d.release_id)
        .join(alert, alert.c.id == release.c.alert_id)
        .outerjoin(variant, (variant.c.release_id == d.release_id) & (variant.c.id == d.variant_id))
    )
    columns = (*(d[n] for n in ("state", "state_at", "reason", "code", "evidence", "ref", "variant_id", "language")),)
    chosen = (
        select(*columns, p.via, p.handle, alert.c.version, variant.c.body, _last_reply().label("reply_to"))
        .select_from(joined)
        .where(d.release_id.in_(releases), d.means == Means.SOCIAL)
        .order_by(p.via, p.handle, d.language, d.id)
    )
    if may_stand:
        chosen = chosen.where(or_(d.state.in_(MAY_HOLD), d.ambiguous > 0))
    return [_post(row) for row in conn.execute(chosen)]


def _last_reply() -> Any:
    calls = select(attempt.c.reply_to).where(attempt.c.delivery_id == delivery.c.id)
    return calls.order_by(attempt.c.fence.desc()).limit(1).correlate(delivery).scalar_subquery()


def _post(row: Any) -> Post:
    return Post(
        slot=Slot(row.via, row.handle, row.language),
        state=row.state,
        at=row.state_at,
        version=row.version,
        reason=row.reason,
        code=row.code,
        evidence=row.evidence,
        ref=row.ref,
        reply_to=row.reply_to,
        variant_id=row.variant_id,
        text=row.body["parts"]["text"] if row.body else None,
        direction=row.body["direction"] if row.body else "ltr",
    )
