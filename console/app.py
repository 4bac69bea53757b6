"""The console as one web application. `console.app:create` is the factory for uvicorn.

Routes only translate between the web and the desk.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from fastapi import FastAPI, HTTPException
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response

from console import answers, approval, callbacks, feeds, halting, partners, public, replies
from console.proving import Door
from console.refusing import status_of
from onevoice.desk import receive
from onevoice.desk.wiring import Desk, open_desk
from onevoice.errors import OneVoiceError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

WORDS = {
    400: ("This request cannot be read.", "Go back, load the page again and try once more."),
    405: ("This address cannot be used in that way.", ""),
    413: ("This is more than we take at once.", "Shorten it, then send it again."),
}
RETRY_AFTER = 5


def create() -> FastAPI:
    """The console on the settings of the environment, ready to listen before anybody calls."""
    desk = open_desk()
    receive.make_ready(desk)
    return build(desk)


def build(desk: Desk) -> FastAPI:
    """The console on a desk. Without the pages of FastAPI that describe it: they load scripts from elsewhere."""
    app = FastAPI(title="OneVoice", openapi_url=None, docs_url=None, redoc_url=None)
    app.state.desk = desk
    app.state.door = Door()
    app.state.door.remember(desk)
    for room in (public, feeds, callbacks, approval, halting, partners, replies):
        app.include_router(room.routes)
    app.add_exception_handler(OneVoiceError, _said)
    app.add_exception_handler(HTTPException, _plain)
    app.add_exception_handler(404, _plain)
    app.add_exception_handler(405, _plain)
    app.add_exception_handler(Exception, _unforeseen)
    app.add_middleware(Guarded, strict=desk.settings.public_url.startswith("https://"))
    return app


def _said(request: Request, error: Exception) -> Response:  # noqa: ARG001 - Starlette's signature
    """Errors that are raised on purpose are words for a person."""
    if not isinstance(error, OneVoiceError):
        raise error
    status = status_of(error)
    return answers.problem(status, error.what, error.remedy, retry_after=RETRY_AFTER if status == 503 else None)  # noqa: PLR2004 - the status of what is out of reach


def _plain(request: Request, error: Exception) -> Response:  # noqa: ARG001 - Starlette's signature
    status = getattr(error, "status_code", 404)
    return answers.problem(status, *WORDS[status]) if status in WORDS else answers.not_found()


def _unforeseen(request: Request, error: Exception) -> Response:
    """Our mistake. The words tell nothing; the log tells where, and no value that somebody sent."""
    route = getattr(request.scope.get("route"), "path", "an unknown route")
    log.error("%s in %s %s", type(error).__name__, request.method, route)
    return answers.problem(500, "Something went wrong on our side.", "Try again. If it goes on, use the command line.")


class Guarded:
    """Puts the same guards on every answer, also on errors."""

    def __init__(self, app: ASGIApp, *, strict: bool) -> None:
        self.app = app
        self.guards = answers.GUARDS | ({"Strict-Transport-Security": "max-age=31536000"} if strict else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and the answer back with its guards."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.guards.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self.app(scope, receive, guarded)
