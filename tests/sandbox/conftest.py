"""One sandbox for all tests that need nothing special, and the real Twilio SDK to talk to it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from sandbox.testing import Listener, Sandbox

SDK = Callable[..., Client]


class Redirected(TwilioHttpClient):  # type: ignore[misc]  # the SDK is untyped
    """The SDK's own client; only the host differs."""

    def __init__(self, base: str, timeout: float) -> None:
        super().__init__(timeout=timeout)
        self.base = base

    def request(self, method: str, url: str, *arguments: Any, **options: Any) -> Response:
        """Ask the sandbox what the SDK wants to ask Twilio."""
        return super().request(method, url.replace("https://api.twilio.com", self.base), *arguments, **options)


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Run the shared sandbox: quick callbacks, no disorder by chance."""
    record = tmp_path_factory.mktemp("sandbox") / "record.jsonl"
    calm = ("--delay-scale", "0.05", "--reversed-share", "0", "--repeated-share", "0")
    # No limits of posts: a whole session of tests counts as one account's five minutes.
    with Sandbox(record, *calm, "--mastodon-calls", "0", "--bluesky-sessions", "0") as running:
        yield running


@pytest.fixture
def sdk() -> Iterator[SDK]:
    """Make SDK clients for any sandbox, and close them."""
    made: list[Redirected] = []

    def make(running: Sandbox, token: str = Sandbox.auth_token, timeout: float = 8) -> Client:
        made.append(Redirected(running.sms, timeout))
        return Client(Sandbox.account_sid, token, http_client=made[-1])

    yield make
    for client in made:
        client.session.close()


@pytest.fixture
def client(sandbox: Sandbox, sdk: SDK) -> Client:
    """Give an SDK client of the shared sandbox."""
    return sdk(sandbox)


@pytest.fixture
def listener() -> Iterator[Listener]:
    """Listen for callbacks."""
    with Listener() as listening:
        yield listening
