"""Email through any mail server (SMTP submission).

RFC 5321 (SMTP), RFC 6409 (submission), RFC 3207 (STARTTLS), read 2026-11-22. The server is the authority's own or its
relay: DKIM, SPF and DMARC are set up there. One transaction carries one mail to one person; a 250 means that the
server has it, and what becomes of it comes back as a delivery report (bounces.py). SMTP cannot be asked later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aiosmtplib import SMTP

from channels import bounces, mail
from channels.smtp_line import Lines, deliver
from onevoice.dispatch.providers import BadSignature, CannotCarry, Outcome, Outgoing, Receipt, Result
from onevoice.errors import WrongSetting
from onevoice.people import Means
from onevoice.settings import Settings, is_loopback

if TYPE_CHECKING:
    from email.headerregistry import Address

PATIENCE = 20.0
"""Seconds that one mail may take, with connecting and waiting for a free connection."""
STEP = 10.0
"""Seconds that each command may take."""
IMPLICIT_TLS = 465
"""The one port on which TLS comes before SMTP (RFC 8314); on others STARTTLS begins it."""


class SmtpEmail:
    """A mail server as a Provider."""

    name = "email"
    means = Means.EMAIL
    latency = 0.1

    def __init__(self, settings: Settings, *, patience: float = PATIENCE) -> None:
        self._sender = _sender(settings.smtp_from)
        _check_secrecy(settings)
        self.rate = settings.email_rate
        # A sender gives a call up after `timeout`; ours ends before, and says more about how.
        self._patience, self.timeout = patience, patience + 2
        self._settings = settings
        login = (settings.smtp_user, settings.smtp_password.get_secret_value())
        self._lines = Lines(self._smtp, login if settings.smtp_user else None)

    def units(self, parts: Mapping[str, str]) -> int:
        """One: a mail is a mail."""
        del parts
        return 1

    def check(self, parts: Mapping[str, str]) -> None:
        """Raise CannotCarry unless the parts are a subject, a text and perhaps html, without control characters."""
        mail.check(parts)

    async def send(self, message: Outgoing) -> Outcome:
        """Make one transaction."""
        if message.valid_until <= datetime.now(UTC):
            return Outcome(Result.REJECTED, code="too-late", detail="Too late: the text is no longer valid.")
        try:
            whole = mail.made(message, self._sender)
            envelope = mail.spec(bounces.verp(message.token, self._sender.domain))
            recipient = mail.spec(message.to)
        except CannotCarry as problem:
            return Outcome(Result.REJECTED, code="cannot-carry", detail=str(problem))
        outcome = await deliver(self._lines, envelope, recipient, whole, self._patience)
        if outcome.result is not Result.ACCEPTED:
            return outcome
        # Mail servers give the same queue id again after a while, and not all tell it: the attempt makes it ours.
        return replace(outcome, ref=f"{outcome.ref or 'mail'}.{message.attempt}")

    async def find(self, message: Outgoing, since: datetime) -> Sequence[Receipt] | None:
        """None: a mail server cannot be asked for a mail that it may have taken."""
        del message, since
        return None

    def parse_receipts(self, url: str, headers: Mapping[str, str], body: bytes) -> Sequence[Receipt]:
        """Read a delivery report, given as the raw mail; empty for another mail that came to our bounce addresses.

        Raises:
            BadSignature: it is no mail, such as a form that another provider posts.
        """
        del url, headers
        if not bounces.is_mail(body):
            raise BadSignature("This is no mail.")
        return bounces.receipts(self.name, body, self._sender.domain)

    async def close(self) -> None:
        """Say goodbye to the mail server. Whoever sends after it connects anew."""
        await self._lines.close()

    def _smtp(self) -> SMTP:
        mine = self._settings
        tls_first = mine.smtp_tls and mine.smtp_port == IMPLICIT_TLS
        return SMTP(
            hostname=mine.smtp_host,
            port=mine.smtp_port,
            local_hostname=self._sender.domain,  # else the library asks the DNS for the name of this machine
            timeout=min(STEP, self._patience),
            use_tls=tls_first,
            start_tls=mine.smtp_tls and not tls_first,  # never None: that would go on in the clear where TLS is missing
        )


def _sender(text: str) -> Address:
    try:
        return mail.mailbox(text)
    except CannotCarry as problem:
        remedy = "Give an address such as Millford EM <alerts@millford.example>."
        raise WrongSetting("This is not a mail address.", where="ONEVOICE_SMTP_FROM", remedy=remedy) from problem


def _check_secrecy(settings: Settings) -> None:
    """A password never goes over a network in the clear. Raises WrongSetting."""
    if settings.smtp_user and not settings.smtp_tls and not is_loopback(settings.smtp_host):
        what = "The password would go over the network unencrypted."
        raise WrongSetting(what, where="ONEVOICE_SMTP_TLS", remedy="Set it to true.")
