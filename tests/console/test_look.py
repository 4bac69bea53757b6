"""What every page owes its reader, whatever is on it: order, names, directions, contrast, and sense without a sheet."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from lxml import html

from onevoice import localize
from onevoice.alert import AreaFile, Kind, Status
from onevoice.desk import maps, partners
from onevoice.desk.page import SHEET

PATH = "/approve/river-flood-abc234-1"
PAGES = (
    "/",
    "/?lang=ar",
    "/a/abc234?lang=en",
    "/a/abc234?lang=ar",
    "/a/old987?lang=zh-Hans",
    "/a/tst555?lang=en",
    "/approve/river-flood-sub333-1",
    "/approve/river-flood-abc234-1",
    "/status/river-flood-abc234-1",
    "/halt",
    "/partners/{token}/",
    "/nowhere",
)


@pytest.fixture
def pages(town: Any, web: TestClient) -> dict[str, Any]:
    """Every page as its elements: alerts that run, that wait, that were replaced, of each status."""
    town.released(town.alert("abc234", status=Status.ACTUAL))
    town.submitted(town.alert("sub333"), languages={"en": 20, "ar": 7})
    town.released(town.alert("old987"))
    town.released(town.alert("old987", version=2, kind=Kind.UPDATE))
    town.released(town.alert("tst555", status=Status.TEST))
    token = partners.add(town.desk, "radio", "Mill Radio", languages=("en", "ar"))
    return {path: html.fromstring(web.get(path.format(token=token)).content.decode()) for path in PAGES}


def test_headings_are_in_order_under_one_title(pages: dict[str, Any]) -> None:
    """One h1 in one main part, and no level left out below it."""
    for path, page in pages.items():
        levels = [int(head.tag[1]) for head in page.iter("h1", "h2", "h3", "h4")]
        assert levels.count(1) == 1, path
        assert all(later <= earlier + 1 for earlier, later in pairwise(levels)), path
        assert len(page.xpath("//main")) == 1, path


def test_every_drawing_has_a_size_and_words_or_is_silent(pages: dict[str, Any]) -> None:
    """Without the sheet a sign would fill the screen; without words a map would be nothing for who cannot see."""
    for path, page in pages.items():
        for drawing in page.iter("svg"):
            assert drawing.get("width"), path
            assert drawing.get("height"), path
            assert drawing.get("aria-hidden") == "true" or drawing.get("aria-label"), path


def test_every_field_has_a_label_and_every_column_a_head(pages: dict[str, Any]) -> None:
    """A field is named by its label, a table's heads say what they are for."""
    for path, page in pages.items():
        named = set(page.xpath("//label/@for"))
        assert {field.get("id") for field in page.xpath("//input[not(@type='hidden')] | //textarea")} <= named, path
        assert all(head.get("scope") for head in page.iter("th")), path


def test_a_passage_in_another_language_says_which_way_it_runs(pages: dict[str, Any]) -> None:
    """Wherever the language changes the direction is said with it."""
    for path, page in pages.items():
        for passage in page.xpath("//*[@lang]"):
            assert passage.get("dir") in ("ltr", "rtl"), (path, passage.text_content()[:40])


def test_what_can_be_scrolled_can_be_reached_with_the_keyboard(pages: dict[str, Any]) -> None:
    """And nothing is taken out of the order in which the page is read."""
    for path, page in pages.items():
        assert all(region.get("tabindex") == "0" for region in page.xpath("//*[@class='scroll']")), path
        assert set(page.xpath("//@tabindex")) <= {"0"}, path


# --- contrast


def colours(sheet: str) -> dict[str, str]:
    """The colours that a part of the sheet names."""
    return dict(re.findall(r"--(\w+):(#[0-9a-f]{3,6})", sheet))


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    digits = colour.removeprefix("#")
    digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, contrast ratio."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


LIGHT = colours(SHEET[: SHEET.index("@media")])
DARK = LIGHT | colours(SHEET[SHEET.index("(prefers-color-scheme:dark)") :].split("}}")[0])


@pytest.mark.parametrize("named", [LIGHT, DARK], ids=["light", "dark"])
def test_words_stand_out_from_their_ground(named: dict[str, str]) -> None:
    """7 to 1 for instructions and everything in ink or on a sign, 4.5 for links, 3 for the edges of fields."""
    assert LIGHT != DARK
    for ground in (named["paper"], named["soft"]):
        assert contrast(named["ink"], ground) >= 7
        assert contrast(named["link"], ground) >= 4.5
        assert contrast(named["line"], ground) >= 3
    assert contrast("#fff", named["red"]) >= 7
    assert contrast("#fff", named["green"]) >= 7
    assert contrast("#000", named["yellow"]) >= 7


# --- a page that moves


def test_figures_that_load_anew_can_be_held_still(town: Any, web: TestClient) -> None:
    """A reader who needs more time holds them, in the language that was chosen, and lets them go again."""
    town.released(town.alert())
    for path in (PATH, "/status/river-flood-abc234-1"):
        moving: Any = html.fromstring(web.get(f"{path}?lang=es").text)
        assert moving.xpath("//meta[@http-equiv='refresh']")
        (hold,) = moving.xpath("//a[starts-with(@href, '?')]/@href")
        still: Any = html.fromstring(web.get(path + hold).text)
        assert not still.xpath("//meta[@http-equiv='refresh']")
        assert still.xpath("//a[starts-with(@href, '?')]/@href") == ["?lang=es"]


# --- the map

DRAWN = AreaFile(polygon=[(40.015, -72.515), (40.02, -72.49), (39.99, -72.485), (39.985, -72.51), (40.015, -72.515)])
ROUND = AreaFile(circle=(40.0, -72.5, 1.2))
SIX = AreaFile(zones=["old-mill", "riverside", "harbor", "market", "north-hill", "orchard"])


def drawing(town: Any, area: AreaFile, language: str = "en") -> maps.Map:
    """The map of an area."""
    return maps.draw(town.desk, town.desk.gazetteer.resolve(area, town.desk.settings.home)[0], language)


@pytest.mark.parametrize(
    ("area", "marks", "said"),
    [
        (AreaFile(zones=["old-mill"]), 1, "Marked with stripes: all of Old Mill."),
        (SIX, 6, "Marked with stripes: all of Old Mill, Riverside, Harbor, Market, North Hill, Orchard."),
        (DRAWN, 1, "Marked with stripes: a drawn area of about 7.3 km², 3.9 km across, in Old Mill, Riverside."),
        (ROUND, 1, "Marked with stripes: a drawn area of about 4.5 km², 2.4 km across, in Old Mill, Riverside."),
    ],
    ids=["one zone", "six zones", "polygon", "circle"],
)
def test_a_map_says_in_words_what_it_marks(town: Any, area: AreaFile, marks: int, said: str) -> None:
    """Whole zones by name; a drawn area with its size, so that a slip of a digit is seen. 1.2 km around is 4.5."""
    drawn = drawing(town, area)
    assert len(drawn.marks) == marks
    assert drawn.says == said


@pytest.mark.parametrize("language", localize.languages(Path(__file__).resolve().parents[2]))
@pytest.mark.parametrize("area", [SIX, DRAWN], ids=["six zones", "polygon"])
def test_no_name_on_a_map_covers_another_or_leaves_the_frame(town: Any, area: AreaFile, language: str) -> None:
    """In every language, with its own names."""
    drawn = drawing(town, area, language)
    boxes = []
    for zone in drawn.zones:
        half = max(len(line) for line in zone.lines) * 12 / 2
        boxes.append((zone.x - half, zone.y - 20, zone.x + half, zone.y + 28 * len(zone.lines) - 24))
    assert len(boxes) == 8
    for left, top, right, bottom in boxes:
        assert left >= 0
        assert top >= 0
        assert right <= drawn.width
        assert bottom <= drawn.height
    crossing = [(a, b) for i, a in enumerate(boxes) for b in boxes[i + 1 :] if crosses(a, b)]
    assert crossing == []


def crosses(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Whether two boxes (left, top, right, bottom) share any ground."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
