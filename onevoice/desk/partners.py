"""Partner organisations: each reads its own feed with a token, and says which version it holds."""

from __future__ import annotations

import secrets
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from onevoice.desk import draft
from onevoice.errors import Conflict, Refused, Unusable
from onevoice.ledger import audit, partners

if TYPE_CHECKING:
    from onevoice.desk.wiring import Desk

WORDS = ("received", "passing-on")


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def add(desk: Desk, partner_id: str, name: str, *, email: str = "", **wants: tuple[str, ...]) -> str:
    """Register a partner; `wants`: languages, tiers, zones (empty: all). Returns the token, shown only once.

    Raises:
        Conflict: the id is taken.
    """
    token = secrets.token_urlsafe(24)
    with desk.ledger.write() as conn:
        if partners.get(conn, partner_id):
            what = f"There is already a partner {partner_id!r}."
            raise Conflict(what, remedy="Choose another id, also if that one was revoked.")
        partners.add(
            conn,
            id=partner_id,
            name=name,
            token_hash=_hash(token),
            email_enc=desk.vault.seal(email) if email else None,
            added_at=desk.now(),
            **{key: ",".join(value) for key, value in wants.items()},
        )
        audit.append(conn, desk.vault, actor="desk", act="partner added", subject=partner_id, detail={})
    return token


def prove(desk: Desk, token: str) -> Any:
    """The partner behind a token.

    Raises:
        Refused: there is none, or it was revoked.
    """
    with desk.ledger.read() as conn:
        found = partners.of_token(conn, _hash(token))
    if found is None:
        what = "This address is not valid, or has been revoked."
        raise Refused(what, remedy="Ask the authority for a new one.")
    return found


def listing(desk: Desk) -> list[dict[str, Any]]:
    """All partners, without their tokens."""
    with desk.ledger.read() as conn:
        rows = partners.everybody(conn)
    fields = ("id", "name", "languages", "tiers", "zones")
    return [{f: getattr(r, f) for f in fields} | {"revoked": r.revoked_at is not None} for r in rows]


def revoke(desk: Desk, partner_id: str) -> None:
    """End a partner's access at once.

    Raises:
        Unusable: there is no such partner, or it was revoked before.
    """
    with desk.ledger.write() as conn:
        if not partners.revoke(conn, partner_id, desk.now()):
            what = f"There is no partner {partner_id!r} whose access could end."
            raise Unusable(what, remedy="`onevoice partner list` names them.")
        audit.append(conn, desk.vault, actor="desk", act="partner revoked", subject=partner_id, detail={})


def say(desk: Desk, token: str, alert_id: str, word: str) -> None:
    """A partner says that it received a version, or passes it on.

    Raises:
        Refused: bad token. Unusable: unknown alert or word.
    """
    if word not in WORDS:
        what = f"{word!r} is not something a partner says."
        raise Unusable(what, remedy=f"Use one of: {', '.join(WORDS)}.")
    partner = prove(desk, token)
    with desk.ledger.write() as conn:
        draft.found(conn, alert_id)
        partners.say(conn, partner.id, alert_id, word, desk.now())
