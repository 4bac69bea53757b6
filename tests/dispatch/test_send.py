"""The sender: what leaves, how fast, and what is kept of it."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from onevoice.dispatch.call import sensible
from onevoice.dispatch.providers import Filled, Outcome, Result
from onevoice.dispatch.send import Sender, send_due
from onevoice.errors import OutOfReach
from onevoice.ledger import audit, control
from onevoice.ledger import tables as t
from onevoice.ledger.engine import Ledger, database_now
from onevoice.people import Means

Town = Any
Sends = Callable[..., Any]


def test_everything_due_is_sent_once_and_the_ledger_agrees_with_the_provider(
    town: Town, send: Sends, double: Any
) -> None:
    """Each person gets one message, and each acceptance stands under exactly one attempt with its reference."""
    release = town.release(60)
    provider = double()
    counts = send(provider)
    assert (counts.accepted, counts.ending) == (60, "done")
    assert provider.per_person == {town.address(p): 1 for p in range(60)}
    assert town.states(release) == {"accepted": 60}
    assert {(a.id, a.ref, a.result) for a in town.attempts()} == {
        (m.attempt, f"ref-{m.attempt}", "accepted") for m in provider.taken
    }
    assert send(provider).started == 0, "there is nothing left to do"


def test_the_provider_gets_the_frozen_text_with_its_slots_filled(town: Town, send: Sends, double: Any) -> None:
    """An email's two slots hold a link of fixed length and a number that stays the same; an SMS is left as it is."""
    text = "Go now. {manage_url} {message_id}"
    town.release(1, chain="a", text=text)
    town.release(1, chain="b", text=text, means="email")
    sms, email = double(), double(means=Means.EMAIL)
    send(sms, email)
    mail = email.taken[0]
    assert sms.taken[0].parts == {"text": text}
    assert mail.parts["text"] == f"Go now. {mail.manage_url} {mail.message_id}"
    assert (len(mail.message_id), mail.manage_url.count("/manage/")) == (20, 1)
    assert town.vault.attempt(mail.token) == mail.attempt
    assert mail.callback_url == f"http://127.0.0.1:8300/callbacks/double-email/{mail.token}"


def test_a_message_in_a_log_shows_nobody_and_opens_nothing(town: Town, send: Sends, double: Any) -> None:
    """Neither address nor text, nor the token and the links by which somebody could speak or act for another."""
    town.release(1)
    provider = double()
    send(provider)
    [message] = provider.taken

    for hidden in (message.to, message.token, message.callback_url, "/manage/", *message.parts.values()):
        assert hidden
        assert hidden not in repr(message)


def test_a_value_of_a_slot_is_never_markup() -> None:
    """In the page of an email a value is escaped; in subject and text it stands as it is."""
    parts = dict.fromkeys(("subject", "text", "html"), "{manage_url} {message_id}")

    made = Filled(parts, {"{manage_url}": "https://a.example/?a=1&b='<2>'", "{message_id}": "Msg"})

    plain, page = "https://a.example/?a=1&b='<2>' Msg", "https://a.example/?a=1&amp;b=&#x27;&lt;2&gt;&#x27; Msg"
    assert made == {"subject": plain, "text": plain, "html": page}


@pytest.mark.parametrize(
    ("answer", "state", "result"),
    [
        (Outcome(Result.REJECTED, code="21211"), "undelivered", "rejected"),
        (Outcome(Result.RETRY, code="429"), "retry_wait", "retry"),
        (Outcome(Result.UNKNOWN, code="503"), "unknown", "unknown"),
        (ConnectionResetError("+12025550123"), "unknown", "unknown"),
        (Outcome(Result.ACCEPTED), "unknown", "unknown"),
        (Outcome(Result.REJECTED, code="20003", halts=True), "retry_wait", "retry"),
        (Outcome(Result.UNKNOWN, code="20003", halts=True), "unknown", "unknown"),
    ],
    ids=str,
)
def test_every_answer_of_a_provider_becomes_its_state(
    town: Town, send: Sends, double: Any, answer: Any, state: str, result: str
) -> None:
    """Refused, asked to wait, in doubt, broken off, accepted without a reference, account refused."""
    release = town.release(1)
    send(double(lambda _message, _times: answer))
    assert town.states(release) == {state: 1}
    assert [a.result for a in town.attempts()] == [result]
    assert "2025550123" not in str(town.attempts()), "what a provider raises may hold a number"


def test_nothing_but_an_outcome_counts_as_an_answer() -> None:
    """A provider that returns something else has told us nothing."""
    assert sensible(None).result is Result.UNKNOWN
    assert sensible("250 OK").result is Result.UNKNOWN


@pytest.mark.parametrize("word", ["\ud800", "a\0b", "x" * 41, "é"])
def test_a_word_that_no_database_keeps_costs_nobody_else_their_outcome(
    town: Town, send: Sends, double: Any, word: str
) -> None:
    """One such answer among many: all are kept, and the sender goes on."""
    release = town.release(40)

    def odd(message: Any, _times: int) -> Outcome | None:
        return Outcome(Result.ACCEPTED, ref=f"ref-{message.attempt}", code=word) if message.attempt == 3 else None

    counts = send(double(odd))

    assert (counts.accepted, counts.ending) == (40, "done")
    assert town.states(release) == {"accepted": 40}
    assert [a.code for a in town.attempts() if a.id == 3] == ["unreadable"]
    assert sensible(Outcome(Result.ACCEPTED, ref=word * 3)).result is Result.UNKNOWN


def test_a_provider_that_does_not_answer_in_time_is_in_doubt(town: Town, send: Sends, double: Any) -> None:
    """The call is given up after the provider's time-out, and the row is unknown, not failed."""
    release = town.release(1)
    began = time.monotonic()
    send(double(latency=30.0, timeout=0.2))
    assert time.monotonic() - began < 2
    assert town.states(release) == {"unknown": 1}


def test_a_provider_that_refuses_to_be_cancelled_does_not_hold_the_sender_up(
    town: Town, send: Sends, double: Any
) -> None:
    """Even a call that swallows its cancellation is given up."""
    release = town.release(1)
    provider = double(timeout=0.1)

    async def stubborn(_message: Any) -> Outcome:
        for _ in range(20):
            try:
                await asyncio.sleep(0.05)
            except asyncio.CancelledError:
                continue
        return Outcome(Result.ACCEPTED, ref="too late")

    provider.send = stubborn
    assert send(provider).unknown == 1
    assert town.states(release) == {"unknown": 1}


def test_what_cannot_be_carried_or_opened_never_reaches_the_provider(town: Town, send: Sends, double: Any) -> None:
    """A text the provider refuses, and an address sealed with other keys, end as undelivered with their reason."""
    carried = town.release([0], chain="a", text="uncarriable")
    sealed = town.release([1], chain="b")
    town.change(t.contact_point, {"address_enc": b"\x01x"}, t.contact_point.c.contact_key == town.key(1))
    provider = double()
    send(provider)
    assert provider.called == []
    assert [town.rows(r)[0].code for r in (carried, sealed)] == ["cannot-carry", "unreadable-address"]
    assert town.states(carried) == town.states(sealed) == {"undelivered": 1}


def test_a_text_that_is_not_what_was_approved_is_never_sent(town: Town, send: Sends, double: Any) -> None:
    """One changed letter in the stored text, and nobody gets it."""
    release = town.release(2)
    row = town.rows(release)[0]
    with town.ledger.read() as conn:
        body = conn.execute(t.variant.select()).one().body
    body["parts"]["text"] = "Stay where you are."
    town.change(t.variant, {"body": body}, t.variant.c.id == row.variant_id)
    provider = double()
    send(provider)
    assert provider.called == []
    assert {row.code for row in town.rows(release)} == {"altered-text"}


def test_a_provider_that_says_opted_out_is_believed(town: Town, send: Sends, double: Any) -> None:
    """The opt-out is written with the outcome, and holds for every later release."""
    town.release([0], chain="a")
    provider = double(lambda _m, _n: Outcome(Result.REJECTED, code="21610", opt_out=True))
    send(provider)
    town.release([0], chain="b")
    assert send(provider).started == 0
    assert town.rows(1)[0].reason == "opted out"


def test_calls_are_paced_to_the_providers_rate_in_its_units(town: Town, send: Sends, double: Any) -> None:
    """Thirty messages of three segments at 100 segments a second take their time, long ones too."""
    town.release(30, units=3)
    provider = double(rate=100.0, latency=0.001)
    send(provider)
    took = provider.starts[-1] - provider.starts[0]
    assert took >= (29 * 3 - 25 - 3) / 100.0
    assert took < 2.5


def test_a_rate_below_one_a_second_still_sends(town: Town, send: Sends, double: Any) -> None:
    """A slow sender identity gets one call now and the next when its second has come."""
    town.release(2, units=2)
    provider = double(rate=4.0, latency=0.001)
    assert send(provider).accepted == 2
    assert provider.starts[1] - provider.starts[0] >= 0.2


@pytest.mark.parametrize(("rate", "latency", "window"), [(100.0, 0.05, 8), (400.0, 0.05, 20), (10_000.0, 0.3, 128)])
def test_the_window_of_calls_in_flight_is_rolling_and_bounded(
    town: Town, send: Sends, double: Any, rate: float, latency: float, window: int
) -> None:
    """At most W = min(128, max(8, rate × latency)) calls at a time; a slow one does not hold up the others."""
    town.release(3 * window)
    provider = double(rate=rate, latency=latency)
    send(provider)
    assert provider.busiest <= window
    assert provider.busiest >= min(window, rate * latency) * 0.5
    assert len(provider.taken) == 3 * window


@pytest.mark.parametrize("widest", [8, 200])
def test_the_deployment_says_how_wide_the_window_may_be(town: Town, send: Sends, double: Any, widest: int) -> None:
    """However fast the provider, no more calls than that are on their way, and more than usual where it is wider."""
    town.release(400)
    provider = double(rate=100_000.0, latency=0.2)
    send(provider, window=widest)
    assert widest / 2 < provider.busiest <= widest


def test_one_slow_call_does_not_hold_up_the_others(town: Town, send: Sends, double: Any) -> None:
    """There is no barrier at the end of a batch: forty calls end while the first is still running."""
    town.release(40)
    provider = double(rate=1000.0, latency=0.01, timeout=5.0)
    plain = provider.send
    ended: list[str] = []

    async def first_is_slow(message: Any) -> Outcome:
        slow = not provider.called
        outcome: Outcome = await plain(message)
        await asyncio.sleep(1.0 if slow else 0)
        ended.append(message.to)
        return outcome

    provider.send = first_is_slow
    send(provider)
    assert ended[-1] == provider.called[0].to
    assert len(ended) == 40


def test_no_more_intents_stand_open_than_twice_the_window(town: Town, send: Sends, double: Any) -> None:
    """The database never holds more unanswered attempts than those on their way, and as many that are held."""
    town.release(60)
    most = 0

    def count(_message: Any, _times: int) -> None:
        nonlocal most
        most = max(most, sum(a.result is None for a in town.attempts()))

    send(double(count, rate=300.0, latency=0.02))
    assert 1 <= most <= 16


@pytest.mark.parametrize(("asked", "least", "most"), [(30.0, 30, 31), (-1.0, 0, 5), (1e9, 3600, 3601), (None, 0, 5)])
def test_retry_after_is_honoured_and_absurd_values_are_brought_to_reason(
    town: Town, send: Sends, double: Any, asked: float | None, least: int, most: int
) -> None:
    """The row waits at least as long as was asked, and at most an hour."""
    release = town.release(1)
    send(double(lambda _m, _n: Outcome(Result.RETRY, code="429", retry_after=asked)))
    row = town.rows(release)[0]
    assert timedelta(seconds=least) <= row.not_before - row.state_at <= timedelta(seconds=most)


def test_a_provider_that_asks_for_a_pause_gets_it_for_all_its_calls(town: Town, send: Sends, double: Any) -> None:
    """After “wait 30 s” no further call starts, and the others are still planned."""
    release = town.release(100)
    provider = double(lambda _m, _n: Outcome(Result.RETRY, retry_after=30.0), rate=200.0, latency=0.05)
    send(provider)
    assert len(provider.called) <= 30
    assert town.states(release)["planned"] >= 70


def test_a_provider_that_keeps_failing_is_left_alone(town: Town, send: Sends, double: Any) -> None:
    """After fifty failed calls no more are made than the window that was under way; the rest stays planned."""
    release = town.release(150)
    provider = double(lambda _m, _n: Outcome(Result.RETRY, code="connect"))
    send(provider)
    assert 50 <= len(provider.called) <= 58
    assert town.states(release)["planned"] >= 84, "what was held for it is given back"


def test_a_refused_account_stops_its_channel_only_and_is_written_down(town: Town, send: Sends, double: Any) -> None:
    """SMS stops with its window, rows keep their turn; email goes on; the audit chain says why."""
    texts = town.release(60, chain="a")
    mails = town.release(20, chain="b", means="email")
    refused = double(lambda _m, _n: Outcome(Result.REJECTED, code="20003", halts=True), rate=100.0)
    fine = double(means=Means.EMAIL, rate=100.0)
    send(refused, fine)
    assert len(refused.called) <= 8
    assert set(town.states(texts)) == {"planned", "retry_wait"}
    assert town.states(mails) == {"accepted": 20}
    with town.ledger.read() as conn:
        entries = [(row.act, row.subject, row.detail) for row in conn.execute(t.audit.select())]
        assert audit.verify(conn, town.vault).whole
    assert entries[0] == ("channel stopped", "double-sms", {"code": "20003"})


def test_one_reference_for_two_messages_leaves_the_second_in_doubt(town: Town, send: Sends, double: Any) -> None:
    """A provider that gives the same reference twice has told us nothing about the second message."""
    release = town.release(3)
    send(double(lambda _m, _n: Outcome(Result.ACCEPTED, ref="same")))
    assert town.states(release) == {"accepted": 1, "unknown": 2}
    assert Counter(a.ref for a in town.attempts()) == {"same": 1, None: 2}


def test_minor_messages_are_given_up_after_six_tries_that_were_not_taken(town: Town, send: Sends, double: Any) -> None:
    """The sixth certain failure is the last: the row is undelivered, so that the next means can open."""
    release = town.release(1, severity="Minor")
    provider = double(lambda _m, _n: Outcome(Result.RETRY, code="connect"))
    for _ in range(8):
        send(provider)
        town.shift += timedelta(hours=1)
        town.change(t.release, {"expires": town.rows(release)[0].state_at + timedelta(hours=9)})
    assert len(provider.called) == 6
    assert (town.rows(release)[0].state, town.rows(release)[0].reason) == ("undelivered", "tries used up")


def test_a_sender_that_waits_sees_a_release_at_once(town: Town, double: Any) -> None:
    """However seldom it looks by itself: what somebody else commits wakes it."""
    provider = double()

    async def go() -> float:
        stop, called, plain = asyncio.Event(), asyncio.Event(), provider.send

        async def telling(message: Any) -> Any:
            called.set()
            return await plain(message)

        provider.send = telling
        sender = Sender(town.ledger, town.vault, {Means.SMS: provider}, town.options(poll=20), stop, once=False)
        running = asyncio.ensure_future(sender.run())
        await asyncio.sleep(0.5)
        await asyncio.to_thread(town.release, 1)
        released_at = asyncio.get_running_loop().time()
        await called.wait()
        took = asyncio.get_running_loop().time() - released_at
        stop.set()
        await running
        return took

    assert asyncio.run(asyncio.wait_for(go(), 15)) < 5


@pytest.mark.parametrize("way", ["file", "database"])
def test_a_halt_in_the_middle_stops_within_two_seconds(town: Town, double: Any, way: str) -> None:
    """By the file or in the database: the last call begins within 2 s, and what had not begun is taken back."""
    release = town.release(200)
    provider = double(rate=100.0, latency=0.05)
    counts, halted_at = asyncio.run(_halted_half_way(town, provider, way))
    assert counts.ending == "halted"
    assert 20 <= len(provider.called) < 150
    assert max(provider.starts) - halted_at <= 2.0
    states = town.states(release)
    assert set(states) <= {"planned", "retry_wait", "accepted"}
    assert states["accepted"] == len(provider.taken)


async def _halted_half_way(town: Town, provider: Any, way: str) -> tuple[Any, float]:
    enough, plain = asyncio.Event(), provider.send

    async def counting(message: Any) -> Any:
        if len(provider.called) >= 20:
            enough.set()
        return await plain(message)

    provider.send = counting
    sending = asyncio.ensure_future(send_due(town.ledger, town.vault, {Means.SMS: provider}, town.options(), once=True))
    await asyncio.wait_for(enough.wait(), 30)
    if way == "file":
        town.options().halt_file.touch()
    else:
        await asyncio.to_thread(_halt, town)
    at = asyncio.get_running_loop().time()
    return await sending, at


def _halt(town: Town) -> None:
    with town.ledger.write() as conn:
        control.halt(conn, by="ana", reason="test", now=database_now(conn))


def test_intents_whose_call_never_began_are_taken_back_under_the_same_fence(
    town: Town, send: Sends, double: Any
) -> None:
    """When the halt comes between claim and call, the row goes back as certainly not taken, and no try is counted."""
    release = town.release(3)
    halt_file = town.options().halt_file
    provider = double()
    provider.check = lambda _parts: None
    original = town.ledger.write
    claims = []

    def write_then_halt() -> Any:
        claims.append(1)
        if len(claims) == 2:
            halt_file.touch()
        return original()

    town.ledger.write = write_then_halt
    counts = send(provider)
    assert (counts.taken_back, provider.called) == (3, [])
    assert [(r.state, r.tries, r.fence) for r in town.rows(release)] == [("retry_wait", 0, 1)] * 3
    assert {(a.result, a.code) for a in town.attempts()} == {("retry", "not-started")}


def test_outcomes_wait_for_a_database_that_is_out_of_reach_and_nothing_new_begins(
    town: Town, double: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What calls came to while the database could not be written to is kept when it can be again; then it goes on."""
    monkeypatch.setattr("onevoice.dispatch.send.AFTER_TROUBLE", 0.1)
    release = town.release(30)
    broken: Any = _Broken(town.ledger, after=3, seconds=0.6)
    provider = double(rate=100.0)
    counts = asyncio.run(send_due(broken, town.vault, {Means.SMS: provider}, town.options(), once=True))
    assert counts.accepted == 30
    assert set(provider.per_person.values()) == {1}
    assert town.states(release) == {"accepted": 30}
    longest = max(b - a for a, b in itertools.pairwise(provider.starts))
    assert longest >= 0.3, "no call began while nothing could be written down"


def test_a_database_that_stays_out_of_reach_ends_the_sender_with_a_clear_error(town: Town, double: Any) -> None:
    """After its patience the sender gives up with one sentence; what was claimed is known to be in doubt."""
    release = town.release(10)
    broken: Any = _Broken(town.ledger, after=2, times=1000)
    with pytest.raises(OutOfReach, match="gone"):
        asyncio.run(send_due(broken, town.vault, {Means.SMS: double()}, town.options(patience=0.0), once=True))
    assert town.states(release).get("submitting", 0) <= 16


def test_a_commit_whose_word_was_lost_is_undone_before_anything_else(
    town: Town, double: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If a claim was committed and its answer lost, the sender finds its own intents, takes them back and goes on."""
    monkeypatch.setattr("onevoice.dispatch.send.AFTER_TROUBLE", 0.05)
    release = town.release(5)
    broken: Any = _Broken(town.ledger, after=1, times=1, committed=True)
    provider = double()
    asyncio.run(send_due(broken, town.vault, {Means.SMS: provider}, town.options(), once=True))
    assert provider.per_person == {town.address(p): 1 for p in range(5)}
    assert [(r.state, r.tries, r.fence) for r in town.rows(release)] == [("accepted", 1, 2)] * 5
    assert Counter((a.result, a.code) for a in town.attempts()) == {("retry", "not-started"): 5, ("accepted", None): 5}


class _Broken:
    """A ledger whose writes fail `times` times, or for so many seconds; `committed`: after they were committed."""

    def __init__(
        self, ledger: Ledger, *, after: int, times: int = 0, seconds: float = 0.0, committed: bool = False
    ) -> None:
        self._ledger = ledger
        self._after = after
        self._times = times
        self._seconds = seconds
        self._committed = committed
        self._writes = 0
        self._until = 0.0

    def write(self) -> Any:
        """Fail, or write."""
        self._writes += 1
        if self._writes == self._after + 1:
            self._until = time.monotonic() + self._seconds
        if self._after < self._writes <= self._after + self._times or time.monotonic() < self._until:
            return _Lost(self._ledger.write() if self._committed else None)
        return self._ledger.write()

    write_without_pause = write

    def watch(self) -> Any:
        """See what others write."""
        return self._ledger.watch()


class _Lost:
    """A transaction of which nobody hears."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __enter__(self) -> Any:
        if self._inner is None:
            raise OutOfReach("It is gone.")
        return self._inner.__enter__()

    def __exit__(self, *problem: object) -> None:
        self._inner.__exit__(*problem)
        raise OutOfReach("It is gone.")


def test_progress_is_told_and_adds_up(town: Town, send: Sends, double: Any) -> None:
    """The hook sees counts that only grow, and the last of them is what is returned."""
    town.release(20)
    told: list[Any] = []
    counts = send(double(), on_progress=told.append)
    assert [c.accepted for c in told] == sorted(c.accepted for c in told)
    assert (told[-1].accepted, told[-1].in_flight, counts.accepted) == (20, 0, 20)


def test_without_a_provider_for_a_means_its_rows_wait(town: Town, send: Sends, double: Any) -> None:
    """A means that is not set up is nobody's business here; nothing fails."""
    mails = town.release(2, means="email")
    assert send(double()).ending == "done"
    assert send().ending == "done"
    assert town.states(mails) == {"planned": 2}
