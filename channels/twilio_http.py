"""The line to Twilio's API: the SDK's HTTP client with our host, our time-outs, and an end to every call.

What the SDK's own client does that must not happen here (9.13, read 2026-11-22): it waits for ever unless told
otherwise; it keeps its last answer in one place for all threads, so that one may get another's; it logs the query of
a list call, which holds the recipient's number. And `requests` counts its read time-out anew with every byte.
"""

from __future__ import annotations

import json
import logging
import re
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import Any

from requests import RequestException
from requests.adapters import HTTPAdapter
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from channels.curl_line import CONNECT, NoAnswer
from onevoice.dispatch import policy

PUBLIC = "https://api.twilio.com"
TAKEN = range(200, 300)
CODES_END = 1_000_000
"""Twilio's own numbers have six digits at most."""


def _speaks_up(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING


# urllib3 logs each request line when somebody debugs, and a list call has the recipient's number in it. A filter holds
# where a level would not: whoever debugs lowers the levels of all loggers.
logging.getLogger("urllib3.connectionpool").addFilter(_speaks_up)


class Answered(Exception):
    """The service answered, but not with success. `code` is Twilio's own number, where it gave one."""

    def __init__(self, status: int, code: int | None, wait: float | None) -> None:
        self.status, self.code, self.wait = status, code, wait
        super().__init__(f"HTTP {status}, code {code}")


class Unreadable(Exception):
    """The service answered with success, and something that cannot be read."""


class Call:
    """One call on its way. Knows whether anything has left, and can be ended from another thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._over = False
        self.left = False

    def leaves(self, line: socket.socket) -> None:
        """Bytes are about to go out on this socket. Raises TimeoutError where the call was ended before."""
        with self._lock:
            if self._over:
                raise TimeoutError
            self._socket, self.left = line, True

    def end(self) -> bool:
        """Nothing leaves any more, and whoever waits for the answer wakes up. True where something had left."""
        with self._lock:
            if self._socket is not None and not self._over:
                with suppress(OSError):
                    # Not the method of an SSLSocket: it would pull the TLS state from under the thread that reads.
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
            self._over = True
            return self.left

    def done(self) -> None:
        """The answer is in: the socket serves other calls now."""
        with self._lock:
            self._socket, self._over = None, True


_thread = threading.local()


def run(call: Call, work: Callable[[], Any]) -> Any:
    """Do `work` with a Line, in this thread. What goes wrong is returned, never raised: its text may hold a number."""
    _thread.call = call
    try:
        return work()
    except (Answered, Unreadable) as answer:
        return answer
    except (RequestException, OSError):
        return NoAnswer(left=call.left)
    except Exception:  # noqa: BLE001 - whatever the SDK stumbles over, it is an answer that makes no sense
        return Unreadable() if call.left else NoAnswer(left=False)
    finally:
        call.done()


class _Plain(HTTPConnection):
    """Tells the call of this thread that bytes leave."""

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        _thread.call.leaves(self.sock)
        super().send(data)


class _Secure(HTTPSConnection):
    """As _Plain, over TLS."""

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        _thread.call.leaves(self.sock)
        super().send(data)


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class _Adapter(HTTPAdapter):
    """Connections that say when bytes leave, and no retries: whether to try again is not for a library to say."""

    def __init__(self, width: int) -> None:
        super().__init__(pool_connections=1, pool_maxsize=width, max_retries=0)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}


class Line(TwilioHttpClient):
    """The SDK's client, with another base URL. For many threads at once."""

    def __init__(self, base: str, read: float, width: int) -> None:
        super().__init__()
        self._base = base.rstrip("/")
        self._timeouts = (min(CONNECT, read), read)
        # No proxy and no .netrc from the environment: an exercise that goes through a proxy is not on this machine.
        self.session.trust_env = False
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, _Adapter(width))

    def request(  # noqa: PLR0913, PLR0917 - the SDK's signature
        self,
        method: str,
        url: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,  # noqa: FBT001, FBT002 - the SDK's signature
    ) -> Response:
        """Make one request. Raises Answered for every answer but success, and what `requests` raises."""
        del timeout, allow_redirects
        if not url.startswith(f"{PUBLIC}/"):
            raise ValueError("the SDK asks for another host than the one that we put ours in place of")
        there = self._base + url.removeprefix(PUBLIC)
        reply = self.session.request(
            method, there, params, data, headers, auth=auth, timeout=self._timeouts, allow_redirects=False
        )
        reply.encoding = "utf-8"
        if reply.status_code not in TAKEN:
            raise Answered(reply.status_code, code_of(reply.content), seconds(reply.headers))
        return Response(reply.status_code, reply.text, reply.headers)

    def close(self) -> None:
        """Let go of the connections."""
        self.session.close()


def code_of(body: bytes) -> int | None:
    """Twilio's own number in the body of a refusal, where it has one."""
    try:
        code = json.loads(body)["code"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return code if isinstance(code, int) and 0 < code < CODES_END else None


def seconds(headers: Mapping[str, str]) -> float | None:
    """What Retry-After asks for, in seconds from now; None where it asks for nothing that makes sense."""
    text = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]{1,20}", text):
        return policy.asked(float(text))
    try:
        return policy.asked(parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None
