"""Writes the pages that follow from code and results: states, commands, settings, figures. A test compares."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


def states() -> str:
    """docs/states.md, from the tables of legal transitions."""
    from onevoice.ledger.states import ALERT_TRANSITIONS, DECIDED, TRANSITIONS  # noqa: PLC0415 - each page imports its own

    delivery = [f"| {t.old} | {t.event} | {t.new} | {t.sentence} |" for t in TRANSITIONS]
    alert = [f"| {t.old} | {t.new} | {t.sentence} |" for t in ALERT_TRANSITIONS]
    return "\n".join(
        [
            "# States",
            "",
            "Drawn from the tables in `onevoice/ledger/states.py`; a change that is not here is refused.",
            "",
            "## A version of an alert",
            "",
            *_drawing((str(t.old), str(t.new)) for t in ALERT_TRANSITIONS),
            "| from | to | when |",
            "|---|---|---|",
            *alert,
            "",
            "## A delivery",
            "",
            "`ready` is not stored: a planned delivery of a released, unexpired, un-halted release whose time has come",
            "is ready. What was heard is kept as a set, and the state follows from the set, whatever the order.",
            "",
            *_drawing((str(t.old), str(t.new)) for t in TRANSITIONS if t.old not in DECIDED),
            "| from | event | to | when |",
            "|---|---|---|---|",
            *delivery,
            "",
        ]
    )


def _drawing(arrows: Iterator[tuple[str, str]]) -> list[str]:
    lines = [f"    {old} --> {new}" for old, new in dict.fromkeys(arrows)]
    return ["```mermaid", "stateDiagram-v2", *lines, "```", ""]


def commands() -> str:
    """docs/commands.md, from the command line itself."""
    import typer  # noqa: PLC0415 - each page imports its own

    from onevoice.cli import app  # noqa: PLC0415 - as above

    lines = [
        "# Commands",
        "",
        "Exit status: 0 done; 1 the thing asked about is not all right; 2 wrong use or unusable input; 3 a needed part",
        "cannot be reached. JSON is alone on standard output; words for people go to standard error. Who acts with",
        "`--as` is asked for their secret, or it is taken from `ONEVOICE_SECRET`.",
        "",
    ]
    for path, command in _walk(typer.main.get_command(app), ()):
        lines += [f"## `onevoice {' '.join(path)}`", "", command.help or "", ""]
        options = [row for p in command.params if (row := _option(p))]
        lines += ["| option | what |", "|---|---|", *options, ""] if options else []
    return "\n".join(lines)


def _walk(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    inner = getattr(command, "commands", None)
    if not inner:
        yield path, command
        return
    for name in sorted(inner):
        yield from _walk(inner[name], (*path, name))


def _option(parameter: Any) -> str:
    if parameter.name == "help":
        return ""
    name = ", ".join(parameter.opts) if parameter.param_type_name == "option" else parameter.name.upper()
    what = getattr(parameter, "help", None) or ""
    return f"| `{name}` | {what} |"


def settings() -> str:
    """docs/settings.md, from the fields of the settings."""
    from pydantic_core import PydanticUndefined  # noqa: PLC0415 - each page imports its own

    from onevoice.settings import Settings  # noqa: PLC0415 - as above

    rows = []
    for name, field in Settings.model_fields.items():
        plain = "" if field.default in (PydanticUndefined, None, ()) else str(field.default)
        value = f"`{plain}`" if plain else ""
        rows.append(f"| `ONEVOICE_{name.upper()}` | {value} | {field.description or ''} |")
    return "\n".join(
        [
            "# Settings",
            "",
            "From the environment or a `.env` file in the working folder. A wrong value names the setting.",
            "",
            "| setting | default | what |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


_STYLE = """Found in sentences of the library by `onevoice templates check`, in finished texts, and in what a person
adds to them on the night. The words are lists that a language keeps itself: `locales/<language>/style.yaml`."""
_FAMILIES = {
    "C": ("What must agree", "Facts that contradict stop the whole release, and nobody can release past them."),
    "N": ("Length", ""),
    "P": ("Translation", "What is wrong with a translation holds back its texts; those people get the fallback."),
    "R": ("Reading level", "Never stops an alert at night; by day it stops `onevoice templates check`."),
    "L": ("Completeness and style", _STYLE),
}
_DOES = {"block": "stops", "warn": "warns", "note": "notes"}
_STOPS = {"release": "the release", "language": "the texts in its language", "variant": "its text"}


def findings() -> str:
    """docs/findings.md, from the registry of rules and the advice on each."""
    from onevoice.checks.advice import advice  # noqa: PLC0415 - each page imports its own
    from onevoice.checks.rules import RULES  # noqa: PLC0415 - as above

    lines = [
        "# Findings",
        "",
        "Each finding names a rule. Here stands what the rule asks, what a finding of it means for people, and how to",
        "mend it, with an example. C28, gaps of reach between languages, is no rule of texts: it stands in the report.",
        "",
    ]
    for letter, (title, text) in _FAMILIES.items():
        lines += [f"## {title}", "", *([text, ""] if text else [])]
        for rule in (rule for rule in RULES.values() if rule.id.startswith(letter)):
            told = advice()[rule.id]
            does = f"stops {_STOPS[rule.scope]}" if rule.severity == "block" else _DOES[rule.severity]
            lines += [f"### {rule.id}: {rule.explanation}", "", f"**{does.capitalize()}.** {told.means}", ""]
            lines += [f"How to mend it: {told.mend}", "", f"Example: {told.example}", ""]
    return "\n".join(lines)


def figures() -> str:
    """docs/figures.md, from what the benchmarks wrote last."""
    from benchmarks.figures import page  # noqa: PLC0415 - each page imports its own

    return page()


PAGES = {
    "states.md": states,
    "commands.md": commands,
    "settings.md": settings,
    "findings.md": findings,
    "figures.md": figures,
}

if __name__ == "__main__":
    for file, make in PAGES.items():
        (HERE / file).write_text(make(), encoding="utf-8")
