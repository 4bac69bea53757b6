"""What a Bluesky PDS says when it does not do what was asked, and of how much may still be asked.

packages/xrpc-server/src/errors.ts and rate-limiter.ts of github.com/bluesky-social/atproto,
https://docs.bsky.app/docs/advanced-guides/rate-limits (read 2026-11-22).
"""

import time

from sandbox.limits import Standing
from sandbox.post_refusal import PostRefusal

NAMES = {
    400: "InvalidRequest",
    401: "AuthenticationRequired",
    403: "Forbidden",
    404: "XRPCNotSupported",
    422: "InvalidRequest",
    429: "RateLimitExceeded",
    500: "InternalServerError",
    502: "UpstreamFailure",
    503: "NotEnoughResources",
    504: "UpstreamTimeout",
}
SENTENCES = {
    400: "Invalid Request",
    401: "Authentication Required",
    403: "Forbidden",
    404: "Method Not Implemented",
    422: "Invalid Request",
    429: "Rate Limit Exceeded",
    500: "Internal Server Error",
    502: "Upstream Failure",
    503: "Not Enough Resources",
    504: "Upstream Timeout",
}


def refusal(status: int, sentence: str = "", name: str = "", headers: dict[str, str] | None = None) -> PostRefusal:
    """The error object of XRPC under an HTTP status."""
    content = {"error": name or NAMES[status], "message": sentence or SENTENCES[status]}
    return PostRefusal(status, content, headers)


def invalid(sentence: str, name: str = "") -> PostRefusal:
    """A 400."""
    return refusal(400, sentence, name)


def rate_headers(standing: Standing) -> dict[str, str]:
    """The PDS's word on where the account stands."""
    if not standing.most:
        return {}
    return {
        "RateLimit-Limit": str(standing.most),
        "RateLimit-Remaining": str(max(standing.left, 0)),
        "RateLimit-Reset": str(int(standing.reset)),
        "RateLimit-Policy": f"{standing.most};w={standing.seconds}",
    }


def reset(wait: str | int | None) -> dict[str, str]:
    """The headers of a 429 that a fault asked for; what is no number of seconds is written as it stands."""
    if wait is None:
        return {}
    number = str(wait)
    at = str(int(time.time()) + int(number)) if number.isdecimal() else number
    return {"RateLimit-Limit": "30", "RateLimit-Remaining": "0", "RateLimit-Reset": at, "RateLimit-Policy": "30;w=300"}
