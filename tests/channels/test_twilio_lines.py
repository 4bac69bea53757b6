"""Lines that break, and answers that are not what Twilio says."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from channels import twilio_http
from channels.curl_line import NoAnswer
from channels.twilio_codes import CODES
from channels.twilio_create import understood
from channels.twilio_http import Answered, Call, Line, run, seconds
from channels.twilio_sms import TwilioSms
from onevoice.dispatch.providers import Outcome, Outgoing, Result
from onevoice.settings import Settings
from sandbox.behaviours import MAGIC_BLOCK
from sandbox.testing import Sandbox

Settle = Callable[..., Settings]
Write = Callable[..., Outgoing]
Serving = Callable[[Callable[[socket.socket], None]], AbstractContextManager[int]]
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


# --- Lines that break


def _reset(connection: socket.socket) -> None:
    connection.recv(100)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def _trickle(connection: socket.socket) -> None:
    connection.recv(65536)
    for byte in b"HTTP/1.1 201 Created\r\nX-Slow: " + b"z" * 200:
        connection.sendall(bytes([byte]))
        time.sleep(0.02)


def _say(answer: bytes) -> Callable[[socket.socket], None]:
    def serve(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(answer)

    return serve


REDIRECT = b"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize(
    "serve",
    [_reset, _trickle, _say(b""), _say(b"220 mail.example ESMTP\r\n"), _say(REDIRECT)],
    ids=["reset", "trickle", "hangs up", "another protocol", "redirect"],
)
def test_a_line_that_breaks_after_bytes_left_is_in_doubt(
    serve: Callable[[socket.socket], None], settings: Settle, message: Write, served: Serving
) -> None:
    """Reset, headers that trickle in, silence and nonsense are unknown, within the patience."""
    with served(serve) as port:
        start = time.monotonic()
        base = f"http://127.0.0.1:{port}"
        outcome = _sent(TwilioSms(settings(twilio_api_base=base), patience=PATIENCE), message("+12025550142"))

        assert outcome.result is Result.UNKNOWN
        assert time.monotonic() - start < 2 * PATIENCE


ODD_STATUS = ("\\ud800", "queued +12025550142", "x" * 99, "Queued\\u0000")
ODD_CODE = ('"\\ud800"', "[1]", '{"a": 1}')


@pytest.mark.parametrize(
    ("says", "result", "code"),
    [
        *((f'"status": "{odd}"', Result.ACCEPTED, "unreadable") for odd in ODD_STATUS),
        *((f'"status": "failed", "error_code": {odd}', Result.REJECTED, "failed") for odd in ODD_CODE),
    ],
)
def test_what_is_no_word_and_no_number_is_not_kept(
    says: str, result: Result, code: str, settings: Settle, message: Write, served: Serving
) -> None:
    """Taken is taken, and failed has failed; but neither numbers of people nor letters without a meaning are kept."""
    body = b'{"sid": "SM%032x", "to": "+12025550142", %s}' % (1, says.encode())
    answer = b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)

    with served(_say(answer)) as port:
        outcome = _sent(TwilioSms(settings(twilio_api_base=f"http://127.0.0.1:{port}")), message("+12025550142"))

    assert (outcome.result, outcome.code) == (result, code)


def test_tls_that_fails_before_the_request_is_a_retry(sandbox: Sandbox, settings: Settle, message: Write) -> None:
    """A handshake that fails is certain: nothing was asked yet."""
    base = sandbox.sms.replace("http://", "https://")

    outcome = _sent(TwilioSms(settings(twilio_api_base=base), patience=PATIENCE), message("+12025550142"))

    assert (outcome.result, outcome.code) == (Result.RETRY, "not-connected")


def test_a_name_that_does_not_resolve_is_a_retry(
    settings: Settle, message: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without DNS nothing can have left."""

    def fails(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "no answer")

    monkeypatch.setattr(socket, "getaddrinfo", fails)
    made = settings(twilio_api_base="http://sms.example", allowed_hosts=("sms.example",))

    assert _sent(TwilioSms(made), message("+12025550142")).code == "not-connected"


def test_a_connection_that_nobody_takes_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that swallows our packets holds a thread only for as long as connecting may take."""
    monkeypatch.setattr(twilio_http, "CONNECT", 0.2)
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for waiting in (first, second):
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        line, start = Line(f"http://127.0.0.1:{full.getsockname()[1]}", 30, 1), time.monotonic()

        reply = run(Call(), lambda: line.request("GET", "https://api.twilio.com/"))

        line.close()
    assert isinstance(reply, NoAnswer)
    assert not reply.left
    assert time.monotonic() - start < 2


def test_a_call_that_was_given_up_frees_its_thread(sandbox: Sandbox) -> None:
    """A reply at one byte a second does not hold a thread for minutes."""
    line, call = Line(sandbox.sms, 5, 1), Call()
    url = "https://api.twilio.com/2010-04-01/Accounts/AC/Messages.json"
    form: dict[str, object] = {"To": MAGIC_BLOCK + "20", "From": "+12025550150", "Body": "x"}
    auth = (sandbox.account_sid, sandbox.auth_token)
    told: list[Any] = []
    work = lambda: line.request("POST", url.replace("AC/", f"{sandbox.account_sid}/"), data=form, auth=auth)  # noqa: E731 - one line
    thread = threading.Thread(target=lambda: told.append(run(call, work)))
    thread.start()
    time.sleep(0.3)

    assert call.end()
    thread.join(1)
    assert not thread.is_alive()
    assert isinstance(told[0], NoAnswer)
    assert told[0].left
    line.close()


def test_a_call_that_was_given_up_before_it_began_never_begins(sandbox: Sandbox, number: Callable[[], str]) -> None:
    """What was ended while it waited for a thread does not leave later."""
    line, call, to = Line(sandbox.sms, 5, 1), Call(), number()
    url = f"https://api.twilio.com/2010-04-01/Accounts/{sandbox.account_sid}/Messages.json"
    form: dict[str, object] = {"To": to, "From": "+12025550150", "Body": "x"}

    assert not call.end()
    reply = run(call, lambda: line.request("POST", url, data=form, auth=(sandbox.account_sid, sandbox.auth_token)))

    assert isinstance(reply, NoAnswer)
    assert not reply.left
    assert not sandbox.entries("sms", to=to)
    line.close()


def test_the_event_loop_stays_free_while_twilio_is_slow(settings: Settle, message: Write) -> None:
    """Other work goes on while calls hang."""

    async def go() -> tuple[list[Outcome], int]:
        provider = TwilioSms(settings(), patience=PATIENCE)
        sending = asyncio.gather(*(provider.send(message(MAGIC_BLOCK + "09")) for _ in range(8)))
        ticks = 0
        while not sending.done():
            await asyncio.sleep(0.01)
            ticks += 1
        await provider.close()
        return await sending, ticks

    outcomes, ticks = asyncio.run(go())
    assert {o.result for o in outcomes} == {Result.UNKNOWN}
    assert ticks > 20


def test_the_service_is_told_to_change_no_letter(settings: Settle, message: Write, served: Serving) -> None:
    """A messaging service that replaces letters to save segments does not do so with ours."""
    heard: list[bytes] = []

    def hear(connection: socket.socket) -> None:
        heard.append(connection.recv(65536))
        heard.append(connection.recv(65536))

    with served(hear) as port:
        _sent(
            TwilioSms(settings(twilio_api_base=f"http://127.0.0.1:{port}"), patience=PATIENCE), message("+12025550142")
        )

    assert b"SmartEncoded=false" in b"".join(heard)


# --- Answers by code and status


def test_every_code_in_the_table_decides() -> None:
    """What the code says goes before the HTTP status; codes that are ours to mend stop the channel."""
    said = {code: understood(Answered(400, code, None), "+1") for code in CODES}

    again = {20003, 20429, 21212, 21603, 21606, 21611, 30001, 30002, 30003, 30007, 30008, 30034, 30036}
    assert {code for code, o in said.items() if o.result is Result.RETRY} == again
    assert {code for code, o in said.items() if o.result is Result.REJECTED} == set(CODES) - again
    assert {code for code, o in said.items() if o.opt_out} == {21610}
    assert {code for code, o in said.items() if o.halts} == {20003, 21212, 21603, 21606, 30002, 30007, 30034}


@pytest.mark.parametrize(
    ("status", "code", "result", "halts"),
    [
        (300, None, Result.UNKNOWN, False),
        (304, 21610, Result.UNKNOWN, False),
        (400, None, Result.REJECTED, False),
        (400, 99999, Result.REJECTED, False),
        (401, None, Result.RETRY, True),
        (403, None, Result.RETRY, True),
        (403, 21408, Result.REJECTED, False),
        (404, None, Result.REJECTED, False),
        (408, 21211, Result.UNKNOWN, False),
        (429, None, Result.RETRY, False),
        (429, 99999, Result.RETRY, False),
        (500, 21211, Result.UNKNOWN, False),
        (502, None, Result.UNKNOWN, False),
        (503, 20429, Result.UNKNOWN, False),
        (504, None, Result.UNKNOWN, False),
        (599, None, Result.UNKNOWN, False),
    ],
)
def test_where_no_code_decides_the_status_does(status: int, code: int | None, result: Result, halts: bool) -> None:
    """5xx and 408 are in doubt whatever the code; other 4xx are certain."""
    outcome = understood(Answered(status, code, None), "+1")

    assert (outcome.result, outcome.halts) == (result, halts)
    assert outcome.code == str(code or f"HTTP {status}")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b'{"code": 21610, "status": 400}', "21610"),
        (b'{"code": "21610"}', "HTTP 400"),
        (b"[21610]", "HTTP 400"),
        (b"null", "HTTP 400"),
        (b"<html>", "HTTP 400"),
        (b"[" * 100_000, "HTTP 400"),
        (b"", "HTTP 400"),
    ],
)
def test_an_error_without_twilio_s_code_is_read_by_its_status(
    answer: bytes, code: str, settings: Settle, message: Write, served: Serving
) -> None:
    """An error page of whatever stands between us and Twilio raises nothing."""
    head = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(answer)
    with served(_say(head + answer)) as port:
        made = settings(twilio_api_base=f"http://127.0.0.1:{port}")
        outcome = _sent(TwilioSms(made, patience=5), message("+12025550142"))

    assert (outcome.result, outcome.code) == (Result.REJECTED, code)


@pytest.mark.parametrize(
    "answer",
    [
        *(b"[]", b"null", b'"SM"', b"\xff\xfe", b'{"sid": 7, "to": "+12025550142"}'),
        b'{"sid": "SM1", "to": "+12025550142"}',
        b'{"sid": "SM' + b"a" * 32 + b'", "to": "+12025550142", "date_created": 3, "status": {}}',
    ],
)
def test_a_success_that_makes_no_sense_is_in_doubt(
    answer: bytes, settings: Settle, message: Write, served: Serving
) -> None:
    """A 200 is an acceptance only with a message id and our recipient in it."""
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(answer)
    with served(_say(head + answer)) as port:
        made = settings(twilio_api_base=f"http://127.0.0.1:{port}")
        outcome = _sent(TwilioSms(made, patience=5), message("+12025550142"))

    assert outcome.result is Result.UNKNOWN


def test_a_message_that_is_born_failed_is_not_accepted(settings: Settle, message: Write, served: Serving) -> None:
    """For the first status there is never a callback, so it is read from the answer."""
    answer = b'{"sid": "SM' + b"a" * 32 + b'", "to": "+12025550142", "status": "failed", "error_code": 30005}'
    head = b"HTTP/1.1 201 Created\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(answer)
    with served(_say(head + answer)) as port:
        made = settings(twilio_api_base=f"http://127.0.0.1:{port}")
        outcome = _sent(TwilioSms(made, patience=5), message("+12025550142"))

    assert (outcome.result, outcome.code) == (Result.REJECTED, "30005")


@pytest.mark.parametrize("value", ["١٢", "+5", "1.5", "0x10", "1_000", "NaN", "inf"])
def test_a_wait_that_only_python_would_read_asks_for_nothing(value: str) -> None:
    """What HTTP does not call a number of seconds is none, though float() or int() would take it."""
    assert seconds({"Retry-After": value}) is None
