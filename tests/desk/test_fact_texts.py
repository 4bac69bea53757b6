"""What a name, an address or a note may hold."""

from pathlib import Path
from typing import Any

import pytest

from onevoice.desk import draft
from onevoice.errors import Unusable

FILE = """
hazard: river_flood
status: Exercise
area: {{zones: [old-mill]}}
facts:
  act_by: "+4h"
  road_closed: "{road}"
"""


@pytest.mark.parametrize("road", ["Mill Road {manage_url}", "Mill <b>Road</b>", "Mill\\u202eRoad", "\\u2066Mill Road"])
def test_a_name_holds_neither_slots_nor_markup_nor_direction_marks(desk: Any, tmp_path: Path, road: str) -> None:
    """A slot would be filled with somebody's own link; a direction mark turns the text around."""
    file = tmp_path / "alert.yaml"
    file.write_text(FILE.format(road=road), encoding="utf-8")

    with pytest.raises(Unusable, match=r"facts\.road_closed.*Take it out"):
        draft.from_file(desk, file)


def test_an_ordinary_name_is_taken(desk: Any, tmp_path: Path) -> None:
    """Apostrophes, accents and other scripts are names too."""
    file = tmp_path / "alert.yaml"
    file.write_text(FILE.format(road="Rue de l'Église / شارع النهر"), encoding="utf-8")

    assert "road_closed" in draft.from_file(desk, file).factset.facts
