"""What the services for posts have in common: faults, refusals, and a record that is written before any answer."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import Response

from sandbox.faults import Fault
from sandbox.post_behaviours import PostBehaviour, Shown, behaviour_for, outcome_of, shown
from sandbox.post_refusal import PostRefusal
from sandbox.replies import Cut, Held
from sandbox.world import World

TOLD_HEADERS = ("user-agent", "idempotency-key")
"""Request headers that the record keeps; the credentials are not among them."""
OK = 200


class PostingService(ABC):
    """A service that a public account posts through."""

    name: ClassVar[str]

    def __init__(self, world: World) -> None:
        self._world = world

    def _struck(self, on: str, language: str = "") -> tuple[PostBehaviour, Fault | None]:
        """What the fault programme wants of this call."""
        fault = self._world.faults.take(on, service=self.name, to=language)
        return behaviour_for(fault), fault

    @abstractmethod
    def _refusal(self, behaviour: PostBehaviour, fault: Fault | None = None) -> PostRefusal:
        """The service's own error for what a behaviour refuses with."""

    def _unanswered(self, behaviour: PostBehaviour, fault: Fault | None) -> Response | None:
        """The answer to a call that a fault keeps from being done; raises PostRefusal where it is refused in words."""
        if behaviour.accepts:
            return None
        if behaviour.shown is Shown.ERROR:
            raise self._refusal(behaviour, fault)
        if behaviour.shown is Shown.CUT:
            return Cut(self._world.hang_up)
        return Held(self._refusal(behaviour).response(), behaviour.seconds)

    def _shown(self, content: Any, headers: Mapping[str, str], behaviour: PostBehaviour) -> Response:
        error = self._refusal(behaviour).response()
        return shown(content, headers, behaviour, error, self._world.hang_up)

    def _look(self, request: Request, find: Callable[[], Response]) -> Response:
        """Answers a question, and says in the record that it was asked."""
        self._world.stats.tick(f"{self.name} fetch")
        behaviour, fault = self._struck("fetch")
        try:
            reply = self._unanswered(behaviour, fault) or find()
            outcome = str(reply.status_code) if behaviour.accepts else outcome_of(behaviour, OK)
        except PostRefusal as refusal:
            reply, outcome = refusal.response(), refusal.outcome
        detail = {"path": request.url.path, "query": request.url.query}
        self._world.record.write(self.name, "looked", headers=told(request), outcome=outcome, detail=detail)
        return reply


def told(request: Request) -> dict[str, str]:
    """The request headers that the record keeps."""
    return {name: value for name in TOLD_HEADERS if (value := request.headers.get(name))}
