"""`onevoice incident`: everything about one event, over all its alerts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from onevoice.cli.common import Json, answer, desk, table

if TYPE_CHECKING:
    from collections.abc import Mapping

app = typer.Typer(help="One event, over all its alerts.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `incident show` a command of its own while it is the only one."""


@app.command()
def show(incident: str, json: Json = False) -> None:
    """Current facts of all alerts of an incident, with the alert each comes from. Exit status 1 where they disagree."""
    from onevoice.desk.incident import show

    found = show(desk(), incident)
    if json:
        answer(found)
    else:
        _print(found)
    raise typer.Exit(1 if any(f["severity"] == "block" for f in found["findings"]) else 0)


def _print(found: Mapping[str, Any]) -> None:
    columns = ("id", "hazard", "kind", "status", "live", "expires")
    table((tuple(alert[c] for c in columns) for alert in found["alerts"]), columns)
    typer.echo("")
    for name, values in found["facts"].items():
        for value in values:
            typer.echo(f"{name:16} {_value(value['value'])}   ({value['alert']})")
    for finding in found["findings"]:
        mark = {"block": "STOP", "warn": "look"}.get(finding["severity"], "note")
        typer.echo(f"{mark}  {finding['rule']} {finding['message']} {finding['remedy']}".rstrip())


def _value(fact: Mapping[str, Any]) -> str:
    if fact["type"] == "places":
        return ", ".join(place["names"]["en"] for place in fact["places"])
    if fact["type"] == "actions":
        return ", ".join(fact["ids"])
    return ", ".join(str(value) for name, value in fact.items() if name != "type" and value is not None)
