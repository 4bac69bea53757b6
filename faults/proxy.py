"""A line that breaks: a TCP proxy on loopback that cuts, or falls silent, at what it sees go by."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

Rule = Callable[[bytes], str | None]
"""Looks at what a client sends, and says: `cut before` (nothing of it arrives), `cut after` (it arrives, no answer
comes back), `mute` (it arrives, and nothing ever comes back), or None."""


class Proxy:
    """Passes on what comes to `port`; use it in a `with`."""

    def __init__(self, target: tuple[str, int] | str, rule: Rule | None = None) -> None:
        """`target`: host and port, or the path of a Unix socket."""
        self.target, self.rule = target, rule or (lambda _chunk: None)
        self.struck = 0
        """How often the rule has broken a line."""
        self.broken = False
        """While this is set, every line is cut and no new one is made."""
        self._lines: list[tuple[socket.socket, socket.socket]] = []
        self._lock = threading.Lock()
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self._listening.getsockname()[1]

    def __enter__(self) -> Self:
        """Begin to listen."""
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it, and every line with it."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.cut()

    def cut(self) -> None:
        """Cut every line that there is now."""
        with self._lock:
            lines, self._lines = self._lines, []
        for pair in lines:
            _close(*pair)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            if self.broken:
                _close(near)
                continue
            threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        try:
            far = _reached(self.target)
        except OSError:
            _close(near)
            return
        with self._lock:
            self._lines.append((near, far))
        for one in (near, far):
            if one.family != socket.AF_UNIX:
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        silent = threading.Event()
        threading.Thread(target=_back, args=(far, near, silent), daemon=True).start()
        with suppress(OSError):
            self._forth(near, far, silent)
        if not silent.is_set():
            _close(near, far)

    def _forth(self, near: socket.socket, far: socket.socket, silent: threading.Event) -> None:
        while chunk := near.recv(65536):
            deed = self.rule(chunk)
            if deed:
                self.struck += 1
            if deed == "cut before":
                return
            if deed in ("mute", "cut after"):
                silent.set()
            far.sendall(chunk)
            if deed == "cut after":
                _close(near)
                far.settimeout(2)
                with suppress(OSError):
                    far.recv(65536)  # it has been heard over there before the line goes
                _close(far)
                return


def _reached(target: tuple[str, int] | str) -> socket.socket:
    if isinstance(target, tuple):
        return socket.create_connection(target)
    far = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    far.connect(target)
    return far


def _back(far: socket.socket, near: socket.socket, silent: threading.Event) -> None:
    with suppress(OSError):
        while chunk := far.recv(65536):
            if silent.is_set():
                return
            near.sendall(chunk)
    if not silent.is_set():
        _close(near, far)


def _close(*ends: socket.socket) -> None:
    for end in ends:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


def nth(marker: bytes, number: int, deed: str, *, every: bool = False) -> Rule:
    """A rule that strikes at the nth chunk that holds `marker`; with `every`, at each from then on."""
    seen, lock = [0], threading.Lock()

    def rule(chunk: bytes) -> str | None:
        if marker not in chunk:
            return None
        with lock:
            seen[0] += 1
            return deed if seen[0] == number or (every and seen[0] > number) else None

    return rule
