"""What people sent back, for officers who prove who they are: nothing of it is shown to anybody else."""

from __future__ import annotations

import re

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from console import answers
from console.asking import Form, OurPage, TheDesk
from console.proving import Door, name_in
from console.refusing import once_more, status_of
from console.typed import Typed
from console.words import Words
from onevoice.desk import receive
from onevoice.desk.answering import answer
from onevoice.desk.wiring import Desk
from onevoice.errors import OneVoiceError

routes = APIRouter()
NUMBER = re.compile(r"[0-9]{1,15}")
OUT = {"accepted": "was sent.", "unknown": "may have been sent: nobody knows, so it is not sent again."}
"""What became of an answer; anything else was not sent."""


@routes.get("/replies")
def ask_who(desk: TheDesk) -> Response:
    """Who wants to read them. Shows nothing yet."""
    return _page(desk, Typed())


@routes.post("/replies", dependencies=[OurPage])
def show(request: Request, desk: TheDesk, form: Form) -> Response:
    """Show them to an officer, and send an answer where one was written."""
    typed = Typed(name=name_in(form), reply=form.get("reply", ""), answer=form.get("answer", ""))
    door: Door = request.app.state.door
    try:
        actor = door.prove(request, desk, form)
        actor.must_be("manager", "approver", "officer")
    except OneVoiceError as error:
        return once_more(typed, error, lambda again, status: _page(desk, again, status=status))
    if not NUMBER.fullmatch(typed.reply):
        return _page(desk, Typed(typed.name), proved=True)
    try:
        done = answer(desk, int(typed.reply), actor, typed.answer)
    except OneVoiceError as error:
        return _page(desk, typed, proved=True, told=f"NOT SENT. {error}", status=status_of(error))
    told = OUT.get(done["result"], f"was NOT sent. {done['detail']}")
    return _page(desk, Typed(typed.name), proved=True, told=f"The answer to reply {typed.reply} {told}")


def _page(desk: Desk, typed: Typed, *, proved: bool = False, told: str = "", status: int = 200) -> Response:
    return answers.page(
        "replies.html",
        status=status,
        w=Words(desk, "en"),
        mode=desk.settings.mode.value,
        typed=typed,
        proved=proved,
        told=told,
        replies=receive.listing(desk) if proved else [],
        zone=desk.settings.zone,
    )
