"""What comes in with a request: the desk, a body that is not too large, and forms that came from our own pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import parse_qsl, urlsplit

from fastapi import Depends, HTTPException
from starlette.requests import Request

from onevoice.desk.wiring import Desk
from onevoice.errors import Refused

LARGEST_CALLBACK = 64 * 1024
LARGEST_REPORT = 1 << 20
"""A mail server sends back the whole mail with its report."""
LARGEST_FORM = 16 * 1024
MOST_FIELDS = 30


def _desk(request: Request) -> Desk:
    found: Desk = request.app.state.desk
    return found


TheDesk = Annotated[Desk, Depends(_desk)]


async def octets(request: Request, most: int) -> bytes:
    """The body of a request.

    Raises:
        HTTPException: 413, as soon as it is known to be larger than `most`.
    """
    said = request.headers.get("content-length", "0")
    if said.isdigit() and int(said) > most:
        raise HTTPException(413)
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            raise HTTPException(413)
    return bytes(body)


async def _form(request: Request) -> Mapping[str, str]:
    body = await octets(request, LARGEST_FORM)
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        raise HTTPException(400) from None


Form = Annotated[Mapping[str, str], Depends(_form)]


def origin(url: str) -> str:
    """Scheme, host and port of an address, as browsers write them in `Origin`."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    place = f":{port}" if port and port != usual else ""
    return f"{parts.scheme}://{parts.hostname}{place}" if parts.hostname else ""


def _from_our_page(request: Request) -> None:
    """Refuse a form that another site sent with our reader's browser."""
    public = _desk(request).settings.public_url
    came_from = request.headers.get("origin") or request.headers.get("referer", "")
    if origin(came_from) != origin(public):
        what = "This form did not come from our own page, so nothing was done."
        raise Refused(what, remedy=f"Open the page at {public} and do it there.")


OurPage = Depends(_from_our_page)
