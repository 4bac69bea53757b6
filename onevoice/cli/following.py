"""What became of an alert: `onevoice alert status`, `list`, `report` and `replies`, and `onevoice replies`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from onevoice.cli.common import As, Json, actor, answer, desk, say, table

if TYPE_CHECKING:
    from collections.abc import Mapping

replies = typer.Typer(help="What people sent back.", no_args_is_help=True)


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


@replies.command("answer")
def replies_answer(
    reply: Annotated[int, typer.Argument(help="Its number, as `onevoice replies list` shows it.")],
    as_: As,
    json: Json = False,
) -> None:
    """Answer a reply by text message, once, in your own words: on standard input, or asked for."""
    from onevoice.desk.answering import answer as send_answer

    here = desk()
    who = actor(here, as_)
    words = typer.prompt("Your answer", err=True) if sys.stdin.isatty() else sys.stdin.read()
    done = send_answer(here, reply, who, words)
    if json:
        answer(done)
    else:
        say(SAID.get(done["result"], SAID["rejected"]).format(reply, done["detail"]).rstrip())
    raise typer.Exit(0 if done["result"] == "accepted" else 1)


SAID = {
    "accepted": "Reply {} is answered.",
    "unknown": "Nobody knows whether the answer to reply {} went out, so it is not sent again. {}",
    "rejected": "The answer to reply {} was NOT sent. {}",
}
"""What became of an answer."""


def _print_replies(alert: str | None, json: bool) -> None:
    from onevoice.desk.receive import listing

    rows = listing(desk(), alert)
    if json:
        answer(rows)
    else:
        table((_cells(row) for row in rows), ("id", "alert", "when (UTC)", "kind", "answer", "reads", "text"))
        waiting = sum(r["state"] == "waits for a person" for r in rows)
        if waiting:
            say(f"{waiting} wait for a person: onevoice replies answer ID --as NAME")


def _cells(row: Mapping[str, Any]) -> tuple[object, ...]:
    when = f"{row['received_at']:%d %b %H:%M}"
    return (row["id"], row["alert_id"] or "", when, kind(row), row["state"], row["language"] or "", row["text"])


def kind(row: Mapping[str, Any]) -> str:
    """What a reply is, urgent ones so that nobody overlooks them."""
    return f"URGENT {row['word']}" if row["urgent"] else str(row["word"])


def add_to(app: typer.Typer) -> None:
    """Put these commands into `onevoice alert`."""
    app.command()(status)
    app.command("list")(list_)
    app.command()(report)
    app.command("replies")(replies_)
