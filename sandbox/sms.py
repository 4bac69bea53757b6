"""The SMS service.

It answers as Twilio's Message resource does: https://www.twilio.com/docs/messaging/api/message-resource (read 2026-11).
"""

import base64
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.behaviours import BEHAVIOURS, Behaviour, Calls, behaviour_of
from sandbox.faults import Fault
from sandbox.listing import listed
from sandbox.messages import API_VERSION, Message
from sandbox.refusals import TOO_MANY, WRONG_CREDENTIALS, Refusal
from sandbox.replies import Held, delayed, outcome_of, reply_to
from sandbox.segments import num_segments
from sandbox.wish import Wish
from sandbox.world import World

TOLD_HEADERS = ("user-agent", "i-twilio-idempotency-token")
"""Request headers that the record keeps; the credentials are not among them."""


class SmsService:
    """The endpoints."""

    def __init__(self, world: World) -> None:
        self._world = world
        pair = f"{world.account.sid}:{world.account.auth_token}".encode()
        self._authorization = b"Basic " + base64.b64encode(pair)

    def routes(self) -> list[Route]:
        """Where the endpoints are."""
        account = f"/{API_VERSION}/Accounts/{{account}}"
        return [
            Route(f"{account}/Messages.json", self.create, methods=["POST"]),
            Route(f"{account}/Messages.json", self.page, methods=["GET"]),
            Route(f"{account}/Messages/{{sid}}.json", self.fetch, methods=["GET"]),
            Route(f"{account}.json", self.account, methods=["GET"]),
        ]

    async def create(self, request: Request) -> Response:
        """Takes one message."""
        recently = self._world.stats.tick("create")
        wish = await Wish.of(request)
        try:
            self._admit(request)
            self._pace(recently)
            return await self._treat(request, wish)
        except Refusal as refusal:
            self._tell_refused(request, wish, refusal.outcome)
            return refusal.response()

    def _pace(self, recently: int) -> None:
        if 0 < self._world.max_rate < recently:
            raise Refusal(TOO_MANY, headers={"Retry-After": "1"})

    async def _treat(self, request: Request, wish: Wish) -> Response:
        fault = self._world.faults.take("create", to=wish.to)
        name = fault.kind if fault else self._usual(wish.to)
        behaviour = _timed(BEHAVIOURS[name], fault)
        if behaviour.refusal and (not behaviour.every_other or self._world.in_turn(wish.to)):
            raise _refusal(behaviour, fault, wish.to)
        wish.check()
        if (wish.leaving_from, wish.to) in self._world.opted_out:
            raise Refusal(21610)
        if not behaviour.accepts:
            self._tell_refused(request, wish, outcome_of(behaviour))
            return Held(Refusal(20500).response(), behaviour.seconds)
        return await self._accept(request, wish.message(name, self._world.messages.sent_to(wish.to)), behaviour)

    def _usual(self, number: str) -> str:
        return behaviour_of(number) if self._world.magic else "usual"

    async def _accept(self, request: Request, message: Message, behaviour: Behaviour) -> Response:
        world = self._world
        before = world.messages.last_sid
        self._tell(request, "accepted", message, outcome_of(behaviour))
        world.messages.add(message)
        reply = reply_to(message, world.account.sid, behaviour, before)
        if behaviour.calls is Calls.EARLY:
            await world.courier.hurry(message)
        else:
            world.courier.follow(message)
        return delayed(reply, behaviour, world.hang_up)

    def _tell(self, request: Request, event: str, message: Message, outcome: str) -> None:
        entry = self._world.record.write(
            "sms",
            event,
            sid=message.sid,
            to=message.to,
            sender=message.sender,
            body=message.body,
            num_segments=num_segments(message.body),
            headers=_told(request),
            outcome=outcome,
            detail=message.detail(),
        )
        # The record's instant is the one that a restart learns.
        message.created = datetime.fromisoformat(entry.at)
        self._world.stats.count("accepted")

    def _tell_refused(self, request: Request, wish: Wish, outcome: str) -> None:
        self._world.stats.count(f"refused {outcome}")
        self._world.record.write(
            "sms",
            "refused",
            to=wish.to,
            sender=wish.leaving_from,
            body=wish.body,
            headers=_told(request),
            outcome=outcome,
        )

    async def fetch(self, request: Request) -> Response:
        """Shows one message."""
        return await self._look(request, self._found)

    async def page(self, request: Request) -> Response:
        """Shows a page of messages."""
        return await self._look(request, lambda asked: listed(self._world.messages, asked.query_params, self._sid))

    async def account(self, request: Request) -> Response:
        """Shows the account: the cheapest way to prove credentials."""
        return await self._look(request, self._account)

    async def _look(self, request: Request, find: Callable[[Request], dict[str, Any]]) -> Response:
        self._world.stats.tick("fetch")
        try:
            self._admit(request)
            reply = self._hindered() or JSONResponse(find(request))
            outcome = str(reply.status_code)
        except Refusal as refusal:
            reply, outcome = refusal.response(), refusal.outcome
        sid = request.path_params.get("sid", "")
        self._world.record.write("sms", "looked", sid=sid, outcome=outcome, detail={"query": request.url.query})
        return reply

    def _hindered(self) -> Response | None:
        fault = self._world.faults.take("fetch")
        if not fault:
            return None
        behaviour = _timed(BEHAVIOURS[fault.kind], fault)
        if behaviour.refusal:
            raise _refusal(behaviour, fault, "")
        return Held(Refusal(20500).response(), behaviour.seconds)

    def _found(self, request: Request) -> dict[str, Any]:
        message = self._world.messages.get(request.path_params["sid"])
        if not message:
            raise Refusal(20404, request.url.path)
        return message.resource(self._sid)

    def _account(self, _request: Request) -> dict[str, Any]:
        uri = f"/{API_VERSION}/Accounts/{self._sid}.json"
        return {"sid": self._sid, "friendly_name": "Sandbox", "status": "active", "type": "Full", "uri": uri}

    @property
    def _sid(self) -> str:
        return self._world.account.sid

    def _admit(self, request: Request) -> None:
        shown = request.headers.get("authorization", "").encode()
        if not secrets.compare_digest(shown, self._authorization):
            raise Refusal(WRONG_CREDENTIALS)
        if request.path_params["account"] != self._sid:
            raise Refusal(20404, request.url.path)


def _timed(behaviour: Behaviour, fault: Fault | None) -> Behaviour:
    return behaviour if fault is None or fault.seconds is None else replace(behaviour, seconds=fault.seconds)


def _refusal(behaviour: Behaviour, fault: Fault | None, to: str) -> Refusal:
    wait = fault.retry_after if fault else "1"
    headers = {"Retry-After": str(wait)} if behaviour.refusal == TOO_MANY and wait is not None else {}
    return Refusal(behaviour.refusal, to, headers)


def _told(request: Request) -> dict[str, str]:
    return {name: value for name in TOLD_HEADERS if (value := request.headers.get(name))}
