"""`alert new` takes an area as people have it: zones, a circle, corners, or a drawn file; and reads it back."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

Run = Callable[..., Any]
AFTER = ["+90m", "+30m", "n"]
CORNERS = "40.000,-72.520 40.020,-72.520 40.020,-72.500 40.000,-72.500"
DRAWN = {
    "type": "Polygon",
    "coordinates": [[[-72.52, 40.0], [-72.50, 40.0], [-72.50, 40.02], [-72.52, 40.02], [-72.52, 40.0]]],
}


@pytest.fixture
def answered(home: Path, onevoice: Run, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Any, Any]]:
    """What is written and said when the question about the area is answered so."""
    monkeypatch.chdir(home)

    def answer(*area: str) -> tuple[Any, Any]:
        file = home / "flood.yaml"
        ended = onevoice("alert", "new", "river_flood", str(file), stdin="\n".join(["exercise", *area, *AFTER]) + "\n")
        assert ended.status == 0, ended.err
        assert onevoice("alert", "preview", str(file)).status == 0
        return yaml.safe_load(file.read_text(encoding="utf-8"))["area"], ended.err

    return answer


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("Old Mill, riverside", {"zones": ["old-mill", "riverside"]}),
        ("circle 40.01, -72.51, 0.8", {"circle": [40.01, -72.51, 0.8]}),
        ("Circle 40.01 -72.51 0.8 km", {"circle": [40.01, -72.51, 0.8]}),
        (f"polygon {CORNERS}", {"polygon": [[40.0, -72.52], [40.02, -72.52], [40.02, -72.5], [40.0, -72.5]]}),
        ("drawn.geojson", {"file": "drawn.geojson"}),
    ],
)
def test_an_area_is_taken_and_its_zones_read_back(
    typed: str, written: dict[str, Any], home: Path, answered: Callable[..., tuple[Any, Any]]
) -> None:
    """Where it was drawn, somebody says that it is right; the file previews as it is."""
    (home / "drawn.geojson").write_text(json.dumps(DRAWN), encoding="utf-8")
    area, said = answered(typed, *([] if "zones" in written else ["y"]))

    assert area == written
    assert "That is " in said
    assert "?:" not in said
    assert ("Is that right?" in said) == ("zones" not in written)


def test_what_is_no_area_is_asked_again(home: Path, answered: Callable[..., tuple[Any, Any]]) -> None:
    """Each wrong answer gets its sentence; so does a drawing that somebody takes back."""
    (home.parent / "elsewhere.geojson").write_text(json.dumps(DRAWN), encoding="utf-8")
    wrong = {
        "atlantis": "no zone 'atlantis'",
        ",": "area needs exactly one",
        "circle 40.01 -72.51": "a radius in km",
        "polygon 40,-72 41,-72": "three corners",
        "polygon 40,-72 41,-72 42": "three corners",
        "polygon -72.52,40.00 -72.52,40.02 -72.50,40.02": "look swapped",
        "circle 10 50 2": "does not lie in the jurisdiction",
        "missing.geojson": "missing.geojson",
        "../elsewhere.geojson": "must lie beside the alert file",
    }
    area, said = answered(*wrong, f"polygon {CORNERS}", "n", "market")

    assert area == {"zones": ["market"]}
    for sentence in wrong.values():
        assert sentence in said
