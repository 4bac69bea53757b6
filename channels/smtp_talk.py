"""Speaking SMTP on a connection that is open: several commands at once, where the server takes them (PIPELINING).

RFC 2920, read 2026-11-30. aiosmtplib opens the connection, with TLS and login; it waits for the answer to each command
before it says the next. Here MAIL, RCPT and DATA go together, and one answer after the other is read. The mail itself
never goes before the server asked for it, so what was refused or not answered for was not taken.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection
from typing import NamedTuple

from aiosmtplib import SMTPResponseException, SMTPServerDisconnected

GO_ON = 354
AGREES = range(200, 400)
"""Replies after which the next command may follow (RFC 5321, 4.2.1)."""
NONSENSE = -1
"""The code of what is no reply."""
LONGEST, MOST = 8192, 100
"""Octets of a line, and lines of a reply; a server that says more makes no sense."""


class Reply(NamedTuple):
    """What the server says to a command."""

    code: int
    text: str

    def among(self, codes: Collection[int]) -> Reply:
        """It again. Raises SMTPResponseException where it has none of these codes."""
        if self.code not in codes:
            raise SMTPResponseException(self.code, self.text)
        return self


class Talk(asyncio.Protocol):
    """The client's side of one connection. `together`: the server takes several commands at once."""

    def __init__(self, transport: asyncio.Transport, *, together: bool) -> None:
        self._transport, self.together = transport, together
        self._to_write: list[bytes] = []
        self._rest = b""
        self._lines: list[bytes] = []
        self._waiting: deque[asyncio.Future[Reply]] = deque()
        self._said: list[asyncio.Future[Reply]] = []
        self._unsaid: deque[tuple[bytes, asyncio.Future[Reply]]] = deque()
        self._loop = asyncio.get_running_loop()
        transport.set_protocol(self)

    @property
    def is_open(self) -> bool:
        """Whether more can be said."""
        return not self._transport.is_closing()

    @property
    def is_asked(self) -> bool:
        """Whether a reply is still to come."""
        return bool(self._waiting)

    def say(self, *commands: bytes) -> list[asyncio.Future[Reply]]:
        """Say commands, each without its line end; a future for the reply to each.

        One at a time where the server wants it so; what comes after one that was refused is then never said. A future
        raises SMTPServerDisconnected where the connection ends before.
        """
        replies: list[asyncio.Future[Reply]] = [self._loop.create_future() for _ in commands]
        if not self.is_open:
            raise SMTPServerDisconnected("The connection has ended.")
        self._unsaid = deque() if self.together else deque(zip(commands[1:], replies[1:], strict=True))
        now = commands if self.together else commands[:1]
        self._said = replies[: len(now)]
        self._waiting += self._said
        self._write(b"\r\n".join((*now, b"")))
        return replies

    def hand_over(self, mail: bytes) -> asyncio.Future[Reply]:
        """The mail, after it was asked for. Lines that begin with a dot get another one (RFC 5321, 4.5.2)."""
        mail = mail.replace(b"\r\n.", b"\r\n..")
        return self.say((b"." if mail.startswith(b".") else b"") + mail + b".")[0]

    async def reset(self) -> None:
        """Begin anew, after a mail that was refused or a long rest.

        Raises:
            SMTPServerDisconnected: the connection has ended, or the server waits for a mail that must not come.
            SMTPResponseException: it does not want to.
        """
        for said in self._said:
            if (await said).code == GO_ON:
                raise SMTPServerDisconnected("The server waits for a mail that it refused.")
        (await self.say(b"RSET")[0]).among((250,))

    def end(self) -> None:
        """End the connection at once."""
        self._transport.abort()

    def _write(self, data: bytes) -> None:
        """Write with what is said in the next two turns of the loop: a mail and the announcement of the next are one.

        Two, because whoever waits for the line to be free is woken in the first.
        """
        self._to_write.append(data)
        if len(self._to_write) == 1:
            self._loop.call_soon(self._loop.call_soon, self._flush)

    def _flush(self) -> None:
        data = b"".join(self._to_write)
        self._to_write.clear()
        if self.is_open:
            self._transport.write(data)

    # --- What the server says -----------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Read each line that is whole."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._lines.append(line)
            if line[3:4] != b"-":
                self._heard()
        if len(self._rest) > LONGEST or len(self._lines) > MOST:
            self.end()

    def _heard(self) -> None:
        lines, self._lines = self._lines, []
        if not self._waiting:
            self.end()  # nobody asked: it is about to close, or makes no sense
            return
        code = int(lines[-1][:3]) if lines[-1][:3].isdigit() else NONSENSE
        reply = Reply(code, b"\n".join(line[4:].strip() for line in lines).decode("utf-8", "replace"))
        answered = self._waiting.popleft()
        if not answered.done():
            answered.set_result(reply)
        if self._unsaid and code in AGREES:
            command, reply_to_it = self._unsaid.popleft()
            self._said.append(reply_to_it)
            self._waiting.append(reply_to_it)
            self._write(command + b"\r\n")

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Nobody waits any longer."""
        for one in (*self._waiting, *(reply for _, reply in self._unsaid)):
            if not one.done():
                one.set_exception(SMTPServerDisconnected("The connection has ended."))
                one.exception()  # seen: not everybody whom it concerns still waits for it
        self._waiting.clear()
        self._unsaid.clear()
