"""Fills what nobody has translated yet with drafts. What a person wrote is never touched, nor is another draft."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from onevoice import localize
from onevoice.checks import catalogue_form, catalogue_rules
from onevoice.localize.language import Language
from onevoice.translators.approving import draft
from onevoice.translators.book import Book
from onevoice.translators.drafting import Translator
from onevoice.translators.drafting.tags import unwrapped, wrapped
from onevoice.variant import Severity

_NEVER = frozenset(["P07", "P13"])


@dataclass(frozen=True)
class Filled:
    """`strings`: those that have a draft now. `refused`: string → why the answer was not taken; it stays empty."""

    strings: tuple[str, ...]
    refused: dict[str, str]


def empty(book: Book, keys: Sequence[str] | None = None) -> list[str]:
    """The strings that nobody, and no engine, has said anything for."""
    wanted = book.sources if keys is None else keys
    return [key for key in wanted if key in book.entries and not book.entry(key).msgstr.strip()]


def fill(root: Path, book: Book, keys: Sequence[str], service: Translator, on: date) -> Filled:
    """Put drafts into empty entries, in one call of the service; the file is not saved.

    Raises:
        OutOfReach: the service failed.
    """
    spoken = localize.language(root, book.language)
    answers = service.translate([wrapped(book.sources[key]) for key in keys], book.language)
    texts = {key: unwrapped(answer, book.sources[key]) for key, answer in zip(keys, answers, strict=True)}
    refused = {key: why for key, text in texts.items() if (why := _why_not(spoken, book, key, text))}
    good = {key: text for key, text in texts.items() if text and key not in refused}
    for key, text in good.items():
        draft(book.entry(key), text, service.name, on)
    return Filled(tuple(good), refused)


def _why_not(spoken: Language, book: Book, key: str, text: str | None) -> str:
    if text is None:
        return "A slot was lost or changed."
    if book.entry(key).msgstr.strip():
        return "Somebody has translated it."
    return "The answer is empty." if not text else " ".join(_wrong(spoken, book.sources[key], text))


def _wrong(spoken: Language, source: str, text: str) -> Iterator[str]:
    """What no draft may bring: a fact that is not in the English, another script, something invisible."""
    found = (*catalogue_rules.sentence(spoken, source, text, ""), *catalogue_form.sentence(source, text, ""))
    yield from (one.message for one in found if one.severity is Severity.BLOCK or one.rule in _NEVER)
