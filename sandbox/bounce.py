"""Delivery reports, RFC 3464: what a mail server sends back when it accepted a mail that it cannot deliver."""

import smtplib
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import Message
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, make_msgid

HOSTNAME = "sandbox.example"
PATIENCE = 10.0
# The older policy, because it leaves the returned mail as it was.
WIRE = policy.compat32.clone(linesep="\r\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Undelivered:
    """One mail that came back."""

    queue_id: str
    sender: str
    """The envelope sender: who gets the report."""
    recipient: str
    mail: bytes
    arrived: datetime


def delivery_report(undelivered: Undelivered) -> bytes:
    """The report as it goes over the wire."""
    report = MIMEMultipart("report", report_type="delivery-status")
    report["From"] = f"Mail Delivery System <MAILER-DAEMON@{HOSTNAME}>"
    report["To"] = undelivered.sender
    report["Subject"] = "Undelivered Mail Returned to Sender"
    report["Date"] = format_datetime(datetime.now(UTC))
    report["Message-ID"] = make_msgid(domain=HOSTNAME)
    report["Auto-Submitted"] = "auto-replied"
    report.attach(MIMEText(f"Your mail to {undelivered.recipient} could not be delivered: no such mailbox.\n"))
    report.attach(_status(undelivered))
    report.attach(MIMEMessage(message_from_bytes(undelivered.mail)))
    return report.as_bytes(policy=WIRE)


def _status(undelivered: Undelivered) -> Message:
    server = Message()
    server["Reporting-MTA"] = f"dns; {HOSTNAME}"
    server["X-Sandbox-Queue-ID"] = undelivered.queue_id
    server["Arrival-Date"] = format_datetime(undelivered.arrived)
    person = Message()
    person["Final-Recipient"] = f"rfc822; {undelivered.recipient}"
    person["Original-Recipient"] = f"rfc822; {undelivered.recipient}"
    person["Action"] = "failed"
    person["Status"] = "5.1.1"
    person["Diagnostic-Code"] = "smtp; 550 5.1.1 No such mailbox here"
    part = MIMENonMultipart("message", "delivery-status")
    part.set_payload([server, person])
    return part


def send(report: bytes, to: str, host: str, port: int) -> str:
    """Hands a report to a mail server, with the empty envelope sender; returns what came of it."""
    try:
        with smtplib.SMTP(host, port, local_hostname=HOSTNAME, timeout=PATIENCE) as link:
            link.sendmail("", [to], report)
    except (OSError, smtplib.SMTPException) as problem:
        return f"not sent: {type(problem).__name__}"
    return "250"
