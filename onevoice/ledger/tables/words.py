"""What is said: alerts, frozen releases, their texts, and who signed them."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Integer, String, Table, Text, UniqueConstraint

from onevoice.ledger.tables.base import Moment, Serial, metadata, ref

alert = Table(
    "alert",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("chain", String(80), nullable=False),
    Column("version", Integer, nullable=False),
    Column("incident", String(80), nullable=False),
    Column("hazard", String(60), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("status", String(10), nullable=False),
    Column("state", String(12), nullable=False),
    Column("body", JSON, nullable=False),
    Column("factset", String(80), nullable=False),
    Column("author", String(80), nullable=False),
    Column("editors", JSON, nullable=False, default=list),
    Column("created_at", Moment, nullable=False),
    Column("submitted_by", String(80)),
    Column("submitted_at", Moment),
    Column("approved_at", Moment),
    Column("released_by", String(80)),
    Column("released_at", Moment),
    Column("closed_at", Moment),
    Column("expires", Moment, nullable=False),
    UniqueConstraint("chain", "version"),
)

release = Table(
    "release",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("alert_id", String(80), ForeignKey("alert.id"), nullable=False, index=True),
    Column("hash", String(80), nullable=False),
    Column("mode", String(10), nullable=False),
    Column("status", String(10), nullable=False),
    Column("contacts", Integer, nullable=False),
    Column("deliveries", Integer, nullable=False),
    Column("summary", JSON, nullable=False),
    Column("frozen_at", Moment, nullable=False),
    Column("void_at", Moment),
    Column("due_at", Moment),
    Column("act_by", Moment),
    Column("expires", Moment, nullable=False),
    Column("urgency", String(10), nullable=False),
    Column("severity", String(10), nullable=False),
    Column("superseded_at", Moment),
)
"""A frozen version. `due_at` is null until the one compare-and-swap that makes its deliveries due. `summary` holds
the numbers that the approver saw (people, fallback, duration) and the findings of the release."""


variant = Table(
    "variant",
    metadata,
    ref("release_id", "release.id", primary_key=True),
    Column("id", String(16), primary_key=True),
    Column("hash", String(80), nullable=False),
    Column("language", String(40), nullable=False),
    Column("tier", String(2), nullable=False),
    Column("needs", String(60), nullable=False),
    Column("means", String(20), nullable=False),
    Column("messenger", String(60)),
    Column("text_group", String(20), nullable=False),
    Column("held", Boolean, nullable=False),
    Column("units", Integer, nullable=False),
    Column("body", JSON, nullable=False),
)

approval = Table(
    "approval",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    ref("release_id", "release.id", nullable=False, index=True),
    Column("hash", String(80), nullable=False),
    Column("contacts", Integer, nullable=False),
    Column("by", String(80), nullable=False),
    Column("verdict", String(10), nullable=False),
    Column("reason", Text),
    Column("at", Moment, nullable=False),
    Column("signature", String(64), nullable=False),
)

override = Table(
    "override",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    ref("release_id", "release.id", nullable=False, index=True),
    Column("rule", String(10), nullable=False),
    Column("by", String(80), nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Moment, nullable=False),
)
