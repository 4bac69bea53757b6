"""The translators' desk: which words somebody has to approve, and who did. Every approval stands in the audit chain."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from onevoice import localize
from onevoice.errors import Conflict, Refused, Unusable
from onevoice.ledger import audit
from onevoice.localize import stamp
from onevoice.translators import approving
from onevoice.translators.book import Book
from onevoice.translators.chosen import Chosen, chosen, finished
from onevoice.variant import Provenance

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from onevoice.desk.officers import Actor
    from onevoice.desk.wiring import Desk
    from onevoice.localize import Said

MISSING, STALE = "not translated", "stale"


def show(desk: Desk, hazard: str, language: str, kind: str = "") -> Chosen:
    """The strings that one hazard (of one kind) says in a language.

    Raises:
        Unusable: there is no such hazard, kind or language.
    """
    return chosen(desk.content, hazard, language, kind)


def standing(said: Said) -> str:
    """One word for where a sentence stands: not translated, stale, or its provenance."""
    return MISSING if said.missing else STALE if said.stale else str(said.provenance)


def summary(found: Chosen) -> str:
    """How many strings, how many shared, and how many stand where."""
    counts = Counter(standing(said) for said in found.strings.values())
    order = [*reversed([str(p) for p in Provenance]), STALE, MISSING]
    told = ", ".join(f"{counts[word]} {word}" for word in order if counts[word])
    return f"{found.language}: {len(found.strings)} strings, {len(found.shared)} shared with other hazards; {told}."


def to_json(found: Chosen) -> dict[str, Any]:
    """As `locales show --json` prints it."""
    return {
        "hazard": found.hazard,
        "kind": found.kind or None,
        "language": found.language,
        "code": found.code,
        "strings": [
            {
                "id": key,
                "english": found.sources[key],
                "text": "" if said.missing else said.text,
                "standing": standing(said),
                "shared": key in found.shared,
            }
            for key, said in found.strings.items()
        ],
        "messages": [vars(message) for message in found.messages],
    }


def sheet(desk: Desk, found: Chosen) -> str:
    """One self-contained page: every message to read, every sentence, and the code that stands for them."""
    from onevoice.desk.page import page  # noqa: PLC0415 - only pages need Jinja

    spoken = localize.language(desk.settings.content_root, found.language)
    return page("sheet.html.j2").render(chosen=found, name=spoken.name, direction=spoken.direction)


# --- one string after the other


def open_strings(found: Chosen, name: str) -> list[str]:
    """The strings that this person can still put their name behind."""
    return [key for key, said in found.strings.items() if not said.missing and not said.stale and _open(said, name)]


def _open(said: Said, name: str) -> bool:
    return said.provenance is not Provenance.APPROVED and stamp.person(name) not in said.people


def shown(desk: Desk, language: str, keys: Collection[str]) -> list[dict[str, str]]:
    """For each string what a reviewer must see: `id`, `english`, `text`, `message` (finished; empty where none has it).

    Raises:
        Unusable: there is no such language or string.
    """
    book = Book(desk.settings.content_root, language)
    entries = [book.entry(key) for key in keys]
    messages = finished(desk.content, language, keys)
    return [
        {"id": e.msgctxt, "english": e.msgid, "text": e.msgstr, "message": messages.get(e.msgctxt, "")} for e in entries
    ]


def approve_string(desk: Desk, actor: Actor, language: str, seen: Mapping[str, str]) -> Provenance:
    """Put the actor behind one string. `seen`: what they were shown (as from `shown`).

    Raises:
        Refused: the role, or this person, or these words cannot be approved.
        Conflict: the words are no longer those that were shown.
    """
    book = _opened(desk, actor, language)
    entry = book.entry(seen["id"])
    if (entry.msgid, entry.msgstr) != (seen["english"], seen["text"]):
        raise Conflict(f"{seen['id']} has been changed meanwhile.", remedy="Look at it again.")
    level = approving.approve(entry, actor.name, desk.today)
    _write(desk, actor, book, {seen["id"]: level})
    return level


# --- whole messages


def approve_shown(
    desk: Desk, actor: Actor, found: Chosen, code: str, without: Iterable[str] = ()
) -> tuple[dict[str, Provenance], list[str]]:
    """Put the actor behind the words of the sheet that they read.

    Args:
        desk: where it is kept.
        actor: who read it.
        found: the words of today.
        code: from the end of the sheet.
        without: strings that the actor does not stand behind.

    Returns:
        String → what it is now; and for each other string why it is not approved.

    Raises:
        Conflict: the code is of other words than today's.
        Refused: the actor's role.
        Unusable: `without` names a string that was not shown.
    """
    book = _opened(desk, actor, found.language)
    if _digits(code) != _digits(found.code):
        what = "This code is not of the words that stand in the catalogue now."
        raise Conflict(what, remedy="Make the sheet again, read what has changed, and name its code.")
    if unknown := set(without) - set(found.strings):
        raise Unusable(f"The sheet does not show {min(unknown)!r}.", where="--without")
    levels: dict[str, Provenance] = {}
    reasons: list[str] = []
    for key in (key for key in found.strings if key not in set(without)):
        try:
            levels[key] = approving.approve(book.entry(key), actor.name, desk.today)
        except (Refused, Unusable) as problem:
            reasons.append(problem.what)
    if levels:
        _write(desk, actor, book, levels, sheet=found.code)
    return levels, reasons


def _digits(code: str) -> str:
    return "".join(c for c in code.casefold() if c.isalnum())


def _opened(desk: Desk, actor: Actor, language: str) -> Book:
    actor.must_be("reviewer", "officer")
    return Book(desk.settings.content_root, language)


def _write(desk: Desk, actor: Actor, book: Book, levels: Mapping[str, Provenance], sheet: str = "") -> None:
    """The audit entry first: there may be one of an approval that never came into the file, but never the reverse."""
    words = {key: stamp.read(book.entry(key).tcomment).bound for key in levels}
    detail = {"strings": {k: [str(levels[k]), *(words[k] or ())] for k in levels}} | ({"sheet": sheet} if sheet else {})
    with desk.ledger.write() as conn:
        audit.append(conn, desk.vault, actor=actor.name, act="words approved", subject=book.language, detail=detail)
    book.save()
