"""The Bluesky service, first part: who one is.

It answers as packages/pds/src/api/com/atproto/server/ of github.com/bluesky-social/atproto does (read 2026-11-22).
"""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.bluesky_refusals import NAMES, invalid, rate_headers, refusal, reset
from sandbox.bluesky_sessions import Sessions
from sandbox.bluesky_wish import bearer, input_of
from sandbox.faults import Fault
from sandbox.post_behaviours import PostBehaviour, outcome_of
from sandbox.post_refusal import PostRefusal
from sandbox.posting_service import OK, PostingService, told
from sandbox.world import World


class BlueskyLogin(PostingService):
    """The endpoints for sessions and names."""

    name = "bluesky"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._account = world.bluesky
        self._sessions = Sessions(self._account)

    def routes(self) -> list[Route]:
        """Where the endpoints are."""
        return [
            Route("/xrpc/com.atproto.server.createSession", self.create_session, methods=["POST"]),
            Route("/xrpc/com.atproto.server.refreshSession", self.refresh_session, methods=["POST"]),
            Route("/xrpc/com.atproto.server.getSession", self.get_session, methods=["GET"]),
            Route("/xrpc/com.atproto.identity.resolveHandle", self.resolve_handle, methods=["GET"]),
        ]

    async def create_session(self, request: Request) -> Response:
        """Logs in."""
        fields = await input_of(request)

        def open_session() -> Response:
            headers = rate_headers(self._sessions.spend())
            identifier, password = str(fields.get("identifier", "")), str(fields.get("password", ""))
            return JSONResponse(self._sessions.opened(identifier, password), headers=headers)

        return self._session(request, open_session)

    async def refresh_session(self, request: Request) -> Response:
        """Gives new tokens for a refresh token."""
        return self._session(request, lambda: JSONResponse(self._sessions.renewed(bearer(request))))

    def _session(self, request: Request, work: Callable[[], Response]) -> Response:
        self._world.stats.tick("bluesky session")
        behaviour, fault = self._struck("session")
        try:
            reply = self._unanswered(behaviour, fault) or work()
            outcome = str(reply.status_code) if behaviour.accepts else outcome_of(behaviour, OK)
        except PostRefusal as refused:
            reply, outcome = refused.response(), refused.outcome
        detail = {"path": request.url.path}
        self._world.record.write("bluesky", "session", headers=told(request), outcome=outcome, detail=detail)
        return reply

    async def get_session(self, request: Request) -> Response:
        """Shows whose token this is."""

        def find() -> Response:
            self._sessions.admit(bearer(request))
            return JSONResponse(self._sessions.shown())

        return self._look(request, find)

    async def resolve_handle(self, request: Request) -> Response:
        """Tells the did of the handle."""

        def find() -> Response:
            if request.query_params.get("handle", "").lower() != self._account.handle:
                raise invalid("Unable to resolve handle", "HandleNotFound")
            return JSONResponse({"did": self._account.did})

        return self._look(request, find)

    def _refusal(self, behaviour: PostBehaviour, fault: Fault | None = None) -> PostRefusal:
        status = behaviour.status if behaviour.status in NAMES else 500
        headers = reset(fault.retry_after) if fault and status == 429 else {}  # noqa: PLR2004 - HTTP
        sentence = "Token has expired" if behaviour.error == "ExpiredToken" else ""
        return refusal(status, sentence, behaviour.error, headers)
