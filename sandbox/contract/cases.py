"""The cases. Each is a coroutine over a Subject that raises Broken; its docstring is the sentence of the contract."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from sandbox.contract.subject import Broken, Callback, Subject, must

Case = Callable[[Subject], Awaitable[None]]
UNKNOWN_WORD = "teleported"
"""A status word that no service uses."""


def _silent(subject: Subject, spoken: object) -> None:
    for secret in subject.secrets:
        must(secret not in str(spoken), "An outcome or error holds an address, a text, a token or a password.")


async def _sent(subject: Subject, provider: Any, message: Any, result: str) -> Any:
    """Sends, and holds what every outcome must keep to against it."""
    outcome = await provider.send(message)
    must(outcome.result == result, f"The result is {outcome.result}, not {result} (code {outcome.code}).")
    must(outcome.retry_after is None or outcome.retry_after >= 0, "A wait is a number of seconds from 0.")
    _silent(subject, outcome)
    return outcome


def _calls(subject: Subject) -> bool:
    """Whether the service calls back at all; where it does not, nothing that is posted to us may be believed."""
    if subject.callback is None:
        _refuses_forgeries(subject)
    return subject.callback is not None


def _one(subject: Subject, word: str) -> Any:
    must(subject.callback, "Only a service that calls has words.")
    called = cast("Callable[[str], Callback]", subject.callback)(word)
    receipts = subject.provider.parse_receipts(called.url, called.headers, called.body)
    must(len(receipts) == 1, f"{len(receipts)} receipts came of one callback.")
    return receipts[0]


async def carries_what_it_can(subject: Subject) -> None:
    """A text that can be carried passes the check, costs at least one unit, is taken, and has a reference."""
    message = subject.message(subject.accepted)
    subject.provider.check(message.parts)
    must(subject.provider.units(message.parts) >= 1, "A text costs at least one unit of the rate.")
    before = subject.taken()
    outcome = await _sent(subject, subject.provider, message, "accepted")
    must(outcome.ref, "An acceptance has a reference.")
    must(subject.taken() == before + 1, "The service took one message.")


async def gives_each_acceptance_its_own_reference(subject: Subject) -> None:
    """Two acceptances never have the same reference, not even of the same delivery."""
    first = await _sent(subject, subject.provider, subject.message(subject.accepted), "accepted")
    again = await _sent(subject, subject.provider, subject.message(subject.accepted), "accepted")
    must(first.ref != again.ref, "Two acceptances have one reference.")


async def refuses_what_it_cannot_carry(subject: Subject) -> None:
    """A text that cannot be carried whole fails the check and is rejected without a call: nothing is cut or dropped."""
    must(subject.uncarried, "There is something that the provider cannot carry.")
    for label, parts in subject.uncarried.items():
        _cannot(subject, label, parts)
        # With a service that cannot be reached, a call would end as a retry.
        await _sent(subject, subject.unreachable, subject.message(subject.accepted, parts=parts), "rejected")


def _cannot(subject: Subject, label: str, parts: Any) -> None:
    try:
        subject.provider.check(parts)
    except Exception as problem:  # noqa: BLE001 - its type lies in a room that this one does not import
        must(type(problem).__name__ == "CannotCarry", f"{label}: {type(problem).__name__}, not CannotCarry.")
        _silent(subject, problem)
    else:
        raise Broken(f"{label}: passed the check.")


async def does_not_send_too_late(subject: Subject) -> None:
    """A text whose time has passed is rejected without a call."""
    late = subject.message(subject.accepted, valid_until=datetime.now(UTC) - timedelta(seconds=1))
    await _sent(subject, subject.unreachable, late, "rejected")


async def waits_when_it_is_throttled(subject: Subject) -> None:
    """Throttling is a retry that says how long to wait, and does not stop the channel."""
    subject.throttle()
    outcome = await _sent(subject, subject.provider, subject.message(subject.accepted), "retry")
    must(outcome.retry_after is not None, "Throttling says how long to wait.")
    must(not outcome.halts, "Throttling is no reason to stop the channel.")


async def rejects_with_a_code(subject: Subject) -> None:
    """A refusal for good is a rejection with the service's code, and does not stop the channel."""
    subject.refuse()
    outcome = await _sent(subject, subject.provider, subject.message(subject.refused), "rejected")
    must(outcome.code, "A rejection has a code.")
    must(not outcome.halts, "One refused address is no reason to stop the channel.")


async def retries_what_never_left(subject: Subject) -> None:
    """A service that cannot be reached is a retry, never a doubt; and a search for the message cannot be made."""
    message = subject.message(subject.accepted)
    await _sent(subject, subject.unreachable, message, "retry")
    must(await subject.unreachable.find(message, datetime.now(UTC)) is None, "Nobody was asked, so nobody said no.")


async def finds_what_it_sent(subject: Subject) -> None:
    """A look for a message that was just taken finds it, by the reference of its acceptance, or cannot be made."""
    message, since = subject.message(subject.accepted), datetime.now(UTC)
    outcome = await _sent(subject, subject.provider, message, "accepted")
    found = await subject.provider.find(message, since)
    must(found is None or outcome.ref in {receipt.ref for receipt in found}, "A message that was taken was not found.")


async def reads_its_words(subject: Subject) -> None:
    """Two words of the service that mean different things become two words of ours, with different digests."""
    if not _calls(subject):
        return
    first, second = (_one(subject, word) for word in subject.words)
    must("unrecognised" not in {str(first.word), str(second.word)}, "A word of the service was not recognised.")
    must(first.word != second.word, "Two meanings became one word.")
    must(first.digest != second.digest, "Two different callbacks have one digest.")


async def knows_a_repeat(subject: Subject) -> None:
    """The same callback twice has the same digest, and names the attempt by our own token."""
    if not _calls(subject):
        return
    first, again = _one(subject, subject.words[0]), _one(subject, subject.words[0])
    must(first.digest == again.digest, "A repeated callback has another digest.")
    must(first.token, "A receipt names the attempt by the token that we gave.")


async def keeps_a_word_that_it_does_not_know(subject: Subject) -> None:
    """A word that is not in the provider's table becomes `unrecognised`: never a guess, never an error."""
    if not _calls(subject):
        return
    receipt = _one(subject, UNKNOWN_WORD)
    must(receipt.word == "unrecognised", f"An unknown word became {receipt.word}.")
    must(UNKNOWN_WORD in str(receipt.raw), "The unknown word itself was not kept.")


async def keeps_the_raw_receipt(subject: Subject) -> None:
    """What the service sent is kept whole beside the normalised receipt, and out of its repr."""
    if not _calls(subject):
        return
    receipt = _one(subject, subject.words[0])
    must(subject.told in str(receipt.raw), "The raw callback was not kept.")
    must(subject.told not in repr(receipt), "The raw callback stands in the receipt's repr.")


async def refuses_what_is_not_the_service_s(subject: Subject) -> None:
    """A forged callback raises BadSignature or, where the service signs nothing, is left out."""
    _refuses_forgeries(subject)


def _refuses_forgeries(subject: Subject) -> None:
    must(subject.forged, "Somebody may try to forge a callback.")
    for label, called in subject.forged.items():
        must(not _believed(subject, called), f"{label}: a forged callback was believed.")


def _believed(subject: Subject, called: Callback) -> Sequence[Any]:
    try:
        receipts: Sequence[Any] = subject.provider.parse_receipts(called.url, called.headers, called.body)
    except Exception as problem:  # noqa: BLE001 - its type lies in a room that this one does not import
        must(type(problem).__name__ == "BadSignature", f"{type(problem).__name__}, not BadSignature.")
        _silent(subject, problem)
        return ()
    return receipts


async def can_be_closed_and_used_again(subject: Subject) -> None:
    """`close` lets go of connections and may be called twice; a provider that is used after it connects anew."""
    for _ in range(2):
        await _sent(subject, subject.provider, subject.message(subject.accepted), "accepted")
        await subject.provider.close()
        await subject.provider.close()


CASES: tuple[Case, ...] = (
    carries_what_it_can,
    gives_each_acceptance_its_own_reference,
    refuses_what_it_cannot_carry,
    does_not_send_too_late,
    waits_when_it_is_throttled,
    rejects_with_a_code,
    retries_what_never_left,
    finds_what_it_sent,
    reads_its_words,
    knows_a_repeat,
    keeps_a_word_that_it_does_not_know,
    keeps_the_raw_receipt,
    refuses_what_is_not_the_service_s,
    can_be_closed_and_used_again,
)
