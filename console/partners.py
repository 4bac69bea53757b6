"""Pages and feeds of partner organisations. Their address is their key; a wrong one gets the answer of any."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from console import answers, feeds
from console.asking import Form, OurPage, TheDesk
from console.public import sign
from console.words import Words
from onevoice.desk import look as looking
from onevoice.desk import partner_mail, partners, publish, wishes
from onevoice.desk.wiring import Desk
from onevoice.errors import Refused, Unusable
from onevoice.people import Tier

routes = APIRouter()


def _partner(desk: Desk, token: str) -> Any | None:
    try:
        return partners.prove(desk, token)
    except Refused:
        return None


@routes.get("/partners/{token}/")
def page(desk: TheDesk, token: str) -> Response:
    """Current alerts with their texts, and two buttons for each."""
    partner = _partner(desk, token)
    if partner is None:
        return answers.not_found()
    shown = wishes.current(desk, partner)
    return answers.page(
        "partner.html",
        w=Words(desk, "en"),
        partner=partner,
        shown=shown,
        path=publish.cap_path,
        said={alert.id: publish.said(desk, partner.id, alert) for alert in (told[0].alert for told in shown)},
        zone=desk.settings.zone,
        sign=sign,
    )


@routes.post("/partners/{token}/", dependencies=[OurPage])
def say(desk: TheDesk, token: str, form: Form) -> Response:
    """A partner received a version, or passes it on."""
    if _partner(desk, token) is None:
        return answers.not_found()
    partners.say(desk, token, form.get("alert", ""), form.get("word", ""))
    return answers.see(f"/partners/{token}/#said")


@routes.get("/heard/{alert_id}/{partner_id}/{proof}")
def answer_page(desk: TheDesk, alert_id: str, partner_id: str, proof: str) -> Response:
    """Where the link of a mail leads: two buttons for one version. Opening it says nothing, so that no scanner does."""
    try:
        partner = partner_mail.prove(desk, alert_id, partner_id, proof)
        seen = looking.look(desk, alert_id)
    except (Refused, Unusable):
        return answers.not_found()
    return answers.page(
        "heard.html",
        partner=partner,
        seen=seen,
        newest=partner_mail.newest(desk, seen.alert),
        said=publish.said(desk, partner.id, seen.alert),
        sign=sign,
    )


@routes.post("/heard/{alert_id}/{partner_id}/{proof}", dependencies=[OurPage])
def answer(desk: TheDesk, alert_id: str, partner_id: str, proof: str, form: Form) -> Response:
    """A partner received the version that it was mailed, or passes it on."""
    try:
        partner = partner_mail.prove(desk, alert_id, partner_id, proof)
    except Refused:
        return answers.not_found()
    partners.say_as(desk, partner, alert_id, form.get("word", ""))
    return answers.see(f"/heard/{alert_id}/{partner_id}/{proof}#now")


@routes.get("/partners/{token}/cap/{alert_id}.xml")
@routes.get("/partners/{token}/cap/{folder}/{alert_id}.xml")
def restricted(request: Request, desk: TheDesk, token: str, alert_id: str, folder: str = "") -> Response:
    """The restricted CAP document, for partners that want tier T4."""
    partner = _partner(desk, token)
    if partner is None or not wishes.technical(partner):
        return answers.not_found()
    return _private(feeds.cap_answer(request, desk, alert_id, folder, Tier.T4))


@routes.get("/partners/{token}/{form}")
def feed(request: Request, desk: TheDesk, token: str, form: str, lang: str | None = None) -> Response:
    """A partner's own feed."""
    partner = _partner(desk, token)
    if partner is None or form not in feeds.TYPES:
        return answers.not_found()
    return _private(feeds.answer(request, form, *publish.partner_feed(desk, token, partner), lang))


def _private(answer: Response) -> Response:
    """No cache between us and the partner may keep it for others."""
    answer.headers["Cache-Control"] = "private, max-age=15, must-revalidate"
    return answer
