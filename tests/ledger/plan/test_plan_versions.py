"""New versions: who may hold an older one, and which of three texts they need now."""

from __future__ import annotations

from typing import Any

import pytest

from onevoice.errors import Conflict
from onevoice.ledger import plan
from onevoice.ledger import tables as t


@pytest.mark.parametrize(
    ("state", "more", "holds"),
    [
        ("planned", {}, False),
        ("suppressed", {}, False),
        ("cancelled", {}, False),
        ("expired", {}, False),
        ("retry_wait", {}, False),
        ("undelivered", {}, False),
        ("parked", {}, False),
        ("submitting", {}, True),
        ("unknown", {}, True),
        ("accepted", {}, True),
        ("sent", {}, True),
        ("delivered", {}, True),
        ("retry_wait", {"ambiguous": 1}, True),
        ("undelivered", {"ambiguous": 1}, True),
        ("parked", {"ambiguous": 1}, True),
        ("cancelled", {"ambiguous": 1}, True),
        ("expired", {"ambiguous": 1}, True),
    ],
)
def test_a_correction_goes_to_everyone_who_may_hold_an_older_version(
    house: Any, state: str, more: dict[str, Any], holds: bool
) -> None:
    """May hold: taken, under way, or in doubt. Not: never called, or certainly not taken."""
    house.add("ana", "0100")
    house.add("later", "0101", zone="market")
    first, _ = house.submit()
    house.become(first, "sms", state, **more)
    second, planned = house.submit(previous_releases=(first,), everyone_before=True, zones=("market",))
    assert house.groups(second) == ({"ana": "kept"} if holds else {})
    assert planned.deliveries == holds


@pytest.mark.parametrize(("result", "holds"), [(None, True), ("unknown", True), ("retry", False), ("rejected", False)])
def test_one_call_in_doubt_is_enough_to_hold(house: Any, result: str | None, holds: bool) -> None:
    """A delivery that was given up is held all the same if one of its calls was never answered."""
    house.add("ana", "0100")
    first, _ = house.submit()
    house.become(first, "sms", "parked")
    with house.ledger.write() as conn:
        delivery_id = conn.scalar(t.delivery.select().with_only_columns(t.delivery.c.id))
        conn.execute(
            t.attempt.insert().values(
                delivery_id=delivery_id, fence=1, worker="w", provider="p", intent_at=1, result=result
            )
        )
    second, _ = house.submit(previous_releases=(first,), everyone_before=True)
    assert house.groups(second) == ({"ana": "kept"} if holds else {})


def test_an_update_tells_new_people_kept_people_and_people_outside_apart(house: Any) -> None:
    """The area moves from Old Mill to Riverside and Market: three groups, each with a text of its own."""
    house.add("left", "0100", zone="old-mill")
    house.add("stays", "0101", zone="riverside")
    house.add("missed", "0102", zone="riverside")
    house.add("comes", "0103", zone="market")
    house.add("never", "0104", zone="far-away")
    house.add("responder", "0105", zone="far-away", role="responder")
    first, _ = house.submit()
    house.become(first, "sms", "delivered")
    missed = house.vault.contact_key("sms", "+12025550102")
    house.set(t.delivery, t.delivery.c.contact_key == missed, state="undelivered")
    second, _ = house.submit(previous_releases=(first,), zones=("riverside", "market"))
    assert house.groups(second) == {
        "left": "outside",
        "stays": "kept",
        "missed": "new",
        "comes": "new",
        "responder": "kept",
    }
    assert {s.group for s in house.sent(second)} == {"outside", "kept", "new"}


def test_a_third_version_counts_holders_of_the_first(house: Any) -> None:
    """Somebody who got only the first version, and was out of the second, hears of the third."""
    house.add("ana", "0100", zone="old-mill")
    first, _ = house.submit(zones=("old-mill",))
    house.become(first, "sms", "delivered")
    second, _ = house.submit(zones=("market",))
    third, _ = house.submit(previous_releases=(first, second), zones=("market",))
    assert house.groups(third) == {"ana": "outside"}


def test_a_correction_with_no_holders_means_nobody(house: Any) -> None:
    """Nobody may hold an older version: nobody is corrected, not everybody."""
    house.add("ana", "0100")
    assert house.numbers(previous_releases=(), everyone_before=True).reachable == 0


def test_holders_who_opted_out_since_are_counted_and_not_written_to(house: Any) -> None:
    """A holder who then opted out is meant by the correction, and unreachable."""
    house.add("ana", "0100")
    first, _ = house.submit()
    house.become(first, "sms", "delivered")
    house.opt_out("sms", "+12025550100")
    second, planned = house.submit(previous_releases=(first,), everyone_before=True)
    assert (house.who(second), planned.deliveries) == ({"ana": "opted-out"}, 0)


@pytest.mark.parametrize(
    ("zones_of_two", "holds", "group"),
    [
        (("riverside", "riverside"), (True, False), "kept"),
        (("riverside", "old-mill"), (False, True), "kept"),
        (("riverside", "riverside"), (False, False), "new"),
        (("old-mill", "old-mill"), (True, False), "outside"),
    ],
)
def test_a_shared_phone_hears_what_is_right_for_all_who_share_it(
    house: Any, zones_of_two: tuple[str, str], holds: tuple[bool, bool], group: str
) -> None:
    """If anybody there is still in the area, nobody there reads that they are out of it."""
    for n, (zone, held) in enumerate(zip(zones_of_two, holds, strict=True)):
        house.add(f"p{n}", "0100", email=f"p{n}", zone=zone, means=("email",) if held else ("sms",))
    first, _ = house.submit(zones=("old-mill", "riverside"))
    house.become(first, "email", "delivered")
    second, _ = house.submit(previous_releases=(first,), zones=("riverside",), at_once=True)
    assert {s.group for s in house.sent(second) if s.means == "sms"} == {group}


# --- between look and write -------------------------------------------------------------------------------------


def test_an_import_after_the_look_leaves_the_snapshot_as_it_was_seen(house: Any) -> None:
    """Who comes in after the look is not in the release, as who comes in after the submit is not."""
    house.add("ana", "0100")
    release = house.release()
    house.put(release, {("en|T2|", "sms", None, "all"): plan.Chosen("v0")}, between=lambda: house.add("ben", "0101"))
    assert house.who(release) == {"ana": None}
    assert [one.refs for one in house.sent(release)] == [("ana",)]


def test_a_number_that_was_given_up_after_the_look_stops_the_submit(house: Any) -> None:
    """Ana has another number now, and nobody has the old one: it is not written to."""
    house.add("ana", "0100")
    release = house.release()
    with pytest.raises(Conflict, match=r"1 contact point.*Submit again"):
        house.put(
            release, {("en|T2|", "sms", None, "all"): plan.Chosen("v0")}, between=lambda: house.add("ana", "0101")
        )
    assert (house.who(release), house.sent(release)) == ({}, [])


def test_what_becomes_of_an_older_text_after_the_look_changes_nobodys_words(house: Any) -> None:
    """Ana is told as one who may hold the older text, although in the end it never arrived."""
    house.add("ana", "0100")
    older, _ = house.submit()
    house.become(older, "sms", "accepted")
    release = house.release()
    chosen = {("en|T2|", "sms", None, "kept"): plan.Chosen("v1")}
    house.put(release, chosen, previous_releases=(older,), between=lambda: house.become(older, "sms", "undelivered"))
    assert house.groups(release) == {"ana": "kept"}
    assert [one.refs for one in house.sent(release)] == [("ana",)]
