"""What sending and following up read does not grow with what waits: a million may be due when a few are claimed."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert, update

from onevoice.dispatch import policy
from onevoice.ledger import sending, sweep
from onevoice.ledger import tables as t
from onevoice.ledger.engine import Connection, database_now
from onevoice.ledger.queue import Terms, Want
from onevoice.settings import Mode

BOTH = pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
MANY = 900
TERMS = Terms("w", Mode.EXERCISE, 1, policy.rank, timedelta(seconds=60))


@contextmanager
def plans(conn: Connection, begins: str) -> Iterator[list[str]]:
    """How the database carries out the statements that begin so: a line for each step, beneath each other."""
    found: list[str] = []

    def look(_conn: Any, cursor: Any, statement: str, given: Any, *_: Any) -> None:
        if statement.startswith(begins):
            explain = "EXPLAIN" if conn.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
            asked = cursor.connection.cursor()
            asked.execute(f"{explain} {statement}", given)
            found.append("\n".join(str(row[-1]) for row in asked.fetchall()))

    event.listen(conn, "before_cursor_execute", look)
    yield found
    event.remove(conn, "before_cursor_execute", look)


def _counted(conn: Connection) -> None:
    """As a database that was left alone for a while: it knows how many rows there are."""
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql("ANALYZE")


@BOTH
@pytest.mark.parametrize("state", ["planned", "retry_wait"])
def test_a_claim_takes_the_next_few_and_sorts_nothing(town: Any, state: str) -> None:
    """PostgreSQL sorted all that was due for each claim: 75 ms where 6,000 waited, and less than one without."""
    town.release(MANY)
    with town.ledger.write() as conn:
        conn.execute(update(t.delivery).values(state=state))
        _counted(conn)
        want = Want("sms", "sms", 8, 1e6, timedelta(seconds=30), 0.0, 100.0)
        with plans(conn, "SELECT delivery.id, delivery.fence, delivery.tries") as found:
            got = sending.exchange(conn, town.vault, TERMS, [], [want], database_now(conn))
    assert len(got.claimed) == 8
    told = "\n".join(found).lower()
    assert "ix_delivery_due" in told
    assert "sort" not in told
    assert "b-tree" not in told  # as SQLite calls it


@BOTH
def test_who_refused_is_found_from_the_refusals(town: Any) -> None:
    """Each round asks it, and holds up all who write on SQLite: not by going through everybody else's deliveries."""
    number = town.release(MANY)
    town.opt_out(3)
    town.opt_out(4, topic="information")
    with town.ledger.write() as conn:
        other = {"contact_key": "nobody's", "topic": "all", "at": database_now(conn), "source": "test"}
        conn.execute(insert(t.opt_out).values(**other))
        _counted(conn)
        with plans(conn, "SELECT delivery.id \nFROM delivery") as found:
            assert sweep.close_unsent(conn, Mode.EXERCISE, database_now(conn)) == 1
    assert [row.state for row in town.rows(number)].count("suppressed") == 1
    assert town.rows(number)[3].reason == "opted out"
    (told,) = found
    assert "ix_delivery_point_id" in told
    assert "ix_delivery_due" not in told
