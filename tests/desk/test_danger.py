"""Whom to call in danger while the emergency number does not work: in answers, and in alerts old and new."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from onevoice import localize
from onevoice.alert import Status
from onevoice.desk import danger, draft, preview, receive
from onevoice.desk.wiring import Desk
from onevoice.facts import EmergencyNumber
from onevoice.ledger import alerts

OUTAGE = "examples/emergency_number_outage_warning.yaml"
SLIDE = "examples/landslide_avalanche_warning.yaml"
"""Its mail tells people to call in danger."""
USUAL, WORKS = EmergencyNumber(number="911"), EmergencyNumber(number="+14135550145")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def outage(desk: Desk, root: Path) -> Callable[..., str]:
    """Store the outage as a released version, without sending it."""

    def make(**other: object) -> str:
        alert = draft.from_file(desk, root / OUTAGE).model_copy(update={"id": "outage-1", "chain": "outage", **other})
        with desk.ledger.write() as conn:
            alerts.add(conn, alert, author="x", at=desk.now())
            alerts.move(conn, alert.id, of=("draft",), to="sending", released_at=desk.now())
        return alert.id

    return make


@pytest.mark.parametrize("language", localize.languages(ROOT))
@pytest.mark.parametrize("kind", ["help", "other"])
def test_an_answer_names_the_number_that_works(
    desk: Desk, outage: Callable[..., str], language: str, kind: str
) -> None:
    """As long as the alert of the outage is live; before and after it, the usual number."""
    before = receive.reply_text(desk, kind, language)
    outage()
    during = receive.reply_text(desk, kind, language)
    later = desk.now() + timedelta(days=2)
    desk.now = lambda: later  # past the end of the outage
    after = receive.reply_text(desk, kind, language)
    assert "911" in before
    assert "911" not in during
    assert "(413) 555-0145" in during
    assert after == before
    by_text = desk.content.sentence(language, "frame.in_danger.text").text.replace("{emergency_number}", "911")
    assert by_text in before
    assert by_text.partition("?")[0] not in during  # of the other number nobody knows whether it takes texts


@pytest.mark.parametrize(
    "other", [{"status": Status.TEST}, {"expires": datetime(2026, 1, 1, tzinfo=UTC)}], ids=["another status", "expired"]
)
def test_an_alert_that_is_not_live_here_changes_no_number(
    desk: Desk, outage: Callable[..., str], other: dict[str, object]
) -> None:
    """An exercise of somebody else, or yesterday's outage, takes nobody's number away."""
    outage(**other)
    assert danger.number(desk) == "911"


def test_a_new_alert_names_the_number_that_works(desk: Desk, root: Path, outage: Callable[..., str]) -> None:
    """And an alert of the outage itself still names the one that fails."""
    assert draft.from_file(desk, root / SLIDE, among_others=True).factset.get("emergency_number") == USUAL
    outage()
    assert draft.from_file(desk, root / SLIDE, among_others=True).factset.get("emergency_number") == WORKS
    assert draft.from_file(desk, root / OUTAGE, among_others=True).factset.get("emergency_number") == USUAL


def test_an_alert_that_was_drafted_before_is_stopped(
    desk: Desk, root: Path, outage: Callable[..., str], tmp_path: Path
) -> None:
    """It tells people to call a number that another alert says does not work; typed by hand it is stopped as well."""
    typed = tmp_path / "typed.yaml"
    text = (root / SLIDE).read_text(encoding="utf-8")
    typed.write_text(text.replace("facts:\n", "facts:\n  emergency_number: '911'\n"), encoding="utf-8")
    assert "C19" not in {f.rule for f in preview.preview(desk, str(typed)).prepared.blocks}
    outage()
    stopped = [f for f in preview.preview(desk, str(typed)).prepared.blocks if f.rule == "C19"]
    assert [f.message for f in stopped] == [
        "outage-1 says that this number does not work, and this alert tells people to call it."
    ]
    assert "C19" not in {f.rule for f in preview.preview(desk, str(root / SLIDE)).prepared.blocks}
