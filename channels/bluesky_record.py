"""A post on Bluesky as a record: its key, its links, what it answers.

Lexicons app.bsky.feed.post, app.bsky.richtext.facet, com.atproto.repo.strongRef, and packages/syntax/src/tid.ts of
github.com/bluesky-social/atproto, read 2026-11-22.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from onevoice.dispatch.providers import CannotCarry

POST = "app.bsky.feed.post"
MOST_BYTES = 3000
URI = re.compile(rf"at://(did:[a-z]+:[A-Za-z0-9._:%-]{{1,60}})/{re.escape(POST)}/([2-7a-z]{{13}})")
LINK = re.compile(r"https?://[!-~]+")
AFTER_A_LINK = ".,;:!?'\"*_)]}>"
"""What may follow a link in a sentence, and is no part of it."""
ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"
LENGTH = 13
BEGINS, SPAN = 1_577_836_800_000_000, 63_072_000_000_000
"""2020-01-01 and two years, in microseconds: a made-up key never lies in the future, where it would stay on top of
every list."""


def check(parts: Mapping[str, str]) -> None:
    """Raise CannotCarry for a text of too many bytes: letters with many marks are one character to a reader."""
    if (size := len(parts["text"].encode())) > MOST_BYTES:
        raise CannotCarry(f"The text takes {size} bytes; a post on Bluesky carries {MOST_BYTES}.")


def record_key(message_id: str) -> str:
    """The key under which the post of a delivery stands: always the same, so that a repeat collides.

    It has the form of a timestamp id (TID), as the lexicon asks: 53 bits of microseconds, 10 that tell clocks apart.
    """
    drawn = int.from_bytes(hashlib.sha256(f"post\n{message_id}".encode()).digest())
    number = (BEGINS + drawn % SPAN) << 10 | drawn >> 246
    return "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(LENGTH)))


def record(text: str, language: str, reply: Mapping[str, Any] | None) -> dict[str, Any]:
    """The record of a post, made now."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    made: dict[str, Any] = {"$type": POST, "text": text, "createdAt": at, "langs": [language]}
    if facets := list(_facets(text)):
        made["facets"] = facets
    return made | ({"reply": reply} if reply else {})


def _facets(text: str) -> Iterator[dict[str, Any]]:
    """Each link by its place in the text, in bytes of UTF-8: else nobody can tap it."""
    for found in LINK.finditer(text):
        uri = found[0].rstrip(AFTER_A_LINK)
        start = len(text[: found.start()].encode())
        yield {
            "index": {"byteStart": start, "byteEnd": start + len(uri)},
            "features": [{"$type": "app.bsky.richtext.facet#link", "uri": uri}],
        }


def reply_to(parent: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a reply to this post (an answer of getRecord) refers to; None where the answer makes no sense.

    The root is that of the parent, or the parent itself: any other, and readers' programs hide the reply.
    """
    named = {"uri": parent.get("uri"), "cid": parent.get("cid")}
    value = parent.get("value")
    if not (all(isinstance(each, str) for each in named.values()) and isinstance(value, dict)):
        return None
    above = value.get("reply")
    root = above.get("root") if isinstance(above, dict) else named
    return {"root": root, "parent": named}
