"""Which deliveries may be called: every condition, one by one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from onevoice.ledger import control
from onevoice.ledger import tables as t
from onevoice.ledger.engine import database_now
from onevoice.settings import Mode

Town = Any
Sends = Callable[..., Any]
PAST = -timedelta(minutes=1)


def at(town: Town, span: timedelta) -> Any:
    """A moment on the database's clock."""
    with town.ledger.read() as conn:
        return database_now(conn) + span


@pytest.mark.parametrize(
    "columns",
    [
        {"due": False},
        {"mode": "live"},
        {"mode": "test"},
        {"status": "Actual"},
        {"held": True},
    ],
    ids=str,
)
def test_what_was_never_released_or_is_of_another_mode_is_not_sent(
    town: Town, send: Sends, double: Any, columns: dict[str, Any]
) -> None:
    """Not due, of another deployment's mode, Actual in an exercise, or held back: no call, no attempt."""
    release = town.release(3, **columns)
    provider = double()
    assert send(provider).started == 0
    assert (provider.called, town.attempts(), town.states(release)) == ([], [], {"planned": 3})


@pytest.mark.parametrize("column", ["void_at", "superseded_at", "expires", "act_by"])
def test_a_release_that_is_void_superseded_or_too_late_is_not_sent(
    town: Town, send: Sends, double: Any, column: str
) -> None:
    """A moment in the past in any of these columns stops the release."""
    release = town.release(2)
    town.change(t.release, {column: at(town, PAST)}, t.release.c.id == release)
    provider = double()
    send(provider)
    assert provider.called == []


def test_act_by_and_expiry_to_come_do_not_hinder(town: Town, send: Sends, double: Any) -> None:
    """Before its time the message goes, and the provider is told until when it may be delivered."""
    act_by = at(town, timedelta(minutes=5))
    town.release(1, act_by=act_by)
    provider = double()
    assert send(provider).accepted == 1
    assert provider.taken[0].valid_until == act_by


def test_a_row_whose_time_has_not_come_waits(town: Town, send: Sends, double: Any) -> None:
    """not_before in the future is respected."""
    release = town.release(2)
    first = town.rows(release)[0].id
    town.change(t.delivery, {"not_before": at(town, timedelta(minutes=1))}, t.delivery.c.id == first)
    assert send(double()).accepted == 1
    assert town.states(release) == {"planned": 1, "accepted": 1}


@pytest.mark.parametrize(
    ("kind", "topic", "sent"),
    [
        ("warning", "all", 0),
        ("warning", "emergency", 0),
        ("warning", "information", 1),
        ("recovery", "all", 0),
        ("recovery", "information", 0),
    ],
)
def test_who_opted_out_of_this_sort_of_message_gets_none(
    town: Town, send: Sends, double: Any, kind: str, topic: str, sent: int
) -> None:
    """An opt-out from everything or from this class is read at the claim; one from information leaves warnings."""
    town.release(1, kind=kind)
    town.opt_out(0, topic)
    assert send(double()).accepted == sent


def test_an_opt_out_in_the_middle_of_a_broadcast_takes_effect_at_the_next_claim(
    town: Town, send: Sends, double: Any
) -> None:
    """Somebody who says STOP while others are being written to is not written to."""
    release = town.release(40)

    def stop_others(message: Any, _times: int) -> None:
        if message.to == town.address(0):
            for person in range(30, 40):
                town.opt_out(person)

    provider = double(stop_others, rate=20.0, latency=0.001)
    town.change(t.release, {"expires": at(town, timedelta(hours=1))})
    send(provider)
    assert set(provider.per_person) == {town.address(p) for p in range(30)}
    assert town.states(release) == {"accepted": 30, "planned": 10}


def test_an_older_version_is_never_sent_once_a_newer_one_is_released(town: Town, send: Sends, double: Any) -> None:
    """Even where nobody marked the older release as superseded, the chain itself stops it."""
    old = town.release(3, version=1)
    new = town.release(3, version=2, kind="update", text="New words.")
    provider = double()
    send(provider)
    assert {m.parts["text"] for m in provider.called} == {"New words."}
    assert (town.states(old), town.states(new)) == ({"planned": 3}, {"accepted": 3})


def test_a_newer_version_that_is_not_released_yet_stops_nothing(town: Town, send: Sends, double: Any) -> None:
    """A draft in the chain leaves the released version alone."""
    town.release(3, version=1)
    town.release(3, version=2, kind="update", due=False)
    assert send(double()).accepted == 3


@pytest.mark.parametrize(
    ("state", "age", "sent"),
    [("submitting", 0, 0), ("submitting", 600, 0), ("unknown", 5, 0), ("unknown", 600, 1), ("accepted", 0, 1)],
)
def test_a_newer_version_does_not_overtake_a_call_that_may_be_on_its_way(
    town: Town, send: Sends, double: Any, state: str, age: int, sent: int
) -> None:
    """While the older text is being submitted, or is freshly in doubt, the newer one to the same point waits."""
    old = town.release([0], version=1)
    town.release([0, 1], version=2, kind="all-clear", text="All clear.")
    since = at(town, -timedelta(seconds=age))
    town.change(t.delivery, {"state": state, "state_at": since}, t.delivery.c.release_id == old)
    provider = double()
    send(provider)
    assert provider.per_person[town.address(0)] == sent
    assert provider.per_person[town.address(1)] == 1, "other people do not wait"


def test_in_a_test_deployment_only_those_who_agreed_are_written_to(town: Town, send: Sends, double: Any) -> None:
    """One person at the contact point who has not agreed is enough to keep the test away."""
    town.release(3, mode="test", status="Test")
    town.change(t.contact, {"exercise_ok": False}, t.contact.c.ref == "sms-1")
    provider = double()
    send(provider, mode=Mode.TEST)
    assert set(provider.per_person) == {town.address(0), town.address(2)}


def test_nothing_is_claimed_while_sending_is_halted(town: Town, send: Sends, double: Any) -> None:
    """Halted in the database, or by the file alone: no call and no attempt."""
    town.release(3)
    provider = double()
    town.options().halt_file.touch()
    assert send(provider).ending == "halted"
    town.options().halt_file.unlink()
    with town.ledger.write() as conn:
        control.halt(conn, by="ana", reason="test", now=database_now(conn))
    assert send(provider).ending == "halted"
    assert (provider.called, town.attempts()) == ([], [])


def test_a_halt_file_that_cannot_be_looked_at_counts_as_there(town: Town, send: Sends, double: Any) -> None:
    """Where nobody can say that sending is allowed, nothing is sent."""
    town.release(1)
    not_a_folder = town.home / "file"
    not_a_folder.touch()
    assert send(double(), halt_file=not_a_folder / "HALT").started == 0


def test_the_most_urgent_release_goes_first_and_first_calls_before_retries(
    town: Town, send: Sends, double: Any
) -> None:
    """An all-clear, then by severity; within one severity those never called before come first."""
    town.release([0], chain="minor", severity="Minor")
    town.release([1], chain="severe", text="retry")
    town.release([2], chain="severe-2")
    town.release([3], chain="extreme", severity="Extreme")
    town.release([4], chain="clear", kind="all-clear", severity="Minor", urgency="Past")
    town.release([5], chain="now", urgency="Immediate")
    town.change(t.delivery, {"state": "retry_wait", "tries": 1}, t.delivery.c.contact_key == town.key(1))
    provider = double(rate=1.0, latency=0.001)
    provider.rate = 40.0
    send(provider)
    order = [next(p for p in range(6) if town.address(p) == m.to) for m in provider.called]
    assert order == [3, 5, 4, 2, 1, 0]


def test_of_equals_the_one_with_the_shortest_time_to_act_goes_first(town: Town, send: Sends, double: Any) -> None:
    """Two releases of one severity: the later one must be acted on sooner, so its people are called before."""
    soon, later = (datetime.now(UTC) + timedelta(hours=hours) for hours in (1, 3))
    town.release([0, 1], chain="later", act_by=later)
    town.release([2, 3], chain="soon", act_by=soon)
    provider = double(rate=40.0, latency=0.001)
    send(provider)
    assert {m.to for m in provider.called[:2]} == {town.address(2), town.address(3)}


def test_a_claim_leaves_a_whole_trace_before_the_call(town: Town, send: Sends, double: Any) -> None:
    """When the provider is called, state, fence, worker, lease and the attempt are already committed."""
    release = town.release(1)
    seen: list[Any] = []

    def look(_message: Any, _times: int) -> None:
        seen.append((town.rows(release)[0], town.attempts()[0]))

    send(double(look, timeout=3.0))
    row, attempt = seen[0]
    assert (row.state, row.fence, row.tries, attempt.fence, attempt.result) == ("submitting", 1, 1, 1, None)
    assert row.worker == attempt.worker
    assert row.lease_until - attempt.intent_at == timedelta(seconds=23)
