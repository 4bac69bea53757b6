"""First drafts of translations from a service. They are machine drafts, and go out in no real alert as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from onevoice.ledger import audit
from onevoice.translators.book import Book
from onevoice.translators.chosen import chosen
from onevoice.translators.drafting import translator
from onevoice.translators.drafting.filling import Filled, empty, fill

if TYPE_CHECKING:
    from collections.abc import Iterator

    from onevoice.desk.officers import Actor
    from onevoice.desk.wiring import Desk


def draft(desk: Desk, actor: Actor, language: str, hazard: str = "") -> Iterator[Filled]:
    """Have the empty strings of a language (of one hazard) drafted, call by call; each is saved as it comes.

    Raises:
        WrongSetting: no service is set up.
        Unusable: there is no such language or hazard.
        OutOfReach: the service failed; what came before is kept.
        Refused: the actor's role.
    """
    actor.must_be("reviewer", "officer")
    service = translator(desk.settings)
    root = desk.settings.content_root
    keys = list(chosen(desk.content, hazard, language).strings) if hazard else None
    waiting = empty(Book(root, language), keys)
    for start in range(0, len(waiting), service.most):
        book = Book(root, language)  # anew: somebody may work on the file while the service thinks
        filled = fill(root, book, empty(book, waiting[start : start + service.most]), service, desk.today)
        if filled.strings:
            detail = {"service": service.name, "strings": list(filled.strings)}
            with desk.ledger.write() as conn:
                audit.append(conn, desk.vault, actor=actor.name, act="words drafted", subject=language, detail=detail)
            book.save()
        yield filled
