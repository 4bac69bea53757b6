"""What the services for posts can be made to do, and how they then answer."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from starlette.responses import HTMLResponse, JSONResponse, Response

from sandbox.replies import PROXY_PAGE, Cut, Dripped, Hangup, Held

if TYPE_CHECKING:
    from sandbox.faults import Fault


class Shown(StrEnum):
    """What the client gets to see of a call."""

    TRUTH = "truth"
    ERROR = "error"
    HELD = "held"
    DRIPPED = "dripped"
    CUT = "cut"
    HTML = "html"
    EMPTY = "empty"
    NO_ID = "no_id"


@dataclass(frozen=True, slots=True)
class PostBehaviour:
    """One way of treating a call."""

    meaning: str
    accepts: bool = True
    """Whether what was asked for is done; what is answered is another matter."""
    shown: Shown = Shown.TRUTH
    status: int = 200
    seconds: float = 0.0
    """How long the answer waits, is held, or takes for each byte."""
    forgets: bool = False
    """The idempotency key is not kept."""
    error: str = ""
    """Bluesky's name of the error, where the HTTP status alone does not say it."""


def _refused(status: int, meaning: str, error: str = "") -> PostBehaviour:
    return PostBehaviour(meaning, accepts=False, shown=Shown.ERROR, status=status, error=error)


def _spoilt(status: int) -> PostBehaviour:
    return PostBehaviour(f"posted, answered {status}", shown=Shown.ERROR, status=status)


POST_BEHAVIOURS = {
    "usual": PostBehaviour("posted, or refused by the service's own rules"),
    "400": _refused(400, "refused: 400, not a post that the service takes"),
    "401": _refused(401, "refused: 401, as with revoked credentials"),
    "403": _refused(403, "refused: 403, the account may not do this"),
    "404": _refused(404, "refused: 404"),
    "422": _refused(422, "refused: 422, not a post that the service takes"),
    "429": _refused(429, "refused: 429; the header that says when the limit ends is `retry_after` seconds from now"),
    "expired_token": _refused(400, "refused: 400 ExpiredToken, as with an old access token (Bluesky)", "ExpiredToken"),
    "500_before": _refused(500, "refused: 500; nothing posted"),
    "503_before": _refused(503, "refused: 503; nothing posted"),
    "timeout_before": PostBehaviour(
        "nothing posted; no answer for 60 s", accepts=False, shown=Shown.HELD, status=500, seconds=60
    ),
    "cut_before": PostBehaviour("nothing posted; the connection is cut", accepts=False, shown=Shown.CUT),
    "500_after_accept": _spoilt(500),
    "502_after_accept": _spoilt(502),
    "503_after_accept": _spoilt(503),
    "504_after_accept": _spoilt(504),
    "timeout_after_accept": PostBehaviour("posted; no answer for 60 s", shown=Shown.HELD, seconds=60),
    "drip_after_accept": PostBehaviour("posted; the answer comes at one byte a second", shown=Shown.DRIPPED, seconds=1),
    "cut_after_accept": PostBehaviour("posted; the connection is cut without an answer", shown=Shown.CUT),
    "html": PostBehaviour("posted; answered 200 with an HTML page", shown=Shown.HTML),
    "empty": PostBehaviour("posted; answered 200 with no body", shown=Shown.EMPTY),
    "no_id": PostBehaviour("posted; the answer lacks its id", shown=Shown.NO_ID),
    "slow": PostBehaviour("posted; the answer takes 5 s", seconds=5),
    "key_lost": PostBehaviour("posted; the idempotency key is not kept (Mastodon)", forgets=True),
}
IDS = ("id", "uri", "cid")
"""The fields of an answer that say which post it is."""


def behaviour_for(fault: "Fault | None") -> PostBehaviour:
    """The behaviour that a fault asks for; the usual one without a fault."""
    if fault is None:
        return POST_BEHAVIOURS["usual"]
    behaviour = POST_BEHAVIOURS[fault.kind]
    return behaviour if fault.seconds is None else replace(behaviour, seconds=fault.seconds)


def outcome_of(behaviour: PostBehaviour, status: int) -> str:
    """How the record says what was answered; `status` is that of the truth."""
    if behaviour.shown is Shown.TRUTH:
        return str(status)
    if behaviour.shown is Shown.ERROR:
        return str(behaviour.status)
    return f"{behaviour.shown} {behaviour.seconds:g} s" if behaviour.seconds else str(behaviour.shown)


def shown(
    content: Any, headers: Mapping[str, str], behaviour: PostBehaviour, error: Response, hang_up: Hangup
) -> Response:
    """The answer in the form that the behaviour wants; `error` is the service's own for the behaviour's status."""
    if behaviour.shown is Shown.NO_ID:
        content = {name: content[name] for name in content if name not in IDS}
    truth = JSONResponse(content, headers=headers)
    strange = {
        Shown.ERROR: error,
        Shown.DRIPPED: Dripped(truth, behaviour.seconds),
        Shown.CUT: Cut(hang_up),
        Shown.HTML: HTMLResponse(PROXY_PAGE),
        Shown.EMPTY: Response(),
    }
    usual = Held(truth, behaviour.seconds) if behaviour.seconds else truth
    return strange.get(behaviour.shown, usual)
