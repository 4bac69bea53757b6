"""Processes to be broken: senders, listeners, desks. Each is a real one, forked from a parent that has imported all.

`python -m faults.worker` reads one JSON object a line on standard input, forks a child that does what it says, and
answers with the child's pid. The children die with it. Fields of the object:

`role`: send, flow, listen, submit, release, halt; `settings`: of the deployment; `log`: where its output goes;
`told`: a file that gets what the child came to, as JSON, when it ends by itself; `shift`: seconds that the clock of
the senders is ahead; `point`, `nth`, `act`: at the nth time that this fail-point is passed, kill, stop or fail;
`once`, `alert`, `port`: as the role needs them. `files`: so many file descriptors and no more; `clock`: seconds that
the clock of this host is ahead; `full`: while this file exists, the database's disk is full; `mutation`: a mistake of
`faults.mutations` that this child makes; `sync`: note what is synced, full or normal (`faults.power`).
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import importlib
import json
import os
import resource
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from sqlalchemy import event

import channels
import channels.smtp_email
import channels.twilio_sms
from faults import power
from faults.mutations import MUTATIONS
from onevoice.desk import control, receive, release, send, submit
from onevoice.desk.officers import Actor
from onevoice.desk.wiring import Desk
from onevoice.dispatch.options import Options
from onevoice.dispatch.providers import Outgoing
from onevoice.errors import OneVoiceError, OutOfReach
from onevoice.failpoint import Point, arm
from onevoice.ledger.engine import Connection, database_now
from onevoice.settings import Settings

LOADED = (channels.smtp_email, channels.twilio_sms)
"""Imported before the first fork, so that a child begins at once."""

MANAGER = Actor("Maria Solis", "manager")
PDEATHSIG = 1
Given = dict[str, Any]


def strike(given: Given) -> Callable[[Point], None]:
    """What this child does at its fail-point."""
    wanted, left, lock = Point(given["point"]), [int(given.get("nth", 1))], threading.Lock()

    def at(point: Point) -> None:
        if point is not wanted:
            return
        with lock:
            left[0] -= 1
            now = left[0] == 0
        if now:
            _act(given)

    return at


def _act(given: Given) -> None:
    Path(given["told"] + ".struck").touch()
    if given.get("act", "kill") == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif given["act"] == "stop":
        # To this thread: another may take what is sent to the process, and this one goes on past the point.
        signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
    elif given["act"] == "wait":
        time.sleep(float(given["seconds"]))
    else:
        raise OutOfReach("A fail-point struck.")


def desk_of(given: Given) -> Desk:
    """The deployment that this child belongs to."""
    desk = Desk(Settings.model_validate(given["settings"]))
    if "full" in given:
        _fill_disk(desk, Path(given["full"]))
    if "point" in given:
        arm(strike(given), desk.settings.mode)
    return desk


def _fill_disk(desk: Desk, while_there: Path) -> None:
    """SQLite then says what it says on a full disk, at the first page that it would have to add."""

    def begin(conn: Any) -> None:
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar()
        most = pages if while_there.exists() else 1_000_000
        conn.exec_driver_sql(f"PRAGMA max_page_count = {most}").scalar()

    event.listen(desk.ledger._write, "begin", begin)  # noqa: SLF001 - the engine that writes


def _set_host_clock(seconds: float) -> None:
    """What this host takes for the time, wherever it looks at its own clock."""

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.now(tz) + timedelta(seconds=seconds)

    for name, module in list(sys.modules.items()):
        if name.startswith(("onevoice.", "channels.")) and getattr(module, "datetime", None) is datetime:
            setattr(module, "datetime", Shifted)  # noqa: B010 - a module has no such attribute for mypy


# --- roles --------------------------------------------------------------------------------------------------------


def do_send(given: Given) -> Given:
    """`onevoice send-due`, with the senders' clock moved on."""
    _move_on(given)
    sent = send.send_due(desk_of(given), once=bool(given.get("once", True)))
    return {"calls": sent.calls, "accepted": sent.accepted, "unknown": sent.unknown, "ending": sent.ending}


def do_flow(given: Given) -> Given:
    """The follow-up flow, run in this process and recorded by Prefect's server; with the senders' clock moved on."""
    from flows.follow_up import follow_up  # noqa: PLC0415 - only a nursery for flows has Prefect loaded

    _move_on(given)
    desk_of(given)  # arms the fail-point; a flow opens a desk of its own, on the settings of the environment
    os.environ |= {f"ONEVOICE_{name.upper()}": str(value) for name, value in given["settings"].items()}
    asyncio.run(follow_up())
    return {"ending": "done"}


def _move_on(given: Given) -> None:
    """Move the senders' clock on; the provider's stays."""
    shift, usual, build = timedelta(seconds=given.get("shift", 0)), send.options, channels.build
    patience = float(given.get("patience", 60))

    def clock(conn: Connection) -> Any:
        return database_now(conn) + shift

    def options(*arguments: Any) -> Options:
        return replace(usual(*arguments), clock=clock, poll=0.05, patience=patience)

    def built(settings: Settings) -> dict[str, Any]:
        made = build(settings)
        for provider in made.values():
            _ask_on_its_own_clock(provider, shift)
        return made

    send.options = options  # type: ignore[assignment]  # it takes what the usual one takes
    channels.build = built


def _ask_on_its_own_clock(provider: Any, shift: timedelta) -> None:
    """Nobody moves the provider's clock on: what was called `shift` ahead stands in its list at the true time."""
    find = provider.find

    async def found(message: Outgoing, since: datetime) -> Any:
        return await find(message, since - shift)

    provider.find = found


def do_submit(given: Given) -> Given:
    """Hand an alert in."""
    return {"state": submit.submit(desk_of(given), given["alert"], MANAGER).state}


def do_release(given: Given) -> Given:
    """Release an alert."""
    return {"state": release.release(desk_of(given), given["alert"], MANAGER).state}


def do_halt(given: Given) -> Given:
    """Stop all sending."""
    started = time.monotonic()
    found = control.halt(desk_of(given), "Maria Solis", "a fault is tried")
    return {**found, "seconds": time.monotonic() - started}


def do_listen(given: Given) -> Given:
    """Take callbacks, as the console does: stored first, then answered; 503 where it could not be stored."""
    desk = desk_of(given)
    _ = desk.ledger, desk.vault, desk.providers  # before threads ask for them all at once

    class Ear(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, said = _heard(desk, self.path, dict(self.headers.items()), body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 512

    with Server(("127.0.0.1", given["port"]), Ear) as server:
        Path(given["told"] + ".listens").touch()
        server.serve_forever(poll_interval=0.05)
    return {}


def _heard(desk: Desk, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
    means = path.split("/")[2] if path.count("/") >= 3 else ""
    try:
        answer = receive.receive(desk, means, f"{desk.settings.public_url}{path}", headers, body)
    except OneVoiceError:
        return 503, b""
    return answer.status, answer.body


ROLES: dict[str, Callable[[Given], Given]] = {
    "send": do_send,
    "flow": do_flow,
    "submit": do_submit,
    "release": do_release,
    "halt": do_halt,
    "listen": do_listen,
}


# --- the parent ---------------------------------------------------------------------------------------------------


def main() -> None:
    """Fork a child for each line, until there are no more lines; then nobody is left."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them here: the kernel takes them away
    children: list[int] = []
    for module in sys.argv[1:]:
        importlib.import_module(module)  # what the children of this parent need besides
    gc.freeze()
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _child(json.loads(line))
        children.append(pid)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


def _child(given: Given) -> None:
    ctypes.CDLL(None).prctl(PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(given["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    if "files" in given:
        resource.setrlimit(resource.RLIMIT_NOFILE, (given["files"], given["files"]))
    if "clock" in given:
        _set_host_clock(given["clock"])
    if "sync" in given:
        power.watch()
        if given["sync"] == "normal":
            power.never_sync()
    if "mutation" in given:
        MUTATIONS[given["mutation"]]()
    try:
        came = ROLES[given["role"]](given)
    except OneVoiceError as problem:
        came = {"error": type(problem).__name__, "said": str(problem)}
    except BaseException:
        Path(given["told"] + ".broke").write_text(traceback.format_exc(), encoding="utf-8")
        raise
    half = Path(given["told"] + ".half")
    half.write_text(json.dumps(came), encoding="utf-8")
    half.replace(given["told"])
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
