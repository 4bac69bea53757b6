"""The lines to the mail server: a few connections, reused, and what each reply at each verb means.

RFC 5321 (replies, 4.2), RFC 3463 (enhanced codes), RFC 4954 (AUTH), read 2026-11-22. Until the final dot nothing has
been taken, so every failure is certain. From the dot to its reply nobody can say: RFC 1047 is about just that.
"""

from __future__ import annotations

import asyncio
import re
import time
from asyncio import AbstractEventLoop, Future
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import cast

from aiosmtplib import SMTP, SMTPException, SMTPHeloError, SMTPResponseException, SMTPServerDisconnected

from channels.smtp_talk import GO_ON, Reply, Talk
from onevoice.dispatch.providers import Outcome, Result

MOST_LINES = 10
"""Connections at once. Postfix takes 50 from one client; each carries one mail at a time."""
MOST_USES = 100
"""Mails after which a line is given up: many servers end it about then, and not always kindly."""
FRESH = 1.0
"""Seconds after which a line is asked whether it is still there before it is used again."""
IDLE = 20.0
"""Seconds after which a line is not used again."""
TURNING = 5.0
"""Seconds that a kept line has to begin anew."""
PARTING = 2.0
"""Seconds that a server has to answer QUIT."""
WAIT = 10.0
"""Seconds that a server which is busy or closing is left alone; SMTP has no Retry-After."""
CLOSING, SYSTEM = 421, "4.3."
"""What a server says that speaks for itself and not for one mailbox: a reply, and a beginning of an enhanced code."""
REFUSALS, FINAL = range(400, 600), 500
"""Replies that say no, and where those begin that will stay the same."""
UNHEARD_OF = range(500, 505)
"""Replies to a command that the server does not know."""
DONE, TAKEN_ON, WANTED = (250,), (250, 251), (GO_ON,)
"""Replies that say yes to MAIL and to the mail, to RCPT, and to DATA."""
ENHANCED = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}(?= |\n|$)")
QUEUE_ID = re.compile(r"queued as ([A-Za-z0-9.-]{1,60})")


class Step(StrEnum):
    """How far a mail has come; the value completes “The mail server … at <step>”."""

    CONNECT = "connecting"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    GIVEN = "the end of the mail"


@dataclass(slots=True)
class Line:
    """An open connection."""

    smtp: SMTP
    talk: Talk
    uses: int = 0
    clean: bool = True
    """Nothing of a mail that was not sent is left over."""
    idle_since: float = field(default_factory=time.monotonic)

    @property
    def worn(self) -> bool:
        """Whether it should not carry another mail."""
        rested = time.monotonic() - self.idle_since
        return not self.talk.is_open or self.uses >= MOST_USES or rested > IDLE

    @property
    def has_mail(self) -> bool:
        """Whether it was given a mail for which the server has not answered yet."""
        return self.clean and self.talk.is_asked

    async def ready(self) -> None:
        """Begin anew. Raises SMTPException or OSError where the server does not answer so, and ends the line then.

        After a mail that was given a line is ready as it is; where it ends before the next, that one certainly stays.
        """
        if self.has_mail or (self.clean and time.monotonic() - self.idle_since < FRESH):
            return
        try:
            async with asyncio.timeout(TURNING):
                await self.talk.reset()
        except BaseException:
            self.drop()
            raise

    @contextmanager
    def while_it_makes_sense(self) -> Iterator[None]:
        """End it with whatever goes wrong in here, but for a plain no: after that it is as good as before."""
        try:
            yield
        except BaseException as problem:
            if not (isinstance(problem, SMTPResponseException) and problem.code in REFUSALS):
                self.drop()
            raise

    async def leave(self) -> None:
        """Say goodbye. What the server answers does not matter: what it took, it took."""
        try:
            with suppress(SMTPException, OSError):
                async with asyncio.timeout(PARTING):
                    await self.talk.say(b"QUIT")[0]
        finally:
            self.drop()

    def drop(self) -> None:
        """End it at once. The library would wait for the other side to end TLS, and leave the socket open so long."""
        self.talk.end()
        self.smtp.close()


async def opened(smtp: SMTP, login: tuple[str, str] | None) -> Line:
    """Open a connection, greet the server and log in.

    Raises what aiosmtplib raises where that fails.
    """
    await smtp.connect()
    transport = cast("asyncio.Transport", smtp.transport)
    try:
        if login:
            await smtp.login(*login)
        if smtp.is_ehlo_or_helo_needed:
            await _greet(smtp)
    except BaseException:
        transport.abort()
        smtp.close()
        raise
    return Line(smtp, Talk(transport, together=smtp.supports_extension("pipelining")))


async def _greet(smtp: SMTP) -> None:
    try:
        await smtp.ehlo()
    except SMTPHeloError as refusal:
        if refusal.code not in UNHEARD_OF:
            raise
        await smtp.helo()


@dataclass(slots=True)
class _Here:
    room: asyncio.Semaphore
    idle: list[Line] = field(default_factory=list)
    held: int = 0


class Lines:
    """At most MOST_LINES connections for each event loop; a connection belongs to the loop that opened it.

    `make` makes one that is not open yet; `login` is user and password, where the server wants them.
    """

    def __init__(self, make: Callable[[], SMTP], login: tuple[str, str] | None = None) -> None:
        self._make, self._login = make, login
        self._by_loop: dict[AbstractEventLoop, _Here] = {}

    def _here(self) -> _Here:
        loop = asyncio.get_running_loop()
        if loop not in self._by_loop:
            self._by_loop = {other: here for other, here in self._by_loop.items() if not other.is_closed()}
            self._by_loop[loop] = _Here(asyncio.Semaphore(MOST_LINES))
        return self._by_loop[loop]

    @asynccontextmanager
    async def line(self) -> AsyncIterator[Line]:
        """A connection on which one mail is announced. It is kept for the next only if nothing went wrong.

        Raises what aiosmtplib raises while connecting.
        """
        here = self._here()
        async with here.room:
            here.held += 1
            try:
                line = await self._kept(here) or await opened(self._make(), self._login)
                try:
                    with line.while_it_makes_sense():
                        line.clean = False
                        yield line
                        line.clean = True
                finally:
                    # Without a wait: nothing may come between a 250 and our knowing of it.
                    line.uses, line.idle_since = line.uses + 1, time.monotonic()
                    here.idle.append(line)
            finally:
                here.held -= 1

    async def _kept(self, here: _Here) -> Line | None:
        """A kept line that still answers: many servers end idle ones.

        One that has nothing to answer, else, where no more may be opened, the one that was given its mail first.
        """
        while here.idle:
            free = [line for line in here.idle if not line.has_mail]
            if not free and len(here.idle) + here.held <= MOST_LINES:
                return None
            line = free[-1] if free else here.idle[0]
            here.idle.remove(line)
            if line.worn:
                await line.leave()
                continue
            with suppress(SMTPException, OSError):
                await line.ready()
                return line
        return None

    async def close(self) -> None:
        """Say goodbye on the idle lines of this event loop."""
        here = self._by_loop.pop(asyncio.get_running_loop(), None)
        if here:
            await asyncio.gather(*(line.leave() for line in here.idle))


async def deliver(lines: Lines, sender: str, recipient: str, mail: bytes, patience: float) -> Outcome:
    """One mail to one recipient, within `patience` seconds. An ACCEPTED has the queue id for its reference, or None."""
    one = _Mail(lines, sender, recipient, mail)
    try:
        async with asyncio.timeout(patience):
            said = (await one.taken()).text
    except SMTPResponseException as refusal:
        return _refused(one.step, refusal.code, refusal.message)
    except (SMTPException, OSError, ValueError) as problem:
        return _lost(one.step, problem)
    queued = QUEUE_ID.search(said)
    return Outcome(Result.ACCEPTED, ref=queued[1] if queued else None, code="250", detail="The mail server took it.")


@dataclass(slots=True)
class _Mail:
    """One mail on its way, and how far it has come."""

    lines: Lines
    sender: str
    recipient: str
    mail: bytes
    step: Step = Step.CONNECT

    async def taken(self) -> Reply:
        """The server's word that it has the mail. Raises what aiosmtplib raises, or OSError, where there is none."""
        line, said = await self._handed_over()
        with line.while_it_makes_sense():
            return (await said).among(DONE)

    async def _handed_over(self) -> tuple[Line, Future[Reply]]:
        """The line that was given the mail, and the reply to come. Meanwhile that line is for the next one.

        Not where the server takes one command at a time. Where a kept line ends before it was given the mail, or the
        server says that it ends it, another one is.
        """
        while True:
            self.step = Step.CONNECT
            async with self.lines.line() as line:
                try:
                    await self._announced(line.talk)
                    said = line.talk.hand_over(self.mail)
                except (SMTPServerDisconnected, SMTPResponseException) as problem:
                    if not (line.uses and _closes(problem)):
                        raise
                    line.drop()
                    continue
                self.step = Step.GIVEN
                if line.uses + 1 >= MOST_USES or not line.talk.together:
                    await asyncio.wait([said])
                return line, said

    async def _announced(self, talk: Talk) -> None:
        """From whom, to whom, and that the server waits for it."""
        begin = (f"MAIL FROM:<{self.sender}>", f"RCPT TO:<{self.recipient}>", "DATA")
        self.step = Step.MAIL
        from_, to, data = talk.say(*(command.encode("ascii") for command in begin))
        (await from_).among(DONE)
        self.step = Step.RCPT
        (await to).among(TAKEN_ON)
        self.step = Step.DATA
        (await data).among(WANTED)


def _closes(problem: SMTPException) -> bool:
    """Whether this is the end of a line, and no word about a mail."""
    return not isinstance(problem, SMTPResponseException) or problem.code == CLOSING


def _refused(step: Step, code: int, said: str) -> Outcome:
    """A reply that says no. Until RCPT it is about us, and every mail would meet it; then about this mail."""
    enhanced = ENHANCED.match(said)
    word = f"{code} {enhanced[0]}" if enhanced else str(code)
    detail = f"The mail server refused at {step}."
    about_us = step in {Step.CONNECT, Step.MAIL}
    if code not in REFUSALS:
        result = Result.UNKNOWN if step is Step.GIVEN else Result.RETRY
        return Outcome(result, code="nonsense", detail=f"The mail server made no sense at {step}.")
    if code < FINAL:
        busy = about_us or code == CLOSING or bool(enhanced and enhanced[0].startswith(SYSTEM))
        return Outcome(Result.RETRY, code=word, detail=detail, retry_after=WAIT if busy else None)
    return Outcome(Result.RETRY if about_us else Result.REJECTED, code=word, detail=detail, halts=about_us)


def _lost(step: Step, problem: Exception) -> Outcome:
    """The link broke, or took too long."""
    code = type(problem).__name__
    if step is Step.GIVEN:
        return Outcome(
            Result.UNKNOWN, code=code, detail="The link was lost before the mail server said whether it took it."
        )
    # aiosmtplib raises its bare exception where the server lacks what our settings ask for: STARTTLS or AUTH.
    lacks = type(problem) is SMTPException
    return Outcome(Result.RETRY, code=code, detail=f"The mail server was lost at {step}.", halts=lacks)
