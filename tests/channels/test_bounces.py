"""Delivery reports: real ones, foreign ones, broken ones."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP

from channels import bounces
from channels.smtp_email import SmtpEmail
from onevoice.dispatch.providers import BadSignature, Evidence, Outgoing, Result, Word
from onevoice.settings import Settings
from sandbox.testing import Sandbox

DOMAIN = "millford.example"
TOKEN = "Tok_-Az0123456789abc"
REPORT = """\
Return-Path: <>
Delivered-To: bounce+{token}@{domain}
From: MAILER-DAEMON@relay.example (Mail Delivery System)
To: bounce+{token}@{domain}
Date: Sun, 22 Nov 2026 13:00:00 +0100
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=us-ascii

I could not deliver it. Action: delivered

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example
X-Queue-ID: 4XyZ

Final-Recipient: rfc822; maria@people.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 no such user

--b
Content-Type: text/rfc822-headers

To: maria@people.example
X-Other: bounce+Another0@millford.example

--b--
"""


def _report(**given: str) -> bytes:
    usual = {"token": TOKEN, "domain": DOMAIN, "action": "failed", "status": "5.1.1"}
    return REPORT.format(**usual | given).replace("\n", "\r\n").encode()


@pytest.mark.parametrize(
    ("action", "status", "word", "permanent", "evidence"),
    [
        ("failed", "5.1.1", Word.UNDELIVERED, True, None),
        ("failed", "4.4.7", Word.UNDELIVERED, False, None),
        ("FAILED", "5.0.0", Word.UNDELIVERED, True, None),
        ("delayed", "4.4.1", Word.QUEUED, False, None),
        ("delivered", "2.0.0", Word.DELIVERED, False, Evidence.MAIL_SERVER),
        ("relayed", "2.1.9", Word.SENT, False, None),
        ("expanded", "2.0.0", Word.SENT, False, None),
        ("vaporised", "5.0.0", Word.UNRECOGNISED, False, None),
    ],
)
def test_each_action_is_normalised(
    action: str, status: str, word: Word, permanent: bool, evidence: Evidence | None
) -> None:
    """What a server says of a mail becomes one word, with its code, its time and our token."""
    [receipt] = bounces.receipts("email", _report(action=action, status=status), DOMAIN)

    assert (receipt.word, receipt.permanent, receipt.evidence) == (word, permanent, evidence)
    assert (receipt.token, receipt.code, receipt.provider) == (TOKEN, status, "email")
    assert receipt.at == datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert receipt.raw["mail"].encode("latin-1") == _report(action=action, status=status)


def test_a_server_that_changes_the_letters_of_our_address_changes_nothing() -> None:
    """Another case in each header, as servers write it: one token, in small letters, and one digest."""
    token = "abcdefghijklmnop234567ab"
    [usual] = bounces.receipts("email", _report(token=token), DOMAIN)
    shouted = _report(token=token).replace(f"To: bounce+{token}".encode(), f"To: BOUNCE+{token.upper()}".encode(), 1)
    [receipt] = bounces.receipts("email", shouted, DOMAIN)

    assert usual.token == receipt.token == token
    assert usual.digest == receipt.digest


@pytest.mark.parametrize("status", ["", "5", "five", "5.1.1111", "999.9.9", "maria@people.example"])
def test_a_status_that_is_none_is_no_code(status: str) -> None:
    """Only an enhanced status code becomes a code, and without one nothing is permanent."""
    [receipt] = bounces.receipts("email", _report(status=status), DOMAIN)

    assert receipt.permanent == bool(receipt.code)
    assert receipt.code in {None, "5.1.111"}


NOT_OURS = {
    "another domain": _report(domain="elsewhere.example"),
    "a domain that ends like ours": _report(domain="evilmillford.example"),
    "a domain that begins like ours": _report(domain=f"{DOMAIN}.evil.example"),
    "no token": _report().replace(f"bounce+{TOKEN}@".encode(), b"alerts@"),
    "an empty token": _report(token=""),
    "a short token": _report(token="Tok"),
    "two tokens": _report().replace(f"To: bounce+{TOKEN}".encode(), b"To: bounce+Another0", 1),
    "a token in the body alone": _report()
    .replace(f"bounce+{TOKEN}@".encode(), b"x@")
    .replace(b"I could", b"To: bounce+AAAAAAAA@millford.example"),
    "a local part that ends like ours": _report().replace(b"bounce+", b"rebounce+"),
    "an auto-reply": f"To: bounce+{TOKEN}@{DOMAIN}\r\n\r\nI am away. Action: failed".encode(),
    "a report without a status": _report().replace(b"message/delivery-status", b"text/plain"),
    "a report of another kind": _report().replace(b"multipart/report", b"multipart/mixed"),
    "a status without an action": _report().replace(b"Action: failed\r\n", b""),
    "no boundary": _report().replace(b'; boundary="b"', b""),
    "nothing": b"",
    "zeroes": b"\x00" * 1000,
    "too large": _report() + b"x" * bounces.LARGEST,
}


@pytest.mark.parametrize("kind", NOT_OURS)
def test_what_is_not_a_report_on_a_mail_of_ours_is_left_out(kind: str) -> None:
    """No token of ours in the address that the report went to, or no report: nothing comes of it."""
    assert bounces.receipts("email", NOT_OURS[kind], DOMAIN) == []


def test_a_report_that_is_cut_or_garbled_anywhere_raises_nothing() -> None:
    """At whatever byte a report ends or is damaged, it is read or left out, and the token is never another."""
    whole = _report()
    for at in range(0, len(whole), 7):
        for damaged in (whole[:at], whole[:at] + b"\xff\x00\r\n" + whole[at:], whole[:at] + whole[at + 7 :]):
            for receipt in bounces.receipts("email", damaged, DOMAIN):
                assert receipt.provider == "email"
                assert receipt.token is not None
                assert receipt.token.replace("\xff", "") in TOKEN or abs(len(receipt.token) - len(TOKEN)) <= 7


@pytest.mark.parametrize(
    "date", ["", "yesterday", "Sun, 99 Nov 2026 13:00:00 +0100", "Sun, 22 Nov 2026 13:00:00 -0000"]
)
def test_a_report_without_a_time_that_means_something_has_none(date: str) -> None:
    """A date that cannot be read, or that has no zone, is no time."""
    mail = _report().replace(b"Sun, 22 Nov 2026 13:00:00 +0100", date.encode())

    assert bounces.receipts("email", mail, DOMAIN)[0].at is None


def test_deep_nesting_is_read_in_time() -> None:
    """A report in a thousand wrappers neither hangs nor raises."""
    wrapped = _report()
    for depth in range(200):
        head = f"To: bounce+{TOKEN}@{DOMAIN}\r\nContent-Type: multipart/mixed; boundary=x{depth}\r\n\r\n--x{depth}\r\n"
        wrapped = head.encode() + wrapped + f"\r\n--x{depth}--\r\n".encode()

    assert bounces.receipts("email", wrapped, DOMAIN) == []


class _Postbox:
    """Takes the delivery reports of the sandbox."""

    def __init__(self) -> None:
        self.mails: asyncio.Queue[bytes] = asyncio.Queue()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        await self.mails.put(envelope.original_content)
        return "250 ok"


def test_a_bounce_of_the_sandbox_comes_home(
    tmp_path: Path, settings: Callable[..., Settings], message: Callable[..., Outgoing]
) -> None:
    """A mail that was accepted and came back is undelivered for good, on the attempt that it belongs to."""
    written = message("bounce@people.example", parts={"subject": "Flood ⚠️", "text": "Go, señora.\n"})

    async def go() -> tuple[Result, bytes]:
        box = _Postbox()
        server = await asyncio.get_running_loop().create_server(
            lambda: SMTP(box, hostname="box.example"), "127.0.0.1", 0
        )
        port = server.sockets[0].getsockname()[1]
        quick = ("--delay-scale", "0.02", "--bounce-to", f"127.0.0.1:{port}")
        running = Sandbox(tmp_path / "record.jsonl", *quick)
        try:
            provider = SmtpEmail(settings(smtp_port=running.smtp[1]))
            outcome = await provider.send(written)
            report = await asyncio.wait_for(box.mails.get(), 10)
            await provider.close()
        finally:
            # in a thread: it waits until the sandbox has said goodbye to our server, which answers in this loop
            await asyncio.to_thread(running.__exit__, None, None, None)
            server.close()
        return outcome.result, report

    result, report = asyncio.run(go())

    assert result is Result.ACCEPTED
    [receipt] = SmtpEmail(settings()).parse_receipts("", {}, report)
    assert (receipt.word, receipt.code, receipt.permanent) == (Word.UNDELIVERED, "5.1.1", True)
    assert receipt.token == written.token


def test_a_report_that_comes_twice_has_one_digest() -> None:
    """Another Date or boundary does not make another event; another action does."""
    first, again = (bounces.receipts("email", m, DOMAIN)[0] for m in (_report(), _report().replace(b"13:00", b"14:00")))
    [other] = bounces.receipts("email", _report(action="delayed"), DOMAIN)

    assert first.digest == again.digest != other.digest


def test_an_envelope_sender_comes_back_as_its_token() -> None:
    """What `verp` writes is what `receipts` finds."""
    mail = EmailMessage()
    mail["To"] = bounces.verp(TOKEN, DOMAIN)

    assert mail["To"].encode() in _report()


@pytest.mark.parametrize(
    "body",
    [
        b"MessageSid=SM0&MessageStatus=delivered&AccountSid=AC0",
        b"",
        b'{"event": "delivered"}',
        b"From: a@b.example\r\n\r\nTo: bounce+Tok@millford.example",
        b"\x00\xff" * 40,
    ],
)
def test_what_is_no_mail_is_refused(body: bytes, settings: Callable[..., Settings]) -> None:
    """A form that another provider signs proves nothing at the address for mail, and is not answered as if it did."""
    with pytest.raises(BadSignature):
        SmtpEmail(settings()).parse_receipts("", {"X-Twilio-Signature": "s"}, body)


def test_another_mail_to_our_bounce_address_is_taken_and_left_out(settings: Callable[..., Settings]) -> None:
    """An automatic answer is a mail: whoever brings it shall not bring it again."""
    mail = b"From: ana@people.example\nTo: bounce+Tok12345@millford.example\nSubject: I am away\n\nUntil Monday.\n"

    assert SmtpEmail(settings()).parse_receipts("", {}, mail) == []
