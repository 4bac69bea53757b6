"""Contacts into the ledger: by ref, sealed, each address once, and the same file again changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from onevoice.ledger import contacts
from onevoice.ledger import tables as t
from onevoice.ledger.contacts import Address, ContactRow, Imported, mask

NOW = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)
ANA = ContactRow(
    ref="a1",
    name="Ana Arroyo",
    language="es",
    zone="old-mill",
    lat=40.0,
    lon=-72.5,
    means=("sms", "email"),
    older=True,
    consent=("all",),
    attributes={"pet": "cat"},
    addresses=(Address("sms", "+12025550142"), Address("email", "ana@mail.example")),
)
BEN = ContactRow(ref="b1", name="Ben", addresses=(Address("sms", "+12025550142"),))


def put(house: Any, *rows: ContactRow, **more: Any) -> Imported:
    """Take rows in."""
    with house.ledger.write() as conn:
        return contacts.put(conn, house.vault, rows, NOW, **more)


def count(house: Any, table: Any) -> int:
    """Rows of a table."""
    with house.ledger.read() as conn:
        return conn.scalar(select(func.count()).select_from(table)) or 0


def test_an_import_reports_what_it_did(house: Any) -> None:
    """Two people, two addresses, one of them shared."""
    assert put(house, ANA, BEN) == Imported(added=2, changed=0, unchanged=0, points=2, shared=1)
    assert (count(house, t.contact), count(house, t.contact_point), count(house, t.reached_at)) == (2, 2, 3)


def test_the_same_again_changes_nothing(house: Any) -> None:
    """Importing twice is importing once, also for names and attributes, which are sealed differently each time."""
    put(house, ANA, BEN)
    with house.ledger.read() as conn:
        before = conn.execute(select(t.contact)).all()
    assert put(house, ANA, BEN) == Imported(added=0, changed=0, unchanged=2, points=0, shared=1)
    with house.ledger.read() as conn:
        assert conn.execute(select(t.contact)).all() == before


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Ana Buendía"},
        {"language": None},
        {"older": False},
        {"consent": ("none",)},
        {"means": ()},
        {"attributes": {"pet": "dog"}},
        {"attributes": {}},
        {"lat": None, "lon": None},
        {"addresses": (Address("sms", "+12025550143"),)},
        {"addresses": ()},
    ],
)
def test_every_change_is_seen_and_stored(house: Any, change: dict[str, Any]) -> None:
    """One contact changed, counted as such; once more and it is unchanged."""
    put(house, ANA, BEN)
    changed = replace(ANA, **change)
    assert put(house, changed, BEN).changed == 1
    assert put(house, changed, BEN) == replace(put(house), unchanged=2)


def test_an_address_that_nobody_has_any_more_is_forgotten(house: Any) -> None:
    """A new number replaces the old one; the old ciphertext goes, unless somebody else is reached there."""
    put(house, ANA, BEN)
    new = replace(ANA, addresses=(Address("sms", "+12025550143"),))
    assert put(house, new).points == 1
    assert count(house, t.contact_point) == 2  # the mail address is gone, the shared number stays for Ben
    assert put(house, replace(BEN, addresses=())).changed == 1
    assert count(house, t.contact_point) == 1


def test_an_address_that_was_written_to_is_kept(house: Any) -> None:
    """The record of what was sent does not lose its contact point."""
    put(house, replace(ANA, addresses=ANA.addresses[:1]))
    house.submit()
    put(house, replace(ANA, addresses=()))
    assert count(house, t.contact_point) == 1


def test_nothing_readable_is_stored(house: Any) -> None:
    """Names, numbers, addresses and attributes stand in no column of any row."""
    put(house, ANA, BEN)
    with house.ledger.read() as conn:
        stored = [str(tuple(row)) for table in t.metadata.sorted_tables for row in conn.execute(select(table))]
    for secret in ("Arroyo", "Ben", "5550142", "ana@", "mail.example", "cat"):
        assert not [row for row in stored if secret in row], secret


def test_missing_contacts_stay_unless_asked(house: Any) -> None:
    """A newer file without Ben leaves him; asked to, it marks him as removed; in the next file he is back."""
    put(house, ANA, BEN)
    assert put(house, ANA).removed == 0
    assert house.numbers().reachable == 2
    house.set(t.contact, t.contact.c.ref == "b1", guest=True)
    assert put(house, ANA, remove_missing=True).removed == 0  # guests were in no file
    house.set(t.contact, t.contact.c.ref == "b1", guest=False)
    assert put(house, ANA, remove_missing=True).removed == 1
    assert house.numbers().reachable == 1
    assert put(house, ANA, BEN) == Imported(added=0, changed=1, unchanged=1, points=0, shared=1)
    assert house.numbers().reachable == 2


def test_many_rows_come_in_batches(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """More rows than fit one batch, with the same number in two of them: counted over all."""
    monkeypatch.setattr("onevoice.ledger.contacts.BATCH", 3)
    rows = [replace(BEN, ref=f"r{n}", addresses=(Address("sms", f"+1202555010{n % 4}"),)) for n in range(10)]
    assert put(house, *rows) == Imported(added=10, changed=0, unchanged=0, points=4, shared=4)
    assert put(house, *rows[:5], remove_missing=True).removed == 5


def test_in_turns_a_broken_import_can_be_completed(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each batch is a transaction of its own: others can write in between, and doing it again completes it."""
    monkeypatch.setattr("onevoice.ledger.contacts.BATCH", 2)
    rows = [replace(BEN, ref=f"r{n}") for n in range(6)]

    def breaking() -> Any:
        yield from rows[:3]
        house.add("meanwhile", "0177")  # would wait for the lock forever in one long transaction
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        contacts.put_in_turns(house.ledger, house.vault, breaking(), NOW)
    assert count(house, t.contact) == 3
    done = contacts.put_in_turns(house.ledger, house.vault, rows, NOW)
    assert done == Imported(added=4, changed=0, unchanged=2, points=0, shared=1)


def test_the_preference_of_a_shared_phone_is_kept(house: Any) -> None:
    """What a file says of a mobile stays when the next file is silent."""
    put(house, replace(ANA, point_language="es"), BEN)
    put(house, ANA, BEN)
    with house.ledger.read() as conn:
        languages = dict(conn.execute(select(t.contact_point.c.means, t.contact_point.c.language)).all())
    assert languages == {"sms": "es", "email": None}


@pytest.mark.parametrize(
    ("means", "address", "masked"),
    [
        ("sms", "+12025550142", "+1 202 *** **42"),
        ("voice", "+12025550142", "+1 202 *** **42"),
        ("sms", "+4420555014", "+44 *** **14"),
        ("email", "maria@mail.example", "m***@*.example"),
    ],
)
def test_a_masked_address_can_be_recognised_and_not_used(means: str, address: str, masked: str) -> None:
    """Area code and last two digits; first letter and top-level domain."""
    assert mask(means, address) == masked


# --- opt-outs and counts --------------------------------------------------------------------------------------------


def topics(house: Any) -> set[str]:
    """Classes that somebody opted out of."""
    with house.ledger.read() as conn:
        return set(conn.scalars(select(t.opt_out.c.topic)))


@pytest.mark.parametrize(
    ("out", "back_in", "left"),
    [
        (["all"], "all", set()),
        (["all"], "emergency", {"information"}),
        (["all"], "information", {"emergency"}),
        (["information", "emergency"], "emergency", {"information"}),
        (["information", "all"], "all", set()),
        ([], "all", set()),
    ],
)
def test_opting_in_takes_back_just_as_much(house: Any, out: list[str], back_in: str, left: set[str]) -> None:
    """A no to everything becomes a no to the other class; opting out twice is once."""
    for topic in out + out:
        house.opt_out("sms", "+12025550142", topic)
    with house.ledger.write() as conn:
        contacts.opt_in(conn, house.vault.contact_key("sms", "+12025550142"), back_in)
    assert topics(house) == left


def test_an_opt_out_is_of_an_address_and_stays_through_an_import(house: Any) -> None:
    """The number is opted out whoever has it, and importing them again does not undo it."""
    put(house, ANA, BEN)
    house.opt_out("sms", "+12025550142")
    put(house, ANA, BEN)
    assert dict(house.numbers().by_reason) == {"opted-out": 1}


def test_counts_by_segment_language_tier_zone_and_means(house: Any) -> None:
    """Living contacts only; what is not stated is named so; a person can be in several segments."""
    put(house, ANA, BEN, replace(BEN, ref="c1", tier="T1", role="care"), replace(ANA, ref="gone"))
    house.set(t.contact, t.contact.c.ref == "gone", removed_at=1)
    with house.ledger.read() as conn:
        counted = contacts.counts(conn, house.wanted().segments_all)
    assert counted == {
        "contacts": 3,
        "segments": {"responders": 0, "care": 1, "newcomers": 0, "older": 1, "everyone": 3},
        "languages": {"es": 1, "not stated": 2},
        "tiers": {"T1": 1, "not stated": 2},
        "zones": {"not stated": 2, "old-mill": 1},
        "means": {"email": 1, "sms": 3},
        "shared_points": 1,
        "opted_out": 0,
    }
