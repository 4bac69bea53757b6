"""Links and phone numbers as people write them: without https, glued together, with +1 or 1 before them, cut short."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlsplit

_LINK = re.compile(
    r"(?:https?://|www\.)[^\s<>\"，。；、！？）】」]+|(?<![\w@.])(?:[a-z0-9\-]+\.)+[a-z]{2,}/[^\s<>\"，。）]*",
    re.IGNORECASE,
)
_TRAILING = ".,;:!?)]}'\"،؛。！？、，）"
_LATIN = r"\da-zA-Z\u00c0-\u024f_"
_PHONE = re.compile(rf"(?<![{_LATIN}/.\-])[+(（]{{0,2}}\d(?:[\d\s()（）.\-‐-―/·]{{3,17}})\d(?![{_LATIN}/])")
"""Chinese and Korean write a number right behind a word, and on without a gap."""
_WHOLE = 10
_CUT = 5
"""Digits from which on the beginning of a known number is that number cut short."""
_NANP = "1"


class Found(NamedTuple):
    """Something in a text, and where."""

    text: str
    start: int
    end: int


def links(text: str) -> list[Found]:
    """Every address, with or without its scheme, without the punctuation after it."""
    return [
        Found(said, m.start(), m.start() + len(said)) for m in _LINK.finditer(text) if (said := m[0].rstrip(_TRAILING))
    ]


def same_link(said: str, url: str) -> bool:
    """True where both lead to the same page: scheme, www, a language and the host's capitals do not matter."""
    return _target(said) == _target(url)


def same_host(said: str, url: str) -> bool:
    """True where both lead to the same site."""
    return _target(said)[0] == _target(url)[0]


def _target(url: str) -> tuple[str, str]:
    parts = urlsplit(url if "://" in url else f"https://{url}")
    return (parts.hostname or "").removeprefix("www."), parts.path.rstrip("/")


def phones(text: str) -> list[Found]:
    """Everything that can be a phone number or the beginning of one: six digits or more on one line."""
    found = []
    for match in _PHONE.finditer(text):
        said = match[0].split("\n")[0].strip()
        if sum(c.isdigit() for c in said) > _CUT:
            found.append(Found(said, match.start(), match.start() + len(said)))
    return found


def digits(text: str) -> str:
    """The digits alone."""
    return "".join(c for c in text if c.isdigit())


def same_phone(said: str, e164: str) -> bool:
    """True where a number as it is written rings this one: whole, or as people in its country write it."""
    full, spoken = digits(e164), digits(said)
    if said.lstrip(" (").startswith("+") or len(spoken) > _WHOLE:
        return spoken.removeprefix("00") == full
    national = full.removeprefix(_NANP) if len(full) == _WHOLE + 1 else full
    return spoken in (national, f"0{national}") or (
        len(full) > _WHOLE + 1 and full.endswith(spoken.lstrip("0")) and len(spoken) >= _WHOLE - 2
    )
