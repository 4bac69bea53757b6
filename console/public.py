"""What everybody may read: the page of a chain, the list of current messages, and whether the console is well."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from console import answers
from console.asking import TheDesk
from console.words import Told, Words, best
from onevoice.alert import Alert, Kind
from onevoice.compose.message import colour
from onevoice.desk import control, maps, published
from onevoice.desk.wiring import Desk
from onevoice.errors import OneVoiceError

routes = APIRouter()
READ = ["GET", "HEAD"]
OLDER_IN_FULL = 3
"""Earlier versions whose whole text is on the page; of the others the first line, so that it stays small."""

SIGNS = {"red": "danger", "yellow": "caution", "green": "advice", "exercise": "drill"}


def sign(alert: Alert) -> str:
    """What the sign on a page says: the same as the color of an email."""
    return SIGNS[colour(alert, alert.kind)]


@routes.api_route("/healthz", methods=READ)
def healthz(desk: TheDesk) -> JSONResponse:
    """Whether the database answers and sending is allowed. Nothing about anybody."""
    well = {"mode": desk.settings.mode.value}
    try:
        well |= {"database": "ok", "control": control.state(desk)["control"]}
    except OneVoiceError:
        halted = desk.settings.halt_file.exists()
        well |= {"database": "out of reach", "control": "halted" if halted else "unknown"}
        return JSONResponse(well, 503)
    return JSONResponse(well)


@routes.api_route("/a/{code}", methods=READ)
def chain(request: Request, desk: TheDesk, code: str, lang: str | None = None) -> Response:
    """The public page of a chain."""
    found = published.page(desk, code)
    if found is None:
        return answers.not_found()
    offered = found.languages or desk.authority().languages
    words = Words(desk, best(lang, request.headers.get("accept-language", ""), offered))
    html = _html(desk, found, words) if found.versions else answers.render("nothing.html", w=words)
    return answers.document(
        request, html.encode(), "text/html; charset=utf-8", changed=_changed(found), vary="Accept-Language"
    )


def _changed(found: published.PublicPage) -> datetime | None:
    """No time of change for what has ended or not begun: it changed without a release."""
    return found.versions[0].released_at if found.versions and not found.versions[0].over else None


def _html(desk: Desk, found: published.PublicPage, words: Words) -> str:
    current, *older = found.versions
    ended = current.over and current.alert.kind is not Kind.ALL_CLEAR
    text = current.text(words.language)
    return answers.render(
        "page.html",
        w=words,
        found=found,
        version=current,
        text=text,
        told=Told.of(desk, current.alert, text) if text else str,
        ended=ended,
        older=[(old, old.text(words.language), place < OLDER_IN_FULL) for place, old in enumerate(older)],
        sign=sign(current.alert),
        map=maps.draw(desk, current.alert.area, words.language),
    )


@routes.api_route("/", methods=READ)
def current(request: Request, desk: TheDesk, lang: str | None = None) -> Response:
    """The current messages of this deployment, each with a link to its page."""
    words = Words(desk, best(lang, request.headers.get("accept-language", ""), desk.authority().languages))
    shown = published.current(desk)
    html = answers.render("current.html", w=words, shown=shown, source=desk.authority().name(words.language), sign=sign)
    return answers.document(request, html.encode(), "text/html; charset=utf-8", vary="Accept-Language")
