"""Starts, watches and breaks the children of `faults.worker`. Each is held by its pidfd: no other is ever hit."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

PATIENCE = 120.0
"""Seconds that anything may take on a busy machine."""
MOMENT = 0.005


def wait_until(happened: Callable[[], bool], what: str, seconds: float = PATIENCE) -> float:
    """Return as soon as something is so, with the seconds that it took. Raises TimeoutError."""
    start = time.monotonic()
    while not happened():
        if time.monotonic() - start > seconds:
            raise TimeoutError(f"after {seconds:g} s still not: {what}")
        time.sleep(MOMENT)
    return time.monotonic() - start


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Child:
    """One process. `told` is what it came to; None while it runs and after it was killed."""

    pid: int
    handle: int | None
    given: dict[str, Any]

    @property
    def runs(self) -> bool:
        """True while the process is there, stopped or not."""
        return self.handle is not None and not select.select([self.handle], [], [], 0)[0]

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, if it still runs."""
        if self.handle is not None and self.runs:
            signal.pidfd_send_signal(self.handle, number)

    def kill(self) -> None:
        """`kill -9`, and wait until it is gone."""
        self.signal(signal.SIGKILL)
        self._gone(PATIENCE)

    def ended(self, seconds: float = PATIENCE) -> dict[str, Any] | None:
        """Wait for its end; what it came to, or None where it was killed.

        Raises:
            TimeoutError: it still runs. RuntimeError: a mistake in it ended it.
        """
        self._gone(seconds)
        broke = Path(self.given["told"] + ".broke")
        if broke.exists():
            raise RuntimeError(f"{self.given['role']} broke:\n{broke.read_text(encoding='utf-8')}")
        return self.told

    def _gone(self, seconds: float) -> None:
        if self.handle is not None and not select.select([self.handle], [], [], seconds)[0]:
            raise TimeoutError(f"{self.given['role']} still runs after {seconds:g} s")

    @property
    def told(self) -> dict[str, Any] | None:
        """What it came to, if it ended by itself."""
        try:
            told: dict[str, Any] = json.loads(Path(self.given["told"]).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return told

    @property
    def struck(self) -> bool:
        """True once it came to its fail-point."""
        return Path(self.given["told"] + ".struck").exists()

    @property
    def is_stopped(self) -> bool:
        """True while it is stopped (SIGSTOP)."""
        try:
            return Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "T"
        except OSError:
            return False

    @property
    def listens(self) -> bool:
        """True once it takes callbacks."""
        return Path(self.given["told"] + ".listens").exists()


@dataclass
class Nursery:
    """The parent of all children; use it in a `with`. `modules`: what it imports besides, for its children."""

    folder: Path
    modules: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    children: list[Child] = field(default_factory=list)
    _count: int = 0

    def __enter__(self) -> Self:
        """Start the parent."""
        checkout = Path(__file__).resolve().parent.parent
        command = [sys.executable, "-m", "faults.worker", *self.modules]
        ours = {name: value for name, value in os.environ.items() if not name.startswith("ONEVOICE_")}
        ours |= {"PYTHONPATH": str(checkout)}
        # Not in the checkout: a developer's .env lies there.
        self._parent = subprocess.Popen(
            command,
            cwd=self.folder,
            env=ours | self.env,
            stdin=-1,
            stdout=-1,
            text=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the parent, and with it every child."""
        self.end_all()
        if self._parent.stdin and self._parent.stdout:
            self._parent.stdin.close()
            self._parent.wait(PATIENCE)
            self._parent.stdout.close()

    def start(self, role: str, settings: dict[str, Any], **more: Any) -> Child:
        """Start a child in a role."""
        self._count += 1
        name = self.folder / f"{self._count:05}-{role}"
        given = {"role": role, "settings": settings, "log": f"{name}.log", "told": f"{name}.json", **more}
        if not (self._parent.stdin and self._parent.stdout):
            raise RuntimeError("the nursery is closed")
        self._parent.stdin.write(json.dumps(given) + "\n")
        self._parent.stdin.flush()
        pid = int(self._parent.stdout.readline())
        try:
            handle: int | None = os.pidfd_open(pid)
        except ProcessLookupError:
            handle = None  # it is over already
        child = Child(pid, handle, given)
        self.children.append(child)
        return child

    def end_all(self) -> None:
        """Kill what still runs, and let go of it."""
        for child in self.children:
            child.kill()
            if child.handle is not None:
                os.close(child.handle)
                child.handle = None
        self.children.clear()
