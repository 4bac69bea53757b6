"""The command line: translates arguments, calls the desk, prints.

Standard output holds the answer, alone; words for people go to standard error. Exit status: 0 done; 1 not all right;
2 wrong use or unusable input; 3 out of reach.
"""

from __future__ import annotations

import errno
import sys

import typer

from onevoice.cli import (
    alerts,
    audience,
    content,
    exchange,
    following,
    incidents,
    machine,
    people,
    running,
    services,
    texts,
)

app = typer.Typer(
    name="onevoice",
    help="Carries one set of facts about a crisis to everyone, and proves that all were told the same thing.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(alerts.app, name="alert")
app.add_typer(following.replies, name="replies")
app.add_typer(audience.app, name="audience")
app.add_typer(services.app, name="services")
app.add_typer(people.app, name="people")
app.add_typer(incidents.app, name="incident")
app.add_typer(texts.app, name="text")
app.add_typer(content.templates, name="templates")
app.add_typer(content.locales, name="locales")
app.add_typer(exchange.cap, name="cap")
app.add_typer(exchange.partner, name="partner")
app.add_typer(exchange.feed, name="feed")
app.add_typer(machine.db, name="db")
for add_to in (running.add_to, machine.add_to):
    add_to(app)


def main() -> None:
    """Run the command line; no traceback reaches a person."""
    from onevoice.cli.streams import steady

    with steady() as out:
        status = _run()
    if out.lost and not out.unread:
        what = f"standard output: {out.lost.strerror}. The rest of the answer is lost; what was to be done was done."
        typer.echo(f"onevoice: {what}", err=True)
        status = 3
    sys.exit(status)


def _run() -> int:
    """Run what was asked for. Gives the exit status."""
    from onevoice.errors import OneVoiceError

    try:
        app()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
    except OneVoiceError as problem:
        typer.echo(f"onevoice: {problem}", err=True)
        return problem.exit_status
    except OSError as problem:
        said, status = _about_files(problem)
        typer.echo(f"onevoice: {said}", err=True)
        return status
    except Exception as problem:  # noqa: BLE001 - the last border before a person
        typer.echo(f"onevoice: {_unexpected(problem)}", err=True)
        return 3
    return 0


NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""The system's words for a disk that takes no more."""


def _about_files(problem: OSError) -> tuple[str, int]:
    """What to say of a file that could not be read or written, and the exit status."""
    where = f"{problem.filename}: " if problem.filename is not None else ""
    if problem.errno in NO_ROOM:
        return f"{where}{problem.strerror}. Free some space, then try again; a file may be cut short.", 3
    if where:
        return f"{where}{problem.strerror}. Check the path and its rights.", 2
    return _unexpected(problem), 3


def _unexpected(problem: Exception) -> str:
    import traceback
    from datetime import UTC, datetime
    from pathlib import Path

    from onevoice.settings import Settings

    where = Path(Settings.model_fields["home"].default)
    try:
        where = Settings().home
        where.mkdir(parents=True, exist_ok=True)
        frames = traceback.format_tb(problem.__traceback__)
        entry = f"{datetime.now(UTC).isoformat()} {type(problem).__name__}\n{''.join(frames)}\n"
        with (where / "errors.log").open("a", encoding="utf-8") as log:
            log.write(entry)
    except (OSError, ValueError):
        return f"Something unexpected went wrong ({type(problem).__name__})."
    return (
        f"Something unexpected went wrong ({type(problem).__name__}). Where it happened is in {where / 'errors.log'}."
    )
