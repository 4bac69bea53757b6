"""What a mail comes to: every mailbox of the sandbox, every verb, and lines that break."""

import asyncio
import gc
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from aiosmtplib import SMTP, SMTPServerDisconnected
from pydantic import SecretStr

from channels import smtp_email, smtp_line
from channels.smtp_email import SmtpEmail
from channels.smtp_talk import Talk
from onevoice.dispatch.providers import Outcome, Outgoing, Result
from onevoice.settings import Settings
from sandbox.mailboxes import MAILBOXES
from sandbox.testing import Sandbox

Settle = Callable[..., Settings]
Write = Callable[..., Outgoing]
Serve = Callable[[socket.socket], None]
Serving = Callable[[Serve], AbstractContextManager[int]]
PARTS = {"subject": "Flood warning", "text": "Go to higher ground now.\n"}
PATIENCE = 0.6
"""Seconds in these tests in place of twenty."""


def _send(provider: SmtpEmail, *messages: Outgoing) -> list[Outcome]:
    async def go() -> list[Outcome]:
        try:
            return [await provider.send(message) for message in messages]
        finally:
            await provider.close()

    return asyncio.run(go())


@pytest.fixture
def write(message: Write) -> Callable[..., Outgoing]:
    """Make a mail to a mailbox; the local part has a tag of its own, so that the record tells it from others."""
    return lambda box, **given: message(f"{box}+{time.monotonic_ns()}@people.example", **{"parts": PARTS} | given)


# Mailbox: result, code, wait, and how many mails the service has taken afterwards.
EXPECTED = {
    "maria": ("accepted", "250", None, 1),
    "gone": ("rejected", "550 5.1.1", None, 0),
    "busy": ("retry", "451 4.2.1", None, 0),
    "busy-once": ("retry", "451 4.2.1", None, 0),
    "full": ("rejected", "552 5.2.2", None, 0),
    "late550": ("rejected", "550 5.7.1", None, 0),
    "lost": ("unknown", "SMTPServerDisconnected", None, 1),
    "slow": ("unknown", "TimeoutError", None, 1),
    "hang": ("unknown", "TimeoutError", None, 1),
    "quit-error": ("accepted", "250", None, 1),
    "bounce": ("accepted", "250", None, 1),
}


@pytest.mark.parametrize("box", [*MAILBOXES, "maria"])
def test_each_mailbox_becomes_what_it_is(box: str, sandbox: Sandbox, settings: Settle, write: Write) -> None:
    """Taken, certainly not taken, or in doubt: as the server really did."""
    written = write(box)

    [outcome] = _send(SmtpEmail(settings(), patience=PATIENCE), written)

    taken = len(sandbox.entries("smtp", "accepted", to=written.to))
    assert (str(outcome.result), outcome.code, outcome.retry_after, taken) == EXPECTED[box]
    assert not outcome.halts


def test_an_error_at_quit_is_no_reason_to_send_again(sandbox: Sandbox, settings: Settle, write: Write) -> None:
    """A 250 is a 250, whatever the server says to our goodbye."""
    written = write("maria")
    sandbox.fault("smtp_reply", verb="QUIT", reply="421 4.3.0 confused")

    [outcome] = _send(SmtpEmail(settings()), written)

    assert outcome.result is Result.ACCEPTED
    assert len(sandbox.entries("smtp", "scripted", outcome="421 4.3.0 confused")) == 1
    assert len(sandbox.entries("smtp", "accepted", to=written.to)) == 1


# Verb and reply: result, whether the channel must stop, whether the server is left alone for a while.
BY_VERB = {
    ("EHLO", "421 4.3.2 closing"): ("retry", False, True),
    ("MAIL", "421 4.3.2 closing"): ("retry", False, True),
    ("MAIL", "450 4.2.0 later"): ("retry", False, True),
    ("MAIL", "530 5.7.0 log in first"): ("retry", True, False),
    ("MAIL", "550 5.7.1 sender not allowed"): ("retry", True, False),
    ("MAIL", "552 5.3.4 too much"): ("retry", True, False),
    ("RCPT", "421 4.3.2 closing"): ("retry", False, True),
    ("RCPT", "450 4.2.0 later"): ("retry", False, False),
    ("RCPT", "452 4.5.3 too many"): ("retry", False, False),
    ("RCPT", "550 5.1.1 nobody"): ("rejected", False, False),
    ("RCPT", "552 5.2.2 full"): ("rejected", False, False),
    ("RCPT", "553 5.1.3 bad mailbox"): ("rejected", False, False),
    ("DATA", "421 4.3.2 closing"): ("retry", False, True),
    ("DATA", "450 4.2.0 later"): ("retry", False, False),
    ("DATA", "550 5.7.1 no"): ("rejected", False, False),
    ("DATA", "554 5.5.1 no valid recipients"): ("rejected", False, False),
    ("DOT", "421 4.3.2 closing"): ("retry", False, True),
    ("DOT", "451 4.3.0 later"): ("retry", False, True),
    ("DOT", "452 4.3.1 no room"): ("retry", False, True),
    ("DOT", "550 5.7.1 policy"): ("rejected", False, False),
    ("DOT", "552 5.3.4 too big"): ("rejected", False, False),
    ("DOT", "200 what"): ("unknown", False, False),
    ("DOT", "354 go on"): ("unknown", False, False),
    ("DATA", "250 surely"): ("retry", False, False),
    ("RCPT", "354 go on"): ("retry", False, False),
}


@pytest.mark.parametrize(("verb", "reply"), BY_VERB)
def test_each_reply_at_each_verb_is_classed(
    verb: str, reply: str, sandbox: Sandbox, settings: Settle, write: Write
) -> None:
    """4xx is a retry; 5xx rejects, or up to MAIL stops the channel; one mailbox never holds up the rest."""
    written = write("maria")
    sandbox.fault("smtp_reply", verb=verb, reply=reply)

    [outcome] = _send(SmtpEmail(settings(), patience=2), written)

    sandbox.clear_faults()
    assert (str(outcome.result), outcome.halts, outcome.retry_after is not None) == BY_VERB[verb, reply]
    assert sandbox.entries("smtp", "accepted", to=written.to) == []
    known = reply[0] in "45"
    assert outcome.code == (" ".join(reply.split()[:2]) if known else "nonsense")


# --- Lines


def _until_the_end(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def _trickle(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"220-x\r\n")
        time.sleep(0.02)


def _say(answer: bytes) -> Serve:
    def serve(connection: socket.socket) -> None:
        connection.sendall(answer)
        _until_the_end(connection)

    return serve


def _hang_up(_connection: socket.socket) -> None:
    """End it at once."""


def _silent_after(verb: bytes) -> Serve:
    def serve(connection: socket.socket) -> None:
        connection.sendall(b"220 here\r\n")
        with connection.makefile("rb") as lines:
            for line in lines:
                if line.startswith(verb):
                    break
                connection.sendall(b"354 go\r\n" if line.startswith(b"DATA") else b"250 ok\r\n")
        _until_the_end(connection)

    return serve


@pytest.mark.parametrize(
    ("serve", "result", "halts"),
    [
        (_until_the_end, Result.RETRY, False),
        (_trickle, Result.RETRY, False),
        (_hang_up, Result.RETRY, False),
        (_say(b"HTTP/1.1 400 Bad Request\r\n\r\n"), Result.RETRY, False),
        (_say(b"554 5.3.2 not you\r\n"), Result.RETRY, True),
        (_silent_after(b"EHLO"), Result.RETRY, False),
        (_silent_after(b"MAIL"), Result.RETRY, False),
        (_silent_after(b"RCPT"), Result.RETRY, False),
        (_silent_after(b"DATA"), Result.RETRY, False),
    ],
    ids=["hang", "trickle", "hang up", "another protocol", "unwelcome", "EHLO", "MAIL", "RCPT", "DATA"],
)
def test_a_server_that_says_nothing_more_is_given_up_in_time(
    serve: Serve, result: Result, halts: bool, settings: Settle, write: Write, served: Serving
) -> None:
    """Every step has an end; before the mail itself was given nothing was taken."""
    with served(serve) as port:
        start = time.monotonic()
        [outcome] = _send(SmtpEmail(settings(smtp_port=port), patience=PATIENCE), write("maria"))

        assert (outcome.result, outcome.halts) == (result, halts)
        assert time.monotonic() - start < 2 * PATIENCE


def _agree(connection: socket.socket) -> None:
    connection.sendall(b"220 here\r\n")
    with connection.makefile("rb") as lines:
        for line in lines:
            if line == b"DATA\r\n":
                connection.sendall(b"354 go\r\n")
                while next(lines) != b".\r\n":
                    pass
            connection.sendall(b"250 2.0.0 Ok: queued as 1\r\n")


def test_a_queue_id_that_comes_again_is_another_reference(settings: Settle, write: Write, served: Serving) -> None:
    """Mail servers use their ids again; ours holds theirs, so that a mail can be found in their log, and is unique."""
    with served(_agree) as port:
        refs = [str(o.ref) for o in _send(SmtpEmail(settings(smtp_port=port)), write("maria"), write("maria"))]

    assert len(set(refs)) == 2
    assert {ref.partition(".")[0] for ref in refs} == {"1"}


def test_a_name_that_does_not_resolve_is_a_retry(
    settings: Settle, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without DNS nothing can have left."""

    def fails(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "no answer")

    monkeypatch.setattr(socket, "getaddrinfo", fails)
    made = settings(smtp_host="mail.example", allowed_hosts=("mail.example",))

    assert _send(SmtpEmail(made, patience=PATIENCE), write("maria"))[0].result is Result.RETRY


def test_lines_are_reused_and_a_refusal_does_not_end_one(
    settings: Settle, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten mails one after another, with refused ones between them, take one connection."""
    opened = _counted(monkeypatch)
    boxes = ["maria", "gone", "maria", "busy", "maria", "late550", "maria", "maria", "full", "maria"]

    outcomes = _send(SmtpEmail(settings()), *map(write, boxes))

    assert [str(o.result) for o in outcomes] == [EXPECTED[box][0] for box in boxes]
    assert len(opened) == 1


def _counted(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Counts connections from now on."""
    opened: list[float] = []

    def counting(*_: object, **options: Any) -> SMTP:
        opened.append(time.monotonic())
        return SMTP(**options)

    monkeypatch.setattr(smtp_email, "SMTP", counting)
    return opened


@pytest.mark.parametrize(("name", "value", "connections"), [("MOST_USES", 2, 3), ("IDLE", -1.0, 5)])
def test_a_worn_line_is_not_used_again(
    name: str, value: float, connections: int, settings: Settle, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After so many mails, or so much rest, a new connection is opened, and no mail is lost over it."""
    opened = _counted(monkeypatch)
    monkeypatch.setattr(smtp_line, name, value)

    outcomes = _send(SmtpEmail(settings()), *(write("maria") for _ in range(5)))

    assert {o.result for o in outcomes} == {Result.ACCEPTED}
    assert len(opened) == connections


def test_a_line_that_the_server_ended_between_two_mails_costs_nothing(
    settings: Settle, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that hangs up on an idle line is noticed before a mail is trusted to that line."""
    opened = _counted(monkeypatch)
    monkeypatch.setattr(smtp_line, "FRESH", 0.0)

    async def go() -> list[Outcome]:
        provider = SmtpEmail(settings())
        first = await provider.send(write("maria"))
        monkeypatch.setattr(Talk, "reset", _refused)
        second = await provider.send(write("maria"))
        await provider.close()
        return [first, second]

    assert {o.result for o in asyncio.run(go())} == {Result.ACCEPTED}
    assert len(opened) == 2


async def _refused(_talk: Talk) -> None:
    raise SMTPServerDisconnected("gone")


def test_each_event_loop_has_its_own_lines(settings: Settle, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two event loops that send in turn never touch each other's connections."""
    opened, provider = _counted(monkeypatch), SmtpEmail(settings())
    with asyncio.Runner() as one, asyncio.Runner() as other:
        for loop in (one, other, one, other):
            assert loop.run(provider.send(write("maria"))).result is Result.ACCEPTED
        one.run(provider.close())
        assert other.run(provider.send(write("maria"))).result is Result.ACCEPTED
        other.run(provider.close())

    assert len(opened) == 2


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_loop_that_ended_without_closing_is_forgotten(settings: Settle, write: Write) -> None:
    """Connections of a dead event loop are never used again."""
    provider = SmtpEmail(settings())

    assert asyncio.run(provider.send(write("maria"))).result is Result.ACCEPTED
    assert _send(provider, write("maria"))[0].result is Result.ACCEPTED
    gc.collect()


def test_a_mail_that_waits_too_long_for_a_line_was_not_sent(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """With all lines held by a slow server, whoever waits gives up with certainty."""
    monkeypatch.setattr(smtp_line, "MOST_LINES", 1)
    mail, waiting = b"Subject: Flood\r\n\r\nGo.\r\n", f"maria+{time.monotonic_ns()}@people.example"

    async def go() -> list[Outcome]:
        lines = smtp_line.Lines(lambda: SMTP(hostname=sandbox.smtp[0], port=sandbox.smtp[1], start_tls=False))
        held = smtp_line.deliver(lines, "bounce@city.example", "hang@people.example", mail, PATIENCE)
        late = smtp_line.deliver(lines, "bounce@city.example", waiting, mail, PATIENCE / 3)
        outcomes = list(await asyncio.gather(held, late))
        await lines.close()
        return outcomes

    held, late = asyncio.run(go())

    assert held.result is Result.UNKNOWN
    assert (late.result, late.code) == (Result.RETRY, "TimeoutError")
    assert sandbox.entries("smtp", "accepted", to=waiting) == []


# --- Secrets


@pytest.fixture(scope="module")
def guarded_server(
    tmp_path_factory: pytest.TempPathFactory, certificate: Callable[[Path], tuple[str, str]]
) -> Iterator[tuple[Sandbox, str]]:
    """Run a mail server that wants TLS and a login; give it with its certificate."""
    folder = tmp_path_factory.mktemp("guarded")
    pem, key = certificate(folder)
    login = ("--smtp-user", "clerk", "--smtp-password", "right")
    with Sandbox(folder / "record.jsonl", *login, "--smtp-tls-cert", pem, "--smtp-tls-key", key) as running:
        yield running, pem


class Guarded(NamedTuple):
    """The mail server that wants TLS and a login, and the settings that it takes."""

    running: Sandbox
    make: Settle

    def settings(self, **given: Any) -> Settings:
        """What it takes; what is given counts instead."""
        usual = {
            "smtp_host": "localhost",
            "smtp_port": self.running.smtp[1],
            "smtp_tls": True,
            "smtp_user": "clerk",
            "smtp_password": SecretStr("right"),
        }
        return self.make(**usual | given)

    def taken(self, message: Outgoing) -> bool:
        """Whether it took a mail."""
        return bool(self.running.entries("smtp", "accepted", to=message.to))


@pytest.fixture
def guarded(guarded_server: tuple[Sandbox, str], settings: Settle, monkeypatch: pytest.MonkeyPatch) -> Guarded:
    """Trust that server's certificate."""
    running, pem = guarded_server
    monkeypatch.setenv("SSL_CERT_FILE", pem)
    return Guarded(running, settings)


def test_a_login_over_starttls_works(guarded: Guarded, write: Write) -> None:
    """With the right certificate and password the mail goes out encrypted."""
    written = write("maria")

    [outcome] = _send(SmtpEmail(guarded.settings()), written)

    assert outcome.result is Result.ACCEPTED
    assert guarded.taken(written)


@pytest.mark.parametrize(
    ("given", "code", "halts"),
    [
        ({"smtp_password": SecretStr("wrong")}, "535 5.7.8", True),
        ({"smtp_user": ""}, "530 5.7.0", True),
        ({"smtp_host": "127.0.0.1"}, "SSLCertVerificationError", False),
    ],
    ids=["wrong password", "no login", "certificate of another name"],
)
def test_wrong_credentials_stop_the_channel(given: Any, code: str, halts: bool, guarded: Guarded, write: Write) -> None:
    """A login that is refused stops the channel; a certificate that does not fit is a retry. No mail goes out."""
    written = write("maria")

    [outcome] = _send(SmtpEmail(guarded.settings(**given)), written)

    assert (outcome.result, outcome.code, outcome.halts) == (Result.RETRY, code, halts)
    assert not guarded.taken(written)
    gc.collect()  # a socket that was left open is told of here


def test_a_certificate_that_nobody_vouches_for_gets_no_password(
    guarded: Guarded, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Encryption to whoever answers is not enough."""
    monkeypatch.delenv("SSL_CERT_FILE")
    written = write("maria")

    [outcome] = _send(SmtpEmail(guarded.settings()), written)

    assert (outcome.result, outcome.code) == (Result.RETRY, "SSLCertVerificationError")
    assert not guarded.taken(written)


@pytest.mark.parametrize("given", [{"smtp_tls": True}, {"smtp_user": "clerk", "smtp_password": SecretStr("x")}])
def test_a_server_that_lacks_what_was_set_stops_the_channel(
    given: Any, sandbox: Sandbox, settings: Settle, write: Write
) -> None:
    """Where the server offers no STARTTLS or no login, nothing goes out in the clear and a person is told."""
    written = write("maria")

    [outcome] = _send(SmtpEmail(settings(**given)), written)

    assert (outcome.result, outcome.halts) == (Result.RETRY, True)
    assert sandbox.entries("smtp", "accepted", to=written.to) == []
