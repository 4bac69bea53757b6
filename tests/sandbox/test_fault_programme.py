"""What a test can ask to go wrong."""

from collections.abc import Iterator

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from sandbox.behaviours import BEHAVIOURS, MAGIC_BLOCK
from sandbox.faults import ELSEWHERE, ON_FETCH
from sandbox.testing import Sandbox

OURS, DELIVERED = "+14135550101", MAGIC_BLOCK + "00"


@pytest.fixture(autouse=True)
def _no_fault_is_left(sandbox: Sandbox) -> Iterator[None]:
    """Leave the shared sandbox sound."""
    yield
    sandbox.clear_faults()


def _create(client: Client, to: str = DELIVERED) -> str:
    try:
        return str(client.messages.create(to=to, from_=OURS, body="x").status)
    except TwilioRestException as refusal:
        return f"{refusal.status} {refusal.code}"


def _post(sandbox: Sandbox) -> requests.Response:
    path = f"{sandbox.sms}/2010-04-01/Accounts/{Sandbox.account_sid}/Messages.json"
    form = {"To": DELIVERED, "From": OURS, "Body": "x"}
    return requests.post(path, data=form, auth=(Sandbox.account_sid, Sandbox.auth_token), timeout=5)


def test_a_fault_strikes_as_often_as_asked_and_in_order(sandbox: Sandbox, client: Client) -> None:
    """Two of one kind, then one of another, then none."""
    sandbox.fault("503_after_accept", count=2)
    sandbox.fault("500_before")

    assert [_create(client) for _ in range(4)] == ["503 20503", "503 20503", "500 20500", "queued"]


@pytest.mark.parametrize("code", [500, 502, 503, 504])
def test_a_server_error_after_accepting_keeps_the_message(sandbox: Sandbox, client: Client, code: int) -> None:
    """The client sees an error; the list has the message."""
    before = len(client.messages.list(to=DELIVERED))
    sandbox.fault(f"{code}_after_accept")

    assert _post(sandbox).status_code == code
    assert len(client.messages.list(to=DELIVERED)) == before + 1


@pytest.mark.parametrize("kind", ["500_before", "503_before", "429", "401"])
def test_an_error_before_accepting_keeps_nothing(sandbox: Sandbox, client: Client, kind: str) -> None:
    """The client sees an error; the list has no more than before."""
    before = len(client.messages.list(to=DELIVERED))
    sandbox.fault(kind, on="create")

    assert _post(sandbox).status_code == int(kind[:3])
    assert len(client.messages.list(to=DELIVERED)) == before


@pytest.mark.parametrize("value", ["-1", "1000000000", "Fri, 31 Dec 2027 23:59:59 GMT", "soon", None])
def test_retry_after_can_be_absurd(sandbox: Sandbox, value: str | None) -> None:
    """The header is written as it was asked for, or left out."""
    sandbox.fault("429", retry_after=value)

    assert _post(sandbox).headers.get("Retry-After") == value


def test_the_same_sid_can_come_twice(sandbox: Sandbox, client: Client) -> None:
    """The second reply carries the first one's sid; in truth there are two messages."""
    first = client.messages.create(to=DELIVERED, from_=OURS, body="first").sid
    sandbox.fault("same_sid")
    second = client.messages.create(to=DELIVERED, from_=OURS, body="second").sid

    assert first == second
    assert (
        len({entry.sid for body in ("first", "second") for entry in sandbox.entries("sms", "accepted", body=body)}) == 2
    )


def test_a_reply_can_fail_to_come_before_anything_is_accepted(sandbox: Sandbox, client: Client) -> None:
    """The client waits in vain, and nothing was accepted."""
    before = len(client.messages.list(to=DELIVERED))
    sandbox.fault("timeout_before", seconds=0.3)

    assert _post(sandbox).status_code == 500
    assert len(client.messages.list(to=DELIVERED)) == before


def test_a_held_reply_comes_late_and_true(sandbox: Sandbox) -> None:
    """Who waits longer than the hold gets the resource."""
    sandbox.fault("timeout_after_accept", seconds=0.3)
    reply = _post(sandbox)

    assert (reply.status_code, reply.elapsed.total_seconds() > 0.3) == (201, True)


def test_a_fault_can_be_for_one_recipient(sandbox: Sandbox, client: Client) -> None:
    """Others are served as usual meanwhile."""
    sandbox.fault("500_before", to="+14155550155")

    assert [_create(client, to) for to in (DELIVERED, "+14155550155", "+14155550155")] == [
        "queued",
        "500 20500",
        "queued",
    ]


def test_revoked_credentials_strike_until_cleared(sandbox: Sandbox, client: Client) -> None:
    """401 strikes creates and looks alike, for as long as the programme stands."""
    sid = client.messages.create(to=DELIVERED, from_=OURS, body="x").sid
    sandbox.fault("401", count=None)
    with pytest.raises(TwilioRestException) as refusal:
        client.messages(str(sid)).fetch()
    seen = [_create(client), _create(client)]
    sandbox.clear_faults()

    assert [refusal.value.status, *seen, _create(client)] == [401, "401 20003", "401 20003", "queued"]


@pytest.mark.parametrize("kind", sorted(set(ON_FETCH) - {"timeout_before"}))
def test_a_look_can_fail(sandbox: Sandbox, client: Client, kind: str) -> None:
    """The next look fails, the one after is answered; creates are not touched."""
    sid = str(client.messages.create(to=DELIVERED, from_=OURS, body="x").sid)
    sandbox.fault(kind, on="fetch")

    assert _create(client) == "queued"
    with pytest.raises(TwilioRestException) as refusal:
        client.messages(sid).fetch()
    assert refusal.value.status == int(kind[:3])
    assert client.messages(sid).fetch().sid == sid


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        ({}, "kind"),
        ({"kind": "nonsense"}, "503_after_accept"),
        ({"kind": ["429"]}, "kind is a text"),
        ({"kind": "429", "count": 0}, "count"),
        ({"kind": "429", "count": "3"}, "count"),
        ({"kind": "429", "more": 1}, "fields"),
        ({"kind": "429", "on": "sunday"}, "create, fetch or any"),
        ({"kind": "slow", "seconds": -1}, "seconds"),
        ({"kind": "html", "on": "fetch"}, "on fetch there are only"),
        ({"kind": "smtp_reply", "verb": "VRFY", "reply": "450 x"}, "verb"),
        ({"kind": "smtp_reply", "verb": "MAIL", "reply": "later"}, "reply"),
        ([1], "kind"),
    ],
)
def test_what_is_no_fault_is_refused_with_a_reason(sandbox: Sandbox, wish: object, says: str) -> None:
    """A test that misspells a fault must not pass because nothing went wrong."""
    reply = sandbox.ask("POST", "/sandbox/faults", json=wish)

    assert reply.status_code == 400
    assert says in reply.json()["error"]
    assert sandbox.ask("GET", "/sandbox/faults").json()["standing"] == []


def test_the_kinds_are_listed_with_their_meaning(sandbox: Sandbox) -> None:
    """Who points a system here can ask what there is; what was asked is in the record."""
    sandbox.fault("429", count=3)
    told = sandbox.ask("GET", "/sandbox/faults").json()

    assert set(told["kinds"]) == {*BEHAVIOURS, *ELSEWHERE}
    assert [(each["kind"], each["count"]) for each in told["standing"]] == [("429", 3)]
    assert sandbox.entries("sandbox", "fault")[-1].detail["kind"] == "429"


@pytest.mark.parametrize("path", ["/sandbox/faults", "/sandbox/inbound"])
def test_what_is_no_json_is_refused(sandbox: Sandbox, path: str) -> None:
    """A broken body is the caller's error."""
    assert sandbox.ask("POST", path, content=b"{").status_code == 400
