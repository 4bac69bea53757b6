"""What several commands share: who acts, how answers are printed."""

from __future__ import annotations

import json
import os
import re
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from onevoice.desk.officers import Actor
    from onevoice.desk.wiring import Desk

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
As = Annotated[
    str, typer.Option("--as", help="Your name as an officer. The secret is asked, or taken from ONEVOICE_SECRET.")
]

UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]")
"""What a terminal would obey instead of showing it: cells of a table may hold what strangers sent."""


def desk() -> Desk:
    """A desk on the settings of this environment."""
    from onevoice.desk.wiring import open_desk

    return open_desk()


def actor(open_desk: Desk, name: str) -> Actor:
    """The person behind `--as`, once they have proved it."""
    from onevoice.desk import officers

    return officers.prove(open_desk, name, secret(open_desk, f"Secret of {name}"))


def secret(open_desk: Desk, prompt: str, *, confirm: bool = False) -> str:
    """The acting person's secret: from the environment, else asked without showing it."""
    given = open_desk.settings.secret
    if given is not None:
        return given.get_secret_value()
    return _asked(prompt, "ONEVOICE_SECRET", confirm=confirm)


def _asked(prompt: str, setting: str, *, confirm: bool) -> str:
    """What somebody types without its being shown; without a terminal, the next line of standard input.

    Raises:
        Unusable: there is nobody to ask, and no such line.
    """
    from onevoice.errors import Unusable

    if has_terminal():
        return str(typer.prompt(prompt, hide_input=True, confirmation_prompt=confirm, err=True))
    if line := sys.stdin.readline().rstrip("\r\n"):
        return line
    what = "There is no terminal on which a secret could be asked for."
    raise Unusable(what, where=setting, remedy=f"Set {setting}, or run this in a terminal.")


def has_terminal() -> bool:
    """True where somebody can be asked for something that is not shown."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return sys.stdin.isatty()
    return True


def new_secret(open_desk: Desk, prompt: str) -> str:
    """A secret that takes the place of another: from the environment, else asked twice."""
    given = open_desk.settings.new_secret
    if given is not None:
        return given.get_secret_value()
    return _asked(prompt, "ONEVOICE_NEW_SECRET", confirm=True)


def answer(value: Any) -> None:
    """Print JSON, alone on standard output."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def say(text: str) -> None:
    """Words for a person, on standard error."""
    typer.echo(text, err=True)


def table(rows: Iterable[Sequence[object]], heads: Sequence[str] = ()) -> None:
    """Aligned columns; numbers to the right."""
    cells = [tuple(UNSAFE.sub("\N{REPLACEMENT CHARACTER}", str(c)) for c in row) for row in rows]
    every = [tuple(heads), *cells] if heads else cells
    widths = [max(len(row[i]) for row in every) for i in range(len(every[0]))] if every else []
    for row in every:
        line = (c.rjust(w) if c.replace(".", "").isdigit() else c.ljust(w) for c, w in zip(row, widths, strict=True))
        typer.echo("  ".join(line).rstrip())
