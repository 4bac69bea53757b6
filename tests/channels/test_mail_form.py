"""A mail that is filled from a form is the very mail that would have been made for that person alone."""

import re
from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from html import escape

import pytest

from channels import mail, mail_form
from onevoice.dispatch.providers import CannotCarry, Filled, Outgoing

Write = Callable[..., Outgoing]
SENDER = mail.mailbox("Millford EM <alerts@millford.example>")
SHORT = "Go to higher ground now."
LONG = "Go to higher ground now, take your medicines with you, and do not walk through moving water. " * 4
TEXTS = {
    "plain": SHORT,
    "long lines": LONG,
    "Spanish": LONG.replace("o", "ó"),
    "Arabic": "انتقل إلى مكان مرتفع الآن. خذ أدويتك معك. " * 9,
    "dots and equals": ".\n..=\n= x=\n" + LONG,
}


def _written(text: str, number: int, page: str, message: Write) -> Outgoing:
    known, manage = f"Id-{number:017d}", f"{page}/{number:020d}" if page else ""
    blank = {
        "subject": text[:50].replace("\n", " "),
        "text": f"{text}\nYour page: {{manage_url}}\n{text} {{manage_url}} {{message_id}}\n",
        "html": f"<p>{escape(text)}</p><a href='{{manage_url}}'>{{manage_url}}</a> {{message_id}}",
    }
    parts = Filled(blank, {"{message_id}": known, "{manage_url}": manage})
    return message(f"p{number}@people.example", message_id=known, manage_url=manage, parts=parts)


def _alone(message: Outgoing) -> bytes:
    """Made without any form."""
    return mail._head(message, SENDER) + mail._words(message.parts, message.language, mail._mark(message.parts))  # noqa: SLF001


def _same(whole: bytes) -> bytes:
    """Without what is between the parts, and the second at which it was made."""
    return re.sub(rb"\r\nDate: [^\r]*", b"", re.sub(rb"=_[0-9a-f]{32}", b"mark", whole))


@pytest.mark.parametrize("page", ["https://alerts.millford.example/manage", "", "https://x.example/m?a=1&b=2"])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_each_gets_the_mail_that_would_have_been_made_for_them_alone(text: str, page: str, message: Write) -> None:
    """Byte for byte, in every encoding, for the first of them and for the later ones."""
    for number in (1, 22, 333):
        written = _written(text, number, page, message)
        whole = mail.made(written, SENDER)

        assert _same(whole) == _same(_alone(written))
        read = message_from_bytes(whole, policy=default)
        [plain, html] = [part.get_content().replace("\r\n", "\n") for part in read.iter_parts()]
        assert plain == written.parts["text"]
        assert html.rstrip("\n") == written.parts["html"]


def test_a_text_is_made_once_for_all_who_get_it(message: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """For the second person nothing is encoded any more."""
    page = "https://once.millford.example/manage"
    mail.made(_written(SHORT, 1, page, message), SENDER)
    monkeypatch.setattr(mail, "_words", lambda *_: pytest.fail("made again"))

    assert b"p2@people.example" in mail.made(_written(SHORT, 2, page, message), SENDER)


def test_a_text_is_looked_through_once_for_all_who_get_it(message: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """For the second person it is known; a text that cannot be carried is refused each time."""
    page = "https://looked.millford.example/manage"
    mail.check(_written(SHORT, 1, page, message).parts)
    bad = [_written("Go \x07 up", number, page, message).parts for number in (1, 2)]
    for parts in bad:
        with pytest.raises(CannotCarry):
            mail.check(parts)

    monkeypatch.setattr(mail, "_check", lambda *_: pytest.fail("looked through again"))
    mail.check(_written(SHORT, 2, page, message).parts)


def test_what_would_change_a_text_is_looked_at_for_each(message: Write) -> None:
    """An address with a line feed in it, which no setting of ours gives, does not hide behind another."""
    with pytest.raises(CannotCarry):
        mail.check({**_written(SHORT, 1, "https://x.example/\x07", message).parts})
    with pytest.raises(CannotCarry):
        mail.check(_written(SHORT, 1, "https://x.example/\x07", message).parts)


def test_words_whose_length_depends_on_the_person_have_no_form() -> None:
    """Where a slot changes what stands around it, nothing is pieced together."""
    assert mail_form.form(lambda own: own["a"].encode() * (2 if "A" in own["a"] else 3), {"a": 3}) is None
    assert mail_form.form(lambda own: own["a"].lower().encode(), {"a": 3}) is None
