"""WHO: which contacts a version of an alert means, and why some of them cannot be reached."""

from __future__ import annotations

from typing import Any

import pytest

from onevoice.errors import Unusable
from onevoice.ledger import tables as t


def test_people_in_the_area_are_meant_and_their_neighbors_are_not(house: Any) -> None:
    """A contact in one of the zones is meant; one in another zone is not, and nobody counts them."""
    house.add("in", "0100", zone="riverside")
    house.add("out", "0101", zone="market")
    release, planned = house.submit()
    assert house.who(release) == {"in": None}
    assert (planned.contacts, planned.deliveries) == (1, 1)
    assert house.numbers().in_area == 1


@pytest.mark.parametrize(("include", "meant"), [(True, {"lost", "nowhere"}), (False, set())])
def test_people_whose_location_is_unknown_are_counted_apart(house: Any, include: bool, meant: set[str]) -> None:
    """No zone, or an empty one, is unknown: such people are meant by default, and left out only when told so."""
    house.add("lost", "0100", zone=None)
    house.add("nowhere", "0101", zone="")
    numbers = house.numbers(include_unknown=include)
    assert (numbers.in_area, numbers.location_unknown) == (0, len(meant))
    assert set(house.who(house.submit(include_unknown=include)[0])) == meant


def test_reach_says_how_far_a_segment_is_meant(house: Any) -> None:
    """Care homes are meant anywhere in the jurisdiction, responders anywhere at all, residents only in the area."""
    for number, (role, zone) in enumerate(
        [(r, z) for r in ("resident", "care", "responder") for z in ("old-mill", "market", "far-away")]
    ):
        house.add(f"{role}@{zone}", f"01{number:02}", role=role, zone=zone)
    meant = set(house.who(house.submit()[0]))
    assert meant == {
        *("resident@old-mill", "care@old-mill", "care@market"),
        *("responder@old-mill", "responder@market", "responder@far-away"),
    }


def test_only_named_segments_say_who(house: Any) -> None:
    """With only older people named, everybody else in the area is left alone."""
    house.add("old", "0100", older=True)
    house.add("young", "0101")
    older = tuple(s for s in house.wanted().segments_all if s.id == "older")
    assert set(house.who(house.submit(segments_named=older)[0])) == {"old"}


def test_removed_contacts_are_never_meant(house: Any) -> None:
    """A contact that was removed gets neither a first version nor the all-clear of one that they hold."""
    house.add("gone", "0100")
    first, _ = house.submit()
    house.become(first, "sms", "delivered")
    house.set(t.contact, t.contact.c.ref == "gone", removed_at=1)
    assert house.who(house.submit()[0]) == {}
    assert house.who(house.submit(previous_releases=(first,), everyone_before=True)[0]) == {}


def test_a_test_reaches_only_those_who_agreed_to_tests_and_guests(house: Any) -> None:
    """exercise_ok_only leaves everybody out but contacts marked so, and guests."""
    house.add("agreed", "0100", exercise_ok=True)
    house.add("guest", "0101")
    house.add("other", "0102")
    house.set(t.contact, t.contact.c.ref == "guest", guest=True)
    assert set(house.who(house.submit(exercise_ok_only=True)[0])) == {"agreed", "guest"}


SQUARE = ((40.0, -72.5), (40.0, -72.4), (40.1, -72.4), (40.1, -72.5), (40.0, -72.5))
TRIANGLE = ((41.0, -72.5), (41.1, -72.5), (41.1, -72.4), (41.0, -72.5))


@pytest.mark.parametrize(
    ("where", "location"),
    [
        ({"lat": 40.05, "lon": -72.45, "zone": "market"}, "in-area"),  # position counts, whatever the zone says
        ({"lat": 40.15, "lon": -72.45, "zone": "old-mill"}, None),
        ({"lat": 40.0, "lon": -72.45, "zone": None}, "in-area"),  # on the edge
        ({"lat": 41.02, "lon": -72.42, "zone": None}, None),  # in the box around the triangle, not in the triangle
        ({"lat": 41.08, "lon": -72.48, "zone": None}, "in-area"),
        ({"zone": "old-mill"}, "in-area"),  # no position: a zone that the area touches
        ({"zone": "market"}, None),
        ({"zone": None}, "unknown"),
        ({"lat": 40.05, "zone": None}, "unknown"),  # half a position is none
    ],
)
def test_an_area_that_cuts_zones_goes_by_position_where_it_is_known(
    house: Any, where: dict[str, Any], location: str | None
) -> None:
    """Inside the polygon is in, outside is out, whatever the zone; without position the zone decides."""
    house.add("somebody", "0100", **where)
    numbers = house.numbers(polygons=(SQUARE, TRIANGLE), whole_zones=False)
    found = "in-area" if numbers.in_area else "unknown" if numbers.location_unknown else None
    assert found == location


def test_polygons_of_whole_zones_do_not_move_anybody(house: Any) -> None:
    """Where the area is made of whole zones the zone decides, even for a position outside the polygons."""
    house.add("somebody", "0100", lat=1.0, lon=1.0)
    assert house.numbers(polygons=(SQUARE,), whole_zones=True).in_area == 1


@pytest.mark.parametrize(
    ("contact", "out_of", "topic", "reason"),
    [
        ({}, [], "emergency", "no-address"),
        ({"mobile": "0100", "consent": ("none",)}, [], "emergency", "no-consent"),
        ({"mobile": "0100", "consent": ("information",)}, [], "emergency", "no-consent"),
        ({"mobile": "0100", "consent": ("all",)}, [], "information", None),
        ({"mobile": "0100", "consent": ("emergency",)}, [], "information", "no-consent"),
        ({"mobile": "0100", "consent": ()}, [], "emergency", None),
        ({"mobile": "0100", "consent": ()}, [], "information", "no-consent"),
        ({"mobile": "0100"}, ["all"], "emergency", "opted-out"),
        ({"mobile": "0100"}, ["emergency"], "emergency", "opted-out"),
        ({"mobile": "0100"}, ["something-new"], "emergency", "opted-out"),
        ({"mobile": "0100"}, ["information"], "emergency", None),
        ({"mobile": "0100", "consent": ("all",)}, ["information"], "information", "opted-out"),
        ({"mobile": "0100", "consent": ("all",)}, ["emergency"], "information", "opted-out"),
        ({"mobile": "0100", "email": "ana"}, ["all"], "emergency", None),
    ],
)
def test_a_reason_says_why_somebody_cannot_be_reached(
    house: Any, contact: dict[str, Any], out_of: list[str], topic: str, reason: str | None
) -> None:
    """No address, no consent to this class of message, or opted out at every address: counted, and not written to."""
    kind = "support" if topic == "information" else "warning"
    house.add("ana", **contact)
    for each in out_of:
        house.opt_out("sms", "+12025550100", each)
    numbers = house.numbers(topic=topic)
    assert (numbers.reachable, dict(numbers.by_reason)) == ((0, {reason: 1}) if reason else (1, {}))
    release, planned = house.submit(house.release(kind), topic=topic)
    assert house.who(release) == {"ana": reason}
    assert planned.unreachable == (reason is not None)
    assert len(house.sent(release)) == (reason is None)


def test_an_address_that_no_means_in_the_order_can_use_is_no_address(house: Any) -> None:
    """Only a landline, or only mail for a segment without mail: unreachable, never silently lost."""
    only_text = (*(s for s in house.wanted().segments_all if s.id != "everyone"), _only_text())
    house.add("mail", email="mail")
    numbers = house.numbers(segments_named=only_text, segments_all=only_text)
    assert (numbers.reachable, dict(numbers.by_reason)) == (0, {"no-address": 1})


def _only_text() -> Any:
    from onevoice.people import Segment

    plain = {"id": "everyone", "name": "", "precedence": 0, "rule": {"everyone": True}, "means": ["sms"]}
    return Segment.model_validate(plain)


def test_preview_counts_each_person_once_and_by_how_they_are_treated(house: Any) -> None:
    """in_area, reachable, unreachable and location_unknown add up, by segment, language and reason."""
    house.add("ana", "0100", email="ana", older=True, language="es")
    house.add("ben", "0100", language=None)
    house.add("cam", language="es", zone=None)
    house.add("dee", "0103", role="responder", zone="far-away")
    assert house.numbers().to_json() == {
        "in_area": 2,
        "reachable": 3,
        "unreachable": 1,
        "location_unknown": 1,
        "not_yet": 0,
        "by_reason": {"no-address": 1},
        "by_segment": {"everyone": 2, "older": 1, "responders": 1},
        "by_language": {"en": 2, "es": 2},
    }


@pytest.mark.parametrize("broken", ["nobody-for-everyone", "same-precedence"])
def test_segments_that_leave_somebody_untreated_are_refused(house: Any, broken: str) -> None:
    """Without a segment for everyone, or with two of one precedence, nobody knows how to treat somebody: refused."""
    segments = house.wanted().segments_all
    if broken == "same-precedence":
        segments = (*segments, segments[0].model_copy(update={"id": "twin"}))
    else:
        segments = tuple(s for s in segments if s.id != "everyone")
    with pytest.raises(Unusable, match=r"precedence|everyone"):
        house.wanted(segments_all=segments)


def test_looking_takes_no_lock_and_writes_nothing(house: Any) -> None:
    """People and in_use answer while somebody else holds the write lock, on a connection that cannot write."""
    house.add("ana", "0100", lat=40.05, lon=-72.45)
    with house.ledger.write() as conn:
        conn.exec_driver_sql("UPDATE control SET reason = 'busy'")
        assert house.numbers().reachable == 1
        assert len(house.in_use(polygons=(SQUARE,), whole_zones=False)) == 1
