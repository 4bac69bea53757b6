"""When somebody who acts goes, or changes their secret: what they did stays, what waits for them goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from onevoice.desk import ask, officers
from onevoice.errors import Conflict, Unusable
from onevoice.ledger import audit, notices
from onevoice.ledger import officers as stored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from onevoice.desk.officers import Actor
    from onevoice.desk.wiring import Desk

ABLE = ("approver", "manager")
"""Roles that may approve."""
NEEDED = 2
"""People who may approve: the one who wrote an alert cannot be the one who approves it."""


def remove(desk: Desk, name: str, actor: Actor, *, anyway: bool = False) -> dict[str, str | None]:
    """End what somebody may do, at once. Returns each alert that waited for them → who is asked instead, or None.

    `anyway`: also where too few would be left, as for a secret that was stolen. Everything that they did stays in the
    audit chain.

    Raises:
        Refused: the actor is no manager. Unusable: there is nobody of that name.
        Conflict: too few would be left who may approve.
    """
    actor.must_be("manager")
    with desk.ledger.write() as conn:
        gone = stored.get(conn, name)
        if gone is None:
            raise Unusable(f"There is nobody called {name}.", remedy="`onevoice people list` names them.")
        left = [row.role for row in stored.everybody(conn) if row.name != name]
        if gone.role in ABLE and not anyway and (lacking := lacks(left)):
            remedy = "Add somebody first. If their secret is in wrong hands, repeat with --anyway."
            raise Conflict(f"Without {name}, {lacking}.", remedy=remedy)
        stored.remove(conn, name, desk.now())
        audit.append(conn, desk.vault, actor=actor.name, act="officer removed", subject=name)
        waiting = notices.waiting_for(conn, name)
    return {alert_id: ask.ask(desk, alert_id) for alert_id in waiting}


def lacks(roles: Sequence[str]) -> str:
    """What is lacking among people with these roles; empty where nothing is."""
    if "approver" not in roles:
        return "there is nobody who is asked to approve"
    if sum(role in ABLE for role in roles) < NEEDED:
        return "whoever writes an alert has nobody to approve it"
    return ""


def change_secret(desk: Desk, name: str, old: str, new: str) -> None:
    """Give oneself another secret. The old one ends at once.

    Raises:
        Refused: the old one is wrong. Unusable: the new one is too short, or is the old one.
    """
    actor = officers.prove(desk, name, old)
    if new == old:
        raise Unusable("This is the secret that you have.", where="secret", remedy="Choose another.")
    hashed = officers.hashed(new)
    with desk.ledger.write() as conn:
        stored.change_secret(conn, actor.name, hashed)
        audit.append(conn, desk.vault, actor=actor.name, act="secret changed", subject=actor.name)
