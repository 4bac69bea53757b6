"""Posting: which account says what in which language, and why nothing is posted where nothing is.

One thread for each account, language and chain: each version of an alert answers the one before. A text that is held
back is not posted at all; another language in its place would tell nobody who can read only this one, and the page and
the other posts stand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from onevoice.ledger import posts
from onevoice.ledger.posts import NewPost, Slot
from onevoice.people import Means, Tier
from onevoice.settings import Mode

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from onevoice.alert import Alert
    from onevoice.desk.wiring import Desk
    from onevoice.ledger.engine import Connection
    from onevoice.ledger.posts import Post
    from onevoice.variant import Variant

NO_ACCOUNTS = "No social accounts are set up, so nothing is posted."
GUESTS_ONLY = "Nothing is posted in test mode: it reaches guests only."
NOT_ANNOUNCED = "An exercise that was not announced is not posted."
NONE_READY = "Every post is held back, so nothing is posted."

SERVICES = {"mastodon": "Mastodon", "bluesky": "Bluesky"}
"""What people call a service."""

WORDS: Mapping[str, str] = {
    "delivered": "posted",
    "accepted": "posted",
    "sent": "posted",
    "planned": "waiting",
    "retry_wait": "waiting",
    "submitting": "unknown",
    "unknown": "unknown",
    "parked": "unknown",
}
"""State of a delivery → what is said of a post. Every other state: not posted."""
NOT_POSTED = "not posted"


@dataclass(frozen=True)
class Posting:
    """The posts of one version. `reason`: why there are none, else empty.

    `held`: languages whose post is held back. `unanswered`: threads in which an earlier version may stand and this one
    says nothing, because its text is held back or the account is not set up any more.
    """

    posts: tuple[NewPost, ...] = ()
    reason: str = ""
    held: tuple[str, ...] = ()
    unanswered: tuple[Slot, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values, as they are frozen with a release."""
        return {
            "count": len(self.posts),
            "accounts": sorted({f"{p.slot.via}:{p.slot.handle}" for p in self.posts}),
            "languages": sorted({p.slot.language for p in self.posts}),
            "held": list(self.held),
            "unanswered": [slot.address for slot in self.unanswered],
            "reason": self.reason,
        }


def sentences(posting: Mapping[str, Any]) -> list[str]:
    """What `Posting.to_json` says, for a person."""
    accounts, languages = len(posting["accounts"]), len(posting["languages"])
    count = f"{_many(posting['count'], 'post')}: {_many(accounts, 'account')}, {_many(languages, 'language')}."
    told = [posting["reason"] or count]
    if posting["held"]:
        told.append(f"Held back, so not posted: {', '.join(posting['held'])}.")
    if posting["unanswered"]:
        told.append(f"An earlier post may stand unanswered: {', '.join(posting['unanswered'])}. Answer it by hand.")
    return told


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def posting(
    desk: Desk, conn: Connection, alert: Alert, texts: Iterable[Variant], older: Sequence[int], passed: Collection[str]
) -> Posting:
    """The posts of a version. `older`: the releases of older versions; `passed`: rules that a person released past."""
    said = {t.profile.languages[0]: t for t in texts if t.means is Means.SOCIAL and t.profile.tier is Tier.T2}
    ready = {language: text for language, text in sorted(said.items()) if not text.withheld(passed)}
    reason = _why_not(desk, alert) or ("" if ready else NONE_READY)
    new = () if reason else tuple(_new(desk.accounts, ready))
    before = posts.standing(conn, older) if older else []
    return Posting(new, reason, tuple(sorted(set(said) - set(ready))), tuple(_unanswered(before, new)))


def _new(accounts: Mapping[str, str], ready: Mapping[str, Variant]) -> Iterable[NewPost]:
    return (
        NewPost(Slot(via, handle, language), text.id)
        for via, handle in sorted(accounts.items())
        for language, text in ready.items()
    )


def _unanswered(before: Iterable[Post], new: Iterable[NewPost]) -> Iterable[Slot]:
    answered = {post.slot for post in new}
    return (post.slot for post in before if post.slot not in answered)


def _why_not(desk: Desk, alert: Alert) -> str:
    mode = desk.settings.mode
    if mode is Mode.TEST:
        return GUESTS_ONLY
    if mode is Mode.LIVE and alert.status != "Actual" and not alert.announced:
        return NOT_ANNOUNCED
    return "" if desk.accounts else NO_ACCOUNTS


def word(state: str) -> str:
    """What is said of a post whose delivery is in `state`."""
    return WORDS.get(state, NOT_POSTED)


def line(post: Post) -> dict[str, Any]:
    """One post as status and report show it: an account is public, so it is named."""
    return {
        "service": post.slot.via,
        "account": post.slot.handle,
        "language": post.slot.language,
        "word": word(post.state),
        "state": post.state,
        "at": post.at.isoformat(),
        "ref": post.ref,
        "reply_to": post.reply_to,
        "why": post.reason or (post.code if word(post.state) != "posted" else None),
    }


def counted(lines: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Posts by what is said of them."""
    count = dict.fromkeys(("posted", "waiting", "unknown", NOT_POSTED), 0)
    for found in lines:
        count[found["word"]] += 1
    return count
