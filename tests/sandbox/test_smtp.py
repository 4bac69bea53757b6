"""The SMTP service, asked by smtplib."""

import smtplib
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sandbox.mailboxes import MAILBOXES
from sandbox.testing import Sandbox, wait_until

SENDER = "bounce+17@city.example"


@pytest.fixture
def link(sandbox: Sandbox) -> Iterator[smtplib.SMTP]:
    """Connect to the shared sandbox."""
    connection = smtplib.SMTP(*sandbox.smtp, local_hostname="test.example", timeout=8)
    yield connection
    connection.close()


def _mail(to: str, text: str = "Move to higher ground now.\n") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"] = "City <alerts@city.example>", to
    mail["Subject"], mail["Message-ID"] = "Flood ⚠ warning", f"<{time.time_ns()}@city.example>"
    mail.set_content(text, cte="8bit")
    return mail


def _said(link: smtplib.SMTP, to: str) -> str:
    """Send one mail, and say in a word what the client sees."""
    try:
        link.sendmail(SENDER, [to], _mail(to).as_bytes(policy=policy.SMTP), ["BODY=8BITMIME"])
    except smtplib.SMTPRecipientsRefused as refused:
        return _words("RCPT", *refused.recipients[to])
    except smtplib.SMTPDataError as refused:
        return _words("DATA", refused.smtp_code, refused.smtp_error)
    except (smtplib.SMTPServerDisconnected, TimeoutError) as problem:
        return type(problem).__name__
    return "250"


def _words(verb: str, code: int, reply: bytes | str) -> str:
    text = reply.decode() if isinstance(reply, bytes) else reply
    return f"{verb} {code} {text.split()[0]}"


# Local part: what the client sees of one mail, and whether it was accepted.
CASES = {
    "anybody": ("250", True),
    "gone": ("RCPT 550 5.1.1", False),
    "busy": ("RCPT 451 4.2.1", False),
    "busy-once": ("RCPT 451 4.2.1", False),
    "full": ("RCPT 552 5.2.2", False),
    "late550": ("DATA 550 5.7.1", False),
    "lost": ("SMTPServerDisconnected", True),
    "slow": ("250", True),  # in test_slow_replies.py
    "hang": ("SMTPServerDisconnected", True),
    "quit-error": ("250", True),
    "bounce": ("250", True),
}


def test_the_table_has_every_mailbox() -> None:
    """A new magic mailbox needs its case."""
    assert set(CASES) == {"anybody", *MAILBOXES}


@pytest.mark.parametrize("local", sorted(set(CASES) - {"slow"}))
def test_a_magic_mailbox_does_what_it_says(sandbox: Sandbox, link: smtplib.SMTP, local: str) -> None:
    """The reply, and whether the mail was really taken, are those of the table."""
    to, (sees, accepted) = f"{local}+{time.time_ns()}@city.example", CASES[local]
    if local == "hang":
        link.timeout = 0.5
        assert link.sock
        link.sock.settimeout(0.5)

    assert _said(link, to) == sees
    assert [entry.event for entry in sandbox.entries("smtp", to=to)] == ["accepted" if accepted else "refused"]


def test_a_busy_mailbox_takes_the_second_try(link: smtplib.SMTP) -> None:
    """Greylisting: the same address is accepted when it is tried again."""
    to = f"busy-once+{time.time_ns()}@city.example"

    assert [_said(link, to) for _ in range(3)] == ["RCPT 451 4.2.1", "250", "RCPT 451 4.2.1"]


def test_an_error_at_quit_comes_after_the_mail_was_taken(sandbox: Sandbox, link: smtplib.SMTP) -> None:
    """250 to the mail, 421 to QUIT."""
    to = f"quit-error+{time.time_ns()}@city.example"

    assert (_said(link, to), link.quit()[0]) == ("250", 421)
    assert len(sandbox.entries("smtp", "accepted", to=to)) == 1


def test_a_usual_connection_ends_kindly(link: smtplib.SMTP) -> None:
    """221 to QUIT after a usual mail."""
    assert (_said(link, "anybody@city.example"), link.quit()[0]) == ("250", 221)


@pytest.mark.parametrize("text", ["Évacuez maintenant ⚠ اخرج الآن\n", "plain\n", ".dot\n..dots\n"])
def test_a_mail_is_recorded_whole(sandbox: Sandbox, link: smtplib.SMTP, text: str) -> None:
    """Envelope, headers, text, and every byte as it came."""
    mail = _mail("Ana <ana@people.example>", text)
    sent = mail.as_bytes(policy=policy.SMTP)
    link.sendmail(SENDER, ["ana@people.example"], sent, ["BODY=8BITMIME"])
    entry = sandbox.entries("smtp", "accepted", to="ana@people.example")[-1]

    assert (entry.sender, entry.body, entry.mail) == (SENDER, text, sent)
    assert entry.headers["Message-ID"] == mail["Message-ID"]
    assert entry.headers["Subject"] == "Flood ⚠ warning"
    assert entry.outcome.endswith(f"queued as {entry.sid}")


def test_each_recipient_has_its_own_line(sandbox: Sandbox, link: smtplib.SMTP) -> None:
    """One transaction to two people is two deliveries; the refused third is none."""
    to = [f"{name}-{time.time_ns()}@people.example" for name in ("ana", "ben")] + ["gone@people.example"]
    refused = link.sendmail(SENDER, to, _mail("both@people.example").as_bytes(policy=policy.SMTP))

    assert list(refused) == ["gone@people.example"]
    assert [len(sandbox.entries("smtp", "accepted", to=each)) for each in to] == [1, 1, 0]


def test_the_extensions_are_offered(link: smtplib.SMTP) -> None:
    """SIZE, 8BITMIME, SMTPUTF8 and PIPELINING; no AUTH where none is set up."""
    link.ehlo()

    assert {"size", "8bitmime", "smtputf8", "pipelining"} <= set(link.esmtp_features)
    assert "auth" not in link.esmtp_features


def test_commands_can_be_pipelined(sandbox: Sandbox, link: smtplib.SMTP) -> None:
    """Three commands in one packet get three replies in order."""
    link.ehlo()
    link.send(f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<gone@x.example>\r\nRCPT TO:<ana@x.example>\r\nDATA\r\n")

    assert [link.getreply()[0] for _ in range(4)] == [250, 550, 250, 354]
    assert sandbox.entries("smtp", "refused", to="gone@x.example")


def test_an_address_in_another_script_is_taken(sandbox: Sandbox, link: smtplib.SMTP) -> None:
    """SMTPUTF8 carries it through."""
    mail = _mail("用户@people.example")
    link.send_message(mail, SENDER, ["用户@people.example"])

    assert len(sandbox.entries("smtp", "accepted", to="用户@people.example")) == 1


@pytest.mark.parametrize("verb", ["EHLO", "MAIL", "RCPT", "DATA", "DOT"])
@pytest.mark.parametrize("reply", ["421 4.7.0 Closing", "450 4.2.0 Later", "550 5.0.0 No", "552 5.2.2 Full"])
def test_any_verb_can_get_any_reply(sandbox: Sandbox, verb: str, reply: str) -> None:
    """The reply is what was asked for, once; the next mail is taken."""
    sandbox.fault("smtp_reply", verb=verb, reply=reply)
    to, seen = f"ana+{time.time_ns()}@people.example", ""
    for _ in range(2):
        link = smtplib.SMTP(*sandbox.smtp, local_hostname="test.example", timeout=5)
        code = link.ehlo()[0]
        code = code if code >= 400 else link.mail(SENDER)[0]
        code = code if code >= 400 else link.rcpt(to)[0]
        try:
            code = code if code >= 400 else link.data(_mail(to).as_bytes(policy=policy.SMTP))[0]
        except smtplib.SMTPDataError as refused:
            code = refused.smtp_code
        seen += f"{code} "
        link.close()

    assert seen.split() == [reply[:3], "250"]
    assert len(sandbox.entries("smtp", "accepted", to=to)) == 1


def test_a_421_hangs_up(sandbox: Sandbox, link: smtplib.SMTP) -> None:
    """After it the connection is gone."""
    sandbox.fault("smtp_reply", verb="MAIL", reply="421 4.7.0 Closing")
    link.ehlo()

    assert link.mail(SENDER)[0] == 421
    with pytest.raises(smtplib.SMTPServerDisconnected):
        link.noop()


def test_delivery_reports_come_back_by_smtp(tmp_path: Path, sandbox: Sandbox) -> None:
    """bounce@ is accepted; then a real report with an empty sender goes to the envelope sender."""
    host, port = sandbox.smtp
    options = ("--bounce-to", f"{host}:{port}", "--delay-scale", "0.05")
    to, sender = "bounce@people.example", f"bounce+{time.time_ns()}@city.example"
    with Sandbox(tmp_path / "record.jsonl", *options) as bouncing:
        with smtplib.SMTP(*bouncing.smtp, local_hostname="test.example", timeout=5) as link:
            link.sendmail(sender, [to], _mail(to, "Évacuez ⚠\n").as_bytes(policy=policy.SMTP))
        wait_until(lambda: bool(sandbox.entries("smtp", "accepted", to=sender)), "the report")
        wait_until(lambda: bool(bouncing.entries("smtp", "bounced")), "its own line")
        bounced = bouncing.entries("smtp", "bounced")[0]
        [sent] = bouncing.entries("smtp", "accepted")
    [report] = sandbox.entries("smtp", "accepted", to=sender)
    parsed = message_from_bytes(report.mail, policy=policy.default)
    parts: Any = parsed.get_payload()
    text, status, returned = parts
    person = status.get_payload()[1]

    assert (report.sender, bounced.outcome, bounced.sid) == ("", "250", sent.sid)
    assert parsed.get_content_type() == "multipart/report"
    assert parsed.get_param("report-type") == "delivery-status"
    assert (person["Final-Recipient"], person["Action"], person["Status"]) == (f"rfc822; {to}", "failed", "5.1.1")
    assert returned.get_content()["Message-ID"] == sent.headers["Message-ID"]
    assert to in text.get_content()


def test_no_report_answers_a_report(tmp_path: Path, sandbox: Sandbox) -> None:
    """A mail with an empty sender never bounces: two servers would go on for ever."""
    host, port = sandbox.smtp
    with Sandbox(tmp_path / "record.jsonl", "--bounce-to", f"{host}:{port}", "--delay-scale", "0") as bouncing:
        with smtplib.SMTP(*bouncing.smtp, local_hostname="test.example", timeout=5) as link:
            link.sendmail("", ["bounce@people.example"], _mail("bounce@people.example").as_bytes(policy=policy.SMTP))
        time.sleep(0.3)

        assert len(bouncing.entries("smtp", "accepted")) == 1
        assert bouncing.entries("smtp", "bounced") == []


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    pem, plain = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    paths[1].write_bytes(key.private_bytes(pem, plain, serialization.NoEncryption()))
    return paths


@pytest.mark.parametrize("tls", [False, True])
def test_a_log_in_can_be_required(tmp_path: Path, tls: bool) -> None:
    """Nothing without, nothing with a wrong password, mail with the right one; where there is TLS, only over it."""
    options = ["--smtp-user", "city", "--smtp-password", "right"]
    trust = None
    if tls:
        certificate, key = _certificate(tmp_path)
        options += ["--smtp-tls-cert", str(certificate), "--smtp-tls-key", str(key)]
        trust = ssl.create_default_context(cafile=str(certificate))
    with Sandbox(tmp_path / "record.jsonl", *options) as guarded:
        seen = [
            _logged_in(guarded, trust, *each) for each in (("PLAIN", "wrong"), ("PLAIN", "right"), ("LOGIN", "right"))
        ]

        assert seen == [(530, 535, "MAIL 530 5.7.0"), (530, 235, "250"), (530, 235, "250")]
        assert len(guarded.entries("smtp", "accepted")) == 2
    assert "right" not in guarded.record.read_text()


def _logged_in(guarded: Sandbox, trust: ssl.SSLContext | None, method: str, password: str) -> tuple[int, int, str]:
    """Try MAIL, then to log in, then to send a mail; and say what came of each."""
    with smtplib.SMTP("localhost", guarded.smtp[1], local_hostname="test.example", timeout=5) as link:
        link.ehlo()
        assert ("auth" in link.esmtp_features) is (trust is None)
        if trust:
            link.starttls(context=trust)
            link.ehlo()
        before = link.mail(SENDER)[0]
        link.user, link.password = "city", password
        try:
            code = link.auth(method, getattr(link, f"auth_{method.lower()}"))[0]
        except smtplib.SMTPAuthenticationError as refused:
            code = refused.smtp_code
        try:
            return before, code, _said(link, "ana@people.example")
        except smtplib.SMTPSenderRefused as refused:
            return before, code, _words("MAIL", refused.smtp_code, refused.smtp_error)
