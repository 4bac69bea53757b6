"""Processes that are killed, stopped or asked to stop, at named places. The judge compares record, ledger and audit."""

import signal
import time
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import select

from faults.check import MOST_OPEN, WINDOW, in_flight, owned
from faults.deployment import WINDOW as BOTH
from faults.processes import wait_until
from faults.trial import settle
from faults.voices import say, texts
from onevoice.desk import submit
from onevoice.dispatch.lane import LONGEST_LEAD
from onevoice.errors import OutOfReach
from onevoice.failpoint import Point
from onevoice.ledger import tables as t
from onevoice.ledger.engine import STOPPED_SECONDS

pytestmark = pytest.mark.slow

KINDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
kinds = pytest.mark.parametrize("kind", KINDS)


def states(deployment: Any, means: str = "sms") -> Counter[str]:
    """How many deliveries by a means are in which state."""
    desk = deployment.desk()
    with desk.ledger.read() as conn:
        rows = conn.scalars(
            t.delivery.select().with_only_columns(t.delivery.c.state).where(t.delivery.c.means == means)
        )
        found = Counter(rows.all())
    desk.ledger.close()
    return found


def results(deployment: Any) -> Counter[str | None]:
    """How many attempts came to what."""
    desk = deployment.desk()
    with desk.ledger.read() as conn:
        found = Counter(conn.scalars(select(t.attempt.c.result)).all())
    desk.ledger.close()
    return found


def killed_at(deployment: Any, point: Point, nth: int, **more: Any) -> Counter[str]:
    """Let a sender kill itself at a point; what it leaves in flight, by means."""
    sender = deployment.sender(point=point.value, nth=nth, **more)
    assert sender.ended() is None, "it was to be killed"
    return in_flight(deployment, sender.pid)


# --- F1, F12, F6: before anything is sent ---------------------------------------------------------------------------


@pytest.mark.fault("F1", "F6")
@kinds
@pytest.mark.parametrize("point", [Point.AUDIT_OPEN, Point.SUBMIT_OPEN, Point.SUBMIT_DONE])
def test_killed_while_planning_there_are_all_rows_or_none(deploy: Any, holds: Any, kind: str, point: Point) -> None:
    """After a kill in submit nothing is half frozen; handed in again where need be, there are exactly n rows."""
    whole = sum(states(deploy("urgent", stage="approved"), means).total() for means in ("sms", "email"))
    deployment = deploy("urgent", kind, stage="drafted")
    child = deployment.nursery.start("submit", deployment.settings, alert=deployment.alert, point=point.value)
    assert child.ended() is None
    rows = sum(states(deployment, means).total() for means in ("sms", "email"))
    assert rows == (whole if point is Point.SUBMIT_DONE else 0)
    if not rows:
        desk = deployment.desk()
        submit.submit(desk, deployment.alert, _maria())
        desk.ledger.close()
    assert sum(states(deployment, means).total() for means in ("sms", "email")) == whole
    holds(deployment, open_=True)


def _maria() -> Any:
    from faults.deployment import MARIA

    return MARIA


@pytest.mark.fault("F12", "F6")
@kinds
@pytest.mark.parametrize("point", [Point.AUDIT_OPEN, Point.RELEASE_OPEN, Point.RELEASE_DONE])
def test_killed_while_releasing_it_is_released_once(deploy: Any, holds: Any, kind: str, point: Point) -> None:
    """Killed before the commit nothing is due; pressed again, it is the same release, and everything goes out once."""
    deployment = deploy("urgent", kind, stage="approved")
    deployment.listen()
    with _page():
        release = {"alert": deployment.alert}
        child = deployment.nursery.start("release", deployment.settings, point=point.value, **release)
        assert child.ended() is None
        again = deployment.nursery.start("release", deployment.settings, **release).ended()
    if point is Point.RELEASE_DONE:
        assert again["error"] == "Conflict"
        assert "by Maria Solis" in again["said"]
    else:
        assert again == {"state": "sending"}
    settle(deployment)
    assert holds(deployment)["duplicates"] == 0


def _page() -> Any:
    """Serve the page that the texts link to, on the port that they name."""
    import contextlib
    import threading
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
    from urllib.parse import urlsplit

    from faults.deployment import PAGE

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            pass

    @contextlib.contextmanager
    def served() -> Any:
        with ThreadingHTTPServer(("127.0.0.1", urlsplit(PAGE).port or 0), Page) as server:
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
            yield
            server.shutdown()

    return served()


# --- F2 to F6: a sender ---------------------------------------------------------------------------------------------


@pytest.mark.fault("F2")
@kinds
@pytest.mark.parametrize("nth", [2, 4])
def test_killed_before_the_intents_are_committed_nobody_notices(deploy: Any, holds: Any, kind: str, nth: int) -> None:
    """The claim rolls back with the kill: the next sender sends each once, and nothing new is in doubt."""
    deployment = deploy("minor", kind)
    deployment.listen()
    killed_at(deployment, Point.INTENTS_OPEN, nth)
    settle(deployment)
    figures = holds(deployment, kills=1)
    assert figures["duplicates"] == 0


@pytest.mark.fault("F3")
@kinds
@pytest.mark.parametrize("row", ["minor", "urgent", "severe"])
def test_killed_after_the_intents_no_call_was_made(deploy: Any, holds: Any, kind: str, row: str) -> None:
    """What was about to be called is in doubt: minor is parked and not sent; the rest is sent exactly once."""
    deployment = deploy(row, kind)
    deployment.listen()
    left = killed_at(deployment, Point.INTENTS_DONE, 2)  # the first exchange of a sender claims nothing
    assert deployment.provider.count() == 0
    assert 0 < left["sms"] <= MOST_OPEN["sms"]
    assert 0 < left["email"] <= MOST_OPEN["email"]
    settle(deployment)
    figures = holds(deployment, kills=1)
    assert figures["duplicates"] == 0
    assert figures["in_doubt"] == left.total()
    assert figures["parked"] == (left.total() if row == "minor" else 0)


@pytest.mark.fault("F3")
@kinds
def test_killed_at_the_very_call_it_is_sent_once(deploy: Any, holds: Any, kind: str) -> None:
    """Between intent and connect, in the middle of a window of calls that run."""
    deployment = deploy("urgent", kind)
    deployment.listen()
    left = killed_at(deployment, Point.CALL_BEGINS, 20)
    assert left.total() <= BOTH
    settle(deployment)
    holds(deployment, kills=1)


@pytest.mark.fault("F4")
@kinds
@pytest.mark.parametrize("heard", ["before the grace", "after the grace", "never, but found", "never, nor found"])
def test_killed_with_the_request_out_the_callback_or_the_list_settles_it(
    deploy: Any, holds: Any, kind: str, heard: str
) -> None:
    """Taken, and not answered: no second call where it is heard of in time; else at most one, and that was in doubt."""
    deployment = deploy("urgent", kind)
    sandbox = deployment.provider.sandbox
    sandbox.fault("slow", count=None, seconds=30)
    if heard != "before the grace":
        sandbox.fault("drop_callbacks", count=None)
    deployment.listen()
    sender = deployment.sender()
    wait_until(lambda: len(texts(deployment)) >= 5, "five requests are out")
    sender.kill()
    out = texts(deployment)
    time.sleep(0.5)  # what is dropped of their callbacks is dropped by now
    sandbox.clear_faults()
    if heard in ("after the grace", "never, nor found"):
        sandbox.fault("503_before", on="fetch", count=None)
    settle(deployment)
    if heard == "after the grace":
        assert {say(one, "delivered") for one in out} == {204}
    figures = holds(deployment, kills=1)
    again = sum(Counter(one.to for one in texts(deployment)).values()) - len({one.to for one in texts(deployment)})
    assert again == (len(out) if heard in ("after the grace", "never, nor found") else 0)
    assert figures["in_doubt"] >= len(out)


@pytest.mark.fault("F5")
@kinds
@pytest.mark.parametrize("row", ["minor", "urgent"])
def test_killed_with_the_answer_in_hand_it_is_found_again(deploy: Any, holds: Any, kind: str, row: str) -> None:
    """The reference is lost with the process; callback or list bring it back, so no text is sent twice."""
    deployment = deploy(row, kind)
    deployment.listen()
    killed_at(deployment, Point.CALL_ANSWERED, 12)
    settle(deployment)
    holds(deployment, kills=1)
    assert max(Counter(one.to for one in texts(deployment)).values()) == 1
    assert states(deployment).keys() <= {"delivered", "suppressed"} | ({"parked"} if row == "minor" else set())


@pytest.mark.fault("F6", "F20")
@kinds
def test_killed_between_an_act_and_its_entry_there_is_neither(deploy: Any, holds: Any, kind: str) -> None:
    """A refused account stops the channel; killed while that is written down, the chain stays whole."""
    deployment = deploy("urgent", kind)
    deployment.listen()
    deployment.provider.sandbox.fault("401", count=None, on="create")
    killed_at(deployment, Point.AUDIT_OPEN, 1)
    deployment.provider.sandbox.clear_faults()
    settle(deployment)
    figures = holds(deployment, kills=1)
    assert figures["duplicates"] <= figures["in_doubt"]


@pytest.mark.fault("F5", "F4")
@kinds
@pytest.mark.parametrize("point", [Point.FOLLOW_LAPSED, Point.FOLLOW_ASKED, Point.FOLLOW_DECIDED])
def test_killed_while_following_up_the_next_one_follows_up(deploy: Any, holds: Any, kind: str, point: Point) -> None:
    """A second kill, while the first one's doubts are being settled, settles nothing wrongly."""
    deployment = deploy("severe", kind)
    deployment.listen()
    killed_at(deployment, Point.CALL_BEGINS, 15)
    deployment.sender(shift=125, point=point.value, nth=1).ended()
    settle(deployment, shift=125)
    figures = holds(deployment, kills=2)
    assert figures["duplicates"] <= figures["in_doubt"]


# --- F7: who listens ------------------------------------------------------------------------------------------------


@pytest.mark.fault("F7")
@kinds
@pytest.mark.parametrize("point", [Point.RECEIPTS_OPEN, Point.RECEIPTS_DONE])
def test_killed_while_listening_the_same_state_comes_out(deploy: Any, holds: Any, kind: str, point: Point) -> None:
    """Before the commit it is said again or looked up; after it the repeat is known. Every text ends as delivered."""
    deployment = deploy("urgent", kind)
    ears = deployment.listen(point=point.value, nth=5)
    deployment.sender().ended()
    wait_until(lambda: not ears.runs, "the listener is gone")
    deployment.listen()
    settle(deployment)
    assert holds(deployment)["duplicates"] == 0
    assert states(deployment).keys() <= {"delivered", "suppressed"}


# --- F8: a pause ----------------------------------------------------------------------------------------------------


def stopped_without_the_lock(deployment: Any, child: Any) -> None:
    """Stop a process where it does not hold SQLite's write lock: the moment at which it does has a test of its own."""
    desk = deployment.desk()
    for _ in range(20):
        child.signal(signal.SIGSTOP)
        wait_until(lambda: child.is_stopped, "it is stopped")
        if _writable(desk):
            break
        child.signal(signal.SIGCONT)
        time.sleep(0.02)
    else:
        pytest.fail("it holds the lock whenever it is stopped")
    desk.ledger.close()


def _writable(desk: Any) -> bool:
    try:
        with desk.ledger.write_within(1):
            return True
    except OutOfReach:
        return False


@pytest.mark.fault("F8", "F10")
@pytest.mark.faults
@pytest.mark.postgres
def test_stopped_in_a_transaction_postgresql_takes_its_locks_back(deploy: Any, holds: Any, seen: Any) -> None:
    """In real time: its locks are gone after 15 s and others send what is left; woken, it sends nothing twice.

    Who waited so long for a lock takes its next slots as far ahead as an exchange may take, and so sends later by that.
    """
    deployment = deploy("minor", "postgres")
    deployment.listen()
    sleeper = deployment.sender(point=Point.INTENTS_OPEN.value, nth=4, act="stop")
    wait_until(lambda: sleeper.is_stopped, "it sleeps")
    stopped, out = time.monotonic(), deployment.provider.count()
    other = deployment.sender(patience=120)
    wait_until(lambda: deployment.provider.count() > out + WINDOW["sms"], "others send", 40)
    took = time.monotonic() - stopped
    seen(others_send_after_s=round(took, 1))
    told = other.ended()
    assert told
    assert told["ending"] == "done"
    assert sleeper.is_stopped
    assert took <= STOPPED_SECONDS + LONGEST_LEAD + 2
    sleeper.signal(signal.SIGCONT)
    assert sleeper.ended() is not None
    settle(deployment, shift=200)
    assert holds(deployment, kills=1)["duplicates"] == 0


@pytest.mark.fault("F8", "F40")
@pytest.mark.parametrize("end", [signal.SIGCONT, signal.SIGKILL])
def test_stopped_with_sqlites_write_lock_nobody_writes_until_it_goes_on_or_is_killed(
    deploy: Any, holds: Any, end: signal.Signals
) -> None:
    """It is one lock: others make no call and say that it is locked. Then nothing is lost, and nothing sent twice."""
    deployment = deploy("minor")
    deployment.listen()
    sleeper = deployment.sender(point=Point.INTENTS_OPEN.value, nth=4, act="stop")
    wait_until(lambda: sleeper.is_stopped, "it sleeps")
    other = deployment.sender(patience=120)
    desk = deployment.desk()
    time.sleep(1)
    out = deployment.provider.count()
    with pytest.raises(OutOfReach, match="locked by another process"), desk.ledger.write_within(1):
        pass
    assert states(deployment)["planned"] > 0, "reading goes on"
    desk.ledger.close()
    assert deployment.provider.count() == out, "a call began while no intent could be committed"
    sleeper.signal(end)
    assert (sleeper.ended() is None) == (end is signal.SIGKILL)
    assert other.ended()
    settle(deployment)
    figures = holds(deployment, kills=1)
    assert figures["duplicates"] == 0
    assert end is signal.SIGKILL or figures["in_doubt"] == 0


@pytest.mark.fault("F8", "F51")
@kinds
@pytest.mark.parametrize("row", ["urgent", "minor"])
def test_stopped_past_lease_and_grace_its_late_answer_is_kept(deploy: Any, holds: Any, kind: str, row: str) -> None:
    """Others take over meanwhile; when it wakes, what it then sends is in the ledger, and no more than its window."""
    deployment = deploy(row, kind)
    deployment.listen()
    sleeper = deployment.sender(point=Point.CALL_BEGINS.value, nth=10, act="stop")
    wait_until(lambda: sleeper.is_stopped, "it sleeps")
    stopped_without_the_lock(deployment, sleeper)
    slept = in_flight(deployment, sleeper.pid)
    settle(deployment)
    before = deployment.provider.count()
    sleeper.signal(signal.SIGCONT)
    assert sleeper.ended() is not None
    late = deployment.provider.count() - before
    settle(deployment, shift=200)
    figures = holds(deployment, kills=1)
    assert late <= slept.total() <= BOTH
    assert figures["duplicates"] <= slept.total()


@pytest.mark.fault("F8", "F10")
@pytest.mark.faults
@kinds
def test_a_stop_of_real_length_at_a_moment_nobody_chose(deploy: Any, holds: Any, seen: Any, kind: str) -> None:
    """SIGSTOP for 50 s of real time while another sender runs; then SIGCONT. Rows are re-owned within 60 s."""
    deployment = deploy("urgent", kind)
    deployment.listen()
    sleeper, other = deployment.sender(once=False), deployment.sender(once=False)
    wait_until(lambda: deployment.provider.count() > 10, "messages")
    stopped_without_the_lock(deployment, sleeper)
    stopped = time.monotonic()
    wait_until(lambda: not owned(deployment, sleeper.pid), "its calls are owned by nobody any more", 90)
    took = time.monotonic() - stopped
    seen(reowned_s=round(took, 1))
    assert took <= 60
    time.sleep(max(0.0, 50 - took))
    sleeper.signal(signal.SIGCONT)
    time.sleep(3)
    for child in (sleeper, other):
        child.signal(signal.SIGTERM)
        assert child.ended() is not None
    settle(deployment)
    holds(deployment, kills=1)


@pytest.mark.fault("F10")
@pytest.mark.faults
@kinds
def test_a_dead_sender_is_noticed_and_its_rows_are_re_owned_within_a_minute(
    deploy: Any, holds: Any, seen: Any, kind: str
) -> None:
    """In real time, with real leases: kill -9 of one of two senders, until none of its rows is its own any more."""
    deployment = deploy("urgent", kind)
    deployment.listen()
    first = deployment.sender(point=Point.CALL_BEGINS.value, nth=20, once=False)
    other = deployment.sender(once=False)
    wait_until(lambda: not first.runs, "it is dead")
    killed = time.monotonic()
    left = in_flight(deployment, first.pid)
    wait_until(lambda: not owned(deployment, first.pid), "its rows are re-owned", 90)
    took = time.monotonic() - killed
    seen(reowned_s=round(took, 1), left=left.total())
    other.signal(signal.SIGTERM)
    other.ended()
    assert left
    assert took <= 60
    settle(deployment)
    holds(deployment, kills=1)


# --- F11, F51 -------------------------------------------------------------------------------------------------------


@pytest.mark.fault("F11")
@kinds
def test_asked_to_stop_it_finishes_what_runs(deploy: Any, holds: Any, kind: str) -> None:
    """After SIGTERM it ends by itself within 15 s; what it had begun is known, and the rest is untouched."""
    deployment = deploy("minor", kind)
    deployment.listen()
    sender = deployment.sender(once=False)
    wait_until(lambda: deployment.provider.count() > 10, "messages")
    asked = time.monotonic()
    sender.signal(signal.SIGTERM)
    told = sender.ended(30)
    assert told
    assert told["ending"] == "stopped"
    assert time.monotonic() - asked < 15
    assert results(deployment).keys() <= {"accepted", "retry"}
    settle(deployment)
    figures = holds(deployment)
    assert (figures["duplicates"], figures["in_doubt"]) == (0, 0)


@pytest.mark.fault("F51")
@kinds
def test_four_senders_on_the_same_rows_send_each_once(deploy: Any, holds: Any, kind: str) -> None:
    """Nobody sends what another one has, and nothing is in doubt."""
    deployment = deploy("severe", kind)
    deployment.listen()
    for sender in [deployment.sender() for _ in range(4)]:
        assert sender.ended()
    settle(deployment)
    figures = holds(deployment)
    assert (figures["duplicates"], figures["in_doubt"]) == (0, 0)
