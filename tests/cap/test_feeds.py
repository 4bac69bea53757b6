import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import feedparser
import pytest
from lxml import etree

from onevoice import feeds
from onevoice.alert import Kind, Status
from onevoice.errors import Conflict, Unusable

ATOM = "{http://www.w3.org/2005/Atom}"
XML_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
SENT = datetime(2026, 11, 21, 23, 5, tzinfo=UTC)


def _entry(version: int = 1, **given: Any) -> feeds.FeedEntry:
    fields: dict[str, Any] = {
        "identifier": f"f3a9-{version}",
        "sender": "alerts@millford.example",
        "chain": "f3a9",
        "version": version,
        "kind": Kind.WARNING if version == 1 else Kind.UPDATE,
        "status": Status.ACTUAL,
        "titles": {"en": f"River flood {version}", "es": f"Inundación {version}", "ar": f"فيضان {version}"},
        "summaries": {"en": "The river rises <fast> & high.", "es": "El río sube."},
        "sent": SENT + timedelta(hours=version),
        "expires": SENT + timedelta(hours=version + 12),
        "cap_url": f"https://millford.example/cap/f3a9-{version}.xml",
        "page_url": "https://millford.example/a/f3a9",
        "categories": ("Met",),
        "factset": "sha256:" + "f" * 64,
        "content": "sha256:" + "c" * 64,
    }
    return feeds.FeedEntry(**fields | given)


def _feed(status: Status = Status.ACTUAL, **given: Any) -> feeds.Feed:
    fields: dict[str, Any] = {
        "status": status,
        "titles": {"en": "Alerts of Millford", "es": "Alertas de Millford"},
        "author": "Millford Emergency Management",
        "feed_url": "https://millford.example/feed.atom",
        "home_url": "https://millford.example/",
        "since": SENT,
    }
    return feeds.Feed(**fields | given)


def test_a_common_feed_reader_finds_the_cap_file_at_the_link_of_each_entry() -> None:
    """feedparser, as CAP Composer uses it, takes a link ending in .xml, a description and a time from each entry."""
    seen = feedparser.parse(feeds.atom(_feed(), [_entry(1), _entry(2)]))
    assert not seen.bozo
    assert (seen.feed.title, seen.feed.link) == ("Alerts of Millford", "https://millford.example/")
    assert [entry.link for entry in seen.entries] == [
        "https://millford.example/cap/f3a9-2.xml",
        "https://millford.example/cap/f3a9-1.xml",
    ]
    for entry in seen.entries:
        assert entry.summary == "The river rises <fast> & high."
        assert entry.updated_parsed.tm_year == 2026
        assert entry.published == entry.updated
        assert [(link.rel, link.type) for link in entry.links] == [
            ("alternate", "text/html"),  # what it takes a link without a type for
            ("alternate", "application/cap+xml"),
            ("related", "text/html"),
        ]


def test_the_untyped_link_stands_before_the_typed_one() -> None:
    """Readers that take the first link and readers that look for the type both find the CAP file."""
    root = etree.fromstring(feeds.atom(_feed(), [_entry()]))
    links = root.findall(f"{ATOM}entry/{ATOM}link")
    assert [dict(link.attrib) for link in links[:2]] == [
        {"href": "https://millford.example/cap/f3a9-1.xml"},
        {
            "rel": "alternate",
            "type": "application/cap+xml",
            "href": "https://millford.example/cap/f3a9-1.xml",
        },
    ]


def test_every_atom_element_that_the_standard_asks_for_is_there() -> None:
    """RFC 4287: id, title and updated once each, an author, a link to the feed itself."""
    root = etree.fromstring(feeds.atom(_feed(), [_entry(1), _entry(2)]))
    assert root.tag == f"{ATOM}feed"
    for element in (root, *root.findall(f"{ATOM}entry")):
        assert [len(element.findall(f"{ATOM}{name}")) for name in ("id", "title", "updated")] == [1, 1, 1]
    assert root.findtext(f"{ATOM}author/{ATOM}name") == "Millford Emergency Management"
    assert root.findtext(f"{ATOM}updated") == "2026-11-22T01:05:00+00:00"
    assert root.find(f"{ATOM}link[@rel='self']") is not None
    assert [c.get("term") for c in root.findall(f"{ATOM}entry/{ATOM}category")][:3] == ["Met", "update", "Actual"]


def test_an_entry_keeps_its_id_whatever_else_changes() -> None:
    """The id is made of what CAP never changes; each version has its own."""
    entry = _entry(1)
    moved = _entry(1, cap_url="https://elsewhere.example/1.xml", titles={"en": "Other"}, page_url="https://e.example/")
    assert entry.id == moved.id == "tag:alerts@millford.example,2026-11-22:f3a9-1"
    assert entry.id != _entry(2).id


def test_an_entry_of_one_language_has_an_id_of_its_own() -> None:
    """Beside the entry that speaks all languages, and beside those of other languages."""
    ids = [_entry(), _entry(language="es"), _entry(language="zh-Hans"), _entry(identifier="f3a9-1.T4", language="es")]
    assert [entry.id.rsplit(":", 1)[1] for entry in ids] == ["f3a9-1", "f3a9-1.es", "f3a9-1.zh-Hans", "f3a9-1.T4.es"]


@pytest.mark.parametrize(
    ("language", "title", "title_in", "summary_in"),
    [
        ("en", "River flood 1", "en", "en"),
        ("es", "Inundación 1", "es", "es"),
        ("ar", "فيضان 1", "ar", "en"),
        ("vi", "River flood 1", "en", "en"),
    ],
)
def test_a_feed_speaks_one_language_and_says_where_it_cannot(
    language: str, title: str, title_in: str, summary_in: str
) -> None:
    """A text that the language lacks stands in English and is marked as English."""
    root = etree.fromstring(feeds.atom(_feed(), [_entry()], language))
    told = root.find(f"{ATOM}entry/{ATOM}title")
    summary = root.find(f"{ATOM}entry/{ATOM}summary")
    assert told is not None
    assert summary is not None
    assert root.get(XML_LANGUAGE) == language
    assert (told.text, told.get(XML_LANGUAGE), summary.get(XML_LANGUAGE)) == (title, title_in, summary_in)
    item = json.loads(feeds.json_feed(_feed(), [_entry()], language))["items"][0]
    assert (item["title"], item["language"]) == (title, title_in)


def test_without_english_the_first_language_stands_in() -> None:
    """A text in any language is better than none."""
    told = json.loads(feeds.json_feed(_feed(), [_entry(titles={"ht": "Inondasyon"})], "vi"))
    assert (told["items"][0]["title"], told["items"][0]["language"]) == ("Inondasyon", "ht")


def test_the_json_feed_says_the_same_and_what_only_onevoice_knows() -> None:
    """JSON Feed 1.1 with the CAP file attached, and status, chain and hashes under `_onevoice`."""
    told = json.loads(feeds.json_feed(_feed(), [_entry(1), _entry(2)]))
    assert told["version"] == "https://jsonfeed.org/version/1.1"
    assert (told["title"], told["language"]) == ("Alerts of Millford", "en")
    newest = told["items"][0]
    assert newest["id"] == _entry(2).id
    assert newest["content_text"] == "The river rises <fast> & high."
    assert newest["attachments"] == [
        {
            "url": "https://millford.example/cap/f3a9-2.xml",
            "mime_type": "application/cap+xml",
            "title": "CAP 1.2 f3a9-2",
        }
    ]
    assert newest["_onevoice"] == {
        "status": "Actual",
        "kind": "update",
        "version": 2,
        "chain": "f3a9",
        "factset": "sha256:" + "f" * 64,
        "contenthash": "sha256:" + "c" * 64,
        "languages": ["ar", "en", "es"],
        "tier": "T2",
        "expires": "2026-11-22T13:05:00+00:00",
    }


FORMATS = [feeds.atom, feeds.json_feed]


def _titles(octets: bytes) -> list[str]:
    seen = feedparser.parse(octets)
    return [seen.feed.title, *(entry.title for entry in seen.entries)]


@pytest.mark.parametrize("write", FORMATS)
@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("other", list(Status))
def test_exercise_test_and_actual_alerts_never_share_a_feed(write: Any, status: Status, other: Status) -> None:
    """An entry of another status than the feed's is refused, not left out; the same status passes."""
    entries = [_entry(1, status=status), _entry(2, status=other)]
    if status is other:
        assert b"f3a9-2" in write(_feed(status), entries)
    else:
        with pytest.raises(Conflict, match=f"Alert f3a9-2 is {other}, and this feed is for {status} alone"):
            write(_feed(status), entries)


@pytest.mark.parametrize("write", FORMATS)
@pytest.mark.parametrize(("status", "mark"), [(Status.EXERCISE, "EXERCISE - "), (Status.TEST, "TEST - ")])
def test_every_title_of_an_exercise_or_test_feed_says_so(write: Any, status: Status, mark: str) -> None:
    """A reader that shows only titles still shows what it is."""
    octets = write(_feed(status), [_entry(status=status)])
    titles = _titles(octets) if write is feeds.atom else [(t := json.loads(octets))["title"], t["items"][0]["title"]]
    assert titles == [f"{mark}Alerts of Millford", f"{mark}River flood 1"]


def test_a_mark_is_in_the_readers_language_and_stands_once() -> None:
    """The mark of the texts serves; a title that begins with it is left as it is."""
    feed = _feed(Status.EXERCISE, marks={"es": "EJERCICIO", "en": "EXERCISE"})
    titles = {"es": "EJERCICIO. Inundación"}
    marked, bare = _entry(1, status=Status.EXERCISE, titles=titles), _entry(2, status=Status.EXERCISE)
    assert _titles(feeds.atom(feed, [marked, bare], "es")) == [
        "EJERCICIO - Alertas de Millford",
        "EJERCICIO - Inundación 2",
        "EJERCICIO. Inundación",
    ]


def test_actual_titles_are_left_as_they_are() -> None:
    """Nothing is put before the title of a real alert."""
    assert _titles(feeds.atom(_feed(), [_entry()])) == ["Alerts of Millford", "River flood 1"]


@pytest.mark.parametrize("write", FORMATS)
def test_a_feed_holds_the_hundred_newest_entries_newest_first(write: Any) -> None:
    """The oldest fall out, in whatever order they come; making it takes no time."""
    entries = [_entry(version) for version in range(1, 1001)]
    start = time.perf_counter()
    octets = write(_feed(), reversed(entries))
    assert time.perf_counter() - start < 2
    shown = [entry.version for entry in feeds.newest(_feed(), entries)]
    assert shown == list(range(1000, 900, -1))
    assert octets.count(b"application/cap+xml") == 100


def test_two_versions_of_the_same_second_stand_in_the_order_of_their_versions() -> None:
    """A correction issued within a second still stands above what it corrects."""
    entries = [_entry(1, sent=SENT), _entry(2, sent=SENT)]
    assert [entry.version for entry in feeds.newest(_feed(), entries)] == [2, 1]


@pytest.mark.parametrize("write", FORMATS)
def test_the_same_alert_twice_is_refused(write: Any) -> None:
    """An issued alert is never edited, so no id can stand twice."""
    with pytest.raises(Conflict, match="same id"):
        write(_feed(), [_entry(), _entry(titles={"en": "Edited"})])


def test_a_feed_without_alerts_is_a_feed() -> None:
    """Readers subscribe before anything happens."""
    seen = feedparser.parse(feeds.atom(_feed(), []))
    assert not seen.bozo
    assert seen.entries == []
    assert seen.feed.updated == "2026-11-21T23:05:00+00:00"
    assert json.loads(feeds.json_feed(_feed(), []))["items"] == []


def test_a_text_that_xml_cannot_carry_is_refused() -> None:
    """A control character in a title is named as the trouble; nothing half-written comes out."""
    with pytest.raises(Unusable, match="character that XML cannot carry"):
        feeds.atom(_feed(), [_entry(titles={"en": "River\x0bflood"})])


@pytest.mark.parametrize("sender", ["alerts millford", "alerts@", "a:b", "a,b", ""])
def test_a_sender_without_a_lasting_name_is_refused(sender: str) -> None:
    """A tag needs a domain or a mail address."""
    with pytest.raises(Unusable, match="neither a domain nor a mail address"):
        feeds.atom(_feed(), [_entry(sender=sender)])


@pytest.mark.parametrize(
    "given",
    [
        {"cap_url": "https://millford.example/cap/1"},
        {"cap_url": "/cap/1.xml"},
        {"page_url": "javascript:alert(1)"},
        {"titles": {}},
        {"summaries": {}},
        {"sent": datetime(2026, 11, 21)},  # noqa: DTZ001  (the missing zone is what is tested)
        {"identifier": "a b"},
    ],
)
def test_an_entry_without_what_readers_need_cannot_be_made(given: dict[str, Any]) -> None:
    """The CAP link ends in .xml, addresses are whole, texts are there, times have zones."""
    with pytest.raises(ValueError, match="validation error"):
        _entry(**given)
