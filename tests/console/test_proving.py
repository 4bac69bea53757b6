"""Who may try to prove who they are, how often, and from where."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.requests import Request

from console.proving import Door, MustWait, address
from onevoice.desk import officers
from onevoice.errors import OutOfReach, Refused, Unusable

SECRET = "correct horse battery"
LOCAL = ("127.0.0.1", "::1")


def request(peer: str = "192.0.2.7", *forwarded: str) -> Request:
    """A request from an address, with headers that proxies add."""
    headers = [(b"x-forwarded-for", one.encode()) for one in forwarded]
    return Request({"type": "http", "client": (peer, 1), "headers": headers})


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whose secret was looked at; the look itself is made cheap."""
    looked: list[str] = []

    def fits(found: Any, name: str, secret: str) -> officers.Actor:
        looked.append(name)
        if found is None or secret != SECRET:
            raise Refused("no")
        return officers.Actor(found.name, found.role)

    monkeypatch.setattr(officers, "fits", fits)
    return looked


def tries(door: Door, town: Any, name: str, secret: str, times: int, peer: str = "192.0.2.7") -> list[str]:
    """What came of some tries."""
    ended = []
    for _ in range(times):
        try:
            ended.append(door.prove(request(peer), town.desk, {"name": name, "secret": secret}).name)
        except (Refused, Unusable) as problem:
            ended.append(type(problem).__name__)
    return ended


def test_nobody_locks_somebody_else_out(town: Any, hashes: list[str]) -> None:
    """Six wrong secrets for Bo from one address: that one waits for Bo, and Bo comes in from their own."""
    door = Door()
    assert tries(door, town, "Bo Approver", "wrong", 6) == ["Refused"] * 5 + ["MustWait"]
    assert len(hashes) == 5
    assert tries(door, town, "bo  approver", SECRET, 1) == ["MustWait"]
    assert tries(door, town, "Bo Approver", SECRET, 1, "192.0.2.8") == ["Bo Approver"]
    assert tries(door, town, "Cy Approver", SECRET, 1) == ["Cy Approver"]


def test_an_address_that_tries_many_names_waits(town: Any, hashes: list[str]) -> None:
    """Twenty wrong ones, whatever the names; then no secret of that address is looked at, and others go on."""
    door = Door()
    ended = [tries(door, town, f"Name {number}", "wrong", 1)[0] for number in range(22)]
    assert ended == ["Refused"] * 20 + ["MustWait"] * 2
    assert len(hashes) == 20
    assert tries(door, town, "Bo Approver", SECRET, 1, "192.0.2.8") == ["Bo Approver"]


def test_an_empty_field_is_no_try(town: Any, hashes: list[str]) -> None:
    """Nothing is counted and nothing looked at."""
    door = Door()
    assert tries(door, town, "Bo Approver", "", 9) == ["Unusable"] * 9
    assert tries(door, town, "", SECRET, 9) == ["Unusable"] * 9
    assert not hashes


def test_where_the_database_is_gone_who_was_known_may_still_halt(town: Any) -> None:
    """To stop needs no database; to approve does. Somebody unknown may do neither."""
    door, form = Door(), {"name": "Bo Approver", "secret": SECRET}
    door.remember(town.desk)
    (town.desk.settings.home / "onevoice.db").rename(town.desk.settings.home / "gone.db")

    assert door.prove(request(), town.desk, form, halting=True).name == "Bo Approver"
    with pytest.raises(OutOfReach):
        door.prove(request(), town.desk, form)
    with pytest.raises(Refused):
        door.prove(request(), town.desk, form | {"secret": "wrong wrong"}, halting=True)
    with pytest.raises(OutOfReach):
        Door().prove(request(), town.desk, form, halting=True)


def test_a_wait_says_how_long(town: Any, hashes: list[str]) -> None:
    """Seconds, in words and as a number for the browser."""
    door = Door()
    tries(door, town, "Bo Approver", "wrong", 5)
    with pytest.raises(MustWait, match="Wait 30 seconds") as waits:
        door.prove(request(), town.desk, {"name": "Bo Approver", "secret": SECRET})
    assert waits.value.seconds == 30
    assert len(hashes) == 5


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("192.0.2.7", (), "192.0.2.7"),
        ("192.0.2.7", ("203.0.113.1",), "192.0.2.7"),
        ("127.0.0.1", ("203.0.113.1",), "203.0.113.1"),
        ("127.0.0.1", ("10.9.9.9, 203.0.113.1",), "203.0.113.1"),
        ("127.0.0.1", ("10.9.9.9", "203.0.113.1, 127.0.0.1"), "203.0.113.1"),
        ("127.0.0.1", ("made up",), "127.0.0.1"),
        ("127.0.0.1", (), "127.0.0.1"),
        ("2001:db8:1:2:aaaa::1", (), "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::9", (), "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", (), "192.0.2.7"),
        ("a socket", (), "nowhere"),
    ],
)
def test_only_proxies_of_ours_say_where_somebody_is(peer: str, forwarded: tuple[str, ...], expected: str) -> None:
    """From the right, the first address that is no proxy of ours: what strangers write further left is nothing."""
    assert address(request(peer, *forwarded), LOCAL) == expected


def test_a_network_of_proxies_is_believed() -> None:
    """Several proxies in a row, named as a network."""
    assert address(request("10.1.1.1", "203.0.113.1, 10.2.2.2"), ("10.0.0.0/8",)) == "203.0.113.1"
