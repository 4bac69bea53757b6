"""Who is written to: contacts, contact points, opt-outs. Names and addresses are ciphertext."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, LargeBinary, String, Table, UniqueConstraint

from onevoice.ledger.tables.base import Moment, Serial, flag, metadata, ref

contact = Table(
    "contact",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("ref", String(80), nullable=False, unique=True),
    Column("name_enc", LargeBinary),
    Column("language", String(20)),
    Column("tier", String(2)),
    Column("zone", String(60)),
    Column("lat", Float),
    Column("lon", Float),
    Column("household", String(80)),
    Column("means", String(60)),
    Column("role", String(20), nullable=False, default="resident"),
    flag("lives_alone"),
    flag("older"),
    flag("mobility"),
    flag("hearing"),
    flag("sight"),
    flag("newcomer"),
    flag("few_ties"),
    flag("exercise_ok"),
    flag("guest"),
    Column("consent", String(200), nullable=False, default=""),
    Column("champion", String(80)),
    Column("attributes_enc", LargeBinary),
    Column("imported_at", Moment, nullable=False),
    Column("removed_at", Moment),
    Index("ix_contact_zone", "zone"),
)

contact_point = Table(
    "contact_point",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("means", String(20), nullable=False),
    Column("contact_key", String(64), nullable=False),
    Column("address_enc", LargeBinary, nullable=False),
    Column("masked", String(40), nullable=False),
    Column("language", String(20)),
    Column("via", String(30)),
    Column("handle", String(300)),
    UniqueConstraint("means", "contact_key"),
)
"""`means` is sms (a mobile), voice (a landline), email, or a public account (social). `language`: the point's own
preferred language, used where people of several languages share it; of an account, the language posted in. `via` (the
provider) and `handle` are those of an account, which is public; of a person's point they are null."""

reached_at = Table(
    "reached_at",
    metadata,
    ref("contact_id", "contact.id", primary_key=True),
    ref("point_id", "contact_point.id", primary_key=True),
    Index("ix_reached_at_point_id", "point_id"),
)

opt_out = Table(
    "opt_out",
    metadata,
    Column("contact_key", String(64), primary_key=True),
    Column("topic", String(30), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("source", String(30), nullable=False),
)
