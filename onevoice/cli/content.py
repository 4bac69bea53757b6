"""`onevoice templates` and `onevoice locales`: the desks of communication officers and translators."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from onevoice.cli import round_trip, translating
from onevoice.cli.common import Json, answer, desk, say

templates = typer.Typer(help="The words of all hazards.", no_args_is_help=True)
locales = typer.Typer(help="The words in other languages.", no_args_is_help=True)
translating.add_to(locales)
round_trip.add_to(locales)


@templates.command("check")
def check(json: Json = False) -> None:
    """Compose and check every hazard, kind, means, tier and language. Exit status 1 where something blocks."""
    from onevoice.desk.library import check_templates

    found = check_templates(desk())
    _findings(found, json)


@templates.command("changed")
def changed(
    since: Annotated[str, typer.Option(help="A git revision, or a folder with older words.")] = "HEAD",
    html: Annotated[Path | None, typer.Option(help="Write every touched text, before and after.")] = None,
    json: Json = False,
) -> None:
    """What your edit does in every language, tier and means that uses it. Exit status 1 where something is held now."""
    from onevoice.cli import editing
    from onevoice.desk.editing import changed as compare
    from onevoice.desk.editing import page, to_json

    found = compare(desk(), since)
    if html:
        html.write_text(page(found), encoding="utf-8")
    if json:
        answer(to_json(found))
    else:
        editing.tell(found, since)
    raise typer.Exit(1 if found.stops else 0)


@templates.command("matrix")
def matrix(
    folder: Annotated[Path, typer.Argument(help="Where the pages go; begin at its index.html.")],
    hazard: Annotated[list[str] | None, typer.Option(help="Only this hazard. May be given more than once.")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="Only this kind. Likewise.")] = None,
    language: Annotated[list[str] | None, typer.Option(help="Only this language. Likewise.")] = None,
) -> None:
    """Every text of the library as its readers see it, with what the checks found: a page for each hazard and kind."""
    from onevoice.desk.shelves import Wish, write

    wish = Wish(tuple(hazard or ()), tuple(kind or ()), tuple(language or ()))
    texts = 0
    for shelf in write(desk(), folder, wish):
        texts += shelf.texts
        typer.echo(f"{folder / shelf.file}: {shelf.texts} texts")
    say(f"{texts} texts. Begin at {folder / 'index.html'}.")


@locales.command("check")
def check_locales(json: Json = False) -> None:
    """What is wrong in catalogues and glossaries. Exit status 1 where something blocks."""
    from onevoice.desk.library import check_locales

    _findings(check_locales(desk()), json)


@locales.command("update")
def update(language: Annotated[str, typer.Argument(help="A language, or all.")] = "all") -> None:
    """Bring the catalogues up to date with the English words; nothing that is translated is lost."""
    from onevoice.desk.library import update_locales

    for line in update_locales(desk(), language):
        say(line)


def _findings(found: list[dict[str, str]], json: bool) -> None:
    from onevoice.variant import mark_of

    blocking = [f for f in found if f["severity"] == "block"]
    if json:
        answer(found)
    else:
        for finding in found:
            typer.echo(f"{mark_of(finding['severity'])}  {finding['rule']:4}  {finding['where']}: {finding['message']}")
            if finding["remedy"]:
                typer.echo(f"            {finding['remedy']}")
        say(f"{len(blocking)} STOP, {len(found) - len(blocking)} LOOK or NOTE.")
    raise typer.Exit(1 if blocking else 0)
