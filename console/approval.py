"""The approval page and the status page."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from hmac import compare_digest
from typing import Any

from fastapi import APIRouter
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from console import answers
from console.asking import Form, OurPage, TheDesk
from console.proving import Door, name_in
from console.refusing import once_more
from console.typed import Typed
from console.words import Words
from onevoice.desk import approve, maps, release
from onevoice.desk import look as looking
from onevoice.desk.look import Look
from onevoice.desk.officers import Actor
from onevoice.desk.wiring import Desk, open_desk
from onevoice.errors import Conflict, OneVoiceError, Refused, Unusable

log = logging.getLogger(__name__)
routes = APIRouter()

MOVING = frozenset({"sending", "halted"})
"""States in which the figures change by themselves, so that the page loads itself again."""


def form_token(desk: Desk, alert_id: str, shown: str) -> str:
    """What shows that a form was ours, for this alert as it was shown."""
    return desk.vault.sign(f"approve|{alert_id}|{shown}")


@routes.get("/approve/{alert_id}")
def look_at(desk: TheDesk, alert_id: str, lang: str = "en", hold: str = "") -> Response:
    """Everything that an approver must see before anything can be done."""
    return _page(desk, alert_id, lang=lang, hold=bool(hold))


def _page(
    desk: Desk, alert_id: str, typed: Typed | None = None, status: int = 200, lang: str = "en", *, hold: bool = False
) -> Response:
    try:
        seen = looking.look(desk, alert_id, first=lang)
    except Unusable:
        return answers.not_found()
    shown = seen.release.hash if seen.release else ""
    return answers.page(
        "approve.html",
        status=status,
        w=Words(desk, "en"),
        mode=desk.settings.mode.value,
        seen=seen,
        typed=typed or Typed(),
        shown=shown,
        token=form_token(desk, alert_id, shown),
        map=maps.draw(desk, seen.alert.area),
        zone=desk.settings.zone,
        now=desk.now(),
        progress=looking.progress(desk, alert_id),
        **_moving(seen, lang, hold=hold or bool(typed)),
    )


def _moving(seen: Look, lang: str, *, hold: bool) -> dict[str, Any]:
    """Whether the page loads itself again, and whether a reader who needs more time asked it not to."""
    moves = seen.row.state in MOVING
    return {"moving": moves and not hold, "held": moves and hold, "lang": lang}


@routes.post("/approve/{alert_id}", dependencies=[OurPage])
def act(request: Request, desk: TheDesk, alert_id: str, form: Form) -> Response:
    """Approve, approve and send, or return. What was typed is kept where something is wrong with it."""
    door: Door = request.app.state.door
    try:
        _ours(desk, alert_id, form)
        _do(desk, alert_id, door.prove(request, desk, form), form)
    except OneVoiceError as error:
        typed = Typed(name_in(form), form.get("hazard", ""), form.get("reason", ""))
        return once_more(typed, error, lambda again, status: _page(desk, alert_id, again, status), "hazard", "reason")
    # the top of it: never where a button was pressed, whatever a browser keeps
    done = answers.see(f"/approve/{alert_id}#now")
    if form.get("deed") == "send":
        done.background = BackgroundTask(_send, desk, alert_id)
    return done


def _send(desk: Desk, alert_id: str) -> None:
    """Send unless a running sender takes it within a second. On a desk of its own: it closes its providers."""
    from onevoice.desk import send  # noqa: PLC0415 - a console that only shows pages loads no senders

    try:
        send.send_unless_taken(open_desk(desk.settings), alert_id)
    except OneVoiceError as error:
        log.error("%s was released, but the console could not send it (%s)", alert_id, type(error).__name__)  # noqa: TRY400 - a traceback could hold what a provider was given


def _ours(desk: Desk, alert_id: str, form: Mapping[str, str]) -> None:
    expected = form_token(desk, alert_id, form.get("shown", ""))
    if not compare_digest(expected.encode(), form.get("token", "").encode()):
        what = "This form is not one that we made for this alert."
        raise Conflict(what, remedy="Read the page again, then decide.")


def _do(desk: Desk, alert_id: str, actor: Actor, form: Mapping[str, str]) -> None:
    deed, shown = form.get("deed", ""), form.get("shown", "")
    if deed == "return":
        approve.send_back(desk, alert_id, actor, form.get("reason", ""))
    elif deed in ("approve", "send"):
        _approve(desk, alert_id, actor, shown, form.get("hazard", ""))
        if deed == "send":
            _release(desk, alert_id, actor)
    else:
        what = "The form did not say what to do."
        raise Unusable(what, remedy="Press one of its buttons.")


def _approve(desk: Desk, alert_id: str, actor: Actor, shown: str, hazard: str) -> None:
    """Approve; where this very content stands approved already, only look that the right hazard was typed."""
    seen = looking.look(desk, alert_id)
    if not _stands(seen, shown):
        approve.approve(desk, alert_id, actor, shown=shown, hazard_typed=hazard)
    elif " ".join(hazard.casefold().split()) != seen.hazard.casefold():
        what = f"The hazard was not typed as it is called: {seen.hazard}."
        raise Refused(what, where="hazard", remedy="Read the page again, then type it.")


def _stands(seen: Look, shown: str) -> bool:
    """True where what was shown is approved, so that a second click is no second deed."""
    return bool(seen.release and seen.release.hash == shown and any(v.verdict == "approved" for v in seen.verdicts))


def _release(desk: Desk, alert_id: str, actor: Actor) -> None:
    seen = looking.look(desk, alert_id)
    if seen.release and seen.release.due_at and seen.row.released_by == actor.name:
        return  # the second click of the same person
    release.release(desk, alert_id, actor)


@routes.get("/status/{alert_id}")
def status(desk: TheDesk, alert_id: str, lang: str = "en", hold: str = "") -> Response:
    """How far an alert has come: reach by segment, what is not known as a part of its own."""
    try:
        seen = looking.look(desk, alert_id, first=lang)
    except Unusable:
        return answers.not_found()
    return answers.page(
        "status.html",
        w=Words(desk, "en"),
        mode=desk.settings.mode.value,
        seen=seen,
        progress=looking.progress(desk, alert_id),
        **_moving(seen, lang, hold=bool(hold)),
        now=desk.now(),
        zone=desk.settings.zone,
    )
