"""Approve or return: a second, authenticated person signs the content hash and the count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from onevoice.desk import draft
from onevoice.errors import Conflict, Refused, Unusable
from onevoice.ledger import alerts, audit

if TYPE_CHECKING:
    from onevoice.desk.officers import Actor
    from onevoice.desk.wiring import Desk
    from onevoice.ledger.engine import Connection


def approve(
    desk: Desk, alert_id: str, actor: Actor, *, shown: str | None = None, hazard_typed: str | None = None
) -> draft.Step:
    """Sign what was frozen. `shown`: the hash that the person was looking at; `hazard_typed`: what they typed.

    Raises:
        Refused: wrong role, or the person wrote, edited or submitted it, or typed another hazard.
        Conflict: not waiting for approval any more, or changed since it was shown.
    """
    _may_answer(desk, alert_id, actor)
    if hazard_typed is not None:
        _typed_right(desk, alert_id, hazard_typed)
    _answer(desk, alert_id, actor, verdict="approved", to="approved", shown=shown)
    return draft.step(desk, alert_id)


def send_back(desk: Desk, alert_id: str, actor: Actor, reason: str) -> draft.Step:
    """Return it to its author with a reason; what was frozen is void.

    Raises:
        Unusable: no reason. Refused, Conflict: as `approve`.
    """
    if not reason.strip():
        what = "Say why it goes back, so that the author can mend it."
        raise Unusable(what, where="reason")
    _may_answer(desk, alert_id, actor)
    _answer(desk, alert_id, actor, verdict="returned", to="returned", reason=reason)
    return draft.step(desk, alert_id)


def _may_answer(desk: Desk, alert_id: str, actor: Actor) -> None:
    actor.must_be("approver", "manager")
    with desk.ledger.read() as conn:
        row = draft.found(conn, alert_id)
    if actor.name in {row.author, row.submitted_by, *row.editors}:
        what = f"{actor.name} wrote, edited or submitted {alert_id}; another person must answer."
        raise Refused(what, remedy="Ask an approver who did not work on it.")


def _typed_right(desk: Desk, alert_id: str, typed: str) -> None:
    with desk.ledger.read() as conn:
        row = draft.found(conn, alert_id)
    name = desk.content.lexicon.hazards[row.hazard].name
    if " ".join(typed.casefold().split()) != name.casefold():
        what = f"The hazard was not typed as it is called: {name}."
        raise Refused(what, where="hazard", remedy="Read the page again, then type it.")


def _answer(
    desk: Desk,
    alert_id: str,
    actor: Actor,
    *,
    verdict: str,
    to: str,
    shown: str | None = None,
    reason: str | None = None,
) -> None:
    now = desk.now()
    when = {"approved_at": now} if verdict == "approved" else {}
    with desk.ledger.write() as conn:
        # the state first: from then on nobody can void what was frozen while it is being answered
        first = alerts.move(conn, alert_id, of=("submitted",), to=to, **when)
        release = alerts.standing_release(conn, alert_id)
        if not first and (release is None or shown is None):
            raise _too_late(conn, alert_id)
        if release is None or (shown is not None and shown != release.hash):
            what = f"{alert_id} changed since it was shown."
            raise Conflict(what, remedy="Look at it again.")
        if not first:
            raise _too_late(conn, alert_id)
        alerts.approve(
            conn,
            release_id=release.id,
            hash=release.hash,
            contacts=release.contacts,
            by=actor.name,
            verdict=verdict,
            reason=reason,
            at=now,
            signature=signature(desk, release.hash, release.contacts, actor.name, verdict),
        )
        if verdict == "returned":
            alerts.void(conn, alert_id, now)
        detail = {"release": release.hash, "contacts": release.contacts, "reason": reason}
        audit.append(conn, desk.vault, actor=actor.name, act=verdict, subject=alert_id, detail=detail)


def _too_late(conn: Connection, alert_id: str) -> Conflict:
    row = draft.found(conn, alert_id)
    what = f"{alert_id} is {row.state}, so it is not waiting for an answer."
    return Conflict(what, remedy="Submit it first." if row.state in ("draft", "returned") else "Look at it again.")


def signature(desk: Desk, content: str, contacts: int, name: str, verdict: str) -> str:
    """What stands under a verdict: keyed, over the content hash, the count, the person and the verdict."""
    return desk.vault.sign(f"{verdict}|{content}|{contacts}|{name}")
