"""Sessions of the Bluesky service.

Tokens as packages/pds/src/auth-verifier.ts of github.com/bluesky-social/atproto reads them (read 2026-11-22).
"""

import base64
import hashlib
import hmac
import json
import secrets
import time
from typing import Any

from sandbox.bluesky_records import BlueskyAccount
from sandbox.bluesky_refusals import invalid, rate_headers, refusal
from sandbox.limits import Limit, Standing, tightest

ACCESS, REFRESH = "com.atproto.access", "com.atproto.refresh"
REFRESH_SECONDS = 90 * 86_400
GRACE = 2 * 3600
"""Seconds for which a refresh token that was used stays good."""
FIVE_MINUTES, DAY = 300, 86_400


class Sessions:
    """Who is logged in."""

    def __init__(self, account: BlueskyAccount) -> None:
        self._account = account
        self._key = hashlib.sha256(f"sandbox:{account.handle}:{account.password}".encode()).digest()
        self._refreshable: dict[str, float] = {}
        """Until when each refresh token may be used."""
        self._short = Limit(account.most_sessions, FIVE_MINUTES)
        self._long = Limit(account.most_sessions * 10, DAY)

    def spend(self) -> Standing:
        """Counts a log-in; raises PostRefusal for one too many."""
        standing = tightest(self._short.spend(), self._long.spend())
        if standing.over:
            raise refusal(429, headers=rate_headers(standing))
        return standing

    def opened(self, identifier: str, password: str) -> dict[str, Any]:
        """A new session. Raises PostRefusal for a wrong name or password."""
        right = secrets.compare_digest(password.encode(), self._account.password.encode())
        if not (right and self._account.names(identifier)):
            raise refusal(401, "Invalid identifier or password")
        return self._session()

    def renewed(self, token: str) -> dict[str, Any]:
        """The session that a refresh token gives. Raises PostRefusal."""
        held = self._read(token, REFRESH)
        until = self._refreshable.get(held["jti"], 0)
        if until < time.time():
            raise invalid("Token has been revoked", "ExpiredToken")
        self._refreshable[held["jti"]] = min(until, time.time() + GRACE)
        return self._session()

    def shown(self) -> dict[str, Any]:
        """The session without its tokens."""
        return {"did": self._account.did, "handle": self._account.handle, "emailConfirmed": True, "active": True}

    def admit(self, token: str) -> None:
        """Raises PostRefusal for anything but an access token that holds."""
        self._read(token, ACCESS)

    def _session(self) -> dict[str, Any]:
        now, jti = int(time.time()), secrets.token_urlsafe(24)
        self._refreshable[jti] = now + REFRESH_SECONDS
        common = {"sub": self._account.did, "iat": now, "aud": "did:web:localhost"}
        access = common | {"scope": ACCESS, "exp": now + self._account.access_seconds, "jti": secrets.token_hex(4)}
        refresh = common | {"scope": REFRESH, "exp": now + REFRESH_SECONDS, "jti": jti}
        tokens = {"accessJwt": self._signed("at+jwt", access), "refreshJwt": self._signed("refresh+jwt", refresh)}
        return tokens | self.shown()

    def _signed(self, kind: str, claims: dict[str, Any]) -> str:
        head = {"typ": kind, "alg": "HS256"}
        said = ".".join(_coded(json.dumps(part).encode()) for part in (head, claims))
        return f"{said}.{self._signature(said)}"

    def _signature(self, said: str) -> str:
        return _coded(hmac.digest(self._key, said.encode(), "sha256"))

    def _read(self, token: str, scope: str) -> dict[str, Any]:
        if not token:
            raise refusal(401, name="AuthMissing")
        said, _, signature = token.rpartition(".")
        if not secrets.compare_digest(signature.encode(), self._signature(said).encode()):
            raise invalid("Token could not be verified", "InvalidToken")
        claims: dict[str, Any] = json.loads(_decoded(said.partition(".")[2]))
        if claims["exp"] <= time.time():
            raise invalid("Token has expired", "ExpiredToken")
        if claims["scope"] != scope:
            raise invalid("Bad token scope", "InvalidToken")
        return claims


def _coded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
