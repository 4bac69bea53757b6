"""`onevoice locales`: what reviewers and translators do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from onevoice.cli.common import As, Json, actor, answer, desk, say, table

if TYPE_CHECKING:
    from onevoice.desk.officers import Actor
    from onevoice.desk.wiring import Desk

Hazard = Annotated[str, typer.Option("--hazard", help="A hazard, as river_flood.")]
Kind = Annotated[str, typer.Option("--kind", help="A kind of message, as warning; default: all.")]
Language = Annotated[str, typer.Option("--language", help="A language, as es or zh-Hans.")]


def show(
    hazard: Hazard,
    language: Language,
    kind: Kind = "",
    html: Annotated[Path | None, typer.Option(help="Write the sheet that a reviewer reads.")] = None,
    json: Json = False,
) -> None:
    """Which strings a reviewer approves so that one hazard can be told in one language, and where each stands."""
    from onevoice.desk import translating

    here = desk()
    found = translating.show(here, hazard, language, kind)
    if html:
        html.write_text(translating.sheet(here, found), encoding="utf-8")
    if json:
        answer(translating.to_json(found))
    else:
        rows = [
            (translating.standing(s), "*" if k in found.shared else "", k, s.text) for k, s in found.strings.items()
        ]
        table(rows, ("standing", "shared", "string", "words"))
        say(translating.summary(found))
        say(f"The sheet of {len(found.messages)} messages is in {html}." if html else "--html FILE makes a sheet.")


def approve(
    language: Language,
    as_: As,
    strings: Annotated[list[str] | None, typer.Argument(help="Strings, as action.move_to_higher_ground.T2.")] = None,
    hazard: Annotated[str, typer.Option(help="Instead of strings: those of a hazard.")] = "",
    kind: Kind = "",
    seen: Annotated[str, typer.Option(help="The code at the end of the sheet that you have read.")] = "",
    without: Annotated[list[str] | None, typer.Option(help="A string of the sheet that is not right.")] = None,
) -> None:
    """Stand behind translations with your own secret: one by one as they are shown, or those of a sheet."""
    from onevoice.desk import translating
    from onevoice.errors import Unusable

    here = desk()
    if bool(strings) == bool(hazard):
        raise Unusable("Name strings, or a hazard.", remedy="A language is never approved in bulk.")
    found = translating.show(here, hazard, language, kind) if hazard else None
    if found and seen:
        levels, reasons = translating.approve_shown(here, actor(here, as_), found, seen, without or [])
        for reason in reasons:
            say(f"not approved: {reason}")
        say(f"{len(levels)} strings bear your name now, {len(reasons)} do not.")
        raise typer.Exit(1 if reasons else 0)
    _one_by_one(here, language, as_, translating.open_strings(found, as_) if found else strings or [])


def _one_by_one(here: Desk, language: str, name: str, keys: list[str]) -> None:
    """Ask for each; whoever is not there to read is not asked."""
    import sys

    from onevoice.desk import translating
    from onevoice.errors import Refused

    if not sys.stdin.isatty():
        raise Refused("Nobody is here to read the words.", remedy="Use a terminal, or a sheet and its code (--seen).")
    who, done = actor(here, name), 0
    for number, one in enumerate(translating.shown(here, language, keys), start=1):
        say(f"\n{number} of {len(keys)}: {one['id']}\n\n  {one['english']}\n  {one['text']}\n")
        say("\n".join(f"  | {line}" for line in one["message"].splitlines()))
        reply = typer.prompt("Do you stand behind it? yes, no, quit", default="no", err=True).strip().casefold()
        if reply in ("q", "quit"):
            break
        done += reply in ("y", "yes") and _approved(here, who, language, one)
    say(f"{done} of {len(keys)} strings bear your name now.")


def _approved(here: Desk, who: Actor, language: str, one: dict[str, str]) -> bool:
    from onevoice.desk import translating
    from onevoice.errors import NotAllRight

    try:
        say(f"{one['id']} is {translating.approve_string(here, who, language, one)}.")
    except NotAllRight as problem:
        say(str(problem))
        return False
    return True


def add_to(app: typer.Typer) -> None:
    """Put the commands into `onevoice locales`."""
    for name, command in (("show", show), ("approve", approve)):
        app.command(name)(command)
