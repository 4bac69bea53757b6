"""A forgotten draft never stands in the way of an all-clear."""

from pathlib import Path
from typing import Any

import pytest

from onevoice.desk import approve, draft, rehearse, release, revise, status, submit
from onevoice.desk.officers import Actor
from onevoice.errors import Conflict

EXAMPLE = "examples/river_flood_warning.yaml"
MARIA, SAM = Actor("Maria Solis", "manager"), Actor("Sam Okafor", "approver")


def test_an_all_clear_sets_a_forgotten_draft_aside(deployment: Any, root: Path) -> None:
    """The draft is recalled, the all-clear takes the next number, and the older version is closed when it goes out."""
    desk = deployment.desk
    first = draft.draft(desk, root / EXAMPLE, MARIA)
    submit.submit(desk, first.id, MARIA)
    approve.approve(desk, first.id, SAM)
    release.release(desk, first.id, MARIA)
    rehearse.wait_until_quiet(desk, first.id, silence=1)
    forgotten = revise.update(desk, first.id, root / EXAMPLE, MARIA)
    with pytest.raises(Conflict, match="not released"):
        revise.update(desk, first.id, root / EXAMPLE, MARIA)

    clear = revise.cancel(desk, first.id, MARIA)
    submit.submit(desk, clear.id, MARIA)
    approve.approve(desk, clear.id, SAM)
    release.release(desk, clear.id, MARIA)

    states = {s: status.status(desk, s)["state"] for s in (first.id, forgotten.id, clear.id)}
    assert states == {first.id: "recalled", forgotten.id: "recalled", clear.id: "sending"}
    assert clear.id.endswith("-3")


def test_a_first_draft_is_not_set_aside(desk: Any, root: Path) -> None:
    """Where nothing was released there is nothing to correct, and the draft stays what it is."""
    first = draft.draft(desk, root / EXAMPLE, MARIA)

    with pytest.raises(Conflict, match="not released"):
        revise.cancel(desk, first.id, MARIA)
    assert draft.step(desk, first.id).state == "draft"
