import re
import runpy
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from onevoice.compose import Content
from onevoice.translators.chosen import chosen

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
GENERATED = ("states.md", "commands.md", "settings.md", "findings.md", "figures.md")
WORDS = (
    "Incident", "Alert", "Kind", "Fact", "FactSet", "Hazard", "Action", "Message", "Messenger", "Means", "Provider",
    "Contact", "Contact point", "Segment", "Profile", "Tier", "Variant", "Finding", "Release", "Delivery", "Attempt",
    "Receipt", "Reply",
)  # fmt: skip
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE))


def _words(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", GENERATED)
def test_a_page_that_follows_from_the_code_is_up_to_date(name: str) -> None:
    """`make docs` would not change it."""
    make = runpy.run_path(str(ROOT / "docs" / "generate.py"))["PAGES"][name]
    assert _words(ROOT / "docs" / name) == make()


def test_all_generated_pages_are_compared() -> None:
    """A page that is added to the generator is compared too."""
    assert set(runpy.run_path(str(ROOT / "docs" / "generate.py"))["PAGES"]) == set(GENERATED)


def _links(page: Path) -> list[str]:
    found = re.findall(r"\[[^\]]*\]\(([^)\s]+)\)", _words(page))
    return [link for link in found if not link.startswith(("http://", "https://", "mailto:"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file(page: Path) -> None:
    """Pictures too; a part of a page that is named must be a heading there."""
    for link in _links(page):
        path, _, part = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        assert not part or part in _anchors(target), link


def _anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", _words(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.casefold()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_make_target_that_is_named_is_there(page: Path) -> None:
    """Who copies a line from a page does not read "No rule to make target"."""
    named = re.findall(r"(?:`|^)make ([a-z-]+)", _words(page), re.MULTILINE)
    assert set(named) <= TARGETS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_is_named_is_there(page: Path) -> None:
    """Commands in pages and their options are those of docs/commands.md."""
    reference = _words(ROOT / "docs" / "commands.md")
    known = {tuple(command.split()) for command in re.findall(r"^## `onevoice (.+)`$", reference, re.MULTILINE)}
    groups = {command[:1] for command in known if len(command) == 2}
    for line in re.findall(r"(?:`|^|bin/)onevoice ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)", _words(page), re.MULTILINE):
        words = tuple(line.split())
        assert words in known or words[:1] in known or words in groups, line


def test_the_first_drill_previews_what_is_in_the_examples() -> None:
    """Files that pages name under examples/ are there."""
    for page in PAGES:
        for name in re.findall(r"examples/[\w.-]+\.yaml", _words(page)):
            assert (ROOT / name).is_file(), (page.name, name)


@pytest.mark.parametrize("word", WORDS)
def test_the_glossary_has_the_words_of_the_design(word: str) -> None:
    """One word for one thing, and each is explained."""
    rows = [line for line in _words(ROOT / "docs" / "glossary.md").splitlines() if line.startswith("|")]
    assert any(f"**{word}**" in row.split("|")[1] for row in rows)


def test_the_changelog_tells_of_this_version() -> None:
    """The newest heading is the version that is built."""
    newest = re.search(r"^## (\d+\.\d+\.\d+)", _words(ROOT / "CHANGELOG.md"), re.MULTILINE)
    assert newest
    assert newest[1] == PROJECT["project"]["version"]


def test_the_readme_names_the_python_that_is_required() -> None:
    """README, pyproject and Makefile ask for the same Python."""
    required = PROJECT["project"]["requires-python"].removeprefix(">=")
    assert f"Python {required} or newer" in _words(ROOT / "README.md")
    assert f"Python {required} or newer" in MAKEFILE


def test_make_lists_every_target_with_what_it_does() -> None:
    """`make help` shows them all; what is declared phony is there."""
    phony = re.search(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)
    assert phony
    assert set(phony[1].split()) == TARGETS


def test_the_readme_counts_the_library_as_it_is() -> None:
    """What it says first of the library, a newcomer believes."""
    hazards = len(list((ROOT / "templates" / "hazards").glob("*.yaml")))
    steps = len(yaml.safe_load((ROOT / "templates" / "actions.yaml").read_text(encoding="utf-8")))
    assert f"{hazards} hazards and {steps} steps" in _words(ROOT / "README.md")


@pytest.mark.parametrize(
    ("kind", "count"), [("warning", r"`es: (\d+) strings, (\d+) shared"), ("", r"kinds of message: (\d+)")]
)
def test_translators_are_told_how_many_sentences_one_hazard_takes(kind: str, count: str) -> None:
    """The shortest way to live, as `locales show` counts it today."""
    told = re.search(count, _words(ROOT / "docs" / "translator.md"))
    found = chosen(Content(ROOT), "river_flood", "es", kind)
    assert told
    assert [int(number) for number in told.groups()] == [len(found.strings), len(found.shared)][: len(told.groups())]
