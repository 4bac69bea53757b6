"""`onevoice people`: those who act."""

from __future__ import annotations

from typing import Annotated

import typer

from onevoice.cli.common import As, Json, actor, answer, desk, new_secret, say, secret, table

app = typer.Typer(help="People who act: managers, approvers, officers.", no_args_is_help=True)


@app.command()
def add(
    name: str,
    role: Annotated[str, typer.Option(help="manager, approver, officer or reviewer (of translations)")],
    mobile: Annotated[str, typer.Option(help="Where an approver is told that something waits.")] = "",
    email: Annotated[str, typer.Option(help="As --mobile.")] = "",
) -> None:
    """Register a person who acts, and set their secret."""
    from onevoice.desk import officers

    here = desk()
    given = secret(here, f"A secret for {name}", confirm=True)
    officers.add(here, name, role, given, mobile=mobile, email=email)
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


@app.command()
def remove(
    name: str,
    as_: As,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Also where too few are left who may approve, as for a stolen secret.")
    ] = False,
) -> None:
    """End what somebody may do, at once. What waits for them goes to the next deputy; what they did stays on record."""
    from onevoice.desk import leaving, officers

    here = desk()
    waiting = leaving.remove(here, name, actor(here, as_), anyway=anyway)
    say(f"{name} can do nothing any more.")
    for alert_id, asked in waiting.items():
        say(f"{alert_id} waited for {name}; " + (f"{asked} is asked now." if asked else "NOBODY IS LEFT TO ASK."))
    if lacking := leaving.lacks([one.role for one in officers.everybody(here)]):
        say(f"Look: {lacking}. Add somebody: onevoice people add NAME --role approver")


@app.command("secret")
def secret_(name: str) -> None:
    """Change your own secret: the old one is asked, then the new one twice."""
    from onevoice.desk import leaving

    here = desk()
    leaving.change_secret(here, name, secret(here, f"The old secret of {name}"), new_secret(here, "The new one"))
    say("From now on only the new secret is yours.")
