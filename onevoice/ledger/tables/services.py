"""The directory of services. Each version of an entry is a row for good; those without an end are the directory."""

from __future__ import annotations

from sqlalchemy import JSON, Column, String, Table

from onevoice.ledger.tables.base import Moment, Serial, metadata

service = Table(
    "service",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("entry", String(80), nullable=False, index=True),
    Column("version", String(12), nullable=False),
    Column("body", JSON, nullable=False),
    Column("by", String(80), nullable=False),
    Column("since", Moment, nullable=False),
    Column("ended_at", Moment),
)
"""`entry`: the id of the service in HSDS; `version`: digest of `body`, which is the entry as it came; `by`: who brought
it, or confirmed it; `ended_at`: when another version took its place, or the entry left the directory."""
