"""The process as a whole: what survives its end, how it starts and stops, how fast it is."""

import json
import resource
import smtplib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from sandbox.__main__ import main
from sandbox.behaviours import MAGIC_BLOCK
from sandbox.record import Record, read
from sandbox.testing import Listener, Sandbox, wait_until

OURS, DELIVERED, SILENT = "+14135550101", MAGIC_BLOCK + "00", MAGIC_BLOCK + "10"
SDK = Callable[..., Client]


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """Name a record that is not there yet."""
    return tmp_path / "record.jsonl"


def test_an_answer_that_left_is_in_the_record_after_a_kill(record: Path, sdk: SDK) -> None:
    """Creates run until kill -9; every sid that a client got is in the record, whole."""
    with Sandbox(record) as running:
        got: list[str] = []
        over = threading.Event()

        def create() -> None:
            client = sdk(running, timeout=5)
            while not over.is_set():
                try:
                    got.append(str(client.messages.create(to=DELIVERED, from_=OURS, body=f"x{len(got)}").sid))
                except OSError:
                    return

        threads = [threading.Thread(target=create) for _ in range(4)]
        for thread in threads:
            thread.start()
        wait_until(lambda: len(got) >= 100, "a hundred creates")
        running.kill()
        over.set()
        for thread in threads:
            thread.join(5)
        entries = running.entries("sms", "accepted")

    assert set(got) <= {entry.sid for entry in entries}
    assert len(entries) <= len(got) + len(threads)


def test_a_restart_goes_on_where_a_kill_left_off(record: Path, sdk: SDK) -> None:
    """Fetch, list, opt-outs and numbers of entries are as before."""
    with Sandbox(record, "--delay-scale", "0.01") as first:
        client = sdk(first)
        made = client.messages.create(to=DELIVERED, from_=OURS, body="Évacuez ⚠")
        wait_until(lambda: client.messages(str(made.sid)).fetch().status == "delivered", "delivered")
        before = client.messages(str(made.sid)).fetch()
        client.messages.create(to=SILENT, from_=OURS, body="x")
        for person, words in (("+14155550101", ["STOP"]), ("+14155550102", ["STOP", "START"])):
            for word in words:
                first.inbound(from_=person, to=OURS, body=word)
        first.kill()
    with Sandbox(record) as second:
        client = sdk(second)
        after = client.messages(str(made.sid)).fetch()
        listed = [each.status for each in client.messages.list(from_=OURS)]
        with pytest.raises(TwilioRestException) as stopped:
            client.messages.create(to="+14155550101", from_=OURS, body="x")
        assert client.messages.create(to="+14155550102", from_=OURS, body="x").sid
        entries = second.entries()

    assert {name: value for name, value in vars(before).items() if name[0] != "_"} == {
        name: value for name, value in vars(after).items() if name[0] != "_"
    }
    assert listed == ["queued", "delivered"]
    assert stopped.value.code == 21610
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))


def test_a_restart_leads_unfinished_messages_on(record: Path, sdk: SDK, listener: Listener) -> None:
    """What was queued at the kill is delivered and called back after it; nothing is called back twice."""
    with Sandbox(record, "--delay-scale", "100") as first:
        sid = str(sdk(first).messages.create(to=DELIVERED, from_=OURS, body="x", status_callback=listener.url).sid)
        first.kill()
    with Sandbox(record, "--delay-scale", "0.01"):
        listener.wait_for(sid, "sent", "delivered")
    with Sandbox(record, "--delay-scale", "0.01"):
        time.sleep(0.3)

    assert sorted(listener.statuses_of(sid)) == ["delivered", "sent"]


def test_it_says_where_it_listens_and_stops_cleanly(record: Path) -> None:
    """One line of JSON on standard output, status 0 at SIGTERM, and both ends in the record."""
    with Sandbox(record) as running:
        health = running.ask("GET", "/healthz").json()
        status = running.stop()

    assert running.sms.startswith("http://127.0.0.1:")
    assert (health["status"], status) == ("ok", 0)
    assert [entry.event for entry in running.entries("sandbox")] == ["started", "stopped"]


def test_it_stops_while_a_reply_is_held(record: Path) -> None:
    """A client that waits does not keep the sandbox alive."""
    with Sandbox(record) as running:
        form = {"To": MAGIC_BLOCK + "09", "From": OURS, "Body": "x"}
        path = f"/2010-04-01/Accounts/{Sandbox.account_sid}/Messages.json"

        def wait() -> None:
            with pytest.raises(httpx.HTTPError):
                httpx.post(running.sms + path, data=form, auth=(Sandbox.account_sid, Sandbox.auth_token), timeout=30)

        waiting = threading.Thread(target=wait)
        waiting.start()
        wait_until(lambda: bool(running.entries("sms", "accepted")), "accepted")
        start = time.monotonic()
        status = running.stop()
        waiting.join(5)

    assert status == 0
    assert time.monotonic() - start < 5


def test_it_does_not_outlive_a_parent_that_was_killed(record: Path) -> None:
    """With --with-parent a killed test run leaves nothing behind."""
    start = "import subprocess, sys; subprocess.run([sys.executable, '-m', 'sandbox', *sys.argv[1:]])"
    command = [sys.executable, "-c", start, "--record", str(record), "--with-parent"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        parent.stdout.readline()
        parent.kill()
    wait_until(lambda: read(record)[-1].event == "stopped", "stopped")

    assert [entry.event for entry in read(record)] == ["started", "stopped"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--shares", "50,50"], "make 100"),
        (["--shares", "90,2,1,1"], "make 100"),
        (["--delay-scale", "-1"], "--delay-scale"),
        (["--bounce-to", "mail.example:25"], "loopback only"),
        (["--smtp-tls-cert", "missing.pem"], "--smtp-tls-key"),
        (["--sms-port", "1000000"], "--sms-port"),
    ],
)
def test_a_wrong_option_is_said(
    record: Path, capsys: pytest.CaptureFixture[str], options: list[str], says: str
) -> None:
    """Exit status 2, a sentence on standard error, nothing on standard output."""
    with pytest.raises(SystemExit) as end:
        main(["--record", str(record), *options])
    out, err = capsys.readouterr()

    assert (end.value.code, out) == (2, "")
    assert says in err


@pytest.mark.parametrize("port", ["--sms-port", "--smtp-port"])
def test_a_port_in_use_is_said_without_a_traceback(record: Path, port: str) -> None:
    """Exit status 2, and the record is free again."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        command = [sys.executable, "-m", "sandbox", "--record", str(record), port, str(taken.getsockname()[1])]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    Record(record).close()

    assert (ended.returncode, ended.stdout) == (2, "")
    assert "sandbox: " in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("state", ["in use", "damaged"])
def test_a_record_that_cannot_be_used_is_said(record: Path, state: str) -> None:
    """A second sandbox on one record, and a record that is none."""
    if state == "damaged":
        record.write_text("rubbish\n")
    holder = Record(record) if state == "in use" else None
    command = [sys.executable, "-m", "sandbox", "--record", str(record)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    if holder:
        holder.close()

    assert ended.returncode == 2
    assert "record.jsonl" in ended.stderr
    assert "Traceback" not in ended.stderr


def _fill_the_disk(running: Sandbox) -> None:
    full = running.record.stat().st_size + 60
    resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (full, full))


ON_LINUX = pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux lets one process limit another")


@ON_LINUX
def test_no_message_is_taken_that_cannot_be_recorded(record: Path, sdk: SDK) -> None:
    """On a full disk a create is answered 500, and the witness does not go on without its record: status 3."""
    with Sandbox(record) as running:
        _fill_the_disk(running)
        with pytest.raises(TwilioRestException) as refusal:
            sdk(running).messages.create(to=DELIVERED, from_=OURS, body="x")
        status = running.process.wait(10)
    with Sandbox(record) as again:
        listed = sdk(again).messages.list()
        entries = again.entries()

    assert (refusal.value.status, refusal.value.code, status) == (500, 20500, 3)
    assert listed == []
    assert [entry.event for entry in entries if entry.service == "sandbox"] == ["started", "started"]


@ON_LINUX
def test_no_mail_is_taken_that_cannot_be_recorded(record: Path) -> None:
    """On a full disk a mail is answered 451, and the process ends with status 3."""
    with Sandbox(record) as running:
        _fill_the_disk(running)
        with smtplib.SMTP(*running.smtp, local_hostname="test.example", timeout=5) as link:
            link.ehlo()
            link.mail("city@city.example")
            link.rcpt("ana@people.example")
            code = link.data("Subject: x\r\n\r\nx")[0]
        status = running.process.wait(10)

    assert (code, status) == (451, 3)
    assert running.entries("smtp") == []


def test_magic_can_be_switched_off(record: Path, sdk: SDK) -> None:
    """Then a magic number is a number like any other."""
    with Sandbox(record, "--no-magic") as plain:
        assert sdk(plain).messages.create(to=MAGIC_BLOCK + "03", from_=OURS, body="x").status == "queued"


def test_the_record_can_be_asked_for(sandbox: Sandbox) -> None:
    """JSON lines, all or only what is new."""
    lines = sandbox.ask("GET", "/sandbox/record").text.splitlines()
    seq = json.loads(lines[-1])["seq"]

    assert seq == len(lines)
    assert sandbox.ask("GET", f"/sandbox/record?after={seq}").text == ""
    assert sandbox.ask("GET", "/sandbox/record?after=x").status_code == 400


def test_creates_are_quick(record: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A look at the speed, not a measure: the machine is shared."""
    form = {"To": DELIVERED, "From": OURS, "Body": "Move to higher ground."}
    path = f"/2010-04-01/Accounts/{Sandbox.account_sid}/Messages.json"
    with Sandbox(record) as running:

        def create() -> None:
            auth = (Sandbox.account_sid, Sandbox.auth_token)
            with httpx.Client(base_url=running.sms, auth=auth) as link:
                for _ in range(150):
                    link.post(path, data=form)

        start = time.monotonic()
        threads = [threading.Thread(target=create) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        time.monotonic() - start
        stats = running.ask("GET", "/sandbox/stats").json()
    with capsys.disabled():
        pass

    assert stats["counts"]["accepted"] == 600
