"""From the directory to a released message: which version of an entry was used, and what stops a release at the end."""

from datetime import timedelta

import pytest
import yaml

from onevoice.desk import approve, draft, release, services, submit
from onevoice.desk.officers import Actor
from onevoice.desk.services_used import used
from onevoice.desk.wiring import Desk
from onevoice.errors import Blocked

MARIA, SAM = Actor("Maria Solis", "manager"), Actor("Sam Okafor", "approver")
FLOOD = {
    "hazard": "river_flood",
    "kind": "recovery",
    "status": "Exercise",
    "area": {"zones": ["old-mill"]},
    "expires": "+40d",
}


def _submitted(desk: Desk) -> str:
    file = desk.settings.home / "recovery.yaml"
    file.write_text(yaml.safe_dump(FLOOD), encoding="utf-8")
    alert_id = draft.draft(desk, file, MARIA).id
    submit.submit(desk, alert_id, MARIA)
    return alert_id


def test_the_ledger_says_which_version_of_an_entry_a_text_leads_to(desk: Desk) -> None:
    """After the entry has changed too."""
    alert_id = _submitted(desk)
    before = {entry.service.name: entry.service.version for entry in services.entries(desk)}
    services.confirm(desk, "Millford Listening Line", SAM)
    told = {one["name"]: one for one in used(desk, alert_id)}
    line = told["Millford Listening Line"]
    assert line["version"] == before["Millford Listening Line"]
    assert line["assurer_email"] == "desk@millford.example"
    assert line["by"] == "desk"
    assert line["texts"] > 0
    assert told["Welcome Center Listening Line"]["texts"] > 0


def test_a_service_that_grew_stale_since_submit_stops_the_release(desk: Desk) -> None:
    """Approved words are no proof that somebody still picks up the phone."""
    alert_id = _submitted(desk)
    approve.approve(desk, alert_id, SAM)
    now = desk.now() + timedelta(days=30)
    desk.now = lambda: now
    with pytest.raises(Blocked, match="S05") as problem:
        release.release(desk, alert_id, MARIA)
    assert "services confirm" in str(problem.value)
