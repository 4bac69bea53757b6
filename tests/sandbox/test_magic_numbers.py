"""Every magic number, by table: what the client sees, what really became of the message, what is called back."""

import json
import time

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from sandbox.behaviours import MAGIC, MAGIC_BLOCK
from sandbox.record import Entry
from sandbox.testing import Listener, Sandbox, wait_until

OURS = "+14135550101"
DONE = ("sent", "delivered")
# Last two digits: what the client sees, the last status, the callbacks.
CASES = {
    "00": ("queued", "delivered", DONE),
    "01": ("queued", "undelivered 30003", ("sent", "undelivered")),
    "02": ("queued", "undelivered 30005", ("sent", "undelivered")),
    "03": ("400 21211", "", ()),
    "04": ("400 21614", "", ()),
    "05": ("400 21610", "", ()),
    "06": ("429 20429", "", ()),  # and the next is taken, as the last test here shows
    "07": ("503 20503", "delivered", DONE),
    "08": ("503 20503", "delivered", ()),
    "09": ("ReadTimeout", "delivered", DONE),
    "10": ("queued", "queued", ()),
    "11": ("500 20500", "", ()),
    "12": ("JSONDecodeError", "delivered", DONE),
    "13": ("no sid", "delivered", DONE),
    "14": ("queued", "delivered", ("delivered",)),
    "15": ("queued", "delivered", DONE * 3),
    "16": ("queued", "delivered", DONE),  # in test_slow_replies.py
    "17": ("queued", "delivered", ("delivered", "sent")),
    "18": ("queued", "failed 30001", ("failed",)),
    "19": ("ConnectionError", "delivered", DONE),
    "20": ("ConnectionError", "delivered", DONE),
    "21": ("no sid", "delivered", DONE),
    "22": ("another To", "delivered", DONE),
}


def _seen(client: Client, to: str, body: str, listener: Listener) -> str:
    """Create a message, and say in a word what the SDK made of the reply."""
    try:
        made = client.messages.create(to=to, from_=OURS, body=body, status_callback=listener.url + "/status?a=1")
    except TwilioRestException as refusal:
        return f"{refusal.status} {refusal.code}"
    except (requests.exceptions.RequestException, json.JSONDecodeError) as problem:
        return type(problem).__name__
    if made.sid is None:
        return "no sid"
    return str(made.status) if made.to == to else "another To"


def _accepted(sandbox: Sandbox, body: str) -> list[Entry]:
    return sandbox.entries("sms", "accepted", body=body)


def _last_status(sandbox: Sandbox, sid: str) -> str:
    statuses = [entry.detail for entry in sandbox.entries("sms", "status", sid=sid)]
    return " ".join(map(str, statuses[-1].values())) if statuses else "queued"


def test_the_table_has_every_magic_number() -> None:
    """A new magic number needs its case."""
    assert set(CASES) == set(MAGIC)


@pytest.mark.parametrize("digits", sorted(set(CASES) - {"16"}))
def test_a_magic_number_does_what_it_says(sandbox: Sandbox, sdk: object, listener: Listener, digits: str) -> None:
    """The reply, the truth and the callbacks are those of the table."""
    assert callable(sdk)
    client = sdk(sandbox, timeout=0.8)
    body, (sees, becomes, calls) = f"magic {digits} {time.time_ns()}", CASES[digits]

    assert _seen(client, MAGIC_BLOCK + digits, body, listener) == sees

    accepted = _accepted(sandbox, body)
    assert len(accepted) == bool(becomes)
    if accepted:
        sid = accepted[0].sid
        wait_until(lambda: _last_status(sandbox, sid) == becomes, becomes)
        listener.wait_for(sid, *calls)
        assert listener.statuses_of(sid) == list(calls) or digits != "17"
        told = client.messages(sid).fetch()
        assert becomes == (f"{told.status} {told.error_code}" if told.error_code else told.status)


def test_a_refused_first_try_is_accepted_the_second_time(sandbox: Sandbox, client: Client, listener: Listener) -> None:
    """429 carries Retry-After 1; the next create is taken, and the one after refused again."""
    to = MAGIC_BLOCK + "06"
    assert any(_seen(client, to, "x", listener) == "queued" for _ in range(2))
    reply = requests.post(
        f"{sandbox.sms}/2010-04-01/Accounts/{Sandbox.account_sid}/Messages.json",
        data={"To": to, "From": OURS, "Body": "x"},
        auth=(Sandbox.account_sid, Sandbox.auth_token),
        timeout=5,
    )

    assert (reply.status_code, reply.headers.get("Retry-After")) == (429, "1")
    assert [_seen(client, to, "x", listener) for _ in range(2)] == ["queued", "429 20429"]
    assert _seen(client, to, "x", listener) == "queued"
