"""The posts that the Bluesky service holds, by record key."""

import base64
import hashlib
import time
from dataclasses import dataclass
from typing import Any

from sandbox.bluesky_rules import POST
from sandbox.cid import cid_of

ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"
LENGTH = 13


@dataclass(frozen=True, slots=True, kw_only=True)
class BlueskyAccount:
    """Who posts, and how long what proves it lasts."""

    handle: str
    password: str
    access_seconds: int = 7200
    """How long an access token holds."""
    most_sessions: int = 30
    """Log-ins in five minutes (ten times as many in a day); 0 is no limit."""

    @property
    def did(self) -> str:
        """The account's lasting name: of the handle, so that it is the same after a restart."""
        return "did:plc:" + base64.b32encode(hashlib.sha256(self.handle.encode()).digest()).decode().lower()[:24]

    def names(self, repo: str) -> bool:
        """Whether this is the account's handle or its did."""
        return repo.lower() in {self.handle, self.did}


def tid(micros: int) -> str:
    """A timestamp id: 53 bits of microseconds and 10 bits that stay 0."""
    number = micros << 10
    return "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(LENGTH)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One record."""

    rkey: str
    cid: str
    value: dict[str, Any]


class Records:
    """All posts that stand."""

    def __init__(self) -> None:
        self._by_key: dict[str, Post] = {}
        self._last = 0

    def __len__(self) -> int:
        return len(self._by_key)

    def new_key(self) -> str:
        """A key of this instant, larger than every one before."""
        self._last = max(time.time_ns() // 1000, self._last + 1)
        return tid(self._last)

    def made(self, rkey: str, record: dict[str, Any]) -> Post:
        """The post that this record would be. Raises ValueError for what a record cannot hold."""
        value = {"$type": POST} | record
        return Post(rkey=rkey, cid=cid_of(value), value=value)

    def put(self, post: Post) -> None:
        """Keeps one, in place of what had its key."""
        self._by_key[post.rkey] = post

    def get(self, rkey: str) -> Post | None:
        """The post of this key."""
        return self._by_key.get(rkey)

    def remove(self, rkey: str) -> Post | None:
        """Takes one away."""
        return self._by_key.pop(rkey, None)

    def page(self, cursor: str, limit: int, *, oldest_first: bool) -> list[Post]:
        """Posts by key, the largest first, from beyond the cursor."""
        keys = sorted(self._by_key, reverse=not oldest_first)
        beyond = [key for key in keys if not cursor or (key > cursor if oldest_first else key < cursor)]
        return [self._by_key[key] for key in beyond[:limit]]
