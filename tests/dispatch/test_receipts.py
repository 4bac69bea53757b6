"""The inbox: what providers say is kept whole, folded in any order, and never makes a delivery."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from onevoice.dispatch.providers import Evidence, Outcome, Receipt, Result, Word
from onevoice.dispatch.receipts import store
from onevoice.ledger import receipts
from onevoice.ledger import tables as t
from onevoice.people import Means

Town = Any
Sends = Callable[..., Any]
NUMBER = "double-sms"


def hear(town: Town, *heard: Any) -> Any:
    """Store what providers say, as a callback route does."""
    return store(town.ledger, town.vault, heard, means_of={NUMBER: Means.SMS}, keywords={}, clock=town.clock)


def receipt(town: Town, attempt: int, word: Word, **more: Any) -> Receipt:
    """A receipt for an attempt, by its token."""
    digest = more.pop("digest", f"{attempt}-{word}-{more.get('at')}")
    return Receipt(NUMBER, word, digest, token=town.vault.token(attempt), **more)


def kept(town: Town) -> list[Any]:
    """All receipts, by id."""
    with town.ledger.read() as conn:
        return list(conn.execute(t.receipt.select().order_by(t.receipt.c.id)))


def test_a_receipt_is_kept_whole_and_moves_its_delivery(town: Town, send: Sends, double: Any) -> None:
    """Sent, then delivered on the handset: state and evidence follow; the raw words can be unsealed and not read."""
    release = town.release(2)
    send(double())
    first = town.attempts()[0].id
    assert hear(town, receipt(town, first, Word.SENT)).receipts == 1
    assert town.rows(release)[0].state == "sent"
    raw = {"MessageStatus": "delivered", "To": town.address(0)}
    hear(town, receipt(town, first, Word.DELIVERED, evidence=Evidence.HANDSET, raw=raw))
    row = town.rows(release)[0]
    assert (row.state, row.evidence, row.late) == ("delivered", "handset", False)
    assert town.rows(release)[1].state == "accepted"
    sealed = kept(town)[1].raw_enc
    assert town.address(0).encode() not in sealed
    assert town.address(0) in town.vault.unseal(sealed, receipts.RAW)


def test_the_same_receipt_five_times_is_one(town: Town, send: Sends, double: Any) -> None:
    """A repeat is recognised by its digest and changes nothing."""
    release = town.release(1)
    send(double())
    one = receipt(town, town.attempts()[0].id, Word.UNDELIVERED, code="30005")
    assert [hear(town, one).receipts for _ in range(5)] == [1, 0, 0, 0, 0]
    assert hear(town, one, one).receipts == 0
    assert (len(kept(town)), town.states(release)) == (1, {"undelivered": 1})


WORDS = [Word.QUEUED, Word.SENT, Word.SENT, Word.UNDELIVERED, Word.DELIVERED, Word.UNRECOGNISED]


@pytest.mark.parametrize("seed", range(6))
def test_receipts_in_any_order_and_any_lots_give_one_state(town: Town, send: Sends, double: Any, seed: int) -> None:
    """Five deliveries, each hearing the same receipts in another order with repeats, all end alike."""
    release = town.release(5)
    send(double())
    chance = random.Random(seed)  # noqa: S311 - a shuffle, not a secret
    moments = [datetime(2026, 11, 22, 12, minute, tzinfo=UTC) for minute in range(len(WORDS))]
    heard = [
        receipt(town, attempt.id, word, at=at, code=f"c{at.minute}")
        for attempt in town.attempts()
        for word, at in zip(WORDS, moments, strict=True)
    ]
    heard += chance.sample(heard, len(heard) // 2)
    chance.shuffle(heard)
    while heard:
        many = chance.randint(1, 7)
        hear(town, *heard[:many])
        del heard[:many]
    ends = {(r.state, r.evidence, r.late, r.code, r.reason) for r in town.rows(release)}
    assert ends == {("delivered", None, True, "c4", "receipts disagree")}


def test_delivered_is_never_taken_back(town: Town, send: Sends, double: Any) -> None:
    """A failure that comes after delivered is kept, and the delivery stays delivered."""
    release = town.release(1)
    send(double())
    attempt = town.attempts()[0].id
    hear(town, receipt(town, attempt, Word.DELIVERED))
    hear(town, receipt(town, attempt, Word.UNDELIVERED))
    assert (town.states(release), len(kept(town))) == ({"delivered": 1}, 2)


def test_a_receipt_before_the_answer_of_the_call_is_saved_is_not_lost(town: Town, send: Sends, double: Any) -> None:
    """The callback beats the create reply, which then says “in doubt”: delivered it stays, with its reference."""
    release = town.release(1)

    def callback_first(message: Any, _times: int) -> Outcome:
        hear(town, Receipt(NUMBER, Word.DELIVERED, "d", token=message.token, ref="SM1"))
        return Outcome(Result.UNKNOWN, code="timeout")

    send(double(callback_first))
    assert town.states(release) == {"delivered": 1}
    assert [(a.result, a.ref) for a in town.attempts()] == [("unknown", "SM1")]


def test_a_callback_resolves_a_call_in_doubt_by_itself(town: Town, send: Sends, follow: Sends, double: Any) -> None:
    """Within the grace a callback with our token is enough: nobody asks and nobody sends again."""
    release = town.release(1, severity="Extreme")
    provider = double(lambda _m, _n: Outcome(Result.UNKNOWN))
    send(provider)
    hear(town, receipt(town, provider.called[0].attempt, Word.SENT, ref="SM1"))
    follow(provider, after=61)
    send(provider)
    assert (town.states(release), len(provider.called), provider.asked) == ({"sent": 1}, 1, [])


def test_a_receipt_by_reference_alone_finds_its_attempt(town: Town, send: Sends, double: Any) -> None:
    """Without our token the provider's own reference counts, but only that of the same provider."""
    release = town.release(2)
    send(double())
    ref = town.attempts()[0].ref
    hear(town, Receipt(NUMBER, Word.DELIVERED, "a", ref=ref), Receipt("other", Word.DELIVERED, "b", ref=ref))
    assert town.states(release) == {"delivered": 1, "accepted": 1}
    assert [r.attempt_id is None for r in kept(town)] == [False, True]


def test_a_receipt_that_comes_before_its_reference_is_written_waits_for_it(
    town: Town, send: Sends, follow: Sends, double: Any
) -> None:
    """What fits no attempt yet is tried again in follow-up."""
    release = town.release(1)

    def early(message: Any, _times: int) -> None:
        hear(town, Receipt(NUMBER, Word.DELIVERED, "early", ref=f"ref-{message.attempt}"))

    send(double(early))
    assert town.states(release) == {"accepted": 1}
    follow(double())
    assert town.states(release) == {"delivered": 1}


@pytest.mark.parametrize("token", ["", "forged-token-1234567", None])
def test_a_receipt_for_nobody_is_kept_and_makes_nothing(
    town: Town, send: Sends, double: Any, token: str | None
) -> None:
    """A forged token, another deployment's, or one of an attempt that never was: stored, and no delivery changes."""
    release = town.release(1)
    send(double())
    token = town.vault.token(4711) if token is None else token
    assert hear(town, Receipt(NUMBER, Word.DELIVERED, "x", token=token)).receipts == 1
    assert (town.states(release), kept(town)[0].attempt_id) == ({"accepted": 1}, None)


def test_a_receipt_under_another_providers_name_moves_nothing(town: Town, send: Sends, double: Any) -> None:
    """A token is good only for the provider that was called with it."""
    release = town.release(1)
    send(double())
    token = town.vault.token(town.attempts()[0].id)
    hear(town, Receipt("smtp", Word.DELIVERED, "x", token=token))
    assert town.states(release) == {"accepted": 1}


@pytest.mark.parametrize(
    ("word", "state", "late"),
    [(Word.DELIVERED, "delivered", True), (Word.SENT, "sent", True), (Word.UNDELIVERED, "undelivered", False)],
)
@pytest.mark.parametrize("given_up", ["parked", "expired", "cancelled", "suppressed"])
def test_good_news_about_what_was_given_up_counts_and_is_marked_late(
    town: Town, send: Sends, double: Any, given_up: str, word: Word, state: str, late: bool
) -> None:
    """A receipt proves that the message went out after all."""
    release = town.release(1)
    provider = double(lambda _m, _n: Outcome(Result.RETRY))
    send(provider)
    town.change(t.delivery, {"state": given_up, "reason": "test"})
    town.shift = town.shift.resolution * 5_000_000
    hear(town, receipt(town, provider.called[0].attempt, word))
    row = town.rows(release)[0]
    assert (row.state, row.late, row.reason) == (state, late, None)


def test_late_stays_late_whatever_is_heard_afterwards(town: Town, send: Sends, double: Any) -> None:
    """Given up, then handed on, then delivered: that it came late is not forgotten on the way."""
    release = town.release(1)
    provider = double(lambda _m, _n: Outcome(Result.RETRY))
    send(provider)
    town.change(t.delivery, {"state": "parked"})
    town.shift = town.shift.resolution * 5_000_000
    for word in (Word.SENT, Word.DELIVERED):
        hear(town, receipt(town, provider.called[0].attempt, word))
    assert [(r.state, r.late) for r in town.rows(release)] == [("delivered", True)]


def test_a_receipt_that_says_opted_out_writes_the_opt_out(town: Town, send: Sends, double: Any) -> None:
    """What the carrier knows holds for the next release too."""
    town.release([0], chain="a")
    send(double())
    hear(town, receipt(town, town.attempts()[0].id, Word.UNDELIVERED, code="21610", opt_out=True))
    town.release([0], chain="b")
    assert send(double()).started == 0


def test_receipts_are_kept_when_folding_fails_and_folded_later(
    town: Town, send: Sends, follow: Sends, double: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault in the fold costs no receipt: the caller may be told that we have it, and follow-up folds again."""
    release = town.release(1)
    provider = double(lambda _m, _n: Outcome(Result.UNKNOWN))
    send(provider)
    one = receipt(town, provider.called[0].attempt, Word.DELIVERED, ref="SM1")
    with monkeypatch.context() as fault:
        fault.setattr("onevoice.ledger.outcomes.fold", lambda _events: 1 / 0)
        assert hear(town, one).receipts == 1
    assert (town.states(release), kept(town)[0].folded_at) == ({"unknown": 1}, None)
    assert town.attempts()[0].ref is None, "what the fold had written before its fault is undone"
    follow(provider)
    assert town.states(release) == {"delivered": 1}
    assert (town.attempts()[0].ref, kept(town)[0].folded_at is None) == ("SM1", False)


def test_a_word_that_nobody_knows_is_kept_and_proves_acceptance(town: Town, send: Sends, double: Any) -> None:
    """The provider speaks of this call, so it holds the message: it is not sent again."""
    release = town.release(1, severity="Extreme")
    provider = double(lambda _m, _n: Outcome(Result.UNKNOWN))
    send(provider)
    hear(town, receipt(town, provider.called[0].attempt, Word.UNRECOGNISED, code="teleported"))
    assert town.states(release) == {"accepted": 1}
    assert kept(town)[0].code == "teleported"
