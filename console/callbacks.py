"""What providers say, and what a reader does about the messages they get."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from console import answers
from console.asking import LARGEST_CALLBACK, LARGEST_REPORT, Form, TheDesk, octets
from console.words import Words, best
from onevoice.desk import receive
from onevoice.desk.wiring import Desk
from onevoice.errors import Refused, Unusable
from onevoice.people import Means

routes = APIRouter()


@routes.post("/callbacks/{means}/{token}")
async def callback(request: Request, desk: TheDesk, means: str, token: str) -> Response:  # noqa: ARG001 - the provider reads the token from the address
    """Hand what a provider says to the desk, under the address that the provider was given: never that of `Host`.

    The answer comes after it was stored; where it could not be stored, the 503 of every error of that sort makes the
    provider say it again.
    """
    body = await octets(request, LARGEST_REPORT if means == Means.EMAIL else LARGEST_CALLBACK)
    query = f"?{request.url.query}" if request.url.query else ""
    url = f"{desk.settings.public_url.rstrip('/')}{request.url.path}{query}"
    told = await run_in_threadpool(receive.receive, desk, means, url, request.headers, body)
    return Response(told.body, told.status, media_type=told.content_type)


@routes.get("/m/{token}")
@routes.get("/manage/{token}")
def manage(request: Request, desk: TheDesk, token: str, lang: str | None = None) -> Response:
    """The page where a reader stops or restarts messages. Looking at it changes nothing: mail scanners do that too."""
    return _managed(request, desk, token, "look", lang)


@routes.post("/m/{token}")
@routes.post("/manage/{token}")
def change(request: Request, desk: TheDesk, token: str, form: Form, lang: str | None = None) -> Response:
    """Stop or start. A mail program's one-click (RFC 8058) comes without cookies, origin or language.

    The token is what counts: no other site knows it, so there is nothing that another site could forge.
    """
    one_click = form.get("List-Unsubscribe", "") == "One-Click"
    deed = "stop" if one_click else form.get("deed", "look")
    return _managed(request, desk, token, deed, lang)


def _managed(request: Request, desk: Desk, token: str, deed: str, lang: str | None) -> Response:
    if deed not in ("look", "stop", "start"):
        return answers.problem(422, "Nothing was changed: the page did not say what to do.", "Load the page again.")
    try:
        standing = receive.manage(desk, token, deed)
    except (Refused, Unusable):
        return answers.not_found()
    words = Words(desk, best(lang, request.headers.get("accept-language", ""), desk.authority().languages))
    return answers.page("manage.html", w=words, off=standing == "stopped", source=desk.authority().name(words.language))
