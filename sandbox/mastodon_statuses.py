"""The statuses that the Mastodon service holds, and how Mastodon shows them and their account.

Pages: https://docs.joinmastodon.org/entities/Status/ and .../Account/ (read 2026-11-22).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.mastodon_text import as_html

KEY_KEPT = timedelta(hours=1)
"""How long an Idempotency-Key is kept."""
ACCOUNT_ID = "109000000000000001"
JOINED = "2026-01-01T00:00:00.000Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class MastodonAccount:
    """Who posts, and the token that proves it."""

    handle: str
    """`@name@host`."""
    token: str
    most_calls: int = 300
    """API calls in five minutes; 0 is no limit."""

    @property
    def username(self) -> str:
        """The name alone."""
        return self.handle.strip("@").partition("@")[0]

    @property
    def host(self) -> str:
        """The host of the handle."""
        return self.handle.strip("@").partition("@")[2]

    def entity(self, count: int) -> dict[str, Any]:
        """Mastodon's Account."""
        url = f"https://{self.host}/@{self.username}"
        picture = f"https://{self.host}/avatars/original/missing.png"
        return {
            "id": ACCOUNT_ID,
            "username": self.username,
            "acct": self.username,
            "display_name": self.username,
            "locked": False,
            "bot": False,
            "discoverable": True,
            "group": False,
            "created_at": JOINED,
            "note": "",
            "url": url,
            "uri": f"https://{self.host}/users/{self.username}",
            **dict.fromkeys(("avatar", "avatar_static", "header", "header_static"), picture),
            "followers_count": 0,
            "following_count": 0,
            "statuses_count": count,
            "last_status_at": None,
            "emojis": [],
            "fields": [],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """One post."""

    id: str
    text: str
    language: str
    visibility: str = "public"
    in_reply_to_id: str = ""
    idempotency_key: str = ""
    created: datetime = field(default_factory=lambda: datetime.now(UTC))

    def detail(self) -> dict[str, Any]:
        """What an entry needs beside its own fields so that a restart can make the status anew."""
        kept = ("language", "visibility", "in_reply_to_id", "idempotency_key")
        return {name: value for name in kept if (value := getattr(self, name))}

    def entity(self, account: MastodonAccount, count: int) -> dict[str, Any]:
        """Mastodon's Status."""
        at = self.created.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return {
            "id": self.id,
            "created_at": at,
            "edited_at": None,
            "in_reply_to_id": self.in_reply_to_id or None,
            "in_reply_to_account_id": ACCOUNT_ID if self.in_reply_to_id else None,
            "sensitive": False,
            "spoiler_text": "",
            "visibility": self.visibility,
            "language": self.language,
            "uri": f"https://{account.host}/users/{account.username}/statuses/{self.id}",
            "url": f"https://{account.host}/@{account.username}/{self.id}",
            **dict.fromkeys(("replies_count", "reblogs_count", "favourites_count"), 0),
            **dict.fromkeys(("favourited", "reblogged", "muted", "bookmarked", "pinned"), False),
            "content": as_html(self.text),
            "reblog": None,
            "application": {"name": "sandbox", "website": None},
            "account": account.entity(count),
            "media_attachments": [],
            "mentions": [],
            "tags": [],
            "emojis": [],
            "card": None,
            "poll": None,
        }


class Statuses:
    """All statuses that stand, oldest first."""

    def __init__(self) -> None:
        self._by_id: dict[str, Status] = {}
        self._keys: dict[str, str] = {}
        self._last = 0

    def __len__(self) -> int:
        return len(self._by_id)

    def new_id(self) -> str:
        """A snowflake: milliseconds and a counter, ever larger."""
        self._last = max(int(datetime.now(UTC).timestamp() * 1000) << 16, self._last + 1)
        return str(self._last)

    def add(self, status: Status, *, forget: bool = False) -> None:
        """Keeps one more, and its key unless that is to be forgotten."""
        self._by_id[status.id] = status
        self._last = max(self._last, int(status.id))
        if status.idempotency_key and not forget:
            self._keys[status.idempotency_key] = status.id

    def get(self, number: str) -> Status | None:
        """The status of this id."""
        return self._by_id.get(number)

    def remove(self, number: str) -> Status | None:
        """Takes one away."""
        return self._by_id.pop(number, None)

    def kept(self, key: str) -> Status | None:
        """The status that was posted with this key less than an hour ago."""
        status = self.get(self._keys.get(key, "")) if key else None
        return status if status and status.created > datetime.now(UTC) - KEY_KEPT else None

    def page(self, query: Mapping[str, str], limit: int) -> Iterator[Status]:
        """Statuses within `max_id`, `since_id` and `min_id`, newest first; min_id counts from its own end."""
        least = _number(query.get("min_id") or query.get("since_id"), 0)
        most = _number(query.get("max_id"), self._last + 1)
        within = [each for number, each in sorted(self._by_id.items(), key=_age) if least < int(number) < most]
        if query.get("exclude_replies") in {"true", "1"}:
            within = [each for each in within if not each.in_reply_to_id]
        yield from reversed(within[:limit] if query.get("min_id") else within[-limit:])


def _number(text: str | None, usual: int) -> int:
    return int(text) if text and text.isdecimal() else usual


def _age(item: tuple[str, Status]) -> int:
    return int(item[0])
