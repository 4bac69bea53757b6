"""Many calls at once to one web service: libcurl's multi interface on the event loop, in no thread of its own.

https://curl.se/libcurl/c/libcurl-multi.html and the pages of each option, read 2026-11-29 (libcurl 8.23, pycurl 7.49).
What libcurl does that must not happen here: it takes proxies from the environment; and where a kept connection breaks
before the first byte of an answer, it sends the request again, a POST too. It cannot send a body twice that it reads
through a function and cannot rewind, so ours is read so, and such a call ends in doubt. Whether a kept connection still
stands it sees only after a second of rest: a service that ends one sooner, without a word of it in its answer, puts the
next call on it in doubt.
"""

from __future__ import annotations

import asyncio
import select
from asyncio import AbstractEventLoop
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO

import pycurl
from certifi import where

CONNECT = 3.05
"""Seconds for connecting, TLS included: a little more than the 3 s after which TCP sends its first packet again."""
IDLE = 15
"""Seconds after which a kept connection is not used again: services end idle ones, and that costs a call in doubt."""
LARGEST = 1 << 20
"""Bytes of an answer that are read at all."""
GATHER = 0.001
"""Seconds in which answers gather: waking up for each costs more than reading it."""
EVENTS = 1024
READS, WRITES = select.EPOLLIN, select.EPOLLOUT


@dataclass(frozen=True, slots=True)
class Reply:
    """What the service answered."""

    status: int
    body: bytes
    head: tuple[bytes, ...]
    """The lines of the head, without the first."""

    def field(self, name: str) -> str:
        """A field of the head; empty where it is not there."""
        for line in self.head:
            key, _, value = line.partition(b":")
            if key.strip().lower() == name.lower().encode():
                return value.strip().decode("latin-1")
        return ""


class NoAnswer(Exception):
    """The call ended without an answer. Unless `left`, not one byte of the request left this machine."""

    def __init__(self, *, left: bool) -> None:
        self.left = left
        super().__init__("no answer")


class _Call:
    """One call on its way: its handle, and who waits for it."""

    __slots__ = ("body", "done", "easy", "head")

    def __init__(self, easy: pycurl.Curl, done: asyncio.Future[Reply]) -> None:
        self.easy, self.done = easy, done
        self.head: list[bytes] = []
        self.body: list[bytes] = []

    def reply(self) -> Reply:
        return Reply(self.easy.getinfo(pycurl.RESPONSE_CODE), b"".join(self.body), tuple(self.head[1:]))

    def end(self, *, whole: bool) -> None:
        """Tell who waits."""
        if self.done.done():
            return
        if whole:
            self.done.set_result(self.reply())
        else:
            self.done.set_exception(NoAnswer(left=self.easy.getinfo(pycurl.REQUEST_SIZE) > 0))


class CurlLine:
    """Calls to one service. Each event loop has connections of its own, `width` at most.

    `headers` go with every request.
    """

    def __init__(self, headers: Mapping[str, str], width: int) -> None:
        # Without Expect libcurl would wait for a word of the server before a long body.
        self._headers = [f"{name}: {value}" for name, value in headers.items()] + ["Expect:"]
        self._width = width
        self._wires: dict[AbstractEventLoop, _Wires] = {}

    async def post(self, url: str, form: bytes, seconds: float) -> Reply:
        """Make one call, which ends within so many seconds from now, waiting for a free connection included.

        Raises:
            NoAnswer: nobody answered.
        """
        wires = self._here()
        call = wires.begin(url, form, seconds)
        try:
            return await call.done
        finally:
            wires.over(call)

    def _here(self) -> _Wires:
        for loop in [loop for loop in self._wires if loop.is_closed()]:
            self._wires.pop(loop).close()
        loop = asyncio.get_running_loop()
        if loop not in self._wires:
            self._wires[loop] = _Wires(loop, self._headers, self._width)
        return self._wires[loop]

    def close(self) -> None:
        """Let go of the connections of this event loop. Whoever calls after it gets new ones."""
        wires = self._wires.pop(asyncio.get_running_loop(), None)
        if wires:
            wires.close()


class _Wires:
    """The connections of one event loop."""

    def __init__(self, loop: AbstractEventLoop, headers: list[str], width: int) -> None:
        self._loop, self._headers = loop, headers
        self._calls: dict[pycurl.Curl, _Call] = {}
        self._idle: list[pycurl.Curl] = []
        self._timer: asyncio.TimerHandle | None = None
        # One thing for the event loop to watch, whatever libcurl watches: a change of it is one cheap call.
        self._poll, self._watched = select.epoll(), set[int]()
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._wake)
        self._multi.setopt(pycurl.M_MAX_TOTAL_CONNECTIONS, width)
        self._multi.setopt(pycurl.M_MAXCONNECTS, width)
        self._again: asyncio.TimerHandle | None = None
        self._listen()

    def begin(self, url: str, form: bytes, seconds: float) -> _Call:
        """Begin a call."""
        easy = self._idle.pop() if self._idle else _easy(self._headers)
        call = _Call(easy, self._loop.create_future())
        easy.setopt(pycurl.URL, url)
        easy.setopt(pycurl.TIMEOUT_MS, max(1, round(seconds * 1000)))
        easy.setopt(pycurl.CONNECTTIMEOUT_MS, max(1, round(min(CONNECT, seconds) * 1000)))
        easy.setopt(pycurl.POSTFIELDSIZE, len(form))
        # Read once, never again: a form that libcurl held itself it would send a second time on a new connection.
        easy.setopt(pycurl.READFUNCTION, BytesIO(form).read)
        easy.setopt(pycurl.HEADERFUNCTION, call.head.append)
        easy.setopt(pycurl.WRITEFUNCTION, call.body.append)
        self._calls[easy] = call
        self._multi.add_handle(easy)
        return call

    def over(self, call: _Call) -> None:
        """Nobody waits for it any more: its connection is kept only if its answer is whole."""
        if self._calls.get(call.easy) is call:  # else its handle serves another call already
            del self._calls[call.easy]
            self._multi.remove_handle(call.easy)
            call.easy.close()

    def close(self) -> None:
        """Let go of everything; who still waits gets no answer."""
        for call in list(self._calls.values()):
            call.end(whole=False)
            self.over(call)
        for timer in (self._timer, self._again):
            if timer:
                timer.cancel()
        if not self._loop.is_closed():
            self._loop.remove_reader(self._poll.fileno())
        self._multi.close()
        self._poll.close()

    # --- What libcurl asks for ----------------------------------------------------------------------------------

    def _watch(self, what: int, socket: int, _multi: object, _data: object) -> None:
        if what == pycurl.POLL_REMOVE:
            self._watched.discard(socket)
            self._poll.unregister(socket)
            return
        events = (READS if what & pycurl.POLL_IN else 0) | (WRITES if what & pycurl.POLL_OUT else 0)
        if socket in self._watched:
            self._poll.modify(socket, events)
        else:
            self._poll.register(socket, events)
            self._watched.add(socket)

    def _wake(self, milliseconds: int) -> None:
        """Look in so many milliseconds; a look that comes sooner will do, and sees to the next one."""
        if milliseconds < 0:
            return
        at = self._loop.time() + milliseconds / 1000
        if self._timer and self._timer.when() <= at:
            return
        if self._timer:
            self._timer.cancel()
        self._timer = self._loop.call_at(at, self._time)

    # --- What happens -------------------------------------------------------------------------------------------

    def _time(self) -> None:
        self._timer = None
        self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        self._reap()
        self._wake(self._multi.timeout())

    def _listen(self) -> None:
        self._loop.add_reader(self._poll.fileno(), self._ready)

    def _ready(self) -> None:
        """Read what came, then let more gather."""
        self._loop.remove_reader(self._poll.fileno())
        self._again = self._loop.call_later(GATHER, self._listen)
        for socket, events in self._poll.poll(0, EVENTS):
            reads = pycurl.CSELECT_IN if events & ~WRITES else 0
            self._multi.socket_action(socket, reads | (pycurl.CSELECT_OUT if events & WRITES else 0))
        self._reap()

    def _reap(self) -> None:
        """Tell of every call that is over."""
        more = 1
        while more:
            more, good, bad = self._multi.info_read()
            for easy in good:
                self._ended(easy, whole=True)
            for easy, _, _ in bad:
                self._ended(easy, whole=False)

    def _ended(self, easy: pycurl.Curl, *, whole: bool) -> None:
        self._multi.remove_handle(easy)
        self._calls.pop(easy).end(whole=whole)
        self._idle.append(easy)


def _easy(headers: list[str]) -> pycurl.Curl:
    """A handle with all that is the same for every call."""
    easy = pycurl.Curl()
    for option, value in _ALWAYS.items():
        easy.setopt(option, value)
    easy.setopt(pycurl.HTTPHEADER, headers)
    return easy


_ALWAYS: Mapping[int, int | str] = {
    pycurl.POST: 1,
    pycurl.NOSIGNAL: 1,
    pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_1_1,
    pycurl.PROTOCOLS: pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS,
    pycurl.FOLLOWLOCATION: 0,
    # No proxy from the environment: an exercise that goes through a proxy is not on this machine.
    pycurl.PROXY: "",
    pycurl.NOPROXY: "*",
    pycurl.CAINFO: where(),
    pycurl.SSL_VERIFYPEER: 1,
    pycurl.SSL_VERIFYHOST: 2,
    pycurl.MAXAGE_CONN: IDLE,
    pycurl.MAXFILESIZE: LARGEST,
}
