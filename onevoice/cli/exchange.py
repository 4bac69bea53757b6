"""`onevoice cap`, `partner` and `feed`: what goes to and comes from other organisations."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from onevoice.cli.common import Json, answer, desk, say, table
from onevoice.errors import Unusable

cap = typer.Typer(help="CAP 1.2 files.", no_args_is_help=True)
partner = typer.Typer(help="Partner organisations.", no_args_is_help=True)
feed = typer.Typer(help="The feeds as files.", no_args_is_help=True)
Listed = Annotated[str, typer.Option(help="Comma-separated; empty: all.")]


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as problem:
        what = f"The file cannot be read ({problem.strerror or 'no such file'})."
        raise Unusable(what, where=str(file), remedy="Check its name and its folder.") from None


@cap.command("check")
def check(file: Path, json: Json = False) -> None:
    """Check a CAP 1.2 alert. Exit status 1 where it is not right."""
    from onevoice import cap as cap_

    found = cap_.check(_read(file))
    if json:
        answer(found.to_json())
    else:
        for word, problems in (("error", found.errors), ("warning", found.warnings)):
            for problem in problems:
                typer.echo(f"{word:8} {problem.element}: {problem.reason}")
        say("Valid CAP 1.2." if found.valid else "Not valid CAP 1.2.")
    raise typer.Exit(0 if found.valid else 1)


@cap.command("show")
def show(file: Path, json: Json = False) -> None:
    """What a CAP alert says."""
    from onevoice import cap as cap_

    alert = cap_.read(_read(file))
    if json:
        answer(cap_.show(alert))
        return
    typer.echo(f"{alert.status} {alert.msg_type} {alert.identifier} from {alert.sender}, {alert.sent}")
    for info in alert.infos:
        typer.echo(f"[{info.language}] {info.headline or info.event}")


@cap.command("convert")
def convert(file: Path) -> None:
    """Read a CAP alert and write it again; what cannot be kept is said."""
    from onevoice import cap as cap_

    converted = cap_.convert(_read(file))
    typer.echo(converted.xml.decode(), nl=False)
    for lost in converted.lost:
        say(f"not kept: {lost}")


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


@partner.command("add")
def add(
    partner_id: Annotated[str, typer.Argument(metavar="ID", help="Short, for the commands: mill-radio.")],
    name: Annotated[str, typer.Option(help="The organisation's name.")] = "",
    email: Annotated[str, typer.Option(help="Gets a mail at each version.")] = "",
    languages: Listed = "",
    tiers: Listed = "",
    zones: Listed = "",
) -> None:
    """Register a partner and print its own feed address, once."""
    from onevoice.desk import partners

    here = desk()
    token = partners.add(
        here,
        partner_id,
        name or partner_id,
        email=email,
        languages=_split(languages),
        tiers=_split(tiers),
        zones=_split(zones),
    )
    say("This address is shown only now; it is the partner's key.")
    typer.echo(f"{here.settings.public_url.rstrip('/')}/partners/{token}/")


@partner.command("list")
def list_(json: Json = False) -> None:
    """All partners."""
    from onevoice.desk import partners

    rows = partners.listing(desk())
    if json:
        answer(rows)
    else:
        table((tuple(r.values()) for r in rows), ("id", "name", "languages", "tiers", "zones", "revoked"))


@partner.command("revoke")
def revoke(partner_id: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """End a partner's access at once."""
    from onevoice.desk import partners

    partners.revoke(desk(), partner_id)
    say(f"{partner_id} has no access any more.")


@feed.callback()
def _group() -> None:
    """Keeps `feed export` a command of its own while it is the only one."""


@feed.command("export")
def export(folder: Path) -> None:
    """Write the public feeds and CAP files into a folder."""
    from onevoice.desk.publish import export

    for path in export(desk(), folder):
        typer.echo(str(path))
