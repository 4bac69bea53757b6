"""Every alert file in `examples/`, looked at with a town's people, as an exercise and for real: nothing stops it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from audiences import town_services
from audiences.town import generate
from onevoice.desk import audience, preview, services
from onevoice.desk.setup import upgrade
from onevoice.desk.wiring import Desk
from onevoice.settings import Mode, Settings

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted(path.name for path in (ROOT / "examples").glob("*.yaml"))
LATER = ("river_flood_correction.yaml", "river_flood_false_alarm.yaml")
"""Files that make the next version of an alert: alone they have nobody to go to, and that is all that stops them."""


@pytest.fixture(scope="module", params=[Mode.EXERCISE, Mode.LIVE], ids=str)
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Open a desk with 1,200 people, enough for readers of every language, level and need to be among them."""
    home = tmp_path_factory.mktemp("town")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ONEVOICE_HOME", str(home))
        list(upgrade())
    generate(home / "town.csv", 1200, 1)
    filling = Desk(Settings(home=home, content=ROOT))
    audience.take_in(filling, home / "town.csv")
    town_services.generate(home / "services.json", filling.today)
    services.take_in(filling, home / "services.json")
    filling.ledger.close()
    opened = Desk(Settings(home=home, content=ROOT, mode=request.param))
    yield opened
    opened.ledger.close()


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_goes_out(desk: Desk, name: str, tmp_path: Path) -> None:
    """A rule that stops one of these would stop a real alert at night."""
    words = (ROOT / "examples" / name).read_text(encoding="utf-8")
    if desk.settings.mode is Mode.LIVE:
        words = words.replace("status: Exercise", "status: Actual")
    file = tmp_path / name
    file.write_text(words, encoding="utf-8")
    prepared = preview.preview(desk, str(file)).prepared
    stopped = {(f.rule, f.message) for f in prepared.blocks}
    assert {rule for rule, _ in stopped} == ({"C22"} if name in LATER else set()), stopped
    assert [f.message for f in prepared.findings if f.rule == "C21"] == []
