"""The kill switch. The file comes first, because it works when the database does not."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from onevoice.errors import Conflict, OneVoiceError, OutOfReach
from onevoice.failpoint import Point, failpoint
from onevoice.ledger import audit, control

if TYPE_CHECKING:
    from onevoice.desk.officers import Actor
    from onevoice.desk.wiring import Desk
    from onevoice.ledger.engine import Connection


PATIENCE = 1.0
"""Seconds that a locked database may hold up a halt; what it was not told then, the sender tells it later."""
LONGEST = 400
TOLD, UNTOLD = "database: told", "database: not told yet"


def halt_file(desk: Desk, by: str, reason: str) -> bool:
    """Stop all sending on this machine, whatever the database does. False where the file cannot be written."""
    words = (
        f"{desk.now().isoformat()} {_line(by)}: {_line(reason)}\nby: {_line(by)}\nreason: {_line(reason)}\n{UNTOLD}\n"
    )
    try:
        desk.settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        desk.settings.halt_file.write_text(words, encoding="utf-8")
    except OSError:
        return desk.settings.halt_file.exists()
    return True


def _line(text: str) -> str:
    """Words in one line that a terminal only shows."""
    shown = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(shown.split())[:LONGEST]


def halt(desk: Desk, by: str, reason: str, *, proved: bool = False) -> dict[str, Any]:
    """Stop all sending: the file first, then the database. One person is enough.

    `proved`: they showed who they are, as the console asks; on the machine itself no secret is needed.

    Returns:
        The state as `state` gives it; `database` is false where only the file could be written. Then whoever sends
        from this machine tells the database as soon as it answers.

    Raises:
        OutOfReach: neither could be written, so nothing is stopped.
    """
    written = halt_file(desk, by, reason)
    failpoint(Point.HALT_FILE)
    try:
        with desk.ledger.write_within(PATIENCE) as conn:
            _halt(desk, conn, by, reason, proved=proved)
    except OneVoiceError as problem:
        if not written:
            what = f"NOTHING IS STOPPED: neither the halt file nor the database can be written. {problem}"
            raise OutOfReach(what, remedy="Stop every `onevoice` and Prefect process by hand.") from None
        return {"control": "halted", "database": False, "by": by, "detail": str(problem)}
    _mark_told(desk)
    return state(desk)


def _halt(desk: Desk, conn: Connection, by: str, reason: str, *, proved: bool = False) -> None:
    control.halt(conn, by=_line(by), reason=_line(reason), now=desk.now())
    detail = {"reason": _line(reason), "proved": proved}
    audit.append(conn, desk.vault, actor=_line(by), act="halted", subject="control", detail=detail)


def _mark_told(desk: Desk) -> None:
    with suppress(OSError), desk.settings.halt_file.open("r+", encoding="utf-8") as file:  # r+: never makes it anew
        words = file.read().replace(UNTOLD, TOLD)
        file.seek(0)
        file.write(words)
        file.truncate()


def tell(desk: Desk) -> bool:
    """Tell the database of a halt of which it could not be told when it happened. True where there was one.

    A file that somebody made by hand stops this machine alone, and is not told.

    Raises:
        OutOfReach: it still does not answer.
    """
    if (untold := _untold(desk)) is None:
        return False
    with desk.ledger.write_within(PATIENCE) as conn:
        # the row first, then the file: `resume` takes the file away while it holds the row
        running = control.state(conn, hold=True).running
        if running and _untold(desk) is not None:
            _halt(desk, conn, *untold)
    _mark_told(desk)
    return True


def _untold(desk: Desk) -> tuple[str, str] | None:
    """By whom and why, where a halt on this machine has not come to the database yet."""
    try:
        lines = desk.settings.halt_file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    if UNTOLD not in lines:
        return None
    said = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
    return said.get("by", "somebody on this machine"), said.get("reason", "no reason given")


def resume(desk: Desk, actor: Actor) -> dict[str, Any]:
    """Ask to send again; the second person who asks makes it so.

    Raises:
        Refused: the same person asks twice. Conflict: nothing is halted, or only by a file that was made by hand.
    """
    tell(desk)
    with desk.ledger.write() as conn:
        if control.state(conn).running and desk.settings.halt_file.exists():
            what = f"Only the file {desk.settings.halt_file.name} stops this machine; somebody made it by hand."
            raise Conflict(what, where=str(desk.settings.home), remedy="Ask who did, then delete it.")
        now_is = control.resume(conn, by=actor.name, now=desk.now())
        act = "resumed" if now_is.running else "asked to resume"
        audit.append(conn, desk.vault, actor=actor.name, act=act, subject="control")
        if now_is.running:  # before the commit: whoever sees sending allowed sees no halt of before
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
