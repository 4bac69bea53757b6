"""How a status and progress look on a terminal. Plain when piped."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import typer

from onevoice.cli.common import say, table
from onevoice.cli.streams import unread
from onevoice.desk import late

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from onevoice.desk.wiring import Desk

COUNTED = ("contacts", "accepted", "delivered", "failed", "unknown", "waiting")


def status(found: Mapping[str, Any]) -> None:
    """Where an alert stands and who has been reached."""
    typer.echo(f"{found['id']}: {found['state']}")
    for one in found["verdicts"][-1:]:
        why = f": {one['reason']}" if one["reason"] else ""
        typer.echo(f"{one['verdict'].capitalize()} by {one['by']}, {one['at']}{why}")
    for alarm in found["alarms"]:
        typer.echo(f"LOOK  {alarm['message']}")
    typer.echo("  ".join(f"{word} {n}" for word, n in found["contacts"].items() if n) or "nobody yet")
    if added := late.sentence(found["late"]):
        typer.echo(added)
    if found["reach"]:
        typer.echo("")
        table(_by_language(found["reach"]), ("language", "means", *COUNTED))
        say("By segment too: --json, or `onevoice alert report`.")
    _posts(found)
    _partners(found["partners"])
    doubt = found["attempts"]["in_doubt"]
    if doubt:
        say(f"Of {found['attempts']['total']} calls, {doubt} are in doubt; they are being asked about.")


def _posts(found: Mapping[str, Any]) -> None:
    """What was posted publicly: no person is counted for it."""
    if found["posts"]:
        typer.echo("\nPosted publicly: " + "  ".join(f"{word} {n}" for word, n in found["posted"].items() if n))
        shown = ("service", "account", "language", "word", "why")
        table([tuple(post[name] or "" for name in shown) for post in found["posts"]], shown)
    for told in found["posting"]:
        say(told)


PASSING = {"received": "received", "passing-on": "passing on"}


def _partners(words: Sequence[Mapping[str, Any]]) -> None:
    """What each partner last said, and of which version."""
    if words:
        typer.echo("\nPartners")
        rows = [(one["partner"], PASSING.get(one["word"], one["word"]), one["version"], one["at"]) for one in words]
        table(rows, ("partner", "says", "version", "when"))


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
    while not (unread() or standing.settled(desk, alert_id)):
        found = standing.status(desk, alert_id)
        counts = found["deliveries"] | {"posted": found["posted"]["posted"]}
        if show:
            show(counts)
        else:
            say("  ".join(f"{k} {v}" for k, v in counts.items() if v))
        time.sleep(every)
    if show:
        sys.stderr.write("\n")
