"""A finished text as a reader has it: HTML without its tags, direction marks and odd spaces made plain."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from html.parser import HTMLParser

_BLOCKS = frozenset(["p", "h1", "h2", "h3", "li", "div", "br", "hr", "tr", "ol", "ul", "title", "body"])
_SILENT = frozenset(["style", "script", "head"])
_FOREIGN_DIGIT = re.compile(r"(?![0-9])\d")
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\u061c\ufeff]")


class _Reader(HTMLParser):
    """Collects the words of a page, one line for each block."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += (tag in _SILENT) or (("aria-hidden", "true") in attrs)
        if tag in _BLOCKS:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if self._silent and (tag in _SILENT or tag == "span"):
            self._silent -= 1
        if tag in _BLOCKS:
            self.words.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(" ".join(data.split("\n")))


_SENTENCE = 300
"""Characters up to which a text is taken for a sentence, which hundreds of texts hold; whole texts are not kept."""


def plain(text: str, *, html: bool = False) -> str:
    """The words alone: digits Western, spaces single, lines stripped, empty lines gone."""
    return _plain(text, html=html) if html or len(text) > _SENTENCE else _kept(text)


@lru_cache(maxsize=8192)
def _kept(text: str) -> str:
    return _plain(text, html=False)


def _plain(text: str, *, html: bool) -> str:
    if html:
        reader = _Reader()
        reader.feed(text)
        text = "".join(reader.words)
    text = _FOREIGN_DIGIT.sub(lambda found: str(unicodedata.digit(found[0])), _INVISIBLE.sub("", text))
    return "\n".join(line for raw in text.split("\n") if (line := " ".join(raw.split())))
