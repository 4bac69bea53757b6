"""A mail as it goes over the wire, and what never gets into one."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import example, given, strategies

from channels import mail
from channels.smtp_email import SmtpEmail
from onevoice.dispatch.providers import CannotCarry, Outcome, Outgoing, Result
from onevoice.settings import Settings
from sandbox.testing import Sandbox

Settle = Callable[..., Settings]
Write = Callable[..., Outgoing]
SENDER = mail.mailbox("Millford EM <alerts@millford.example>")
MANAGE = "https://alerts.millford-emergency-management.example/manage/AAAAAAAAAAAAAAAAAAAA?from=mail&x=%20"
PARTS = {
    "subject": "Aviso de inundación: Río Mill ⚠️ — vaya a un lugar más alto antes de las 18:30, lleve medicinas",
    "text": "Vaya a un lugar más alto.\n.\n..dos puntos\nFrom aquí\n" + MANAGE + "\n" + "x" * 1200 + "\n",
    "html": '<p dir="ltr">Vaya. <a href="' + MANAGE.replace("&", "&amp;") + '">Salir</a></p>\n',
}
BREAKS = [
    "\r",
    "\n",
    "\r\n",
    "\x00",
    "\x0b",
    "\x0c",
    "\x1b",
    "\x1c",
    "\x1d",
    "\x1e",
    "\x7f",
    "\x85",
    "\x9b",
    "\u2028",
    "\u2029",
]


def _all_sent(settings: Settle, messages: list[Outgoing]) -> list[Outcome]:
    async def go() -> list[Outcome]:
        provider = SmtpEmail(settings())
        try:
            return [await provider.send(message) for message in messages]
        finally:
            await provider.close()

    return asyncio.run(go())


def _sent(settings: Settle, message: Outgoing) -> Outcome:
    return _all_sent(settings, [message])[0]


@pytest.fixture
def nowhere(settings: Settle) -> Settle:
    """Make settings with a port at which nobody listens: whoever tries to call comes back with a retry."""
    return lambda: settings(smtp_port=9)


def _received(sandbox: Sandbox, settings: Settle, message: Outgoing) -> tuple[str, bytes, EmailMessage]:
    """Envelope sender, bytes and parsed mail as the sandbox got them."""
    assert _sent(settings, message).result is Result.ACCEPTED
    entry = sandbox.entries("smtp", "accepted", to=message.to)[-1]
    return entry.sender, entry.mail, message_from_bytes(entry.mail, policy=policy.default)


def test_a_mail_has_all_that_a_good_one_has(sandbox: Sandbox, settings: Settle, message: Write) -> None:
    """Every header that we promise is there once, and reads as it was meant, a long address to leave included."""
    written = message("ana@people.example", parts=PARTS, language="es", manage_url=MANAGE)

    envelope, raw, got = _received(sandbox, settings, written)

    assert envelope == f"bounce+{written.token}@millford.example"
    wanted = {
        "From": "Millford EM <alerts@millford.example>",
        "To": "ana@people.example",
        "Subject": PARTS["subject"],
        "Message-ID": f"<{written.message_id}@millford.example>",
        "Auto-Submitted": "auto-generated",
        "Content-Language": "es",
        "List-Unsubscribe": f"<{MANAGE}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "MIME-Version": "1.0",
    }
    assert {name: [str(value) for value in got.get_all(name, [])] for name in wanted} == {
        n: [v] for n, v in wanted.items()
    }
    assert got["Date"].datetime.tzinfo is not None
    assert got.get_content_type() == "multipart/alternative"
    assert f"List-Unsubscribe: <{MANAGE}>\r\n".encode() in raw
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_the_texts_arrive_as_they_were_written(sandbox: Sandbox, settings: Settle, message: Write) -> None:
    """Dots, long lines and other scripts survive, in the text and in the page."""
    written = message("ana@people.example", parts=PARTS, manage_url=MANAGE)

    _, _, got = _received(sandbox, settings, written)

    plain, html = (got.get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert html is not None
    assert plain.get_content().replace("\r\n", "\n") == PARTS["text"]
    assert html.get_content().replace("\r\n", "\n") == PARTS["html"]


PRINTABLE = strategies.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"))


@given(strategies.text(PRINTABLE, min_size=1, max_size=200).map(str.strip).filter(bool).filter(lambda s: "=?" not in s))
@example("تحذير من الفيضان: انتقل إلى مكان مرتفع الآن " * 4 + ".")
@example("洪水警报" * 40)
@example("a " * 300 + ".")
@example("Flood  now,   all of you")
def test_a_subject_of_any_script_and_length_arrives(subject: str) -> None:
    """Folding and encoding lose nothing, not even a space, and no line is longer than mail allows."""
    made = mail.made(_written(parts=PARTS | {"subject": subject}), SENDER)

    raw = message_from_bytes(made)["Subject"]
    assert str(make_header(decode_header(raw))).replace("\r\n", "") == subject
    assert max(map(len, made.partition(b"\r\n\r\n")[0].split(b"\r\n"))) <= 998


def _written(**given_: Any) -> Outgoing:
    usual: dict[str, Any] = {"attempt": 1, "token": "Tok", "message_id": "Msg", "to": "ana@people.example"}
    usual |= {"parts": PARTS, "language": "ar", "direction": "rtl", "segments": 1, "valid_until": datetime.now(UTC)}
    return Outgoing(**usual | {"callback_url": "", "manage_url": MANAGE} | given_)


def test_without_an_address_to_manage_there_is_no_unsubscribe(
    sandbox: Sandbox, settings: Settle, message: Write
) -> None:
    """A mail to which nobody can answer with an unsubscribe does not offer one."""
    _, _, got = _received(sandbox, settings, message("ana@people.example", parts={"subject": "s", "text": "t"}))

    assert [name for name in got if name.startswith("List-")] == []
    assert got.get_content_type() == "text/plain"


def test_a_mail_that_is_sent_again_keeps_its_id(sandbox: Sandbox, settings: Settle, message: Write) -> None:
    """Two attempts for one delivery have one Message-ID, so that a reader's program can fold them."""
    first, again = (message("ana@people.example", parts=PARTS, manage_url=MANAGE, message_id="Msg-same") for _ in "12")

    one, two = (_received(sandbox, settings, m) for m in (first, again))

    assert one[2]["Message-ID"] == two[2]["Message-ID"] == "<Msg-same@millford.example>"
    assert one[0] != two[0]


def _with(field: str, value: str) -> dict[str, Any]:
    if field in PARTS:
        return {"parts": PARTS | {field: value}}
    return {field: value}


HOSTILE = "x{}Bcc: all@people.example"
FIELDS = {
    "subject": "Flood",
    "to": "ana@people.example",
    "message_id": "Msg",
    "language": "en",
    "manage_url": "https://a.example/",
    "token": "Tok",
}


@pytest.mark.parametrize("field", FIELDS)
def test_no_field_can_start_another_header(field: str, nowhere: Settle, message: Write) -> None:
    """A line end of any kind in anything that becomes a header or an envelope is refused before a call."""
    values = [v for mark in BREAKS for v in (HOSTILE.format(mark), FIELDS[field] + mark, mark + FIELDS[field])]
    usual = {"to": "ana@people.example", "parts": PARTS, "manage_url": MANAGE}

    outcomes = _all_sent(nowhere, [message(**usual | _with(field, value)) for value in values])

    assert [v for v, o in zip(values, outcomes, strict=True) if o.code != "cannot-carry"] == []
    assert [v for v, o in zip(values, outcomes, strict=True) if v in o.detail] == []
    assert {o.result for o in outcomes} == {Result.REJECTED}


@pytest.mark.parametrize(
    "to",
    [
        *("", "ana", "@people.example", "ana@", "ana@@people.example", "ana@people..example", ".ana@people.example"),
        *("ana@people.example, bob@people.example", "ana@people.example;bob@people.example", "<ana@people.example>"),
        *('"ana bob"@people.example', "Ana <ana@people.example>", "ana@people.example SIZE=1", "ana@[127.0.0.1]"),
        *(
            "añа@people.example",
            "ana@pеople.example",
            "ana%people.example@",
            "ana@people.example>",
            "a" * 65 + "@p.example",
        ),
    ],
)
def test_what_is_no_single_plain_address_is_refused(to: str, nowhere: Settle, message: Write) -> None:
    """One transaction has one recipient, and it is an address that every server takes."""
    outcome = _sent(nowhere, message(to, parts=PARTS, manage_url=MANAGE))

    assert (outcome.result, outcome.code) == (Result.REJECTED, "cannot-carry")


@pytest.mark.parametrize("part", ["text", "html"])
@pytest.mark.parametrize("mark", [m for m in BREAKS if m not in {"\n", "\r\n"}], ids=ascii)
def test_a_text_with_a_control_character_is_refused(part: str, mark: str) -> None:
    """What a mail cannot hold unchanged is not mended: a lone CR would become a line, and NUL would be cut."""
    with pytest.raises(CannotCarry):
        mail.check(PARTS | {part: f"Go{mark}now"})


@pytest.mark.parametrize("subject", ["=?utf-8?q?not_this?= Flood", "Flood =?x", " ", ""])
def test_a_subject_that_would_be_read_as_another_is_refused(subject: str) -> None:
    """What looks like an encoded word is decoded by every reader, and by Python when it is set."""
    with pytest.raises(CannotCarry):
        mail.check(PARTS | {"subject": subject})


def test_a_text_may_hold_lines_tabs_and_the_joiners_of_its_script() -> None:
    """Line feeds, tabs, ZWNJ and bidirectional isolates are text."""
    mail.check(PARTS | {"text": "Go\n\tnow می\u200cروم \u2068Mill River\u2069"})


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("slot", ["{manage_url}", "{message_id}"])
def test_a_slot_that_nothing_filled_is_never_sent(slot: str, part: str, settings: Settle, message: Write) -> None:
    """Slots are filled before a text comes to a mail server; one that is left is refused."""
    left = PARTS | {part: f"{PARTS[part]} {slot}"}

    assert _sent(settings, message("ana@people.example", parts=left, manage_url=MANAGE)).code == "cannot-carry"


def test_a_mail_needs_nothing_of_a_server_but_plain_smtp() -> None:
    """Every byte is ASCII, so no server on the way has to change anything; `ñ` costs no more than that."""
    made = mail.made(_written(parts={"subject": "Aviso ñ", "text": "Suba, señora.\n", "html": "<p>ñ</p>"}), SENDER)

    assert made.isascii()
