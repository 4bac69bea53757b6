"""A database of an older version keeps everything when it is brought up to date."""

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from onevoice.ledger import schema
from onevoice.ledger.engine import Ledger

POINT = "INSERT INTO contact_point (means, contact_key, address_enc, masked) VALUES ('sms', 'k', 'x', '…')"


@pytest.fixture
def first(tmp_path: Path) -> Ledger:
    """A database with the first schema and one contact point."""
    path = tmp_path / "old.db"
    path.touch(mode=0o600)
    ledger = Ledger.open(f"sqlite:///{path}")
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    with ledger.write() as conn:
        config.attributes["connection"] = conn
        command.upgrade(config, "0001")
        conn.execute(text(POINT))
    return ledger


def test_what_was_there_before_posts_stays_and_names_no_service(first: Ledger) -> None:
    """The new columns are empty for a person's address, so every provider of its means may use it."""
    first.upgrade()

    with first.read() as conn:
        rows = conn.execute(text("SELECT means, masked, via, handle FROM contact_point")).all()
    first.ready()
    assert [tuple(row) for row in rows] == [("sms", "…", None, None)]
