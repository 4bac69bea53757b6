"""`onevoice audience`: those who are written to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from onevoice.cli.common import Json, answer, desk, say, table

app = typer.Typer(help="The people who are written to.", no_args_is_help=True)

SHOWN = 20
"""Refused rows that are listed; the rest is counted."""


@app.command("import")
def import_(file: Path, json: Json = False) -> None:
    """Take contacts from a CSV file. Damaged rows are refused with their line and reason, the others are kept."""
    from onevoice.desk import audience

    taken = audience.take_in(desk(), file)
    if json:
        answer(taken.to_json())
    else:
        typer.echo(taken.sentence())
        for refused in taken.refused[:SHOWN]:
            say(f"{file.name}, line {refused.line}, {refused.field}: {refused.reason}")
        if len(taken.refused) > SHOWN:
            say(f"and {len(taken.refused) - SHOWN} more; --json lists all.")
    raise typer.Exit(1 if taken.refused else 0)


@app.command()
def show(json: Json = False) -> None:
    """Counts by segment, language, tier and means."""
    from onevoice.desk import audience

    counts = audience.counts(desk())
    if json:
        answer(counts)
        return
    for title, rows in counts.items():
        if isinstance(rows, dict):
            typer.echo(f"\n{title}")
            table(rows.items())
        else:
            typer.echo(f"{title}: {rows}")


@app.command()
def words(segment: Annotated[str, typer.Argument(help="A segment, as newcomers.")]) -> None:
    """What a segment hears in addition, at each level, and the lines that bind its reader's name to these words."""
    from onevoice.desk import needs

    found, sentences = needs.of_segment(desk(), segment)
    for one in sentences:
        standing = f"read by {found.reviewed_by}" if one.stands else "nobody of them has read these words"
        typer.echo(f"{one.need}: {standing}")
        table(one.words.items())
    if not sentences:
        say(f"{found.name} hear nothing in addition: the segment names no sentence in `needs`.")
        return
    say(f"\nOnce somebody of that community has read them, write into audiences/segments/{segment}.yaml:")
    say(f"reviewed_by: {found.reviewed_by or '<who read them>'}")
    say("\n".join(["bound:", *(f'  {one.need}: "{one.digest}"' for one in sentences)]))


@app.command()
def optout(address: Annotated[str, typer.Argument(help="A number or a mail address.")]) -> None:
    """Write to this address no more."""
    from onevoice.desk import audience

    audience.opt_out(desk(), address)
    say("Nothing goes to this address any more.")


@app.command()
def town(
    file: Path,
    residents: Annotated[int, typer.Option(help="How many people live there.", min=1)] = 2000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same town.")] = 1,
) -> None:
    """Write the contact file of Millford, a town that does not exist, to try things with."""
    from audiences.town import generate

    generate(file, residents, seed)
    say(f"{residents} residents of Millford are in {file}.")
