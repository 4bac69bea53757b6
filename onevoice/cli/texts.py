"""`onevoice text`: questions about any text on standard input."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from onevoice.cli.common import Json, answer, desk, say
from onevoice.people import Means, Tier

if TYPE_CHECKING:
    from onevoice.checks.hearing import Heard
    from onevoice.variant import Readability

app = typer.Typer(help="Questions about a text on standard input.", no_args_is_help=True)


Language = Annotated[str, typer.Option(help="The language of the text, as es or zh-Hans.")]


@app.command()
def sms(json: Json = False) -> None:
    """How a text travels as SMS: encoding, units, segments."""
    from onevoice.sms import count

    counted = count(sys.stdin.read().rstrip("\n"))
    found = {
        "encoding": counted.encoding,
        "units": counted.units,
        "segments": counted.segments,
        "forced_by": list(counted.forced_by),
    }
    if json:
        answer(found)
        return
    typer.echo(f"{counted.encoding}, {counted.units} units, {counted.segments} segment(s)")
    if counted.forced_by:
        typer.echo(f"UCS-2 because of: {' '.join(counted.forced_by)}")


@app.command()
def facts(
    alert: Annotated[str, typer.Option(help="An alert file, or the id of an alert.")],
    language: Language,
    tier: Annotated[Tier | None, typer.Option(help="The reading level that the text is for.")] = None,
    means: Annotated[
        Means | None, typer.Option(help="The text claims to be one of ours by this means: nothing may be added.")
    ] = None,
    json: Json = False,
) -> None:
    """Which of an alert's facts a text states, contradicts or lacks. Exit status 1 where one is wrong or lacking."""
    from onevoice.desk.heard import facts

    heard = facts(desk(), alert, language, sys.stdin.read(), tier=tier, means=means)
    if json:
        answer(heard.to_json())
    else:
        _show(heard)
    raise typer.Exit(0 if heard.right else 1)


@app.command()
def readability(
    language: Language,
    tier: Annotated[Tier, typer.Option(help="The reading level that it is for.")],
    json: Json = False,
) -> None:
    """How easy a text reads: measure, score, target, verdict. Exit status 1 where it is harder than its level asks."""
    from onevoice.desk.heard import readability

    found = readability(desk(), language, tier, sys.stdin.read())
    if json:
        answer(found.model_dump(mode="json"))
    else:
        _layers(found)
    raise typer.Exit(1 if found.verdict == "fail" else 0)


def _layers(found: Readability) -> None:
    """One line for each thing that was measured."""
    typer.echo(found.verdict)
    for layer in found.layers:
        between = f" (between {layer.interval[0]:g} and {layer.interval[1]:g})" if layer.interval else ""
        score = "" if layer.score is None else f" {layer.score:g}{between}"
        asked = f"; asked: {layer.target}" if layer.target else ""
        typer.echo(f"{layer.verdict:15} {layer.measure}{score}{asked}")
        for more in filter(None, (layer.why, ", ".join(layer.words))):
            typer.echo(f"{'':15}   {more}")
    typer.echo("  ".join(f"{name} {value:g}" for name, value in found.counts.items()))


def _show(heard: Heard) -> None:
    typer.echo(f"States: {', '.join(heard.states) or 'nothing'}.")
    for wrong in heard.contradicts:
        typer.echo(f"STOP  {wrong.rule} {wrong.message}")
    for name in heard.lacks:
        typer.echo(f"STOP  C02 The text does not say: {name}.")
    for note in heard.notes:
        typer.echo(f"look  {note.rule} {note.message} {note.remedy}".rstrip())
    say("It says what the alert says." if heard.right else "Do not pass it on as it is.")
