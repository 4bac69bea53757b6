"""Providers that are never the bottleneck: a web service of Twilio's shape and a mail server, each with its own count.

    .venv/bin/python -m benchmarks.sink [--latency SECONDS]

Both listen on free ports of loopback; where, stands in one line of JSON on standard output. Every request is read
whole and checked as far as a benchmark needs it: the path, that somebody signs in, that there are recipient, text and
callback. `GET /count` says what was taken, and `POST /count` begins to count anew: how many, how many different ones
(by callback address, by Message-ID), when the first and the last came (seconds since 1970), and how many text messages
waited for their answer at once. `--latency`: seconds before each text message is answered. Ends when standard input
does.

The sandbox plays every trick of a provider and writes each of its steps down, so it takes fewer messages a second than
a sender can make. Nothing here is for tests of what is right.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import resource
import sys
import time
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

MESSAGES = re.compile(rb"POST (?:http://[^/ ]+)?/2010-04-01/Accounts/AC[0-9a-f]{32}/Messages\.json HTTP/1\.1\r\n")
LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
SIGNED_IN = re.compile(rb"\r\nauthorization: *basic ", re.IGNORECASE)
TO = re.compile(rb"(?:^|&)To=([^&]+)")
BODY = re.compile(rb"(?:^|&)Body=[^&]")
CALLBACK = re.compile(rb"(?:^|&)StatusCallback=([^&]+)")
MESSAGE_ID = re.compile(rb"^message-id: *(\S+)", re.IGNORECASE | re.MULTILINE)
HEAD = b"HTTP/1.1 %d %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
REASON = {200: b"OK", 201: b"Created", 400: b"Bad Request", 404: b"Not Found"}


@dataclass
class Count:
    """What one service took."""

    taken: int = 0
    different: set[bytes] = field(default_factory=set)
    first_at: float = 0.0
    last_at: float = 0.0
    most_at_once: int = 0
    at_once: int = 0

    def take(self, mark: bytes) -> None:
        """One message, known by its mark."""
        self.last_at = time.time()
        self.first_at = self.first_at or self.last_at
        self.taken += 1
        self.different.add(mark)

    def told(self) -> dict[str, float]:
        """For whoever asks."""
        plain = {"taken": self.taken, "different": len(self.different), "most_at_once": self.most_at_once}
        return plain | {"first_at": self.first_at, "last_at": self.last_at}


class Sink:
    """Both services and their counts."""

    def __init__(self, latency: float = 0.0) -> None:
        self.latency = latency
        self.sms, self.mail = Count(), Count()

    def count(self) -> bytes:
        """What was taken, as JSON, with the processor's seconds until now."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        told = {"sms": self.sms.told(), "mail": self.mail.told(), "cpu": used.ru_utime + used.ru_stime}
        return json.dumps(told).encode()

    def anew(self) -> None:
        """Forget what was taken."""
        self.sms, self.mail = Count(), Count()


class Web(asyncio.Protocol):
    """One connection of the web service: as many requests as come, one after the other or at once."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a connection of TCP can be written to
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that is whole."""
        self._rest += data
        while (end := self._rest.find(b"\r\n\r\n")) >= 0:
            head = self._rest[: end + 2]
            said = LENGTH.search(head)
            whole = end + 4 + (int(said[1]) if said else 0)
            if len(self._rest) < whole:
                return
            body, self._rest = self._rest[end + 4 : whole], self._rest[whole:]
            self._answer(head, body)

    def _answer(self, head: bytes, body: bytes) -> None:
        if MESSAGES.match(head):
            self._message(head, body)
        elif b" /count HTTP" in head:
            told = self._sink.count()
            if head.startswith(b"POST"):
                self._sink.anew()
            self._say(200, told)
        else:
            self._say(404, b"{}")

    def _message(self, head: bytes, body: bytes) -> None:
        count = self._sink.sms
        to, callback = TO.search(body), CALLBACK.search(body)
        if not (to and callback and BODY.search(body) and SIGNED_IN.search(head)):
            self._say(400, b'{"code": 21211, "message": "not whole", "status": 400}')
            return
        count.take(callback[1])
        reply = _created(count.taken, to[1])
        if not self._sink.latency:
            self._say(201, reply)
            return
        count.at_once += 1
        count.most_at_once = max(count.most_at_once, count.at_once)
        asyncio.get_running_loop().call_later(self._sink.latency, self._later, count, reply)

    def _later(self, count: Count, reply: bytes) -> None:
        count.at_once -= 1
        self._say(201, reply)

    def _say(self, status: int, content: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(HEAD % (status, REASON[status], len(content)) + content)


def _created(number: int, to: bytes) -> bytes:
    """What Twilio says of a message that it took, with the fields that it has."""
    return CREATED % (b"%032x" % number, unquote_plus(to.decode()).encode())


CREATED = (
    b'{"account_sid": "AC00000000000000000000000000000000", "api_version": "2010-04-01", "body": "", '
    b'"date_created": "Sun, 29 Nov 2026 12:00:00 +0000", "date_sent": null, '
    b'"date_updated": "Sun, 29 Nov 2026 12:00:00 +0000", "direction": "outbound-api", "error_code": null, '
    b'"error_message": null, "from": "+12025550100", "messaging_service_sid": null, "num_media": "0", '
    b'"num_segments": "1", "price": null, "price_unit": null, "sid": "SM%b", "status": "queued", '
    b'"subresource_uris": {}, "to": "%b", "uri": ""}'
)


class Mail(asyncio.Protocol):
    """One connection of the mail server, with PIPELINING."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._rest = b""
        self._in_mail = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - as above
        self._transport = transport
        transport.write(b"220 sink.example ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer every command and every mail that is whole; what came together is answered together."""
        self._rest += data
        answers = b""
        while True:
            mark = b"\r\n.\r\n" if self._in_mail else b"\r\n"
            end = self._rest.find(mark)
            if end < 0:
                break
            whole, self._rest = self._rest[:end], self._rest[end + len(mark) :]
            answers += self._mail(whole) if self._in_mail else self._command(whole)
        if answers:
            self._transport.write(answers)
        if answers.endswith(b"221 2.0.0 Bye\r\n"):
            self._transport.close()

    def _command(self, line: bytes) -> bytes:
        verb = line[:4].upper()
        if verb == b"DATA":
            self._in_mail = True
            return b"354 go ahead\r\n"
        return ANSWERS.get(verb, b"502 5.5.2 what?\r\n")

    def _mail(self, whole: bytes) -> bytes:
        self._in_mail = False
        count = self._sink.mail
        known = MESSAGE_ID.search(whole)
        if not known:
            return b"554 5.6.0 no Message-ID\r\n"
        count.take(known[1])
        return b"250 2.0.0 Ok: queued as %X\r\n" % count.taken


ANSWERS = {
    b"EHLO": b"250-sink.example\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n250 8BITMIME\r\n",
    b"HELO": b"250 sink.example\r\n",
    b"MAIL": b"250 2.1.0 Ok\r\n",
    b"RCPT": b"250 2.1.5 Ok\r\n",
    b"RSET": b"250 2.0.0 Ok\r\n",
    b"NOOP": b"250 2.0.0 Ok\r\n",
    b"QUIT": b"221 2.0.0 Bye\r\n",
}


async def main(latency: float) -> None:
    """Serve until standard input ends."""
    loop, sink = asyncio.get_running_loop(), Sink(latency)
    web = await loop.create_server(lambda: Web(sink), "127.0.0.1", 0, backlog=1024)
    mail = await loop.create_server(lambda: Mail(sink), "127.0.0.1", 0, backlog=1024)
    ports = [server.sockets[0].getsockname()[1] for server in (web, mail)]
    print(json.dumps({"sms": f"http://127.0.0.1:{ports[0]}", "smtp": ["127.0.0.1", ports[1]], "pid": os.getpid()}))
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="providers that are never the bottleneck")
    parser.add_argument("--latency", type=float, default=0.0)
    asyncio.run(main(parser.parse_args().latency))
