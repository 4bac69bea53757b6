"""The same life on PostgreSQL: one pass through everything that speaks SQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import bindparam, event, select, text, update
from sqlalchemy.exc import DBAPIError

from onevoice.dispatch.providers import Inbound, Outcome, Receipt, Result, Word
from onevoice.dispatch.receipts import store
from onevoice.errors import OutOfReach, Unusable
from onevoice.ledger import audit, control
from onevoice.ledger import tables as t
from onevoice.ledger.engine import Ledger, database_now, many, may_take_long
from onevoice.ledger.reached import HighWater, Reached
from onevoice.ledger.restored import notice
from onevoice.ledger.tables import metadata
from onevoice.people import Means

Town = Any
Sends = Callable[..., Any]
on_postgres = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
pytestmark = [pytest.mark.slow, pytest.mark.postgres]


@on_postgres
def test_sending_hearing_doubting_and_closing(town: Town, send: Sends, follow: Sends, double: Any) -> None:
    """Sent, called back, repeated, stopped by a reply, in doubt and found, superseded: as on SQLite."""
    release = town.release(12, severity="Extreme")
    town.release([20], chain="other", severity="Minor")

    def third_is_in_doubt(message: Any, _times: int) -> Outcome | None:
        return Outcome(Result.UNKNOWN) if message.to == town.address(3) else None

    provider = double(third_is_in_doubt)
    send(provider)
    assert town.states(release) == {"accepted": 11, "unknown": 1}
    news = Receipt("double-sms", Word.DELIVERED, "d", token=provider.called[0].token)
    stop = Inbound("double-sms", "SM1", town.address(1), "STOP")
    done = store(
        town.ledger, town.vault, [news, news, stop], means_of={"double-sms": Means.SMS}, keywords={}, clock=town.clock
    )
    assert (done.receipts, done.replies, [a.kind for a in done.answers]) == (1, 1, ["stop"])
    follow(provider, after=61)
    assert town.states(release) == {"accepted": 10, "delivered": 1, "retry_wait": 1}
    newer = town.release(3, version=2, kind="all-clear", text="All clear.")
    follow(provider, after=62)
    send(provider)
    assert town.states(release) == {"accepted": 10, "delivered": 1, "parked": 1}
    assert [(r.state, r.reason) for r in town.rows(newer)][1] == ("suppressed", "opted out")
    assert town.states(newer) == {"accepted": 2, "suppressed": 1}


@on_postgres
def test_the_switch_the_chain_and_the_schema(town: Town, send: Sends, double: Any) -> None:
    """Halted means nothing is claimed; the audit chain is whole and guarded; the tables are those of the code."""
    town.ledger.ready()
    town.release(2)
    with town.ledger.write() as conn:
        now = database_now(conn)
        control.halt(conn, by="ana", reason="test", now=now)
        audit.append(conn, town.vault, actor="ana", act="halted", subject="all", detail={"at": now.isoformat()})
    provider = double()
    assert (send(provider).ending, provider.called) == ("halted", [])
    with town.ledger.read() as conn:
        assert audit.verify(conn, town.vault).whole
        assert compare_metadata(MigrationContext.configure(conn, opts={"compare_type": True}), metadata) == []
        assert abs(database_now(conn) - now) < timedelta(seconds=30)
    for change in ("UPDATE audit SET actor = 'x'", "DELETE FROM audit", "TRUNCATE audit"):
        with pytest.raises((DBAPIError, OutOfReach)) as caught, town.ledger.write() as conn:
            conn.execute(text(change))
        assert "append-only" in str(caught.value.__cause__ or caught.value)
    with pytest.raises(OutOfReach, match="cannot be written"), town.ledger.read() as conn:
        conn.execute(t.opt_out.insert().values(contact_key="x", topic="all", at=now, source="x"))


@on_postgres
def test_settings_that_can_lose_a_commit_are_refused(town: Town) -> None:
    """A database that answers before it has written is not worked with."""
    with town.ledger.write() as conn:
        name = conn.scalar(text("SELECT current_database()"))
        conn.execute(text(f"ALTER DATABASE {name} SET synchronous_commit = off"))
    other = Ledger.open(town.url)
    with pytest.raises(Unusable, match="synchronous_commit=off"):
        other.ready()
    other.close()


@on_postgres
def test_who_is_stopped_in_the_middle_of_a_batch_loses_its_locks(town: Town) -> None:
    """The server waits for the rest of a batch, and so takes nobody for idle: it ends the transaction by its length."""
    town.release(1)
    with pytest.raises(OutOfReach):
        _stopped_while_others_write(town)
    with town.ledger.read() as conn:
        assert conn.scalars(select(t.delivery.c.code)).one() == "theirs"


def _stopped_while_others_write(town: Town) -> None:
    theirs = t.delivery.update().values(code="theirs")
    with town.ledger.write_without_pause(most=1) as conn:
        _left_in_a_batch(conn, "UPDATE delivery SET code = 'ours'")
        with town.ledger.write_within(10) as other:
            assert other.execute(theirs).rowcount == 1


def _left_in_a_batch(conn: Any, statement: str) -> None:
    """The statement is sent as the first of a batch whose end is never sent; nothing waits for the answer."""
    wire = conn.connection.driver_connection.pgconn
    wire.enter_pipeline_mode()
    wire.send_query_params(statement.encode(), None)
    wire.send_flush_request()
    wire.flush()


@on_postgres
def test_who_finds_an_older_database_has_the_time_to_doubt_all_rows(town: Town) -> None:
    """A step over all rows of a large release may take longer than an exchange."""
    release = town.release(1)
    with town.ledger.write_without_pause(most=1) as conn:
        may_take_long(conn)
        conn.execute(text("SELECT pg_sleep(1.5)"))
        conn.execute(t.delivery.update().values(code="late"))
    assert [row.code for row in town.rows(release)] == ["late"]
    with pytest.raises(OutOfReach), town.ledger.write_without_pause(most=1) as conn:
        conn.execute(text("SELECT pg_sleep(1.5)"))
    mark = HighWater(town.home / "reached", town.vault)
    mark.rise(Reached(attempt=9, generation=0, entries=0))
    with town.ledger.write_without_pause() as conn:
        assert notice(conn, town.vault, mark, {}, database_now(conn))
        assert conn.exec_driver_sql("SHOW transaction_timeout").scalar_one() == "0"


@on_postgres
@pytest.mark.parametrize(("version", "in_a_batch"), [((16, 4), False), ((17, 0), True)])
def test_only_a_server_that_ends_long_transactions_gets_batches(
    town: Town, monkeypatch: pytest.MonkeyPatch, version: tuple[int, int], in_a_batch: bool
) -> None:
    """An older one gets one statement after the other, and is not asked for what it cannot do."""
    release, sent = town.release(3), []
    change = update(t.delivery).where(t.delivery.c.id == bindparam("of")).values(code="x")
    with town.ledger.read() as conn:
        rows = [{"of": number} for number in conn.scalars(select(t.delivery.c.id))]
        monkeypatch.setattr(conn.dialect, "server_version_info", version)
    with town.ledger.write() as conn:
        monkeypatch.setattr(conn.dialect, "server_version_info", version)
    with town.ledger.write_without_pause() as conn:
        event.listen(conn, "before_cursor_execute", lambda *given: sent.append(given[-1]))
        assert conn.exec_driver_sql("SHOW transaction_timeout").scalar_one() == ("30s" if in_a_batch else "0")
        sent.clear()
        assert many(conn, change, rows) == 3
    assert sent == ([True] if in_a_batch else [False] * 3)
    assert [row.code for row in town.rows(release)] == ["x"] * 3


def test_a_server_that_does_not_answer_is_out_of_reach() -> None:
    """A refused connection is one sentence."""
    ledger = Ledger.open("postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(OutOfReach, match="does not answer"):
        ledger.ready()
    ledger.close()
