"""How a preview, a status and progress look on a terminal. Plain when piped."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import typer

from onevoice.cli.common import say, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from onevoice.desk.preview import Preview
    from onevoice.desk.wiring import Desk
    from onevoice.variant import Variant

COUNTED = ("contacts", "accepted", "delivered", "failed", "unknown", "waiting")
MARKS = {"block": "STOP", "warn": "look", "note": "note"}


def preview(seen: Preview) -> None:
    """What would be sent, to whom, in which words, and what the checks say."""
    prepared = seen.prepared
    typer.echo(f"{prepared.alert.status.upper()}: {prepared.alert.hazard} {prepared.alert.kind}. Nothing is sent.\n")
    for line in seen.read_back:
        typer.echo(f"{line.label:14} {line.value}{'' if line.given else '   (filled in)'}")
    people = prepared.numbers.to_json() | {"fallback": prepared.fallback}
    typer.echo(
        f"\n{people['reachable'] + people['unreachable']} people are meant: {people['reachable']} can be reached, "
        f"{people['unreachable']} cannot. Of them {people['in_area']} are in the area, "
        f"{people['location_unknown']} have no known place, {people['fallback']} get another text than their own."
    )
    typer.echo(f"Sending takes about {seen.forecast.seconds} s; {seen.forecast.after_act_by} would get it too late.")
    for variant in sorted(prepared.variants, key=lambda v: (v.means, v.profile.key)):
        _text(seen, variant)
    _findings(seen)


def _text(seen: Preview, variant: Variant) -> None:
    people = seen.prepared.people_of(variant)
    left = f"; left out: {', '.join(variant.left_out)}" if variant.left_out else ""
    typer.echo(f"\n--- {variant.means} {variant.profile.key}, {people} people, {variant.provenance}{left}")
    typer.echo(variant.parts.get("subject", "") or variant.parts["text"])


def _findings(seen: Preview) -> None:
    every = [*seen.prepared.findings, *(f for v in seen.prepared.variants for f in v.findings)]
    typer.echo("")
    for finding in dict.fromkeys(every):
        typer.echo(f"{MARKS[finding.severity]}  {finding.rule} {finding.message} {finding.remedy}".rstrip())
    touching = ", ".join(seen.touching)
    if touching:
        typer.echo(f"look  Live alerts touch this area: {touching}")
    typer.echo("This cannot be released as it is." if seen.blocked else "Nothing blocks the release.")


def status(found: Mapping[str, Any]) -> None:
    """Where an alert stands and who has been reached."""
    typer.echo(f"{found['id']}: {found['state']}")
    typer.echo("  ".join(f"{word} {n}" for word, n in found["contacts"].items() if n) or "nobody yet")
    if found["reach"]:
        typer.echo("")
        table(_by_language(found["reach"]), ("language", "means", *COUNTED))
        say("By segment too: --json, or `onevoice alert report`.")
    doubt = found["attempts"]["in_doubt"]
    if doubt:
        say(f"Of {found['attempts']['total']} calls, {doubt} are in doubt; they are being asked about.")


def _by_language(reach: Iterable[Mapping[str, Any]]) -> list[tuple[object, ...]]:
    """Reach without its segments: a line for each language and means."""
    lines: dict[tuple[str, str], list[int]] = {}
    for row in reach:
        sums = lines.setdefault((row["language"], row["means"]), [0] * len(COUNTED))
        for i, word in enumerate(COUNTED):
            sums[i] += row[word]
    return [(*key, *sums) for key, sums in sorted(lines.items())]


def progress() -> Callable[[Mapping[str, int]], None] | None:
    """One calm line of figures, on a terminal only."""
    if not sys.stderr.isatty():
        return None
    last = [0.0]

    def line(counts: Mapping[str, int]) -> None:
        if time.monotonic() - last[0] > 0.2:  # noqa: PLR2004 - five times a second is calm
            last[0] = time.monotonic()
            figures = "  ".join(f"{k} {v}" for k, v in counts.items() if v)
            sys.stderr.write(f"\r\x1b[K{figures or 'waiting for receipts'}")
            sys.stderr.flush()

    return line


def watch(desk: Desk, alert_id: str, every: float = 1.0) -> None:
    """Show progress until nothing more is to come, then leave the line."""
    from onevoice.desk import status as standing

    show = progress()
    while not standing.settled(desk, alert_id):
        counts = standing.status(desk, alert_id)["deliveries"]
        if show:
            show(counts)
        else:
            say("  ".join(f"{k} {v}" for k, v in counts.items() if v))
        time.sleep(every)
    if show:
        sys.stderr.write("\n")
