"""What a client gets to see after its message was taken: the truth, or one of the ways in which it is lost."""

import asyncio
from collections.abc import Callable

from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send

from sandbox.behaviours import STRANGER, Behaviour, Reply
from sandbox.messages import Message
from sandbox.refusals import error_response

CREATED = 201
ERROR_CODES = {503: 20503}
PROXY_PAGE = "<!doctype html><title>Please wait</title><p>Your request is being processed.</p>"

Hangup = Callable[[Scope], None]
"""Cuts the connection that a request came by."""


class Held(Response):
    """Says nothing for some seconds or until the client has left, then what it should have said."""

    def __init__(self, reply: Response, seconds: float) -> None:
        self._reply, self._seconds = reply, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Waits, as an ASGI application."""
        if not await _left(receive, self._seconds):
            await self._reply(scope, receive, send)


class Dripped(Response):
    """Sends its body one byte at a time."""

    def __init__(self, reply: Response, seconds: float) -> None:
        self._reply, self._seconds = reply, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends, as an ASGI application."""
        del scope  # the shape of every ASGI application
        start = {"type": "http.response.start", "status": self._reply.status_code, "headers": self._reply.raw_headers}
        await send(start)
        for byte in bytes(self._reply.body):
            await send({"type": "http.response.body", "body": bytes([byte]), "more_body": True})
            if await _left(receive, self._seconds):
                return
        await send({"type": "http.response.body"})


async def _left(receive: Receive, seconds: float) -> bool:
    """Waits, and tells whether the client has gone meanwhile."""
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return False
    return True


class Cut(Response):
    """Ends the connection without a word."""

    def __init__(self, hang_up: Hangup) -> None:
        self._hang_up = hang_up

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Cuts, as an ASGI application."""
        del receive, send  # the shape of every ASGI application
        self._hang_up(scope)


def outcome_of(behaviour: Behaviour) -> str:
    """How the record says what was answered."""
    if behaviour.reply is Reply.RESOURCE:
        return str(CREATED)
    if behaviour.reply is Reply.ERROR:
        return str(behaviour.status)
    return f"{behaviour.reply} {behaviour.seconds:g} s" if behaviour.seconds else str(behaviour.reply)


def reply_to(message: Message, account_sid: str, behaviour: Behaviour, before: str) -> Response:
    """The reply without its delay; `before` is the sid of the message before."""
    resource = message.resource(account_sid)
    match behaviour.reply:
        case Reply.ERROR:
            return error_response(behaviour.status, ERROR_CODES.get(behaviour.status, 20500))
        case Reply.HTML:
            return HTMLResponse(PROXY_PAGE)
        case Reply.EMPTY:
            return Response()
        case Reply.NO_SID:
            del resource["sid"]
        case Reply.WRONG_TO:
            resource["to"] = STRANGER
        case Reply.SAME_SID:
            resource["sid"] = before or message.sid
    return JSONResponse(resource, CREATED)


def delayed(reply: Response, behaviour: Behaviour, hang_up: Hangup) -> Response:
    """The reply in the time and manner that the behaviour wants."""
    match behaviour.reply:
        case Reply.DRIPPED:
            return Dripped(reply, behaviour.seconds)
        case Reply.CUT:
            return Cut(hang_up)
    return Held(reply, behaviour.seconds) if behaviour.seconds else reply
