"""Many calls at once to one web service: libcurl's multi interface on the event loop, in no thread of its own.

https://curl.se/libcurl/c/libcurl-multi.html and the pages of each option, read 2026-11-29 (libcurl 8.23, pycurl 7.49).
What libcurl does that must not happen here: it takes proxies from the environment; and where a kept connection breaks
before the first byte of an answer, it sends the request again, a POST too. It cannot send a body twice that it reads
through a function and cannot rewind, so ours is read so, and such a call ends in doubt. Whether a kept connection still
stands it sees only after a second of rest, and what a service said on one unasked it takes for the answer to the next
call. So whatever comes on a connection while nobody uses it, we end that connection. What comes later than that, and
before the answer, nobody can tell from the answer.
"""

from __future__ import annotations

import asyncio
import select
import socket
from asyncio import AbstractEventLoop
from collections.abc import Mapping
from contextlib import suppress
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
DEAF = (pycurl.E_SEND_ERROR, pycurl.E_SEND_FAIL_REWIND)
"""How a call ends that its connection did not take."""


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
    """A handle of libcurl, for one call after another: what is answered, and who waits for it."""

    __slots__ = ("_aim", "_form", "body", "done", "easy", "head")

    def __init__(self, headers: list[str]) -> None:
        self.easy = _easy(headers)
        self.done: asyncio.Future[Reply]
        self.head: list[bytes] = []
        self.body: list[bytes] = []
        self.easy.setopt(pycurl.HEADERFUNCTION, self.head.append)
        self.easy.setopt(pycurl.WRITEFUNCTION, self.body.append)
        self._aim: tuple[str, float] | None = None

    def aim(self, url: str, form: bytes, seconds: float, done: asyncio.Future[Reply]) -> None:
        """Get ready for a call. What stays as it was is not set again."""
        if self._aim != (url, seconds):
            self._aim = url, seconds
            self.easy.setopt(pycurl.URL, url)
            self.easy.setopt(pycurl.TIMEOUT_MS, max(1, round(seconds * 1000)))
            self.easy.setopt(pycurl.CONNECTTIMEOUT_MS, max(1, round(min(CONNECT, seconds) * 1000)))
        self.done, self._form = done, form
        self.easy.setopt(pycurl.POSTFIELDSIZE, len(form))
        self.anew()

    def anew(self) -> None:
        """Begin with the first byte."""
        self.head.clear()
        self.body.clear()
        # Read once, never again: a form that libcurl held itself it would send a second time on a new connection.
        self.easy.setopt(pycurl.READFUNCTION, BytesIO(self._form).read)

    @property
    def never_began(self) -> bool:
        """True where not one byte left, and no connection was made for it."""
        return not (self.easy.getinfo(pycurl.REQUEST_SIZE) or self.easy.getinfo(pycurl.NUM_CONNECTS))

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
        done = wires.begin(url, form, seconds)
        try:
            return await done
        finally:
            if done.cancelled():
                wires.drop(done)

    def _here(self) -> _Wires:
        loop = asyncio.get_running_loop()
        return self._wires.get(loop) or self._opened(loop)

    def _opened(self, here: AbstractEventLoop) -> _Wires:
        for loop in [loop for loop in self._wires if loop.is_closed()]:
            self._wires.pop(loop).close()
        self._wires[here] = _Wires(here, self._headers, self._width)
        return self._wires[here]

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
        self._idle: list[_Call] = []
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

    def begin(self, url: str, form: bytes, seconds: float) -> asyncio.Future[Reply]:
        """Begin a call."""
        call = self._idle.pop() if self._idle else _Call(self._headers)
        done: asyncio.Future[Reply] = self._loop.create_future()
        call.aim(url, form, seconds, done)
        self._calls[call.easy] = call
        self._multi.add_handle(call.easy)
        return done

    def drop(self, done: asyncio.Future[Reply]) -> None:
        """Nobody waits for a call any more: its connection ends, unless its answer came whole."""
        for call in [call for call in self._calls.values() if call.done is done]:
            del self._calls[call.easy]
            self._multi.remove_handle(call.easy)
            call.easy.close()

    def close(self) -> None:
        """Let go of everything; who still waits gets no answer."""
        for call in list(self._calls.values()):
            call.end(whole=False)
            self.drop(call.done)
        for timer in (self._timer, self._again):
            if timer:
                timer.cancel()
        if not self._loop.is_closed():
            self._loop.remove_reader(self._poll.fileno())
        self._multi.close()
        self._poll.close()

    # --- What libcurl asks for ----------------------------------------------------------------------------------

    def _watch(self, what: int, wire: int, _multi: object, _data: object) -> None:
        """Watch a socket, or not any more: then it stays in the poll, where it mostly is wanted again at once.

        One that was closed left the poll by itself.
        """
        if what == pycurl.POLL_REMOVE:
            self._watched.discard(wire)
            return
        self._watched.add(wire)
        events = (READS if what & pycurl.POLL_IN else 0) | (WRITES if what & pycurl.POLL_OUT else 0)
        try:
            self._poll.modify(wire, events)
        except FileNotFoundError:
            self._poll.register(wire, events)

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
        """Begin what is to begin, and end what took too long."""
        self._timer = None
        self._look_at_kept()
        self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        self._reap()
        self._wake(self._multi.timeout())

    def _listen(self) -> None:
        self._loop.add_reader(self._poll.fileno(), self._ready)

    def _ready(self) -> None:
        """Read what came, then let more gather."""
        self._loop.remove_reader(self._poll.fileno())
        self._again = self._loop.call_later(GATHER, self._listen)
        for wire, events in self._poll.poll(0, EVENTS):
            if wire not in self._watched:
                self._let_go(wire, events)
                continue
            reads = pycurl.CSELECT_IN if events & ~WRITES else 0
            self._multi.socket_action(wire, reads | (pycurl.CSELECT_OUT if events & WRITES else 0))
        self._reap()

    def _look_at_kept(self) -> None:
        """Let go of each connection on which something came that nobody asked for."""
        for wire, events in self._poll.poll(0, EVENTS):
            if wire not in self._watched:
                self._let_go(wire, events)

    def _let_go(self, wire: int, events: int) -> None:
        """End a connection that nobody uses, so that the next call cannot be made on it."""
        with suppress(OSError):  # it may be closed by now
            if events == WRITES:
                self._poll.modify(wire, READS)
                return
            self._poll.unregister(wire)
            with socket.fromfd(wire, socket.AF_INET, socket.SOCK_STREAM) as line:
                line.shutdown(socket.SHUT_RDWR)

    def _reap(self) -> None:
        """Tell of every call that is over."""
        more = 1
        while more:
            more, good, bad = self._multi.info_read()
            for easy in good:
                self._ended(easy, whole=True)
            for easy, error, _ in bad:
                if error in DEAF and self._calls[easy].never_began:
                    self._by_another(easy)
                else:
                    self._ended(easy, whole=False)

    def _by_another(self, easy: pycurl.Curl) -> None:
        """A kept connection was of no use: the call goes by another one."""
        self._multi.remove_handle(easy)
        self._calls[easy].anew()
        self._multi.add_handle(easy)

    def _ended(self, easy: pycurl.Curl, *, whole: bool) -> None:
        self._multi.remove_handle(easy)
        call = self._calls.pop(easy)
        call.end(whole=whole)
        self._idle.append(call)


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
