"""From an alert file to what Mastodon and Bluesky hold: the ledger against their own record, to the last post."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from onevoice import localize
from onevoice.desk import approve, draft, rehearse, release, report, revise, send, status, submit
from onevoice.desk.officers import Actor
from onevoice.dispatch import reconcile
from onevoice.dispatch import send as sending
from onevoice.ledger import alerts, posts
from onevoice.ledger.engine import database_now
from sandbox.record import Entry
from sandbox.testing import wait_until

EXAMPLE = "examples/river_flood_warning.yaml"
WARNING = "hazard: river_flood\nstatus: Exercise\narea: {zones: [old-mill, riverside]}\nfacts: {act_by: +4h}\n"
MARIA, SAM = Actor("Maria Solis", "manager"), Actor("Sam Okafor", "approver")
SERVICES = ("mastodon", "bluesky")
LANGUAGES = set(localize.languages(Path(__file__).resolve().parents[2]))
POSTS = len(SERVICES) * len(LANGUAGES)


def due(deployment: Any, step: Any) -> str:
    """Submit, approve and release a draft; give its id."""
    desk = deployment.desk
    submit.submit(desk, step.id, MARIA)
    approve.approve(desk, step.id, SAM)
    release.release(desk, step.id, MARIA)
    return str(step.id)


def sent(deployment: Any, step: Any) -> str:
    """Release a draft and send it until it is quiet."""
    alert_id = due(deployment, step)
    rehearse.wait_until_quiet(deployment.desk, alert_id, silence=1.0)
    return alert_id


def follow(deployment: Any, seconds: int) -> None:
    """Follow up and send as if so many seconds had passed."""
    desk = deployment.desk
    later = replace(send.options(desk), clock=lambda conn: database_now(conn) + timedelta(seconds=seconds))

    async def once() -> None:
        await reconcile.follow_up(desk.ledger, desk.vault, desk.providers, later)
        await sending.send_due(desk.ledger, desk.vault, desk.providers, later, once=True)
        for provider in desk.providers.values():
            await provider.close()

    asyncio.run(once())


def held(deployment: Any) -> list[Entry]:
    """Give every post that the services hold, in the order in which they took them."""
    return [e for e in deployment.sandbox.entries(event="accepted") if e.service in SERVICES]


def language(entry: Entry) -> str:
    """Tell in which language a service has a post: the tag itself, or with its country for its script."""
    told = entry.detail["language"] if entry.service == "mastodon" else entry.detail["record"]["langs"][0]
    return {"zh-CN": "zh-Hans", "zh-TW": "zh-Hant"}.get(told, str(told))


def received(deployment: Any) -> Counter[tuple[str, str, str]]:
    """Count what the services hold: service, language, text."""
    return Counter((e.service, language(e), e.body) for e in held(deployment))


def told(deployment: Any, *ids: str) -> list[posts.Post]:
    """Give the posts of versions as the ledger has them."""
    with deployment.desk.ledger.read() as conn:
        standing = [alerts.standing_release(conn, alert_id) for alert_id in ids]
        return posts.of_releases(conn, [found.id for found in standing if found])


def planned(deployment: Any, *ids: str) -> Counter[tuple[str, str, str]]:
    """Count what the ledger says was posted: service, language, text."""
    return Counter((p.slot.via, p.slot.language, str(p.text)) for p in told(deployment, *ids) if p.evidence == "posted")


def test_every_post_in_the_record_is_one_in_the_ledger(deployment: Any, root: Path) -> None:
    """To the last post: two accounts, every language, each text once, under the id that the ledger has."""
    alert_id = sent(deployment, draft.draft(deployment.desk, root / EXAMPLE, MARIA))

    assert received(deployment) == planned(deployment, alert_id)
    assert sum(received(deployment).values()) == POSTS
    assert {e.sid for e in held(deployment)} == {p.ref for p in told(deployment, alert_id)}
    assert {language(e) for e in held(deployment)} == LANGUAGES
    assert status.status(deployment.desk, alert_id)["posted"]["posted"] == POSTS


def test_an_exercise_says_so_first_and_last_in_every_post(deployment: Any, root: Path) -> None:
    """As a stranger reads it, in the words of each language."""
    sent(deployment, draft.draft(deployment.desk, root / EXAMPLE, MARIA))

    lines = [e.body.splitlines() for e in held(deployment)]

    assert all(first == last for first, *_, last in lines)
    assert len({first for first, *_ in lines}) > 5


def test_the_command_line_and_the_report_say_what_was_posted(deployment: Any, root: Path) -> None:
    """Account, language and state in status; text, time and thread in the report."""
    alert_id = sent(deployment, draft.draft(deployment.desk, root / EXAMPLE, MARIA))
    shown = deployment.onevoice("alert", "status", alert_id)
    as_json = json.loads(deployment.onevoice("alert", "status", alert_id, "--json").stdout)
    page = report.report(deployment.desk, alert_id)

    assert f"Posted publicly: posted {POSTS}" in shown.stdout
    assert f"{POSTS} posts: 2 accounts, {len(LANGUAGES)} languages." in shown.stderr
    assert {(p["service"], p["word"]) for p in as_json["posts"]} == {(s, "posted") for s in SERVICES}
    assert "Posted publicly" in page
    assert "begins the thread" in page
    assert f"last of {len(LANGUAGES)} posts on Mastodon" in page
    assert all(e.sid in page for e in held(deployment))


def test_each_version_answers_the_one_before_it_in_its_thread(deployment: Any, tmp_path: Path) -> None:
    """Warning, update, correction, all-clear: four posts in one thread for each account and language."""
    file = tmp_path / "alert.yaml"

    def version(hours: int) -> Path:
        file.write_text(WARNING.replace("+4h", f"+{hours}h"))
        return file

    desk = deployment.desk
    ids = [sent(deployment, draft.draft(desk, version(4), MARIA))]
    ids.append(sent(deployment, revise.update(desk, ids[-1], version(3), MARIA)))
    ids.append(sent(deployment, revise.correct(desk, ids[-1], version(5), MARIA)))
    ids.append(sent(deployment, revise.cancel(desk, ids[-1], MARIA, None)))

    assert received(deployment) == planned(deployment, *ids)
    threads: dict[tuple[str, str], list[Entry]] = {}
    for entry in held(deployment):
        threads.setdefault((entry.service, language(entry)), []).append(entry)
    assert set(threads) == {(service, tag) for service in SERVICES for tag in LANGUAGES}
    for (service, _), thread in threads.items():
        assert [_above(service, entry) for entry in thread] == [None, *(entry.sid for entry in thread[:-1])]
    assert "the post of version 3" in report.report(desk, ids[-1])


def _above(service: str, entry: Entry) -> str | None:
    if service == "mastodon":
        return entry.detail.get("in_reply_to_id")
    reply = entry.detail["record"].get("reply")
    return str(reply["parent"]["uri"]) if reply else None


@pytest.fixture(params=["503_after_accept", "cut_after_accept", "html"])
def doubtful(request: pytest.FixtureRequest, deployment: Any) -> Iterator[str]:
    """Let both services take the Spanish post and answer badly."""
    for service in SERVICES:
        deployment.sandbox.fault(request.param, service=service, to="es", count=1)
    yield request.param
    deployment.sandbox.clear_faults()


def test_a_lost_answer_is_found_and_never_posted_twice(deployment: Any, root: Path, doubtful: str) -> None:
    """In doubt, looked for, found: the services hold each post once, and the ledger says posted."""
    alert_id = sent(deployment, draft.draft(deployment.desk, root / EXAMPLE, MARIA))
    follow(deployment, 40)

    assert doubtful
    assert received(deployment) == planned(deployment, alert_id)
    assert set(received(deployment).values()) == {1}
    assert {p.evidence for p in told(deployment, alert_id)} == {"posted"}


def test_a_sender_killed_in_the_middle_loses_and_doubles_no_post(deployment: Any, root: Path) -> None:
    """Kill -9 while answers are on their way: another process finishes, and each post stands exactly once."""
    for service in SERVICES:
        deployment.sandbox.fault("slow", service=service, count=None)
    alert_id = due(deployment, draft.draft(deployment.desk, root / EXAMPLE, MARIA))
    slow = deployment.environment | {"ONEVOICE_MASTODON_RATE": "2", "ONEVOICE_BLUESKY_RATE": "2"}
    sender = subprocess.Popen([sys.executable, "-m", "onevoice", "send-due"], env=slow, stderr=subprocess.DEVNULL)
    wait_until(lambda: len(held(deployment)) >= 4, "four posts at the services", 30)
    os.kill(sender.pid, signal.SIGKILL)
    sender.wait()
    deployment.sandbox.clear_faults()
    in_doubt = [p for p in told(deployment, alert_id) if p.state == "submitting"]
    rehearse.wait_until_quiet(deployment.desk, alert_id, silence=1.0)
    for seconds in (40, 80, 130, 200):
        follow(deployment, seconds)

    assert in_doubt, "somebody was killed in the middle of a call"
    assert received(deployment) == planned(deployment, alert_id)
    assert received(deployment).total() == len(received(deployment)) == POSTS
