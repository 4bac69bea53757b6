"""What a create comes to: every magic number and fault of the sandbox, and what goes over the wire."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from channels.twilio_http import Line
from channels.twilio_sms import TwilioSms
from onevoice.dispatch.policy import LONGEST_RETRY_AFTER
from onevoice.dispatch.providers import Outcome, Outgoing, Result
from onevoice.settings import Settings
from sandbox.behaviours import BEHAVIOURS, MAGIC, MAGIC_BLOCK
from sandbox.testing import Sandbox

Settle = Callable[..., Settings]
Write = Callable[..., Outgoing]
PATIENCE = 0.6
"""Seconds in these tests in place of ten."""


def _send(provider: TwilioSms, *messages: Outgoing) -> list[Outcome]:
    async def go() -> list[Outcome]:
        try:
            return list(await asyncio.gather(*map(provider.send, messages)))
        finally:
            await provider.close()

    return asyncio.run(go())


def _sent(provider: TwilioSms, message: Outgoing) -> Outcome:
    return _send(provider, message)[0]


# --- Every behaviour of the sandbox

# Behaviour: result, code, and how many messages the service has taken afterwards.
EXPECTED = {
    "usual": ("accepted", "queued", 1),
    "delivered": ("accepted", "queued", 1),
    "undelivered_30003": ("accepted", "queued", 1),
    "undelivered_30005": ("accepted", "queued", 1),
    "failed_30001": ("accepted", "queued", 1),
    "silent": ("accepted", "queued", 1),
    "early_callback": ("accepted", "queued", 1),
    "repeated_callbacks": ("accepted", "queued", 1),
    "reversed_callbacks": ("accepted", "queued", 1),
    "same_sid": ("accepted", "queued", 1),  # the ledger notices: only it knows every reference
    "21211": ("rejected", "21211", 0),
    "21614": ("rejected", "21614", 0),
    "21610": ("rejected", "21610", 0),
    "429": ("retry", "20429", 0),
    "429_once": ("retry", "20429", 0),
    "401": ("retry", "20003", 0),
    "500_before": ("unknown", "20500", 0),
    "503_before": ("unknown", "20503", 0),
    "timeout_before": ("unknown", "no-answer", 0),
    "500_after_accept": ("unknown", "20500", 1),
    "502_after_accept": ("unknown", "20500", 1),
    "503_after_accept": ("unknown", "20503", 1),
    "503_after_accept_mute": ("unknown", "20503", 1),
    "504_after_accept": ("unknown", "20500", 1),
    "timeout_after_accept": ("unknown", "no-answer", 1),
    "drip_after_accept": ("unknown", "no-answer", 1),
    "cut_after_accept": ("unknown", "no-answer", 1),
    "slow": ("unknown", "no-answer", 1),
    "html": ("unknown", "nonsense", 1),
    "empty": ("unknown", "nonsense", 1),
    "no_sid": ("unknown", "nonsense", 1),
    "wrong_to": ("unknown", "nonsense", 1),
}


def test_every_behaviour_of_the_sandbox_is_expected_to_be_something() -> None:
    """No behaviour is left out of the table below."""
    assert set(EXPECTED) == set(BEHAVIOURS)
    assert set(MAGIC.values()) <= set(EXPECTED)


@pytest.mark.parametrize("kind", EXPECTED)
def test_each_fault_becomes_what_it_is(
    kind: str, sandbox: Sandbox, settings: Settle, message: Write, number: Callable[[], str]
) -> None:
    """Taken, certainly not taken, or in doubt: as the service really did, and never more sure than can be."""
    to = number()
    sandbox.fault(kind, to=to)

    outcome = _sent(TwilioSms(settings(), patience=PATIENCE), message(to))

    sandbox.clear_faults()
    taken = len(sandbox.entries("sms", "accepted", to=to))
    assert (str(outcome.result), outcome.code, taken) == EXPECTED[kind]
    assert outcome.halts == (kind == "401")
    assert outcome.opt_out == (kind == "21610")


def test_each_magic_number_becomes_what_it_is(sandbox: Sandbox, settings: Settle, message: Write) -> None:
    """All magic numbers at once: a number that hangs holds up nobody else."""
    written = {name: message(MAGIC_BLOCK + digits) for digits, name in MAGIC.items()}
    start = time.monotonic()

    outcomes = _send(TwilioSms(settings(), patience=PATIENCE), *written.values())

    assert time.monotonic() - start < 3 * PATIENCE
    found = {name: (str(o.result), o.code) for name, o in zip(written, outcomes, strict=True)}
    assert found == {name: EXPECTED[name][:2] for name in written}
    refs = [o.ref for o in outcomes if o.result is Result.ACCEPTED]
    assert sorted(map(str, refs)) == sorted(
        entry.sid for entry in sandbox.entries("sms", "accepted") if entry.sid in refs
    )


@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [
        ("1", 1, 1),
        ("0", 0, 0),
        ("120", 120, 120),
        (None, None, None),
        ("-1", None, None),
        ("soon", None, None),
        ("1e9", None, None),
        ("1000000000", LONGEST_RETRY_AFTER, LONGEST_RETRY_AFTER),
        ("9" * 400, None, None),
        (lambda: format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True), 80, 90),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0, 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_RETRY_AFTER, LONGEST_RETRY_AFTER),
        ("Fri, 99 Dec 2026 23:59:59 GMT", None, None),
    ],
)
def test_retry_after_is_obeyed_within_reason(
    asked: Any, least: float | None, most: float | None, sandbox: Sandbox, settings: Settle, message: Write, number: Any
) -> None:
    """A number of seconds and a date are waited for, up to a bound; what is neither asks for nothing."""
    to, value = number(), asked() if callable(asked) else asked
    sandbox.fault("429", to=to, retry_after=value)

    outcome = _sent(TwilioSms(settings()), message(to))

    assert outcome.result is Result.RETRY
    assert (outcome.retry_after is None) == (least is None)
    assert least is None or least <= (outcome.retry_after or 0) <= (most or 0)


# --- What goes over the wire


def test_what_is_sent_is_what_was_written(sandbox: Sandbox, settings: Settle, message: Write, number: Any) -> None:
    """Text, sender, callback address and validity reach the service unchanged, whatever the script."""
    text = "Inundación:\nvaya a un lugar más alto. ⚠️ اذهب إلى مكان مرتفع 🌊 {x} & + %20 <b>"
    written = message(number(), parts={"text": text}, valid_until=datetime.now(UTC) + timedelta(seconds=90))

    assert _sent(TwilioSms(settings()), written).result is Result.ACCEPTED

    [entry] = sandbox.entries("sms", "accepted", to=written.to)
    assert (entry.body, entry.sender) == (text, "+12025550150")
    assert entry.detail["status_callback"] == written.callback_url
    assert 85 <= entry.detail["validity"] <= 90


def test_a_far_expiry_is_cut_to_what_twilio_takes(
    sandbox: Sandbox, settings: Settle, message: Write, number: Any
) -> None:
    """A validity above ten hours is asked for as ten hours."""
    written = message(number(), valid_until=datetime.now(UTC) + timedelta(days=3))

    assert _sent(TwilioSms(settings()), written).result is Result.ACCEPTED
    assert sandbox.entries("sms", "accepted", to=written.to)[0].detail["validity"] == 36_000


def test_a_messaging_service_is_named_as_one(sandbox: Sandbox, settings: Settle, message: Write, number: Any) -> None:
    """A sender that begins with MG goes out as MessagingServiceSid."""
    service = "MG" + "b" * 32
    written = message(number())

    assert _sent(TwilioSms(settings(twilio_from=service)), written).code == "accepted"
    assert sandbox.entries("sms", "accepted", to=written.to)[0].detail["service_sid"] == service


def test_region_edge_and_proxy_of_the_process_change_nothing(
    sandbox: Sandbox, settings: Settle, message: Write, number: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Variables that would lead the SDK or its HTTP library elsewhere are not obeyed."""
    for name in ("TWILIO_REGION", "TWILIO_EDGE"):
        monkeypatch.setenv(name, "sydney")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    written = message(number())

    assert _sent(TwilioSms(settings()), written).result is Result.ACCEPTED
    assert sandbox.entries("sms", "accepted", to=written.to)


def test_a_line_goes_to_no_host_but_ours() -> None:
    """If the SDK ever asks for another host, nothing is asked of it."""
    line = Line("http://127.0.0.1:9", 1, 1)

    with pytest.raises(ValueError, match="another host"):
        line.request("GET", "https://api.sydney.us1.twilio.com/2010-04-01")
    line.close()
