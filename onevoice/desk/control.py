"""The kill switch. The file comes first, because it works when the database does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from onevoice.errors import OneVoiceError, OutOfReach
from onevoice.ledger import audit, control

if TYPE_CHECKING:
    from onevoice.desk.officers import Actor
    from onevoice.desk.wiring import Desk


def halt_file(desk: Desk, by: str, reason: str) -> bool:
    """Stop all sending on this machine, whatever the database does. False where the file cannot be written."""
    try:
        desk.settings.home.mkdir(parents=True, exist_ok=True)
        desk.settings.halt_file.write_text(f"{desk.now().isoformat()} {by}: {reason}\n", encoding="utf-8")
    except OSError:
        return desk.settings.halt_file.exists()
    return True


def halt(desk: Desk, by: str, reason: str) -> dict[str, Any]:
    """Stop all sending: the file first, then the database. One person is enough, and needs no secret.

    Returns:
        The state as `state` gives it; `database` is false where only the file could be written.

    Raises:
        OutOfReach: neither could be written, so nothing is stopped.
    """
    written = halt_file(desk, by, reason)
    try:
        with desk.ledger.write() as conn:
            control.halt(conn, by=by, reason=reason, now=desk.now())
            audit.append(conn, desk.vault, actor=by, act="halted", subject="control", detail={"reason": reason})
    except OneVoiceError as problem:
        if not written:
            what = f"NOTHING IS STOPPED: neither the halt file nor the database can be written. {problem}"
            raise OutOfReach(what, remedy="Stop every `onevoice` and Prefect process by hand.") from None
        return {"control": "halted", "database": False, "by": by, "detail": str(problem)}
    return state(desk)


def resume(desk: Desk, actor: Actor) -> dict[str, Any]:
    """Ask to send again; the second person who asks makes it so.

    Raises:
        Refused: the same person asks twice.
    """
    with desk.ledger.write() as conn:
        now_is = control.resume(conn, by=actor.name, now=desk.now())
        act = "resumed" if now_is.running else "asked to resume"
        audit.append(conn, desk.vault, actor=actor.name, act=act, subject="control")
    if now_is.running:
        desk.settings.halt_file.unlink(missing_ok=True)
    return state(desk)


def state(desk: Desk) -> dict[str, Any]:
    """As `control --json` prints it."""
    with desk.ledger.read() as conn:
        row = control.state(conn)
    halted = row.state == "halted" or desk.settings.halt_file.exists()
    return {
        "control": "halted" if halted else "running",
        "generation": row.generation,
        "by": row.by,
        "at": row.at.isoformat(),
        "reason": row.reason,
        "resume_asked_by": row.resume_asked_by,
    }
