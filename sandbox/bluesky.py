"""The Bluesky service: a personal data server (PDS) with one account, over XRPC.

It answers as packages/pds/src/api/com/atproto/ of github.com/bluesky-social/atproto does, by the lexicons
com.atproto.server.* and com.atproto.repo.* (read 2026-11-22). Only posts (app.bsky.feed.post) are taken.
"""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.bluesky_login import BlueskyLogin
from sandbox.bluesky_records import Post
from sandbox.bluesky_refusals import invalid, rate_headers, refusal
from sandbox.bluesky_rules import POST, check_key, check_post
from sandbox.bluesky_wish import UNSET, Write, bearer, input_of
from sandbox.cid import cid_of
from sandbox.limits import Limit, Standing
from sandbox.post_behaviours import PostBehaviour, outcome_of
from sandbox.post_refusal import PostRefusal
from sandbox.posting_service import OK, told
from sandbox.world import World

MOST_POINTS, HOUR = 5000, 3600
CREATE, UPDATE, DELETE = 3, 2, 1
"""Points that each costs."""
PAGE, LARGEST_PAGE = 50, 100


class BlueskyService(BlueskyLogin):
    """The endpoints."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._records = world.records
        self._points = Limit(MOST_POINTS if self._account.most_sessions else 0, HOUR)

    def routes(self) -> list[Route]:
        """Where the endpoints are."""
        return [
            *super().routes(),
            Route("/xrpc/com.atproto.repo.createRecord", self.create_record, methods=["POST"]),
            Route("/xrpc/com.atproto.repo.putRecord", self.put_record, methods=["POST"]),
            Route("/xrpc/com.atproto.repo.deleteRecord", self.delete_record, methods=["POST"]),
            Route("/xrpc/com.atproto.repo.getRecord", self.get_record, methods=["GET"]),
            Route("/xrpc/com.atproto.repo.listRecords", self.list_records, methods=["GET"]),
        ]

    # --- writing

    async def create_record(self, request: Request) -> Response:
        """Posts. A key that is taken ends as an error of the server itself, as it does in a PDS."""
        return await self._write(request, CREATE, self._created)

    async def put_record(self, request: Request) -> Response:
        """Posts, or writes anew what stands under the key."""
        return await self._write(request, UPDATE, self._put)

    async def _write(self, request: Request, points: int, make: Callable[[Write], Post]) -> Response:
        self._world.stats.tick("bluesky create")
        write = Write(repo="", rkey="")
        try:
            write = Write.of(await input_of(request))
            self._admit(request, write)
            behaviour, fault = self._struck("create", write.language)
            if reply := self._unanswered(behaviour, fault):
                self._tell_refused(request, write, outcome_of(behaviour, OK))
                return reply
            standing = self._spend(points)
            post = make(write)
            return self._keep(request, post, behaviour, standing)
        except PostRefusal as refused:
            self._tell_refused(request, write, refused.outcome)
            return refused.response()

    def _created(self, write: Write) -> Post:
        post = self._made(write)
        if self._records.get(post.rkey):
            raise refusal(500)
        return post

    def _put(self, write: Write) -> Post:
        if not write.rkey:
            raise invalid('Input must have the property "rkey"')
        post, current = self._made(write), self._records.get(write.rkey)
        same = current is not None and current.cid == post.cid
        if write.swap is not UNSET and not same and write.swap != (current.cid if current else None):
            raise invalid(f"Record was at {current.cid if current else 'null'}", "InvalidSwap")
        return post

    def _made(self, write: Write) -> Post:
        rkey = write.rkey or self._records.new_key()
        check_key(rkey)
        check_post(write.record, self._found)
        try:
            return self._records.made(rkey, write.record)
        except ValueError as problem:
            raise invalid(f"Invalid {POST} record: {problem}") from problem

    def _found(self, uri: str, cid: str) -> dict[str, Any] | None:
        post = self._records.get(uri.removeprefix(f"at://{self._account.did}/{POST}/"))
        return post.value if post and post.cid == cid else None

    def _keep(self, request: Request, post: Post, behaviour: PostBehaviour, standing: Standing) -> Response:
        current = self._records.get(post.rkey)
        event = "repeated" if current and current.cid == post.cid else "accepted"
        self._tell(request, event, post, outcome_of(behaviour, OK))
        self._records.put(post)
        content = {"uri": self._uri(post.rkey), "cid": post.cid, "validationStatus": "valid"}
        return self._shown(content | {"commit": self._commit(post.cid)}, rate_headers(standing), behaviour)

    def _commit(self, *what: str) -> dict[str, str]:
        rev = self._records.new_key()
        return {"cid": cid_of({"did": self._account.did, "rev": rev, "data": list(what)}), "rev": rev}

    async def delete_record(self, request: Request) -> Response:
        """Takes a post away; nothing where there is none."""
        fields = await input_of(request)

        def find() -> Response:
            write = Write.of(fields)
            self._admit(request, write)
            standing = self._spend(DELETE)
            post = self._records.remove(write.rkey)
            if post:
                uri = self._uri(post.rkey)
                self._world.record.write("bluesky", "deleted", sid=uri, sender=self._account.handle)
            content = {"commit": self._commit(post.cid)} if post else {}
            return JSONResponse(content, headers=rate_headers(standing))

        return self._look(request, find)

    def _tell(self, request: Request, event: str, post: Post, outcome: str) -> None:
        self._world.stats.count(f"bluesky {event}")
        langs = post.value.get("langs") or [""]
        self._world.record.write(
            "bluesky",
            event,
            sid=self._uri(post.rkey),
            sender=self._account.handle,
            body=post.value["text"],
            headers=told(request),
            outcome=outcome,
            detail={"language": langs[0], "rkey": post.rkey, "cid": post.cid, "record": post.value},
        )

    def _tell_refused(self, request: Request, write: Write, outcome: str) -> None:
        self._world.stats.count(f"bluesky refused {outcome}")
        self._world.record.write(
            "bluesky",
            "refused",
            sender=self._account.handle,
            body=write.text,
            headers=told(request),
            outcome=outcome,
            detail={"language": write.language, "rkey": write.rkey},
        )

    # --- reading

    async def get_record(self, request: Request) -> Response:
        """Shows one post, to everybody."""

        def find() -> Response:
            query = request.query_params
            rkey = query.get("rkey", "")
            self._check_repo(query.get("repo", ""))
            post = self._records.get(rkey) if query.get("collection") == POST else None
            if not post or query.get("cid", post.cid) != post.cid:
                raise invalid(f"Could not locate record: {self._uri(rkey)}", "RecordNotFound")
            return JSONResponse(self._view(post))

        return self._look(request, find)

    async def list_records(self, request: Request) -> Response:
        """Shows a page of posts, to everybody."""

        def find() -> Response:
            query = request.query_params
            self._check_repo(query.get("repo", ""))
            limit = query.get("limit", str(PAGE))
            if not (limit.isdecimal() and 1 <= int(limit) <= LARGEST_PAGE):
                raise invalid(f"limit must be from 1 to {LARGEST_PAGE}")
            oldest_first = query.get("reverse") == "true"
            shown = self._records.page(query.get("cursor", ""), int(limit), oldest_first=oldest_first)
            content: dict[str, Any] = {"records": [self._view(post) for post in shown]}
            return JSONResponse(content | ({"cursor": shown[-1].rkey} if shown else {}))

        return self._look(request, find)

    def _view(self, post: Post) -> dict[str, Any]:
        return {"uri": self._uri(post.rkey), "cid": post.cid, "value": post.value}

    def _uri(self, rkey: str) -> str:
        return f"at://{self._account.did}/{POST}/{rkey}"

    # --- who may

    def _admit(self, request: Request, write: Write) -> None:
        self._sessions.admit(bearer(request))
        self._check_repo(write.repo)

    def _check_repo(self, repo: str) -> None:
        if not self._account.names(repo):
            raise invalid(f"Could not find repo: {repo}")

    def _spend(self, points: int) -> Standing:
        standing = self._points.spend(points)
        if standing.over:
            raise refusal(429, headers=rate_headers(standing))
        return standing
