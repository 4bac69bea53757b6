"""A village of people who are known one by one, told four times: what each received stands in the provider's record."""

import csv
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from onevoice.cli import previewing
from onevoice.desk import (
    approve,
    audience,
    draft,
    look,
    officers,
    preview,
    rehearse,
    release,
    revise,
    send,
    submit,
)
from onevoice.desk.officers import Actor
from onevoice.desk.outside import Outside
from onevoice.desk.preview import Preview
from onevoice.desk.setup import upgrade
from onevoice.desk.wiring import Desk
from onevoice.errors import Conflict, Unusable
from onevoice.ledger import alerts
from onevoice.ledger.tables import delivery
from onevoice.settings import Settings
from sandbox.testing import Sandbox

MARIA, SAM = Actor("Maria Solis", "manager"), Actor("Sam Okafor", "approver")
EACH = 9
ZONES = {"kept": "old-mill", "dropped": "riverside", "added": "harbor", "never": "market"}
DROPPED = "The RIVER FLOOD WARNING no longer covers: Riverside."
UPDATED = "RIVER FLOOD WARNING update."

WARNING = "hazard: river_flood\nstatus: Exercise\narea: {zones: [old-mill, riverside]}\nfacts: {act_by: +4h}\n"
UPDATE = WARNING.replace("riverside", "harbor").replace("+4h", "+3h")
CORRECTION = UPDATE.replace("+3h", "+2h")

Received = dict[str, list[str]]
"""Ref of a person → the texts that the provider took for them."""


@dataclass
class Told:
    """What happened in the village: the ids of the versions, and what each of them brought to whom."""

    desk: Desk
    sandbox: Sandbox
    numbers: dict[str, str]
    ids: list[str] = field(default_factory=list)
    by_version: list[Received] = field(default_factory=list)
    seen: Preview | None = None
    frozen: str = ""
    _seen: int = 0

    def file(self, text: str) -> Path:
        """Write an alert file."""
        path = self.desk.settings.home / "alert.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    def release(self, step: draft.Step) -> None:
        """Submit, approve and release a draft."""
        submit.submit(self.desk, step.id, MARIA)
        approve.approve(self.desk, step.id, SAM)
        release.release(self.desk, step.id, MARIA)
        self.ids.append(step.id)

    def send(self) -> None:
        """Send the newest version to the end, and note who received what."""
        rehearse.wait_until_quiet(self.desk, self.ids[-1], silence=1.0)
        self.note()

    def note(self) -> None:
        """Note what came into the record since the last time."""
        entries = [e for e in self.sandbox.entries("sms", "accepted") if "Approval needed" not in e.body]
        found: Received = {}
        for entry in entries[self._seen :]:
            found.setdefault(self.numbers[entry.to], []).append(entry.body)
        self.by_version.append(found)
        self._seen = len(entries)

    def deliveries(self, version: int) -> dict[str, str]:
        """State and reason of every text message of a version, by the ref of its person."""
        keys = {self.desk.vault.contact_key("sms", number): ref for number, ref in self.numbers.items()}
        with self.desk.ledger.read() as conn:
            found = alerts.standing_release(conn, self.ids[version - 1])
            assert found is not None
            texts = delivery.c.release_id == found.id, delivery.c.means == "sms"
            rows = conn.execute(delivery.select().where(*texts)).all()
        return {keys[row.contact_key]: f"{row.state} {row.reason or ''}".strip() for row in rows}

    def in_zone(self, group: str) -> set[str]:
        """Refs of those who live in the zone that this group stands for."""
        return {ref for ref in self.numbers.values() if ref.startswith(group)}

    def held(self, *versions: int) -> set[str]:
        """Refs of those who received one of these versions."""
        return {ref for version in versions for ref in self.by_version[version - 1]}


def _village(home: Path) -> dict[str, str]:
    """Write a contact file in which the groups alternate; gives number → ref."""
    people = [(f"{group}-{i}", zone) for i in range(EACH) for group, zone in ZONES.items()]
    numbers = {f"+1201555{100 + i:04}": ref for i, (ref, _) in enumerate(people)}
    with (home / "village.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["ref", "mobile", "zone", "language"])
        rows.writerows((ref, number, zone, "en") for number, (ref, zone) in zip(numbers, people, strict=True))
    return numbers


def _home(home: Path, root: Path) -> dict[str, str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ONEVOICE_HOME", str(home))
        list(upgrade())
    desk = Desk(Settings(home=home, content=root))
    for actor in (MARIA, SAM):
        officers.add(desk, actor.name, actor.role, "correct horse battery")
    numbers = _village(home)
    assert not audience.take_in(desk, home / "village.csv").refused
    desk.ledger.close()
    return numbers


def _send_some(told: Told) -> None:
    """Send slowly, and pull the kill switch's file when some are out, as somebody would who sees a mistake."""
    slow = Desk(told.desk.settings.model_copy(update={"sms_rate": 40.0}))

    def stop(_counts: Any) -> None:
        if len(told.sandbox.entries("sms", "accepted")) >= EACH:
            slow.settings.halt_file.touch()

    send.send_due(slow, once=True, progress=stop)
    slow.settings.halt_file.unlink()
    slow.ledger.close()


@pytest.fixture(scope="module")
def told(
    root: Path,
    tmp_path_factory: pytest.TempPathFactory,
    deploy: Callable[[Path, Sandbox], AbstractContextManager[Any]],
) -> Iterator[Told]:
    """Warn some, update, correct, give the all-clear."""
    home = tmp_path_factory.mktemp("village")
    numbers = _home(home, root)
    options = ("--delay-scale", "0.02", "--no-magic")
    with Sandbox(home / "record.jsonl", *options) as sandbox, deploy(home, sandbox) as deployed:
        found = Told(deployed.desk, sandbox, numbers)
        found.release(draft.draft(found.desk, found.file(WARNING), MARIA))
        _send_some(found)
        found.note()
        step = revise.update(found.desk, found.ids[0], found.file(UPDATE), MARIA)
        found.seen = preview.preview(found.desk, step.id)
        found.release(step)
        found.frozen = look.look(found.desk, step.id).outside
        found.send()
        found.release(revise.correct(found.desk, found.ids[0], found.file(CORRECTION), MARIA))
        found.send()
        found.release(revise.cancel(found.desk, found.ids[0], MARIA, "The river fell."))
        found.send()
        yield found


def test_the_warning_reached_some_of_each_zone_and_not_all(told: Told) -> None:
    """What the other tests stand on: in both zones some hold the warning, and some were never tried."""
    for group in ("kept", "dropped"):
        assert told.in_zone(group) & told.held(1)
        assert told.in_zone(group) - told.held(1)
    assert not told.held(1) & (told.in_zone("added") | told.in_zone("never"))


def test_who_was_never_tried_gets_nothing_of_the_old_version_any_more(told: Told) -> None:
    """Deliveries of the warning that had not begun are cancelled as superseded; those that had stay as they are."""
    states = told.deliveries(1)
    untouched = {ref for ref, state in states.items() if state == "cancelled superseded"}

    assert untouched == set(states) - told.held(1)
    assert set(states) == told.in_zone("kept") | told.in_zone("dropped")


def test_an_update_goes_to_the_new_area_and_to_all_who_hold_the_old_one(told: Told) -> None:
    """New zone, kept zone, and of the dropped zone those alone who hold the warning; each gets one text."""
    dropped_holders = told.in_zone("dropped") & told.held(1)

    assert told.held(2) == told.in_zone("added") | told.in_zone("kept") | dropped_holders
    assert {len(texts) for texts in told.by_version[1].values()} == {1}


def test_who_is_outside_now_is_told_so_and_nobody_else(told: Told) -> None:
    """Those of the dropped zone who hold the warning read that it covers them no more; they get no flood actions."""
    outside = {ref for ref, (text,) in told.by_version[1].items() if DROPPED in text}
    actions = {ref for ref, (text,) in told.by_version[1].items() if "HIGHER GROUND" in text}

    assert outside == told.in_zone("dropped") & told.held(1)
    assert actions == told.held(2) - outside


def test_who_is_outside_now_is_not_told_that_it_is_safe(told: Told) -> None:
    """A zone that was left out, perhaps by a slip, gets no all-clear: whose warnings hold, a care, whom to ask."""
    texts = [text for (text,) in told.by_version[1].values() if DROPPED in text]

    assert texts
    assert not any("return home" in text for text in texts)
    for said in ("If another warning covers you, follow it.", "Do not drive on flooded roads.", "Questions? Call: "):
        assert all(said in text for text in texts)


def test_whom_an_update_puts_outside_is_told_before_it_goes_out(told: Told, capsys: pytest.CaptureFixture[str]) -> None:
    """The preview shows their text beside those of the others, and how many they are; the approver reads the same."""
    assert told.seen is not None
    previewing.preview(told.seen, told.ids[1])
    shown = capsys.readouterr().out
    many = len(told.in_zone("dropped") & told.held(1))
    sentence = Outside(many, ("Riverside",)).sentence()

    assert f"LOOK  {sentence}" in shown.splitlines()
    assert {group: f" T2 {group}, " in shown for group in ("new", "kept", "outside")} == dict.fromkeys(
        ("new", "kept", "outside"), True
    )
    assert DROPPED in shown
    assert told.frozen == sentence
    assert told.seen.to_json()["outside"] == {"people": many, "places": ["Riverside"]}


def test_who_holds_the_old_time_is_told_the_new_one(told: Told) -> None:
    """Kept and holding: the text says that the time changed. New people get the same time without that."""
    changed = {ref for ref, (text,) in told.by_version[1].items() if "New latest time: " in text}
    kept_holders = told.in_zone("kept") & told.held(1)

    assert kept_holders <= {ref for ref, (text,) in told.by_version[1].items() if UPDATED in text}
    assert changed == kept_holders


def test_a_correction_goes_to_all_who_may_hold_any_version_and_nobody_else(told: Told) -> None:
    """Also to those who only ever got the warning; once each."""
    assert told.held(3) == told.held(1, 2)
    assert {len(texts) for texts in told.by_version[2].values()} == {1}


def test_a_correction_keeps_what_people_were_told_to_do(told: Told) -> None:
    """The words "Follow only this new message" stand first, and the actions that hold follow it."""
    for (text,) in told.by_version[2].values():
        assert text.index("Follow only this new message.") < text.index("HIGHER GROUND")
    with told.desk.ledger.read() as conn:
        versions = [alerts.value(alerts.row(conn, alert_id)) for alert_id in told.ids]
    assert versions[2].actions == ("use_this_message_only", *versions[0].actions)


def test_a_cancel_reaches_everybody_who_may_hold_the_original_and_nobody_else(told: Told) -> None:
    """Everybody who ever received anything reads that it is over; who was never told reads nothing."""
    assert told.held(4) == told.held(1, 2, 3)
    assert all("The RIVER FLOOD is over." in text for texts in told.by_version[3].values() for text in texts)
    assert not told.held(1, 2, 3, 4) & told.in_zone("never")


def test_nothing_comes_after_the_all_clear(told: Told) -> None:
    """A chain that has ended stays ended, and no older version has anything left to send."""
    with pytest.raises(Conflict, match="ended by its all-clear"):
        revise.update(told.desk, told.ids[0], told.file(UPDATE), MARIA)
    open_ = [
        s for version in (1, 2, 3) for s in told.deliveries(version).values() if s.startswith(("planned", "retry"))
    ]
    assert not open_


# --- without sending ------------------------------------------------------------------------------------------


@pytest.fixture
def warned(desk: Desk, tmp_path: Path) -> str:
    """A warning that was released, by the ledger alone: the page is not asked, and nobody sends."""
    path = tmp_path / "warning.yaml"
    path.write_text(WARNING, encoding="utf-8")
    step = draft.draft(desk, path, MARIA)
    submit.submit(desk, step.id, MARIA)
    approve.approve(desk, step.id, SAM)
    with desk.ledger.write() as conn:
        alerts.move(conn, step.id, of=("approved",), to="sending", released_by="Maria Solis", released_at=desk.now())
    return step.id


def _revise(desk: Desk, alert_id: str, tmp_path: Path, text: str) -> draft.Step:
    path = tmp_path / "next.yaml"
    path.write_text(text, encoding="utf-8")
    return revise.update(desk, alert_id, path, MARIA)


def test_a_version_does_not_overtake_the_one_before(desk: Desk, warned: str, tmp_path: Path) -> None:
    """While version 2 is on its way nobody makes another update; a cancel sets it aside."""
    second = _revise(desk, warned, tmp_path, UPDATE)
    submit.submit(desk, second.id, MARIA)

    with pytest.raises(Conflict, match=f"{second.id}.*submitted, not released"):
        _revise(desk, warned, tmp_path, CORRECTION)
    assert revise.cancel(desk, warned, MARIA).id.endswith("-3")
    assert draft.step(desk, second.id).state == "recalled"


def test_an_alert_that_was_never_released_cannot_be_revised(desk: Desk, tmp_path: Path, root: Path) -> None:
    """Nobody holds anything yet, so there is nothing to update."""
    step = draft.draft(desk, root / "examples" / "river_flood_warning.yaml", MARIA)

    with pytest.raises(Conflict, match="is draft, not released"):
        _revise(desk, step.id, tmp_path, UPDATE)


@pytest.mark.parametrize(
    ("old", "new", "where"), [("river_flood", "flash_flood", "hazard"), ("Exercise", "Test", "status")]
)
def test_a_chain_stays_about_one_event(old: str, new: str, where: str, desk: Desk, warned: str, tmp_path: Path) -> None:
    """Another hazard or another status is another alert."""
    with pytest.raises(Unusable, match=f"^{where}: The chain's {where} is {old}, the file's is {new}.*new alert"):
        _revise(desk, warned, tmp_path, UPDATE.replace(old, new))


def test_there_is_nothing_to_revise_where_there_is_no_alert(desk: Desk) -> None:
    """A mistyped id is said."""
    with pytest.raises(Unusable, match="There is no alert 'flood-1'"):
        revise.cancel(desk, "flood-1", MARIA)
