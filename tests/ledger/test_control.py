from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from onevoice.errors import Conflict, OutOfReach, Refused
from onevoice.ledger import control
from onevoice.ledger.engine import Ledger

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """An upgraded ledger."""
    made = Ledger.open(f"sqlite:///{tmp_path / 'onevoice.db'}")
    made.upgrade()
    yield made
    made.close()


def test_a_new_database_runs(ledger: Ledger) -> None:
    """Sending is allowed until somebody halts it."""
    with ledger.read() as conn:
        assert control.state(conn).to_json() | {"at": ""} == {
            "control": "running",
            "generation": 1,
            "by": None,
            "at": "",
        }


def test_one_person_halts_and_every_halt_is_a_new_generation(ledger: Ledger) -> None:
    """Halting is written at once, as often as it is asked for."""
    with ledger.write() as conn:
        first = control.halt(conn, by="ana", reason="wrong area", now=NOW)
        second = control.halt(conn, by="ben", reason="still wrong", now=NOW)
    assert (first.state, first.by, first.reason, first.at) == ("halted", "ana", "wrong area", NOW)
    assert (second.generation, second.by) == (3, "ben")


def test_going_on_needs_two_different_people(ledger: Ledger) -> None:
    """The first ask is a request; the same person twice is refused; a second person lets it go on."""
    with ledger.write() as conn:
        control.halt(conn, by="ana", reason="test", now=NOW)
        asked = control.resume(conn, by="ana", now=NOW)
        assert (asked.running, asked.resume_asked_by, asked.generation) == (False, "ana", 2)
        with pytest.raises(Refused, match="second person"):
            control.resume(conn, by="ana", now=NOW)
        on = control.resume(conn, by="ben", now=NOW)
    assert (on.running, on.generation, on.resume_asked_by) == (True, 3, None)


def test_a_new_halt_takes_back_a_request_to_go_on(ledger: Ledger) -> None:
    """Who asked before the halt did not ask after it."""
    with ledger.write() as conn:
        control.halt(conn, by="ana", reason="one", now=NOW)
        control.resume(conn, by="ben", now=NOW)
        control.halt(conn, by="ana", reason="two", now=NOW)
        assert not control.resume(conn, by="cleo", now=NOW).running


def test_nothing_halted_is_nothing_to_resume(ledger: Ledger) -> None:
    """Resuming what runs is refused."""
    with pytest.raises(Conflict, match="Nothing is halted"), ledger.write() as conn:
        control.resume(conn, by="ana", now=NOW)


@pytest.mark.parametrize("damage", ["DELETE FROM control", "UPDATE control SET state = 'perhaps'"])
def test_a_missing_or_damaged_switch_never_means_running(ledger: Ledger, damage: str) -> None:
    """Where nobody can read the switch, nobody may send."""
    with ledger.write() as conn:
        conn.execute(text(damage))
    with pytest.raises(OutOfReach, match="nothing is sent"), ledger.read() as conn:
        control.state(conn)
