"""The questions of `alert new`, in the order in which somebody at minute three can answer them."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import typer

from onevoice.errors import Unusable
from onevoice.moments import resolve_moment

if TYPE_CHECKING:
    from onevoice.desk.wiring import Desk

ASKED: dict[str, str] = {
    "act_by": "Until when must people have acted? (18:30, +90m)",
    "onset": "When does it begin? (18:30, +90m, unknown)",
    "next_update": "When will you tell people more? (18:30, +30m)",
}


def ask(desk: Desk, hazard: str, kind: str) -> str:
    """Ask, and return the alert file as YAML."""
    import yaml

    known = desk.content.lexicon.hazards
    if hazard not in known:
        near = get_close_matches(hazard, known, n=3) or sorted(known)
        raise Unusable(f"There is no hazard {hazard!r}.", remedy=f"Did you mean: {', '.join(near)}?")
    if kind not in known[hazard].kinds:
        kinds = ", ".join(known[hazard].kinds)
        raise Unusable(f"{hazard} has no {kind}.", where="--kind", remedy=f"It has: {kinds}.")
    plain: dict[str, Any] = {"hazard": hazard, "kind": kind}
    plain["status"] = _one_of("Is this Actual, Exercise or Test?", ("Actual", "Exercise", "Test"))
    plain["area"] = {"zones": _zones(desk)}
    plain["facts"] = _facts(desk, list(known[hazard].kinds[kind].required))
    if "unknown" in plain["facts"].values():
        plain["initial"] = True
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True)


def _one_of(question: str, allowed: tuple[str, ...]) -> str:
    while True:
        given = str(typer.prompt(question, err=True)).strip()
        for word in allowed:
            if given.casefold() == word.casefold():
                return word
        typer.echo(f"Please type one of: {', '.join(allowed)}.", err=True)


def _zones(desk: Desk) -> list[str]:
    known = desk.gazetteer.zones
    typer.echo(f"Zones: {', '.join(sorted(known))}", err=True)
    while True:
        given = [
            z.strip() for z in str(typer.prompt("Which zones? (comma-separated)", err=True)).split(",") if z.strip()
        ]
        wrong = [z for z in given if z not in known]
        if given and not wrong:
            return given
        typer.echo(f"There is no zone {', '.join(wrong) or 'without a name'}.", err=True)


def _facts(desk: Desk, required: list[str]) -> dict[str, str]:
    facts: dict[str, str] = {}
    for name in dict.fromkeys([*required, "next_update"]):
        question = ASKED.get(name, f"{name.replace('_', ' ').capitalize()}?")
        if given := _fact(desk, name, question, needed=name in required):
            facts[name] = given
    if facts.get("next_update") and typer.confirm("Is it not known yet how bad it will be?", err=True):
        facts["impact"] = "unknown"
    return facts


def _fact(desk: Desk, name: str, question: str, *, needed: bool) -> str:
    """What was typed; a time that is none is asked for again."""
    while True:
        given = str(typer.prompt(question, default=None if needed else "", show_default=False, err=True)).strip()
        if name not in ASKED or given in ("", "unknown"):
            return given
        try:
            resolve_moment(given, now=desk.now(), zone=desk.settings.zone, where=name)
        except Unusable as problem:
            typer.echo(str(problem), err=True)
        else:
            return given
