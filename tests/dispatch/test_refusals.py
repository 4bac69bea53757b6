"""What goes wrong with us is said in words, and counted."""

from __future__ import annotations

from typing import Any

import pytest

from onevoice.desk.alarms import alarms
from onevoice.dispatch import receipts
from onevoice.dispatch.providers import Outcome, Receipt, Result, Word
from onevoice.ledger.refusals import Refusal, refusals
from onevoice.people import Means


def heard(town: Any, sent: Any, code: str, *, first: int = 0, many: int = 1, word: Word = Word.UNDELIVERED) -> None:
    """Receipts with a code for some of what was sent."""
    some = [
        Receipt(sent.name, word, f"{code}-{word}-{m.attempt}", ref=f"ref-{m.attempt}", code=code, permanent=True)
        for m in sent.taken[first : first + many]
    ]
    receipts.store(town.ledger, town.vault, some, means_of={sent.name: Means.SMS}, keywords={}, clock=town.clock)


def test_refusals_are_counted_by_code(town: Any, send: Any, double: Any) -> None:
    """Each call once, however often it was told; what is no refusal, and other releases, do not count."""
    release, provider = town.release(6), double()
    send(provider)
    heard(town, provider, "30007", many=3)
    heard(town, provider, "30007", many=3, word=Word.UNRECOGNISED)
    heard(town, provider, "30005", first=3)
    heard(town, provider, "30003", first=4, word=Word.SENT)
    other = town.release(1, chain="b")

    with town.ledger.read() as conn:
        found, none = refusals(conn, release), refusals(conn, other)
    name = provider.name
    assert (found, none) == ([Refusal(name, "sms", "30007", 3), Refusal(name, "sms", "30005", 1)], [])


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("30007", "The carriers refuse us: 4 by sms (code 30007). A carrier filtered"),
        ("30034", "The carriers refuse us: 4 by sms (code 30034). The sender is not registered"),
        ("30002", "The provider refuses us: 4 by sms (code 30002). Twilio suspended"),
    ],
)
def test_carriers_that_refuse_us_are_an_alarm(code: str, said: str, town: Any, send: Any, double: Any) -> None:
    """In a receipt, after the provider took it: how many, and what it means."""
    release, provider = town.release(5), double()
    send(provider)
    heard(town, provider, code, many=4)
    heard(town, provider, "30005", first=4)
    with town.ledger.read() as conn:
        [alarm] = alarms(conn, release)
    assert alarm["message"].startswith(said)
    assert (alarm["means"], alarm["code"], alarm["count"]) == ("sms", code, 4)


def test_a_refused_call_is_an_alarm_too(town: Any, send: Any, double: Any) -> None:
    """An account that is not accepted stops the channel, and says so here."""
    release = town.release(3)
    send(double(lambda *_: Outcome(Result.REJECTED, code="20003", halts=True)))
    with town.ledger.read() as conn:
        [alarm] = alarms(conn, release)
    assert alarm["message"].startswith("The provider refuses us: ")
    assert alarm["code"] == "20003"


def test_what_is_the_readers_is_no_alarm(town: Any, send: Any, double: Any) -> None:
    """A number that nobody has, a phone that is off, a word that nobody knows."""
    release, provider = town.release(3), double()
    send(provider)
    for place, code in enumerate(("30005", "30003", "wörd")):
        heard(town, provider, code, first=place)
    with town.ledger.read() as conn:
        assert alarms(conn, release) == []
