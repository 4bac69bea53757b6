# ruff: noqa: N802 - aiosmtpd finds its hooks and verbs by names in capitals
"""The SMTP service: takes mail, writes it down whole, and says 250 only then."""

import asyncio
import hmac
import secrets
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from sandbox.bounce import HOSTNAME, Undelivered, delivery_report, send
from sandbox.mailboxes import mailbox_of
from sandbox.record import RecordLost, raw_fields
from sandbox.world import World

TOLD_HEADERS = ("From", "To", "Subject", "Message-ID", "Auto-Submitted", "List-Unsubscribe")
BOUNCE_AFTER = 1.0
"""Seconds, scaled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostOffice:
    """How the SMTP service is set up."""

    user: str = ""
    """Whoever sends must log in, where this is given."""
    password: str = ""
    tls: ssl.SSLContext | None = None
    bounce_to: tuple[str, int] | None = None
    """Host and port of the mail server that takes delivery reports."""

    def admits(self, login: LoginPassword) -> bool:
        """Whether user and password are right."""
        shown = login.login + b"\0" + login.password
        return hmac.compare_digest(shown, f"{self.user}\0{self.password}".encode())


class Postbox:
    """One connection's hooks; aiosmtpd calls them by their names."""

    def __init__(self, world: World, office: PostOffice) -> None:
        self._world = world
        self._office = office
        self._at_quit = "221 2.0.0 Bye"

    async def handle_EHLO(
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Adds PIPELINING, which aiosmtpd does but does not say."""
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Takes or refuses one recipient."""
        box = mailbox_of(address)
        if box.at_rcpt and (not box.every_other or self._world.in_turn(address)):
            self._tell("refused", envelope, address, box.at_rcpt)
            return box.at_rcpt
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Takes the mail at its final dot."""
        boxes = [mailbox_of(address) for address in envelope.rcpt_tos]
        fault = self._world.faults.take("smtp", verb="DOT")
        if refusal := fault.reply if fault else next((box.at_dot for box in boxes if box.at_dot), ""):
            self._tell_all("refused", envelope, refusal)
            return refusal
        self._at_quit = next((box.at_quit for box in boxes if box.at_quit), self._at_quit)
        queue_id = secrets.token_hex(8).upper()
        cut, seconds = any(box.cut for box in boxes), max(box.seconds for box in boxes)
        reply = f"250 2.0.0 Ok: queued as {queue_id}"
        late = f" after {seconds:g} s" if seconds else ""
        self._tell_all("accepted", envelope, "cut" if cut else reply + late, queue_id)
        self._send_back(envelope, queue_id)
        if cut:
            await _hang_up(server)
        await asyncio.sleep(seconds)
        return reply

    async def handle_exception(self, error: Exception) -> str:
        """Says that the client should come again, where a mail could not be recorded."""
        if isinstance(error, RecordLost):
            return "451 4.3.0 Local error in processing"
        raise error

    async def handle_QUIT(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Ends the connection, kindly or not."""
        if not self._at_quit.startswith("221"):
            self._tell("quit", envelope, "", self._at_quit)
        return self._at_quit

    def _tell_all(self, event: str, envelope: Envelope, outcome: str, queue_id: str = "") -> None:
        for address in envelope.rcpt_tos:
            self._tell(event, envelope, address, outcome, queue_id)

    def _tell(self, event: str, envelope: Envelope, address: str, outcome: str, queue_id: str = "") -> None:
        self._world.stats.tick(f"mail {event}")
        mail = envelope.original_content or b""
        parsed = message_from_bytes(mail, policy=policy.default)
        self._world.record.write(
            "smtp",
            event,
            sid=queue_id,
            to=address,
            sender=_sender(envelope),
            body=_text(parsed),
            headers={name: str(parsed[name]) for name in TOLD_HEADERS if parsed[name]},
            outcome=outcome,
            detail={"mail_options": envelope.mail_options} if envelope.mail_options else {},
            **raw_fields(mail),
        )

    def _send_back(self, envelope: Envelope, queue_id: str) -> None:
        sender, arrived = _sender(envelope), datetime.now(UTC)
        if not (sender and self._office.bounce_to):
            return
        for address in envelope.rcpt_tos:
            if mailbox_of(address).bounces:
                mail = envelope.original_content or b""
                back = Undelivered(queue_id=queue_id, sender=sender, recipient=address, mail=mail, arrived=arrived)
                delay = BOUNCE_AFTER * self._world.odds.delay_scale
                self._world.background(self._bounce(back, self._office.bounce_to, delay))

    async def _bounce(self, back: Undelivered, server: tuple[str, int], delay: float) -> None:
        await asyncio.sleep(delay)
        outcome = await asyncio.to_thread(send, delivery_report(back), back.sender, *server)
        self._world.record.write("smtp", "bounced", sid=back.queue_id, to=back.sender, outcome=outcome)


class SmtpService(SMTP):
    """aiosmtpd's server, with the fault programme before each verb."""

    def __init__(self, world: World, office: PostOffice) -> None:
        super().__init__(
            Postbox(world, office),
            hostname=HOSTNAME,
            ident="Sandbox",
            enable_SMTPUTF8=True,
            tls_context=office.tls,
            auth_required=bool(office.user),
            auth_require_tls=office.tls is not None or not office.user,
            authenticator=lambda _server, _session, _envelope, _mechanism, login: AuthResult(
                success=office.admits(login), handled=False
            ),
        )
        self._world = world

    async def _scripted(self, verb: str, usual: Callable[[str], Awaitable[None]], argument: str) -> None:
        fault = self._world.faults.take("smtp", verb=verb)
        if not fault:
            await usual(argument)
            return
        self._world.record.write("smtp", "scripted", outcome=fault.reply, detail={"verb": verb})
        await self.push(fault.reply)
        if fault.reply.startswith("421") and self.transport:
            self.transport.close()

    async def smtp_EHLO(self, arg: str) -> None:
        """EHLO, or what the fault programme says to it."""
        await self._scripted("EHLO", super().smtp_EHLO, arg)

    async def smtp_MAIL(self, arg: str) -> None:
        """MAIL, or what the fault programme says to it."""
        await self._scripted("MAIL", super().smtp_MAIL, arg)

    async def smtp_RCPT(self, arg: str) -> None:
        """RCPT, or what the fault programme says to it."""
        await self._scripted("RCPT", super().smtp_RCPT, arg)

    async def smtp_DATA(self, arg: str) -> None:
        """DATA, or what the fault programme says to it."""
        await self._scripted("DATA", super().smtp_DATA, arg)

    async def smtp_QUIT(self, arg: str) -> None:
        """QUIT, or what the fault programme says to it."""
        await self._scripted("QUIT", super().smtp_QUIT, arg)


async def _hang_up(server: SMTP) -> None:
    if isinstance(server.transport, asyncio.Transport):
        server.transport.abort()
    # aiosmtpd cancels this task as soon as it hears that the connection is gone.
    await asyncio.Event().wait()


def _sender(envelope: Envelope) -> str:
    return "" if envelope.mail_from in {None, "<>"} else str(envelope.mail_from)


def _text(mail: EmailMessage) -> str:
    try:
        part = mail.get_body(("plain",))
        text = part.get_content() if part else ""
    except (LookupError, ValueError):
        return ""
    return str(text).replace("\r\n", "\n").encode(errors="replace").decode()
