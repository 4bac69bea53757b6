"""A halt while the database is locked: the file at once, the database as soon as it answers."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from onevoice.desk import control, send
from onevoice.desk.officers import Actor
from onevoice.desk.wiring import Desk
from onevoice.errors import Conflict, OutOfReach
from onevoice.ledger import control as switch
from onevoice.settings import Settings

MARIA, SAM = Actor("Maria Solis", "manager"), Actor("Sam Okafor", "approver")


@pytest.fixture
def lock(home: Path) -> Iterator[sqlite3.Connection]:
    """Somebody else holds the database's write lock."""
    holder = sqlite3.connect(home / "onevoice.db", isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    yield holder
    holder.close()


def in_database(desk: Desk) -> tuple[str, str | None]:
    """How the switch stands in the database alone, and by whom."""
    with desk.ledger.read() as conn:
        row = switch.state(conn)
    return row.state, row.by


def test_a_locked_database_does_not_hold_up_a_halt(desk: Desk, lock: sqlite3.Connection) -> None:
    """Within two seconds the file stands, and the answer says that the database does not know yet."""
    assert in_database(desk) == ("running", None)
    begun = time.monotonic()
    found = control.halt(desk, "Maria Solis", "wrong text")

    assert time.monotonic() - begun < 2
    assert (found["control"], found["database"]) == ("halted", False)
    assert "locked" in found["detail"]
    assert control.state(desk)["control"] == "halted"
    lock.execute("ROLLBACK")
    assert in_database(desk) == ("running", None)


def test_many_waiting_writers_do_not_hold_up_a_halt(desk: Desk, lock: sqlite3.Connection) -> None:
    """All connections of this process wait for the lock; a halt has one of its own."""

    def write() -> None:
        with desk.ledger.write():
            pass

    in_database(desk)
    waiting = [threading.Thread(target=write) for _ in range(15)]
    for one in waiting:
        one.start()
    begun = time.monotonic()
    control.halt(desk, "Maria Solis", "wrong text")
    assert time.monotonic() - begun < 2
    lock.execute("ROLLBACK")
    for one in waiting:
        one.join()


def test_the_database_is_told_as_soon_as_it_answers(desk: Desk, lock: sqlite3.Connection) -> None:
    """By whom and why as on the night; once, and the chain of acts has it once."""
    control.halt(desk, "Maria Solis", "wrong text: Mill: Road")
    with pytest.raises(OutOfReach, match="locked"):
        control.tell(desk)
    lock.execute("ROLLBACK")

    assert [control.tell(desk), control.tell(desk)] == [True, False]
    assert in_database(desk) == ("halted", "Maria Solis")
    assert control.state(desk)["reason"] == "wrong text: Mill: Road"
    with desk.ledger.read() as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM audit WHERE act = 'halted'").scalar_one() == 1


def test_a_sender_tells_the_database(settings: Settings) -> None:
    """Nobody has to remember it: whoever sends from this machine tells it in its next round."""
    desk = Desk(settings)
    control.halt_file(desk, "Maria Solis", "wrong text")

    send.send_due(desk, once=True)

    assert in_database(desk) == ("halted", "Maria Solis")
    desk.ledger.close()


def test_a_sender_that_goes_on_tells_the_database(settings: Settings) -> None:
    """As does one that runs until it is stopped: its first round of follow-up begins with it."""
    desk = Desk(settings)
    control.halt_file(desk, "Maria Solis", "wrong text")

    with suppress(TimeoutError):
        asyncio.run(asyncio.wait_for(send._follow(desk, send.options(desk)), 1.5))  # noqa: SLF001 - it never ends by itself

    assert in_database(desk) == ("halted", "Maria Solis")
    desk.ledger.close()


def test_what_was_told_is_not_told_again_after_the_resume(desk: Desk) -> None:
    """Two people let it go on; the file of before is gone, and nothing halts anew."""
    control.halt(desk, "Maria Solis", "wrong text")
    control.resume(desk, MARIA)
    control.resume(desk, SAM)

    assert not control.tell(desk)
    assert in_database(desk)[0] == "running"
    assert not desk.settings.halt_file.exists()


def test_a_resume_first_tells_of_the_halt_that_nobody_told(desk: Desk) -> None:
    """It takes two people also where the database had not heard of the halt."""
    control.halt_file(desk, "Lena Park", "wrong text")

    assert control.resume(desk, MARIA)["control"] == "halted"
    assert in_database(desk) == ("halted", "Lena Park")
    assert control.resume(desk, SAM)["control"] == "running"


@pytest.mark.parametrize("octets", [b"", b"stop\n", b"\xff\xfe"])
def test_a_file_made_by_hand_stops_this_machine_alone(octets: bytes, desk: Desk) -> None:
    """It is nobody's word for the others; to go on, whoever made it takes it away."""
    desk.settings.halt_file.write_bytes(octets)

    assert not control.tell(desk)
    assert (control.state(desk)["control"], in_database(desk)[0]) == ("halted", "running")
    with pytest.raises(Conflict, match=r"made it by hand.*delete it"):
        control.resume(desk, MARIA)
    assert desk.settings.halt_file.exists()
