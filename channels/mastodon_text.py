"""Telling a post of ours again by what the server shows of it: HTML, with hosts of mentions left out."""

from __future__ import annotations

import re
from html.parser import HTMLParser

MENTION = re.compile(r"(?<![\w/])@(\w+)@[\w.-]+\w")
BREAKS = {"br", "p"}


class _Words(HTMLParser):
    """Collects the text of a page; what ends a line becomes a space."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        del attrs
        if tag in BREAKS:
            self.words.append(" ")

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def same(text: str, content: str) -> bool:
    """Whether this HTML is how a server shows this text. White space does not count."""
    shown = _Words()
    shown.feed(content)
    shown.close()
    return _plain("".join(shown.words)) == _plain(text)


def _plain(text: str) -> str:
    return " ".join(MENTION.sub(r"@\1", text).split())
