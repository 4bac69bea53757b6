"""How Mastodon counts a post, and how it shows one as HTML.

Counting: app/validators/status_length_validator.rb; HTML: app/lib/text_formatter.rb, of Mastodon 4 (read 2026-11-22).
"""

import re
from html import escape

import regex

LONGEST = 500
A_LINK = 23
"""Characters that a link counts for, however long it is."""
LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")
MENTION = re.compile(r"(?<![\w/])@(\w+)@[\w.-]+\w")
SHOWN = 30
"""Characters of a link that a reader sees."""
CLUSTER = regex.compile(r"\X")


def counted(text: str) -> int:
    """The length that counts against the limit: a link is 23, a mention loses its host."""
    plain = LINK.sub("x" * A_LINK, text)
    return len(CLUSTER.findall(MENTION.sub(r"@\1", plain)))


def as_html(text: str) -> str:
    """The content of a status: paragraphs, line breaks, links."""
    paragraphs = [_lines(each) for each in re.split(r"\n{2,}", text.strip())]
    return "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)


def _lines(paragraph: str) -> str:
    return "<br />".join(_line(line) for line in paragraph.split("\n"))


def _line(line: str) -> str:
    shown, last = [], 0
    for found in LINK.finditer(line):
        shown += [escape(line[last : found.start()]), _anchor(found[0])]
        last = found.end()
    return "".join([*shown, escape(line[last:])])


def _anchor(url: str) -> str:
    # The whole URL stands in the text, in three parts of which a browser shows the middle one.
    start = re.match(r"https?://(www\.)?", url)
    prefix = start[0] if start else ""
    middle, rest = url[len(prefix) :][:SHOWN], url[len(prefix) :][SHOWN:]
    parts = (("invisible", prefix), ("ellipsis" if rest else "", middle), ("invisible", rest))
    spans = "".join(f'<span class="{name}">{escape(part)}</span>' for name, part in parts)
    return f'<a href="{escape(url)}" target="_blank" rel="nofollow noopener noreferrer">{spans}</a>'
