"""Follow-up: calls in doubt, receipts that do not come, what is closed, and when an alert is done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from onevoice.dispatch import reconcile
from onevoice.dispatch.providers import Outcome, Result
from onevoice.ledger import audit, control, sending
from onevoice.ledger import tables as t
from onevoice.ledger.engine import database_now

Town = Any
Sends = Callable[..., Any]
UNKNOWN = Outcome(Result.UNKNOWN, code="503")


def alert_state(town: Town, chain: str = "mill-river") -> str:
    """The state of the first version of a chain."""
    with town.ledger.read() as conn:
        return str(conn.execute(t.alert.select().where(t.alert.c.chain == chain)).one().state)


@pytest.mark.parametrize(
    ("columns", "decide_at", "calls"),
    [
        ({"severity": "Extreme"}, 60, 3),
        ({"severity": "Severe", "urgency": "Immediate"}, 60, 3),
        ({"severity": "Severe"}, 120, 2),
        ({"severity": "Moderate"}, 600, 2),
        ({"severity": "Minor"}, 45, 1),
        ({"severity": "Unknown"}, 45, 1),
        ({"severity": "Minor", "kind": "all-clear"}, 60, 3),
        ({"severity": "Minor", "kind": "correction"}, 60, 3),
    ],
    ids=str,
)
@pytest.mark.parametrize("can_be_asked", [True, False])
def test_a_call_in_doubt_is_made_again_within_its_bound_then_parked(  # noqa: PLR0917 - the columns of the table
    town: Town,
    send: Sends,
    follow: Sends,
    double: Any,
    columns: dict[str, Any],
    decide_at: int,
    calls: int,
    can_be_asked: bool,
) -> None:
    """A provider that never answers sees each message as often as the policy allows, and a person sees it after."""
    release = town.release(1, **columns)
    provider = double(lambda _m, _n: UNKNOWN)
    provider.cannot_be_asked = not can_be_asked
    send(provider)
    after = 0.0
    for made in range(1, calls + 1):
        assert len(provider.called) == made
        follow(provider, after=after + decide_at - 10)
        send(provider)
        assert (town.states(release), len(provider.called)) == ({"unknown": 1}, made), "too early to decide"
        after += decide_at + 1
        follow(provider, after=after)
        send(provider)
    assert (town.states(release), len(provider.called)) == ({"parked": 1}, calls)
    assert "in doubt" in town.rows(release)[0].reason
    assert town.rows(release)[0].ambiguous == calls - 1
    assert len({m.message_id for m in provider.called}) == 1
    assert len({m.attempt for m in provider.called}) == calls


def test_what_the_provider_holds_is_found_and_never_sent_again(
    town: Town, send: Sends, follow: Sends, double: Any
) -> None:
    """An answer lost after the message was taken: the look finds it, and learns its reference."""
    release = town.release(4, severity="Extreme")
    provider = double(latency=0.01)
    plain = provider.send

    async def lose_the_answer(message: Any) -> Outcome:
        await plain(message)
        return UNKNOWN

    provider.send = lose_the_answer
    send(provider)
    assert town.states(release) == {"unknown": 4}
    done = follow(provider, after=31)
    assert (done.found, town.states(release)) == (4, {"sent": 4})
    follow(provider, after=300)
    send(provider)
    assert len(provider.taken) == 4
    assert {a.ref for a in town.attempts()} == {f"ref-{m.attempt}" for m in provider.taken}


def test_a_call_whose_worker_never_came_back_is_in_doubt_after_its_lease_and_not_before(
    town: Town, follow: Sends, double: Any
) -> None:
    """A committed intent without an outcome: untouched within the lease, unknown after it."""
    release = town.release(2, severity="Minor")
    _claim(town, double(timeout=2.0))
    follow(double(), after=15)
    assert town.states(release) == {"submitting": 2}
    assert follow(double(), after=23).lapsed == 2
    assert town.states(release) == {"unknown": 2}
    assert {(a.result, a.code) for a in town.attempts()} == {("unknown", "lease lapsed")}


def _claim(town: Town, provider: Any) -> list[Any]:
    """Claim everything as a worker would, and do nothing with it."""
    from onevoice.dispatch import policy
    from onevoice.ledger.queue import Terms, Want
    from onevoice.settings import Mode

    lease = timedelta(seconds=provider.timeout + 20)
    want = Want("sms", provider.name, 100, 10_000.0, lease)
    terms = Terms("dead:1:x", Mode.EXERCISE, 1, policy.rank, timedelta(seconds=30))
    with town.ledger.write() as conn:
        return list(sending.exchange(conn, town.vault, terms, [], [want], database_now(conn)).claimed)


@pytest.mark.parametrize(
    ("answer", "state", "calls"),
    [
        (Outcome(Result.ACCEPTED, ref="late"), "accepted", 1),
        (Outcome(Result.REJECTED, code="21211"), "undelivered", 1),
        (Outcome(Result.RETRY, code="429"), "accepted", 2),
    ],
    ids=["accepted", "rejected", "retry"],
)
def test_the_late_answer_of_a_paused_worker_is_kept_and_counts(
    town: Town, send: Sends, follow: Sends, double: Any, answer: Outcome, state: str, calls: int
) -> None:
    """A worker that slept past its lease, while the others had decided to call again, still tells what it knows."""
    from onevoice.dispatch.call import ended
    from onevoice.ledger import outcomes

    release = town.release(1, severity="Extreme")
    claimed = _claim(town, double())[0]
    follow(double(), after=30)
    follow(double(), after=61)
    assert town.states(release) == {"retry_wait": 1}
    with town.ledger.write() as conn:
        outcomes.keep(conn, town.vault, [ended(claimed, answer, town.options())], database_now(conn))
    send(double())
    assert town.states(release) == {state: 1}
    assert len(town.attempts()) == calls


@pytest.mark.parametrize("how", ["expires", "act_by", "superseded_at"])
def test_a_call_in_doubt_is_never_made_again_when_it_is_too_late(
    town: Town, send: Sends, follow: Sends, double: Any, how: str
) -> None:
    """Past its time, or with a newer version released, what is in doubt is left to a person."""
    release = town.release(1, severity="Extreme")
    provider = double(lambda _m, _n: UNKNOWN)
    send(provider)
    with town.ledger.read() as conn:
        now = database_now(conn)
    town.change(t.release, {how: now}, t.release.c.id == release)
    follow(provider, after=70)
    send(provider)
    assert (town.states(release), len(provider.called)) == ({"parked": 1}, 1)


@pytest.mark.parametrize(
    ("column", "state", "reason"),
    [
        ("expires", "expired", "too late"),
        ("act_by", "expired", "too late"),
        ("superseded_at", "cancelled", "superseded"),
    ],
)
def test_what_can_no_longer_be_sent_is_closed(
    town: Town, follow: Sends, double: Any, column: str, state: str, reason: str
) -> None:
    """Planned and certainly-not-taken rows are closed; one with a call in doubt behind it is parked."""
    release = town.release(3)
    rows = town.rows(release)
    town.change(t.delivery, {"state": "retry_wait"}, t.delivery.c.id == rows[1].id)
    town.change(t.delivery, {"state": "retry_wait", "ambiguous": 1}, t.delivery.c.id == rows[2].id)
    with town.ledger.read() as conn:
        now = database_now(conn)
    town.change(t.release, {column: now}, t.release.c.id == release)
    assert follow(double(), after=1).closed == 3
    assert [(r.state, r.reason) for r in town.rows(release)] == [(state, reason), (state, reason), ("parked", reason)]


def test_rows_of_an_older_version_are_cancelled_although_nobody_marked_it(
    town: Town, follow: Sends, double: Any
) -> None:
    """The chain itself says that a newer version was released."""
    old = town.release(2)
    new = town.release(2, version=2, kind="update")
    follow(double())
    assert (town.states(old), town.states(new)) == ({"cancelled": 2}, {"planned": 2})


def test_who_opted_out_is_suppressed_and_nobody_else(town: Town, follow: Sends, double: Any) -> None:
    """The row says why it will never be sent."""
    release = town.release(3)
    town.opt_out(1)
    follow(double())
    assert [(r.state, r.reason) for r in town.rows(release)] == [
        ("planned", None),
        ("suppressed", "opted out"),
        ("planned", None),
    ]


def test_a_receipt_that_does_not_come_is_asked_for_and_never_made_up(
    town: Town, send: Sends, follow: Sends, double: Any
) -> None:
    """Accepted without a receipt stays accepted; it is asked for at the deadline, then ever more seldom."""
    release = town.release(1)
    provider = double()
    send(provider)
    provider.taken.clear()
    asked = []
    for after in range(100, 1800, 100):
        follow(provider, after=after)
        asked.append(len(provider.asked))
    assert asked[0] == 0, "not before 130 s"
    assert asked[-1] == 3, "after about 200, 500 and 1100 s"
    assert town.states(release) == {"accepted": 1}


def test_a_missed_callback_is_made_good_by_asking(town: Town, send: Sends, follow: Sends, double: Any) -> None:
    """When every callback was lost, the poll closes the rows."""
    release = town.release(3)
    provider = double()
    send(provider)
    follow(provider, after=181)
    assert town.states(release) == {"sent": 3}


@pytest.mark.parametrize("way", ["raises", "hangs"])
def test_a_provider_that_breaks_while_it_is_asked_has_told_nothing(
    town: Town, send: Sends, follow: Sends, double: Any, way: str
) -> None:
    """An error or no answer in time is as if it could not be asked, and the round goes on."""
    release = town.release(2, severity="Minor")
    provider = double(lambda _m, _n: UNKNOWN, timeout=0.1)
    send(provider)

    async def find(*_: object) -> None:
        if way == "raises":
            raise ConnectionError
        await asyncio.sleep(30)

    provider.find = find
    follow(provider, after=61)
    assert town.states(release) == {"parked": 2}


@pytest.mark.parametrize(
    ("states", "after", "alert"),
    [
        (["delivered", "undelivered", "parked"], 0, "completed"),
        (["suppressed", "cancelled", "expired"], 0, "completed"),
        (["delivered", "planned"], 0, "sending"),
        (["retry_wait"], 0, "sending"),
        (["submitting"], 0, "sending"),
        (["unknown"], 0, "sending"),
        (["accepted", "sent"], 100, "sending"),
        (["accepted", "sent"], 181, "completed"),
    ],
    ids=str,
)
def test_an_alert_is_complete_when_there_is_nothing_left_to_wait_for(
    town: Town, follow: Sends, double: Any, states: list[str], after: int, alert: str
) -> None:
    """All rows terminal, parked, or past the time in which a receipt is waited for."""
    release = town.release(len(states))
    with town.ledger.read() as conn:
        now = database_now(conn)
    for row, state in zip(town.rows(release), states, strict=True):
        values = {"state": state, "accepted_at": now, "not_before": now + timedelta(hours=1)}
        town.change(t.delivery, values, t.delivery.c.id == row.id)
    done = follow(double(), after=after)
    assert alert_state(town) == alert
    assert done.settled == (alert == "completed")


@pytest.mark.parametrize("state", ["sending", "halted"])
def test_an_alert_past_its_time_is_expired(town: Town, send: Sends, follow: Sends, double: Any, state: str) -> None:
    """When the time is over and nothing is waited for, it is expired rather than completed, halted or not."""
    release = town.release(2)
    send(double())
    town.change(t.alert, {"state": state})
    follow(double(), after=90)
    assert alert_state(town) == state
    with town.ledger.read() as conn:
        now = database_now(conn)
    town.change(t.release, {"expires": now + timedelta(seconds=100)}, t.release.c.id == release)
    follow(double(), after=200)
    assert alert_state(town) == "expired"


@pytest.mark.parametrize(
    ("severity", "deadline"), [("Extreme", 0), ("Severe", 120_000), ("Moderate", 600_000), ("Minor", None)]
)
def test_the_next_means_is_asked_for_with_the_deadline_of_the_severity(
    town: Town, follow: Sends, double: Any, severity: str, deadline: int | None
) -> None:
    """The plan decides whom; the policy decides when."""
    release = town.release(1, severity=severity)
    asked: list[Any] = []

    def next_means(_conn: Any, number: int, _now: Any, *, deadline_ms: int | None) -> int:
        asked.append((number, deadline_ms))
        return 2

    assert follow(double(), next_means=next_means).next_means == 2
    assert asked == [(release, deadline)]


def test_a_completed_alert_is_opened_again_by_the_next_means(
    town: Town, send: Sends, follow: Sends, double: Any
) -> None:
    """When new deliveries are planned after completion, the alert is sending again."""
    release = town.release(1)
    send(double())
    follow(double(), after=200)
    assert alert_state(town) == "completed"

    def next_means(conn: Any, number: int, now: Any, *, deadline_ms: int | None) -> int:
        assert deadline_ms == 120_000
        row = town._delivery(conn, number, _words(conn), 7, now)  # noqa: SLF001 - the town writes as the plan would
        conn.execute(t.delivery.insert().values(**row))
        return 1

    follow(double(), after=200, next_means=next_means)
    assert (alert_state(town), town.states(release)) == ("sending", {"accepted": 1, "planned": 1})


def _words(conn: Any) -> Any:
    from onevoice.variant import Variant

    return Variant.model_validate(conn.execute(t.variant.select()).first().body)


def test_while_sending_is_halted_follow_up_still_listens_and_sends_nothing(
    town: Town, send: Sends, follow: Sends, double: Any
) -> None:
    """What was in doubt is looked for under a halt too; what is decided to be sent again waits for the switch."""
    release = town.release(2, severity="Extreme")
    provider = double(lambda _m, _n: UNKNOWN)
    send(provider)
    with town.ledger.write() as conn:
        control.halt(conn, by="ana", reason="test", now=database_now(conn))
    follow(provider, after=61)
    assert alert_state(town) == "halted"
    assert len(provider.asked) == 2
    send(provider)
    assert (town.states(release), len(provider.called)) == ({"retry_wait": 2}, 2)


def test_workers_that_were_not_seen_for_a_day_are_forgotten(
    town: Town, send: Sends, follow: Sends, double: Any
) -> None:
    """The list of workers does not grow for ever; attempts keep the name of theirs."""

    def workers() -> int:
        with town.ledger.read() as conn:
            return len(conn.execute(t.worker.select()).all())

    town.release(1)
    send(double())
    follow(double(), after=3600)
    assert workers() == 1
    follow(double(), after=25 * 3600)
    assert workers() == 0
    assert town.attempts()[0].worker


def test_every_round_anchors_the_audit_chain(town: Town, follow: Sends, double: Any) -> None:
    """After a round the anchor says how long the chain is."""
    with town.ledger.write() as conn:
        audit.append(conn, town.vault, actor="ana", act="drafted", subject="a")
    path = town.home / "audit.head"
    follow(double(), anchor_file=path)
    with town.ledger.read() as conn:
        assert audit.verify(conn, town.vault, path).whole
    assert '"count": 1' in path.read_text()


# --- many to ask about ----------------------------------------------------------------------------------------


def test_one_round_asks_about_more_than_a_few_hundred(
    town: Town, send: Sends, follow: Sends, double: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an outage in which all callbacks were lost, one round closes six hundred rows, if it has the time."""
    monkeypatch.setattr(reconcile, "ASKING", 120.0)
    release = town.release(600)
    provider = double(rate=100_000.0, latency=0.001)
    send(provider)
    follow(provider, after=181)
    assert town.states(release) == {"sent": 600}


def test_a_round_ends_although_there_is_more_to_ask(
    town: Town, send: Sends, follow: Sends, double: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow provider holds up nobody: what was not asked is asked in the next round, calls in doubt first."""
    monkeypatch.setattr(reconcile, "ASKING", 0.005)
    waiting = town.release(40, severity="Severe")
    doubtful = town.release(range(100, 110), chain="doubtful", severity="Extreme")
    provider = double(lambda m, _n: UNKNOWN if m.to >= town.address(100) else None, rate=100_000.0)
    send(provider)
    find = provider.find

    async def slow(message: Any, since: Any) -> Any:
        await asyncio.sleep(0.01)
        return await find(message, since)

    provider.find = slow
    rounds = 0
    while town.states(waiting).get("sent", 0) < 40:
        follow(provider, after=181)
        rounds += 1
        assert rounds < 5
    assert rounds == 2
    assert town.states(doubtful).get("unknown", 0) == 0
