"""The questions of `alert new`, in the order in which somebody at minute three can answer them."""

from __future__ import annotations

import re
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from pydantic import ValidationError

from onevoice.alert import AreaFile
from onevoice.desk.typed import first_error
from onevoice.errors import Unusable
from onevoice.moments import resolve_moment

if TYPE_CHECKING:
    from onevoice.desk.wiring import Desk

WHERE = (
    "Where? Zones (comma-separated); or circle LATITUDE LONGITUDE KM; or polygon LAT,LON LAT,LON LAT,LON ...; "
    "or a GeoJSON file beside the alert file"
)
NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
CIRCLE, SMALLEST = 3, 6
"""How many numbers a circle has, and the smallest polygon."""
ASKED: dict[str, str] = {
    "act_by": "Until when must people have acted? (18:30, +90m)",
    "onset": "When does it begin? (18:30, +90m, unknown)",
    "next_update": "When will you tell people more? (18:30, +30m)",
}


def ask(desk: Desk, hazard: str, kind: str, base: Path) -> str:
    """Ask, and return the alert file as YAML. `base`: the folder that it will lie in."""
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
    plain["area"] = _area(desk, base)
    plain["facts"] = _facts(desk, list(known[hazard].kinds[kind].required))
    if "unknown" in plain["facts"].values():
        plain["initial"] = True
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True)


def _one_of(question: str, allowed: tuple[str, ...]) -> str:
    while True:
        given = str(typer.prompt(question, prompt_suffix=" ", err=True)).strip()
        for word in allowed:
            if given.casefold() == word.casefold():
                return word
        typer.echo(f"Please type one of: {', '.join(allowed)}.", err=True)


def _area(desk: Desk, base: Path) -> dict[str, Any]:
    """What was typed for the area; what it means is read back, and asked again where it means nothing."""
    typer.echo(f"Zones: {', '.join(sorted(desk.gazetteer.zones))}", err=True)
    while True:
        given = str(typer.prompt(WHERE, prompt_suffix=" ", err=True)).strip()
        try:
            plain = area_of(given, base)
            area, places = desk.gazetteer.resolve(AreaFile.model_validate(plain), base)
        except (Unusable, ValidationError) as problem:
            typer.echo(first_error(problem) if isinstance(problem, ValidationError) else str(problem), err=True)
            continue
        names = ", ".join(place.name("en") for place in places.places)
        typer.echo(f"That is {names}." if area.whole_zones else f"That is an area in {names}, not all of it.", err=True)
        if "zones" in plain or typer.confirm("Is that right?", err=True):
            return plain | ({"zones": list(area.zones)} if "zones" in plain else {})


def area_of(given: str, base: Path) -> dict[str, Any]:
    """The area as the alert file has it: zones, a circle, a polygon, or a file beside the alert file (`base`).

    Raises:
        Unusable: a drawing with too few numbers.
    """
    word, _, rest = given.partition(" ")
    numbers = [float(one) for one in NUMBER.findall(rest)]
    if word.casefold() == "circle":
        if len(numbers) != CIRCLE:
            raise Unusable("A circle has a latitude, a longitude and a radius in km.", remedy="circle 40.01 -72.52 2")
        return {"circle": numbers}
    if word.casefold() == "polygon":
        if len(numbers) < SMALLEST or len(numbers) % 2:
            what = "A polygon has at least three corners, each with a latitude and a longitude."
            raise Unusable(what, remedy="polygon 40.00,-72.52 40.02,-72.52 40.02,-72.50")
        return {"polygon": list(map(list, zip(numbers[::2], numbers[1::2], strict=True)))}
    if given.casefold().endswith((".geojson", ".json")):
        here = Path(given).resolve()
        inside = here.is_file() and here.is_relative_to(base.resolve())
        return {"file": str(here.relative_to(base.resolve())) if inside else given}
    return {"zones": [zone.strip() for zone in given.split(",") if zone.strip()]}


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
        given = str(
            typer.prompt(question, default=None if needed else "", show_default=False, prompt_suffix=" ", err=True)
        ).strip()
        if name not in ASKED or given in ("", "unknown"):
            return given
        try:
            resolve_moment(given, now=desk.now(), zone=desk.settings.zone, where=name)
        except Unusable as problem:
            typer.echo(str(problem), err=True)
        else:
            return given
