"""What Mastodon says when it does not do what was asked, and of how much may still be asked.

app/controllers/concerns/api/error_handling.rb, config/initializers/rack_attack.rb and config/locales/en.yml of
Mastodon 4, https://docs.joinmastodon.org/api/rate-limits/ (read 2026-11-22).
"""

import time
from datetime import UTC, datetime

from sandbox.limits import Standing
from sandbox.post_refusal import PostRefusal

MOST_CALLS = 300
"""API calls in five minutes, and posts in three hours."""
BLANK = "Validation failed: Text can't be blank"
ERRORS = {
    400: "Bad Request",
    401: "The access token is invalid",
    403: "This action is not allowed",
    404: "Record not found",
    422: BLANK,
    429: "Too many requests",
    500: "Internal Server Error",
    503: "There was a temporary problem serving your request, please try again",
}


def refusal(status: int, sentence: str = "", headers: dict[str, str] | None = None) -> PostRefusal:
    """Mastodon's error object under an HTTP status."""
    return PostRefusal(status, {"error": sentence or ERRORS.get(status, ERRORS[500])}, headers)


def rate_headers(standing: Standing) -> dict[str, str]:
    """Mastodon's word on where the account stands."""
    if not standing.most:
        return {}
    left = {"X-RateLimit-Limit": str(standing.most), "X-RateLimit-Remaining": str(max(standing.left, 0))}
    return left | {"X-RateLimit-Reset": _moment(standing.reset)}


def reset(wait: str | int | None) -> dict[str, str]:
    """The headers of a 429 that a fault asked for; what is no number of seconds is written as it stands."""
    if wait is None:
        return {}
    number = str(wait)
    reset = _moment(time.time() + int(number)) if number.isdecimal() else number
    return {"X-RateLimit-Limit": str(MOST_CALLS), "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
