"""A text as its reader sees it: each language with its own tag and side, and a mail with something in its two slots."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from onevoice.people import Language
    from onevoice.variant import Variant

EXAMPLE = "each-person-has-own-"
"""In place of a token, and as long as one: every reader has another. It opens nothing."""


class Stretch(NamedTuple):
    """A run of a part's text, from `start` to before `end`, in one language.

    `whole`: it stands on lines of its own, so that it has a side of its own to begin on.
    """

    start: int
    end: int
    language: Language
    direction: str
    whole: bool


def stretches(variant: Variant, part: str) -> list[Stretch]:
    """The whole part, cut where another language begins. A stretch of whole lines has the last one's end too."""
    return [one for one in _cut(variant, part) if one.end > one.start]


def _cut(variant: Variant, part: str) -> Iterator[Stretch]:
    text, at = variant.parts[part], 0
    usual = variant.profile.languages[0], variant.direction
    for passage in (one for one in variant.passages if one.part == part):
        start, end = passage.start, passage.end
        whole = text[start - 1 : start] in ("", "\n") and text[end : end + 1] in ("", "\n")
        yield Stretch(at, start, *usual, whole=False)
        at = min(end + whole, len(text))
        yield Stretch(start, at, passage.language, passage.direction, whole=whole)
    yield Stretch(at, len(text), *usual, whole=False)


def filled(text: str, page_url: str) -> str:
    """The text of a mail with an address and a number in its slots, as long as every reader's own.

    `page_url`: the alert's public page, which stands under the same address.
    """
    manage = f"{page_url.rsplit('/a/', 1)[0]}/manage/{EXAMPLE}"
    return text.replace("{manage_url}", manage).replace("{message_id}", EXAMPLE)


def as_read(variant: Variant, part: str, page_url: str) -> list[tuple[Stretch, str]]:
    """Each stretch with its words, as a page shows them."""
    text = variant.parts[part]
    return [(one, filled(text[one.start : one.end], page_url)) for one in stretches(variant, part)]
