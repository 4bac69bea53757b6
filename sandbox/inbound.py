"""What people send: the incoming-message webhook, its TwiML answer, and the words that stop messages."""

from dataclasses import dataclass
from typing import Any, Self
from xml.etree import ElementTree as ET

from sandbox.messages import API_VERSION, Message
from sandbox.posting import Answer
from sandbox.segments import num_segments
from sandbox.world import World

# https://help.twilio.com/articles/223134027 (read 2026-11): only the word alone counts, in any case.
STOP_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
START_WORDS = frozenset({"START", "YES", "UNSTOP"})


class BadInbound(ValueError):
    """What was asked for is no incoming message; the message says what is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """One incoming message, and the webhook that hears of it."""

    sender: str
    to: str
    body: str
    webhook: str = ""
    times: int = 1
    """How often the same message is delivered to the webhook."""

    @classmethod
    def asked(cls, wish: dict[str, Any]) -> Self:
        """Makes one of a JSON object; raises BadInbound."""
        known = {"from", "to", "body", "webhook", "times"}
        if not {"from", "to", "body"} <= set(wish) <= known:
            raise BadInbound("an inbound message has from, to, body, and may have webhook and times")
        inbound = cls(sender=wish["from"], **{name: wish[name] for name in wish if name != "from"})
        texts = (inbound.sender, inbound.to, inbound.body, inbound.webhook)
        if not all(isinstance(text, str) for text in texts) or not isinstance(inbound.times, int):
            raise BadInbound("from, to, body and webhook are texts, times is a number")
        return inbound


async def receive(world: World, inbound: Inbound) -> dict[str, Any]:
    """Records the message, obeys STOP and START, tells the webhook; returns sid, answers and the sids of replies."""
    message = Message(to=inbound.to, sender=inbound.sender, body=inbound.body, direction="inbound", status="received")
    world.messages.add(message)
    _tell(world, "received", message)
    _obey(world, message)
    answers, replies = [], []
    for _ in range(inbound.times if inbound.webhook else 0):
        answer = await world.poster.post(inbound.webhook, _fields(message, world.account.sid))
        texts = _replies(answer)
        detail = {"url": inbound.webhook, "answer": answer.text, "replies": texts}
        world.record.write("inbound", "webhook", sid=message.sid, outcome=answer.outcome, detail=detail)
        answers.append({"status": answer.status, "outcome": answer.outcome, "body": answer.text})
        replies += [sid for text in texts or () if (sid := _reply(world, message, text))]
    return {"sid": message.sid, "answers": answers, "replies": replies}


def _obey(world: World, message: Message) -> None:
    word, pair = message.body.strip().upper(), (message.to, message.sender)
    if word in STOP_WORDS:
        world.opted_out.add(pair)
        _tell(world, "opt-out", message)
    elif word in START_WORDS:
        world.opted_out.discard(pair)
        _tell(world, "opt-in", message)


def _reply(world: World, to: Message, text: str) -> str:
    reply = Message(to=to.sender, sender=to.to, body=text, direction="outbound-reply")
    if (reply.sender, reply.to) in world.opted_out:
        _tell(world, "reply-blocked", reply, "21610")
        return ""
    _tell(world, "reply", reply)
    world.messages.add(reply)
    world.courier.follow(reply)
    return reply.sid


def _tell(world: World, event: str, message: Message, outcome: str = "") -> None:
    world.stats.count(f"inbound {event}")
    world.record.write(
        "inbound",
        event,
        sid=message.sid,
        to=message.to,
        sender=message.sender,
        body=message.body,
        num_segments=num_segments(message.body),
        outcome=outcome,
        detail=message.detail(),
    )


def _fields(message: Message, account_sid: str) -> dict[str, str]:
    return {
        "AccountSid": account_sid,
        "ApiVersion": API_VERSION,
        "Body": message.body,
        "From": message.sender,
        "FromCountry": "US",
        "MessageSid": message.sid,
        "NumMedia": "0",
        "NumSegments": str(num_segments(message.body)),
        "SmsMessageSid": message.sid,
        "SmsSid": message.sid,
        "SmsStatus": "received",
        "To": message.to,
        "ToCountry": "US",
    }


def _replies(answer: Answer) -> list[str] | None:
    """The texts of the Message verbs of a TwiML answer; None where it is no TwiML."""
    try:
        response = ET.fromstring(answer.text)  # noqa: S314 - comes from the client under test, and expat stops entity bombs
    except ET.ParseError:
        return None
    if response.tag != "Response":
        return None
    return [_text(verb) for verb in response.iter("Message")]


def _text(verb: ET.Element) -> str:
    body = verb.find("Body")
    return "".join((verb if body is None else body).itertext())
