"""Rows that a statement needs more than once, kept in a temporary table instead of being worked out again each time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Column, Connection, Index, MetaData, Select, Table


@contextmanager
def kept(conn: Connection, name: str, rows: Select[Any], *indexed: str) -> Iterator[Table]:
    """The rows of a SELECT as a temporary table with one index for each named column.

    It is for this connection alone, in a write transaction, and is gone after the block; a rollback takes it away too.
    """
    columns = [Column(c.name, c.type) for c in rows.selected_columns]
    table = Table(f"kept_{name}", MetaData(), *columns, prefixes=["TEMPORARY"])
    for column in indexed:
        Index(f"ix_kept_{name}_{column}", table.c[column])
    table.create(conn)
    conn.execute(table.insert().from_select([c.name for c in columns], rows))
    yield table
    table.drop(conn)
