"""Who acts: officers, the kill switch, the audit chain."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Integer, LargeBinary, String, Table, Text

from onevoice.ledger.tables.base import Moment, Serial, metadata

officer = Table(
    "officer",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("role", String(20), nullable=False),
    Column("secret_hash", String(200), nullable=False),
    Column("mobile_enc", LargeBinary),
    Column("email_enc", LargeBinary),
    Column("rank", Integer, nullable=False, default=0, server_default="0"),
    Column("added_at", Moment, nullable=False),
    Column("removed_at", Moment),
)

control = Table(
    "control",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("state", String(10), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("reason", Text),
    Column("by", String(80)),
    Column("at", Moment, nullable=False),
    Column("resume_asked_by", String(80)),
)

pace = Table(
    "pace",
    metadata,
    Column("sender", String(120), primary_key=True),
    Column("next_free_at", BigInteger, nullable=False),
    Column("not_before", BigInteger, nullable=False, default=0, server_default="0"),
    Column("probe_at", BigInteger),
)
"""One row for each sender identity at a provider, for all workers. `next_free_at`: from when on its rate is not spoken
for; `not_before`: until when it asked to be left alone; `probe_at`: where it fails, when a single call sees whether it
is back, else null. In whole microseconds since 1970 UTC, on the database's clock."""

audit = Table(
    "audit",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("actor", String(80), nullable=False),
    Column("act", String(60), nullable=False),
    Column("subject", String(120), nullable=False),
    Column("detail", JSON, nullable=False),
    Column("previous", String(64), nullable=False, unique=True),
    Column("hash", String(64), nullable=False, unique=True),
)
