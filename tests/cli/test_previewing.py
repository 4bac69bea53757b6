"""A preview is read in twenty seconds: the verdict first, findings in groups, and few texts."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "river_flood_warning.yaml"


@pytest.fixture
def changed(home: Path) -> Callable[[str, str], str]:
    """The example with one thing changed."""

    def make(old: str, new: str) -> str:
        text = EXAMPLE.read_text(encoding="utf-8")
        assert old in text
        file = home / "changed.yaml"
        file.write_text(text.replace(old, new), encoding="utf-8")
        return str(file)

    return make


@pytest.mark.usefixtures("home")
def test_the_verdict_stands_first_and_the_texts_last(onevoice: Run) -> None:
    """Whether it goes out, what, how many, what was found: all before the first text, in one screen."""
    lines = onevoice("alert", "preview", str(EXAMPLE)).out.splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("--- "))

    assert re.match(r"GOES OUT +EXERCISE: river flood, warning\. Nothing is sent", lines[0])
    assert first < 32
    heads = [next(i for i, line in enumerate(lines) if word in line) for word in ("Area ", "people are meant", "LOOK")]
    assert heads == sorted(heads)
    assert max(heads) < first
    assert re.fullmatch(rf"All \d+ texts: onevoice alert preview {EXAMPLE} --all, or --html FILE", lines[-1])


@pytest.mark.usefixtures("home")
def test_one_text_for_each_language_and_none_for_nobody(onevoice: Run) -> None:
    """The text that most people of a language get; with --all every text stands there, also those for nobody."""
    seen = json.loads(onevoice("alert", "preview", str(EXAMPLE), "--json").out)
    told = onevoice("alert", "preview", str(EXAMPLE)).out
    short = re.findall(r"^--- \S+ (\S+) .*?(\d+) (?:people|person)\b", told, re.MULTILINE)
    every = re.findall(r"^--- ", onevoice("alert", "preview", str(EXAMPLE), "--all").out, re.MULTILINE)

    most: dict[str, int] = {}
    for text in seen["variants"]:
        language = text["language"].split("+")[0]
        most[language] = max(most.get(language, 0), text["contacts"])
    assert {language.split("+")[0]: int(people) for language, people in short} == {k: v for k, v in most.items() if v}
    assert [int(people) for _, people in short] == sorted(most.values(), reverse=True)[: len(short)]
    assert len(every) == len(seen["variants"]) > 3 * len(short)


@pytest.mark.usefixtures("home")
def test_a_finding_is_told_once_with_how_many_texts_it_concerns(onevoice: Run) -> None:
    """Each rule in one line with its first text; with --all each finding with the text it is about."""
    seen = json.loads(onevoice("alert", "preview", str(EXAMPLE), "--json").out)
    short = onevoice("alert", "preview", str(EXAMPLE)).out
    every = onevoice("alert", "preview", str(EXAMPLE), "--all").out
    about: dict[str, set[str]] = {}
    for text in seen["variants"]:
        for finding in text["findings"]:
            about.setdefault(finding["rule"], set()).add(text["id"])

    told = re.findall(r"^(?:STOP|HELD|LOOK|NOTE)  (\S+) in (\d+) texts, first ", short, re.MULTILINE)
    assert {rule: int(count) for rule, count in told} == {r: len(ids) for r, ids in about.items() if len(ids) > 1}
    assert len(re.findall(r"^LOOK  P01 in ", every, re.MULTILINE)) == len(about["P01"])


def test_what_stops_it_stands_at_the_top(onevoice: Run) -> None:
    """Nobody can be reached: that is the second line, and the answer."""
    assert onevoice("db", "upgrade").status == 0
    ended = onevoice("alert", "preview", str(EXAMPLE))

    lines = ended.out.splitlines()
    assert ended.status == 1
    assert lines[0].startswith("DOES NOT GO OUT   EXERCISE")
    assert any(re.match(r"  STOP  C22 Nobody would get this: .*Look at the area", line) for line in lines[1:4])
    assert not [line for line in lines[4:] if "C22" in line]


def test_what_will_be_refused_here_does_not_go_out(onevoice: Run, changed: Callable[[str, str], str]) -> None:
    """A real alert in an exercise deployment: the verdict is that of the next step."""
    ended = onevoice("alert", "preview", changed("status: Exercise", "status: Actual"))

    first, second = ended.out.splitlines()[:2]
    assert first.startswith("DOES NOT GO OUT   ACTUAL")
    assert re.match(r"  STOP  status: This deployment is in exercise mode.*use the live deployment\.", second)


def test_a_line_break_in_a_name_is_one_sentence(onevoice: Run, changed: Callable[[str, str], str]) -> None:
    """Said at the field, once, before anything is composed."""
    ended = onevoice("alert", "preview", changed("facts:\n", 'facts:\n  road_closed: "Mill\\nRoad"\n'))

    assert (ended.status, ended.out, len(ended.err.splitlines())) == (2, "", 1)
    assert "facts.road_closed: This has more than one line" in ended.err
