"""What the console answers with: pages, documents with a tag for caches, redirects, and words for what went wrong."""

from __future__ import annotations

import gzip
from base64 import b64encode
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from onevoice.desk.page import SHEET, environment

SCREENS = Path(__file__).parent / "screens"
WORTH_PACKING = 500
"""Octets from which compressing helps."""

POLICY = "; ".join(
    (
        "default-src 'none'",
        f"style-src 'sha256-{b64encode(sha256(SHEET.encode()).digest()).decode()}'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""No script, no picture and no style but our one sheet; nothing may frame us."""

GUARDS = {
    "Content-Security-Policy": POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    # not no-referrer: browsers would then send `Origin: null` with our own forms
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


@cache
def _screens() -> Environment:
    return environment(SCREENS)


def render(screen: str, **shown: Any) -> str:
    """A screen as HTML; every value is escaped."""
    return _screens().get_template(screen).render(**shown)


def page(screen: str, *, status: int = 200, headers: dict[str, str] | None = None, **shown: Any) -> HTMLResponse:
    """A page that nobody may keep a copy of."""
    return HTMLResponse(render(screen, **shown), status, {"Cache-Control": "no-store", **(headers or {})})


def problem(
    status: int, what: str, remedy: str = "", *, title: str = "This did not work", retry_after: int | None = None
) -> HTMLResponse:
    """Plain words about what went wrong and what to do."""
    headers = {"Retry-After": str(retry_after)} if retry_after else {}
    return page("problem.html", status=status, headers=headers, title=title, what=what, remedy=remedy)


def not_found() -> HTMLResponse:
    """The same words for everything that is not there, so that nobody can tell one reason from another."""
    return problem(
        404,
        "There is no such page here.",
        "Check the address: one wrong letter is enough. Addresses in our messages are short.",
        title="Not found",
    )


def see(path: str) -> RedirectResponse:
    """Go and look there: what was done is not done again by loading the page again."""
    return RedirectResponse(path, 303, {"Cache-Control": "no-store"})


def document(
    request: Request,
    body: bytes,
    media_type: str,
    *,
    changed: datetime | None = None,
    seconds: int = 15,
    vary: str = "",
) -> Response:
    """Something that caches may keep for some seconds. 304 where the reader has it already; packed where that helps."""
    tag = f'W/"{sha256(body).hexdigest()[:32]}"'
    headers = {
        "ETag": tag,
        "Cache-Control": f"public, max-age={seconds}, must-revalidate",
        "Vary": ", ".join(filter(None, ("Accept-Encoding", vary))),
    }
    if changed:
        headers["Last-Modified"] = format_datetime(changed, usegmt=True)
    if _has_it(request, tag, changed):
        return Response(status_code=304, headers=headers)
    if len(body) >= WORTH_PACKING and "gzip" in request.headers.get("accept-encoding", ""):
        body, headers["Content-Encoding"] = gzip.compress(body, 6, mtime=0), "gzip"
    return Response(body, media_type=media_type, headers=headers)


def _has_it(request: Request, tag: str, changed: datetime | None) -> bool:
    """As RFC 9110 has it: the time counts only where no tag was sent."""
    if tags := request.headers.get("if-none-match"):
        bare = tag.removeprefix("W/")
        return tags.strip() == "*" or bare in {one.strip().removeprefix("W/") for one in tags.split(",")}
    since = request.headers.get("if-modified-since")
    if not (since and changed):
        return False
    try:
        return changed.replace(microsecond=0) <= parsedate_to_datetime(since)
    except (TypeError, ValueError):
        return False
