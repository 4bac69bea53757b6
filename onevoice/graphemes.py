"""How long a text is to its reader: extended grapheme clusters of Unicode (UAX #29).

Mastodon and Bluesky count posts so: a flag, a family of emoji or a letter with its marks is one. This is the only
place that counts them.
"""

from __future__ import annotations

import regex

_CLUSTER = regex.compile(r"\X")

LONGEST_POST = 300
"""What Bluesky takes; Mastodon takes more. One text goes to all, so the shorter limit counts."""


def graphemes(text: str) -> int:
    """How many characters a reader sees in the text."""
    return sum(1 for _ in _CLUSTER.finditer(text))
