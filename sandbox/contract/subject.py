"""The provider under test, and what only its own test can know about it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


class Broken(AssertionError):
    """The provider does not keep the contract; the text says in what."""


def must(kept: object, sentence: str) -> None:
    """Raises Broken with the sentence unless something is so."""
    if not kept:
        raise Broken(sentence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """What a service posts: the public address that it was given, the headers, the raw body."""

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One provider on its stand-in service."""

    provider: Any
    unreachable: Any
    """The same provider, told to use a port at which nobody listens."""
    message: Callable[..., Any]
    """message(to, **changes): what the provider's `send` takes; the changes are fields of it."""
    accepted: str
    """An address at which every message is taken."""
    throttle: Callable[[], None]
    """Makes the service say “too many, later” to the next message."""
    refused: str
    """An address that the service refuses for good."""
    refuse: Callable[[], object] = bool
    """Makes the service refuse the next message for good, where no address does."""
    uncarried: Mapping[str, Mapping[str, str]]
    """By a label: parts that the provider cannot carry whole."""
    taken: Callable[[], int]
    """How many messages the service took so far."""
    callback: Callable[[str], Callback] | None
    """callback(word): a genuine callback about one message, with this status word of the service; None: it never
    calls, and then `words` and `told` are empty."""
    words: tuple[str, str] = ("", "")
    """Two status words that the service really uses and that mean different things."""
    told: str = ""
    """Something that stands in every such callback and that the normalised fields of a receipt do not hold."""
    forged: Mapping[str, Callback]
    """By a label: callbacks that are not the service's, or not about a message of ours."""
    secrets: tuple[str, ...]
    """What may not stand in a log, an outcome or an error: pieces of addresses, texts, tokens and passwords."""
