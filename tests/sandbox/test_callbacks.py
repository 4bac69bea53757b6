"""Status callbacks, as a client of Twilio would check them."""

import time
from pathlib import Path

import pytest
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from sandbox.behaviours import MAGIC_BLOCK
from sandbox.posting import Account
from sandbox.testing import Heard, Listener, Sandbox, wait_until

OURS = "+14135550101"
DELIVERED, UNDELIVERED = MAGIC_BLOCK + "00", MAGIC_BLOCK + "01"


def _send(client: Client, listener: Listener, to: str = DELIVERED, path: str = "/status") -> str:
    return str(client.messages.create(to=to, from_=OURS, body="x", status_callback=listener.url + path).sid)


def _valid(heard: Heard, token: str = Sandbox.auth_token) -> bool:
    return bool(RequestValidator(token).validate(heard.url, heard.form, heard.headers["x-twilio-signature"]))


@pytest.mark.parametrize("path", ["/status", "/status/attempt-17?a=1&b=%2F%20x", "/"])
def test_a_callback_is_signed_as_twilio_signs(client: Client, listener: Listener, path: str) -> None:
    """Twilio's own validator takes it, and refuses it with a changed field or another token."""
    listener.wait_for(_send(client, listener, path=path), "sent", "delivered")
    for heard in listener.heard:
        assert _valid(heard)
        assert heard.url == listener.url + path
        assert not _valid(heard, "another")
        heard.form["MessageStatus"] += "!"
        assert not _valid(heard)


def test_a_callback_has_twilios_fields(client: Client, listener: Listener) -> None:
    """A receipt names message, account, numbers, status, error and the carrier's time."""
    sid = _send(client, listener, UNDELIVERED)
    listener.wait_for(sid, "sent", "undelivered")
    sent, last = (heard.form for heard in listener.heard)
    same = {
        "AccountSid": Sandbox.account_sid,
        "ApiVersion": "2010-04-01",
        "From": OURS,
        "MessageSid": sid,
        "SmsSid": sid,
        "To": UNDELIVERED,
    }

    assert sent == same | {"MessageStatus": "sent", "SmsStatus": "sent"}
    assert len(last.pop("RawDlrDoneDate")) == len("YYMMDDhhmm")
    assert last == same | {"MessageStatus": "undelivered", "SmsStatus": "undelivered", "ErrorCode": "30003"}


def test_the_first_status_is_never_called_back(client: Client, listener: Listener) -> None:
    """Without a messaging service queued is first; with one accepted is, and queued is called back."""
    plain = _send(client, listener)
    made = client.messages.create(
        to=DELIVERED, messaging_service_sid="MG" + "1" * 32, body="x", status_callback=listener.url
    )
    listener.wait_for(plain, "sent", "delivered")
    listener.wait_for(str(made.sid), "queued", "sent", "delivered")

    assert listener.statuses_of(str(made.sid)) == ["queued", "sent", "delivered"]


@pytest.mark.parametrize(("answer", "posts"), [(503, 2), (500, 2), (404, 1), (302, 1)])
def test_a_failed_callback_is_tried_once_more(
    sandbox: Sandbox, client: Client, listener: Listener, answer: int, posts: int
) -> None:
    """A server error gets one retry, with the same token; other answers get none. All of it is in the record."""
    listener.statuses.extend([answer] * 2)
    sandbox.fault("early_callback")
    sid = _send(client, listener)
    wait_until(lambda: len(sandbox.entries("callback", sid=sid)) == posts, f"{posts} posts")
    time.sleep(0.2)

    assert listener.statuses_of(sid) == ["delivered"] * posts
    assert len({heard.headers["i-twilio-idempotency-token"] for heard in listener.heard}) == 1
    assert [entry.outcome for entry in sandbox.entries("callback", "posted", sid=sid)] == [str(answer)] * posts


def test_a_callback_to_nobody_is_tried_once_more(sandbox: Sandbox, client: Client) -> None:
    """A refused connection gets one retry, and the message goes its way all the same."""
    sandbox.fault("early_callback")
    with Listener() as gone:
        url = gone.url
    sid = str(client.messages.create(to=DELIVERED, from_=OURS, body="x", status_callback=url).sid)
    wait_until(lambda: len(sandbox.entries("callback", sid=sid)) == 2, "two posts")

    assert {entry.outcome for entry in sandbox.entries("callback", sid=sid)} == {"no answer: ClientConnectorError"}
    assert client.messages(sid).fetch().status == "delivered"


def test_dropped_callbacks_leave_the_truth_to_a_look(sandbox: Sandbox, client: Client, listener: Listener) -> None:
    """While the fault stands nothing is posted; fetch shows the status, the record says what was dropped."""
    sandbox.fault("drop_callbacks", count=None)
    sid = _send(client, listener)
    wait_until(lambda: len(sandbox.entries("callback", "dropped", sid=sid)) == 2, "two dropped")
    sandbox.clear_faults()

    assert client.messages(sid).fetch().status == "delivered"
    assert listener.heard == []


def test_a_forged_callback_has_another_signature(sandbox: Sandbox, client: Client, listener: Listener) -> None:
    """The fault makes one callback that must be refused; the next is right."""
    sandbox.fault("forge_callbacks")
    listener.wait_for(_send(client, listener), "sent", "delivered")

    assert [_valid(heard) for heard in listener.heard] == [False, True]


def test_a_slow_listener_does_not_hold_back_creates(tmp_path: Path, sdk: object, listener: Listener) -> None:
    """With every callback worker busy, creates go on, and no more callbacks are under way than workers."""
    assert callable(sdk)
    listener.delay = 0.5
    options = ("--delay-scale", "0", "--callback-workers", "2")
    with Sandbox(tmp_path / "record.jsonl", *options) as busy:
        client, start = sdk(busy), time.monotonic()
        for _ in range(20):
            _send(client, listener)
        took = time.monotonic() - start
        wait_until(lambda: len(listener.heard) >= 4, "callbacks")

    assert took < 1
    assert listener.most_at_once == 2


@pytest.mark.parametrize(
    ("url", "may"),
    [
        ("http://127.0.0.1:8000/x", True),
        ("http://localhost/x", True),
        ("http://[::1]:1/x", True),
        ("https://named.example/x", True),
        ("https://other.example/x", False),
        ("http://192.0.2.1/x", False),
        ("http://127.0.0.1.other.example/x", False),
        ("http://localhost@other.example/x", False),
    ],
)
def test_callbacks_go_to_loopback_and_named_hosts_only(url: str, may: bool) -> None:
    """A wrong address in a test reaches nobody."""
    account = Account(sid="AC1", auth_token="t", allowed_hosts=frozenset({"named.example"}))

    assert account.may_post_to(url) is may


def test_a_callback_to_the_world_is_recorded_and_not_posted(sandbox: Sandbox, client: Client) -> None:
    """The message is accepted; the record says that the host is not allowed."""
    made = client.messages.create(to=DELIVERED, from_=OURS, body="x", status_callback="https://city.example/status")
    wait_until(lambda: len(sandbox.entries("callback", sid=str(made.sid))) == 2, "two entries")

    assert {entry.outcome for entry in sandbox.entries("callback", sid=str(made.sid))} == {
        "not posted: this host is not allowed"
    }
