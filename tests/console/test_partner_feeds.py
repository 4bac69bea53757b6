"""A partner gets each version in the languages and reading levels it asked for: on its page, in its feeds, by mail."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import feedparser
import pytest
from fastapi.testclient import TestClient
from lxml import etree, html

from onevoice import cap, feeds
from onevoice.alert import Kind, Status
from onevoice.desk import ask, partner_mail, partners, publish, published
from onevoice.people import Tier

ALERT = "river-flood-abc234-1"
TECHNICAL = "RIVER FLOOD WARNING, technical."
EN, ES, T4 = f"{ALERT}.en", f"{ALERT}.es", f"{ALERT}.T4.en"
WISHES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "two languages and two tiers": ({"languages": ("en", "es"), "tiers": ("T2", "T4")}, [EN, ES, T4]),
    "its own order of languages": ({"languages": ("es", "en"), "tiers": ("T2",)}, [ES, EN]),
    "one language": ({"languages": ("es",), "tiers": ("T2",)}, [ES]),
    "the technical words alone": ({"tiers": ("T4",)}, [T4]),
    "technical words, which are English": ({"languages": ("es",), "tiers": ("T2", "T4")}, [ES, T4]),
    "plain words stand for the plainest": ({"languages": ("en",), "tiers": ("T1",)}, [EN]),
    "everything": ({}, [EN, ES, T4]),
    "a language that the version lacks": ({"languages": ("vi",), "tiers": ("T2",)}, [EN]),
}


def _released(town: Any, **changes: Any) -> Any:
    alert = town.alert(**changes)
    town.released(alert, [town.text(alert, "en"), town.text(alert, "es"), town.text(alert, "en", Tier.T4, TECHNICAL)])
    return alert


def _names(ids: list[str]) -> list[str]:
    return [one.rsplit(":", 1)[1] for one in ids]


@pytest.mark.parametrize("wish", WISHES)
def test_a_partners_feeds_have_an_item_for_each_language_and_tier_it_asked_for(
    wish: str, town: Any, web: TestClient
) -> None:
    """Atom and JSON Feed alike, each item with an id of its own and the tag of its language."""
    _released(town)
    asked, expected = WISHES[wish]
    token = partners.add(town.desk, "radio", "Mill Radio", **asked)

    items = json.loads(web.get(f"/partners/{token}/feed.json").content)["items"]
    root = etree.fromstring(web.get(f"/partners/{token}/atom.xml").content)
    entries = root.findall(f"{{{feeds.ATOM}}}entry")

    assert _names([item["id"] for item in items]) == expected
    assert _names([str(entry.findtext(f"{{{feeds.ATOM}}}id")) for entry in entries]) == expected
    tongues = [name.rsplit(".", 1)[1] for name in expected]
    assert [item["language"] for item in items] == tongues
    for part in ("title", "summary"):
        tagged = [entry.find(f"{{{feeds.ATOM}}}{part}") for entry in entries]
        assert [found.get(feeds.XML_LANGUAGE) for found in tagged if found is not None] == tongues


def test_each_item_says_its_own_words_and_its_tier(town: Any, web: TestClient) -> None:
    """Spanish in Spanish, the technical text marked T4; every CAP document behind an item is valid."""
    _released(town)
    token = partners.add(town.desk, "radio", "Mill Radio", languages=("en", "es"), tiers=("T2", "T4"))

    items = json.loads(web.get(f"/partners/{token}/feed.json").content)["items"]

    for item, words, tier in zip(
        items, ("RIVER FLOOD WARNING.", "INUNDACIÓN.", TECHNICAL), ("T2", "T2", "T4"), strict=True
    ):
        assert words in item["title"]
        assert words in item["content_text"]
        assert item["_onevoice"]["tier"] == tier
        assert tier in item["tags"]
        answer = web.get(item["attachments"][0]["url"].removeprefix(town.desk.settings.public_url))
        assert cap.check(answer.content).valid
    scopes = [item["attachments"][0]["title"] for item in items]
    assert scopes == [f"CAP 1.2 {ALERT}", f"CAP 1.2 {ALERT}", f"CAP 1.2 {ALERT}.T4"]


def test_items_keep_their_ids_when_the_wish_of_another_partner_differs(town: Any, web: TestClient) -> None:
    """The id is made of the version, the tier and the language, and of nothing else."""
    _released(town)
    many = partners.add(town.desk, "radio", "Mill Radio")
    one = partners.add(town.desk, "church", "Church", languages=("es",), tiers=("T2",))

    found = [json.loads(web.get(f"/partners/{token}/feed.json").content)["items"] for token in (many, one)]

    assert found[1][0]["id"] in {item["id"] for item in found[0]}


def test_a_partner_that_asked_for_technical_words_alone_gets_plain_ones_where_there_are_none(
    town: Any, web: TestClient
) -> None:
    """Nobody who asked for warnings is left without one."""
    town.released(town.alert())
    token = partners.add(town.desk, "clinic", "Clinic", languages=("en",), tiers=("T4",))

    [entry] = feedparser.parse(web.get(f"/partners/{token}/atom.xml").content).entries

    assert entry.id.endswith(EN)


def test_a_page_of_a_partner_shows_what_its_feeds_tell(town: Any, web: TestClient) -> None:
    """A field for each text, with a name of its own; who did not ask for technical words does not see them."""
    _released(town)
    both = partners.add(town.desk, "radio", "Mill Radio", languages=("en", "es"), tiers=("T2", "T4"))
    plain = partners.add(town.desk, "church", "Church", languages=("vi",), tiers=("T2",))

    page: Any = html.fromstring(web.get(f"/partners/{both}/").content.decode())
    other: Any = html.fromstring(web.get(f"/partners/{plain}/").content.decode())

    fields = page.xpath("//textarea")
    assert [field.get("lang") for field in fields] == ["en", "es", "en"]
    assert len({field.get("id") for field in fields}) == 3
    assert [TECHNICAL in field.text for field in fields] == [False, False, True]
    assert page.xpath("//h3[contains(., 'T4')]")
    assert page.xpath("//a[text()='CAP for responders']/@href") == [f"cap/exercise/{ALERT}.xml"]
    assert [field.get("lang") for field in other.xpath("//textarea")] == ["en"]
    assert TECHNICAL not in other.text_content()


def test_a_mail_to_a_partner_holds_the_texts_it_asked_for(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each text whole, so that a newsroom can use it while the page is out of reach."""
    alert = _released(town)
    partners.add(town.desk, "radio", "Radio", email="a@radio.example", languages=("es",), tiers=("T2", "T4"))
    partners.add(town.desk, "church", "Church", email="b@church.example", languages=("en",), tiers=("T2",))
    sent: list[Any] = []
    monkeypatch.setattr(ask, "_send", lambda _desk, _alert, _release, told: sent.extend(told))

    assert ask.tell_partners(town.desk, alert.id) == 2

    bodies = {notice.whom["partner_id"]: notice.words for notice in sent}
    assert ("INUNDACIÓN." in bodies["radio"], TECHNICAL in bodies["radio"]) == (True, True)
    assert ("INUNDACIÓN." in bodies["church"], TECHNICAL in bodies["church"]) == (False, False)
    assert "\n[es, for the public]\n" in bodies["radio"]
    assert "\n[en, T4, for responders only]\n" in bodies["radio"]
    assert ("Do not publish it." in bodies["radio"], "Do not publish it." in bodies["church"]) == (True, False)
    assert bodies["church"].strip().splitlines()[-1] == "EXERCISE"


def test_a_partner_with_many_texts_reads_as_many_versions_as_others(
    town: Any, web: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The length of a feed is counted in versions: three texts of each do not push a current alert out."""
    monkeypatch.setattr(feeds, "CAPACITY", 2)
    begun = town.clock[0]
    for number, code in enumerate(("abc234", "def567", "ghj892")):
        town.clock[0] = begun + timedelta(minutes=number)
        _released(town, code=code)
    token = partners.add(town.desk, "radio", "Mill Radio", languages=("en", "es"), tiers=("T2", "T4"))

    items = json.loads(web.get(f"/partners/{token}/feed.json").content)["items"]

    assert [item["_onevoice"]["chain"][-6:] for item in items] == ["ghj892"] * 3 + ["def567"] * 3


# --- what a duty officer does with a mail


def _mails(town: Any, monkeypatch: pytest.MonkeyPatch, alert: Any) -> list[Any]:
    sent: list[Any] = []
    monkeypatch.setattr(ask, "_send", lambda _desk, _alert, _release, told: sent.extend(told))
    ask.tell_partners(town.desk, alert.id)
    return sent


def _said(web: TestClient, path: str) -> str:
    page: Any = html.fromstring(web.get(path).text)
    return str(page.text_content())


def test_a_mail_says_what_to_do_before_it_says_the_texts(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """First version: pass on. Later ones: take the older one down, and the subject says what is new."""
    partners.add(town.desk, "radio", "Radio", email="a@radio.example", languages=("en",), tiers=("T2",))
    subjects = []
    for version, kind in enumerate((Kind.WARNING, Kind.UPDATE, Kind.CORRECTION, Kind.ALL_CLEAR), 1):
        alert = town.alert(version=version, kind=kind)
        town.released(alert)
        [mail] = _mails(town, monkeypatch, alert)
        subjects.append(mail.line)
        steps, _, texts = mail.words.partition("[en, for the public]")
        assert (f"Take version {version - 1} down" in steps) == (version > 1)
        assert "/heard/" in steps
        assert texts.strip().startswith("EXERCISE")
    assert [subject.split(", for Old Mill, Riverside: please ") for subject in subjects] == [
        ["EXERCISE. River flood, warning", "pass on"],
        ["EXERCISE. CHANGED. River flood, update", "pass on version 2, take version 1 down"],
        ["EXERCISE. CORRECTED. River flood, correction", "pass on version 3, take version 2 down"],
        ["EXERCISE. OVER. River flood, all-clear", "pass on version 4, take version 3 down"],
    ]


def test_the_link_of_a_mail_answers_for_that_version(town: Any, web: TestClient) -> None:
    """Opening it says nothing; a button does, and the authority sees it. A newer version is named."""
    alert = town.alert()
    town.released(alert)
    partners.add(town.desk, "radio", "Mill Radio")
    path = partner_mail.answer_url(town.desk, alert.id, "radio").removeprefix(town.desk.settings.public_url)

    opened: Any = html.fromstring(web.get(path).content.decode())
    assert [button.text for button in opened.iter("button")] == ["We have received it", "We pass it on"]
    assert publish.said(town.desk, "radio", alert) == ""

    assert web.post(path, data={"word": "passing-on"}).headers["Location"].startswith(path)
    assert publish.said(town.desk, "radio", alert) == "passing-on"
    assert "You said: we pass it on." in _said(web, path)

    town.released(town.alert(version=2, kind=Kind.UPDATE))
    assert "Version 2 has taken the place of this one." in _said(web, path)


def test_nobody_else_can_answer(town: Any, web: TestClient) -> None:
    """A link of another version or partner, or of one whose access has ended, is a page that is not there."""
    alert, later = town.alert(), town.alert(version=2, kind=Kind.UPDATE)
    town.released(alert)
    town.released(later)
    for name in ("radio", "church"):
        partners.add(town.desk, name, name)
    base = town.desk.settings.public_url
    mine = partner_mail.answer_url(town.desk, alert.id, "radio").removeprefix(base)
    for wrong in (mine.replace("radio", "church"), mine.replace(alert.id, later.id), mine[:-1], f"{mine}0"):
        assert web.get(wrong).status_code == 404
        assert web.post(wrong, data={"word": "received"}).status_code == 404
    partners.revoke(town.desk, "radio")
    assert web.post(mine, data={"word": "received"}).status_code == 404
    assert publish.said(town.desk, "radio", alert) == ""


def test_a_partner_s_page_says_what_to_take_down_and_what_is_over(
    town: Any, web: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The version that a newer one replaces; that it is over; with nothing current, to look at one's own."""
    token = partners.add(town.desk, "radio", "Mill Radio", languages=("en",), tiers=("T2",))
    nothing = _said(web, f"/partners/{token}/")
    assert "take it down" in nothing
    town.released(town.alert(status=Status.ACTUAL))
    town.released(town.alert(version=2, kind=Kind.ALL_CLEAR, status=Status.ACTUAL))
    monkeypatch.setattr(published, "home_status", lambda _desk: Status.ACTUAL)
    page: Any = html.fromstring(web.get(f"/partners/{token}/").text)
    said = " ".join(page.text_content().split())
    assert "Take version 1 down wherever you passed it on." in said
    assert page.xpath("//div[@class='sign over']/div/p/text()") == ["Over"]
