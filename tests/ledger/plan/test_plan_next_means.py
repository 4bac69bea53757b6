"""The next means: when it is opened, for whom, and when never."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from onevoice.ledger import plan
from onevoice.ledger import tables as t
from onevoice.ledger.next_means import _due, _told

MINUTE = 60_000


@pytest.fixture
def one(house: Any) -> tuple[Any, int]:
    """A house with Ana, who has a phone and mail, and a release that wrote to her phone."""
    house.add("ana", "0100", email="ana")
    release, _ = house.submit()
    return house, release


@pytest.mark.parametrize(
    ("state", "deadline_ms", "opened"),
    [
        ("undelivered", None, True),
        ("expired", None, True),
        ("suppressed", None, True),
        ("parked", None, True),
        ("planned", 1, False),
        ("retry_wait", 1, False),
        ("delivered", 1, False),
        ("cancelled", 1, False),
        ("accepted", None, False),
        ("sent", None, False),
        ("unknown", None, False),
        ("submitting", None, False),
        ("accepted", MINUTE, True),
        ("sent", MINUTE, True),
        ("unknown", MINUTE, True),
        ("submitting", MINUTE, True),
        ("accepted", 3 * MINUTE, False),
    ],
)
def test_the_next_means_is_opened_on_failure_or_after_the_deadline(
    one: tuple[Any, int], state: str, deadline_ms: int | None, opened: bool
) -> None:
    """Two minutes after the release: what failed opens the next means, what is under way only past the deadline."""
    house, release = one
    house.become(release, "sms", state)
    assert house.next_means(release, minutes=2, deadline_ms=deadline_ms) == opened
    assert [(s.means, s.step) for s in house.sent(release)] == ([("email", 2)] if opened else []) + [("sms", 1)]


def test_the_deadline_counts_from_when_the_provider_took_it(one: tuple[Any, int]) -> None:
    """A receipt `sent` does not start the wait again."""
    house, release = one
    with house.ledger.read() as conn:
        at = conn.scalar(t.delivery.select().with_only_columns(t.delivery.c.state_at))
    house.become(release, "sms", "sent", accepted_at=at, state_at=at + timedelta(seconds=110))
    assert house.next_means(release, minutes=2, deadline_ms=2 * MINUTE) == 1


@pytest.mark.parametrize(
    ("earlier", "due"),
    [
        *((state, False) for state in ("planned", "retry_wait", "delivered", "cancelled")),
        *((state, True) for state in ("sent", "unknown", "parked", "undelivered")),
    ],
)
def test_nobody_is_due_while_an_earlier_means_has_arrived_or_may(one: tuple[Any, int], earlier: str, due: bool) -> None:
    """The mail failed; whether she is due again depends on what became of the text message since."""
    house, release = one
    house.become(release, "sms", "undelivered")
    assert house.next_means(release) == 1
    house.become(release, "email", "undelivered")
    house.become(release, "sms", earlier)
    with house.ledger.read() as conn:
        found = conn.execute(_due(_told(conn, release, None), None)).all()
    assert bool(found) == due


def test_once_opened_it_is_not_opened_again(one: tuple[Any, int]) -> None:
    """While the next means is planned nothing more happens, and when all have failed there is nothing left."""
    house, release = one
    house.become(release, "sms", "undelivered")
    assert house.next_means(release) == 1
    assert house.next_means(release) == 0
    house.become(release, "email", "undelivered")
    assert house.next_means(release) == 0


def test_a_late_receipt_of_the_first_means_ends_it(house: Any) -> None:
    """The text arrived late, the mail failed: she was reached, and nothing more is planned."""
    house.add("ana", "0100", email="ana", means=("sms", "email"))
    release, _ = house.submit()
    house.become(release, "sms", "sent")
    assert house.next_means(release, minutes=5, deadline_ms=MINUTE) == 1
    house.become(release, "sms", "delivered")
    house.become(release, "email", "undelivered")
    assert house.next_means(release, minutes=9, deadline_ms=MINUTE) == 0


@pytest.mark.parametrize(
    ("more", "minutes"),
    [
        ({"act_by": 1_795_375_860_000}, 2),
        ({"expires": 1_795_375_860_000}, 2),
        ({"due_at": None}, 1),
        ({"void_at": 1}, 1),
        ({"superseded_at": 1}, 1),
    ],
)
def test_nothing_is_opened_past_act_by_or_expiry_or_off_the_way(
    one: tuple[Any, int], more: dict[str, Any], minutes: int
) -> None:
    """Too late to act, expired, not released, void or superseded: no next means."""
    house, release = one
    house.become(release, "sms", "undelivered")
    house.set(t.release, t.release.c.id == release, **more)
    assert house.next_means(release, minutes=minutes) == 0
    house.set(
        t.release, t.release.c.id == release, due_at=0, act_by=None, expires=2**41, void_at=None, superseded_at=None
    )
    assert house.next_means(release, minutes=minutes) == 1


def test_it_is_opened_while_there_is_time_to_act(one: tuple[Any, int]) -> None:
    """act_by is still to come."""
    house, release = one
    house.become(release, "sms", "undelivered")
    house.set(t.release, t.release.c.id == release, act_by=house.now + timedelta(hours=1))
    assert house.next_means(release) == 1


def test_who_opted_out_meanwhile_is_left_alone(one: tuple[Any, int]) -> None:
    """An opt-out of the mail address after submit closes that way."""
    house, release = one
    house.become(release, "sms", "undelivered")
    house.opt_out("email", "ana@house.example")
    assert house.next_means(release) == 0


def test_a_held_text_is_passed_over(house: Any) -> None:
    """The mail was held back at submit: there is no next means."""
    house.add("ana", "0100", email="ana")
    release, _ = house.submit(held=lambda use: use.means == "email")
    house.become(release, "sms", "undelivered")
    assert house.next_means(release) == 0


def test_a_phone_that_already_has_its_message_serves_one_more(house: Any) -> None:
    """Ben's mail fails; the family phone has been written to: no second message, and Ben counts with it."""
    house.add("ana", "0100")
    house.add("ben", "0100", email="ben", means=("email",))
    release, _ = house.submit()
    house.become(release, "email", "undelivered")
    house.become(release, "sms", "delivered")
    assert house.next_means(release) == 0
    assert [(s.refs, s.means) for s in house.sent(release)] == [(("ana", "ben"), "sms"), (("ben",), "email")]
    assert house.next_means(release) == 0


def test_two_people_who_fail_together_share_the_next_delivery(house: Any) -> None:
    """A couple with one mail address: one mail, in the words for both."""
    house.add("ana", "0100", email="both", language="es")
    house.add("ben", "0101", email="both")
    release, _ = house.submit()
    house.become(release, "sms", "undelivered")
    assert house.next_means(release) == 1
    mail = next(s for s in house.sent(release) if s.means == "email")
    assert (mail.refs, mail.profile, mail.step) == (("ana", "ben"), "es+en|T2|", 2)


def test_only_those_who_failed_go_on(house: Any) -> None:
    """Of two people one was reached: only the other gets mail."""
    house.add("ana", "0100", email="ana")
    house.add("ben", "0101", email="ben")
    release, _ = house.submit()
    house.become(release, "sms", "delivered")
    ben = house.vault.contact_key("sms", "+12025550101")
    house.set(t.delivery, t.delivery.c.contact_key == ben, state="undelivered")
    assert house.next_means(release) == 1
    assert [s.refs for s in house.sent(release) if s.means == "email"] == [("ben",)]


def test_a_look_finds_only_those_to_whom_another_means_is_open(one: tuple[Any, int]) -> None:
    """Nobody before anything failed, Ana after it, and not when her mail has failed too: she stays due, for nothing."""
    house, release = one
    assert not house.left(release)
    house.become(release, "sms", "undelivered")
    assert house.left(release)
    assert house.next_means(release) == 1
    house.become(release, "email", "undelivered")
    assert not house.left(release)


def test_nobody_waits_for_a_look(one: tuple[Any, int]) -> None:
    """While it lasts others write; what they wrote counts when the next means is planned."""
    house, release = one
    house.become(release, "sms", "undelivered")
    assert house.left(release)
    assert house.next_means(release, meanwhile=lambda: house.become(release, "sms", "delivered")) == 0
    assert [s.means for s in house.sent(release)] == ["sms"]


@pytest.mark.postgres
def test_of_two_who_plan_at_once_one_does(postgres_house: Any) -> None:
    """Both have seen that Ana is due, and the first has not committed yet: the second neither waits nor breaks."""
    house = postgres_house
    house.add("ana", "0100", email="ana")
    release, _ = house.submit()
    house.become(release, "sms", "undelivered")
    at = house.now + timedelta(minutes=1)
    with house.ledger.apart() as one, house.ledger.apart() as other:
        with one.look() as first, other.look() as second:
            mine, theirs = (plan.look_for_next(conn, release, at) for conn in (first, second))
        assert mine is not None
        assert theirs is not None
        with one.write() as first:
            assert plan.next_means(first, release, at, mine) == 1
            with ThreadPoolExecutor(1) as beside, other.write() as second:
                late = beside.submit(plan.next_means, second, release, at, theirs)
                assert late.result(timeout=10) == 0
        with other.write() as second:
            assert plan.next_means(second, release, at, theirs) == 0
    assert [s.means for s in house.sent(release)] == ["email", "sms"]


def test_who_fails_after_the_look_waits_for_the_next_one(house: Any) -> None:
    """Ben's message fails between look and write: this round is for Ana alone."""
    house.add("ana", "0100", email="ana")
    house.add("ben", "0101", email="ben")
    release, _ = house.submit()
    ana = house.vault.contact_key("sms", "+12025550100")
    house.set(t.delivery, t.delivery.c.contact_key == ana, state="undelivered")
    assert house.next_means(release, meanwhile=lambda: house.become(release, "sms", "undelivered")) == 1
    assert house.next_means(release) == 1
