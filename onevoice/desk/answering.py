"""A person answers a reply: by text message, once, in their own words, to whoever wrote.

The same rules as for everything that is sent: not while sending is halted, not to who said stop, on a test deployment
only to who agreed to it, and an exercise is marked first and last. Logs, results and the audit hold ids alone.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from onevoice.desk import control
from onevoice.desk.published import say
from onevoice.dispatch.providers import CannotCarry, Outcome, Outgoing
from onevoice.errors import Blocked, Conflict, OutOfReach, Refused, Unusable
from onevoice.ledger import alerts, audit, chronicle, replies
from onevoice.localize import ENGLISH
from onevoice.localize.voice import clean
from onevoice.people import Means
from onevoice.settings import Mode

if TYPE_CHECKING:
    from onevoice.desk.officers import Actor
    from onevoice.desk.wiring import Desk
    from onevoice.dispatch.providers import Provider

HOLDS = timedelta(hours=1)
"""How long a provider may keep trying to deliver an answer: later it answers nothing any more."""


def answer(desk: Desk, reply_id: int, actor: Actor, words: str) -> dict[str, Any]:
    """Send an answer. Returns `{"id", "by", "result", "detail"}`.

    Raises:
        Unusable: no such reply, no words, or more than a text message carries. Refused: the role, somebody who said
        stop, or who did not agree to tests. Blocked: sending is halted. Conflict: it is answered, or may be.
        OutOfReach: no text messages are set up.
    """
    actor.must_be("manager", "approver", "officer")
    found, to, text = _checked(desk, reply_id, words)
    result = asyncio.run(_send(desk, found, to, text, actor))
    with desk.ledger.write() as conn:
        replies.end_answer(conn, reply_id, result.result, result.ref)
        detail = {"alert": found.alert_id, "result": str(result.result)}
        audit.append(conn, desk.vault, actor=actor.name, act="reply answered", subject=str(reply_id), detail=detail)
    return {"id": reply_id, "by": actor.name, "result": str(result.result), "detail": result.detail}


def _checked(desk: Desk, reply_id: int, words: str) -> tuple[replies.Reply, str, str]:
    """The reply, where the answer goes, and its whole text."""
    if not (said := clean(words)):
        raise Unusable("There are no words to send.", where="answer", remedy="Write the answer.")
    _not_halted(desk)
    with desk.ledger.read() as conn:
        found = replies.get(conn, desk.vault, reply_id)
        if found is None:
            raise Unusable(f"There is no reply {reply_id}.", remedy="`onevoice replies list` names those there are.")
        back = replies.way_back(conn, desk.vault, reply_id)
        if back is None:
            what = "Nobody knows any more where this reply came from: it is an older one, from no known contact."
            raise Unusable(what, where=f"reply {reply_id}", remedy="Find the person by what they wrote.")
        key, address = back
        if chronicle.has_opted_out(conn, key):
            what = "Who wrote this has said stop, so nothing may be sent to them."
            raise Refused(what, where=f"reply {reply_id}", remedy="Where it is urgent, send somebody.")
        if desk.settings.mode is Mode.TEST and not replies.may_be_tested_on(conn, key):
            what = "This deployment is in test mode, and who wrote this has not agreed to tests."
            raise Refused(what, where=f"reply {reply_id}", remedy="Ring them.")
        row = alerts.row(conn, found.alert_id) if found.alert_id else None
    actual = desk.settings.mode is Mode.LIVE and (row is None or row.status == "Actual")
    return found, address, said if actual else _marked(desk, found.language, row.status if row else "Exercise", said)


def _not_halted(desk: Desk) -> None:
    if control.state(desk)["control"] == "halted":
        raise Blocked("All sending is halted, answers too.", remedy="Two people resume it; or ring.")


def _marked(desk: Desk, language: str | None, status: str, said: str) -> str:
    """As every text of an exercise: the mark first and last, in the reader's language."""
    known = language if language in desk.content.languages else ENGLISH
    mark = say(desk, known or ENGLISH, f"frame.mark.{'test' if status == 'Test' else 'exercise'}")
    return f"{mark}\n{said}\n{mark}"


async def _send(desk: Desk, found: replies.Reply, to: str, text: str, actor: Actor) -> Outcome:
    """With a provider of its own: those of a running sender belong to another event loop."""
    from channels import build  # noqa: PLC0415 - the SDKs are slow to import

    providers = build(desk.settings)
    try:
        provider = next((one for one in providers.values() if one.means is Means.SMS), None)
        if provider is None:
            raise OutOfReach("Text messages are not set up.", remedy="Set ONEVOICE_TWILIO_….")
        message = _outgoing(desk, provider, found, to, text)
        with desk.ledger.write() as conn:
            if not replies.begin_answer(conn, desk.vault, found.id, actor.name, text, desk.now()):
                what = f"Reply {found.id} has been answered, or an answer is on its way."
                raise Conflict(what, remedy="`onevoice replies list` says by whom.")
        return await provider.send(message)
    finally:
        for one in providers.values():
            await one.close()


def _outgoing(desk: Desk, provider: Provider, found: replies.Reply, to: str, text: str) -> Outgoing:
    parts = {"text": text}
    try:
        provider.check(parts)
    except CannotCarry as problem:
        raise Unusable(str(problem), where="answer", remedy="Shorten it.") from None
    name = f"answer-{found.id}-{round(desk.now().timestamp())}"
    return Outgoing(
        attempt=0,
        token=name,
        message_id=name,
        to=to,
        parts=parts,
        language=found.language or ENGLISH,
        direction="ltr",
        segments=provider.units(parts),
        valid_until=desk.now() + HOLDS,
        callback_url="",
    )
