"""A rehearsal plays every person itself, so it has no place where people are really reached."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from onevoice.alert import AlertFile
from onevoice.desk import draft, officers, rehearse, status
from onevoice.desk.officers import Actor
from onevoice.desk.wiring import Desk
from onevoice.errors import Blocked
from onevoice.ledger import audit
from onevoice.settings import Mode, Settings

EXAMPLE = "examples/river_flood_warning.yaml"
EXERCISE = AlertFile.model_validate({"hazard": "tornado", "status": "Exercise", "area": {"zones": ["market"]}})
MARIA = Actor("Maria Solis", "manager")
STEPS: dict[str, Callable[[Desk, Path, str], object]] = {
    "submit": lambda desk, _file, _alert: rehearse.submit_exercise(desk, EXERCISE),
    "play the deputy": lambda desk, _file, _alert: rehearse.deputy(desk).__enter__(),
    "approve on the page": lambda desk, _file, alert: rehearse.approve_on_page(desk, alert),
    "prepare a release": lambda desk, file, _alert: rehearse.prepare_release(desk, file),
    "the whole way": lambda desk, file, _alert: rehearse.run(desk, file, wait=False),
}


@pytest.fixture
def live(home: Path, root: Path) -> Iterator[Desk]:
    """Open a live desk."""
    made = Desk(Settings(home=home, content=root, mode=Mode.LIVE))
    yield made
    made.ledger.close()


def _seen(desk: Desk) -> Any:
    """Everything that a rehearsal could change: alerts, people who act, and what was done."""
    with desk.ledger.read() as conn:
        return status.listing(desk), officers.everybody(desk), audit.verify(conn, desk.vault)


@pytest.mark.parametrize("step", STEPS)
def test_no_step_of_a_rehearsal_is_taken_on_a_live_deployment(step: str, live: Desk, root: Path) -> None:
    """Each refuses by itself, says where to rehearse, and leaves the ledger as it was."""
    waiting = draft.draft_file(live, EXERCISE, MARIA, base=root).id
    before = _seen(live)

    with pytest.raises(Blocked, match="takes no rehearsal") as refused:
        STEPS[step](live, root / EXAMPLE, waiting)

    assert "on an exercise deployment" in refused.value.remedy
    assert _seen(live) == before


def test_a_rehearsal_is_submitted_on_an_exercise_deployment(desk: Desk) -> None:
    """There it is what it was: an exercise that waits for approval, under the name of nobody who exists."""
    alert_id = rehearse.submit_exercise(desk, EXERCISE)

    assert draft.step(desk, alert_id).state == "submitted"


def test_the_deputy_of_a_rehearsal_leaves_with_it(desk: Desk) -> None:
    """The throw-away officer can act while the rehearsal approves, and is gone afterwards."""
    before = officers.everybody(desk)
    with rehearse.deputy(desk) as played:
        assert officers.prove(desk, played["name"], played["secret"]).role == "approver"

    assert officers.everybody(desk) == before
