"""Who passes it on, who was told outside the audience, and which workers are alive."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, String, Table

from onevoice.ledger.tables.base import Moment, Serial, metadata

partner = Table(
    "partner",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("name", String(120), nullable=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("languages", String(200), nullable=False, default=""),
    Column("tiers", String(40), nullable=False, default=""),
    Column("zones", String(400), nullable=False, default=""),
    Column("email_enc", LargeBinary),
    Column("added_at", Moment, nullable=False),
    Column("revoked_at", Moment),
)

partner_word = Table(
    "partner_word",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("partner_id", String(60), ForeignKey("partner.id"), nullable=False),
    Column("alert_id", String(80), ForeignKey("alert.id"), nullable=False),
    Column("word", String(12), nullable=False),
    Column("at", Moment, nullable=False),
)
"""What a partner said of a version: received, passing-on."""

notice = Table(
    "notice",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("alert_id", String(80), ForeignKey("alert.id"), nullable=False),
    Column("release_id", Serial),
    Column("officer", String(80)),
    Column("partner_id", String(60)),
    Column("means", String(20), nullable=False),
    Column("purpose", String(20), nullable=False),
    Column("at", Moment, nullable=False),
    Column("result", String(12)),
)
"""What officers and partners were told outside the audience: an approval asked for, a new version."""

worker = Table(
    "worker",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("started_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("generation", Integer, nullable=False),
)
