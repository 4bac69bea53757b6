"""What people send, and the words that stop messages."""

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from twilio.twiml.messaging_response import MessagingResponse

from sandbox.testing import Listener, Sandbox

OURS = "+14135550101"


def _code(client: Client, to: str, sender: str = OURS) -> int:
    try:
        client.messages.create(to=to, from_=sender, body="x")
    except TwilioRestException as refusal:
        return int(refusal.code)
    return 0


def test_the_webhook_is_signed_and_has_twilios_fields(sandbox: Sandbox, listener: Listener) -> None:
    """Twilio's validator takes it, other scripts included."""
    told = sandbox.inbound(from_="+14155550130", to=OURS, body="مساعدة 🆘 & more", webhook=listener.url + "/in?x=1")
    [heard] = listener.heard

    assert RequestValidator(Sandbox.auth_token).validate(heard.url, heard.form, heard.headers["x-twilio-signature"])
    assert {name: heard.form[name] for name in ("MessageSid", "From", "To", "Body", "NumMedia", "NumSegments")} == {
        "MessageSid": told["sid"],
        "From": "+14155550130",
        "To": OURS,
        "Body": "مساعدة 🆘 & more",
        "NumMedia": "0",
        "NumSegments": "1",
    }


def test_an_inbound_message_is_listed(sandbox: Sandbox, client: Client) -> None:
    """A poll finds what the webhook may have missed."""
    sid = sandbox.inbound(from_="+14155550131", to=OURS, body="help")["sid"]
    [found] = client.messages.list(to=OURS, from_="+14155550131")

    assert (found.sid, found.direction, found.status) == (sid, "inbound", "received")


def test_one_message_can_be_delivered_several_times(sandbox: Sandbox, listener: Listener) -> None:
    """The same sid comes each time."""
    told = sandbox.inbound(from_="+14155550132", to=OURS, body="help", webhook=listener.url, times=3)

    assert [heard.form["MessageSid"] for heard in listener.heard] == [told["sid"]] * 3
    assert [answer["status"] for answer in told["answers"]] == [204] * 3


@pytest.mark.parametrize("nested", [False, True])
def test_a_twiml_answer_becomes_a_message(sandbox: Sandbox, client: Client, listener: Listener, nested: bool) -> None:
    """The text of each Message verb goes to the sender, and is in the record apart from API creates."""
    twiml = MessagingResponse()
    if nested:
        twiml.message().body("We heard you. ✓")
    else:
        twiml.message("We heard you. ✓")
    listener.body = str(twiml).encode()
    [sid] = sandbox.inbound(from_="+14155550133", to=OURS, body="help", webhook=listener.url)["replies"]
    reply = client.messages(sid).fetch()

    assert (reply.body, reply.to, reply.from_) == ("We heard you. ✓", "+14155550133", OURS)
    assert reply.direction == "outbound-reply"
    assert sandbox.entries("sms", "accepted", sid=sid) == []
    assert len(sandbox.entries("inbound", "reply", sid=sid)) == 1


@pytest.mark.parametrize(
    "answer",
    [b"", b"<Response/>", b"<html><Message>oops</Message></html>", b"{}", b"<Response><Say>x</Say></Response>"],
)
def test_an_answer_without_a_message_sends_nothing(sandbox: Sandbox, listener: Listener, answer: bytes) -> None:
    """No reply is made up; the answer is recorded as it came."""
    listener.body = answer
    told = sandbox.inbound(from_="+14155550134", to=OURS, body="help", webhook=listener.url)
    [entry] = sandbox.entries("inbound", "webhook", sid=told["sid"])

    assert told["replies"] == []
    assert entry.detail["answer"] == answer.decode()


@pytest.mark.parametrize(
    "word", ["STOP", "stop", " Stop\n", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"]
)
def test_a_stop_word_stops_and_a_start_word_starts_again(sandbox: Sandbox, client: Client, word: str) -> None:
    """21610 from that number to that person until START; other numbers and people are not touched."""
    person = "+14155550135"
    sandbox.inbound(from_=person, to=OURS, body=word)
    stopped = [_code(client, person), _code(client, person, "+14135550102"), _code(client, "+14155550136")]
    sandbox.inbound(from_=person, to=OURS, body="Start")

    assert stopped == [21610, 0, 0]
    assert _code(client, person) == 0


@pytest.mark.parametrize("words", ["please stop", "STOP.", "OPT OUT", "pare", "ＳＴＯＰ", "stop stop"])
def test_what_is_not_exactly_a_stop_word_stops_nothing(sandbox: Sandbox, client: Client, words: str) -> None:
    """The provider is blind to it: whoever sends must not be."""
    sandbox.inbound(from_="+14155550137", to=OURS, body=words)

    assert _code(client, "+14155550137") == 0


def test_a_reply_to_who_stopped_is_blocked(sandbox: Sandbox, listener: Listener) -> None:
    """A TwiML answer to STOP does not go out."""
    listener.body = b"<Response><Message>Sorry to see you go</Message></Response>"
    told = sandbox.inbound(from_="+14155550138", to=OURS, body="STOP", webhook=listener.url)

    assert told["replies"] == []
    assert sandbox.entries("inbound", "reply-blocked", to="+14155550138")[0].outcome == "21610"


def test_a_webhook_that_is_away_is_told(sandbox: Sandbox) -> None:
    """Whoever asked learns that nobody answered; the message counts all the same."""
    with Listener() as gone:
        url = gone.url
    [answer] = sandbox.inbound(from_="+14155550139", to=OURS, body="help", webhook=url)["answers"]

    assert (answer["status"], answer["outcome"]) == (0, "no answer: ClientConnectorError")


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"from": "+1", "to": "+1"},
        {"from": 1, "to": "+1", "body": "x"},
        {"from": "+1", "to": "+1", "body": "x", "time": 2},
        {"from": "+1", "to": "+1", "body": "x", "times": "2"},
    ],
)
def test_what_is_no_inbound_message_is_refused(sandbox: Sandbox, wish: object) -> None:
    """The reason names the fields."""
    reply = sandbox.ask("POST", "/sandbox/inbound", json=wish)

    assert reply.status_code == 400
    assert "from" in reply.json()["error"]
