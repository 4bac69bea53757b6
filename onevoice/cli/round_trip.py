"""`onevoice locales export`, `import` and `draft`: words to a translator and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from onevoice.cli.common import As, Json, actor, answer, desk, say


def send_out(
    file: Annotated[Path, typer.Argument(help="FILE.html to work in a browser, FILE.csv for a spreadsheet.")],
    language: Annotated[str, typer.Option(help="A language, as es or zh-Hans.")],
    hazard: Annotated[str, typer.Option(help="Only what one hazard says.")] = "",
) -> None:
    """Write sentences for a translator who has no tools: English, finished message, translation."""
    from onevoice.desk import round_trip

    count = round_trip.send_out(desk(), file, language, hazard)
    say(f"{count} sentences are in {file}. It comes back with: onevoice locales import FILE.csv --as NAME")


def take_in(
    file: Annotated[Path, typer.Argument(help="A CSV as it went out, or a PO file.", exists=True, dir_okay=False)],
    as_: As,
    by: Annotated[str, typer.Option(help="Whose words they are; default: yours.")] = "",
    rest: Annotated[bool, typer.Option("--rest", help="Take the right lines though others are refused.")] = False,
    json: Json = False,
) -> None:
    """Take a translator's words. One refused line and nothing is taken. Exit status 1 where a line is refused."""
    from onevoice.desk import round_trip

    here = desk()
    taken = round_trip.take_in(here, actor(here, as_), file, by, rest=rest)
    found = taken.examined
    if json:
        plain = {
            "language": taken.language,
            "by": taken.by,
            "strings": list(taken.strings),
            "unchanged": found.unchanged,
        }
        answer(plain | {"refused": [vars(one) for one in found.refused], "look": [vars(one) for one in found.odd]})
    else:
        for mark, told in (("STOP", found.refused), ("LOOK", found.odd)):
            for one in told:
                typer.echo(f"{mark}  {one}")
    say(f"{len(taken.strings)} sentences are {taken.by}'s now ({taken.language}); {found.unchanged} stay as they were.")
    if found.refused and not taken.strings:
        say("Nothing was changed. Mend the lines, or take the others with --rest.")
    raise typer.Exit(1 if found.refused else 0)


def draft(
    language: Annotated[str, typer.Option(help="A language, as es or zh-Hans.")],
    as_: As,
    hazard: Annotated[str, typer.Option(help="Only what one hazard says.")] = "",
) -> None:
    """Have a service write machine drafts where nothing stands yet. It overwrites nothing."""
    from onevoice.desk import drafting

    here = desk()
    done, refused = 0, 0
    for filled in drafting.draft(here, actor(here, as_), language, hazard):
        done, refused = done + len(filled.strings), refused + len(filled.refused)
        for key, why in filled.refused.items():
            typer.echo(f"left empty: {key}: {why}")
    say(f"{done} machine drafts, {refused} answers refused. No draft goes out in a real alert before it is reviewed.")


def add_to(app: typer.Typer) -> None:
    """Put the commands into `onevoice locales`."""
    for name, command in (("export", send_out), ("import", take_in), ("draft", draft)):
        app.command(name)(command)
