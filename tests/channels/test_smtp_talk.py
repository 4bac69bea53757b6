"""Several commands at once to a mail server: what goes together, and what must never follow a refusal."""

import asyncio
import socket
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress

import pytest
from aiosmtplib import SMTP

from channels import smtp_line
from onevoice.dispatch.providers import Outcome, Result

Serve = Callable[[socket.socket], None]
Serving = Callable[[Serve], AbstractContextManager[int]]
MAIL = b"Subject: Flood\r\n\r\n.Go up.\r\n..\r\nNow.\r\n"
TOGETHER = b"250-here\r\n250 PIPELINING\r\n"


def _came(connection: socket.socket) -> bytes:
    with suppress(BlockingIOError):
        return connection.recv(65536, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    return b""


class Server:
    """A mail server that answers as it is told, and remembers what came in which piece."""

    def __init__(self, answers: dict[str, bytes] | None = None, *, together: bool = True) -> None:
        usual = {
            "EHLO": TOGETHER if together else b"250 here\r\n",
            "DATA": b"354 go\r\n",
            "DOT": b"250 queued as 1\r\n",
        }
        self.answers = usual | (answers or {})
        self.pieces: list[bytes] = []
        self.connections = 0
        self.thinks = 0.0
        self.merges = False
        """What it says to a mail goes out with what it says next."""
        self.early = b""
        """What had come when a mail was about to be answered for."""

    def __call__(self, connection: socket.socket) -> None:
        """Serve one connection."""
        self.connections += 1
        connection.sendall(b"220 here\r\n")
        rest, in_mail, late = b"", False, b""
        while piece := connection.recv(65536):
            self.pieces.append(piece)
            *lines, rest = (rest + piece).split(b"\r\n")
            said, late = late, b""
            for line in lines:
                verb = "DOT" if in_mail and line == b"." else "" if in_mail else line[:4].decode()
                answer = self.answers.get(verb, b"250 ok\r\n") if verb else b""
                in_mail = answer.startswith(b"354") if verb else in_mail
                if verb == "DOT":
                    time.sleep(self.thinks)
                    self.early += piece + _came(connection)
                if not answer and verb == "DOT":
                    return
                said += answer
            if self.merges and said == self.answers["DOT"]:
                late = said
                continue
            connection.sendall(said)

    @property
    def heard(self) -> bytes:
        """All that came."""
        return b"".join(self.pieces)


def _both(port: int, patience: float = 2.0) -> list[Outcome]:
    """Two mails at the same time."""

    async def go() -> list[Outcome]:
        lines = _lines(port)
        outcomes = await asyncio.gather(
            *(smtp_line.deliver(lines, "us@city.example", to, MAIL, patience) for to in ("a@x.example", "b@x.example"))
        )
        await lines.close()
        return outcomes

    return asyncio.run(go())


def _lines(port: int) -> smtp_line.Lines:
    return smtp_line.Lines(lambda: SMTP(hostname="127.0.0.1", port=port, local_hostname="x", start_tls=False))


def _deliver(port: int, *recipients: str, patience: float = 2.0) -> list[Outcome]:
    async def go() -> list[Outcome]:
        lines = _lines(port)
        outcomes = [await smtp_line.deliver(lines, "us@city.example", to, MAIL, patience) for to in recipients]
        await lines.close()
        return outcomes

    return asyncio.run(go())


@pytest.mark.parametrize("together", [True, False])
def test_what_the_server_takes_together_goes_together(together: bool, served: Serving) -> None:
    """Three commands in one piece, the mail in another; one at a time where the server does not say PIPELINING."""
    server = Server(together=together)

    with served(server) as port:
        outcomes = _deliver(port, "a@people.example", "b@people.example")

    assert {one.result for one in outcomes} == {Result.ACCEPTED}
    first = [piece for piece in server.pieces if b"a@people" in piece]
    assert first == [
        b"MAIL FROM:<us@city.example>\r\nRCPT TO:<a@people.example>\r\nDATA\r\n"
        if together
        else b"RCPT TO:<a@people.example>\r\n"
    ]
    assert server.pieces.count(b"Subject: Flood\r\n\r\n..Go up.\r\n...\r\nNow.\r\n.\r\n") == 2
    assert server.connections == 1


def test_a_mail_never_goes_before_it_is_asked_for(served: Serving) -> None:
    """A server that does not answer DATA has not been given anything: there is no doubt."""
    server = Server({"DATA": b""})

    with served(server) as port:
        [outcome] = _deliver(port, "a@people.example", patience=0.3)

    assert outcome.result is Result.RETRY
    assert b"Subject" not in server.heard


def test_a_mail_that_was_asked_for_on_a_line_that_ended_is_not_in_doubt(
    served: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the server says of one mail makes no sense, and the next is asked for in the same piece: it goes anew."""
    monkeypatch.setattr(smtp_line, "MOST_LINES", 1)
    server = Server()
    server.thinks = 0.2

    def second_is_kind(connection: socket.socket) -> None:
        server.merges = server.connections == 0
        server.answers["DOT"] = b"what?\r\n" if server.merges else b"250 queued as 2\r\n"
        server(connection)

    with served(second_is_kind) as port:
        first, second = _both(port)

    assert (first.result, second.result) == (Result.UNKNOWN, Result.ACCEPTED)
    assert server.heard.count(b"Subject: Flood") == 2


@pytest.mark.parametrize("verb", ["RCPT", "DATA"])
def test_a_server_that_wants_nobody_refuses_us_and_not_the_mail_of_a_line_that_ended(
    verb: str, served: Serving
) -> None:
    """A kept line ends in the middle of a mail, the next is turned away at the door: nobody is given up for it."""
    server = Server(together=False)

    def restarts(connection: socket.socket) -> None:
        if server.connections:
            connection.sendall(b"554 5.3.2 not you\r\n")
            return
        server(_Ends(connection, verb.encode(), 2))  # type: ignore[arg-type]

    with served(restarts) as port:
        first, second = _deliver(port, "a@people.example", "b@people.example")

    assert first.result is Result.ACCEPTED
    assert (second.result, second.halts) == (Result.RETRY, True)


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
def test_a_server_that_ends_a_line_after_so_many_mails_holds_up_nobody(verb: str, served: Serving) -> None:
    """It says 421 to the mail after: that one goes by a new line, and the channel does not pause."""

    def one_mail(connection: socket.socket) -> None:
        server(_Ends(connection, verb.encode(), 2, b"421 4.7.0 enough for this session\r\n"))  # type: ignore[arg-type]

    server = Server(together=False)
    with served(one_mail) as port:
        outcomes = _deliver(port, "a@people.example", "b@people.example", "c@people.example")

    assert {(one.result, one.retry_after) for one in outcomes} == {(Result.ACCEPTED, None)}
    assert server.connections == 3


class _Ends:
    """A connection that is over when a verb comes for the nth time, after these words."""

    def __init__(self, connection: socket.socket, verb: bytes, nth: int, last: bytes = b"") -> None:
        self._connection, self._verb, self._left, self._last = connection, verb, nth, last

    def sendall(self, said: bytes) -> None:
        self._connection.sendall(said)

    def recv(self, size: int, flags: int = 0) -> bytes:
        came = self._connection.recv(size, flags)
        self._left -= not flags and came.startswith(self._verb)
        if self._left:
            return came
        self._connection.sendall(self._last)
        return b""


@pytest.mark.parametrize("verb", ["MAIL", "RCPT"])
def test_a_server_that_wants_a_mail_which_it_refused_does_not_get_one(verb: str, served: Serving) -> None:
    """It says 354 although it refused: neither that mail nor an empty one is given, and the next has another line."""
    server = Server({verb: b"450 4.2.0 later\r\n"})

    with served(server) as port:
        began = time.monotonic()
        outcomes = _deliver(port, "a@people.example", "b@people.example")
        took = time.monotonic() - began

    assert {(one.result, one.code) for one in outcomes} == {(Result.RETRY, "450 4.2.0")}
    assert b"Subject" not in server.heard
    assert b"\r\n.\r\n" not in server.heard
    assert server.connections == 2
    assert took < smtp_line.TURNING


@pytest.mark.parametrize("answer", [b"550 5.7.1 no\r\n", b"what?\r\n"])
def test_one_at_a_time_nothing_follows_what_was_not_agreed_to(answer: bytes, served: Serving) -> None:
    """A refusal, or what is no reply: the server is not told for whom it is."""
    server = Server({"MAIL": answer}, together=False)

    with served(server) as port:
        [outcome] = _deliver(port, "a@people.example")

    assert outcome.result is Result.RETRY
    assert b"RCPT" not in server.heard


def test_a_refusal_keeps_the_line(served: Serving) -> None:
    """What was said together with it is answered for, and the next mail begins anew."""
    server = Server({"RCPT": b"550 5.1.1 nobody\r\n", "DATA": b"554 5.5.1 no valid recipients\r\n"})

    with served(server) as port:
        outcomes = _deliver(port, "a@people.example", "b@people.example")

    assert {one.result for one in outcomes} == {Result.REJECTED}
    assert (server.connections, server.heard.count(b"RSET\r\n")) == (1, 1)


def test_a_server_that_says_something_by_itself_is_left(served: Serving) -> None:
    """It is about to close: the next mail is not trusted to that line."""
    server = Server({"DOT": b"250 queued as 1\r\n421 4.3.2 closing\r\n"})

    with served(server) as port:
        outcomes = _deliver(port, "a@people.example", "b@people.example")

    assert {one.result for one in outcomes} == {Result.ACCEPTED}
    assert server.connections == 2


@pytest.mark.parametrize("answer", [b"250-x\r\n" * 200, b"2" * 9000], ids=["lines without end", "a line without end"])
def test_a_reply_without_an_end_is_given_up(answer: bytes, served: Serving) -> None:
    """At once, and not when patience ends."""
    with served(Server({"DOT": answer})) as port:
        [outcome] = _deliver(port, "a@people.example")

    assert (outcome.result, outcome.code) == (Result.UNKNOWN, "SMTPServerDisconnected")


def test_the_next_mail_is_announced_while_the_server_thinks(served: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no more lines may be opened, a line does not wait for the word on one mail before it begins the next."""
    monkeypatch.setattr(smtp_line, "MOST_LINES", 1)
    server = Server()
    server.thinks = 0.2

    with served(server) as port:
        outcomes = _both(port)

    assert {one.result for one in outcomes} == {Result.ACCEPTED}
    assert b"RCPT TO:<b@x.example>\r\nDATA\r\n" in server.early
    assert b"Now.\r\n.\r\nMAIL FROM:<us@city.example>" in server.early, "with the mail before it, in one piece"
    assert server.connections == 1


def test_one_at_a_time_the_next_mail_waits_for_the_word_on_the_last(
    served: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server without PIPELINING ends a connection on which a command comes before its answer."""
    monkeypatch.setattr(smtp_line, "MOST_LINES", 1)
    server = Server(together=False)
    server.thinks = 0.2

    with served(server) as port:
        outcomes = _both(port)

    assert {one.result for one in outcomes} == {Result.ACCEPTED}
    assert b"MAIL" not in server.early
    assert server.connections == 1


def test_a_line_that_ends_takes_only_the_mail_that_it_was_given(
    served: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that was given is in doubt; the one that was only announced goes by another line, once."""
    monkeypatch.setattr(smtp_line, "MOST_LINES", 1)
    server = Server({"DOT": b""})

    def second_is_kind(connection: socket.socket) -> None:
        server.thinks = 0.2
        server.answers["DOT"] = b"" if server.connections == 0 else b"250 queued as 2\r\n"
        server(connection)

    with served(second_is_kind) as port:
        first, second = _both(port)

    assert (first.result, second.result) == (Result.UNKNOWN, Result.ACCEPTED)
    assert server.connections == 2
    assert server.heard.count(b"Subject: Flood") == 2


def test_a_line_is_left_after_its_last_mail_only(served: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody says goodbye while a mail is not answered for."""
    monkeypatch.setattr(smtp_line, "MOST_LINES", 1)
    monkeypatch.setattr(smtp_line, "MOST_USES", 1)
    monkeypatch.setattr(smtp_line, "PARTING", 0.05)
    server = Server()
    server.thinks = 0.2

    with served(server) as port:
        outcomes = _both(port)

    assert {one.result for one in outcomes} == {Result.ACCEPTED}
    assert server.connections == 2
