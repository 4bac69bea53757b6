"""Partner organisations: each reads its own feed with a token, and says which version it holds."""

from __future__ import annotations

import re
import secrets
from difflib import get_close_matches
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NoReturn

from onevoice.desk import draft
from onevoice.errors import Conflict, Refused, Unusable
from onevoice.ledger import audit, partners
from onevoice.people import Tier

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from onevoice.desk.wiring import Desk

WORDS = ("received", "passing-on")
LONGEST_NAME = 120


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def add(
    desk: Desk,
    partner_id: str,
    name: str,
    *,
    email: str = "",
    languages: Sequence[str] = (),
    tiers: Sequence[str] = (),
    zones: Sequence[str] = (),
) -> str:
    """Register a partner that wants these languages, tiers and zones (empty: all). Returns the token, shown only once.

    Raises:
        Unusable: something that nobody has, or no address; names the field, and what there is.
        Conflict: the id is taken.
    """
    columns = {
        "id": _id(partner_id),
        "name": _one_line(name, "--name"),
        "languages": _each(languages, "--languages", {one.casefold(): one for one in desk.content.languages}),
        "tiers": _each(tiers, "--tiers", {tier.casefold(): tier.value for tier in Tier}),
        "zones": _each(zones, "--zones", {zone: zone for zone in desk.gazetteer.zones}, desk.gazetteer.zone_named),
        "email_enc": desk.vault.seal(_email(email)) if email else None,
    }
    token = secrets.token_urlsafe(24)
    with desk.ledger.write() as conn:
        if partners.get(conn, partner_id):
            what = f"There is already a partner {partner_id!r}."
            raise Conflict(what, remedy="Choose another id, also if that one was revoked.")
        partners.add(conn, token_hash=_hash(token), added_at=desk.now(), **columns)
        audit.append(conn, desk.vault, actor="desk", act="partner added", subject=partner_id, detail={})
    return token


def _id(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,59}", text):
        what = "An id has small letters, digits, dots and hyphens, and begins with one of the first two."
        raise Unusable(what, where="ID", remedy="For example: mill-radio. The whole name goes into --name.")
    return text


def _one_line(text: str, where: str) -> str:
    name = text.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        what = f"A name has 1 to {LONGEST_NAME} characters in one line, all of which can be seen."
        raise Unusable(what, where=where, remedy="Type it again, without line breaks.")
    return name


def _email(text: str) -> str:
    """The normal form of an address to which one mail goes, and nothing else with it."""
    from audiences.addresses import Wrong, email  # noqa: PLC0415 - only this needs it

    remedy = "Give one address such as desk@radio.example."
    if not text.isprintable():
        raise Unusable("It holds a line break or a control character.", where="--email", remedy=remedy)
    if "@" not in text:
        raise Unusable("This is no mail address.", where="--email", remedy=remedy)
    try:
        return email(text)
    except Wrong as wrong:
        raise Unusable(f"It {wrong.what}", where="--email", remedy=remedy) from None


def _each(
    given: Sequence[str], where: str, there: Mapping[str, str], find: Callable[[str], str | None] | None = None
) -> str:
    """What was meant, each once, in its own spelling."""
    find = find or (lambda text: there.get(text.casefold()))
    return ",".join(dict.fromkeys(find(one) or _unknown(one, where, there) for one in given))


def _unknown(text: str, where: str, there: Mapping[str, str]) -> NoReturn:
    near = [there[one] for one in get_close_matches(text.casefold(), there, n=3)]
    hint = f"Did you mean {' or '.join(near)}? " if near else ""
    what = f"There is no {where.strip('-').removesuffix('s')} {text!r}."
    raise Unusable(what, where=where, remedy=f"{hint}There are: {', '.join(there.values())}.")


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
    say_as(desk, prove(desk, token), alert_id, word)


def say_as(desk: Desk, partner: Any, alert_id: str, word: str) -> None:
    """The same, of a partner who has proved who it is.

    Raises:
        Unusable: unknown alert or word.
    """
    if word not in WORDS:
        what = f"{word!r} is not something a partner says."
        raise Unusable(what, remedy=f"Use one of: {', '.join(WORDS)}.")
    with desk.ledger.write() as conn:
        draft.found(conn, alert_id)
        partners.say(conn, partner.id, alert_id, word, desk.now())
