"""From an alert file to what the providers received, and back: the ledger held against a record that is not ours."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from onevoice.desk import (
    approve,
    ask,
    draft,
    officers,
    partner_mail,
    partners,
    receive,
    rehearse,
    release,
    report,
    status,
    submit,
)
from onevoice.desk.officers import Actor
from onevoice.desk.wiring import Desk
from onevoice.errors import Conflict, OutOfReach, Refused
from onevoice.ledger import alerts
from onevoice.ledger.tables import delivery, variant
from sandbox.testing import Sandbox, wait_until

EXAMPLE = "examples/river_flood_warning.yaml"
MARIA, SAM = Actor("Maria Solis", "manager"), Actor("Sam Okafor", "approver")


def approved(desk: Any, root: Path) -> str:
    """Draft, submit and approve the example; give its id."""
    step = draft.draft(desk, root / EXAMPLE, MARIA)
    submit.submit(desk, step.id, MARIA)
    approve.approve(desk, step.id, SAM, hazard_typed="river flood")
    return step.id


def released(deployment: Any, root: Path) -> str:
    """Release the example and send it until it is quiet; give its id."""
    alert_id = approved(deployment.desk, root)
    release.release(deployment.desk, alert_id, MARIA)
    rehearse.wait_until_quiet(deployment.desk, alert_id, silence=1.5)
    return alert_id


def planned_texts(deployment: Any, alert_id: str) -> Counter[tuple[str, str]]:
    """Tell what the ledger says that each number should have got."""
    desk = deployment.desk
    with desk.ledger.read() as conn:
        found = alerts.standing_release(conn, alert_id)
        assert found
        texts = {v.id: v.parts["text"] for v in alerts.variants(conn, found.id)}
        rows = conn.execute(
            delivery.select().where(delivery.c.release_id == found.id, delivery.c.means == "sms", delivery.c.fence > 0)
        ).all()
    return Counter((row.contact_key, texts[row.variant_id]) for row in rows)


def received_texts(deployment: Any) -> Counter[tuple[str, str]]:
    """Tell what the provider's own record says, notices to officers left out."""
    desk = deployment.desk
    entries = deployment.sandbox.entries("sms", "accepted")
    return Counter((desk.vault.contact_key("sms", e.to), e.body) for e in entries if "Approval needed" not in e.body)


def test_every_message_in_the_record_is_one_in_the_ledger(deployment: Any, root: Path) -> None:
    """To the last message, the provider received exactly what the ledger says, once."""
    alert_id = released(deployment, root)

    assert planned_texts(deployment, alert_id) == received_texts(deployment)
    found = status.status(deployment.desk, alert_id)
    assert found["consistency"]["factsets"] == 1
    assert found["attempts"]["in_doubt"] == 0
    assert found["contacts"]["delivered"] > 0


def test_mail_has_both_slots_filled_and_a_way_out(deployment: Any, root: Path) -> None:
    """Every mail says how to stop, carries its number, and none has a slot left open."""
    released(deployment, root)

    mails = [e for e in deployment.sandbox.entries("smtp", "accepted") if "Approval needed" not in e.body]

    assert mails
    assert not [e for e in mails if "{manage_url}" in e.body or "{message_id}" in e.body]
    assert all("/manage/" in e.body for e in mails)


def test_an_exercise_is_marked_first_and_last_in_every_language(deployment: Any, root: Path) -> None:
    """Nobody can take any text of an exercise for the real thing."""
    alert_id = approved(deployment.desk, root)
    with deployment.desk.ledger.read() as conn:
        standing = alerts.standing_release(conn, alert_id)
        assert standing
        found = alerts.variants(conn, standing.id)
    sms = [v.parts["text"].splitlines() for v in found if v.means == "sms"]

    assert len({lines[0] for lines in sms}) > 1
    assert all(lines[0] == lines[-1] for lines in sms)


def test_nothing_is_lost_or_doubled_unseen_when_the_sender_is_killed(deployment: Any, root: Path) -> None:
    """After kill -9 in the middle another process finishes: none lost, and what came twice was in doubt."""
    alert_id = approved(deployment.desk, root)
    release.release(deployment.desk, alert_id, MARIA)
    slow = deployment.environment | {"ONEVOICE_SMS_RATE": "60", "ONEVOICE_EMAIL_RATE": "60"}
    sender = subprocess.Popen([sys.executable, "-m", "onevoice", "send-due"], env=slow, stderr=subprocess.DEVNULL)
    wait_until(lambda: len(received_texts(deployment)) > 10, "ten messages at the provider", 30)
    os.kill(sender.pid, signal.SIGKILL)
    sender.wait()
    rehearse.wait_until_quiet(deployment.desk, alert_id, silence=1.5)

    planned, received = planned_texts(deployment, alert_id), received_texts(deployment)
    found = status.status(deployment.desk, alert_id)

    assert set(received) <= set(planned)
    assert sum((received - planned).values()) <= found["attempts"]["total"] - sum(planned.values())
    assert found["deliveries"]["planned"] == 0
    assert len(set(planned) - set(received)) <= found["deliveries"]["submitting"] + found["deliveries"]["unknown"]


def test_the_command_line_takes_the_four_steps_with_two_people(deployment: Any, root: Path) -> None:
    """Draft, submit and release by one, approve by another; each prints where the alert stands."""
    drafted = json.loads(
        deployment.onevoice("alert", "draft", str(root / EXAMPLE), "--as", "Maria Solis", "--json").stdout
    )
    own = deployment.onevoice("alert", "submit", drafted["id"], "--as", "Maria Solis", "--json")
    refused = deployment.onevoice("alert", "approve", drafted["id"], "--as", "Maria Solis", "--json")
    wrong = deployment.onevoice("alert", "approve", drafted["id"], "--as", "Sam Okafor", "--json", secret="not his")
    good = deployment.onevoice("alert", "approve", drafted["id"], "--as", "Sam Okafor", "--json")
    out = deployment.onevoice("alert", "release", drafted["id"], "--as", "Maria Solis", "--json")

    assert json.loads(own.stdout)["state"] == "submitted"
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "another person must answer" in refused.stderr
    assert (wrong.returncode, "do not fit together" in wrong.stderr) == (1, True)
    assert json.loads(good.stdout)["state"] == "approved"
    assert (out.returncode, json.loads(out.stdout)["state"]) == (0, "sending")
    assert (
        json.loads(deployment.onevoice("alert", "status", drafted["id"], "--json").stdout)["deliveries"]["planned"] == 0
    )


def test_approvers_are_told_by_text_and_mail_with_the_link(deployment: Any, root: Path) -> None:
    """The first approver hears of it by both means; the text names nobody."""
    step = draft.draft(deployment.desk, root / EXAMPLE, MARIA)
    submit.submit(deployment.desk, step.id, MARIA)

    texts = [e.body for e in deployment.sandbox.entries("sms", "accepted")]
    mails = [e.body for e in deployment.sandbox.entries("smtp", "accepted")]

    assert len(texts) == len(mails) == 1
    assert texts[0].startswith("EXERCISE. Approval needed: River flood, warning, to ")
    assert f"/approve/{step.id}" in texts[0]


def test_a_changed_text_cannot_be_released(deployment: Any, root: Path) -> None:
    """What was approved is what is sent, byte for byte, or nothing is."""
    alert_id = approved(deployment.desk, root)
    with deployment.desk.ledger.write() as conn:
        row = conn.execute(variant.select().limit(1)).one()
        body = dict(row.body) | {"parts": dict(row.body["parts"]) | {"text": "Stay where you are."}}
        conn.execute(variant.update().where(variant.c.id == row.id).values(body=body))

    with pytest.raises(Conflict, match="not what was approved"):
        release.release(deployment.desk, alert_id, MARIA)


def test_the_rehearsal_goes_through_the_approval_page(deployment: Any, root: Path) -> None:
    """A rehearsal opens the page, types the hazard, and leaves nobody behind who could approve."""
    step = draft.draft(deployment.desk, root / EXAMPLE, rehearse.AUTHOR)
    submit.submit(deployment.desk, step.id, rehearse.AUTHOR)

    rehearse.approve_on_page(deployment.desk, step.id)

    assert draft.step(deployment.desk, step.id).state == "approved"
    assert not [o for o in officers.everybody(deployment.desk) if o.name.startswith("rehearsal")]


def test_stop_is_kept_and_answered_in_the_readers_language(deployment: Any, root: Path) -> None:
    """STOP takes effect and is answered once; a word for help is answered with whom to ring."""
    alert_id = released(deployment, root)
    sms = [e for e in deployment.sandbox.entries("sms", "accepted") if e.body.startswith("SIMULACRO")]
    told = receive.reply_addresses(deployment.desk.settings)
    assert list(told) == ["sms"]  # no second account is set up

    deployment.sandbox.inbound(from_=sms[0].to, to=sms[0].sender, body="Alto", webhook=told["sms"])

    wait_until(lambda: bool(receive.listing(deployment.desk, alert_id)), "the reply in the ledger")
    assert [r["word"] for r in receive.listing(deployment.desk, alert_id)] == ["stop"]
    answers = deployment.sandbox.entries("inbound", "reply")
    assert len(answers) == 1
    assert answers[0].body.startswith("Emergencias de Millford")


def test_the_report_and_the_matrix_need_no_network(deployment: Any, root: Path) -> None:
    """Both are one file: no script, and no address but the alert's own."""
    alert_id = released(deployment, root)
    html = report.report(deployment.desk, alert_id)
    deployment.onevoice(
        "alert", "preview", str(root / EXAMPLE), "--html", str(deployment.desk.settings.home / "m.html")
    )
    matrix = (deployment.desk.settings.home / "m.html").read_text(encoding="utf-8")

    for page in (html, matrix):
        assert "<script" not in page
        assert "src=" not in page
        assert "@import" not in page
    assert "Who was reached" in html
    assert 'dir="rtl"' in matrix


def test_a_stranger_cannot_release_or_approve(desk: Any, root: Path) -> None:
    """An officer's role alone neither approves nor releases."""
    step = draft.draft(desk, root / EXAMPLE, MARIA)
    submit.submit(desk, step.id, MARIA)

    with pytest.raises(Refused, match="this takes"):
        approve.approve(desk, step.id, Actor("Ann", "officer"))
    with pytest.raises(Conflict, match="submitted"):
        release.release(desk, step.id, MARIA)


def test_the_same_release_twice_is_one_release(deployment: Any, root: Path) -> None:
    """Who comes second is told who was first."""
    alert_id = approved(deployment.desk, root)
    release.release(deployment.desk, alert_id, MARIA)

    with pytest.raises(Conflict, match="by Maria Solis"):
        release.release(deployment.desk, alert_id, SAM)


def test_no_page_no_release(settings: Any, root: Path) -> None:
    """Every message links to the page, so nothing goes out while the page does not answer."""
    desk = Desk(settings)
    alert_id = approved(desk, root)

    with pytest.raises(OutOfReach, match="does not answer"):
        release.release(desk, alert_id, MARIA)
    desk.ledger.close()


def test_sandbox_is_the_one_of_this_test(sandbox: Sandbox) -> None:
    """The record starts empty."""
    assert not sandbox.entries("sms", "accepted")


def test_partners_of_the_area_are_mailed_each_version(deployment: Any, root: Path) -> None:
    """A partner of the area hears of a release by mail, with its hash and texts; one of elsewhere does not."""
    partners.add(deployment.desk, "food-bank", "Food Bank", email="desk@food-bank.example", zones=("old-mill",))
    partners.add(deployment.desk, "north-clinic", "Clinic", email="desk@clinic.example", zones=("north-hill",))
    alert_id = approved(deployment.desk, root)

    release.release(deployment.desk, alert_id, MARIA)

    [mail] = [e for e in deployment.sandbox.entries("smtp", "accepted") if "Check number" in e.body]
    body = mail.body.replace("\r", "")
    assert mail.to == "desk@food-bank.example"
    assert mail.headers["Subject"] == "EXERCISE. River flood, warning, for Old Mill, Riverside: please pass on"
    assert body.startswith("EXERCISE. This is practice")
    assert str(draft.step(deployment.desk, alert_id).release) in body
    assert "[es, for the public]\nSIMULACRO\n" in body
    assert partner_mail.answer_url(deployment.desk, alert_id, "food-bank") in body
    assert body.rstrip().endswith("EXERCISE")


def test_a_running_sender_tells_the_next_deputy_when_nobody_answers(deployment: Any, root: Path) -> None:
    """The second approver is told once the first has not answered in time."""
    step = draft.draft(deployment.desk, root / EXAMPLE, MARIA)
    submit.submit(deployment.desk, step.id, MARIA)
    late = Desk(deployment.desk.settings, now=lambda: datetime.now(UTC) + timedelta(minutes=6))

    told = ask.escalate(late)
    again = ask.escalate(deployment.desk)

    texts = [e.body for e in deployment.sandbox.entries("sms", "accepted")]
    late.ledger.close()
    assert (told, again, len(texts)) == ([step.id], [], 2)
