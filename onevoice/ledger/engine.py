"""The one engine factory. Every connection to the database is made here, for both kinds of database.

SQLite: local disk, WAL, synchronous=FULL, every write transaction BEGIN IMMEDIATE; reads go through a second engine
that cannot write. PostgreSQL: the settings that make a commit durable are asserted at start.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import Any

from sqlalchemy import Connection as Connection  # noqa: PLC0414 - dispatch names it, and may not import SQLAlchemy
from sqlalchemy import Engine, NullPool, create_engine, event, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement

from onevoice.errors import OutOfReach, Unusable, WrongSetting
from onevoice.ledger import schema
from onevoice.ledger.explained import explained
from onevoice.ledger.tables import Moment
from onevoice.ledger.watch import Watch

BUSY_SECONDS = 30
"""How long a writer waits for the one before it, and a submit on PostgreSQL for its connection."""

LOOK_SECONDS = 0.0005
"""How often a writer looks whether the one before it has ended, on SQLite."""

STOPPED_SECONDS = 15
"""How long PostgreSQL keeps the locks of a sender or listener that says nothing more in the middle of a transaction."""

LONGEST_SECONDS = 30
"""How long a transaction of a sender or listener may last in all. In the middle of a batch of statements PostgreSQL
takes nobody for idle: it waits for the rest of the batch, and keeps the locks of who was stopped there."""

_APART_KIB = 4_096
"""What a look and its write keep of the database in memory, in KiB; of their temporary tables twice as much."""

Clock = Callable[[Connection], datetime]
"""Tells the time inside a transaction. Everybody's is `database_now`, but for tests that travel in time."""


class now_ms(FunctionElement[datetime]):  # noqa: N801 - it is written like an SQL function, and is one
    """The database's own clock, as a Moment: hosts whose clocks differ still agree about leases and expiry."""

    type = Moment()
    inherit_cache = True


@compiles(now_ms, "sqlite")
def _now_in_sqlite(*_: Any, **__: Any) -> str:
    return "CAST(ROUND((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)"


@compiles(now_ms, "postgresql")
def _now_in_postgresql(*_: Any, **__: Any) -> str:
    return "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"


def database_now(conn: Connection) -> datetime:
    """The time on the database's clock, in UTC."""
    return conn.scalars(select(now_ms())).one()


def insert_new(conn: Connection, table: Any, **values: object) -> bool:
    """Insert a row unless one with the same unique key is there. True where it is new."""
    return bool(insert_several(conn, table, [values], *table.primary_key.columns))


def insert_several(conn: Connection, table: Any, rows: Sequence[dict[str, Any]], *shown: Any) -> Sequence[Any]:
    """Insert rows but those whose unique key is there; the `shown` columns of those that are new, in any order."""
    insert = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
    new = insert(table).on_conflict_do_nothing().returning(*shown)
    return conn.execute(new, list(rows)).all()  # a row count would be -1 where the driver returns the new key


def many(conn: Connection, statement: Any, rows: Sequence[Mapping[str, Any]]) -> int:
    """Carry out one statement once for each row of values, each given as it is kept. How many rows changed.

    SQLAlchemy looks at each value of each row again, which costs more than the statement; so it only writes it here.
    """
    words, given, order = _written(statement, conn.dialect)
    own = {name: value for name, value in given.items() if name not in rows[0]}
    whole = [{**own, **row} for row in rows] if own else rows
    if conn.dialect.name == "postgresql" and not _ends_long_ones(conn):
        return sum(conn.exec_driver_sql(words, row).rowcount for row in whole)  # without a batch to be stopped in
    values = list(map(order, whole)) if order else whole
    return conn.exec_driver_sql(words, values).rowcount


def _ends_long_ones(conn: Connection) -> bool:
    """True for a PostgreSQL that can end a transaction which lasts too long, whatever it waits for: since 17."""
    return (conn.dialect.server_version_info or (0,)) >= (17,)


@cache
def _written(statement: Any, dialect: Any) -> tuple[str, dict[str, Any], itemgetter[Any] | None]:
    """A statement in the words of a database, what it gives itself, and what puts values without names in order."""
    compiled = statement.compile(dialect=dialect)
    order = compiled.positiontup
    return str(compiled), dict(compiled.params), itemgetter(*order) if order else None


def _without_pause(conn: Connection, most: int | None) -> None:
    if conn.dialect.name != "postgresql":
        return
    ends = f"SET LOCAL idle_in_transaction_session_timeout = '{STOPPED_SECONDS}s'"
    if most is not None and _ends_long_ones(conn):
        ends += f"; SET LOCAL transaction_timeout = '{most}s'"
    conn.exec_driver_sql(ends)


def may_take_long(conn: Connection) -> None:
    """What this transaction has to do now concerns all rows: it has no end by its length any more, and no batches."""
    if conn.dialect.name == "postgresql" and _ends_long_ones(conn):
        conn.exec_driver_sql("SET LOCAL transaction_timeout = 0")


class Apart:
    """A connection of its own, for a long look and the short write that follows from it.

    Temporary tables that the look makes last until the connection is closed: the write finds them, nobody else does.
    """

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    @contextmanager
    def look(self) -> Iterator[Connection]:
        """One consistent look that holds up no writer. It may make temporary tables, and changes no others."""
        with self._begun(begins="BEGIN", isolation_level="REPEATABLE READ") as conn:
            yield conn

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One short write transaction, as `Ledger.write_without_pause` with no limit to single statements.

        The look is over: what it saw may have changed since.
        """
        with self._begun(begins="BEGIN IMMEDIATE", isolation_level="READ COMMITTED") as conn:
            _without_pause(conn, None)
            yield conn

    @contextmanager
    def _begun(self, *, begins: str, isolation_level: str) -> Iterator[Connection]:
        if self._conn.dialect.name == "postgresql":
            self._conn.execution_options(isolation_level=isolation_level)
        else:
            self._conn.execution_options(begins=begins)
        with self._conn.begin():
            yield self._conn


class Ledger:
    """The database: short write transactions, and reads that cannot write."""

    def __init__(self, url: URL, write: Engine, read: Engine, apart: Engine) -> None:
        self._url = url
        self._write = write
        self._read = read
        self._apart = apart
        self._file = Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None
        self._inode: int | None = None

    @classmethod
    def open(cls, url: str) -> Ledger:
        """A ledger on `url` (sqlite:///path or postgresql://…). Nothing is read or written yet.

        Raises:
            WrongSetting: the URL cannot be read, or names a database that OneVoice does not know.
        """
        parsed = _parsed(url)
        engines = _sqlite if parsed.get_backend_name() == "sqlite" else _postgresql
        return cls(parsed, *engines(parsed))

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent look at the database.

        Raises:
            OutOfReach: the database cannot be reached.
        """
        self._still_there()
        with explained(), self._read.begin() as conn:
            yield conn

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One short write transaction: committed at the end of the block, or rolled back whole.

        Raises:
            OutOfReach: locked for longer than `BUSY_SECONDS`, the disk is full, or the database cannot be reached.
        """
        self._still_there()
        with explained(), self._write.begin() as conn:
            yield conn

    @contextmanager
    def write_without_pause(self, *, most: int | None = LONGEST_SECONDS) -> Iterator[Connection]:
        """As `write`, for who waits for nothing but the database meanwhile.

        Where such a process is stopped in the middle, PostgreSQL rolls back after `STOPPED_SECONDS`, in the middle of
        a batch after `most`, so that others can go on. SQLite cannot: nobody writes until the process goes on or is
        killed. `most` None: single statements that may take long, and no batches (`many`).

        Raises:
            OutOfReach: as `write`, also where we were stopped, or took, for so long.
        """
        with self.write() as conn:
            _without_pause(conn, most)
            yield conn

    @contextmanager
    def apart(self) -> Iterator[Apart]:
        """A connection for what takes seconds to work out and must then be written at once. Closed after the block.

        Raises:
            OutOfReach: as `read` and `write`.
        """
        self._still_there()
        with explained(), self._apart.connect() as conn:
            yield Apart(conn)

    @contextmanager
    def write_within(self, seconds: float) -> Iterator[Connection]:
        """As `write`, on a connection of its own and given up sooner: for what must not wait behind others.

        Raises:
            OutOfReach: locked for longer than `seconds`, or as `write`.
        """
        self._still_there()
        engine = _impatient(self._url, seconds)
        try:
            with explained(), engine.begin() as conn:
                yield conn
        finally:
            engine.dispose()

    def watch(self) -> Watch:
        """For who waits: whether anybody committed. To be used in one thread, and closed."""
        return Watch(self._file)

    def upgrade(self) -> None:
        """Create or migrate the schema, all of it in one transaction."""
        if self._file:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file.touch(mode=0o600)
        with self.write() as conn:
            schema.upgrade(conn)
        self._durable()

    def ready(self) -> None:
        """Say nothing if the database can be worked with.

        Raises:
            OutOfReach: it is missing or cannot be reached.
            Unusable: its schema is older or newer than this program, or its settings can lose a commit.
        """
        if self._file and not self._file.is_file():
            raise OutOfReach("There is no database yet.", where=str(self._file), remedy=schema.HOW)
        with self.read() as conn:
            schema.check(conn)
        self._durable()

    def close(self) -> None:
        """Let go of all connections."""
        self._write.dispose()
        self._read.dispose()
        self._apart.dispose()

    def _still_there(self) -> None:
        """Refuse to go on writing into a file that was deleted or replaced under us."""
        if self._file is None:
            return
        try:
            inode = self._file.stat().st_ino
        except OSError:
            inode = None
        if inode is None or inode != (self._inode or inode):
            what = "The database file was deleted or replaced while it was in use, or was never made."
            raise OutOfReach(what, where=str(self._file), remedy=f"Put it back, then start again. {schema.HOW}")
        self._inode = inode

    def _durable(self) -> None:
        if self._file:
            return
        with self.read() as conn:
            for name in ("fsync", "synchronous_commit", "full_page_writes"):
                if conn.exec_driver_sql(f"SHOW {name}").scalar_one() == "off":
                    what = f"PostgreSQL runs with {name}=off, so a commit can be lost."
                    raise Unusable(what, where="ONEVOICE_DATABASE_URL", remedy=f"Set {name}=on.")


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = URL.create("none")
    known = parsed.get_backend_name() in ("sqlite", "postgresql")
    if not known or (parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:")):
        what = "This is not a database that OneVoice can use."
        remedy = "Give sqlite:///path/to/onevoice.db or postgresql://user@host/name."
        raise WrongSetting(what, where="ONEVOICE_DATABASE_URL", remedy=remedy)
    return parsed.set(drivername="postgresql+psycopg") if parsed.drivername == "postgresql" else parsed


def _sqlite(url: URL) -> tuple[Engine, Engine, Engine]:
    waits = {"timeout": BUSY_SECONDS}
    write, read = (_engine(url, connect_args=waits) for _ in range(2))
    apart = create_engine(url, hide_parameters=True, poolclass=NullPool, connect_args=waits)
    _pragmas(write, "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
    _pragmas(
        apart, "synchronous=FULL", "foreign_keys=ON", f"cache_size=-{_APART_KIB}", f"temp.cache_size=-{_APART_KIB}"
    )
    _pragmas(read, "query_only=ON")
    event.listen(write, "begin", _begin_to_write)
    event.listen(apart, "begin", lambda conn: conn.exec_driver_sql(conn.get_execution_options()["begins"]))
    event.listen(read, "begin", lambda conn: conn.exec_driver_sql("BEGIN"))
    return write, read, apart


def _begin_to_write(conn: Connection) -> None:
    """Begin soon after the writer before has ended. SQLite by itself looks again after 1, 2, 5, 10, 15 … milliseconds.

    Senders write for some milliseconds, many times a second: waited for so, each sleeps longer than the other needs.
    """
    raw: Any = conn.connection.dbapi_connection
    until = time.monotonic() + BUSY_SECONDS
    raw.execute("PRAGMA busy_timeout = 0")
    while _others_write(raw) and time.monotonic() < until:
        time.sleep(LOOK_SECONDS)
    if not raw.in_transaction:
        conn.exec_driver_sql("BEGIN IMMEDIATE")
    raw.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")


def _others_write(raw: sqlite3.Connection) -> bool:
    """Try to begin. False where it did, or where another trouble than somebody who writes keeps it from that."""
    try:
        raw.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as problem:
        return "locked" in str(problem)
    return False


def _postgresql(url: URL) -> tuple[Engine, Engine, Engine]:
    options = f"-c lock_timeout={BUSY_SECONDS}s"
    known = {"connect_timeout": 5}
    write = _engine(url, connect_args={**known, "options": options}, pool_pre_ping=True)
    only = f"{options} -c default_transaction_read_only=on"
    read = _engine(url, connect_args={**known, "options": only}, pool_pre_ping=True, isolation_level="REPEATABLE READ")
    patient = {"connect_timeout": BUSY_SECONDS, "options": options}  # made anew each time, also on a busy machine
    apart = create_engine(url, hide_parameters=True, poolclass=NullPool, connect_args=patient)
    return write, read, apart


def _impatient(url: URL, seconds: float) -> Engine:
    """A write engine without a pool."""
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, hide_parameters=True, poolclass=NullPool, connect_args={"timeout": seconds})
        _pragmas(engine, "synchronous=FULL", "foreign_keys=ON")
        event.listen(engine, "begin", lambda conn: conn.exec_driver_sql("BEGIN IMMEDIATE"))
        return engine
    waits = f"-c lock_timeout={round(seconds * 1000)} -c statement_timeout={round(seconds * 1000)}"
    known = {"connect_timeout": 2, "options": waits}
    return create_engine(url, hide_parameters=True, poolclass=NullPool, connect_args=known)


def _engine(url: URL, **more: Any) -> Engine:
    return create_engine(url, hide_parameters=True, pool_timeout=BUSY_SECONDS, **more)


def _pragmas(engine: Engine, *pragmas: str) -> None:
    def connected(dbapi: Any, _record: object) -> None:
        dbapi.isolation_level = None  # we say BEGIN ourselves: the driver's own comes too late for a read-then-write
        for pragma in pragmas:
            dbapi.execute(f"PRAGMA {pragma}")

    event.listen(engine, "connect", connected)
