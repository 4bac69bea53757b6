"""Words to a translator and back: a file goes out, comes back, and is taken line by line or not at all."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from onevoice import localize
from onevoice.errors import Unusable
from onevoice.ledger import audit
from onevoice.translators import approving, incoming, outgoing
from onevoice.translators.book import Book

if TYPE_CHECKING:
    from pathlib import Path

    from onevoice.desk.officers import Actor
    from onevoice.desk.wiring import Desk
    from onevoice.translators.incoming import Examined, Line


@dataclass(frozen=True)
class Taken:
    """What became of a file. `strings`: those that are `by`'s words now."""

    language: str
    by: str
    strings: tuple[str, ...]
    examined: Examined


def send_out(desk: Desk, path: Path, language: str, hazard: str = "") -> int:
    """Write a language's sentences (of one hazard) into a file; says how many.

    Raises:
        Unusable: there is no such language or hazard, or the file's name is neither .csv nor .html.
    """
    if path.suffix not in (".csv", ".html"):
        raise Unusable("The file's name ends in .csv or .html.", where=path.name)
    rows = outgoing.rows(desk.content, language, hazard)
    path.write_bytes(outgoing.as_csv(rows) if path.suffix == ".csv" else _page(desk, rows, language).encode())
    return len(rows)


def _page(desk: Desk, rows: list[outgoing.Row], language: str) -> str:
    from onevoice.desk.page import page  # noqa: PLC0415 - only pages need Jinja

    spoken = localize.language(desk.settings.content_root, language)
    shown = [row | {"pieces": outgoing.pieces(row["translation"])} for row in rows]
    return page("words.html.j2").render(rows=shown, spoken=spoken, columns=outgoing.COLUMNS)


def take_in(desk: Desk, actor: Actor, path: Path, by: str = "", *, rest: bool = False) -> Taken:
    """Take a translator's words from a file.

    Args:
        desk: where the words go.
        actor: who brings them, and answers for it.
        path: a CSV as it went out, or a PO file.
        by: whose words they are; by default the actor's own.
        rest: take the lines that are right, though others are refused.

    Returns:
        What was taken: nothing, where a line is refused and `rest` is not set.

    Raises:
        Unusable: the file cannot be read, or holds nothing.
        Refused: the actor's role.
    """
    actor.must_be("reviewer", "officer")
    lines = incoming.read(path)
    book = Book(desk.settings.content_root, _language(lines, path))
    examined = incoming.examine(desk.settings.content_root, book, lines)
    name = " ".join(by.split()) or actor.name
    if not name.isprintable():
        raise Unusable("This is no name.", where="--by")
    good = () if examined.refused and not rest else examined.good
    if good:
        _write(desk, actor, book, good, name)
    return Taken(book.language, name, tuple(line.key for line in good), examined)


def _language(lines: list[Line], path: Path) -> str:
    found = Counter(line.language for line in lines if line.language)
    if not found:
        raise Unusable("No line of this file names a language.", where=path.name)
    return found.most_common(1)[0][0]


def _write(desk: Desk, actor: Actor, book: Book, lines: tuple[Line, ...], by: str) -> None:
    """The audit entry first, as for an approval."""
    for line in lines:
        approving.translate(book.entry(line.key), line.text, by, desk.today, actor.name)
    detail = {"by": by, "strings": [line.key for line in lines]}
    with desk.ledger.write() as conn:
        audit.append(conn, desk.vault, actor=actor.name, act="words translated", subject=book.language, detail=detail)
    book.save()
