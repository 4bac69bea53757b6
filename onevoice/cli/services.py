"""`onevoice services`: the directory of services that messages lead to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from onevoice.cli.common import As, Json, actor, answer, desk, say, table

app = typer.Typer(help="The services that messages lead to: a dated directory.", no_args_is_help=True)


@app.command("import")
def import_(file: Path, json: Json = False) -> None:
    """Make a file of services (Open Referral HSDS 3, JSON) the directory. Exit status 1 where an entry is refused."""
    from onevoice.desk import services

    taken = services.take_in(desk(), file)
    if json:
        answer(taken.to_json())
    else:
        done = taken.replaced
        typer.echo(
            f"{done.added} added, {done.changed} changed, {done.unchanged} unchanged, {done.removed} gone, "
            f"{len(taken.refused)} refused."
        )
        for one in taken.refused:
            say(f"{one.entry}: {one.reason}")
    raise typer.Exit(1 if taken.refused else 0)


@app.command("list")
def list_(json: Json = False) -> None:
    """Every entry: what it is for, until when it is good, which version it is."""
    from onevoice.desk import services

    found = services.entries(desk())
    if json:
        answer([{"standing": one.standing, **one.service.model_dump(mode="json")} for one in found])
        return
    lines = [
        (one.standing, one.service.until.isoformat(), one.service.sort, one.service.name, one.service.version)
        for one in found
    ]
    table(lines, ("standing", "good until", "for", "name", "version"))
    say(f"{len(found)} services." if found else services.IMPORT)


@app.command()
def check(json: Json = False) -> None:
    """Whom somebody must call: entries that nobody has confirmed in time. Exit status 1 where one is stale."""
    from onevoice.desk import services

    open_ = [one for one in services.entries(desk()) if one.standing in ("stale", "soon")]
    if json:
        answer([{"standing": one.standing, "id": one.service.id, "until": one.service.until} for one in open_])
    else:
        for one in open_:
            typer.echo(f"{one.standing}: {one.service.name}, good until {one.service.until}. {one.confirm}")
        say(f"{len(open_)} want a call.")
    raise typer.Exit(1 if any(one.standing == "stale" for one in open_) else 0)


@app.command()
def confirm(
    entry: Annotated[str, typer.Argument(metavar="ID", help="An id or a name of the directory.")],
    as_: As,
    email: Annotated[str, typer.Option(help="Address of whoever gave the answer, for the directory.")] = "",
) -> None:
    """Say with your own secret that you have called and all of the entry is right today."""
    from onevoice.desk import services

    here = desk()
    say(f"{services.confirm(here, entry, actor(here, as_), email)} is confirmed as of today.")


@app.command()
def used(alert: Annotated[str, typer.Argument(help="An alert's id.")], json: Json = False) -> None:
    """Which version of which entry the texts of an alert lead to, and who had confirmed it."""
    from onevoice.desk.services_used import used as look

    found = look(desk(), alert)
    if json:
        answer(found)
        return
    lines = [(one["name"], one["version"], one["assured_date"], one["by"], str(one["texts"])) for one in found]
    table(lines, ("name", "version", "confirmed", "by", "texts"))


@app.command()
def town(file: Path) -> None:
    """Write the directory of Millford, a town that does not exist, as confirmed these days, to try things with."""
    from audiences.town_services import generate

    generate(file, desk().today)
    say(f"The directory of Millford is in {file}.")
