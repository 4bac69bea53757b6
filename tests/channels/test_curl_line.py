"""Many calls at once through libcurl: what it must not do by itself, and what is certain after a line broke."""

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import pycurl
import pytest

from channels import curl_line
from channels.curl_line import CurlLine, NoAnswer, Reply

Serving = Callable[[Callable[[socket.socket], None]], AbstractContextManager[int]]
FORM = b"To=%2B12025550142&Body=" + b"x" * 300
YES = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}"


def _yes(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(YES)


def _run(line: CurlLine, work: Callable[[], Awaitable[object]]) -> None:
    async def go() -> None:
        try:
            await work()
        finally:
            line.close()

    asyncio.run(go())


async def _left(line: CurlLine, port: int, scheme: str = "http", seconds: float = 2.0) -> bool:
    """Whether anything had left when a call ended without an answer."""
    with pytest.raises(NoAnswer) as caught:
        await line.post(f"{scheme}://localhost:{port}/", FORM, seconds)
    return caught.value.left


def test_a_kept_line_that_breaks_without_a_word_is_in_doubt_and_nothing_is_sent_again(served: Serving) -> None:
    """Libcurl would send such a request once more, on a new connection; the service may have acted on the first."""
    asked = []

    def once(connection: socket.socket) -> None:
        while request := connection.recv(65536):
            asked.append(request)
            if len(asked) != 1:
                return
            connection.sendall(YES)

    with served(once) as port:
        line = CurlLine({}, 4)

        async def work() -> None:
            assert (await line.post(f"http://localhost:{port}/", FORM, 2)).status == 201
            assert await _left(line, port)

        _run(line, work)

    assert len(asked) == 2


@pytest.mark.parametrize("rest", [1.2, 0.1])
def test_a_kept_line_that_ended_between_two_calls_costs_nothing(served: Serving, rest: float) -> None:
    """A connection that the service closed while nobody used it is not used again, however short that was."""
    asked = []

    def closes(connection: socket.socket) -> None:
        asked.append(connection.recv(65536))
        connection.sendall(YES)

    with served(closes) as port:
        line = CurlLine({}, 4)

        async def work() -> None:
            for pause in (rest, 0):
                assert (await line.post(f"http://localhost:{port}/", FORM, 2)).status == 201
                await asyncio.sleep(pause)

        _run(line, work)

    assert len(asked) == 2


@pytest.mark.parametrize("rest", [0.2, 0.9, 1.2])
def test_what_a_service_says_unasked_is_nobody_s_answer(served: Serving, rest: float) -> None:
    """Libcurl takes a refusal that lies in a kept connection for the answer to the next call, which is lost."""
    asked = []

    def says_more(connection: socket.socket) -> None:
        while request := connection.recv(65536):
            asked.append(request)
            connection.sendall(YES)
            if len(asked) == 1:
                time.sleep(0.05)
                connection.sendall(b"HTTP/1.1 429 Too Many\r\nContent-Length: 0\r\n\r\n")

    with served(says_more) as port:
        line = CurlLine({}, 1)

        async def work() -> None:
            for pause in (rest, 0, 0):
                assert (await line.post(f"http://localhost:{port}/", FORM, 2)).status == 201
                await asyncio.sleep(pause)

        _run(line, work)

    assert len(asked) == 3


def test_many_kept_lines_that_ended_at_once_cost_nothing(served: Serving) -> None:
    """Each call goes by another one, its whole form once, until there is one that takes it."""
    asked: list[bytes] = []
    kept: list[socket.socket] = []

    def one(connection: socket.socket) -> None:
        asked.append(connection.recv(65536))
        kept.append(connection)
        connection.sendall(YES)

    def serve(connection: socket.socket) -> None:
        threading.Thread(target=one, args=(connection.dup(),), daemon=True).start()

    def end() -> None:
        for connection in kept:
            connection.close()

    with served(serve) as port:
        line = CurlLine({}, 8)

        async def all_at_once() -> None:
            answers = await asyncio.gather(*(line.post(f"http://localhost:{port}/", FORM, 5) for _ in range(8)))
            assert {one.status for one in answers} == {201}

        async def work() -> None:
            await all_at_once()
            end()
            await asyncio.sleep(0.1)
            await all_at_once()

        _run(line, work)
        end()

    assert len(asked) == 16
    assert all(request.endswith(FORM) for request in asked)


def test_a_handle_that_carried_a_good_call_does_not_make_the_next_one_doubtful(served: Serving) -> None:
    """What left is counted for each call anew."""
    with served(_yes) as port:
        line = CurlLine({}, 1)

        async def work() -> None:
            assert (await line.post(f"http://localhost:{port}/", FORM, 2)).status == 201
            assert not await _left(line, 9)

        _run(line, work)


def test_no_more_connections_than_allowed_and_who_waits_too_long_was_not_sent(served: Serving) -> None:
    """Calls beyond the width wait; where their time is over before they get a connection, nothing of them left."""
    open_, most, lock = [], [0], threading.Lock()

    def silent(connection: socket.socket) -> None:
        with lock:
            open_.append(connection)
            most[0] = max(most[0], len(open_))
        time.sleep(0.8)

    with served(silent) as port:
        line = CurlLine({}, 1)

        async def work() -> None:
            first = asyncio.ensure_future(_left(line, port, seconds=0.6))
            await asyncio.sleep(0.2)
            assert not await _left(line, port, seconds=0.2)
            assert await first

        _run(line, work)

    assert most[0] == 1


def test_a_call_that_nobody_waits_for_ends(served: Serving) -> None:
    """Given up from outside, its connection is closed, and the line goes on serving others."""
    ended = threading.Event()

    def hangs(connection: socket.socket) -> None:
        while connection.recv(65536):
            pass
        ended.set()

    with served(hangs) as port, served(_yes) as other:
        line = CurlLine({}, 4)

        async def work() -> None:
            with suppress(TimeoutError):
                async with asyncio.timeout(0.2):
                    await line.post(f"http://localhost:{port}/", FORM, 30)
            assert (await line.post(f"http://localhost:{other}/", FORM, 2)).status == 201
            assert await asyncio.to_thread(ended.wait, 5)

        _run(line, work)


def test_an_answer_without_an_end_is_not_read_for_ever(served: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    """Above the largest answer the call ends, in doubt."""
    monkeypatch.setitem(curl_line._ALWAYS, pycurl.MAXFILESIZE, 1000)  # noqa: SLF001

    def pours(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 201 Created\r\n\r\n")
        while True:
            connection.sendall(b"z" * 5000)

    with served(pours) as port:
        line = CurlLine({}, 4)

        async def work() -> None:
            start = time.monotonic()
            assert await _left(line, port, seconds=20)
            assert time.monotonic() - start < 10

        _run(line, work)


def test_each_event_loop_has_its_own_connections(served: Serving) -> None:
    """One line serves loops that come one after the other, also where nobody closed it."""

    def serve(connection: socket.socket) -> None:
        while connection.recv(65536):
            connection.sendall(YES)

    with served(serve) as port:
        line = CurlLine({}, 4)
        for _ in range(3):
            assert asyncio.run(line.post(f"http://localhost:{port}/", FORM, 2)).status == 201
        _run(line, lambda: line.post(f"http://localhost:{port}/", FORM, 2))


def test_a_field_of_the_head_is_found_however_it_is_written() -> None:
    """Names of fields have no case, and a field that is not there is empty."""
    reply = Reply(429, b"", (b"retry-AFTER:  7 \r\n", b"Other: 1\r\n"))

    assert (reply.field("Retry-After"), reply.field("Absent")) == ("7", "")


# --- TLS


@pytest.fixture
def secure(tmp_path: Path, certificate: Callable[[Path], tuple[str, str]]) -> Iterator[tuple[int, str, list[bytes]]]:
    """Serve over TLS as localhost; give the port, the certificate, and what was asked."""
    pem, key = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def go() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    with suppress(OSError), context.wrap_socket(connection, server_side=True) as line:
                        asked.append(line.recv(65536))
                        line.sendall(YES)

        thread = threading.Thread(target=go, daemon=True)
        thread.start()
        yield listening.getsockname()[1], pem, asked
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def test_a_certificate_that_nobody_vouches_for_gets_no_password(secure: tuple[int, str, list[bytes]]) -> None:
    """The call ends before anything of it left."""
    port, _, asked = secure
    line = CurlLine({"Authorization": "Basic x"}, 4)

    async def work() -> None:
        assert not await _left(line, port, "https")

    _run(line, work)
    assert not any(asked)


def test_over_tls_too_a_line_that_ended_between_two_calls_costs_nothing(
    secure: tuple[int, str, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What left is as certain there."""
    port, pem, asked = secure
    monkeypatch.setitem(curl_line._ALWAYS, pycurl.CAINFO, pem)  # noqa: SLF001
    line = CurlLine({}, 1)

    async def work() -> None:
        for _ in range(3):
            assert (await line.post(f"https://localhost:{port}/", FORM, 5)).status == 201
            await asyncio.sleep(0.1)

    _run(line, work)
    assert len(asked) == 3


@pytest.mark.parametrize(("host", "good"), [("localhost", True), ("127.0.0.1", False)])
def test_a_certificate_is_good_for_its_own_name_only(
    host: str, good: bool, secure: tuple[int, str, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With somebody who vouches for it the name still counts."""
    port, pem, asked = secure
    monkeypatch.setitem(curl_line._ALWAYS, pycurl.CAINFO, pem)  # noqa: SLF001
    line = CurlLine({}, 4)

    async def work() -> None:
        if good:
            assert (await line.post(f"https://{host}:{port}/", FORM, 5)).status == 201
            return
        with pytest.raises(NoAnswer) as caught:
            await line.post(f"https://{host}:{port}/", FORM, 5)
        assert not caught.value.left

    _run(line, work)
    assert any(asked) == good
