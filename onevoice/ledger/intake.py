"""Taking a batch of contacts in: which are new, which changed, and where they are reached."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Table, and_, bindparam, delete, exists, select, update
from sqlalchemy.dialects import postgresql, sqlite

from onevoice.ledger.tables import contact, contact_point, delivery, reached_at
from onevoice.ledger.vault import Vault


class Address(NamedTuple):
    """A means and an address in normal form: E.164, or a mail address with a lower-case domain."""

    means: str
    address: str


@dataclass(frozen=True, slots=True)
class ContactRow:
    """One person as a contact file tells of them. `addresses` are in normal form; `consent` are classes.

    `point_language` is what people prefer who share the mobile; `attributes` are columns that OneVoice does not use.
    """

    ref: str
    name: str = field(default="", repr=False)
    language: str | None = None
    tier: str | None = None
    zone: str | None = None
    lat: float | None = None
    lon: float | None = None
    household: str | None = None
    means: tuple[str, ...] = ()
    role: str = "resident"
    lives_alone: bool = False
    older: bool = False
    mobility: bool = False
    hearing: bool = False
    sight: bool = False
    newcomer: bool = False
    few_ties: bool = False
    exercise_ok: bool = False
    consent: tuple[str, ...] = ()
    champion: str | None = None
    addresses: tuple[Address, ...] = field(default=(), repr=False)
    point_language: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict, repr=False)


PLAIN = (
    *("language", "tier", "zone", "lat", "lon", "household", "role", "champion"),
    *("lives_alone", "older", "mobility", "hearing", "sight", "newcomer", "few_ties", "exercise_ok"),
)
"""Columns that are stored as they come."""


def mask(means: str, address: str) -> str:
    """An address that a person can recognise and nobody can use: `+1 202 *** **42`, `m***@*.example`."""
    if means == "email":
        top = address.rpartition(".")[2][:20]
        return f"{address[:1]}***@*.{top}"
    shown = f"+1 {address[2:5]}" if address.startswith("+1") else address[:3]
    return f"{shown} *** **{address[-2:]}"


class Intake:
    """One batch on its way in. `added`, `changed` and `unchanged` count contacts, `points` new contact points."""

    def __init__(self, conn: Connection, vault: Vault, at: datetime) -> None:
        self._conn, self._vault, self._at = conn, vault, at
        self.added = self.changed = self.unchanged = self.points = 0

    def take(self, rows: Iterable[ContactRow]) -> None:
        """Write a batch. Where a ref stands twice in it, the later row counts."""
        batch = {row.ref: row for row in rows}
        known = self._known(batch)
        self._insert([row for ref, row in batch.items() if ref not in known])
        moved = self._tie(batch)
        changed = {ref for ref, row in known.items() if ref in moved or self._differs(row, batch[ref])}
        self._update([(known[ref].id, batch[ref]) for ref in changed])
        self.changed += len(changed)
        self.unchanged += len(known) - len(changed)

    # --- contact points ---------------------------------------------------------------------------------------

    def _ensure_points(self, batch: Mapping[str, ContactRow]) -> dict[str, int]:
        """Ids of all contact points of the batch, by key. The same number in two spellings is one point."""
        wanted = {self._vault.contact_key(*a): a for row in batch.values() for a in row.addresses}
        there = self._point_ids(wanted)
        new = sorted(wanted.keys() - there.keys())
        if new:
            self._conn.execute(_new(self._conn, contact_point), [self._point(key, wanted[key]) for key in new])
            self.points += len(new)
            there = self._point_ids(wanted)
        self._prefer(batch.values(), there)
        return there

    def _point_ids(self, keys: Iterable[str]) -> dict[str, int]:
        mine = contact_point.c.contact_key.in_(list(keys))
        return dict(
            self._conn.execute(select(contact_point.c.contact_key, contact_point.c.id).where(mine)).tuples().all()
        )

    def _point(self, key: str, address: Address) -> dict[str, Any]:
        return {
            "means": address.means,
            "contact_key": key,
            "address_enc": self._vault.seal(address.address),
            "masked": mask(*address),
        }

    def _prefer(self, rows: Iterable[ContactRow], ids: Mapping[str, int]) -> None:
        """Note what is preferred at a shared mobile; silence in a file changes nothing."""
        said = [
            {"point": ids[self._vault.contact_key(*address)], "preferred": row.point_language}
            for row in rows
            for address in row.addresses
            if row.point_language and address.means == "sms"
        ]
        if said:
            mine = contact_point.c.id == bindparam("point")
            self._conn.execute(update(contact_point).where(mine).values(language=bindparam("preferred")), said)

    # --- contacts ---------------------------------------------------------------------------------------------

    def _known(self, refs: Iterable[str]) -> dict[str, Row[Any]]:
        return {row.ref: row for row in self._conn.execute(select(contact).where(contact.c.ref.in_(list(refs))))}

    def _insert(self, rows: Sequence[ContactRow]) -> None:
        if rows:
            self._conn.execute(_new(self._conn, contact), [{"ref": row.ref, **self._values(row)} for row in rows])
            self.added += len(rows)

    def _update(self, rows: Sequence[tuple[int, ContactRow]]) -> None:
        if rows:
            values = [{"contact": id_, "removed_at": None, **self._values(row)} for id_, row in rows]
            self._conn.execute(update(contact).where(contact.c.id == bindparam("contact")), values)

    def _values(self, row: ContactRow) -> dict[str, Any]:
        return self._plain(row) | {
            "name_enc": self._sealed(row.name),
            "attributes_enc": self._sealed(_attributes(row)),
            "imported_at": self._at,
        }

    @staticmethod
    def _plain(row: ContactRow) -> dict[str, Any]:
        plain = {name: getattr(row, name) for name in PLAIN}
        return plain | {"means": ",".join(row.means) or None, "consent": ",".join(row.consent)}

    def _differs(self, known: Row[Any], row: ContactRow) -> bool:
        stored = known._mapping  # noqa: SLF001 - SQLAlchemy's public accessor, despite its name
        if known.removed_at or any(stored[name] != value for name, value in self._plain(row).items()):
            return True
        return (self._opened(known.name_enc), self._opened(known.attributes_enc)) != (row.name, _attributes(row))

    def _sealed(self, text: str) -> bytes | None:
        return self._vault.seal(text) if text else None

    def _opened(self, sealed: bytes | None) -> str:
        return self._vault.unseal(sealed) if sealed else ""

    # --- where they are reached -------------------------------------------------------------------------------

    def _tie(self, batch: Mapping[str, ContactRow]) -> set[str]:
        """Join contacts to their points and part them from others; gives the refs for which that changed anything."""
        points = self._ensure_points(batch)
        rows = self._conn.execute(select(contact.c.ref, contact.c.id).where(contact.c.ref.in_(list(batch))))
        ids = dict(rows.tuples().all())
        wanted = {(ids[ref], points[self._vault.contact_key(*a)]) for ref, row in batch.items() for a in row.addresses}
        before = self._ties(ids.values())
        self._join(wanted - before)
        self._part(before - wanted)
        moved = {contact_id for contact_id, _ in wanted ^ before}
        return {ref for ref, contact_id in ids.items() if contact_id in moved}

    def _ties(self, ids: Iterable[int]) -> set[tuple[int, int]]:
        chosen = select(reached_at.c.contact_id, reached_at.c.point_id).where(reached_at.c.contact_id.in_(list(ids)))
        return set(self._conn.execute(chosen).tuples())

    def _join(self, pairs: set[tuple[int, int]]) -> None:
        if pairs:
            rows = [{"contact_id": contact_id, "point_id": point_id} for contact_id, point_id in sorted(pairs)]
            self._conn.execute(_new(self._conn, reached_at), rows)

    def _part(self, pairs: set[tuple[int, int]]) -> None:
        """Take ties away, and addresses that nobody is reached at and nothing was ever sent to."""
        if not pairs:
            return
        this = and_(reached_at.c.contact_id == bindparam("contact"), reached_at.c.point_id == bindparam("point"))
        rows = [{"contact": contact_id, "point": point_id} for contact_id, point_id in sorted(pairs)]
        self._conn.execute(delete(reached_at).where(this), rows)
        used = exists().where(reached_at.c.point_id == contact_point.c.id)
        written = exists().where(delivery.c.point_id == contact_point.c.id)
        left = contact_point.c.id.in_({point_id for _, point_id in pairs})
        self._conn.execute(delete(contact_point).where(left, ~used, ~written))


def _attributes(row: ContactRow) -> str:
    return json.dumps(dict(row.attributes), ensure_ascii=False, sort_keys=True) if row.attributes else ""


def _new(conn: Connection, table: Table) -> Any:
    """INSERT that leaves rows alone which somebody else has just written."""
    insert_ = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
    return insert_(table).on_conflict_do_nothing()
