"""The Mastodon service: one server with one account.

It answers as Mastodon's REST API does: https://docs.joinmastodon.org/methods/statuses/, .../methods/accounts/,
.../methods/instance/, .../api/rate-limits/; and as app/controllers/api/v1/statuses_controller.rb and
config/initializers/rack_attack.rb of its source do (read 2026-11-22).
"""

import secrets
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.faults import Fault
from sandbox.limits import Limit, Standing, tightest
from sandbox.mastodon_refusals import MOST_CALLS, rate_headers, refusal, reset
from sandbox.mastodon_statuses import ACCOUNT_ID, Status
from sandbox.mastodon_text import A_LINK, LONGEST
from sandbox.mastodon_wish import Asked
from sandbox.post_behaviours import PostBehaviour, outcome_of
from sandbox.post_refusal import PostRefusal
from sandbox.posting_service import OK, PostingService, told
from sandbox.world import World

FIVE_MINUTES, THREE_HOURS = 300, 10_800
PAGE, LARGEST_PAGE = 20, 40
VERSION = "4.5.0"
NO_THREAD = "The post you are trying to reply to does not appear to exist."


class MastodonService(PostingService):
    """The endpoints."""

    name = "mastodon"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._account, self._statuses = world.mastodon, world.statuses
        self._calls = Limit(self._account.most_calls, FIVE_MINUTES)
        self._posts = Limit(MOST_CALLS if self._account.most_calls else 0, THREE_HOURS)

    def routes(self) -> list[Route]:
        """Where the endpoints are."""
        return [
            Route("/api/v1/statuses", self.create, methods=["POST"]),
            Route("/api/v1/statuses/{id}", self.status, methods=["GET"]),
            Route("/api/v1/statuses/{id}", self.delete, methods=["DELETE"]),
            Route("/api/v1/accounts/verify_credentials", self.credentials, methods=["GET"]),
            Route("/api/v1/accounts/{id}/statuses", self.page, methods=["GET"]),
            Route("/api/v2/instance", self.instance, methods=["GET"]),
        ]

    async def create(self, request: Request) -> Response:
        """Posts one status."""
        self._world.stats.tick("mastodon create")
        asked = Asked(key=request.headers.get("idempotency-key", ""))
        try:
            asked = await Asked.of(request)
            standing = self._admit(request)
            behaviour, fault = self._struck("create", asked.language)
            if reply := self._unanswered(behaviour, fault):
                self._tell_refused(request, asked, outcome_of(behaviour, OK))
                return reply
            return self._post(request, asked, behaviour, standing)
        except PostRefusal as refused:
            self._tell_refused(request, asked, refused.outcome)
            return refused.response()

    def _post(self, request: Request, asked: Asked, behaviour: PostBehaviour, standing: Standing) -> Response:
        if asked.in_reply_to_id and not self._statuses.get(asked.in_reply_to_id):
            raise refusal(404, NO_THREAD)
        status = self._statuses.kept(asked.key)
        event = "repeated"
        if status is None:
            asked.check()
            standing = tightest(standing, self._posts.spend())
            if standing.over:
                raise refusal(429, headers=rate_headers(standing))
            event, status = "accepted", self._made(asked)
        self._tell(request, event, status, outcome_of(behaviour, OK))
        if event == "accepted":
            self._statuses.add(status, forget=behaviour.forgets)
        return self._shown(self._entity(status), rate_headers(standing), behaviour)

    def _made(self, asked: Asked) -> Status:
        return Status(
            id=self._statuses.new_id(),
            text=asked.status.strip(),
            language=asked.language,
            visibility=asked.visibility,
            in_reply_to_id=asked.in_reply_to_id,
            idempotency_key=asked.key,
        )

    def _tell(self, request: Request, event: str, status: Status, outcome: str) -> None:
        self._world.stats.count(f"mastodon {event}")
        self._world.record.write(
            "mastodon",
            event,
            sid=status.id,
            sender=self._account.handle,
            body=status.text,
            headers=told(request),
            outcome=outcome,
            detail=status.detail(),
        )

    def _tell_refused(self, request: Request, asked: Asked, outcome: str) -> None:
        self._world.stats.count(f"mastodon refused {outcome}")
        detail = {name: value for name, value in asdict(asked).items() if value and name not in {"status", "plain"}}
        self._world.record.write(
            "mastodon",
            "refused",
            sender=self._account.handle,
            body=asked.status,
            headers=told(request),
            outcome=outcome,
            detail=detail,
        )

    async def delete(self, request: Request) -> Response:
        """Takes one status away."""

        def find() -> Response:
            standing = self._admit(request)
            status = self._statuses.remove(request.path_params["id"])
            if not status:
                raise refusal(404)
            self._world.record.write("mastodon", "deleted", sid=status.id, sender=self._account.handle)
            return JSONResponse(self._entity(status) | {"text": status.text}, headers=rate_headers(standing))

        return self._look(request, find)

    async def status(self, request: Request) -> Response:
        """Shows one status; public ones to everybody."""

        def find() -> Response:
            status = self._statuses.get(request.path_params["id"])
            if not status or (status.visibility not in {"public", "unlisted"} and not self._knows(request)):
                raise refusal(404)
            return JSONResponse(self._entity(status), headers=rate_headers(self._calls.spend()))

        return self._look(request, find)

    async def credentials(self, request: Request) -> Response:
        """Shows whose token this is."""

        def find() -> Response:
            standing = self._admit(request)
            source = {"privacy": "public", "sensitive": False, "language": None, "note": "", "fields": []}
            entity = self._account.entity(len(self._statuses)) | {"source": source}
            return JSONResponse(entity, headers=rate_headers(standing))

        return self._look(request, find)

    async def page(self, request: Request) -> Response:
        """Shows statuses of the account, newest first."""

        def find() -> Response:
            standing = self._admit(request)
            if request.path_params["id"] != ACCOUNT_ID:
                raise refusal(404)
            shown = list(self._statuses.page(request.query_params, _limit(request)))
            headers = rate_headers(standing) | self._links(request, shown)
            return JSONResponse([self._entity(each) for each in shown], headers=headers)

        return self._look(request, find)

    def _links(self, request: Request, shown: list[Status]) -> dict[str, str]:
        if not shown:
            return {}
        here, limit = str(request.url.replace(query="")), _limit(request)
        older, newer = f"{here}?limit={limit}&max_id={shown[-1].id}", f"{here}?limit={limit}&min_id={shown[0].id}"
        return {"Link": f'<{older}>; rel="next", <{newer}>; rel="prev"'}

    async def instance(self, request: Request) -> Response:
        """Shows the server and its limits."""
        statuses = {"max_characters": LONGEST, "max_media_attachments": 4, "characters_reserved_per_url": A_LINK}
        content = {
            "domain": self._account.host,
            "title": "Sandbox",
            "version": VERSION,
            "source_url": "",
            "description": "",
            "languages": ["en"],
            "configuration": {"statuses": statuses},
            "registrations": {"enabled": False, "approval_required": False, "message": None},
            "api_versions": {"mastodon": 7},
            "rules": [],
        }
        return self._look(request, lambda: JSONResponse(content, headers=rate_headers(self._calls.spend())))

    def _entity(self, status: Status) -> dict[str, Any]:
        return status.entity(self._account, len(self._statuses))

    def _admit(self, request: Request) -> Standing:
        """Counts the call; raises PostRefusal for a wrong token and for one call too many."""
        standing = self._calls.spend()
        if standing.over:
            raise refusal(429, headers=rate_headers(standing))
        if not self._knows(request):
            raise refusal(401, headers=rate_headers(standing))
        return standing

    def _knows(self, request: Request) -> bool:
        shown = request.headers.get("authorization", "").encode()
        return secrets.compare_digest(shown, f"Bearer {self._account.token}".encode())

    def _refusal(self, behaviour: PostBehaviour, fault: Fault | None = None) -> PostRefusal:
        wait = fault.retry_after if fault else None
        return refusal(behaviour.status, headers={} if behaviour.status != 429 else reset(wait))  # noqa: PLR2004 - HTTP


def _limit(request: Request) -> int:
    asked = request.query_params.get("limit", "")
    return min(max(int(asked), 1), LARGEST_PAGE) if asked.isdecimal() else PAGE
