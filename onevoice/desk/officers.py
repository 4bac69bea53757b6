"""People who act prove it with their own secret."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

from onevoice.errors import Conflict, Refused, Unusable
from onevoice.ledger import audit, officers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from onevoice.desk.wiring import Desk

Role = Literal["manager", "approver", "officer", "reviewer"]
SHORTEST_SECRET = 8
LONGEST_NAME = 80


@dataclass(frozen=True)
class Actor:
    """Somebody who has proved who they are."""

    name: str
    role: str

    def must_be(self, *roles: Role) -> None:
        """Refuse unless the actor has one of the roles."""
        if self.role not in roles:
            what = f"{self.name} is {self.role}; this takes {' or '.join(roles)}."
            raise Refused(what, remedy="Ask somebody who has that role.")


@dataclass(frozen=True)
class Officer:
    """A person who acts, as a list shows them."""

    name: str
    role: str
    told_by: tuple[str, ...]


def add(desk: Desk, name: str, role: str, secret: str, *, mobile: str = "", email: str = "") -> None:
    """Register a person who acts.

    Raises:
        Unusable: no name, unknown role, a secret that is too short, or an address that nothing can be sent to.
        Conflict: the name is taken.
    """
    name = _name(name)
    if role not in get_args(Role):
        what = f"{role!r} is no role."
        raise Unusable(what, where="--role", remedy=f"Use one of: {', '.join(get_args(Role))}.")
    secret_hash = hashed(secret)
    told_by = {"mobile": ("sms", mobile), "email": ("email", email)}
    sealed = {f"{k}_enc": desk.vault.seal(_address(k, *v)) for k, v in told_by.items() if v[1]}
    with desk.ledger.write() as conn:
        if officers.get(conn, name):
            what = f"There is already somebody called {name}."
            raise Conflict(what, remedy="Choose another name.")
        officers.add(conn, at=desk.now(), name=name, role=role, secret_hash=secret_hash, **sealed)
        audit.append(conn, desk.vault, actor=name, act="officer added", subject=name, detail={"role": role})


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name:
        raise Unusable("Somebody who acts needs a name.", where="name")
    if len(name) > LONGEST_NAME or not name.isprintable():
        what = f"A name has at most {LONGEST_NAME} characters, all of which can be seen."
        raise Unusable(what, where="name", remedy="Shorten it, or type it again.")
    return name


def hashed(secret: str) -> str:
    """What is kept of a secret.

    Raises:
        Unusable: it is too short.
    """
    from argon2 import PasswordHasher  # noqa: PLC0415 - only this and `prove` need it

    if len(secret) < SHORTEST_SECRET:
        what = f"The secret has {len(secret)} characters; it needs at least {SHORTEST_SECRET}."
        raise Unusable(what, where="secret")
    return PasswordHasher().hash(secret)


def _address(option: str, means: str, text: str) -> str:
    """The normal form; an approver whose number has a slip in it would never hear of anything."""
    from audiences.addresses import Wrong, normalise  # noqa: PLC0415 - as above

    if ("@" in text) is not (means == "email"):  # said first: as the other kind it would be found wrong in other ways
        raise Unusable(f"This is no {option}.", where=f"--{option}")
    try:
        return normalise(text)[1]
    except Wrong as wrong:
        raise Unusable(f"It {wrong.what}", where=f"--{option}") from None


@dataclass(frozen=True)
class Kept:
    """What is kept of somebody who acts, for proving who they are."""

    name: str
    role: str
    secret_hash: str = field(repr=False)


def kept(desk: Desk) -> dict[str, Kept]:
    """Everybody who acts, by name.

    Raises:
        OutOfReach: the database does not answer.
    """
    with desk.ledger.read() as conn:
        rows = officers.everybody(conn)
    return {row.name: Kept(row.name, row.role, row.secret_hash) for row in rows}


def prove(desk: Desk, name: str, secret: str) -> Actor:
    """The actor behind a name, if the secret is theirs. The answer to a wrong name and a wrong secret is the same.

    Raises:
        Refused: not proved.
    """
    return fits(kept(desk).get(name), name, secret)


def fits(found: Kept | None, name: str, secret: str) -> Actor:
    """As `prove`, for what was kept; None takes as long."""
    from argon2 import PasswordHasher  # noqa: PLC0415 - only this and `hashed` need it
    from argon2.exceptions import Argon2Error, InvalidHashError  # noqa: PLC0415 - as above

    try:
        PasswordHasher().verify(found.secret_hash if found else _NOBODY, secret)
    except (Argon2Error, InvalidHashError):
        found = None
    if not found:
        what = f"{name} and the secret do not fit together."
        raise Refused(what, remedy="Type the secret again, or ask who keeps the list of officers.")
    return Actor(found.name, found.role)


def remove(desk: Desk, name: str) -> None:
    """Take a stand-in off the list that this program made itself. For people: `leaving.remove`."""
    with desk.ledger.write() as conn:
        officers.remove(conn, name, desk.now())
        audit.append(conn, desk.vault, actor="desk", act="officer removed", subject=name)


def named(desk: Desk, name: str) -> Actor:
    """The officer of that name, unproved: enough to draft from a form, never to approve.

    Raises:
        Refused: there is no such officer.
    """
    with desk.ledger.read() as conn:
        found = officers.get(conn, name)
    if found is None:
        what = f"There is no officer called {name}."
        raise Refused(what, remedy="`onevoice people list` names them.")
    return Actor(found.name, found.role)


def everybody(desk: Desk) -> Sequence[Officer]:
    """All who act, first deputy first."""
    with desk.ledger.read() as conn:
        rows = officers.everybody(conn)
    return [Officer(r.name, r.role, tuple(m for m in ("mobile", "email") if getattr(r, f"{m}_enc"))) for r in rows]


_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$bm9ib2R5bm9ib2R5bm8$Zq0F8mV1m0Jm0m2n3Q5o7s9u1w3y5A7C9E1G3I5K7M8"
"""A hash of nothing, so that an unknown name takes as long as a wrong secret."""
