"""Rows that a statement needs more than once, and what the planner of the database must know about them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Column, CompoundSelect, Connection, Index, MetaData, Select, String, Table, Text


def keep(
    conn: Connection, name: str, rows: Select[Any] | CompoundSelect[Any], *indexed: str, key: str | None = None
) -> Table:
    """The rows of a SELECT as a temporary table with one index for each named column; `key`: a number, in each once.

    It is for this connection alone, and lasts as long as it: so it is for connections that no pool takes back
    (`Ledger.apart`). A rollback of the transaction takes it away too.
    """
    columns = [
        Column(c.name, Text() if isinstance(c.type, String) else c.type, primary_key=c.name == key, autoincrement=False)
        for c in rows.selected_columns
    ]
    table = Table(f"kept_{name}", MetaData(), *columns, prefixes=["TEMPORARY"])
    table.create(conn)
    conn.execute(table.insert().from_select([c.name for c in columns], rows))
    for column in indexed:
        Index(f"ix_kept_{name}_{column}", table.c[column]).create(conn)
    count_again(conn, table.name)
    return table


@contextmanager
def kept(conn: Connection, name: str, rows: Select[Any] | CompoundSelect[Any], *indexed: str) -> Iterator[Table]:
    """As `keep`, on any connection that may write temporary tables, and gone after the block."""
    table = keep(conn, name, rows, *indexed)
    yield table
    table.drop(conn)


def count_again(conn: Connection, *tables: str) -> None:
    """Let PostgreSQL count tables that were just filled. Until it has, it takes them for empty and plans for that."""
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql(f"ANALYZE {', '.join(tables)}")


@contextmanager
def joined_whole(conn: Connection) -> Iterator[None]:
    """For reading with large WITH clauses: PostgreSQL guesses that each has one row, and would join them row by row."""
    postgresql = conn.dialect.name == "postgresql"
    if postgresql:
        conn.exec_driver_sql("SET LOCAL enable_nestloop = off")
    yield
    if postgresql:
        conn.exec_driver_sql("SET LOCAL enable_nestloop = on")
