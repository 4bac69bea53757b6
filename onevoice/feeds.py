"""The feeds that partners and their machines read: Atom and JSON Feed, one entry for each version of an alert.

A partner that asked for several languages or reading levels has an entry for each, all of the same version.

An issued alert is never edited: an update is a new CAP file and a new entry. A feed holds alerts of one status only, so
that nobody can take an exercise for the real thing; every title of an Exercise or Test feed says so.

Two habits of readers shape the Atom entries. Some take only a link without a type, and only if it ends in `.xml`, so
that one stands first; the typed link that the standard wants stands second. Some drop an alert without a description,
so there is always a summary.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AwareDatetime, Field

from onevoice.alert import Kind, Status
from onevoice.errors import Conflict, Unusable
from onevoice.people import Frozen, Language, Tier

if TYPE_CHECKING:
    from lxml.etree import _Element

ATOM = "http://www.w3.org/2005/Atom"
XML_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
JSON_FEED = "https://jsonfeed.org/version/1.1"
CAP_TYPE = "application/cap+xml"
CAPACITY = 100
"""Versions that a feed holds: the newest ones. An alert that is older than a hundred later ones is no news."""

ORIGINAL = "en"
WEB = r"^https?://\S+$"
AUTHORITY = re.compile(r"(?:[A-Za-z0-9._-]+@)?[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)*")


Texts = Annotated[dict[Language, str], Field(min_length=1)]


class FeedEntry(Frozen):
    """One version of an alert, as the feeds tell it.

    `titles` and `summaries` are finished texts by language; a summary is the whole public text. `sender` and
    `identifier` are those of the CAP file at `cap_url`, `page_url` is for people, `categories` are CAP's. `language` is
    set where the entry is one of several about a version, each in one language.
    """

    identifier: Annotated[str, Field(min_length=1, pattern=r"^[^\s,<&]+$")]
    sender: str
    chain: str
    version: int
    kind: Kind
    status: Status
    titles: Texts
    summaries: Texts
    sent: AwareDatetime
    expires: AwareDatetime
    cap_url: Annotated[str, Field(pattern=r"^https?://\S+\.xml$")]
    page_url: Annotated[str, Field(pattern=WEB)]
    categories: tuple[str, ...] = ()
    factset: str
    content: str
    tier: Tier = Tier.T2
    language: Language | None = None

    @property
    def id(self) -> str:
        """A tag URI (RFC 4151) over what never changes: it stays when the server moves to another address."""
        if not AUTHORITY.fullmatch(self.sender):
            raise Unusable(
                "The sender is neither a domain nor a mail address, so entries have no lasting id.",
                where="sender",
                remedy="Give a sender such as alerts@millford.example.",
            )
        own = f".{self.language}" if self.language else ""
        return f"tag:{self.sender},{self.sent.astimezone(UTC):%Y-%m-%d}:{self.identifier}{own}"

    @property
    def terms(self) -> tuple[str, ...]:
        """What readers may sort by."""
        return (*self.categories, self.kind.value, self.status.value, self.tier.value)


class Feed(Frozen):
    """What a feed says of itself. `marks` are the words for an exercise or a test by language, as in its texts."""

    status: Status
    titles: Texts
    author: str
    feed_url: Annotated[str, Field(pattern=WEB)]
    home_url: Annotated[str, Field(pattern=WEB)]
    since: AwareDatetime
    """When the feed was set up: its time of change while it has no entry."""
    marks: dict[Language, str] = {}


def atom(feed: Feed, entries: Iterable[FeedEntry], language: Language = ORIGINAL) -> bytes:
    """The feed as Atom 1.0 in UTF-8, newest first. Texts that a language lacks stand in English and say so.

    Raises:
        Conflict: an entry has another status than the feed, or two entries are the same.
        Unusable: a text that XML cannot carry, a sender without a lasting id.
    """
    from lxml import etree  # noqa: PLC0415  (16 ms: only for those who write a feed)

    shown = newest(feed, entries)
    root = etree.fromstring(f'<feed xmlns="{ATOM}"/>')
    root.set(XML_LANGUAGE, language)
    try:
        _atom_head(root, feed, shown, language)
        for entry in shown:
            _atom_entry(etree.SubElement(root, f"{{{ATOM}}}entry"), feed, entry, language)
    except ValueError:
        raise Unusable(
            "A title or summary holds a character that XML cannot carry.", remedy="Take control characters out."
        ) from None
    return etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True)


def json_feed(feed: Feed, entries: Iterable[FeedEntry], language: Language = ORIGINAL) -> bytes:
    """The feed as JSON Feed 1.1 in UTF-8, newest first; what only OneVoice knows stands under `_onevoice`.

    Raises:
        Conflict, Unusable: as `atom`.
    """
    shown = newest(feed, entries)
    told = {
        "version": JSON_FEED,
        "title": _marked(feed, *_said(feed.titles, language)),
        "home_page_url": feed.home_url,
        "feed_url": feed.feed_url,
        "language": language,
        "authors": [{"name": feed.author}],
        "_onevoice": {"status": feed.status.value},
        "items": [_item(feed, entry, language) for entry in shown],
    }
    return (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace")


def newest(feed: Feed, entries: Iterable[FeedEntry]) -> list[FeedEntry]:
    """The entries that the feed shows: its own status only, newest first, those of a version in the order given."""
    every = list(entries)
    for entry in every:
        if entry.status is not feed.status:
            raise Conflict(
                f"Alert {entry.identifier} is {entry.status}, and this feed is for {feed.status} alone.",
                remedy="Keep one feed for each status.",
            )
    if len({entry.id for entry in every}) < len(every):
        raise Conflict("Two entries of the feed have the same id.", remedy="Give each version of an alert once.")
    ordered = sorted(every, key=lambda entry: (entry.sent, entry.version, entry.chain), reverse=True)
    held = set(list(dict.fromkeys((entry.chain, entry.version) for entry in ordered))[:CAPACITY])
    return [entry for entry in ordered if (entry.chain, entry.version) in held]


def _said(texts: dict[Language, str], language: Language) -> tuple[str, Language]:
    """The text in a language, else in English, else in the first there is; and which language it is."""
    chosen = next((one for one in (language, ORIGINAL) if one in texts), next(iter(texts)))
    return texts[chosen], chosen


def _marked(feed: Feed, title: str, language: Language) -> str:
    """Put the mark before the title of an exercise or a test, unless the title itself begins with it."""
    if feed.status is Status.ACTUAL:
        return title
    mark = feed.marks.get(language, feed.status.value.upper())
    return title if title.startswith(mark) else f"{mark} - {title}"


def _when(at: datetime) -> str:
    return at.astimezone(UTC).replace(microsecond=0).isoformat()


def _put(parent: _Element, name: str, text: str | None = None, /, **attributes: str) -> _Element:
    from lxml import etree  # noqa: PLC0415  (as above)

    element = etree.SubElement(parent, f"{{{ATOM}}}{name}", attributes)
    element.text = text
    return element


def _put_text(parent: _Element, name: str, text: str, language: Language) -> None:
    _put(parent, name, text, type="text").set(XML_LANGUAGE, language)


def _atom_head(root: _Element, feed: Feed, shown: list[FeedEntry], language: Language) -> None:
    title, said_in = _said(feed.titles, language)
    _put(root, "id", feed.feed_url)
    _put_text(root, "title", _marked(feed, title, said_in), said_in)
    _put(root, "updated", _when(shown[0].sent if shown else feed.since))
    _put(_put(root, "author"), "name", feed.author)
    _put(root, "link", rel="self", type="application/atom+xml", href=feed.feed_url)
    _put(root, "link", rel="alternate", type="text/html", href=feed.home_url)


def _atom_entry(element: _Element, feed: Feed, entry: FeedEntry, language: Language) -> None:
    title, said_in = _said(entry.titles, language)
    _put(element, "id", entry.id)
    _put_text(element, "title", _marked(feed, title, said_in), said_in)
    _put(element, "link", href=entry.cap_url)
    _put(element, "link", rel="alternate", type=CAP_TYPE, href=entry.cap_url)
    # not rel=alternate: readers that look for a web page would take it for the CAP file's address
    _put(element, "link", rel="related", type="text/html", href=entry.page_url)
    _put(element, "updated", _when(entry.sent))
    _put(element, "published", _when(entry.sent))
    for term in entry.terms:
        _put(element, "category", term=term)
    _put_text(element, "summary", *_said(entry.summaries, language))


def _item(feed: Feed, entry: FeedEntry, language: Language) -> dict[str, Any]:
    title, said_in = _said(entry.titles, language)
    return {
        "id": entry.id,
        "url": entry.page_url,
        "title": _marked(feed, title, said_in),
        "content_text": _said(entry.summaries, language)[0],
        "language": said_in,
        "date_published": _when(entry.sent),
        "date_modified": _when(entry.sent),
        "tags": list(entry.terms),
        "attachments": [{"url": entry.cap_url, "mime_type": CAP_TYPE, "title": f"CAP 1.2 {entry.identifier}"}],
        "_onevoice": _own(entry),
    }


def _own(entry: FeedEntry) -> dict[str, Any]:
    return {
        "status": entry.status.value,
        "kind": entry.kind.value,
        "version": entry.version,
        "chain": entry.chain,
        "factset": entry.factset,
        "contenthash": entry.content,
        "languages": sorted(entry.titles),
        "tier": entry.tier.value,
        "expires": _when(entry.expires),
    }
