"""`onevoice people`: those who act."""

from __future__ import annotations

from typing import Annotated

import typer

from onevoice.cli.common import Json, answer, desk, say, secret, table

app = typer.Typer(help="People who act: managers, approvers, officers.", no_args_is_help=True)


@app.command()
def add(
    name: str,
    role: Annotated[str, typer.Option(help="manager, approver or officer")],
    mobile: Annotated[str, typer.Option(help="Where an approver is told that something waits.")] = "",
    email: Annotated[str, typer.Option(help="As --mobile.")] = "",
) -> None:
    """Register a person who acts, and set their secret."""
    from onevoice.desk import officers

    here = desk()
    officers.add(here, name, role, secret(here, f"A secret for {name}", confirm=True), mobile=mobile, email=email)
    say(f"{name} can act as {role}.")


@app.command("list")
def list_(json: Json = False) -> None:
    """Everybody who acts; approvers in the order in which they are asked."""
    from onevoice.desk import officers

    everybody = officers.everybody(desk())
    if json:
        answer([vars(o) for o in everybody])
    else:
        table(((o.name, o.role, ", ".join(o.told_by)) for o in everybody), ("name", "role", "told by"))
