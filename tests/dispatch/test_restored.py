"""A database that was put back from an older backup sends nothing by itself, and nothing twice."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url, select

from onevoice.dispatch.providers import Outcome, Outgoing, Receipt, Result, Word
from onevoice.errors import OutOfReach, Unusable
from onevoice.ledger import audit, control
from onevoice.ledger import tables as t
from onevoice.ledger.engine import database_now
from onevoice.ledger.reached import HighWater, Reached, reached

Town = Any
Sends = Callable[..., Any]
PEOPLE = 20
on_both = pytest.mark.parametrize(
    "database_url",
    ["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.slow])],
    indirect=True,
)


def admin(town: Town) -> Any:
    """A connection to the server beside the town's database."""
    import psycopg

    url = make_url(town.url).set(drivername="postgresql", database="postgres")
    return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)


def copied(town: Town, name: str, back: str) -> None:
    """PostgreSQL: one database becomes a copy of another."""
    town.ledger.close()
    with admin(town) as conn:
        conn.execute(f'DROP DATABASE IF EXISTS "{back}"')
        conn.execute(f'CREATE DATABASE "{back}" TEMPLATE "{name}"')


def backup(town: Town, folder: Path) -> Callable[[], None]:
    """Make a backup. The answer puts it back."""
    url = make_url(town.url)
    if url.get_backend_name() == "postgresql":
        kept = f"{url.database}_kept"
        copied(town, str(url.database), kept)
        return lambda: copied(town, kept, str(url.database))
    kept_file, file = folder / "kept.db", Path(str(url.database))
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(kept_file)) as target:
        source.backup(target)

    def put_back() -> None:
        town.ledger.close()
        for part in ("-wal", "-shm"):
            file.with_name(file.name + part).unlink(missing_ok=True)
        shutil.copyfile(kept_file, file)

    return put_back


@pytest.fixture
def mark(town: Town) -> Path:
    """Where it stands how far the town has come."""
    return Path(town.home / "reached")


def resume(town: Town) -> None:
    """Two people let sending go on."""
    for name in ("ana", "ben"):
        with town.ledger.write() as conn:
            control.resume(conn, by=name, now=database_now(conn))


class Story:
    """Half of a release is sent, one call in doubt; a backup is made; the rest is sent; the backup is put back."""

    def __init__(self, town: Town, send: Sends, double: Any, mark: Path, tmp_path: Path, **release: Any) -> None:
        self.town, self.mark = town, mark
        self.release = town.release(PEOPLE, **({"severity": "Extreme"} | release))
        self.before = 0
        self.provider = double(self._halts_half_way)
        self.provider.find = self._find
        send(self.provider, reached_file=mark)
        self.before = len(self.provider.called)
        assert 0 < self.before < PEOPLE
        put_back = backup(town, tmp_path)
        town.options().halt_file.unlink()
        with town.ledger.write() as conn:
            for _ in range(5):
                audit.append(conn, town.vault, actor="ana", act="released", subject="something else")
        send(self.provider, reached_file=mark)
        assert len(self.provider.taken) == PEOPLE
        self.numbers = {message.attempt for message in self.provider.called}
        put_back()

    async def _find(self, message: Outgoing, since: datetime) -> Sequence[Receipt] | None:
        """As Twilio is asked: for these words to this number; it knows nothing of our numbers."""
        assert since < message.valid_until
        held = [m for m in self.provider.taken if (m.to, m.parts) == (message.to, message.parts)]
        name = self.provider.name
        found = [Receipt(name, Word.SENT, f"find-{m.attempt}", ref=f"ref-{m.attempt}") for m in held]
        return None if self.provider.cannot_be_asked else found

    def _halts_half_way(self, message: Outgoing, _times: int) -> Outcome | None:
        if not self.before and len(self.provider.taken) >= PEOPLE // 4:
            self.town.options().halt_file.touch()
        if message.to == self.town.address(0):
            self.provider.taken.append(message)
            return Outcome(Result.UNKNOWN)
        return None


@pytest.fixture
def story(town: Town, send: Sends, double: Any, mark: Path, tmp_path: Path) -> Callable[..., Story]:
    """Tell it."""

    def told(**release: Any) -> Story:
        return Story(town, send, double, mark, tmp_path, **release)

    return told


@on_both
def test_nothing_leaves_until_two_people_say_so(town: Town, send: Sends, mark: Path, story: Any) -> None:
    """A sender on yesterday's database halts everything, says why in the audit chain, and makes no call."""
    told = story()
    for _ in range(2):
        assert send(told.provider, reached_file=mark).ending == "halted"
    assert len(told.provider.called) == PEOPLE
    with town.ledger.read() as conn:
        switch = control.state(conn)
        last = conn.execute(select(t.audit).order_by(t.audit.c.id.desc())).first()
        assert audit.verify(conn, town.vault).whole
    assert (switch.running, switch.by) == (False, "sender")
    assert "older than what was sent" in str(switch.reason)
    assert last is not None
    assert last.act == "restore noticed"
    assert last.detail["calls"] == PEOPLE - told.before
    assert town.states(told.release).get("planned", 0) == 0, "nothing looks as if it had never been called"


@on_both
def test_what_the_provider_has_is_not_sent_again_and_what_it_lacks_is(
    town: Town, send: Sends, follow: Sends, mark: Path, story: Any
) -> None:
    """After two people resumed: nobody gets it twice, and one whose message the provider never had gets it."""
    told = story()
    lost = told.provider.taken.pop()
    send(told.provider, reached_file=mark)
    for after in (1, 61):
        follow(told.provider, after=after, reached_file=mark)
    assert len(told.provider.called) == PEOPLE, "while it is halted it only asks"
    resume(town)
    assert send(told.provider, reached_file=mark).ending == "done"
    assert Counter(m.to for m in told.provider.taken) == {town.address(p): 1 for p in range(PEOPLE)}
    assert told.provider.called[-1].to == lost.to
    assert set(town.states(told.release)) <= {"accepted", "sent"}


@on_both
@pytest.mark.parametrize("reached_by_it", [True, False])
def test_a_next_means_that_the_backup_does_not_know_of_is_looked_for(
    town: Town, send: Sends, follow: Sends, double: Any, mark: Path, tmp_path: Path, *, reached_by_it: bool
) -> None:
    """Opened and called after the backup, then opened anew: who has it does not get it again; who lacks it does."""
    release, spare = town.release(2), town.release([9], chain="spare", due=False)
    provider = double()

    async def find(message: Outgoing, since: datetime) -> Sequence[Receipt] | None:
        held = [m for m in provider.taken if m.to == message.to and since < message.valid_until]
        return [Receipt(provider.name, Word.SENT, f"find-{m.attempt}", ref=f"ref-{m.attempt}") for m in held]

    def opens(conn: Any, number: int, now: datetime, **_: Any) -> int:
        """Everybody of the release is written to; then it is the turn of the spare one's text."""
        moved = t.delivery.c.release_id == spare
        values = {"release_id": number, "not_before": now, "variant_id": town.rows(release)[0].variant_id}
        return int(conn.execute(t.delivery.update().where(moved).values(**values)).rowcount)

    provider.find = find
    send(provider, reached_file=mark)
    put_back = backup(town, tmp_path)
    follow(provider, next_means=opens, reached_file=mark)
    send(provider, reached_file=mark)
    assert [m.to for m in provider.called[2:]] == [town.address(9)]
    put_back()
    if not reached_by_it:
        provider.taken.pop()
    send(provider, reached_file=mark)
    resume(town)
    for after in (1, 121, 122):
        follow(provider, next_means=opens, after=after, reached_file=mark)
        send(provider, reached_file=mark)
    assert len(provider.called) == (3 if reached_by_it else 4)
    assert provider.per_person == {town.address(person): 1 for person in (0, 1, 9)}
    later = town.release([50], chain="later")
    assert send(provider, reached_file=mark).accepted == 1, "what is released after the restore is not in doubt"
    assert town.states(later) == {"accepted": 1}


@on_both
def test_where_nobody_can_be_asked_a_person_decides(
    town: Town, send: Sends, follow: Sends, mark: Path, story: Any
) -> None:
    """Mail cannot be asked for: what the backup had not sent is parked, whatever the severity. Nothing goes twice."""
    told = story()
    told.provider.cannot_be_asked = True
    follow(told.provider, after=0, reached_file=mark)
    resume(town)
    for after in (100, 1000):
        follow(told.provider, after=after, reached_file=mark)
        send(told.provider, reached_file=mark)
    assert len(told.provider.called) == PEOPLE
    states = town.states(told.release)
    assert states["parked"] >= PEOPLE - told.before
    assert set(states) == {"parked", "accepted"}
    reasons = {row.reason for row in town.rows(told.release) if row.state == "parked"}
    assert reasons == {"an older database was put back"}


@on_both
def test_numbers_of_lost_calls_are_never_given_again(
    town: Town, send: Sends, double: Any, mark: Path, story: Any
) -> None:
    """A late receipt of a call that the database lost cannot be taken for one of another call."""
    told = story()
    send(told.provider, reached_file=mark)
    resume(town)
    town.release([500], chain="another")
    other = double()
    send(other, reached_file=mark)
    assert other.called
    assert not told.numbers & {message.attempt for message in other.called}
    lost = max(told.numbers)
    assert all(row.id < lost - (PEOPLE - told.before) + 1 or row.id > lost for row in town.attempts())


def test_once_two_people_resumed_it_is_not_halted_again(
    town: Town, send: Sends, double: Any, mark: Path, story: Any
) -> None:
    """Noticing it once is enough: later senders work, and another restore is noticed anew."""
    told = story()
    send(told.provider, reached_file=mark)
    resume(town)
    assert send(told.provider, reached_file=mark).ending == "done"
    town.release([600], chain="later")
    later = double()
    assert send(later, reached_file=mark).ending == "done"
    assert len(later.called) == 1


def test_what_was_approved_must_be_handed_in_anew(town: Town, send: Sends, mark: Path, story: Any) -> None:
    """An approved alert may have been released since the backup: its approval is void."""
    town.release([700], chain="approved", due=False)
    told = story()
    send(told.provider, reached_file=mark)
    with town.ledger.read() as conn:
        state = conn.scalar(select(t.alert.c.state).where(t.alert.c.id == "approved-1"))
        void = conn.scalar(select(t.release.c.void_at).where(t.release.c.alert_id == "approved-1"))
    assert state == "draft"
    assert void is not None


def test_a_halt_that_the_backup_does_not_know_of_holds(
    town: Town, send: Sends, double: Any, mark: Path, tmp_path: Path
) -> None:
    """Halted after the backup was made, with not one call in between: a sender on the backup is halted too."""
    town.release(3)
    put_back = backup(town, tmp_path)
    with town.ledger.write() as conn:
        control.halt(conn, by="ana", reason="wrong town", now=database_now(conn))
    assert send(double(), reached_file=mark).ending == "halted"
    put_back()
    provider = double()
    assert send(provider, reached_file=mark).ending == "halted"
    assert provider.called == []
    assert town.states(1) == {"planned": 3}, "no call was lost, so none is in doubt"


def test_a_mark_that_is_behind_proves_nothing(town: Town, send: Sends, double: Any, mark: Path, tmp_path: Path) -> None:
    """After a loss of power the file may be older than the database: sending goes on."""
    town.release(3)
    send(double(), reached_file=mark)
    shutil.copyfile(mark, tmp_path / "old")
    town.release(3, chain="b")
    send(double(), reached_file=mark)
    shutil.copyfile(tmp_path / "old", mark)
    town.release(3, chain="c")
    provider = double()
    assert send(provider, reached_file=mark).ending == "done"
    assert len(provider.called) == 3


@pytest.mark.parametrize("how", ["other keys", "cut off", "a folder"])
def test_a_mark_that_cannot_be_read_stops_everything(
    town: Town, send: Sends, double: Any, mark: Path, how: str
) -> None:
    """Nobody can say how far we had come, so nothing is sent."""
    town.release(3)
    if how == "a folder":
        mark.mkdir()
    else:
        send(double(), reached_file=mark)
        town.release(3, chain="b")
        text = mark.read_text()
        mark.write_text(text[:40] if how == "cut off" else text.replace('"attempt": 3', '"attempt": 2'))
    provider = double()
    with pytest.raises((OutOfReach, Unusable)):
        send(provider, reached_file=mark, patience=0)
    assert provider.called == []


def test_the_mark_is_written_before_the_calls_of_a_batch(town: Town, send: Sends, double: Any, mark: Path) -> None:
    """Whenever a provider is called, the file says at least the number of that call."""
    water, seen = HighWater(mark, town.vault), []

    def look(message: Outgoing, _times: int) -> None:
        said = water.read()
        seen.append(said is not None and said.attempt >= message.attempt)

    town.release(30)
    send(double(look, rate=100.0), reached_file=mark)
    assert seen == [True] * 30


def test_the_mark_never_goes_back_by_itself(town: Town, mark: Path) -> None:
    """Two senders that write in turn leave the highest of each number."""
    one, other = HighWater(mark, town.vault), HighWater(mark, town.vault)
    one.rise(Reached(10, 2, 5))
    other.rise(Reached(7, 3, 4))
    assert one.read() == Reached(10, 3, 5)


@on_both
def test_what_the_database_has_reached_is_what_was_given_out(town: Town, send: Sends, double: Any) -> None:
    """Numbers of attempts, changes of the switch and entries of the chain, counted by the database itself."""
    town.release(4)
    with town.ledger.read() as conn:
        assert reached(conn) == Reached(0, 0, 0) or reached(conn).attempt == 0
    send(double())
    with town.ledger.write() as conn:
        control.halt(conn, by="ana", reason="test", now=database_now(conn))
        audit.append(conn, town.vault, actor="ana", act="halted", subject="control")
    with town.ledger.read() as conn:
        at = reached(conn)
    assert (at.attempt, at.entries) == (4, 1)
    assert at.generation > 0


@on_both
def test_what_went_through_the_second_provider_is_looked_for_there(
    town: Town, send: Sends, follow: Sends, double: Any, mark: Path, tmp_path: Path
) -> None:
    """The backup does not know through whom a call was made: both are asked, and nobody gets it a second time."""
    release = town.release(10, severity="Extreme")
    first, second = (double(name=name) for name in ("first", "second"))
    for one in (first, second):
        one.find = lambda message, _since, one=one: _same_words(one, message)
    put_back = backup(town, tmp_path)
    send(first, second, reached_file=mark)
    assert len(first.taken) + len(second.taken) == 10
    assert second.taken
    put_back()
    send(first, second, reached_file=mark)
    resume(town)
    for after in (1, 61, 121):
        follow(first, second, after=after, reached_file=mark)
        send(first, second, reached_file=mark)
    assert set((first.per_person + second.per_person).values()) == {1}
    assert town.states(release) == {"sent": 10}
    assert {a.provider for a in town.attempts()} == {"first", "second"}


async def _same_words(provider: Any, message: Outgoing) -> Sequence[Receipt]:
    held = [m for m in provider.taken if (m.to, m.parts) == (message.to, message.parts)]
    return [Receipt(provider.name, Word.SENT, f"find-{m.attempt}", ref=f"ref-{m.attempt}") for m in held]
