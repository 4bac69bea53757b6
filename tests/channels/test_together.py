"""Many messages at once."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from channels.smtp_email import SmtpEmail
from channels.twilio_sms import TwilioSms
from onevoice.dispatch.providers import Outcome, Outgoing, Provider, Result
from onevoice.settings import Settings
from sandbox.testing import Sandbox

MESSAGES, WINDOW = 200, 32
PARTS: dict[str, dict[str, str]] = {
    "sms": {"text": "Go to higher ground now. {n}"},
    "smtp": {"subject": "Flood {n}", "text": "Go to higher ground now. {n}\n"},
}


async def _windowed(provider: Provider, messages: list[Outgoing]) -> list[Outcome]:
    room = asyncio.Semaphore(WINDOW)

    async def one(message: Outgoing) -> Outcome:
        async with room:
            return await provider.send(message)

    try:
        return list(await asyncio.gather(*map(one, messages)))
    finally:
        await provider.close()


@pytest.mark.parametrize("service", ["sms", "smtp"])
def test_two_hundred_messages_go_out_once_each_and_none_gets_another_s_reference(
    service: str,
    sandbox: Sandbox,
    settings: Callable[..., Settings],
    message: Callable[..., Outgoing],
) -> None:
    """With 32 calls under way all the time, each message is taken once, and each reference is its own message's."""
    address = "+1303555{:04d}" if service == "sms" else "r{:03d}@people.example"
    provider: Any = TwilioSms(settings()) if service == "sms" else SmtpEmail(settings())
    addresses = [address.format(100 + n % 100) if service == "sms" else address.format(n) for n in range(MESSAGES)]
    written = [
        message(to, parts={name: part.replace("{n}", str(n)) for name, part in PARTS[service].items()})
        for n, to in enumerate(addresses)
    ]
    start = time.monotonic()

    outcomes = asyncio.run(_windowed(provider, written))

    assert Counter(o.result for o in outcomes) == {Result.ACCEPTED: MESSAGES}
    taken = {entry.sid: (entry.to, entry.body) for entry in sandbox.entries(service, "accepted")}
    for outcome, one in zip(outcomes, written, strict=True):
        sid = str(outcome.ref).partition(".")[0]
        assert taken[sid] == (one.to, one.parts["text"])
    assert time.monotonic() - start < 15


def test_a_throttled_service_loses_nothing(
    tmp_path: Path, settings: Callable[..., Settings], message: Callable[..., Outgoing]
) -> None:
    """Above the service's rate a call is a retry, never a doubt and never a loss."""
    with Sandbox(tmp_path / "record.jsonl", "--max-rate", "20") as running:
        written = [message(f"+13035550{100 + n}") for n in range(60)]

        outcomes = asyncio.run(_windowed(TwilioSms(settings(twilio_api_base=running.sms)), written))

        results = Counter(o.result for o in outcomes)
        assert set(results) == {Result.ACCEPTED, Result.RETRY}
        assert results[Result.ACCEPTED] == len(running.entries("sms", "accepted"))
        assert {o.retry_after for o in outcomes if o.result is Result.RETRY} == {1.0}
