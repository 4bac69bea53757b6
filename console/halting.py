"""The button that stops all sending: for everybody who acts, with their own secret, and for nobody else."""

from __future__ import annotations

import logging
import re

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from console import answers
from console.asking import Form, OurPage, TheDesk
from console.proving import Door, name_in
from console.refusing import once_more
from console.typed import Typed
from onevoice.desk import control, draft
from onevoice.desk.wiring import Desk
from onevoice.errors import OneVoiceError, OutOfReach

log = logging.getLogger(__name__)
routes = APIRouter()

ALERT_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")


@routes.get("/halt")
def ask_to_halt(desk: TheDesk, back: str = "") -> Response:
    """The step between the button and the deed, on a page of its own."""
    return _page(desk, Typed(), back)


@routes.post("/halt", dependencies=[OurPage])
def halt(request: Request, desk: TheDesk, form: Form) -> Response:
    """Stop all sending, for who proves that they act. On the machine the command and the file need no secret."""
    back, typed = form.get("back", ""), Typed(name=name_in(form), reason=form.get("reason", "").strip())
    door: Door = request.app.state.door
    try:
        actor = door.prove(request, desk, form, halting=True)
        done = control.halt(desk, actor.name, typed.reason or "no reason given", proved=True)
    except OneVoiceError as error:
        return once_more(typed, error, lambda again, status: _page(desk, again, back, status=status))
    problem = "" if done.get("database", True) else str(done.get("detail", ""))
    return _page(desk, typed, back, problem)


def _page(desk: Desk, typed: Typed, back: str, problem: str = "", status: int = 200) -> Response:
    stopped = desk.settings.halt_file.exists()
    try:
        standing = control.state(desk)
    except OneVoiceError:
        standing = {"control": "halted" if stopped else "unknown", "by": typed.name, "reason": typed.reason}
    return answers.page(
        "halt.html",
        status=status,
        mode=desk.settings.mode.value,
        back=_known(desk, back),
        standing=standing,
        problem=problem,
        typed=typed,
    )


def _known(desk: Desk, back: str) -> str:
    """The alert to go back to; empty for everything that is none, so that the link leads nowhere else."""
    if not ALERT_ID.fullmatch(back):
        return ""
    try:
        return draft.step(desk, back).id
    except OutOfReach:
        return back  # it has the form of an alert's id, and the page that it leads to says what is wrong
    except OneVoiceError:
        return ""
