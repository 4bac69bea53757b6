"""Between submit and release an older version goes on reaching people: the release reaches them too, and says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from onevoice.desk import approve, draft, look, preview, release, revise, status, submit
from onevoice.desk.officers import Actor
from onevoice.desk.wiring import Desk
from onevoice.errors import Conflict
from onevoice.ledger import alerts
from onevoice.ledger import tables as t

MARIA, SAM = Actor("Maria Solis", "manager"), Actor("Sam Okafor", "approver")
WARNING = "hazard: river_flood\nstatus: Exercise\narea: {zones: [old-mill, riverside]}\nfacts: {act_by: +4h}\n"


@pytest.fixture(autouse=True)
def _page_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release, "_page_answers", lambda _url: None)


def _file(folder: Path, text: str) -> Path:
    path = folder / "alert.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def _approve(desk: Desk, alert_id: str) -> str:
    submit.submit(desk, alert_id, MARIA)
    approve.approve(desk, alert_id, SAM)
    return alert_id


def _deliveries(desk: Desk, alert_id: str) -> list[Any]:
    with desk.ledger.read() as conn:
        found = alerts.standing_release(conn, alert_id)
        assert found is not None
        mine = (t.delivery.c.release_id == found.id, t.delivery.c.means.in_(("sms", "email")))
        return list(conn.execute(select(t.delivery).where(*mine).order_by(t.delivery.c.id)))


def _become(desk: Desk, rows: list[Any], state: str) -> None:
    with desk.ledger.write() as conn:
        conn.execute(update(t.delivery).where(t.delivery.c.id.in_([row.id for row in rows])).values(state=state))


def _holders(desk: Desk, rows: list[Any]) -> set[int]:
    with desk.ledger.read() as conn:
        served = t.served.c.delivery_id.in_([row.id for row in rows])
        return set(conn.scalars(select(t.served.c.contact_id).where(served)))


@pytest.fixture
def warned(desk: Desk, tmp_path: Path) -> str:
    """A warning that is out to the first twenty contact points."""
    step = draft.draft(desk, _file(tmp_path, WARNING), MARIA)
    release.release(desk, _approve(desk, step.id), MARIA)
    _become(desk, _deliveries(desk, step.id)[:20], "delivered")
    return step.id


def test_an_all_clear_reaches_who_got_the_warning_after_it_was_submitted(desk: Desk, warned: str) -> None:
    """The approver reads how many may come, the hash that was signed stays, and who releases reads how many came."""
    first = _deliveries(desk, warned)
    before, after = _holders(desk, first[:20]), _holders(desk, first[:35])
    cancel = _approve(desk, revise.cancel(desk, warned, MARIA).id)
    seen = look.look(desk, cancel)
    assert (seen.people, seen.summary["not_yet"] >= len(after - before)) == (len(before), True)
    assert seen.may_come.startswith(f"Up to {seen.summary['not_yet']} more people get one of these texts too")
    _become(desk, first[20:35], "accepted")

    step = release.release(desk, cancel, MARIA)

    assert (step.late, step.release) == (len(after - before), seen.release.hash if seen.release else None)
    assert _holders(desk, _deliveries(desk, cancel)) == after
    assert status.status(desk, cancel)["late"] == step.late
    assert {row.state for row in _deliveries(desk, warned)[35:]} == {"cancelled"}
    with desk.ledger.read() as conn:
        told = conn.execute(select(t.audit).where(t.audit.c.act == "released").order_by(t.audit.c.id.desc())).first()
    assert told
    assert told.detail["late"]["contacts"] == step.late


def test_more_can_not_come_than_were_signed(desk: Desk, warned: str) -> None:
    """All of the warning goes out while the all-clear waits: whoever comes then was counted when it was signed."""
    cancel = _approve(desk, revise.cancel(desk, warned, MARIA).id)
    at_most = look.look(desk, cancel).summary["not_yet"]
    _become(desk, _deliveries(desk, warned), "delivered")

    assert 0 < release.release(desk, cancel, MARIA).late <= at_most
    assert _holders(desk, _deliveries(desk, cancel)) == _holders(desk, _deliveries(desk, warned))


def test_who_was_counted_as_one_who_may_come_is_part_of_what_is_signed(desk: Desk, warned: str) -> None:
    """Somebody who adds a person to those who may come changes what was approved: nothing is released."""
    cancel = _approve(desk, revise.cancel(desk, warned, MARIA).id)
    with desk.ledger.write() as conn:
        waiting = t.audience.c.unreachable == "not-yet-held"
        one = conn.scalars(select(t.audience.c.contact_id).where(waiting).limit(1)).one()
        conn.execute(t.audience.delete().where(waiting, t.audience.c.contact_id == one))

    with pytest.raises(Conflict, match="is not what was approved any more"):
        release.release(desk, cancel, MARIA)


def test_the_third_version_names_the_place_that_the_second_dropped(desk: Desk, warned: str, tmp_path: Path) -> None:
    """Riverside went at version 2, and nobody there got its text: version 3 names Riverside to them, and only them."""
    shorter = WARNING.replace("riverside", "harbor")
    second = revise.update(desk, warned, _file(tmp_path, shorter), MARIA).id
    release.release(desk, _approve(desk, second), MARIA)
    third = revise.update(desk, second, _file(tmp_path, shorter.replace("+4h", "+3h")), MARIA).id
    seen = preview.preview(desk, third)

    outside = [text for text in seen.prepared.variants if text.group == "outside" and text.profile.languages == ("en",)]
    assert seen.to_json()["outside"]["places"] == ["Riverside"]
    assert seen.to_json()["outside"]["people"] > 0
    assert outside
    assert all("Riverside" in text.parts["text"] for text in outside)
    assert not seen.prepared.blocks


def test_who_was_told_at_the_second_version_is_not_in_the_third(desk: Desk, warned: str, tmp_path: Path) -> None:
    """Their text of version 2 went out: at version 3 nobody is outside, and nothing was dropped."""
    shorter = WARNING.replace("riverside", "harbor")
    second = revise.update(desk, warned, _file(tmp_path, shorter), MARIA).id
    release.release(desk, _approve(desk, second), MARIA)
    _become(desk, _deliveries(desk, second), "delivered")
    third = revise.update(desk, second, _file(tmp_path, shorter.replace("+4h", "+3h")), MARIA).id

    assert preview.preview(desk, third).to_json()["outside"] == {"people": 0, "places": []}
    cancel = revise.cancel(desk, second, MARIA).id
    assert preview.preview(desk, cancel).prepared.numbers.reachable == len(_reached(desk, warned, second))


def _reached(desk: Desk, *versions: str) -> set[int]:
    rows = [row for version in versions for row in _deliveries(desk, version) if row.state == "delivered"]
    return _holders(desk, rows)
