"""A text in two languages: each stretch has its own tag and side; the slots of a mail are shown filled."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from onevoice import localize
from onevoice.checks.samples import samples
from onevoice.compose import Asked, Content, compose
from onevoice.desk.grid import Cell
from onevoice.desk.page import page
from onevoice.people import Means, Messenger, Profile
from onevoice.stretches import EXAMPLE, as_read, filled
from onevoice.variant import Variant

Made = Callable[..., Variant]
MakeAlert = Callable[..., Any]
PAGE = "https://alerts.example/a/7kq2wd"


@pytest.fixture
def made(content: Content, authority: Messenger, alert: MakeAlert) -> Made:
    """`made("en", "ar")`: the text of an exercise in these languages."""

    def make(*languages: str, means: Means = Means.SMS) -> Variant:
        return compose(alert(status="Exercise"), Asked(Profile(languages=languages), means), content, authority)

    return make


def tags(variant: Variant, part: str) -> list[tuple[str, str, bool]]:
    """Give language, direction and whether it stands on its own lines, of each stretch with words."""
    return [(s.language, s.direction, s.whole) for s, said in as_read(variant, part, PAGE) if said.strip(" /\n")]


EN, AR = ("en", "ltr"), ("ar", "rtl")


@pytest.mark.parametrize(
    ("means", "part", "expected"),
    [
        (Means.SMS, "text", [EN, AR, EN, AR, EN, AR]),
        (Means.EMAIL, "text", [EN, AR]),
        (Means.EMAIL, "subject", [EN, AR]),
    ],
)
def test_each_part_of_a_bilingual_text_has_its_own_language_and_side(
    means: Means, part: str, expected: list[tuple[str, str]], made: Made, content: Content
) -> None:
    """Marks, subject and body; only what has lines of its own has a side of its own."""
    found = tags(made("en", "ar", means=means), part)

    assert [(language, way) for language, way, _ in found] == expected
    assert [whole for *_, whole in found] == {
        "subject": [False, False],
        "text": [False, False, True, True, False, False] if means is Means.SMS else [True, True],
    }[part]
    assert content.voice("ar").direction == localize.language(Path(content.root), "ar").direction == "rtl"


def test_the_stretches_are_the_text_and_nothing_else(made: Made) -> None:
    """Every word, once and in order."""
    variant = made("en", "ar")

    assert "".join(said for _, said in as_read(variant, "text", PAGE)) == variant.parts["text"]


def test_a_text_in_one_language_is_one_stretch(made: Made) -> None:
    """In its own language."""
    variant = made("ar")

    assert (variant.passages, tags(variant, "text")) == ((), [("ar", "rtl", False)])


def test_the_line_that_says_why_it_is_english_is_in_the_readers_language(root: Path, authority: Messenger) -> None:
    """Between English lines, on a line of its own."""
    content = Content(root)
    sample = next(one for one in samples(content.lexicon) if one.alert.hazard == "river_flood")
    asked = Asked(Profile(languages=("en",)), Means.SMS, stand_in=True, lead="ar")

    found = tags(compose(sample.alert, asked, content, authority), "text")

    assert found == [(*EN, False), (*AR, True), (*EN, False)]


@pytest.mark.parametrize("show", ["page", "matrix"])
def test_pages_tag_each_stretch_and_fill_the_slots(show: str, made: Made) -> None:
    """As readers see it: no slot stands open, Arabic runs its way, and both ways of showing say the same words."""
    variant = made("en", "ar", means=Means.EMAIL)
    if show == "page":
        html = str(page("read.html.j2").module.told(variant, "text", PAGE))  # type: ignore[attr-defined]  # a macro
    else:
        cell = Cell(variant, source="Hill Office", page_url=PAGE)
        html = str(page("grid.html.j2").module.cell(cell))  # type: ignore[attr-defined]  # as above

    assert '<bdi class="whole-lines" lang="en" dir="ltr">' in html
    assert '<bdi class="whole-lines" lang="ar" dir="rtl">' in html
    assert "{" not in html
    assert html.count(f"https://alerts.example/manage/{EXAMPLE}") == variant.parts["text"].count("{manage_url}") == 2


def test_what_stands_in_a_slot_is_as_long_as_what_readers_get() -> None:
    """A token of a reader has 20 characters."""
    assert filled("{manage_url} {message_id}", PAGE) == f"https://alerts.example/manage/{EXAMPLE} {EXAMPLE}"
    assert len(EXAMPLE) == 20
