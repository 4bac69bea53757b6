"""Sending, stopping, serving: the commands of a running deployment."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated

import typer

from onevoice.cli.common import As, Json, actor, answer, desk, say

if TYPE_CHECKING:
    from collections.abc import Mapping


def send_due(
    once: Annotated[bool, typer.Option(help="Stop when nothing is due now; otherwise go on until stopped.")] = False,
) -> None:
    """Deliver what is due and follow it up, without Prefect."""
    from onevoice.cli import showing
    from onevoice.desk.send import send_due

    sent = send_due(desk(), once=once, progress=showing.progress())
    say(sent.sentence())


def halt(
    as_: Annotated[str, typer.Option("--as", help="Who stops it; no secret is needed to stop.")] = "",
    reason: str = "no reason given",
    json: Json = False,
) -> None:
    """Stop all sending, at once. One person is enough."""
    from onevoice.desk import control

    here, by = desk(), as_ or getpass.getuser()
    if control.halt_file(here, by, reason):
        say("Sending from this machine stops now. Telling the database.")
    stopped = control.halt(here, by, reason)
    _control(stopped, json)
    if stopped.get("database") is False:
        say(f"{stopped['detail']} The file HALT is written; the sender on this machine tells the database later.")
        say("Until then other machines may still send: run `onevoice halt` there too.")
        raise typer.Exit(1)


def resume(as_: As, json: Json = False) -> None:
    """Ask to send again. It happens when a second person asks too."""
    from onevoice.desk import control

    here = desk()
    _control(control.resume(here, actor(here, as_)), json)


def control(json: Json = False) -> None:
    """Tell whether sending is running or halted."""
    from onevoice.desk import control

    _control(control.state(desk()), json)


def _control(state: Mapping[str, object], json: bool) -> None:
    if json:
        answer(state)
        return
    typer.echo(f"{state['control']} (by {state.get('by') or 'nobody'})")
    if state.get("resume_asked_by"):
        say(f"{state['resume_asked_by']} asked to resume; a second person must ask too.")


def serve(
    port: Annotated[int | None, typer.Option(help="Default: the port of ONEVOICE_PUBLIC_URL.")] = None,
    host: str = "127.0.0.1",
) -> None:
    """Serve feeds, the public page, the approval page and the providers' callbacks."""
    from urllib.parse import urlsplit

    import uvicorn

    from onevoice.desk.receive import reply_addresses

    here = desk()
    here.ledger  # noqa: B018 - opens the database, so that a missing one is said before anything listens
    number = port or urlsplit(here.settings.public_url).port or 8300
    say(f"Serving {here.settings.public_url} on {host}:{number}")
    for name, address in reply_addresses(here.settings).items():
        say(f"Where the text-message service ({name}) must hand on what people write back: {address}")
    uvicorn.run(
        "console.app:create",
        factory=True,
        host=host,
        port=number,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
    )


def add_to(app: typer.Typer) -> None:
    """Put these commands at the top level."""
    app.command("send-due")(send_due)
    app.command()(halt)
    app.command()(resume)
    app.command()(control)
    app.command()(serve)
