"""For tests: the sandbox in a process of its own, and somebody who listens to its callbacks."""

import json
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl

import httpx

from sandbox.options import (
    ACCOUNT_SID,
    AUTH_TOKEN,
    BLUESKY_HANDLE,
    BLUESKY_PASSWORD,
    MASTODON_ACCOUNT,
    MASTODON_TOKEN,
)
from sandbox.record import Entry, read

PATIENCE = 10.0
"""Seconds that a test waits for what must come."""
MOMENT = 0.01
CHECKOUT = Path(__file__).resolve().parent.parent


def wait_until(happened: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Returns as soon as something is so; raises TimeoutError, which says what was waited for."""
    end = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > end:
            raise TimeoutError(f"after {seconds:g} s still not: {what}")
        time.sleep(MOMENT)


class Sandbox:
    """A running sandbox; use it in a `with`."""

    account_sid = ACCOUNT_SID
    auth_token = AUTH_TOKEN
    mastodon_account, mastodon_token = MASTODON_ACCOUNT, MASTODON_TOKEN
    bluesky_handle, bluesky_password = BLUESKY_HANDLE, BLUESKY_PASSWORD

    def __init__(self, record: Path, *options: str) -> None:
        """Starts it and waits until it listens; raises RuntimeError where it does not."""
        self.record = record.absolute()
        command = [sys.executable, "-m", "sandbox", "--with-parent", "--record", str(self.record), *options]
        self.process = subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own program
        word = self.process.stdout.readline() if self.process.stdout else ""
        if not word:
            raise RuntimeError(f"the sandbox did not start: exit status {self.stop()}; its last words are on stderr")
        told = json.loads(word)
        self.sms: str = told["sms"]
        """Base URL in place of https://api.twilio.com."""
        self.mastodon: str = told["mastodon"]
        self.bluesky: str = told["bluesky"]
        """Base URLs of the services for posts."""
        self.smtp: tuple[str, int] = (told["smtp"].partition(":")[0], int(told["smtp"].partition(":")[2]))
        self._control = httpx.Client(base_url=self.sms, timeout=PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._control.close()
        self.stop()

    def stop(self) -> int:
        """Asks it to end, and returns its exit status."""
        self.process.terminate()
        return self._ended()

    def kill(self) -> None:
        """Ends it as a power cut would."""
        self.process.kill()
        self._ended()

    def _ended(self) -> int:
        status = self.process.wait(PATIENCE)
        if self.process.stdout:
            self.process.stdout.close()
        return status

    def entries(self, service: str = "", event: str = "", **wanted: str) -> list[Entry]:
        """What the record tells, of one service and event, and with these fields."""
        return [
            entry
            for entry in read(self.record)
            if service in {"", entry.service}
            and event in {"", entry.event}
            and all(getattr(entry, name) == value for name, value in wanted.items())
        ]

    def fault(self, kind: str, **fields: Any) -> None:
        """Puts a fault into the programme."""
        self._control.post("/sandbox/faults", json={"kind": kind, **fields}).raise_for_status()

    def clear_faults(self) -> None:
        """Ends the fault programme."""
        self._control.delete("/sandbox/faults").raise_for_status()

    def inbound(self, **fields: Any) -> dict[str, Any]:
        """Lets somebody send a message; `from_` is its sender."""
        fields["from"] = fields.pop("from_")
        reply = self._control.post("/sandbox/inbound", json=fields).raise_for_status()
        told: dict[str, Any] = reply.json()
        return told

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Any other request to it."""
        return self._control.request(method, path, **request)


@dataclass(frozen=True, slots=True)
class Heard:
    """One request that a Listener got."""

    url: str
    headers: dict[str, str]
    """By lower-case name."""
    form: dict[str, str]
    at: float
    """By time.monotonic()."""


class Listener:
    """A web server on loopback that keeps what is posted to it; use it in a `with`."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.statuses: deque[int] = deque()
        """What it answers next; 204 when that is used up."""
        self.body = b""
        """With a body it answers 200 in place of 204."""
        self.delay = 0.0
        """Seconds before each answer."""
        self.most_at_once = 0
        self._now = 0
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._ear())
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": MOMENT}, daemon=True
        )
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(PATIENCE)

    @contextmanager
    def _hearing(self, heard: Heard) -> Iterator[None]:
        with self._lock:
            self.heard.append(heard)
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        time.sleep(self.delay)
        yield
        with self._lock:
            self._now -= 1

    def statuses_of(self, sid: str) -> list[str]:
        """The statuses that were called back for a message, in the order of coming."""
        return [heard.form["MessageStatus"] for heard in list(self.heard) if heard.form.get("MessageSid") == sid]

    def wait_for(self, sid: str, *statuses: str) -> None:
        """Waits until these statuses, and as many, were called back for a message."""
        wait_until(lambda: sorted(self.statuses_of(sid)) == sorted(statuses), f"callbacks {statuses}")

    def _ear(self) -> type[BaseHTTPRequestHandler]:
        listener = self

        class Ear(BaseHTTPRequestHandler):
            """Keeps each post."""

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                headers = {name.lower(): value for name, value in self.headers.items()}
                form = dict(parse_qsl(body, keep_blank_values=True))
                with listener._hearing(Heard(listener.url + self.path, headers, form, time.monotonic())):
                    self._answer()

            def _answer(self) -> None:
                usual = 200 if listener.body else 204
                self.send_response(listener.statuses.popleft() if listener.statuses else usual)
                self.send_header("Location", listener.url + "/elsewhere")
                self.send_header("Content-Length", str(len(listener.body)))
                self.end_headers()
                self.wfile.write(listener.body)

            def log_message(self, *_arguments: object) -> None:
                """Says nothing: what it hears is kept, not printed."""

        return Ear
