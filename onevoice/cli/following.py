"""What became of an alert: `onevoice alert status`, `list`, `report` and `replies`, and `onevoice replies`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from onevoice.cli.common import Json, answer, desk, say, table

replies = typer.Typer(help="What people sent back.", no_args_is_help=True)


@replies.callback()
def _group() -> None:
    """Keeps `replies list` a command of its own while it is the only one."""


def status(
    alert: str,
    json: Json = False,
    watch: Annotated[bool, typer.Option(help="Go on showing it until nothing more is to come.")] = False,
) -> None:
    """Progress and reach."""
    from onevoice.cli import showing
    from onevoice.desk import status as standing

    here = desk()
    if watch:
        showing.watch(here, alert)
    found = standing.status(here, alert)
    if json:
        answer(found)
    else:
        showing.status(found)


def list_(json: Json = False) -> None:
    """The newest alerts."""
    from onevoice.desk.status import listing

    rows = listing(desk())
    if json:
        answer(rows)
    else:
        table((tuple(row.values()) for row in rows), ("id", "hazard", "kind", "status", "state", "by"))


def report(alert: str, html: Annotated[Path, typer.Option(help="Where to write it.")]) -> None:
    """The after-action report: one HTML file, readable without a network."""
    from onevoice.desk.report import report

    html.write_text(report(desk(), alert), encoding="utf-8")
    say(f"The report is in {html}.")


def replies_(alert: str, json: Json = False) -> None:
    """What people sent back to an alert, unread first."""
    _print_replies(alert, json)


@replies.command("list")
def replies_list(json: Json = False) -> None:
    """What people sent back, unread first."""
    _print_replies(None, json)


def _print_replies(alert: str | None, json: bool) -> None:
    from onevoice.desk.receive import listing

    rows = listing(desk(), alert)
    if json:
        answer(rows)
    else:
        table(
            ((r["id"], r["received_at"], "URGENT" if r["urgent"] else r["word"], r["text"]) for r in rows),
            ("id", "when", "word", "text"),
        )


def add_to(app: typer.Typer) -> None:
    """Put these commands into `onevoice alert`."""
    app.command()(status)
    app.command("list")(list_)
    app.command()(report)
    app.command("replies")(replies_)
