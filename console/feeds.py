"""The public feeds and CAP documents. Wrong addresses get the same answer as any page that is not there."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from console import answers
from console.asking import TheDesk
from console.words import best
from onevoice import feeds
from onevoice.desk import publish
from onevoice.desk.wiring import Desk
from onevoice.errors import Unusable
from onevoice.people import Tier

routes = APIRouter()
READ = ["GET", "HEAD"]
STATUSES = {folder: status for status, folder in publish.FOLDERS.items()}
TYPES = {"atom.xml": "application/atom+xml", "feed.json": "application/feed+json"}


def answer(request: Request, form: str, told: feeds.Feed, entries: list[feeds.FeedEntry], lang: str | None) -> Response:
    """A feed in the form that its address names."""
    offered = dict.fromkeys(language for entry in entries for language in entry.titles)
    language = best(lang, "", offered or ("en",))
    url = told.feed_url.rsplit("/", 1)[0]
    body = publish.FORMS[form](told.model_copy(update={"feed_url": f"{url}/{form}"}), entries, language)
    changed = max((entry.sent for entry in entries), default=told.since)
    return answers.document(request, body, TYPES[form], changed=changed)


@routes.api_route("/feeds/{folder}/{form}", methods=READ)
def feed(request: Request, desk: TheDesk, folder: str, form: str, lang: str | None = None) -> Response:
    """The feed of one status."""
    if folder not in STATUSES or form not in TYPES:
        return answers.not_found()
    return answer(request, form, *publish.feed(desk, STATUSES[folder]), lang)


@routes.api_route("/cap/{alert_id}.xml", methods=READ)
@routes.api_route("/cap/{folder}/{alert_id}.xml", methods=READ)
def document(request: Request, desk: TheDesk, alert_id: str, folder: str = "") -> Response:
    """The CAP document of one version: it never changes, so it may be kept."""
    return cap_answer(request, desk, alert_id, folder, seconds=300)


def cap_answer(
    request: Request, desk: Desk, alert_id: str, folder: str, tier: Tier = Tier.T2, *, seconds: int = 15
) -> Response:
    """A CAP document, or 404 where there is none in this folder."""
    if folder not in publish.DOCUMENTS:
        return answers.not_found()
    try:
        body = publish.cap_document(desk, alert_id, publish.DOCUMENTS[folder], tier)
    except Unusable:
        return answers.not_found()
    return answers.document(request, body, feeds.CAP_TYPE, seconds=seconds)
