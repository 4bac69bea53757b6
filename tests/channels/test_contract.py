"""The contract of providers, kept by each of ours, and proved to notice when it is not kept."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from email.mime.multipart import MIMEMultipart
from itertools import count
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from pydantic import SecretStr

from channels.bluesky import Bluesky
from channels.mastodon import Mastodon
from channels.smtp_email import SmtpEmail
from channels.twilio_sms import TwilioSms
from onevoice.dispatch.providers import Outgoing
from onevoice.settings import Settings
from sandbox.contract import CASES, Broken, Callback, Subject, run
from sandbox.contract.cases import Case
from sandbox.signing import signature
from sandbox.testing import Sandbox

SID = "SM" + "a" * 32
PLACE = "https://alerts.millford.example/callbacks/sms/Tok_0000000000000042"
DEAD_END = 9
"""The discard port: nobody listens there."""
PASSWORD = "orange-boat-lamp"


def _posted(sandbox: Sandbox, form: dict[str, str], key: str = "", url: str = PLACE) -> Callback:
    signed = signature(key or sandbox.auth_token, PLACE, form)
    return Callback(url=url, headers={"X-Twilio-Signature": signed}, body=urlencode(form).encode())


def _status(sandbox: Sandbox, word: str) -> dict[str, str]:
    return {
        "AccountSid": sandbox.account_sid,
        "From": "+12025550150",
        "MessageSid": SID,
        "MessageStatus": word,
        "RawDlrDoneDate": "2611221234",
        "To": "+12025550142",
    }


def twilio(sandbox: Sandbox, settings: Callable[..., Settings], message: Callable[..., Outgoing]) -> Subject:
    """Twilio on the sandbox."""
    form = _status(sandbox, "delivered")
    return Subject(
        provider=TwilioSms(settings()),
        unreachable=TwilioSms(settings(twilio_api_base=f"http://127.0.0.1:{DEAD_END}")),
        message=message,
        accepted="+12025550142",
        throttle=lambda: sandbox.fault("429", to="+12025550142", retry_after="2"),
        refused="+19075550104",
        uncarried={
            "empty": {"text": " \n"},
            "eleven segments": {"text": "x" * 1531},
            "eleven segments of UCS-2": {"text": "я" * 671},
            "half a character": {"text": "\ud83c"},
            "an email": {"subject": "s", "text": "t"},
            "nothing": {},
        },
        taken=lambda: len(sandbox.entries("sms", "accepted")),
        callback=lambda word: _posted(sandbox, _status(sandbox, word)),
        words=("sent", "delivered"),
        told="2611221234",
        forged={
            "signed by another": _posted(sandbox, form, "another token"),
            "unsigned": Callback(url=PLACE, headers={}, body=urlencode(form).encode()),
            "another account": _posted(sandbox, form | {"AccountSid": "AC" + "1" * 32}),
            "another attempt": _posted(sandbox, form, url=PLACE[:-1] + "3"),
            "no form": Callback(url=PLACE, headers={"X-Twilio-Signature": "x"}, body=b"\xff\xfe"),
        },
        secrets=("2025550142", "9075550104", "higher ground", "Tok_", sandbox.auth_token),
    )


def _report(action: str, to: str = "bounce+Tok_0000000000000042@millford.example") -> bytes:
    report = MIMEMultipart("report", report_type="delivery-status")
    report["To"], report["Date"] = to, "Sun, 22 Nov 2026 12:00:00 +0000"
    status = EmailMessage()
    status["Content-Type"] = "message/delivery-status"
    server, person = EmailMessage(), EmailMessage()
    server["Reporting-MTA"] = "dns; relay.example"
    person["Final-Recipient"] = "rfc822; maria@people.example"
    person["Action"], person["Status"] = action, "5.1.1"
    status.set_payload([server, person])
    report.attach(status)
    return report.as_bytes()


def _delivered(report: bytes) -> Callback:
    return Callback(url="https://alerts.millford.example/callbacks/email/dsn", headers={}, body=report)


def email(sandbox: Sandbox, settings: Callable[..., Settings], message: Callable[..., Outgoing]) -> Subject:
    """SMTP on the sandbox."""
    parts = {
        "subject": "Flood warning",
        "text": "Go to higher ground now.\n",
        "html": "<p>Go to higher ground now.</p>",
    }
    return Subject(
        provider=SmtpEmail(settings()),
        unreachable=SmtpEmail(settings(smtp_port=DEAD_END, smtp_user="u", smtp_password=PASSWORD)),
        message=lambda to, **changes: message(to, **{"parts": parts} | changes),
        accepted="maria@people.example",
        throttle=lambda: sandbox.fault("smtp_reply", verb="MAIL", reply="421 4.7.0 too many connections"),
        refused="gone@people.example",
        uncarried={
            "no subject": {"text": "t"},
            "empty text": {"subject": "s", "text": " "},
            "a header in the subject": parts | {"subject": "Flood\r\nBcc: all@people.example"},
            "a part that no mail has": parts | {"sound": "s"},
            "a control character": parts | {"text": "Go\x00"},
        },
        taken=lambda: len(sandbox.entries("smtp", "accepted")),
        callback=lambda word: _delivered(_report(word)),
        words=("delayed", "failed"),
        told="maria@people.example",
        forged={
            "no token": _delivered(_report("failed", "alerts@millford.example")),
            "another domain": _delivered(_report("failed", "bounce+Tok_0000000000000042@elsewhere.example")),
            "two tokens": _delivered(
                _report("failed", "bounce+AAAAAAAA@millford.example, bounce+B2222222@millford.example")
            ),
            "not a report": _delivered(b"To: bounce+Tok_0000000000000042@millford.example\r\n\r\nAction: failed\r\n"),
            "rubbish": _delivered(b"\xff\x00\xfe"),
        },
        secrets=("maria@", "gone@", "higher ground", "Flood warning", "Tok_", PASSWORD),
    )


FORGED = {
    "a form": Callback(url="http://127.0.0.1:9/callbacks/x/Tok_0000000000000042", headers={}, body=b"status=posted"),
    "a page": Callback(
        url="http://127.0.0.1:9/callbacks/x/inbound", headers={"Content-Type": "text/html"}, body=b"<p>"
    ),
    "nothing": Callback(url="", headers={}, body=b""),
}
UNPOSTED: dict[str, dict[str, str]] = {
    "empty": {"text": " \n"},
    "301 characters": {"text": "x" * 301},
    "301 characters, one of them a family": {"text": "x" * 300 + "👨‍👩‍👧‍👦"},
    "half a character": {"text": "\ud83c"},
    "a control character": {"text": "Go\x00"},
    "an email": {"subject": "s", "text": "t"},
    "nothing": {},
}


def _posting(
    sandbox: Sandbox, social: Callable[..., Settings], message: Callable[..., Outgoing], name: str, account: str
) -> Subject:
    made = {"mastodon": Mastodon, "bluesky": Bluesky}[name]
    too_many = {} if name == "mastodon" else {"3001 bytes": {"text": ("e" + "\u0301" * 14) * 103 + "e" * 14}}
    own = {f"{name}_{'token' if name == 'mastodon' else 'password'}": SecretStr(PASSWORD)}
    return Subject(
        provider=made(social()),
        unreachable=made(social(**{f"{name}_api_base": f"http://127.0.0.1:{DEAD_END}"} | own)),
        message=lambda to, **changes: message(to, **{"language": "es", "message_id": next(_ids)} | changes),
        accepted=f"{name}:{account}/es",
        throttle=lambda: sandbox.fault("429", service=name, retry_after="2"),
        refused=f"{name}:{account}/es",
        refuse=lambda: sandbox.fault("422" if name == "mastodon" else "400", service=name),
        uncarried=UNPOSTED | too_many,
        taken=lambda: len(sandbox.entries(name, "accepted")),
        callback=None,
        forged=FORGED,
        secrets=("higher ground", "Tok_", account, sandbox.mastodon_token, sandbox.bluesky_password, PASSWORD),
    )


# The sandbox lives for the whole session, and a service takes each id once.
_ids = (f"Case{number:016d}" for number in count())


def mastodon(sandbox: Sandbox, social: Callable[..., Settings], message: Callable[..., Outgoing]) -> Subject:
    """Mastodon on the sandbox."""
    return _posting(sandbox, social, message, "mastodon", sandbox.mastodon_account)


def bluesky(sandbox: Sandbox, social: Callable[..., Settings], message: Callable[..., Outgoing]) -> Subject:
    """Bluesky on the sandbox."""
    return _posting(sandbox, social, message, "bluesky", sandbox.bluesky_handle)


SUBJECTS = {"twilio": twilio, "email": email, "mastodon": mastodon, "bluesky": bluesky}


@asynccontextmanager
async def _open(subject: Subject) -> AsyncIterator[Subject]:
    try:
        yield subject
    finally:
        await subject.provider.close()
        await subject.unreachable.close()


@pytest.fixture(params=SUBJECTS.values(), ids=list(SUBJECTS))
def subject(
    request: pytest.FixtureRequest,
    sandbox: Sandbox,
    social: Callable[..., Settings],
    message: Callable[..., Outgoing],
) -> Iterator[Subject]:
    """Give each provider in turn."""
    yield request.param(sandbox, social, message)
    sandbox.clear_faults()


async def _run(case: Case, subject: Subject) -> None:
    async with _open(subject):
        await run(case, subject)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_each_provider_keeps_the_contract(case: Case, subject: Subject, caplog: pytest.LogCaptureFixture) -> None:
    """Each case of the shared contract holds for each provider, and no log line at any level gives anything away."""
    caplog.set_level(logging.DEBUG)

    asyncio.run(_run(case, subject))

    assert not [secret for secret in subject.secrets if secret in caplog.text]


class _Careless:
    """A provider that does everything wrong that it can be asked to do."""

    def __init__(self, log: str = "") -> None:
        self._log = log

    def check(self, _parts: object) -> None:
        """Let everything pass."""

    def units(self, _parts: object) -> int:
        """Cost nothing."""
        return 0

    async def send(self, message: Outgoing) -> Any:
        """Believe whatever comes, and tell everybody."""
        logging.getLogger("careless").debug("%s", message.to if self._log else "")
        return SimpleNamespace(result="unknown", code="", ref=message.to, retry_after=None, halts=True)

    async def find(self, *_: object) -> list[object]:
        """Find nothing, having asked nobody."""
        return []

    def parse_receipts(self, *_: object) -> list[Any]:
        """Make the same of everything."""
        same = SimpleNamespace(word="delivered", digest="1", token="", raw={}, ref="")
        return [same]

    async def close(self) -> None:
        """Do nothing."""


def _spoilt(subject: Subject) -> Subject:
    fields = {name: getattr(subject, name) for name in Subject.__slots__}
    return Subject(**fields | {"provider": _Careless(), "unreachable": _Careless()})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_each_case_notices_a_careless_provider(case: Case, subject: Subject) -> None:
    """No case passes whatever a provider does."""
    with pytest.raises(Broken):
        asyncio.run(_run(case, _spoilt(subject)))


def test_a_number_in_a_log_line_is_heard(subject: Subject) -> None:
    """The runner hears a leak at DEBUG of a logger that nobody has asked to speak."""
    careless = _Careless(log="to")

    async def leaks(_subject: Subject) -> None:
        await careless.send(subject.message(subject.accepted))

    logging.getLogger("careless").setLevel(logging.ERROR)
    with pytest.raises(Broken, match="log line"):
        asyncio.run(run(leaks, subject))
