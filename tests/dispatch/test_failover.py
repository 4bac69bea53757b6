"""Two providers of one means, and what workers tell each other of how providers fare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from onevoice.dispatch.pace import ERRORS
from onevoice.dispatch.providers import Outcome, Result

Town = Any
Sends = Callable[..., Any]
PEOPLE = 60
WAIT = Outcome(Result.RETRY, code="429", retry_after=30)
BROKEN = Outcome(Result.RETRY, code="not-connected")
REFUSED = Outcome(Result.RETRY, code="401", halts=True)
DOUBT = Outcome(Result.UNKNOWN, code="503")
on_both = pytest.mark.parametrize(
    "database_url",
    ["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.slow])],
    indirect=True,
)


def always(outcome: Outcome) -> Callable[..., Outcome]:
    """A provider that has only one answer."""
    return lambda _message, _times: outcome


def later(town: Town, seconds: float) -> None:
    """Let time pass, on the database's clock."""
    town.shift += timedelta(seconds=seconds)


def made(town: Town) -> Counter[tuple[str, str | None]]:
    """How many calls through whom came to what; intents whose call never began are left out."""
    return Counter((a.provider, a.result) for a in town.attempts() if a.code != "not-started")


# --- what a provider asks for ----------------------------------------------------------------------------------------


@on_both
def test_a_sender_that_is_started_anew_knows_how_long_to_wait(town: Town, send: Sends, double: Any) -> None:
    """The first was asked to wait for 30 s and is gone. The next one makes no call for so long, then all of them."""
    town.release(PEOPLE)
    send(double(always(WAIT)))
    later(town, 29)
    patient = double()
    assert send(patient).ending == "done"
    assert patient.called == []
    later(town, 2)
    send(patient)
    assert len(patient.taken) == PEOPLE


@pytest.mark.parametrize(("asked", "seconds"), [(1e9, 3600), (-1.0, 0), (float("nan"), 0)])
def test_an_absurd_wish_is_brought_to_reason(
    town: Town, send: Sends, double: Any, asked: float, seconds: float
) -> None:
    """At most an hour, for whoever comes next too; what is no time at all holds up nobody."""
    town.release(3)
    answer = Outcome(Result.RETRY, code="429", retry_after=asked)
    send(double(always(answer)))
    later(town, seconds - 1 if seconds else 65)
    early = double()
    send(early)
    assert len(early.taken) == (0 if seconds else 3)
    later(town, 65)
    send(early)
    assert len(early.taken) == 3


def test_that_a_provider_fails_is_known_to_the_next_sender(town: Town, send: Sends, double: Any) -> None:
    """After fifty failures another sender makes one call in five seconds; once it works, all the others too."""
    town.release(ERRORS + 20)
    first = double(always(BROKEN), rate=10_000.0)
    send(first)
    later(town, 4)
    second = double(always(BROKEN))
    send(second)
    assert second.called == [], "it was left alone for five seconds"
    later(town, 2)
    send(second)
    assert len(second.called) == 1
    later(town, 6)
    back = double()
    send(back)
    assert len(back.taken) > 1
    later(town, 60)
    send(back)
    assert len(back.taken) == ERRORS + 20


# --- two providers ---------------------------------------------------------------------------------------------------


@on_both
@pytest.mark.parametrize(("weight", "least", "most"), [(1.0, 20, 40), (0.0, 0, 0), (3.0, 40, 55)])
def test_first_calls_are_shared_by_weight(
    town: Town, send: Sends, double: Any, weight: float, least: int, most: int
) -> None:
    """Each person once, through one of the two; the one of weight 0 only stands by."""
    town.release(PEOPLE)
    usual, second = double(name="usual"), double(name="second")
    send(usual, second, weights={"second": weight})
    assert set((usual.per_person + second.per_person).values()) == {1}
    assert len(usual.taken) + len(second.taken) == PEOPLE
    assert least <= len(second.taken) <= most


@pytest.mark.parametrize("answer", [REFUSED, WAIT, BROKEN], ids=["refused", "asked to wait", "not reached"])
@on_both
def test_what_one_provider_puts_off_goes_to_the_other(town: Town, send: Sends, double: Any, answer: Outcome) -> None:
    """First calls at once, what the first has surely not taken when its wait is over. Each person once."""
    town.release(PEOPLE)
    bad, good = double(always(answer), name="bad"), double(name="good")
    send(bad, good, weights={"good": 0.0})
    tried = len(bad.called)
    assert 0 < tried <= PEOPLE
    later(town, 31)
    send(bad, good, weights={"good": 0.0})
    assert set(good.per_person.values()) == {1}
    assert len(good.taken) == PEOPLE
    assert len(bad.called) <= tried + 1, "at most the call that sees whether it is back"


def test_few_people_need_no_fifty_failures(town: Town, send: Sends, double: Any) -> None:
    """Three people and a provider that is not there: the second try goes through the other one."""
    town.release(3)
    bad, good = double(always(BROKEN), name="bad"), double(name="good")
    send(bad, good, weights={"good": 0.0})
    later(town, 3)
    send(bad, good, weights={"good": 0.0})
    assert (len(bad.called), len(good.taken)) == (3, 3)


def test_a_call_in_doubt_never_goes_to_the_other_by_itself(town: Town, send: Sends, follow: Sends, double: Any) -> None:
    """Minor: parked, and the provider that stands by is never called, whatever time passes."""
    release = town.release(20, severity="Minor")
    vague, good = double(always(DOUBT), name="vague"), double(name="good")
    weights = {"good": 0.0}
    send(vague, good, weights=weights)
    for after in (0, 31, 50, 300):
        follow(vague, good, after=after)
        send(vague, good, weights=weights)
    assert good.called == []
    assert town.states(release) == {"parked": 20}


def test_a_call_in_doubt_goes_to_the_other_where_the_policy_calls_again(
    town: Town, send: Sends, follow: Sends, double: Any
) -> None:
    """Extreme: only after 60 s, asked for in vain at the one that was called, and never more than twice."""
    town.release(ERRORS + 10, severity="Extreme", urgency="Immediate")
    vague, good = double(always(DOUBT), name="vague", rate=10_000.0), double(name="good")
    weights = {"good": 0.0}
    send(vague, good, weights=weights)
    doubted = len(vague.called)
    assert len(good.taken) == ERRORS + 10 - doubted
    follow(vague, good, after=31)
    send(vague, good, weights=weights)
    assert len(good.taken) == ERRORS + 10 - doubted, "too early to call again"
    follow(vague, good, after=61)
    send(vague, good, weights=weights)
    assert good.asked == [], "who was not called is not asked"
    assert max(good.per_person.values()) == 1
    assert len(good.taken) >= ERRORS + 10 - 1, "all but the call that sees whether the other is back"


def test_a_post_stays_with_the_service_of_its_account(town: Town, send: Sends, double: Any) -> None:
    """Two services for posts are two accounts: neither takes over what belongs to the other."""
    from onevoice.people import Means

    town.posts(["en", "es"], accounts={"mastodon": "@em@social.example", "bluesky": "em.example"})
    down = double(always(REFUSED), name="mastodon", means=Means.SOCIAL)
    well = double(name="bluesky", means=Means.SOCIAL)
    send(down, well)
    later(town, 60)
    send(down, well)
    assert {m.to.partition(":")[0] for m in well.taken} == {"bluesky"}
    assert made(town)["bluesky", "accepted"] == 2
