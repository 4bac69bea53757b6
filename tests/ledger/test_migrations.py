"""A database of an older version keeps everything when it is brought up to date."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text

from onevoice.ledger import schema
from onevoice.ledger.engine import Connection, Ledger

CALL = (
    "INSERT INTO attempt (delivery_id, fence, worker, provider, intent_at, result, result_at) "
    "VALUES (1, {}, 'w', 'sms', 5, '{}', 9)"
)
POINT = "INSERT INTO contact_point (means, contact_key, address_enc, masked) VALUES ('sms', 'k', 'x', '…')"


@pytest.fixture
def first(tmp_path: Path) -> Ledger:
    """A database with the first schema and one contact point."""
    path = tmp_path / "old.db"
    path.touch(mode=0o600)
    ledger = Ledger.open(f"sqlite:///{path}")
    with ledger.write() as conn:
        _upgrade(conn, "0001")
        conn.execute(text(POINT))
    return ledger


def _upgrade(conn: Connection, version: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    config.attributes["connection"] = conn
    command.upgrade(config, version)


def test_each_script_is_named_by_its_version() -> None:
    """So that every command knows the newest without loading Alembic and all scripts."""
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    assert [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()] == [*schema._known()]  # noqa: SLF001 - who asks is not to load Alembic


def test_what_was_there_before_posts_stays_and_names_no_service(first: Ledger) -> None:
    """The new columns are empty for a person's address, so every provider of its means may use it."""
    first.upgrade()

    with first.read() as conn:
        rows = conn.execute(text("SELECT means, masked, via, handle FROM contact_point")).all()
    first.ready()
    assert [tuple(row) for row in rows] == [("sms", "…", None, None)]


def test_a_call_that_is_in_doubt_came_into_doubt_when_that_was_written(first: Ledger, tmp_path: Path) -> None:
    """Of the others nobody knows any more whether they ever were in doubt."""
    with first.write() as conn:
        _upgrade(conn, "0003")
    with closing(sqlite3.connect(tmp_path / "old.db")) as file:  # of which no foreign key is asked
        for fence, result in enumerate(("unknown", "accepted")):
            file.execute(CALL.format(fence, result))
        file.commit()
    first.upgrade()
    with first.read() as conn:
        rows = conn.execute(text("SELECT result, doubted_at FROM attempt ORDER BY fence")).all()
    assert [tuple(row) for row in rows] == [("unknown", 9), ("accepted", None)]
