"""What a person gets who may not, or must say it differently: the form once more, with all that was typed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from starlette.responses import Response

from console.proving import MustWait
from console.typed import Typed
from onevoice.errors import Conflict, NotAllRight, OneVoiceError, OutOfReach, Refused, Unusable

STATUS: tuple[tuple[type[OneVoiceError], int], ...] = (
    (MustWait, 429),
    (Unusable, 422),
    (Refused, 403),
    (Conflict, 409),
    (NotAllRight, 409),
    (OutOfReach, 503),
)


def status_of(error: OneVoiceError) -> int:
    """The status of the answer to a request that ended in this error."""
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def once_more(typed: Typed, error: OneVoiceError, show: Callable[[Typed, int], Response], *fields: str) -> Response:
    """The form with what is wrong beside the field that it names: name, secret, one of `fields`; else above all."""
    place = error.where if error.where in ("name", "secret", *fields) else "form"
    shown = show(replace(typed, problems={place: f"{error.what} {error.remedy}".strip()}), status_of(error))
    if isinstance(error, MustWait):
        shown.headers["Retry-After"] = str(error.seconds)
    return shown
