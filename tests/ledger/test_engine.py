import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError, OperationalError

from onevoice.errors import OutOfReach, Unusable, WrongSetting
from onevoice.ledger import engine
from onevoice.ledger.engine import Ledger, database_now
from onevoice.ledger.tables import metadata, opt_out

HOW = "onevoice db upgrade"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database lies."""
    return tmp_path / "home" / "onevoice.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    """An upgraded ledger."""
    made = Ledger.open(f"sqlite:///{path}")
    made.upgrade()
    yield made
    made.close()


def test_the_migrations_make_exactly_the_tables_of_the_code(ledger: Ledger) -> None:
    """Comparing the migrated database with the tables in the code finds no difference."""
    with ledger.read() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_upgrading_again_changes_nothing_and_ready_is_content(ledger: Ledger, path: Path) -> None:
    """A second upgrade leaves the rows alone, and the file can be read by its owner only."""
    with ledger.write() as conn:
        conn.execute(text("UPDATE control SET generation = 7"))
    ledger.upgrade()
    ledger.ready()
    with ledger.read() as conn:
        assert conn.scalar(text("SELECT generation FROM control")) == 7
    assert path.stat().st_mode & 0o077 == 0


def test_a_missing_database_is_refused_and_not_created(path: Path) -> None:
    """Looking at a database that is not there says what to run, and leaves nothing behind."""
    with pytest.raises(OutOfReach, match=HOW):
        Ledger.open(f"sqlite:///{path}").ready()
    assert not path.exists()


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ("DELETE FROM alembic_version", OutOfReach, "empty.*" + HOW),
        ("UPDATE alembic_version SET version_num = '9999'", Unusable, "newer OneVoice"),
    ],
)
def test_a_schema_of_another_version_is_refused(
    ledger: Ledger, change: str, error: type[Exception], words: str
) -> None:
    """A database without a version, or with one that this program does not know, is not worked with."""
    with ledger.write() as conn:
        conn.execute(text(change))
    with pytest.raises(error, match=words):
        ledger.ready()


def test_an_older_schema_is_refused_with_what_to_run(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the program knows a newer version than the database has, it says so."""
    known = ("9999", "0008", "0007", "0006", "0005", "0004", "0003", "0002", "0001")
    monkeypatch.setattr("onevoice.ledger.schema._known", lambda: known)
    with pytest.raises(Unusable, match="older.*" + HOW):
        ledger.ready()


def test_a_newer_schema_is_not_upgraded(ledger: Ledger) -> None:
    """An upgrade does not touch a database that a newer program made."""
    with ledger.write() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Unusable, match="newer OneVoice"):
        ledger.upgrade()


def test_an_upgrade_that_fails_leaves_nothing_behind(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All tables come in one transaction: after an error in the middle there are none."""
    monkeypatch.setattr("onevoice.ledger.schema.MIGRATIONS", Path(__file__).parent / "broken_migrations")
    broken = Ledger.open(f"sqlite:///{path}")
    with pytest.raises(RuntimeError, match="in the middle"):
        broken.upgrade()
    with sqlite3.connect(path) as plain:
        assert plain.execute("SELECT name FROM sqlite_master").fetchall() == []
    plain.close()
    broken.close()


ADD = """
import sys
from onevoice.ledger.engine import Ledger
ledger = Ledger.open(sys.argv[1])
for _ in range(50):
    with ledger.write() as conn:
        seen = conn.exec_driver_sql("SELECT generation FROM control").scalar_one()
        conn.exec_driver_sql(f"UPDATE control SET generation = {seen + 1}")
"""


@pytest.mark.slow
def test_400_concurrent_read_then_write_increments_lose_none(ledger: Ledger, path: Path) -> None:
    """Eight processes that each read a number and write it back increased, fifty times, together add 400."""
    workers = [subprocess.Popen([sys.executable, "-c", ADD, f"sqlite:///{path}"]) for _ in range(8)]
    assert [worker.wait(60) for worker in workers] == [0] * 8
    with ledger.read() as conn:
        assert conn.scalar(text("SELECT generation FROM control")) == 401


MANY_ROWS = """
INSERT INTO opt_out
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
SELECT i, 'all', 1, printf('%4000d', i) FROM n
"""


def write(ledger: Ledger, *statements: str) -> None:
    """All statements in one transaction."""
    with ledger.write() as conn:
        for statement in statements:
            conn.exec_driver_sql(statement)


def test_a_read_cannot_write(ledger: Ledger) -> None:
    """The reading engine refuses every change."""
    with pytest.raises(OutOfReach, match="cannot be written"), ledger.read() as conn:
        conn.execute(text("UPDATE control SET generation = 9"))


def test_an_error_in_a_write_undoes_all_of_it(ledger: Ledger) -> None:
    """A transaction that breaks off leaves no trace."""
    with pytest.raises(IntegrityError):
        write(ledger, "UPDATE control SET generation = 9", "INSERT INTO control SELECT * FROM control")
    with ledger.read() as conn:
        assert conn.scalar(text("SELECT generation FROM control")) == 1


def test_commits_are_durable_and_keys_are_checked(ledger: Ledger) -> None:
    """Every writing connection has WAL, synchronous FULL and foreign keys on."""
    with ledger.write() as conn:
        pragmas = [
            conn.exec_driver_sql(f"PRAGMA {p}").scalar() for p in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert pragmas == ["wal", 2, 1]


def test_a_locked_database_is_out_of_reach_and_no_traceback(
    ledger: Ledger, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lock that another process holds for longer than we wait becomes one sentence."""
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.2)
    impatient = Ledger.open(f"sqlite:///{path}")
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(OutOfReach, match="locked by another process"), impatient.write():
        pass
    with ledger.read() as conn:
        assert conn.scalar(text("SELECT count(*) FROM control")) == 1, "reading goes on under a writer's lock"
    holder.close()
    impatient.close()


def test_a_writer_waits_for_the_one_before_it(ledger: Ledger, path: Path) -> None:
    """A lock that is given back in time delays a write and does not fail it."""
    holder = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    threading.Timer(0.3, holder.close).start()
    began = time.monotonic()
    with ledger.write() as conn:
        conn.execute(text("UPDATE control SET generation = 2"))
        patience = conn.exec_driver_sql("PRAGMA busy_timeout").scalar()
    assert time.monotonic() - began >= 0.25
    assert patience == engine.BUSY_SECONDS * 1000, "what comes later waits as ever"


def test_a_full_disk_is_out_of_reach_and_changes_nothing(ledger: Ledger) -> None:
    """When no page can be added any more, the write fails in one sentence and leaves no trace."""
    with ledger.read() as conn:
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar_one()
    with pytest.raises(OutOfReach, match="disk is full"):
        write(ledger, f"PRAGMA max_page_count = {pages + 2}", MANY_ROWS)
    with ledger.read() as conn:
        assert conn.scalar(text("SELECT count(*) FROM opt_out")) == 0


def test_a_damaged_file_is_out_of_reach(path: Path) -> None:
    """A file that is no database is named as such."""
    path.parent.mkdir()
    path.write_bytes(b"this is not a database at all, and long enough to be looked at" * 100)
    with pytest.raises(OutOfReach, match=r"not a database|damaged"):
        Ledger.open(f"sqlite:///{path}").ready()


def test_a_database_deleted_or_replaced_under_us_is_noticed(ledger: Ledger, path: Path) -> None:
    """Nothing is written into a file that nobody will ever see again."""
    with ledger.read():
        pass
    kept = path.with_suffix(".kept")
    path.rename(kept)
    with pytest.raises(OutOfReach, match="deleted or replaced"), ledger.write():
        pass
    path.write_bytes(kept.read_bytes())
    with pytest.raises(OutOfReach, match="deleted or replaced"), ledger.write():
        pass


def test_a_broken_rule_of_the_schema_is_no_matter_of_reach(ledger: Ledger) -> None:
    """A violated key is a mistake of the program and is raised as what it is, without values."""
    row = insert(opt_out).values(contact_key="secret-key", topic="all", at=datetime.now(UTC), source="test")
    with ledger.write() as conn:
        conn.execute(row)
    with pytest.raises(IntegrityError) as caught, ledger.write() as conn:
        conn.execute(row)
    assert "secret-key" not in str(caught.value)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://x/y", "nonsense", ""])
def test_other_databases_are_refused_by_the_name_of_the_setting(url: str) -> None:
    """A database that cannot be shared, or is not known, is a wrong setting."""
    with pytest.raises(WrongSetting, match="ONEVOICE_DATABASE_URL"):
        Ledger.open(url)


def test_the_time_comes_from_the_database(ledger: Ledger) -> None:
    """The database's clock is read as an aware time in whole milliseconds."""
    with ledger.read() as conn:
        now = database_now(conn)
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=2)
    assert now.microsecond % 1000 == 0


@pytest.mark.parametrize("change", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit"])
def test_the_database_itself_refuses_to_change_the_audit_chain(ledger: Ledger, change: str) -> None:
    """Rows of the audit chain can be added and nothing else."""
    with ledger.write() as conn:
        conn.execute(text("INSERT INTO audit VALUES (1, 1, 'a', 'b', 'c', '{}', '0', '1')"))
    with pytest.raises((IntegrityError, OperationalError), match="append-only"), ledger.write() as conn:
        conn.execute(text(change))
