"""Draft: from a file to the first version of a chain, or to the next one."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from onevoice.desk import danger, late, resolve
from onevoice.errors import Conflict, Unusable
from onevoice.ledger import alerts, audit

if TYPE_CHECKING:
    from pathlib import Path

    from onevoice.alert import Alert, AlertFile
    from onevoice.desk.officers import Actor
    from onevoice.desk.wiring import Desk

_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
"""No letter or digit that is mistaken for another when a link is read out."""
CODE_LENGTH = 6
LONGEST = 80
"""Letters that an alert's id has at most."""
UNBORN = "0" * CODE_LENGTH
"""Stands for the code in a preview of a file that is no draft yet: as long as a real one."""


@dataclass(frozen=True)
class Step:
    """Where an alert stands after a step. `late`: people who were added at the release, as `desk.late` tells."""

    id: str
    chain: str
    state: str
    release: str | None
    late: int = 0

    def to_json(self) -> dict[str, Any]:
        """As the four steps print it."""
        return asdict(self)


def step(desk: Desk, alert_id: str) -> Step:
    """Where an alert stands.

    Raises:
        Unusable: there is no such alert.
    """
    with desk.ledger.read() as conn:
        row = found(conn, alert_id)
        release = alerts.standing_release(conn, alert_id)
        added = late.came(conn, release) if release else 0
    return Step(row.id, row.chain, row.state, release.hash if release else None, added)


def found(conn: Any, alert_id: str) -> alerts.AnyRow:
    """The alert's row.

    Raises:
        Unusable: there is no such alert.
    """
    row = alerts.row(conn, alert_id)
    if row is None:
        what = f"There is no alert {alert_id[:LONGEST]!r}."
        raise Unusable(what, remedy="`onevoice alert list` names those there are.")
    return row


def new_chain(hazard: str) -> str:
    """An id for a new chain; its last part is the code in the page's address."""
    code = "".join(secrets.choice(_LETTERS) for _ in range(CODE_LENGTH))
    return f"{hazard.replace('_', '-')}-{code}"


def from_file(desk: Desk, path: Path, *, among_others: bool = False) -> Alert:
    """The alert that a file means, for a preview: with a code that stands for the one it will get.

    `among_others`: as it would be drafted now, beside what is live; else by itself, and no ledger is opened.
    """
    file = resolve.read_file(path)
    other = danger.instead(desk, file.status) if among_others else None
    chain = f"{file.hazard.replace('_', '-')}-{UNBORN}"
    return resolve.resolve(desk, file, base=path.parent, chain=chain, other_number=other)


def draft(desk: Desk, path: Path, actor: Actor) -> Step:
    """Store a file as the first version of a new chain.

    Raises:
        Unusable: the file cannot be used; says where and why.
    """
    return draft_file(desk, resolve.read_file(path), actor, base=path.parent)


def draft_file(desk: Desk, file: AlertFile, actor: Actor, *, base: Path) -> Step:
    """As `draft`, for what a form gives instead of a file."""
    other = danger.instead(desk, file.status)
    alert = resolve.resolve(desk, file, base=base, chain=new_chain(file.hazard), other_number=other)
    return store(desk, alert, actor)


def store(desk: Desk, alert: Alert, actor: Actor) -> Step:
    """Store a resolved alert as a draft.

    Raises:
        Conflict: somebody else drafted this version first.
    """
    with desk.ledger.write() as conn:
        if alerts.row(conn, alert.id):
            what = f"{alert.id} was drafted by somebody else a moment ago."
            raise Conflict(what, remedy="Look at it first.")
        alerts.add(conn, alert, author=actor.name, at=desk.now())
        detail = {"factset": alert.factset.hash, "kind": alert.kind, "hazard": alert.hazard}
        audit.append(conn, desk.vault, actor=actor.name, act="drafted", subject=alert.id, detail=detail)
    return step(desk, alert.id)
