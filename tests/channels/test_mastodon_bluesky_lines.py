"""The line to the services for posts: what breaks, what has left, what is never said; and where it may lead."""

import asyncio
import logging
import socket
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

import channels
from channels import posts, web_line
from channels.bluesky import Bluesky
from channels.mastodon import Mastodon
from channels.web_line import Answer, NoAnswer, WebLine, seconds
from onevoice.dispatch.providers import CannotCarry, Outcome, Outgoing, Result
from onevoice.people import Means
from onevoice.settings import Mode, Settings
from sandbox.testing import Sandbox

Settle = Callable[..., Settings]
Write = Callable[..., Outgoing]
Serving = Callable[[Callable[[socket.socket], None]], AbstractContextManager[int]]
PATIENCE = 3.0
MADE: dict[str, type[Mastodon | Bluesky]] = {"mastodon": Mastodon, "bluesky": Bluesky}


def _call(port: int, patience: float = PATIENCE, scheme: str = "http", host: str = "127.0.0.1") -> Answer | NoAnswer:
    async def go() -> Answer | NoAnswer:
        line = WebLine(f"{scheme}://{host}:{port}")
        try:
            return await line.call("POST", "/x", asyncio.get_running_loop().time() + patience, json={"text": "Go"})
        finally:
            await line.close()

    return asyncio.run(go())


def _reset(connection: socket.socket) -> None:
    connection.recv(100)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def _trickle(connection: socket.socket) -> None:
    connection.recv(65536)
    for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"z" * 200:
        connection.sendall(bytes([byte]))
        time.sleep(0.02)


def _say(answer: bytes) -> Callable[[socket.socket], None]:
    def serve(connection: socket.socket) -> None:
        asked = b""
        while b"}" not in asked:  # what is left unread at the close would reset the line before the answer is read
            asked += connection.recv(65536) or b"}"
        connection.sendall(answer)

    return serve


SHORT = b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"id"'


@pytest.mark.parametrize(
    "serve",
    [_reset, _trickle, _say(b""), _say(b"220 mail.example ESMTP\r\n"), _say(SHORT)],
    ids=["reset", "trickle", "hangs up", "another protocol", "cut short"],
)
def test_a_line_that_breaks_after_bytes_left_says_so(serve: Callable[[socket.socket], None], served: Serving) -> None:
    """Whatever a server does once it has our bytes, the call ends in time, and something had left."""
    with served(serve) as port:
        start = time.monotonic()

        assert _call(port) == NoAnswer(left=True)
        assert time.monotonic() - start < 2 * PATIENCE


def test_nobody_at_the_port_means_that_nothing_left() -> None:
    """A refused connection is certain."""
    assert _call(9) == NoAnswer(left=False)


def test_tls_that_fails_means_that_nothing_left(sandbox: Sandbox) -> None:
    """A handshake that fails is certain: nothing was asked yet."""
    assert _call(int(sandbox.mastodon.rpartition(":")[2]), scheme="https") == NoAnswer(left=False)


def test_a_name_that_does_not_resolve_means_that_nothing_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without DNS nothing can have left."""

    def fails(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "no answer")

    monkeypatch.setattr(socket, "getaddrinfo", fails)

    assert _call(80, host="social.example") == NoAnswer(left=False)


def test_a_connection_that_nobody_takes_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that swallows our packets holds a call only for as long as connecting may take; nothing left."""
    monkeypatch.setattr(web_line, "CONNECT", 0.2)
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for waiting in (first, second):
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        start = time.monotonic()

        assert _call(full.getsockname()[1], patience=5) == NoAnswer(left=False)
        assert time.monotonic() - start < 2


@pytest.mark.parametrize(
    ("answer", "status", "content"),
    [
        (b"HTTP/1.1 201 Created\r\nContent-Length: 8\r\n\r\n" + b'{"a": 1}', 201, {"a": 1}),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<p>x", 200, None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"[" * 100000, 200, None),
        (b"HTTP/1.1 307 Go\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n", 307, None),
        (b"HTTP/1.1 200 OK\r\n\r\n\xff\xfe", 200, None),
    ],
    ids=["json", "html", "nested", "redirect", "no text"],
)
def test_an_answer_is_taken_as_it_comes(answer: bytes, status: int, content: Any, served: Serving) -> None:
    """What is no JSON is nothing; a redirect is not followed, so that a token goes nowhere else."""
    with served(_say(answer)) as port:
        found = _call(port, patience=10)

    assert isinstance(found, Answer)
    assert (found.status, found.content) == (status, content)


def _endless(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b" " * 65536)


def test_an_endless_answer_is_cut_off(served: Serving) -> None:
    """No more is read than an answer of these services can be."""
    with served(_endless) as port:
        assert _call(port, patience=20) == Answer(200, httpx.Headers(), None)


def test_another_event_loop_gets_its_own_connections(sandbox: Sandbox) -> None:
    """A connection that another loop opened and still holds is not used: it would never wake up here."""
    line, loops = WebLine(sandbox.mastodon), [asyncio.new_event_loop() for _ in range(2)]
    clients = []
    for loop in loops:
        answer = loop.run_until_complete(line.call("GET", "/healthz", loop.time() + PATIENCE))
        assert isinstance(answer, Answer)
        clients.append(vars(line)["_client"])

    for loop, client in zip(loops, clients, strict=True):
        loop.run_until_complete(client.aclose())
        loop.close()
    assert clients[0] is not clients[1]


def test_a_proxy_of_the_environment_is_not_used(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exercise that goes through a proxy is not on this machine."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    assert isinstance(_call(int(sandbox.mastodon.rpartition(":")[2])), Answer)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Reset": "1000000060", "Date": "Sun, 09 Sep 2001 01:46:40 GMT"}, 60),
        ({"Reset": "2001-09-09T01:47:40.500000Z", "Date": "Sun, 09 Sep 2001 01:46:40 GMT"}, 60.5),
        ({"Reset": "1000000000", "Date": "Sun, 09 Sep 2001 01:46:50 GMT"}, 0),
        ({"Reset": "9999999999", "Date": "Sun, 09 Sep 2001 01:46:40 GMT"}, 3600),
        ({"Retry-After": "7"}, 7),
        ({"Reset": "soon", "Retry-After": "7"}, 7),
        ({"Reset": "2001-09-09T01:47:40"}, None),
        ({"Retry-After": "-1"}, None),
        ({}, None),
    ],
)
def test_a_wait_is_counted_by_the_service_s_own_clock(headers: dict[str, str], wait: float | None) -> None:
    """From the Date of the answer, so that clocks that differ do not matter; nonsense is no wait."""
    assert seconds(httpx.Headers(headers), "Reset") == wait


@pytest.mark.parametrize("name", MADE)
def test_nothing_is_said_of_texts_and_passwords(
    name: str, sandbox: Sandbox, social: Settle, post: Write, caplog: pytest.LogCaptureFixture
) -> None:
    """Not at DEBUG either, neither by us nor by the libraries, whatever goes wrong."""
    caplog.set_level(logging.DEBUG)
    for logger in ("httpx", "httpcore.http11", "httpcore.connection"):
        caplog.set_level(logging.DEBUG, logger)
    provider = MADE[name](social())
    message = post(name, f"Secret words for {name}. https://alerts.millford.example/p/1")

    async def go() -> list[Outcome]:
        for kind in ("401", "400", "cut_after_accept", "html"):
            sandbox.fault(kind, service=name)
        outcomes = [await provider.send(message) for _ in range(5)]
        await provider.close()
        return outcomes

    outcomes = asyncio.run(go())

    spoken = caplog.text + repr(outcomes) + repr(message)
    secrets = ("Secret words", "millford.example", sandbox.mastodon_token, sandbox.bluesky_password, "accessJwt")
    assert [secret for secret in secrets if secret in spoken] == []
    assert not [word for word in ("/xrpc/", "/api/v1/", "ratelimit", "HTTP/1.1") if word in caplog.text]
    assert len({outcome.result for outcome in outcomes}) >= 3


@pytest.mark.parametrize("name", MADE)
def test_a_service_that_went_away_is_a_retry(name: str, tmp_path: Path, social: Settle, post: Write) -> None:
    """Logged in and proved, a post whose connection is refused has certainly not left."""
    with Sandbox(tmp_path / "record.jsonl") as running:
        provider = MADE[name](social(**{f"{name}_api_base": running.mastodon}))

        async def go() -> list[Outcome]:
            first = await provider.send(post(name))
            await provider.close()
            running.kill()
            return [first, await provider.send(post(name))]

        outcomes = asyncio.run(go())

    assert [(outcome.result, outcome.code) for outcome in outcomes] == [
        (Result.ACCEPTED, None),
        (Result.RETRY, "not-connected"),
    ]


def test_a_post_is_not_sent_too_late(sandbox: Sandbox, social: Settle, post: Write) -> None:
    """One second past its time nothing is asked of the service."""
    before = len(sandbox.entries())

    for name, made in MADE.items():
        message = post(name)
        late = post(name, valid_until=message.valid_until - timedelta(hours=1, seconds=1))
        outcome = asyncio.run(made(social()).send(late))
        assert (outcome.result, outcome.code) == (Result.REJECTED, "too-late")
    assert len(sandbox.entries()) == before


@pytest.mark.parametrize("text", ["x" * 300, "👨‍👩‍👧‍👦" * 100, "Line\n\nline\tx", "\u2067اذهب\u2069"])
def test_a_text_that_fits_passes_the_check(text: str) -> None:
    """300 characters as a reader counts them, with line ends, tabs and direction marks."""
    posts.check({"text": text})


def test_a_text_that_is_too_long_says_by_how_much() -> None:
    """The sentence has the numbers, and none of the words."""
    with pytest.raises(CannotCarry, match="301 characters; a post carries 300") as caught:
        posts.check({"text": "y" * 301})

    assert "yy" not in str(caught.value)


# --- where it may lead


@pytest.mark.parametrize(
    "given",
    [
        {"mastodon_api_base": "https://social.example"},
        {"mastodon_api_base": "https://mastodon.social", "allowed_hosts": ("mastodon.social",)},
        {"bluesky_api_base": "https://bsky.social", "bluesky_handle": "a.example", "allowed_hosts": ("bsky.social",)},
        {"bluesky_api_base": "https://pds.host.bsky.network", "bluesky_handle": "a.example"},
        {"bluesky_handle": "a.example"},
        {
            "twilio_api_base": "https://api.twilio.com",
            "twilio_account_sid": "AC",
            "allowed_hosts": ("api.twilio.com",),
        },
    ],
    ids=str,
)
def test_an_exercise_never_leads_to_the_public(given: dict[str, Any]) -> None:
    """In exercise mode a host is this machine, or allowed and not a public service's; the error names the setting."""
    with pytest.raises(ValidationError, match=r"ONEVOICE_(MASTODON|BLUESKY|TWILIO)_API_BASE points at"):
        Settings(**given)
    assert Settings(**given, mode=Mode.LIVE).mode is Mode.LIVE


def test_an_exercise_may_lead_to_a_host_that_is_allowed() -> None:
    """A stand-in on another machine of ours; and defaults that nobody uses are no fault."""
    made = Settings(mastodon_api_base="https://social.example", allowed_hosts=("social.example",))

    assert made.bluesky_api_base == "https://bsky.social"


@pytest.mark.parametrize("name", MADE)
def test_the_registry_builds_what_is_set_up(name: str, social: Settle) -> None:
    """Both are built under their names for the one means, and their accounts are told without the network."""
    built = channels.build(social())

    assert built[name].name == name
    assert built[name].means is Means.SOCIAL is channels.PROVIDERS[name].means
    assert (
        channels.accounts(social())[name]
        == {
            "mastodon": Sandbox.mastodon_account,
            "bluesky": Sandbox.bluesky_handle,
        }[name]
    )


@pytest.mark.parametrize(
    "unset",
    [
        "mastodon_api_base",
        "mastodon_token",
        "mastodon_account",
        "bluesky_api_base",
        "bluesky_handle",
        "bluesky_password",
    ],
)
def test_a_provider_without_a_setting_is_absent_with_its_reason(unset: str, social: Settle) -> None:
    """What is not set up is left out, and the reason names the setting."""
    made, name = social(**{unset: ""}), unset.partition("_")[0]

    assert name not in channels.build(made)
    assert f"ONEVOICE_{unset.upper()}" in channels.missing(made)[name]
