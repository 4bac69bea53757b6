"""Puts the services together and runs them until they are told to stop."""

import asyncio
import json
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from sandbox.bluesky import BlueskyService
from sandbox.callbacks import Courier
from sandbox.control import Control
from sandbox.faults import FaultProgramme
from sandbox.mastodon import MastodonService
from sandbox.options import Options
from sandbox.postbox import SmtpService
from sandbox.posting import Poster
from sandbox.record import Record, RecordLost
from sandbox.refusals import Refusal
from sandbox.sms import SmsService
from sandbox.stats import Stats
from sandbox.world import World

LOOPBACK = "127.0.0.1"
IDLE = 60
"""Seconds after which an idle connection is closed."""
GLANCE = 0.5
"""Seconds between two looks at whether the parent lives."""
PARTING = 1
"""Seconds that requests under way have when the sandbox stops."""


class WebServer(uvicorn.Server):
    """uvicorn, which leaves the signals to us and says when it listens."""

    def __init__(self, config: uvicorn.Config, word: str) -> None:
        super().__init__(config)
        self._word = word

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing: uvicorn would raise them again at the end, and a clean stop would not look like one."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listens, and tells whoever started this process."""
        await super().startup(sockets)
        print(self._word, flush=True)  # noqa: T201 - this line is the interface

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends, without waiting for replies that are held back."""
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await super().shutdown(sockets)

    def stop(self) -> None:
        """Ends the serving soon."""
        self.should_exit = True

    def hang_up(self, scope: Scope) -> None:
        """Cuts the connection that a request came by."""
        for connection in list(self.server_state.connections):
            if getattr(connection, "client", None) == scope["client"]:
                connection.transport.abort()


def world_of(options: Options, record: Record) -> World:
    """All that the services share."""
    faults, stats, poster = FaultProgramme(), Stats(), Poster(options.account, options.workers)
    courier = Courier(
        account=options.account,
        odds=options.odds,
        record=record,
        faults=faults,
        stats=stats,
        poster=poster,
        workers=options.workers,
    )
    return World(
        account=options.account,
        mastodon=options.mastodon,
        bluesky=options.bluesky,
        odds=options.odds,
        record=record,
        courier=courier,
        poster=poster,
        faults=faults,
        stats=stats,
        magic=options.magic,
        max_rate=options.max_rate,
    )


async def serve(options: Options) -> None:
    """Runs until SIGTERM or SIGINT. Raises OSError for a port or record that cannot be had, and for a full disk."""
    record = Record(options.record)
    world = world_of(options, record)
    try:
        await _serve(options, world)
    finally:
        await world.poster.close()
        record.close()


async def _serve(options: Options, world: World) -> None:
    listening = _listening(options.sms_port)
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_unforeseen)
    smtp = await loop.create_server(lambda: SmtpService(world, options.office), LOOPBACK, options.smtp_port)
    web = f"http://{LOOPBACK}:{listening.getsockname()[1]}"
    addresses = {
        "sms": web,
        "smtp": f"{LOOPBACK}:{smtp.sockets[0].getsockname()[1]}",
        "mastodon": web,
        "bluesky": web,
        "record": str(world.record.path),
    }
    server = WebServer(_config(world), json.dumps(addresses))
    world.hang_up = server.hang_up
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    world.record.write("sandbox", "started", detail=addresses | {"seed": options.odds.seed})
    world.remember()
    if options.with_parent:
        _stop_with(os.getppid(), server)
    await _run(world, server, listening)
    smtp.close()
    world.record.write("sandbox", "stopped")
    if world.record.lost:
        raise world.record.lost


def _unforeseen(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    # A lost record stops the process, which then says so once.
    if not isinstance(context.get("exception"), RecordLost):
        loop.default_exception_handler(context)


def _listening(port: int) -> socket.socket:
    # asyncio sends small packets at once (TCP_NODELAY) only where the protocol is named. socket.create_server does not
    # name it, and each reply on a kept connection then takes 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((LOOPBACK, port))
    return listening


async def _not_recorded(_request: Request, _problem: Exception) -> Response:
    return Refusal(20500).response()


def _config(world: World) -> uvicorn.Config:
    services = (SmsService(world), MastodonService(world), BlueskyService(world), Control(world))
    routes = [route for service in services for route in service.routes()]
    app = Starlette(routes=routes, exception_handlers={RecordLost: _not_recorded})
    return uvicorn.Config(
        app,
        http="h11",
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_keep_alive=IDLE,
        timeout_graceful_shutdown=PARTING,
    )


def _stop_with(parent: int, server: WebServer) -> None:
    # A parent that is killed cannot tell its children; they find themselves adopted.
    if os.getppid() != parent:
        server.stop()
    else:
        asyncio.get_running_loop().call_later(GLANCE, _stop_with, parent, server)


async def _run(world: World, server: WebServer, listening: socket.socket) -> None:
    courier = asyncio.create_task(world.courier.run())
    world.record.when_lost = server.stop
    await server.serve(sockets=[listening])
    courier.cancel()
    # Whatever it failed of, a lost record is the cause or will be said next.
    await asyncio.wait([courier])
