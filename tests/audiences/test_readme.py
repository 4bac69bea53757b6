"""audiences/README.md tells what is so."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import yaml

from audiences.contacts import _parsers
from audiences.messengers import messengers
from audiences.segments import FIELDS, check_rule, segments
from audiences.town import COLUMNS
from onevoice.lexicon import NEEDS
from onevoice.people import Messenger, Segment


@pytest.fixture(scope="module")
def readme(root: Path) -> str:
    """The page."""
    return (root / "audiences" / "README.md").read_text(encoding="utf-8")


def named(readme: str, heading: str) -> set[str]:
    """What stands in code marks in one part of the page."""
    part = readme.split(f"## {heading}")[1].split("\n## ", maxsplit=1)[0]
    return set(re.findall(r"`([a-z_]+)`", part))


def test_every_column_of_the_contact_file_is_explained(readme: str) -> None:
    """Those that are read, and those that the town writes."""
    columns = set(_parsers(load_numbers=False, region="US", languages={}))
    assert columns <= named(readme, "The contact file")
    assert set(COLUMNS) <= columns


@pytest.mark.parametrize(
    ("heading", "keys"),
    [
        ("Add a segment", set(Segment.model_fields) | set(FIELDS)),
        ("Add a messenger", set(Messenger.model_fields)),
    ],
)
def test_every_key_is_explained(readme: str, heading: str, keys: set[str]) -> None:
    """The id is the name of the file, so it is no key that anybody writes."""
    assert keys - {"id"} <= named(readme, heading)


def test_the_examples_can_be_used_as_they_stand(readme: str, tmp_path: Path, root: Path) -> None:
    """A segment, four rules and a messenger."""
    shutil.copytree(root / "audiences", tmp_path / "audiences", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "templates").mkdir()
    shutil.copy(root / NEEDS, tmp_path / NEEDS)
    segment, rules, messenger = re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL)
    (tmp_path / "audiences" / "segments" / "example.yaml").write_text(segment, encoding="utf-8")
    (tmp_path / "audiences" / "messengers" / "example.yaml").write_text(messenger, encoding="utf-8")
    assert "example" in {s.id for s in segments(tmp_path)}
    assert "example" in messengers(tmp_path)
    for line in rules.strip().splitlines():
        check_rule(yaml.safe_load(line)["rule"], "README.md")
