"""`onevoice text`: questions about any text on standard input."""

from __future__ import annotations

import sys

import typer

from onevoice.cli.common import Json, answer

app = typer.Typer(help="Questions about a text on standard input.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `text sms` a command of its own while it is the only one."""


@app.command()
def sms(json: Json = False) -> None:
    """How a text travels as SMS: encoding, units, segments."""
    from onevoice.sms import count

    counted = count(sys.stdin.read().rstrip("\n"))
    found = {
        "encoding": counted.encoding,
        "units": counted.units,
        "segments": counted.segments,
        "forced_by": list(counted.forced_by),
    }
    if json:
        answer(found)
        return
    typer.echo(f"{counted.encoding}, {counted.units} units, {counted.segments} segment(s)")
    if counted.forced_by:
        typer.echo(f"UCS-2 because of: {' '.join(counted.forced_by)}")
