"""One call to a draft translator over HTTP, with an answer of a known shape or an error that says what to do."""

from __future__ import annotations

from typing import Any

import httpx

from onevoice.errors import OutOfReach

_SECONDS = 30
_LONGEST = 5_000_000


def post(service: str, url: str, **request: Any) -> Any:
    """POST, and the JSON of the answer.

    Raises:
        OutOfReach: no answer in time, a refusal, or no JSON. Never says the key.
    """
    try:
        with httpx.Client(timeout=_SECONDS, follow_redirects=False, trust_env=False) as client:
            answer = client.post(url, **request)
    except (httpx.HTTPError, httpx.InvalidURL) as problem:
        what = f"{service} does not answer ({type(problem).__name__})."
        raise OutOfReach(what, where="ONEVOICE_TRANSLATOR_API_BASE", remedy="Try later; nothing was changed.") from None
    if answer.status_code != httpx.codes.OK:
        remedy = "Look at ONEVOICE_TRANSLATOR_KEY." if answer.status_code in (401, 403) else "Try later."
        raise OutOfReach(f"{service} refused with status {answer.status_code}.", remedy=remedy)
    if len(answer.content) > _LONGEST:
        raise OutOfReach(f"{service} answered more than anybody asked for.")
    try:
        return answer.json()
    except ValueError:
        raise OutOfReach(f"{service} answered something that is no JSON.") from None


def texts(service: str, found: list[Any], expected: int) -> list[str]:
    """As many drafts as sentences.

    Raises:
        OutOfReach: fewer, more, or something else than text.
    """
    if len(found) != expected or not all(isinstance(one, str) for one in found):
        raise OutOfReach(f"{service} did not answer each sentence with one draft.")
    return [str(one) for one in found]
