"""HOW: means in order, tier, language, messenger and needs of each person, and what is planned for them first."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from onevoice.errors import Conflict
from onevoice.ledger import plan
from onevoice.ledger import tables as t
from onevoice.people import Need, Profile, Tier

NOW = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("contact", "profile", "messenger"),
    [
        ({}, "en|T2|", ""),
        ({"language": None}, "en|T2|", ""),
        ({"language": None, "newcomer": True}, "es|T1|", "welcome-center"),
        ({"older": True}, "en|T1|", "senior-center"),
        ({"older": True, "tier": "T3"}, "en|T3|", "senior-center"),
        ({"older": True, "language": "vi"}, "vi|T1|", "senior-center"),
        ({"older": True, "newcomer": True, "language": "vi"}, "vi|T1|", "welcome-center"),
        ({"older": True, "role": "responder"}, "en|T4|", ""),
        ({"mobility": True}, "en|T2|mobility", ""),
        ({"sight": True, "mobility": True, "hearing": True}, "en|T2|hearing,mobility,sight", ""),
    ],
)
def test_the_highest_segment_says_how_and_the_own_wish_wins(
    house: Any, contact: dict[str, Any], profile: str, messenger: str
) -> None:
    """Of a person's segments the highest decides; their own language and tier win; needs come from their columns."""
    house.add("ana", "0100", **contact)
    release, _ = house.submit()
    (sent,) = house.sent(release)
    assert (sent.profile, sent.messenger) == (profile, messenger)


def test_segments_that_are_not_named_still_say_how(house: Any) -> None:
    """Only everyone is named, and an older person is treated as older people are."""
    house.add("ana", "0100", older=True)
    everyone = tuple(s for s in house.wanted().segments_all if s.id == "everyone")
    (use,) = house.in_use(segments_named=everyone)
    assert (use.messenger, use.segments) == ("senior-center", ("older",))


@pytest.mark.parametrize(
    ("contact", "first"),
    [
        ({"mobile": "0100", "email": "ana"}, "sms"),
        ({"email": "ana"}, "email"),
        ({"mobile": "0100", "email": "ana", "means": ("email",)}, "email"),
        ({"mobile": "0100", "means": ("email",)}, "sms"),
        ({"mobile": "0100", "email": "ana", "means": ("voice", "email", "sms")}, "email"),
        ({"mobile": "0100", "email": "ana", "role": "care"}, "email"),
        ({"mobile": "0100", "email": "ana", "role": "care", "means": ("sms",)}, "sms"),
    ],
)
def test_the_first_usable_means_is_planned_and_no_other(house: Any, contact: dict[str, Any], first: str) -> None:
    """Own order first, then what the segment has besides; the first that the person has an address for."""
    house.add("ana", **contact)
    release, planned = house.submit()
    assert [s.means for s in house.sent(release)] == [first]
    assert (planned.contacts, planned.deliveries) == (1, 1)


def test_an_opted_out_means_is_passed_over(house: Any) -> None:
    """Who opted out of text messages is written to by mail."""
    house.add("ana", "0100", email="ana")
    house.opt_out("sms", "+12025550100")
    release, _ = house.submit()
    assert [s.means for s in house.sent(release)] == ["email"]


def test_at_once_plans_every_usable_means(house: Any) -> None:
    """Where all means go at once each person has one delivery for each address, all of the first step."""
    house.add("ana", "0100", email="ana")
    house.add("ben", "0101")
    release, planned = house.submit(at_once=True)
    assert [(s.refs, s.means, s.step) for s in house.sent(release)] == [
        (("ana",), "email", 1),
        (("ana",), "sms", 1),
        (("ben",), "sms", 1),
    ]
    assert (planned.contacts, planned.deliveries) == (2, 3)
    assert [(u.contacts, u.standby) for u in house.in_use(at_once=True)] == [(1, 0), (2, 0)]


def test_preview_tells_first_from_standby(house: Any) -> None:
    """The mail that is sent only if the text fails is in use too, with nobody who gets it first."""
    house.add("ana", "0100", email="ana")
    house.add("ben", email="ben")
    assert [(u.means, u.contacts, u.standby) for u in house.in_use()] == [("email", 1, 1), ("sms", 1, 0)]


def test_a_delivery_stands_alone(house: Any) -> None:
    """A delivery row holds masked address, key, words, segment and language, and no address."""
    house.add("ana", "0142", older=True, language="es")
    house.submit()
    with house.ledger.read() as conn:
        row = conn.execute(t.delivery.select()).mappings().one()
    key = house.vault.contact_key("sms", "+12025550142")
    shown = {name: row[name] for name in ("masked", "contact_key", "segment", "language", "state", "step", "tries")}
    assert shown == {
        "masked": "+1 202 *** **42",
        "contact_key": key,
        "segment": "older",
        "language": "es",
        "state": "planned",
        "step": 1,
        "tries": 0,
    }
    assert not any("5550142" in str(value) for value in row.values())


# --- words that are held back, and others than the own --------------------------------------------------------------


def test_when_the_first_text_is_held_the_next_means_goes(house: Any) -> None:
    """A text message that is held back does not silence somebody who has a mail address."""
    house.add("ana", "0100", email="ana")
    release, planned = house.submit(held=lambda use: use.means == "sms")
    assert [(s.means, s.step) for s in house.sent(release)] == [("email", 1)]
    assert (planned.contacts, planned.fallback) == (1, {})


def test_somebody_whose_every_text_is_held_is_counted_as_held(house: Any) -> None:
    """No delivery now, not told, not unreachable either: held, and named so in the snapshot."""
    house.add("ana", "0100")
    house.add("ben", "0101", language="es")
    release, planned = house.submit(held=lambda use: use.profile_key.startswith("en"))
    assert house.who(release) == {"ana": "held", "ben": None}
    assert (planned.contacts, planned.unreachable, planned.fallback) == (1, 0, {"held": 1})


def test_another_text_is_recorded_with_why_and_in_its_own_language(house: Any) -> None:
    """English in place of Spanish: the delivery says `english` as the reason, and that its language is English."""
    house.add("ana", "0100", language="es")
    chosen = {("es|T2|", "sms", None, "all"): plan.Chosen("english1", "english")}
    planned = house.put(house.release(), chosen, languages={"english1": "en"})
    with house.ledger.read() as conn:
        row = conn.execute(t.delivery.select()).one()
    assert (row.language, row.fallback, planned.fallback) == ("en", "english", {"english": 1})


def test_a_text_that_nobody_chose_stops_the_submit(house: Any) -> None:
    """Somebody needs words that are not there: nothing is planned, and the sentence says to submit again."""
    house.add("ana", "0100", language="es")
    release = house.release()
    with pytest.raises(Conflict, match=r"es\|T2\| is now needed too.*Submit again"):
        house.put(release, {("en|T2|", "sms", None, "all"): plan.Chosen("v0")})
    assert house.sent(release) == []


def test_an_empty_audience_is_planned_as_nothing(house: Any) -> None:
    """Nobody meant: no deliveries, no error."""
    release, planned = house.submit()
    assert (planned.contacts, planned.deliveries, house.sent(release)) == (0, 0, [])


# --- shared contact points ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("languages", "preferred", "language", "fallback"),
    [
        (["es", "es"], None, "es", None),
        (["en", "es"], None, "es+en", None),
        (["en", "zh-Hans"], None, "zh-Hans+en", None),
        (["ar", "en"], None, "ar+en", None),
        (["es", "vi"], None, "es+vi", None),
        (["es", "vi"], "vi", "vi+es", None),
        (["es", "vi"], "es", "es+vi", None),
        (["en", "es"], "en", "es+en", None),
        (["ar", "en"], "en", "ar+en", None),
        (["ar", "es", "vi"], "es", "es", "shared-point"),
        (["ar", "vi", "vi", "es"], None, "vi", "shared-point"),
        (["vi", "es", "ar"], None, "ar", "shared-point"),
    ],
)
def test_a_shared_phone_gets_one_message_that_its_people_can_read(
    house: Any, languages: list[str], preferred: str | None, language: str, fallback: str | None
) -> None:
    """One language, or two with English second; of three the preferred, else the most common, and said so."""
    for number, each in enumerate(languages):
        house.add(f"p{number}", "0100", language=each)
    house.set(t.contact_point, t.contact_point.c.means == "sms", language=preferred)
    release, planned = house.submit()
    (sent,) = house.sent(release)
    assert (sent.profile, sent.fallback) == (f"{language}|T2|", fallback)
    assert sent.refs == tuple(f"p{n}" for n in range(len(languages)))
    strangers = sum(1 for each in languages if each != language) if fallback else 0
    assert planned.fallback == ({"shared-point": strangers} if strangers else {})
    assert sum(u.shared for u in house.in_use()) == strangers


def test_a_shared_phone_gets_the_simplest_tier_all_needs_and_the_highest_messenger(house: Any) -> None:
    """T1 of the older, the needs of both, and the messenger of the segment with the highest precedence."""
    house.add("ana", "0100", older=True, hearing=True)
    house.add("ben", "0100", newcomer=True, tier="T3", language="en", mobility=True)
    release, _ = house.submit()
    (sent,) = house.sent(release)
    assert (sent.profile, sent.messenger) == ("en|T1|hearing,mobility", "welcome-center")


def test_everybody_at_a_phone_counts_for_its_words_even_who_is_written_to_elsewhere(house: Any) -> None:
    """Ben reads his mail first, but whoever picks up the family phone can read what comes to it."""
    house.add("ana", "0100", language="es")
    house.add("ben", "0100", email="ben", means=("email",))
    release, _ = house.submit()
    sms = next(s for s in house.sent(release) if s.means == "sms")
    assert (sms.refs, sms.profile) == (("ana",), "es+en|T2|")


def test_people_outside_the_audience_do_not_count_at_a_shared_phone(house: Any) -> None:
    """Who lives elsewhere, was removed or gave no consent changes nothing in the words of the others."""
    house.add("ana", "0100", language="es")
    house.add("far", "0100", language="vi", zone="market")
    house.add("gone", "0100", language="ar")
    house.add("no", "0100", language="fr", consent=("none",))
    house.set(t.contact, t.contact.c.ref == "gone", removed_at=1)
    release, _ = house.submit()
    assert [(s.refs, s.profile) for s in house.sent(release)] == [(("ana",), "es|T2|")]


def test_profile_keys_read_back_as_profiles(house: Any) -> None:
    """The key that SQL writes is the key that Profile writes."""
    house.add("ana", "0100", language="zh-Hans", sight=True, hearing=True)
    house.add("ben", "0100", mobility=True, tier="T1")
    (use,) = house.in_use()
    profile = Profile(languages=("zh-Hans", "en"), tier=Tier.T1, needs=(Need.HEARING, Need.MOBILITY, Need.SIGHT))
    assert Profile.from_key(use.profile_key) == profile
    assert profile.key == use.profile_key


def test_who_needs_longest_is_written_first_and_so_called_first(house: Any) -> None:
    """Who cannot move well or lives alone comes before everybody else, whatever the order in the register."""
    house.add("ana", "0100")
    house.add("ben", "0101", mobility=True)
    house.add("cleo", "0102")
    house.add("dan", "0103", lives_alone=True)
    release, _ = house.submit()
    with house.ledger.read() as conn:
        joined = t.delivery.join(t.served, t.served.c.delivery_id == t.delivery.c.id)
        of = t.contact.c.id == t.served.c.contact_id
        chosen = select(t.contact.c.ref).select_from(joined.join(t.contact, of)).order_by(t.delivery.c.id)
        refs = list(conn.scalars(chosen.where(t.delivery.c.release_id == release)))
    assert set(refs[:2]) == {"ben", "dan"}
    assert set(refs[2:]) == {"ana", "cleo"}
