"""The matrix: of an alert, and of the whole library; rows languages and levels, columns means, one look for a fact."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from onevoice.desk import grid, matrix, preview, shelves
from onevoice.desk.wiring import Desk
from onevoice.errors import Unusable
from onevoice.settings import Settings
from onevoice.stretches import filled
from onevoice.variant import Finding, Provenance, Scope, Severity, Span

EXAMPLE = "examples/river_flood_warning.yaml"


@pytest.fixture(scope="module")
def here(millford: Path, root: Path) -> Iterator[Desk]:
    """A desk of the fictional town."""
    desk = Desk(Settings(home=millford, content=root))
    yield desk
    desk.ledger.close()


@pytest.fixture(scope="module")
def seen(here: Desk, root: Path) -> preview.Preview:
    """One preview."""
    return preview.preview(here, str(root / EXAMPLE))


@pytest.fixture(scope="module")
def page(here: Desk, seen: preview.Preview) -> Any:
    """Its matrix, as elements."""
    return html.fromstring(matrix.matrix(here, seen))


@pytest.fixture(scope="module")
def library(here: Desk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The matrix of one hazard in two languages."""
    folder = tmp_path_factory.mktemp("library")
    wish = shelves.Wish(("extreme_heat",), ("warning", "preparedness"), ("en", "ar"))
    assert {shelf.file for shelf in shelves.write(here, folder, wish)} == {
        "extreme-heat-warning.html",
        "extreme-heat-preparedness.html",
    }
    return folder


def test_every_text_is_a_cell_under_its_language(page: Any, seen: preview.Preview) -> None:
    """None is left out, each stands under the own name of its language, and runs its reader's way."""
    assert len(page.xpath("//article")) == len(seen.prepared.variants)
    first, *others = page.xpath("//section[contains(@class, 'language')]/h2/bdi[1]")
    assert first.text == "English"
    arabic = next(name for name in others if name.get("lang") == "ar")
    assert (arabic.text, arabic.get("dir")) == ("العربية", "rtl")
    cells = arabic.xpath("ancestor::section//div[contains(@class, 'bubble')]")
    assert {(cell.get("lang"), cell.get("dir")) for cell in cells} == {("ar", "rtl")}


def test_a_fact_has_one_look_in_every_language(page: Any, seen: preview.Preview) -> None:
    """The last moment has the same class in all, and no other fact has both its colour and its underline."""
    assert len(page.xpath("//section[.//span[contains(@class, 'f-act_by')]]")) >= 7
    looks = grid.looks(seen.prepared.variants)
    assert len(looks) >= 10
    assert len(set(looks.values())) == len(looks)
    assert len({ground for ground, _ in looks.values()}) >= 10


def test_facts_are_marked_in_subjects_too(page: Any) -> None:
    """The subject of a mail is read first, so its facts can be followed like the others."""
    subjects = page.xpath("//div[@class='subject']")
    assert subjects
    assert all(one.xpath(".//span[contains(@class, 'f-hazard')]") for one in subjects)


def test_every_filter_is_a_link_to_one_that_is_there(page: Any) -> None:
    """Languages × means × findings: each choice keeps the others, and the style sheet knows each."""
    ids = set(page.xpath("//nav[contains(@class, 'filters')]/@id"))
    assert len(ids) == len(page.xpath("//nav[contains(@class, 'filters')]"))
    assert {href[1:] for href in page.xpath("//nav[contains(@class, 'filters')]//@href")} == ids
    assert all(re.fullmatch(r"l(x|\d+)m(x|\d+)f[01]", one) for one in ids)
    sheet = "".join(page.xpath("//style/text()"))
    for kind, end in (("l", "m"), ("m", "f")):
        for number in {n for one in ids for n in re.findall(rf"{kind}(\d+){end}", one)}:
            assert f'"{kind}{number}{end}"]:target' in sheet
    current = page.xpath("//nav[@id='l1m0f1']//a[@aria-current]/@href")
    assert current == ["#l1m0f1"] * 3


def test_one_reading_level_can_be_shown_alone(page: Any) -> None:
    """A choice for each level in use, beside the other filters; lines and languages without it are hidden."""
    [form] = page.xpath("//form[@class='tiers']")
    assert form.xpath(".//input[not(@id)]/@checked"), "all are shown at first"
    chosen = [one.removeprefix("tier-") for one in form.xpath(".//input/@id")]
    lines = page.xpath("//div[contains(@class, 'line ')]")
    assert chosen == sorted({line.get("class").split()[1] for line in lines})
    assert all(line.xpath("normalize-space(h3)").startswith(line.get("class").split()[1]) for line in lines)
    sheet = "".join(page.xpath("//style/text()"))
    for tier in chosen:
        assert f"body:has(#tier-{tier}:checked) .line:not(.{tier})" in sheet


def test_a_filter_for_findings_finds_them(seen: preview.Preview, root: Path) -> None:
    """A text with a finding, its column, line and language have the class; that nobody checked it is not counted."""
    one, other, *_ = seen.prepared.variants
    doubt = Finding(rule="C03", severity=Severity.BLOCK, scope=Scope.VARIANT, message="Another number.")
    draft = Finding(rule="P01", severity=Severity.WARN, scope=Scope.VARIANT, message="Nobody has checked this.")
    found = (one.with_findings((doubt,)), other.with_findings((draft,)))
    cells = [grid.Cell(text, "source", seen.prepared.alert.page_url) for text in found]
    made = grid.Grid(cells, root)
    assert made.found == 1
    assert [cell.found for cell in cells] == [True, False]
    (language,) = [part for part in made.languages if "found" in part.classes]
    assert any("found" in column.classes for line in language.lines for column in line.columns)


def test_a_cell_says_all_that_the_checks_said(seen: preview.Preview, page: Any) -> None:
    """Provenance, segments of a text message, reading, what was left out, and each finding with its rule."""
    cells = page.xpath("//article")
    said = [" ".join(cell.text_content().split()) for cell in cells]
    provenances = {variant.provenance for variant in seen.prepared.variants}
    assert provenances >= {Provenance.SOURCE, Provenance.MACHINE_DRAFT}
    assert any("Original." in one for one in said)
    assert any("Translation: machine draft." in one for one in said)
    assert all("Reading: " in one for one in said)
    for variant in seen.prepared.variants:
        shown = filled(variant.parts["text"], seen.prepared.alert.page_url)
        mine = [one for one in said if " ".join(shown.split()) in one]
        badges = [f"{finding.mark} {finding.rule}" for finding in variant.findings]
        assert any(all(badge in one for badge in badges) for one in mine)


def test_a_text_is_cut_where_facts_stand() -> None:
    """Nothing is lost or doubled, also where two facts overlap."""
    spans = [("b", Span(part="text", start=4, end=7)), ("a", Span(part="text", start=0, end=2))]
    overlapping = [*spans, ("c", Span(part="text", start=5, end=9))]
    for given in (spans, overlapping):
        cut = grid.pieces("ab, cde fg", given)
        assert "".join(text for _, text in cut) == "ab, cde fg"
        assert [(name, text) for name, text in cut if name] == [("a", "ab"), ("b", "cde")]


# --- the library


def test_the_index_leads_to_every_page_and_back(library: Path) -> None:
    """Every link of every page leads to a file, and every page is within reach of a phone."""
    for path in library.glob("*.html"):
        tree: Any = html.fromstring(path.read_text(encoding="utf-8"))
        links = [link for link in tree.xpath("//a/@href") if not link.startswith("#")]
        assert links, path
        assert all((library / link).is_file() for link in links)
        assert path.stat().st_size < 1_000_000


def test_the_index_counts_texts_and_findings(library: Path) -> None:
    """The figures of the index are those of the pages."""
    index: Any = html.fromstring((library / "index.html").read_text(encoding="utf-8"))
    for row in index.xpath("//tbody/tr"):
        (link,) = row.xpath(".//a/@href")
        shown: Any = html.fromstring((library / link).read_text(encoding="utf-8"))
        texts, *marks = (int(cell.text) for cell in row.xpath("td"))
        assert texts == len(shown.xpath("//article"))
        for name, count in zip(shelves.MARKS, marks, strict=True):
            with_it = shown.xpath(f"//article[p[contains(@class, 'badge')]/strong[starts-with(., '{name} ')]]")
            assert len(with_it) == count


def test_a_sample_cannot_be_taken_for_an_alert(library: Path) -> None:
    """Words first and last, and the border of an exercise."""
    tree: Any = html.fromstring((library / "extreme-heat-warning.html").read_text(encoding="utf-8"))
    assert tree.body.get("class") == "exercise"
    marks = tree.xpath("//p[@class='mark']")
    assert [mark.text_content().startswith("SAMPLES.") for mark in marks] == [True, True]
    assert {cell.get("lang") for cell in tree.xpath("//div[contains(@class, 'bubble')]")} == {"en", "ar"}


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (shelves.Wish(hazards=("river_flod",)), "There is no hazard 'river_flod'. Did you mean river_flood"),
        (shelves.Wish(kinds=("warnings",)), "There is no kind 'warnings'. Did you mean warning"),
        (shelves.Wish(languages=("xx",)), "There is no language 'xx'. There are: en"),
        (shelves.Wish(("tornado",), ("check-in",)), "tornado has no words for check-in"),
    ],
)
def test_what_is_not_there_is_named(here: Desk, tmp_path: Path, wish: shelves.Wish, said: str) -> None:
    """With the nearest name, before anything is written."""
    with pytest.raises(Unusable) as refused:
        list(shelves.write(here, tmp_path / "pages", wish))
    assert said in f"{refused.value.what} {refused.value.remedy}"
    assert not (tmp_path / "pages").exists()
