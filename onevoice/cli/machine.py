"""The database, the sandbox and the demo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from onevoice.cli.common import say

db = typer.Typer(help="The database and the keys.", no_args_is_help=True)


@db.callback()
def _group() -> None:
    """Keeps `db upgrade` a command of its own while it is the only one."""


@db.command()
def upgrade() -> None:
    """Create or migrate the database; make the key file."""
    from onevoice.desk.setup import upgrade

    for line in upgrade():
        say(line)


def sandbox(
    record: Annotated[Path, typer.Option(help="Where it writes what it received.")] = Path("sandbox-record.jsonl"),
    sms_port: int = 0,
    smtp_port: int = 0,
    seed: int = 1,
    delay_scale: Annotated[float, typer.Option(help="1: as slow as real receipts; 0.1: ten times faster.")] = 1.0,
) -> None:
    """The local stand-in providers, with their own record."""
    from onevoice.desk.setup import run_sandbox

    raise typer.Exit(run_sandbox(record, sms_port, smtp_port, seed, delay_scale))


def demo(
    recipients: Annotated[int, typer.Option(help="Residents of the fictional town.", min=1)] = 2000,
    keep_open: Annotated[
        bool, typer.Option("--keep-open", help="Leave page and console running until Ctrl-C.")
    ] = False,
    no_prefect: Annotated[bool, typer.Option("--no-prefect", help="Without Prefect.")] = False,
) -> None:
    """The main job on this machine alone: a river flood warning, as an exercise, to a fictional town."""
    from onevoice.cli.demo import run

    run(recipients=recipients, keep_open=keep_open, prefect=not no_prefect)


def add_to(app: typer.Typer) -> None:
    """Put these commands at the top level."""
    app.command()(demo)
    app.command()(sandbox)
