"""Late holders: whom an older version reached between the submit of a newer one and its release. On both databases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from onevoice.ledger import plan, reach
from onevoice.ledger import tables as t

NOT_YET = "not-yet-held"
CORRECTION = {"everyone_before": True, "at_once": True}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def home(request: pytest.FixtureRequest) -> Any:
    """An empty house on each kind of database."""
    return request.getfixturevalue("house" if request.param == "sqlite" else "postgres_house")


def _phone(home: Any, number: str) -> Any:
    return t.delivery.c.contact_key == home.vault.contact_key("sms", f"+1202555{number}")


@pytest.fixture
def two_on_the_way(home: Any) -> int:
    """A first version that Ana holds and Ben, who has a phone and mail, does not hold yet; Cleo never was in it."""
    home.add("ana", "0100")
    home.add("ben", "0101", "ben", language="es")
    home.add("cleo", "0102", zone="market")
    first: int = home.submit()[0]
    home.set(t.delivery, _phone(home, "0100"), state="delivered")
    return first


@pytest.mark.parametrize("state", ["submitting", "unknown", "accepted", "sent", "delivered"])
def test_who_comes_to_hold_it_before_the_release_is_corrected_too(home: Any, two_on_the_way: int, state: str) -> None:
    """Ben's text goes out after the correction was submitted: he gets it in his own language, by all his means."""
    first = two_on_the_way
    second, planned = home.submit(previous_releases=(first,), unfinished=(first,), **CORRECTION)
    assert (planned.contacts, planned.not_yet, home.who(second)) == (1, 1, {"ana": None, "ben": NOT_YET})
    home.set(t.delivery, _phone(home, "0101") & (t.delivery.c.release_id == first), state=state)

    assert home.release_late(second, first) == plan.Late(contacts=1, deliveries=2)

    assert home.who(second) == {"ana": None, "ben": None}
    assert [(s.refs, s.profile, s.means, s.group, s.step) for s in home.sent(second)] == [
        (("ana",), "en|T2|", "sms", "kept", 1),
        (("ben",), "es|T2|", "email", "kept", 1),
        (("ben",), "es|T2|", "sms", "kept", 1),
    ]


def test_who_does_not_come_to_hold_it_gets_nothing(home: Any, two_on_the_way: int) -> None:
    """Ben's text was superseded before it went out: nothing is planned for him, and nobody counts him as unreached."""
    first = two_on_the_way
    second, _ = home.submit(previous_releases=(first,), unfinished=(first,), **CORRECTION)
    home.set(t.delivery, _phone(home, "0101") & (t.delivery.c.release_id == first), state="cancelled")

    assert home.release_late(second, first) == plan.Late()

    assert [s.refs for s in home.sent(second)] == [("ana",)]
    with home.ledger.read() as conn:
        assert reach.contacts(conn, second)["everyone"]["unreachable"] == 0
        assert [row["ref"] for row in reach.unreached(conn, second)] == ["ana"]
        assert plan.count_not_yet(conn, second) == 1


def test_late_holders_are_planned_once(home: Any, two_on_the_way: int) -> None:
    """A second look finds nobody: no row is added, none is served twice."""
    first = two_on_the_way
    second, _ = home.submit(previous_releases=(first,), unfinished=(first,), **CORRECTION)
    home.become(first, "sms", "delivered")
    home.release_late(second, first)
    once = home.sent(second)

    assert home.release_late(second, first) == plan.Late()
    assert home.sent(second) == once


def test_a_late_holder_at_a_phone_that_is_written_to_anyway_shares_the_text(home: Any) -> None:
    """Ana and Ben have one phone; she was told by mail alone. The text that is planned for her serves him too."""
    home.add("ana", "0100", "ana", means=("email",))
    home.add("ben", "0100", means=("sms",))
    first, _ = home.submit()
    home.become(first, "email", "delivered")
    second, planned = home.submit(previous_releases=(first,), unfinished=(first,), **CORRECTION)
    assert (planned.contacts, planned.deliveries, planned.not_yet) == (1, 2, 1)
    home.become(first, "sms", "accepted")

    assert home.release_late(second, first) == plan.Late(contacts=1, deliveries=0)
    assert [(s.refs, s.means) for s in home.sent(second)] == [(("ana",), "email"), (("ana", "ben"), "sms")]


def test_a_text_at_a_shared_phone_is_right_for_the_one_who_came_late_too(home: Any) -> None:
    """Ana reads English and Ben Spanish: while the correction is made nobody knows whether Ben is to get it."""
    home.add("ana", "0100", "ana", means=("email",))
    home.add("ben", "0100", language="es", means=("sms",))
    first, _ = home.submit()
    home.become(first, "email", "delivered")
    second, _ = home.submit(previous_releases=(first,), unfinished=(first,), **CORRECTION)
    home.become(first, "sms", "delivered")
    home.release_late(second, first)
    assert {s.profile for s in home.sent(second) if s.means == "sms"} == {"es+en|T2|"}


def test_an_update_tells_late_holders_outside_and_late_holders_inside_what_is_theirs(home: Any) -> None:
    """Of four who came late two are outside now, and two in the area were to read the text for new people."""
    home.add("out", "0100", zone="old-mill")
    home.add("out-and-missed", "0101", zone="old-mill")
    home.add("in", "0102", zone="riverside")
    home.add("in-and-missed", "0103", zone="riverside")
    first, _ = home.submit()
    second, planned = home.submit(previous_releases=(first,), unfinished=(first,), zones=("riverside",))
    assert home.groups(second) == {"out": "outside", "out-and-missed": "outside", "in": "new", "in-and-missed": "new"}
    assert (planned.contacts, planned.not_yet) == (2, 2)
    reached = (_phone(home, "0100") | _phone(home, "0102")) & (t.delivery.c.release_id == first)
    home.set(t.delivery, reached, state="sent")

    assert home.release_late(second, first) == plan.Late(contacts=1, deliveries=1, reworded=1)

    assert {s.refs: s.group for s in home.sent(second)} == {
        ("in",): "kept",
        ("in-and-missed",): "new",
        ("out",): "outside",
    }
    assert home.who(second)["out-and-missed"] == NOT_YET


def test_a_late_holder_who_said_no_meanwhile_is_counted_and_not_written_to(home: Any, two_on_the_way: int) -> None:
    """Ben holds the wrong text and opted out: he is meant, and unreachable, as a holder who opted out before."""
    first = two_on_the_way
    second, _ = home.submit(previous_releases=(first,), unfinished=(first,), **CORRECTION)
    home.become(first, "sms", "delivered")
    home.opt_out("sms", "+12025550101")
    home.opt_out("email", "ben@house.example")

    assert home.release_late(second, first) == plan.Late()
    assert home.who(second) == {"ana": None, "ben": "opted-out"}


def test_the_next_means_of_a_late_holder_follows(home: Any) -> None:
    """An update goes by one means after the other: for who came late too."""
    home.add("ana", "0100", "ana", zone="old-mill", means=("sms", "email"))
    first, _ = home.submit()
    second, planned = home.submit(previous_releases=(first,), unfinished=(first,), zones=("riverside",))
    assert planned.contacts == 0
    home.become(first, "sms", "delivered")
    home.release_late(second, first)
    assert [(s.means, s.step) for s in home.sent(second)] == [("sms", 1)]
    home.become(second, "sms", "undelivered")
    assert home.next_means(second) == 1
    assert [(s.means, s.step, s.group) for s in home.sent(second)] == [("email", 2, "outside"), ("sms", 1, "outside")]


@pytest.mark.parametrize("unfinished", [True, False])
def test_nobody_waits_for_a_version_that_can_reach_nobody_any_more(home: Any, *, unfinished: bool) -> None:
    """Expired, too late to act, or superseded: who was not reached until now is not counted as one who may be."""
    home.add("ana", "0100")
    first, _ = home.submit()
    more = {"unfinished": (first,)} if unfinished else {}
    assert home.numbers(previous_releases=(first,), **CORRECTION, **more).not_yet == unfinished


@pytest.fixture
def chain(home: Any) -> Callable[..., tuple[int, dict[str, str]]]:
    """Submit the next version, have everybody get it, and tell who was in it and in which group."""
    releases: list[int] = []

    def next_version(kind: str = "update", state: str = "delivered", **more: Any) -> tuple[int, dict[str, str]]:
        release = home.release(kind)
        home.submit(release, previous_releases=tuple(releases), everyone_before=kind == "correction", **more)
        _freeze_groups(home, release)
        releases.append(release)
        home.become(release, "sms", state)
        return release, home.groups(release)

    return next_version


def _freeze_groups(home: Any, release: int) -> None:
    """Store the texts as rows, as a submit does: each delivery's words say for whom they are."""
    with home.ledger.write() as conn:
        words = conn.execute(t.assignment.select().where(t.assignment.c.release_id == release)).all()
        for row in {row.variant_id: row for row in words}.values():
            conn.execute(
                t.variant.insert().values(
                    release_id=release, id=row.variant_id, hash="h", language="en", tier="T2", needs="",
                    means=row.means, messenger=None, text_group=row.text_group, held=False, units=1, body={},
                )
            )  # fmt: skip


def _three(home: Any) -> None:
    for n, zone in enumerate(("old-mill", "riverside", "market")):
        home.add(zone, f"010{n}", zone=zone)


def test_who_was_told_once_that_they_are_outside_is_not_told_again(home: Any, chain: Any) -> None:
    """Dropped at version 2 and told; at versions 3 and 4 nothing; the correction reaches them; version 6 not."""
    _three(home)
    chain("warning", zones=("old-mill", "riverside"))
    assert chain(zones=("riverside",))[1] == {"old-mill": "outside", "riverside": "kept"}
    assert chain(zones=("riverside",))[1] == {"riverside": "kept"}
    assert chain(zones=("riverside", "market"))[1] == {"riverside": "kept", "market": "new"}
    everybody = dict.fromkeys(("old-mill", "riverside", "market"), "kept")
    assert chain("correction", zones=("riverside", "market"))[1] == everybody
    assert chain(zones=("riverside", "market"))[1] == {"riverside": "kept", "market": "kept"}


@pytest.mark.parametrize("missed", ["undelivered", "cancelled", "unknown"])
def test_who_missed_that_they_are_outside_is_told_at_the_next_version(home: Any, chain: Any, missed: str) -> None:
    """Their text of version 2 failed, was superseded, or nobody knows: version 3 tells them, and version 4 no more."""
    _three(home)
    chain("warning", zones=("old-mill", "riverside"))
    second, _ = chain(zones=("riverside",))
    home.set(t.delivery, _phone(home, "0100") & (t.delivery.c.release_id == second), state=missed)
    assert chain(zones=("riverside",))[1] == {"old-mill": "outside", "riverside": "kept"}
    assert chain(zones=("riverside",))[1] == {"riverside": "kept"}


def test_who_is_inside_again_is_new_again_and_may_be_dropped_again(home: Any, chain: Any) -> None:
    """In, out, in, out: each change is told, and told as what it is."""
    _three(home)
    chain("warning", zones=("old-mill", "riverside"))
    chain(zones=("riverside",))
    assert chain(zones=("riverside", "old-mill"))[1] == {"old-mill": "new", "riverside": "kept"}
    assert chain(zones=("riverside",))[1] == {"old-mill": "outside", "riverside": "kept"}
    assert chain(zones=("riverside",))[1] == {"riverside": "kept"}


def test_each_of_two_dropped_places_is_told_when_it_is_dropped(home: Any, chain: Any) -> None:
    """One place goes at version 2, the other at version 3."""
    _three(home)
    chain("warning", zones=("old-mill", "riverside", "market"))
    assert chain(zones=("riverside", "market"))[1]["old-mill"] == "outside"
    assert chain(zones=("market",))[1] == {"riverside": "outside", "market": "kept"}
    assert chain(zones=("market",))[1] == {"market": "kept"}


def test_whom_a_correction_drops_is_not_told_again_by_the_update_after_it(home: Any, chain: Any) -> None:
    """The correction named the place that it takes away; that is told once."""
    _three(home)
    chain("warning", zones=("old-mill", "riverside"))
    assert chain("correction", zones=("riverside",))[1] == {"old-mill": "kept", "riverside": "kept"}
    assert chain(zones=("riverside",))[1] == {"riverside": "kept"}


def test_who_holds_a_text_and_lives_in_no_dropped_place_gets_the_new_version(home: Any, chain: Any) -> None:
    """Nobody can be told by name that a place is out if none was dropped: they read where the warning holds now."""
    _three(home)
    chain("warning", zones=("old-mill", "riverside"))
    home.set(t.contact, t.contact.c.ref == "old-mill", zone="far-away")
    assert chain(zones=("riverside",))[1] == {"old-mill": "kept", "riverside": "kept"}
