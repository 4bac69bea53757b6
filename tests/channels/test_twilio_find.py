"""Looking for a message that was in doubt."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from channels.twilio_sms import LOOKED_AT, TwilioSms
from onevoice.dispatch.providers import Outgoing, Receipt, Result, Word
from onevoice.settings import Settings
from sandbox.behaviours import MAGIC_BLOCK
from sandbox.signing import signature
from sandbox.testing import Sandbox, wait_until

Settle = Callable[..., Settings]
Write = Callable[..., Outgoing]
Found = Sequence[Receipt] | None
MUTE = MAGIC_BLOCK + "08"
"""Accepted and delivered, answered 503, and never a callback."""


def _sent_and_found(provider: TwilioSms, sent: Sequence[Outgoing], sought: Outgoing, since: datetime) -> Found:
    async def go() -> Found:
        try:
            for message in sent:
                await provider.send(message)
            return await provider.find(sought, since)
        finally:
            await provider.close()

    return asyncio.run(go())


def _statuses(sandbox: Sandbox, sid: str) -> list[str]:
    return [entry.detail["status"] for entry in sandbox.entries("sms", "status", sid=sid)]


def test_a_message_in_doubt_is_found_by_its_words(sandbox: Sandbox, settings: Settle, message: Write) -> None:
    """After a lost answer without callbacks the list tells what became of it."""
    written = message(MUTE, parts={"text": "The bridge is closed, and this text is its own."})
    since = datetime.now(UTC)
    provider = TwilioSms(settings())
    [outcome] = asyncio.run(_sent(provider, written))
    taken = sandbox.entries("sms", "accepted", to=MUTE, body=written.parts["text"])
    wait_until(lambda: "delivered" in _statuses(sandbox, taken[0].sid), "delivered")

    found = _sent_and_found(provider, [], written, since)

    assert outcome is Result.UNKNOWN
    assert found is not None
    assert [(r.word, r.ref, r.token) for r in found] == [(Word.DELIVERED, taken[0].sid, written.token)]
    assert found[0].at is not None
    assert found[0].at.tzinfo is not None
    assert found[0].raw["sid"] == taken[0].sid


async def _sent(provider: TwilioSms, *messages: Outgoing) -> list[Result]:
    outcomes = [await provider.send(message) for message in messages]
    await provider.close()
    return [outcome.result for outcome in outcomes]


def test_what_is_found_and_what_is_called_back_are_one_event(
    sandbox: Sandbox, settings: Settle, message: Write, number: Callable[[], str]
) -> None:
    """The digest of a list entry is that of the callback with the same news, so nothing is counted twice."""
    written, provider, since = message(number()), TwilioSms(settings()), datetime.now(UTC)
    asyncio.run(_sent(provider, written))
    [taken] = sandbox.entries("sms", "accepted", to=written.to)
    wait_until(lambda: "delivered" in _statuses(sandbox, taken.sid), "delivered")
    form = {"AccountSid": sandbox.account_sid, "MessageSid": taken.sid, "MessageStatus": "delivered"}
    headers = {"X-Twilio-Signature": signature(sandbox.auth_token, written.callback_url, form)}

    found = _sent_and_found(provider, [], written, since)
    [called] = provider.parse_receipts(written.callback_url, headers, urlencode(form).encode())

    assert found
    assert isinstance(called, Receipt)
    assert (found[0].digest, found[0].token, found[0].word) == (called.digest, called.token, called.word)


def test_other_words_another_number_and_another_sender_are_not_found(
    settings: Settle, message: Write, number: Callable[[], str]
) -> None:
    """Only the very text to the very number from our sender is the message; a look that finds none says so."""
    since, to = datetime.now(UTC), number()
    provider, another = TwilioSms(settings()), TwilioSms(settings(twilio_from="+12025550151"))
    sought = message(to, parts={"text": "Boil your water."})
    longer = message(to, parts={"text": "Boil your water. "})
    elsewhere = message(number(), parts=sought.parts)

    assert _sent_and_found(another, [sought], sought, since)
    assert _sent_and_found(provider, [longer, elsewhere], sought, since) == []


def test_an_older_message_with_the_same_words_is_another(
    settings: Settle, message: Write, number: Callable[[], str]
) -> None:
    """What was made before the window is left out; within its first second, which Twilio does not divide, it is not."""
    written, now = message(number()), datetime.now(UTC)
    provider = TwilioSms(settings())

    assert _sent_and_found(provider, [written], written, now)
    assert _sent_and_found(provider, [], written, now + timedelta(seconds=5)) == []


def test_a_messaging_service_is_compared_as_one(settings: Settle, message: Write, number: Callable[[], str]) -> None:
    """The number that a service chose is not ours to know; the service is."""
    service, since, to = "MG" + "c" * 32, datetime.now(UTC), number()
    ours, theirs = (TwilioSms(settings(twilio_from=s)) for s in (service, "MG" + "d" * 32))
    written = message(to)

    assert _sent_and_found(ours, [written], written, since)
    assert _sent_and_found(theirs, [], written, since) == []


def test_a_list_too_long_to_be_seen_whole_says_nothing(
    settings: Settle, message: Write, number: Callable[[], str]
) -> None:
    """Where more messages went to a number than are looked at, not finding is not knowing."""
    to, since = number(), datetime.now(UTC)
    provider = TwilioSms(settings())
    first, others = message(to, parts={"text": "first"}), [message(to) for _ in range(LOOKED_AT)]

    assert _sent_and_found(provider, [first, *others[1:]], first, since)
    assert _sent_and_found(provider, others[:1], first, since) is None


@pytest.mark.parametrize("kind", ["401", "429", "500_before", "503_before", "timeout_before"])
def test_a_look_that_fails_says_nothing(
    kind: str, sandbox: Sandbox, settings: Settle, message: Write, number: Callable[[], str]
) -> None:
    """An error of the list is no proof that nothing is there."""
    sandbox.fault(kind, on="fetch")

    found = _sent_and_found(TwilioSms(settings(), patience=0.4), [], message(number()), datetime.now(UTC))

    sandbox.clear_faults()
    assert found is None
