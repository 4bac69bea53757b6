"""Numbers and mail addresses: every usual spelling to one form, and a reason for all the rest."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiences.addresses import Wrong, email, normalise, number


@pytest.mark.parametrize(
    "text",
    [
        "(202) 555-0142",
        "202-555-0142",
        "202.555.0142",
        "202 555 0142",
        "202/555/0142",
        "2025550142",
        "1 202 555 0142",
        "1-202-555-0142",
        "+1 202 555 0142",
        "+12025550142",
        "001 202 555 0142",
        "0012025550142",
        "+1 (202) 555‑0142",  # a hyphen that does not break
        "２０２５５５０１４２",
        "＋１２０２５５５０１４２",
        "٢٠٢٥٥٥٠١٤٢",
        " 202 555 0142\u00a0",
        "'+12025550142",  # how spreadsheets keep text
        '="2025550142"',
        "tel:+1-202-555-0142",
    ],
)
def test_every_usual_spelling_is_one_number(text: str) -> None:
    """Spaces, dots, brackets, 00, full-width and Arabic digits, and what programs put around a number."""
    assert number(text) == "+12025550142"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("4.47E+11", "scientific notation"),
        ("4,47E+11", "scientific notation"),
        ("2.02555E9", "scientific notation"),
        ("2025550142.0", "decimal number"),
        ("202555014", "not a number in use.*zero"),
        ("5550142", "not a number in use"),
        ("911", "not a number in use"),
        ("20255501422", "not a number in use"),
        ("202-555-0142 x12", "extension"),
        ("202-555-0142 ext. 5", "extension"),
        ("202-555-0142;5", "extension"),
        ("1-800-FLOWERS", "letters"),
        ("call Ana", "letters"),
        ("=HYPERLINK(2025550142)", "letters"),
        ("=1+2025550142", "signs"),
        ("202+5550142", "signs"),
        ("800-555-0142", "service number"),
        ("900-555-0142", "service number"),
        ("211 555 0142", "not a number in use"),  # the fiction range of an area code that does not exist
        ("+1 555 555 0142", "not a number in use"),  # area code 555, outside large exercises
        ("", "signs"),
        ("()", "not a telephone number"),
    ],
)
def test_everything_else_is_refused_with_a_reason_that_does_not_repeat_it(text: str, reason: str) -> None:
    """Damaged, extended, lettered, impossible: the reason says which, without the digits."""
    with pytest.raises(Wrong, match=reason) as refused:
        number(text)
    assert not text or text not in str(refused.value)


@pytest.mark.parametrize("text", ["+1 555 234 5678", "(555) 999-0000"])
def test_large_exercises_take_numbers_that_nobody_can_have(text: str) -> None:
    """Area code 555 is taken only when asked for."""
    assert number(text, load_numbers=True).startswith("+1555")
    with pytest.raises(Wrong, match="not a number in use"):
        number(text)


def test_a_lost_leading_zero_is_refused_where_numbers_begin_with_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where 0 is dialled first, a national number without it was damaged; with a country code it was not."""
    monkeypatch.setattr(phonenumbers, "ndd_prefix_for_region", lambda *_, **__: "0")
    with pytest.raises(Wrong, match="leading zero"):
        number("2025550142")
    assert number("+12025550142") == "+12025550142"


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("Ana.Arroyo@Mail.Example", "Ana.Arroyo@mail.example"),
        ("ana@mail.example.", "ana@mail.example"),
        ("ａｎａ@mail.example", "ana@mail.example"),
        ("ana+alerts@mail.example", "ana+alerts@mail.example"),
        ("ana@bücher.example", "ana@xn--bcher-kva.example"),
    ],
)
def test_mail_addresses_get_one_form(text: str, normal: str) -> None:
    """The domain in lower case and ASCII, without final dot; the part before the @ as it is."""
    assert email(text) == normal


@pytest.mark.parametrize(
    "text",
    [
        "ana@mail.example\nBcc: x@y.example",
        "ana@mail.example\r",
        "ana@mail\u2028.example",
        "ana@mail.example,ben@mail.example",
        "Ana <ana@mail.example>",
        '"ana"@mail.example',
        "ana@@mail.example",
        "ana@mail",
        "ana@.example",
        "ana@-mail.example",
        "ana@mail_box.example",
        "ana@127.0.0.1",
        ".ana@mail.example",
        "an a@mail.example",
        "añana@mail.example",
        f"{'a' * 65}@mail.example",
        f"ana@{'a' * 64}.example",
        "@mail.example",
        "ana\0@mail.example",
    ],
)
def test_what_could_end_up_in_a_header_or_nowhere_is_refused(text: str) -> None:
    """Line breaks, lists, names, quotes, impossible domains: refused, and the reason does not repeat them."""
    with pytest.raises(Wrong) as refused:
        email(text)
    assert "ana" not in str(refused.value)
    assert any(c.isspace() or c == "\0" for c in text) == ("space" in str(refused.value))


@given(st.text(max_size=40))
def test_any_text_is_a_number_or_refused(text: str) -> None:
    """No text makes the reader stumble, and what comes out can be read again."""
    try:
        found = number(text, load_numbers=True)
    except Wrong:
        return
    assert number(found, load_numbers=True) == found


@given(st.text(max_size=40) | st.emails())
def test_any_text_is_a_mail_address_or_refused(text: str) -> None:
    """No text makes the reader stumble, and an address never holds a space or a line break."""
    try:
        found = email(text)
    except Wrong:
        return
    assert email(found) == found
    assert found.isascii()
    assert not set(found) & set(" \r\n,;<>\"'()[]\\") - set("'")


def test_an_address_tells_by_itself_what_it_is() -> None:
    """With an @ it is mail, else a number."""
    assert normalise("ana@Mail.example") == ("email", "ana@mail.example")
    assert normalise("202 555 0142") == ("sms", "+12025550142")
    with pytest.raises(Wrong):
        normalise("nobody")
