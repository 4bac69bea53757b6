"""What a test asks of the sandbox itself: faults, inbound messages, the record, counts."""

import asyncio
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.behaviours import BEHAVIOURS
from sandbox.faults import ELSEWHERE, BadFault, Fault
from sandbox.inbound import BadInbound, Inbound, receive
from sandbox.post_behaviours import POST_BEHAVIOURS
from sandbox.record import lines_after
from sandbox.world import World


class Control:
    """The endpoints under /sandbox, and /healthz. They need no credentials: only this machine can reach them."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        """Where the endpoints are."""
        return [
            Route("/healthz", self.health, methods=["GET"]),
            Route("/sandbox/faults", self.faults, methods=["GET"]),
            Route("/sandbox/faults", self.add_fault, methods=["POST"]),
            Route("/sandbox/faults", self.clear_faults, methods=["DELETE"]),
            Route("/sandbox/inbound", self.inbound, methods=["POST"]),
            Route("/sandbox/record", self.record, methods=["GET"]),
            Route("/sandbox/stats", self.stats, methods=["GET"]),
        ]

    async def health(self, _request: Request) -> Response:
        """Says that it lives, and how far the record is."""
        return JSONResponse({"status": "ok", "seq": self._world.record.seq})

    async def faults(self, _request: Request) -> Response:
        """Lists what stands, and every kind there is."""
        kinds = {name: behaviour.meaning for name, behaviour in BEHAVIOURS.items()}
        kinds |= {name: meaning for name, (_, meaning) in ELSEWHERE.items()}
        posts = {name: behaviour.meaning for name, behaviour in POST_BEHAVIOURS.items()}
        return JSONResponse({"standing": self._world.faults.standing(), "kinds": kinds, "post_kinds": posts})

    async def add_fault(self, request: Request) -> Response:
        """Puts one fault into the programme."""
        try:
            fault = Fault.asked(await _object(request))
        except BadFault as problem:
            return _wrong(problem)
        self._world.faults.add(fault)
        standing = self._world.faults.standing()
        self._world.record.write("sandbox", "fault", detail=standing[-1])
        return JSONResponse({"standing": standing}, 201)

    async def clear_faults(self, _request: Request) -> Response:
        """Ends the programme."""
        self._world.faults.clear()
        self._world.record.write("sandbox", "faults-cleared")
        return Response(status_code=204)

    async def inbound(self, request: Request) -> Response:
        """Lets somebody send a message, and tells what the webhook answered."""
        try:
            inbound = Inbound.asked(await _object(request))
        except BadInbound as problem:
            return _wrong(problem)
        return JSONResponse(await receive(self._world, inbound), 201)

    async def record(self, request: Request) -> Response:
        """Gives the record as it stands; ?after=SEQ only what came later."""
        after = request.query_params.get("after", "0")
        if not after.isdecimal():
            return _wrong(ValueError("after is the seq of an entry"))
        lines = await asyncio.to_thread(lines_after, self._world.record.path, int(after))
        return Response(lines, media_type="application/x-ndjson")

    async def stats(self, _request: Request) -> Response:
        """Counts."""
        return JSONResponse(self._world.stats.told())


async def _object(request: Request) -> dict[str, Any]:
    try:
        found = json.loads(await request.body())
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _wrong(problem: ValueError) -> JSONResponse:
    return JSONResponse({"error": str(problem)}, 400)
