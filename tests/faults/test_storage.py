"""Databases that are locked, full, gone or cut off; clocks that lie; a kill switch that must work all the same."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import make_url, select

from faults import power
from faults.check import CLOSED, MAIL_ENDS, judge
from faults.deployment import Deployment
from faults.processes import wait_until
from faults.proxy import Proxy, nth
from faults.trial import settle
from onevoice.dispatch.send import AFTER_TROUBLE
from onevoice.failpoint import Point
from onevoice.ledger import audit, control
from onevoice.ledger import tables as t
from onevoice.ledger.receipts import RAW

pytestmark = pytest.mark.slow


@contextmanager
def locked(deployment: Deployment) -> Iterator[None]:
    """Another process of this machine holds the write lock."""
    conn = sqlite3.connect(deployment.home / "onevoice.db", isolation_level=None)
    conn.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        conn.execute("ROLLBACK")
        conn.close()


@pytest.mark.fault("F40")
@pytest.mark.parametrize("seconds", [1, 5, pytest.param(62, marks=pytest.mark.faults)])
def test_a_locked_database_stops_calls_and_nothing_else(deploy: Any, holds: Any, seconds: float) -> None:
    """No call begins without a committed intent; when the lock is gone, each gets one message."""
    deployment = deploy("minor")
    deployment.listen()
    sender = deployment.sender(once=True, patience=120)
    wait_until(lambda: deployment.provider.count() > 10, "messages")
    with locked(deployment):
        time.sleep(0.6)
        out = deployment.provider.count()
        time.sleep(seconds)
        assert deployment.provider.count() == out, "a call began while no intent could be committed"
    assert sender.ended(180)
    settle(deployment)
    figures = holds(deployment)
    assert (figures["duplicates"], figures["in_doubt"]) == (0, 0)


@pytest.mark.fault("F40", "F41")
@pytest.mark.parametrize("trouble", ["locked", "full"])
def test_halt_works_within_two_seconds_whatever_the_database_does(
    deploy: Any, holds: Any, seen: Any, trouble: str
) -> None:
    """The file is enough: no call starts later than 2 s after it, with the database locked or its disk full."""
    deployment = deploy("urgent")
    deployment.listen()
    full = deployment.home / "full"
    sender = deployment.sender(once=False, full=str(full))
    wait_until(lambda: deployment.provider.count() > 10, "messages")
    begun = time.time()
    if trouble == "locked":
        with locked(deployment):
            deployment.nursery.start("halt", deployment.settings)
            wait_until((deployment.home / "HALT").exists, "the halt file")
            time.sleep(3)
    else:
        full.touch()
        deployment.nursery.start("halt", deployment.settings, full=str(full)).ended()
        time.sleep(3)
        full.unlink()
    time.sleep(2)
    last = max(_at(one) for one in deployment.provider.taken())
    seen(last_call_after_halt_s=round(max(0.0, last - begun), 2))
    assert last - begun <= 2
    sender.kill()
    holds(deployment, kills=1, open_=True)


@pytest.mark.fault("F40")
@pytest.mark.every_case
@pytest.mark.parametrize("route", ["page", "file"])
def test_the_other_ways_to_stop_hold_too_with_the_database_locked(
    deploy: Any, holds: Any, seen: Any, route: str
) -> None:
    """The button on the console, and a file made by hand: within 2 s, and also when the lock is gone."""
    deployment = deploy("urgent")
    deployment.listen()
    sender = deployment.sender(once=False)
    wait_until(lambda: deployment.provider.count() > 10, "messages")
    with _console(deployment) as press, locked(deployment):
        begun = time.time()
        if route == "page":
            press()
        else:
            (deployment.home / "HALT").touch()
    time.sleep(3)
    last = max(_at(one) for one in deployment.provider.taken())
    seen(last_call_after_halt_s=round(max(0.0, last - begun), 2))
    assert last - begun <= 2
    assert sender.runs
    sender.kill()
    holds(deployment, kills=1, open_=True)


@contextmanager
def _console(deployment: Deployment) -> Iterator[Callable[[], None]]:
    """A console; the answer is an officer who presses its button, with their own secret."""
    from fastapi.testclient import TestClient

    from console.app import build

    public = deployment.settings["public_url"]
    officer = {"name": "Maria Solis", "secret": "correct horse battery", "reason": "a fault is tried"}
    desk = deployment.desk()
    with TestClient(build(desk), base_url=public, headers={"Origin": public}) as web:
        web.get("/halt")

        def press() -> None:
            assert web.post("/halt", data=officer).status_code == 200

        yield press
    desk.ledger.close()


def _at(entry: Any) -> float:
    from datetime import datetime

    return datetime.fromisoformat(entry.at).timestamp()


@pytest.mark.fault("F40")
def test_killed_between_halt_file_and_database_it_stays_halted(deploy: Any, holds: Any) -> None:
    """The command dies after it wrote the file: nothing more is sent all the same."""
    deployment = deploy("urgent")
    assert deployment.nursery.start("halt", deployment.settings, point=Point.HALT_FILE.value).ended() is None
    told = deployment.sender().ended()
    assert told
    assert (told["ending"], told["calls"], deployment.provider.count()) == ("halted", 0, 0)
    holds(deployment, open_=True)


@pytest.mark.fault("F41")
def test_a_full_disk_stops_claims_and_nothing_is_lost(deploy: Any, holds: Any) -> None:
    """While no page can be added nothing is claimed; with room again everything goes out, each once."""
    deployment = deploy("minor")
    full = deployment.home / "full"
    deployment.listen(full=str(full))  # a page that it still could add would have room for intents
    sender = deployment.sender(full=str(full), patience=90)
    wait_until(lambda: deployment.provider.count() > 10, "messages")
    full.touch()
    wait_until(lambda: b"disk is full" in Path(sender.given["log"]).read_bytes(), "it says that the disk is full")
    told = len(Path(sender.given["log"]).read_bytes())
    out = _last_room_used(deployment)
    time.sleep(2)
    assert deployment.provider.count() == out, "calls went on while no intent could be kept"
    assert b"disk is full" in Path(sender.given["log"]).read_bytes()[told:], "it was done, not stopped"
    full.unlink()
    assert sender.ended(150)
    settle(deployment)
    figures = holds(deployment)
    assert (figures["duplicates"], figures["in_doubt"]) == (0, 0)


def _last_room_used(deployment: Deployment) -> int:
    """How many messages went out until the room that pages still had was used up: quiet for longer than a new try."""
    out, since = deployment.provider.count(), time.monotonic()
    while time.monotonic() - since < 2 * AFTER_TROUBLE:
        time.sleep(0.1)
        if (now := deployment.provider.count()) != out:
            out, since = now, time.monotonic()
    return out


@pytest.mark.fault("F41")
@pytest.mark.faults
def test_a_file_system_that_is_really_full(deploy: Any, holds: Any, tmp_path: Path) -> None:
    """The same on a small tmpfs that somebody fills, where this machine lets us mount one."""
    deployment = deploy("minor")
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", small], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("this machine does not let us mount a tmpfs")
    try:
        for file in deployment.home.glob("onevoice.db*"):
            shutil.move(file, small / file.name)
        deployment.url = f"sqlite:///{small / 'onevoice.db'}"
        deployment.listen()
        sender = deployment.sender(patience=90)
        wait_until(lambda: deployment.provider.count() > 10, "messages")
        ballast = (small / "ballast").open("wb", buffering=0)
        with pytest.raises(OSError, match="No space"):
            _fill(ballast)
        time.sleep(4)
        (small / "ballast").unlink()
        ballast.close()
        sender.ended(150)
        settle(deployment)
        figures = holds(deployment)
        assert figures["duplicates"] == 0
    finally:
        deployment.nursery.end_all()
        subprocess.run(["umount", "-l", small], check=True)


def _fill(file: Any) -> None:
    while True:
        file.write(b"x" * 4096)


@pytest.mark.fault("F42")
@pytest.mark.parametrize("harm", ["deleted", "damaged", "read-only"])
def test_a_database_that_is_not_what_it_was_stops_everything(deploy: Any, harm: str) -> None:
    """Deleted, overwritten or made unwritable under us: not one further call, and one sentence that says why."""
    deployment = deploy("minor")
    file = deployment.home / "onevoice.db"
    kept = deployment.home / "kept"
    if harm == "read-only" and os.geteuid() == 0:
        pytest.skip("root may write anything")
    sender = deployment.sender(patience=2)
    wait_until(lambda: deployment.provider.count() > 10, "messages")
    _harm(file, kept, harm)
    told = sender.ended()
    out = deployment.provider.count()
    assert told
    assert "error" in told
    assert "Traceback" not in Path(sender.given["log"]).read_text(encoding="utf-8")
    again = deployment.sender(patience=0).ended()
    assert again
    assert "error" in again
    assert deployment.provider.count() == out


def _harm(file: Path, kept: Path, harm: str) -> None:
    if harm == "read-only":
        file.chmod(0o400)
        file.parent.chmod(0o500)
        return
    shutil.copy(file, kept)
    for name in (file.name, f"{file.name}-wal", f"{file.name}-shm"):
        if harm == "deleted":
            file.with_name(name).unlink(missing_ok=True)
    if harm == "damaged":
        file.with_name(f"{file.name}-wal").write_bytes(b"")
        with file.open("r+b") as out:
            out.write(b"\0" * file.stat().st_size)


def _server(deployment: Deployment) -> tuple[str, int] | str:
    """Where PostgreSQL listens: on a Unix socket, or on a port."""
    url = make_url(deployment.url)
    folder = url.query.get("host")
    return f"{folder}/.s.PGSQL.{url.port or 5432}" if folder else (str(url.host), url.port or 5432)


def _through(deployment: Deployment, line: Proxy) -> dict[str, str]:
    """The settings of a sender that reaches its database through a line that breaks."""
    url = make_url(deployment.url).set(host="127.0.0.1", port=line.port, query={"sslmode": "disable"})
    return {"database_url": url.render_as_string(hide_password=False)}


@pytest.mark.fault("F43")
@pytest.mark.postgres
@pytest.mark.parametrize("deed", ["cut before", "cut after"])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_the_connection_is_cut_at_a_commit(deploy: Any, holds: Any, deed: str, number: int) -> None:
    """Whether the commit arrived or not: it is looked up before any call, and each gets one message."""
    deployment = deploy("minor", "postgres")
    deployment.listen()
    commit = nth(b"COMMIT", number, deed)

    def rule(chunk: bytes) -> str | None:
        return commit(chunk) if deployment.provider.count() > 5 else None

    with Proxy(_server(deployment), rule) as line:
        told = deployment.sender(settings=_through(deployment, line)).ended()
        assert told
        assert told.get("ending") == "done", told
        assert line.struck == 1
    settle(deployment)
    figures = holds(deployment)
    assert (figures["duplicates"], figures["in_doubt"]) == (0, 0)


@pytest.mark.fault("F43", "F10")
@pytest.mark.postgres
def test_a_sender_that_is_cut_off_from_the_database_loses_nothing(deploy: Any, holds: Any) -> None:
    """Cut off for good in the middle: it claims nothing more and ends; what it could not tell is in doubt."""
    deployment = deploy("severe", "postgres")
    deployment.listen()
    with Proxy(_server(deployment)) as line:
        sender = deployment.sender(settings=_through(deployment, line), patience=3)
        wait_until(lambda: deployment.provider.count() > 10, "messages")
        line.broken = True
        line.cut()
        told = sender.ended()
        out = deployment.provider.count()
        assert told
        assert told["error"] == "OutOfReach"
    settle(deployment)
    figures = holds(deployment, kills=1)
    assert deployment.provider.count() > out
    assert figures["lost"] == 0


@pytest.mark.fault("F44")
@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
@pytest.mark.parametrize("point", [Point.INTENTS_OPEN, Point.INTENTS_DONE])
def test_a_transaction_that_fails_is_made_again_and_no_call_is(
    deploy: Any, holds: Any, kind: str, point: Point
) -> None:
    """An error before the commit, or after it: the sender finds out which, and nobody gets a second message."""
    deployment = deploy("minor", kind)
    deployment.listen()
    deployment.provider.sandbox.fault("slow", count=10, seconds=3)  # so that calls run while it fails
    told = deployment.sender(point=point.value, nth=4, act="fail").ended()
    assert told
    assert told["ending"] == "done"
    settle(deployment)
    figures = holds(deployment)
    assert (figures["duplicates"], figures["in_doubt"]) == (0, 0)


@pytest.mark.fault("F46")
@pytest.mark.parametrize("hours", [-1, 1])
def test_hosts_whose_clocks_are_an_hour_apart_agree(deploy: Any, holds: Any, hours: int) -> None:
    """One sender an hour ahead or behind beside one that is right: leases and expiry follow the database."""
    deployment = deploy("severe")
    deployment.listen()
    senders = [deployment.sender(clock=3600 * hours), deployment.sender()]
    assert all(sender.ended() for sender in senders)
    settle(deployment)
    figures = holds(deployment)
    assert (figures["duplicates"], figures["in_doubt"]) == (0, 0)


@pytest.mark.fault("F48")
@pytest.mark.parametrize(("row", "later"), [("severe", 150), ("severe", 0), ("minor", 0)])
def test_an_older_backup_is_put_in_place_of_the_database(deploy: Any, seen: Any, row: str, later: float) -> None:
    """Halted, without a call, until two people say so; then nobody gets it twice. `later`: by the next means too."""
    deployment = deploy(row)
    deployment.listen()
    first = deployment.sender(once=False)
    wait_until(lambda: deployment.provider.count() > 20, "half of the messages")
    first.signal(signal.SIGTERM)
    assert first.ended()
    file, backup = deployment.home / "onevoice.db", deployment.home / "backup.db"
    _copy(file, backup)
    settle(deployment)
    settle(deployment, shift=later)
    deployment.nursery.end_all()
    before = Counter(one.to for one in deployment.provider.taken())
    for name in ("onevoice.db-wal", "onevoice.db-shm"):
        (deployment.home / name).unlink(missing_ok=True)
    shutil.copy(backup, file)
    deployment.listen()
    for shift in (0, 60, 200):
        told = deployment.sender(shift=shift).ended()
        assert told
        assert (told["ending"], told["calls"]) == ("halted", 0)
    assert deployment.provider.count() == before.total(), "a message left while all was halted"
    _two_resume(deployment)
    settle(deployment, shift=200)
    after = Counter(one.to for one in deployment.provider.taken())
    seen(figures={"duplicates": after.total() - len(after), "messages": after.total()})
    assert max(after.values()) == 1, "somebody was written to again"
    assert _steps(deployment, after.keys() - before.keys()) <= {2}, (
        "only the next means of somebody whose mail is parked"
    )
    _nothing_is_open(deployment)


def _two_resume(deployment: Deployment) -> None:
    desk = deployment.desk()
    for name in ("Maria Solis", "Sam Okafor"):
        with desk.ledger.write() as conn:
            assert control.state(conn).state == "halted"
            control.resume(conn, by=name, now=desk.now())
    desk.ledger.close()


def _steps(deployment: Deployment, written_to: Collection[str]) -> set[int]:
    """Which means of theirs it was, for people who were written to: 1 is the first."""
    desk = deployment.desk()
    keys = {desk.vault.contact_key(means, to) for to in written_to for means in ("sms", "email")}
    with desk.ledger.read() as conn:
        rows = conn.execute(select(t.delivery.c.contact_key, t.delivery.c.step)).all()
    desk.ledger.close()
    return {row.step for row in rows if row.contact_key in keys}


def _nothing_is_open(deployment: Deployment) -> None:
    """Every delivery has ended, is parked, or is mail that the mail server has."""
    desk = deployment.desk()
    with desk.ledger.read() as conn:
        rows = conn.execute(select(t.delivery.c.id, t.delivery.c.means, t.delivery.c.state)).all()
        problems = audit.verify(conn, desk.vault, None).problems
    desk.ledger.close()
    ends = CLOSED | {"parked"}
    assert [row for row in rows if row.state not in (ends | MAIL_ENDS if row.means == "email" else ends)] == []
    assert list(problems) == []


def _copy(file: Path, to: Path) -> None:
    source, target = sqlite3.connect(file), sqlite3.connect(to)
    source.backup(target)
    source.close()
    target.close()


@pytest.mark.fault("F49", "F50")
@pytest.mark.parametrize("trouble", ["dead", "locked", "wiped"])
def test_send_due_needs_no_prefect(deploy: Any, holds: Any, seen: Any, root: Path, trouble: str) -> None:
    """The real command, with Prefect's server dead, its database locked or gone: what is due is out within 30 s."""
    deployment = deploy("severe")
    deployment.listen()
    prefect = deployment.home / "prefect"
    prefect.mkdir()
    lock = sqlite3.connect(prefect / "prefect.db", isolation_level=None)
    if trouble == "locked":
        lock.execute("BEGIN EXCLUSIVE")
    if trouble == "wiped":
        shutil.rmtree(prefect)
    ours = {f"ONEVOICE_{name.upper()}": str(value) for name, value in deployment.settings.items()}
    theirs = {"PREFECT_API_URL": "http://127.0.0.1:9/api", "PREFECT_HOME": str(prefect), "PYTHONPATH": str(root)}
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "onevoice", "send-due", "--once"],
        env=os.environ | ours | theirs | {"ONEVOICE_SMTP_TLS": "false"},
        cwd=deployment.home,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    took = time.monotonic() - begun
    lock.close()
    seen(sent_within_s=round(took, 1))
    assert done.returncode == 0, done.stderr
    assert deployment.provider.count() > 50
    assert took <= 30
    settle(deployment)
    figures = holds(deployment)
    assert (figures["duplicates"], figures["in_doubt"]) == (0, 0)


@pytest.mark.fault("F52")
def test_senders_that_come_back_too_late_send_nothing(deploy: Any, holds: Any) -> None:
    """Nine hours later the time to act is over: every row is closed, and not one message leaves."""
    deployment = deploy("urgent")
    told = deployment.sender(shift=9 * 3600).ended()
    assert told
    assert (told["calls"], deployment.provider.count()) == (0, 0)
    desk = deployment.desk()
    with desk.ledger.read() as conn:
        assert set(conn.scalars(select(t.delivery.c.state))) <= {"expired", "suppressed"}
    desk.ledger.close()
    holds(deployment)


@pytest.mark.fault("F53")
@pytest.mark.parametrize("files", [24, 40])
def test_without_file_descriptors_it_is_slower_and_nothing_is_lost(deploy: Any, holds: Any, files: int) -> None:
    """A sender that can hardly open a connection: what it cannot call is not in doubt; the next one sends the rest."""
    deployment = deploy("severe")
    deployment.listen()
    deployment.sender(files=files, patience=2).ended()
    settle(deployment)
    figures = holds(deployment, kills=1)
    assert figures["lost"] == 0


# --- F9: the power goes -----------------------------------------------------------------------------------------------


def _powerless(deploy: Any, sync: str, seed: int) -> tuple[Deployment, set[tuple[str, str]]]:
    """Sender and listener until the power goes, at a moment that the seed knows. What was said and acknowledged."""
    deployment = deploy("minor")
    power.begin(deployment.home)
    deployment.listen(sync=sync)
    deployment.sender(sync=sync)
    many = Random(seed).randint(12, 60)  # noqa: S311 - a moment that can be found again
    wait_until(
        lambda: deployment.provider.count() >= many and bool(_acknowledged(deployment)), "messages, and an answer"
    )
    deployment.nursery.end_all()
    power.lose(deployment.home)
    return deployment, _acknowledged(deployment)


def _acknowledged(deployment: Deployment) -> set[tuple[str, str]]:
    """Which callbacks were answered as kept."""
    said = deployment.provider.entries("callback", "posted")
    return {(one.sid, one.detail["status"]) for one in said if one.outcome.startswith("204")}


def _heard(deployment: Deployment) -> set[tuple[str, str]]:
    """Which callbacks are kept."""
    desk = deployment.desk()
    with desk.ledger.read() as conn:
        rows = conn.execute(select(t.receipt.c.raw_enc)).all()
        raw = [json.loads(desk.vault.unseal(row.raw_enc, RAW)) for row in rows]
    desk.ledger.close()
    return {(one["MessageSid"], one["MessageStatus"]) for one in raw}


@pytest.mark.fault("F9")
@pytest.mark.parametrize("seed", range(8))
def test_when_the_power_goes_no_intent_and_no_acknowledged_callback_is_missing(
    deploy: Any, holds: Any, seen: Any, seed: int
) -> None:
    """Every byte that was not synced is gone: what was called has its attempt, what was answered 204 its receipt."""
    deployment, acknowledged = _powerless(deploy, "full", seed)
    seen(callbacks=len(acknowledged))
    assert acknowledged
    assert acknowledged <= _heard(deployment)
    assert judge(deployment, kills=1, open_=True).problems == []
    deployment.listen()
    settle(deployment)
    assert holds(deployment, kills=1)["duplicates"] == 0


@pytest.mark.fault("F9")
def test_a_ledger_that_syncs_less_would_lose_calls(deploy: Any) -> None:
    """The same with synchronous=NORMAL: messages went out of which nothing is left. So the test above can fail."""
    deployment, _ = _powerless(deploy, "normal", 1)
    problems = judge(deployment, kills=1, open_=True).problems
    assert any("has no attempt in the ledger" in problem for problem in problems)
