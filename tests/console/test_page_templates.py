"""What the templates of the page give, composed from the real library and shown by the real page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from lxml import etree, html

from onevoice import cap, compose, feeds
from onevoice.alert import AlertFile, AreaFile, Status
from onevoice.desk import partners, published, resolve
from onevoice.people import Means, Profile

HEADLINE = 160
ZONES = ["old-mill", "riverside", "harbor", "market", "north-hill", "orchard"]
EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "examples").glob("*_warning.yaml"))


def composed(town: Any, alert: Any) -> list[Any]:
    """The public words of an alert in every language that is shipped."""
    desk = town.desk
    asked = [
        compose.Asked(profile=Profile(languages=(one,)), means=Means.PAGE, messenger=None, group="all")
        for one in desk.content.languages
    ]
    return [compose.compose(alert, one, desk.content, desk.authority(alert.authority)) for one in asked]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_page_has_all_that_it_needs(town: Any, path: Path) -> None:
    """Marks stand first and last, the title is the opening, and every step of the alert is a numbered line."""
    file = resolve.read_file(path)
    alert = resolve.resolve(town.desk, file, base=path.parent, chain="x-abc234")
    for text in composed(town, alert):
        words = published.passage(text, alert.status)
        lines = [line for line in text.parts["text"].splitlines() if line]
        assert lines[0] == lines[-1] == words.mark
        assert words.note == lines[1]
        assert words.opening in lines
        assert len(words.steps) == len(alert.actions)
        assert words.where in lines
        assert set(words.until) <= set(lines)
        assert not set(words.help) & set(words.until)
        assert len(words.headline) <= HEADLINE


def test_a_headline_drops_the_places_where_they_do_not_fit(town: Any) -> None:
    """Six places: the headline stays within what CAP takes, and the page still names all of them."""
    base = AlertFile(hazard="river_flood", status=Status.ACTUAL, area=AreaFile(zones=ZONES), facts={"act_by": "+4h"})
    file = base.model_copy(update={"more_info": "https://alerts.millford.example/a/abc234"})
    alert = resolve.resolve(town.desk, file, base=Path(), chain="river-flood-abc234")
    for text in composed(town, alert):
        words = published.passage(text, alert.status)
        assert len(words.headline) <= HEADLINE
        assert words.mark == ""
        assert words.headline.startswith(words.opening)


def test_composed_words_go_all_the_way(town: Any, web: TestClient) -> None:
    """From the example's file to the page in each language and to a valid CAP document."""
    path = next(path for path in EXAMPLES if path.stem == "river_flood_warning")
    alert = resolve.resolve(town.desk, resolve.read_file(path), base=path.parent, chain="river-flood-abc234")
    texts = composed(town, alert)
    town.released(alert, texts)
    for text in texts:
        language = text.profile.languages[0]
        page: Any = html.fromstring(web.get("/a/abc234", params={"lang": language}).content.decode())
        assert page.get("lang") == language
        assert published.passage(text, alert.status).steps[0] in page.xpath("//main")[0].text_content()
        assert page.xpath("//nav//h2/span/@lang") == []
    checked = cap.check(web.get(f"/cap/exercise/{alert.id}.xml").content)
    assert checked.valid, checked.errors


def test_every_item_of_a_feed_is_the_whole_public_text(town: Any, web: TestClient) -> None:
    """Marks first and last; source, hazard, place, every step, both times and the link, in the words of the page."""
    path = next(path for path in EXAMPLES if path.stem == "river_flood_warning")
    alert = resolve.resolve(town.desk, resolve.read_file(path), base=path.parent, chain="river-flood-abc234")
    texts = composed(town, alert)
    town.released(alert, texts)
    token = partners.add(town.desk, "radio", "Mill Radio", tiers=("T2",))
    told = {i["language"]: i["content_text"] for i in _items(web, f"/partners/{token}/feed.json")}
    assert told.keys() == {text.profile.languages[0] for text in texts}
    for text in texts:
        words = published.passage(text, alert.status)
        told_publicly = _items(web, f"/feeds/exercise/feed.json?lang={words.language}")[0]["content_text"]
        atom = etree.fromstring(web.get("/feeds/exercise/atom.xml", params={"lang": words.language}).content)
        for body in (told[words.language], told_publicly, str(atom.findtext(f".//{{{feeds.ATOM}}}summary"))):
            lines = [line for line in body.splitlines() if line]
            assert (lines[0], lines[1], lines[-1]) == (words.mark, words.note, words.mark)
            assert {words.opening, words.where, *words.until, *words.steps, *words.help} <= set(lines)
            assert all(line in body for line in words.lines)
            assert town.desk.authority().name(words.language) in lines
            assert alert.page_url in body


def _items(web: TestClient, path: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = json.loads(web.get(path).content)["items"]
    return items
