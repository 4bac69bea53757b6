"""What Twilio posts: words, codes, incoming messages, and forgeries that never pass."""

import asyncio
import random
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import pytest

from channels.twilio_codes import CODES, STATUS
from channels.twilio_receipts import answer
from channels.twilio_sms import TwilioSms
from onevoice.dispatch.providers import BadSignature, Evidence, Inbound, Outgoing, Receipt, Result, Word
from onevoice.settings import Settings
from sandbox.behaviours import MAGIC, MAGIC_BLOCK
from sandbox.signing import signature
from sandbox.testing import Heard, Listener, Sandbox, wait_until

SID = "SM" + "0a" * 16
PLACE = "https://alerts.millford.example/callbacks/sms/Tok_0000000000000042"
INBOUND = "https://alerts.millford.example/callbacks/sms/inbound"
ACCOUNT, KEY = Sandbox.account_sid, Sandbox.auth_token


@pytest.fixture
def provider(settings: Callable[..., Settings]) -> TwilioSms:
    """Give a provider that receives; it opens no connection."""
    return TwilioSms(settings())


def _form(**given: str) -> dict[str, str]:
    usual = {"AccountSid": ACCOUNT, "MessageSid": SID, "MessageStatus": "delivered", "To": "+12025550142"}
    return usual | given


def _read(provider: TwilioSms, form: dict[str, str], url: str = PLACE) -> Receipt | Inbound:
    headers = {"X-Twilio-Signature": signature(KEY, url, form), "Host": "elsewhere.example"}
    [found] = provider.parse_receipts(url, headers, urlencode(form).encode())
    return found


def _receipt(provider: TwilioSms, **given: str) -> Receipt:
    found = _read(provider, _form(**given))
    assert isinstance(found, Receipt)
    return found


# --- Words and codes

MEANINGS = {
    "accepted": (Word.QUEUED, None),
    "scheduled": (Word.QUEUED, None),
    "queued": (Word.QUEUED, None),
    "sending": (Word.QUEUED, None),
    "sent": (Word.SENT, None),
    "delivered": (Word.DELIVERED, Evidence.OPERATOR),
    "read": (Word.DELIVERED, Evidence.HANDSET),
    "undelivered": (Word.UNDELIVERED, None),
    "partially_delivered": (Word.UNDELIVERED, None),
    "failed": (Word.UNDELIVERED, None),
    "canceled": (Word.UNDELIVERED, None),
}


def test_every_word_in_the_table_has_a_meaning_here() -> None:
    """No word is in the provider's table that the table below does not expect, and each has its sentence."""
    assert set(STATUS) == set(MEANINGS)
    assert all(status.meaning.endswith(".") for status in STATUS.values())
    assert all(code.meaning.endswith(".") for code in CODES.values())


@pytest.mark.parametrize("word", [*MEANINGS, "received", "receiving", "", "DELIVERED", "delivered ", "exploded"])
def test_each_status_word_is_normalised(word: str, provider: TwilioSms) -> None:
    """A known word has its meaning; any other is kept as it is, and is no evidence of anything."""
    receipt = _receipt(provider, MessageStatus=word)

    assert (receipt.word, receipt.evidence) == MEANINGS.get(word, (Word.UNRECOGNISED, None))
    assert (receipt.token, receipt.ref, receipt.provider) == ("Tok_0000000000000042", SID, "sms")
    assert receipt.raw["MessageStatus"] == word


def test_the_carrier_s_done_date_is_no_evidence_of_a_handset(provider: TwilioSms) -> None:
    """RawDlrDoneDate says when a carrier closed its receipt, not where the message is."""
    receipt = _receipt(provider, RawDlrDoneDate="2611221234")

    assert (receipt.evidence, receipt.at) == (Evidence.OPERATOR, None)
    assert receipt.raw["RawDlrDoneDate"] == "2611221234"


@pytest.mark.parametrize(
    ("code", "permanent", "opt_out"),
    [
        ("30001", False, False),
        ("30003", False, False),
        ("30004", True, False),
        ("30005", True, False),
        ("30006", True, False),
        ("30007", True, False),
        ("30008", False, False),
        ("30034", True, False),
        ("30036", False, False),
        ("21610", True, True),
        ("39999", False, False),
        ("", False, False),
    ],
)
def test_each_error_code_says_whether_another_try_helps(
    code: str, permanent: bool, opt_out: bool, provider: TwilioSms
) -> None:
    """A code that we do not know counts as temporary."""
    receipt = _receipt(provider, MessageStatus="undelivered", ErrorCode=code)

    assert (receipt.code or "", receipt.permanent, receipt.opt_out) == (code, permanent, opt_out)


@pytest.mark.parametrize("code", ["30003From+12025550142", "+12025550142", "1234567", "٣٠٠٠٣", " 30003"])
def test_what_is_no_code_is_kept_out_of_the_code(code: str, provider: TwilioSms) -> None:
    """What stands in ErrorCode may be anything; only a short number gets into the field that people are shown."""
    receipt = _receipt(provider, MessageStatus="failed", ErrorCode=code)

    assert (receipt.code, receipt.permanent) == (None, False)
    assert receipt.raw["ErrorCode"] == code


def test_digests_tell_events_apart_and_repeats_together(provider: TwilioSms) -> None:
    """Message, status and code make an event; what else Twilio adds does not make another."""
    events = [
        _form(MessageStatus="sent"),
        _form(),
        _form(MessageStatus="undelivered", ErrorCode="30003"),
        _form(MessageStatus="undelivered", ErrorCode="30005"),
        _form(MessageSid="SM" + "b" * 32),
    ]

    def digest(form: dict[str, str]) -> str:
        found = _read(provider, form)
        assert isinstance(found, Receipt)
        return found.digest

    assert len({digest(form) for form in events}) == len(events)
    assert digest(_form(RawDlrDoneDate="2611221234", Added="later")) == digest(_form())


# --- Incoming messages


def test_an_incoming_message_is_read_whole(provider: TwilioSms) -> None:
    """Sender, text in any script and Twilio's id come through, and stay out of the repr."""
    form = {
        "AccountSid": ACCOUNT,
        "MessageSid": SID,
        "From": "+12025550142",
        "Body": "ayuda 🆘 & مساعدة\n",
        "NumMedia": "0",
    }

    found = _read(provider, form, INBOUND)

    assert isinstance(found, Inbound)
    assert (found.ref, found.sender, found.text, found.raw) == (SID, "+12025550142", form["Body"], form)
    assert "2025550142" not in repr(found)
    assert "ayuda" not in repr(found)


@pytest.mark.parametrize("form", [{"MessageSid": SID}, {"From": "+12025550142"}, {"MessageSid": "7", "From": "+1"}])
def test_what_is_no_incoming_message_is_refused(form: dict[str, str], provider: TwilioSms) -> None:
    """A signed post without an id or a sender is no message of a person."""
    with pytest.raises(BadSignature):
        _read(provider, {"AccountSid": ACCOUNT} | form, INBOUND)


@pytest.mark.parametrize("text", [None, "", "Got it.", '</Message><Redirect>http://x</Redirect> & "', "تم 🆗"])
def test_an_answer_is_twiml_that_says_only_what_was_meant(text: str | None) -> None:
    """Whatever stands in a reply, it is text and never markup."""
    response = ET.fromstring(answer(text))  # noqa: S314 - our own document

    assert response.tag == "Response"
    assert [(verb.tag, verb.text or "") for verb in response] == ([] if text is None else [("Message", text)])
    assert not [inner for verb in response for inner in verb]


def test_an_answer_that_xml_cannot_hold_is_refused() -> None:
    """A control character is an error, not a broken document."""
    with pytest.raises(ValueError, match="XML compatible"):
        answer("a\x00b")


# --- Forgeries


def _chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - the same at every run is the point


def _flip(text: str, at: int) -> str:
    return text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]


Post = tuple[str, dict[str, str], list[tuple[str, str]]]
"""Address, headers, pairs of the form."""


def _in_pairs(pairs: list[tuple[str, str]], chance: random.Random) -> dict[str, list[tuple[str, str]]]:
    at = chance.randrange(len(pairs))
    key, value = pairs[at]
    other = (at + 1) % len(pairs)
    swapped = dict(pairs) | {key: pairs[other][1], pairs[other][0]: value}
    return {
        "value changed": [*pairs[:at], (key, value + "x"), *pairs[at + 1 :]],
        "value emptied": [*pairs[:at], (key, ""), *pairs[at + 1 :]],
        "key changed": [*pairs[:at], (key.swapcase(), value), *pairs[at + 1 :]],
        "added": [*pairs, (f"Extra{chance.randrange(99)}", "1")],
        "added empty": [*pairs, (f"Extra{chance.randrange(99)}", "")],
        "removed": [*pairs[:at], *pairs[at + 1 :]],
        "repeated": [*pairs, (key, value)],
        "repeated before": [(key, "x"), *pairs],
        "repeated after": [*pairs, (key, "delivered")],
        "two values swapped": list(swapped.items()),
        "none": [],
    }


def _in_address(url: str) -> dict[str, str]:
    return {
        "http": url.replace("https://", "http://"),
        "another host": url.replace("alerts.", "alert."),
        "another attempt": url[:-1] + ("2" if url[-1] != "2" else "3"),
        "inbound": url.rpartition("/")[0] + "/inbound",
        "a query": url + "?a=1",
        "a body hash": url + "?bodySHA256=" + "0" * 64,
        "a slash": url + "/",
        "another path": url.replace("/sms/", "/email/"),
    }


def _in_headers(signed: str, form: dict[str, str], url: str, chance: random.Random) -> dict[str, dict[str, str]]:
    name = "X-Twilio-Signature"
    return {
        "no signature": {},
        "empty signature": {name: ""},
        "signature flipped": {name: _flip(signed, chance.randrange(20))},
        "signature cut": {name: signed[:-1]},
        "signature longer": {name: signed + "="},
        "signed for port 8443": {name: signature(KEY, url.replace(".example/", ".example:8443/"), form)},
        "signed for port 80": {name: signature(KEY, url.replace(".example/", ".example:80/"), form)},
        "signature twice": {name: signed, name.lower(): signed},
        "signature of another secret": {name: signature(KEY + "x", url, form)},
        "signature with no secret": {name: signature("", url, form)},
        "signature of an empty form": {name: signature(KEY, url, {})},
        "signature not ASCII": {name: "é" * 28},
        "another header": {"X-Twilio-Signatur": signed},
    }


def _genuine(chance: random.Random) -> Post:
    token = "".join(chance.choices("ABCdef0123456789-_", k=20))
    url = f"https://alerts.millford.example/callbacks/sms/{token}"
    form = {
        "AccountSid": ACCOUNT,
        "ApiVersion": "2010-04-01",
        "From": "+12025550150",
        "MessageSid": f"SM{chance.getrandbits(128):032x}",
        "MessageStatus": chance.choice(["sent", "undelivered", "failed"]),
        "To": f"+1202555{chance.randrange(100, 200):04d}",
        "ErrorMessage": chance.choice(["", "no & way = ü", "线路", "a+b %20"]),
    }
    return url, {"X-Twilio-Signature": signature(KEY, url, form)}, list(form.items())


def _mutants(genuine: Post, chance: random.Random) -> dict[str, Post]:
    url, headers, pairs = genuine
    signed = headers["X-Twilio-Signature"]
    made: dict[str, Post] = {
        name: (url, headers, new) for name, new in _in_pairs(pairs, chance).items() if new != pairs
    }
    made |= {name: (new, headers, pairs) for name, new in _in_address(url).items()}
    return made | {name: (url, new, pairs) for name, new in _in_headers(signed, dict(pairs), url, chance).items()}


def _passes(provider: TwilioSms, post: Post) -> bool:
    url, headers, pairs = post
    try:
        provider.parse_receipts(url, headers, urlencode(pairs).encode())
    except BadSignature:
        return False
    return True


def test_no_mutation_of_a_genuine_callback_passes(provider: TwilioSms) -> None:
    """100 genuine callbacks are accepted, and each of their mutations, more than 2,500 in all, is refused."""
    tried, passed = 0, set()
    for seed in range(100):
        chance = _chance(seed)
        genuine = _genuine(chance)
        assert _passes(provider, genuine), seed
        for name, mutant in _mutants(genuine, chance).items():
            tried += 1
            if mutant != genuine and _passes(provider, mutant):
                passed.add((name, seed))

    assert passed == set()
    assert tried > 2_500


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:1", "", "alerts.millford.example:443"])
def test_headers_about_the_host_change_nothing(host: str, provider: TwilioSms) -> None:
    """What is signed is our public address, not what a request says of itself."""
    url, headers, pairs = _genuine(_chance(1))
    around = {"Host": host, "X-Forwarded-Host": host, "X-Forwarded-Proto": "http", "X-Original-URL": "/x"}

    assert _passes(provider, (url, headers | around, pairs))


@pytest.mark.parametrize(("ours", "signed"), [("", ":443"), (":443", ""), (":8443", ":8443"), (":8443", "")])
def test_twilio_may_leave_our_port_out_or_put_the_usual_one_in(ours: str, signed: str, provider: TwilioSms) -> None:
    """Twilio is not consistent about ports; the address is ours all the same, for it comes from our settings."""
    url, _, pairs = _genuine(_chance(2))
    as_signed, as_ours = (url.replace(".example/", f".example{port}/") for port in (signed, ours))
    header = {"x-twilio-signature": signature(KEY, as_signed, dict(pairs))}

    assert _passes(provider, (as_ours, header, pairs))


@pytest.mark.parametrize(("ours", "signed"), [("", ":8443"), (":8443", ":443"), (":8443", ":8444")])
def test_another_port_than_ours_is_another_address(ours: str, signed: str, provider: TwilioSms) -> None:
    """What was signed for another service on our host does not pass."""
    url, _, pairs = _genuine(_chance(2))
    as_signed, as_ours = (url.replace(".example/", f".example{port}/") for port in (signed, ours))
    header = {"x-twilio-signature": signature(KEY, as_signed, dict(pairs))}

    assert not _passes(provider, (as_ours, header, pairs))


def test_the_order_of_the_form_does_not_matter(provider: TwilioSms) -> None:
    """Proxies may write the same form in another order."""
    url, headers, pairs = _genuine(_chance(3))

    assert _passes(provider, (url, headers, pairs[::-1]))


def test_a_shifted_boundary_never_changes_a_meaning(provider: TwilioSms) -> None:
    """Twilio joins keys and values without a mark between them, so a captured callback can be cut elsewhere.

    Such a form may pass, but then it says the same or nothing that we know, and its code is a number or none.
    """
    passed = 0
    for seed in range(30):
        url, headers, pairs = _genuine(_chance(seed))
        pairs = [*pairs, ("ErrorCode", "30003")]
        headers = {"X-Twilio-Signature": signature(KEY, url, dict(pairs))}
        [before] = provider.parse_receipts(url, headers, urlencode(pairs).encode())
        assert isinstance(before, Receipt)
        for cut in _cuts(sorted(pairs)):
            try:
                [after] = provider.parse_receipts(url, headers, urlencode(cut).encode())
            except BadSignature:
                continue
            passed += 1
            assert isinstance(after, Receipt)
            assert after.word in {before.word, Word.UNRECOGNISED}
            assert (after.code or "").isdecimal() or after.code is None
            assert after.ref in {before.ref, None}
    assert passed > 0


def _cuts(pairs: list[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """Every form in which one boundary within a pair, or between two, lies elsewhere."""
    found = []
    for at, (key, value) in enumerate(pairs):
        both = key + value
        found += [[*pairs[:at], (both[:n], both[n:]), *pairs[at + 1 :]] for n in range(1, len(both)) if n != len(key)]
        if at + 1 < len(pairs):
            after, text = pairs[at + 1]
            run = value + after
            found += [
                [*pairs[:at], (key, run[:n]), (run[n:], text), *pairs[at + 2 :]]
                for n in range(len(run))
                if n != len(value)
            ]
    return found


@pytest.mark.parametrize(
    "body",
    [b"\xff\xfe\x00", b"a=%FF", b"&".join(b"k%d=1" % n for n in range(300)), b"\x00" * 1000, b"{}", b"", b"=" * 50],
)
def test_a_body_that_is_no_form_is_refused(body: bytes, provider: TwilioSms) -> None:
    """Wrong bytes, too many fields, JSON and nothing at all raise BadSignature and no other error."""
    with pytest.raises(BadSignature):
        provider.parse_receipts(PLACE, {"X-Twilio-Signature": signature(KEY, PLACE, {})}, body)


def test_bytes_that_are_no_text_are_not_taken_for_a_replacement(provider: TwilioSms) -> None:
    """A form in another charset is refused, even with a signature over what a lenient reader makes of it."""
    lenient = _form(Body="\ufffd")
    body = urlencode(_form()).encode() + b"&Body=%FF"

    with pytest.raises(BadSignature):
        provider.parse_receipts(PLACE, {"X-Twilio-Signature": signature(KEY, PLACE, lenient)}, body)


@pytest.mark.parametrize("url", ["https://host:99999/callbacks/sms/x", "https://[::1/x"])
def test_an_address_that_cannot_be_read_is_refused(url: str, provider: TwilioSms) -> None:
    """An address that is none raises BadSignature and no other error."""
    with pytest.raises(BadSignature):
        provider.parse_receipts(url, {"X-Twilio-Signature": signature(KEY, url, _form())}, urlencode(_form()).encode())


# --- As the sandbox posts them


def _given(heard: Heard) -> Post:
    return heard.url, heard.headers, list(heard.form.items())


def test_what_the_sandbox_calls_back_is_understood(
    listener: Listener, provider: TwilioSms, message: Callable[..., Outgoing]
) -> None:
    """For numbers with a fixed fate the callbacks tell that fate, and each carries our token."""
    fates = {
        "delivered": (Word.DELIVERED, None, False),
        "undelivered_30003": (Word.UNDELIVERED, "30003", False),
        "undelivered_30005": (Word.UNDELIVERED, "30005", True),
        "failed_30001": (Word.UNDELIVERED, "30001", False),
        "503_after_accept": (Word.DELIVERED, None, False),
    }
    numbers = {name: MAGIC_BLOCK + digits for digits, name in MAGIC.items() if name in fates}
    sent = {
        name: message(to, callback_url=f"{listener.url}/callbacks/sms/Tok-{to[1:]}") for name, to in numbers.items()
    }

    outcomes = asyncio.run(_all(provider, list(sent.values())))

    assert {o.result for o in outcomes} == {Result.ACCEPTED, Result.UNKNOWN}
    final = {"delivered", "undelivered", "failed"}
    wait_until(lambda: sum(h.form["MessageStatus"] in final for h in listener.heard) == len(fates), "final callbacks")
    told: dict[tuple[str | None, Word], Receipt] = {}
    for heard in listener.heard:
        url, headers, pairs = _given(heard)
        [receipt] = provider.parse_receipts(url, headers, urlencode(pairs).encode())
        assert isinstance(receipt, Receipt)
        told[receipt.token, receipt.word] = receipt
    for name, to in numbers.items():
        last = told[f"Tok-{to[1:]}", fates[name][0]]
        assert (last.word, last.code, last.permanent) == fates[name]


async def _all(provider: TwilioSms, messages: list[Outgoing]) -> list[Any]:
    outcomes = await asyncio.gather(*map(provider.send, messages))
    await provider.close()
    return list(outcomes)


def test_a_callback_that_the_sandbox_forges_is_refused(
    sandbox: Sandbox,
    listener: Listener,
    provider: TwilioSms,
    message: Callable[..., Outgoing],
    number: Callable[[], str],
) -> None:
    """Signed with another token than our account's, it does not pass."""
    to = number()
    sandbox.fault("forge_callbacks", to=to, count=None)

    asyncio.run(_all(provider, [message(to, callback_url=f"{listener.url}/callbacks/sms/Tok-forged")]))

    wait_until(lambda: len(listener.heard) == 2, "two callbacks")
    sandbox.clear_faults()
    assert not [heard for heard in listener.heard if _passes(provider, _given(heard))]


def test_an_incoming_message_of_the_sandbox_is_read_and_answered(
    sandbox: Sandbox, listener: Listener, provider: TwilioSms, number: Callable[[], str]
) -> None:
    """What a person sends reaches us, and our TwiML is what the service sends back."""
    listener.body, sender = answer("Ihre Nachricht ist da. <3 &"), number()

    told = sandbox.inbound(
        from_=sender, to="+12025550150", body="HELP ñ", webhook=f"{listener.url}/callbacks/sms/inbound"
    )

    url, headers, pairs = _given(listener.heard[0])
    [found] = provider.parse_receipts(url, headers, urlencode(pairs).encode())
    assert isinstance(found, Inbound)
    assert (found.ref, found.sender, found.text) == (told["sid"], sender, "HELP ñ")
    assert [entry.body for entry in sandbox.entries("inbound", "reply", to=sender)] == ["Ihre Nachricht ist da. <3 &"]
