"""Tells an officer what an edit does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from onevoice.cli.common import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from onevoice.translators.changed import Changed

_SHOWN = 8
_TOLD = frozenset(["P02", "P03", "N03"])
"""Said already: what is stale, what is left out."""


def tell(found: Changed, since: str) -> None:
    """Print it: sentences, languages, where they are used, what grew, what slipped, what is wrong now."""
    if not found.edits and not found.files:
        say(f"No word is different from {since}.")
        return
    for line in (*_sentences(found), *_uses(found), *_lists(found)):
        typer.echo(line)
    say(_verdict(found))


def _sentences(found: Changed) -> Iterator[str]:
    for edit in found.edits:
        yield f"{edit.language} {edit.key} ({edit.origin})"
        yield f"  - {edit.before or '(new)'}"
        yield f"  + {edit.after or '(gone)'}"
    yield from (f"{name} is edited" for name in found.files)


def _uses(found: Changed) -> Iterator[str]:
    from onevoice.translators.changed import uses

    for tag, keys in found.stale.items():
        yield f"STALE {tag}: {_some(keys)}"
    yield f"{len(found.texts)} texts with made-up facts use it:"
    for (hazard, kind, tier), (languages, means) in sorted(uses(found).items()):
        told = ", ".join(f"{tag} {n}" for tag, n in languages.items())
        yield f"  {hazard} {kind} {tier}: {told} (by {', '.join(means)})"


def _lists(found: Changed) -> Iterator[str]:
    from onevoice.translators.changed import grown, slipped

    more = [f"{t.where}: {t.segments.before} → {t.segments.after} segments" for t in grown(found) if t.segments]
    less = [f"{t.where}: {', '.join(t.left_out)}" for t in found.texts if t.left_out and t.before]
    words = [f"{one.mark} {one.rule} {one.message} {one.remedy} ({one.part})" for one in found.words]
    levels = [f"{one.part}: {one.message}" for one in found.reading] + [t.where for t in slipped(found)]
    told = [
        (f"{one.mark} {one.rule} {one.message}", t.where)
        for t in found.texts
        for one in t.findings
        if one.rule not in _TOLD
    ]
    first = dict(reversed(told))
    lost = [f"{t.where}: {', '.join(t.lost)}" for t in found.texts if t.lost]
    parts = {
        "THE WORDS themselves": words,
        "SMS that grew": more,
        "LEFT OUT now": less,
        "FACTS no longer told": lost,
        "READING LEVEL that slipped": levels,
        "NEW FINDINGS": [f"{m} ({w})" for m, w in first.items()],
    }
    for title, lines in parts.items():
        if lines:
            yield f"{title}: {len(lines)}"
            yield from (f"  {line}" for line in lines[:_SHOWN])
            if lines[_SHOWN:]:
                yield f"  and {len(lines) - _SHOWN} more: --html FILE or --json shows all"


def _verdict(found: Changed) -> str:
    lost = {one.rule for t in found.texts for one in t.findings if one.rule.startswith("C") and one.severity == "block"}
    lost |= {f"{name} no longer told" for text in found.texts for name in text.lost}
    facts = f"LOOK AT THE FACTS: {', '.join(sorted(lost))}." if lost else "No fact is lost in any text."
    held = sum(text.held for text in found.texts)
    rest = f" {held} texts are held back until they are translated: onevoice locales update" if held else ""
    return f"{facts}{rest}"


def _some(keys: Iterable[str]) -> str:
    every = list(keys)
    return ", ".join(every[:_SHOWN]) + (f" and {len(every) - _SHOWN} more" if every[_SHOWN:] else "")
