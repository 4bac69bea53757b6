"""Revise: update, correct and cancel make a draft of the next version, which goes through the same four steps."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from onevoice.alert import AlertFile, AreaFile, Kind, Status
from onevoice.desk import danger, draft, resolve
from onevoice.errors import Conflict, Unusable
from onevoice.ledger import alerts, audit
from onevoice.ledger.states import AlertState

if TYPE_CHECKING:
    from onevoice.alert import Alert
    from onevoice.desk.officers import Actor
    from onevoice.desk.wiring import Desk


UNRELEASED = ("draft", "submitted", "returned", "approved")


def update(desk: Desk, alert_id: str, path: Path, actor: Actor) -> draft.Step:
    """The next version from a file: for everyone in the new area and everyone who may hold an older version.

    Raises:
        Conflict: the chain's newest version was never released, or has ended.
        Unusable: the file cannot be used.
    """
    return update_file(desk, alert_id, resolve.read_file(path), actor, base=path.parent)


def update_file(
    desk: Desk, alert_id: str, file: AlertFile, actor: Actor, *, base: Path, kind: Kind = Kind.UPDATE
) -> draft.Step:
    """As `update`, for what a form gives instead of a file."""
    if kind is Kind.CORRECTION:
        _set_aside(desk, alert_id, actor)
    older = head(desk, alert_id)
    _same_event(older, file)
    file = file.model_copy(update={"kind": kind})
    return _store(desk, _meant(desk, file, base, older.chain, older), actor)


def correct(desk: Desk, alert_id: str, path: Path, actor: Actor) -> draft.Step:
    """A correction, to everyone who may hold any older version. Errors as `update`."""
    return update_file(desk, alert_id, resolve.read_file(path), actor, base=path.parent, kind=Kind.CORRECTION)


def cancel(desk: Desk, alert_id: str, actor: Actor, reason: str | None = None) -> draft.Step:
    """The all-clear of a chain, to everyone who may hold any older version. Errors as `update`.

    A version that is not released yet is set aside: a forgotten draft must not stand in the way.
    """
    _set_aside(desk, alert_id, actor)
    older = head(desk, alert_id)
    file = AlertFile(
        incident=older.incident,
        hazard=older.hazard,
        kind=Kind.ALL_CLEAR,
        status=Status(older.status),
        area=_same_area(older),
        messenger=older.authority,
        segments=list(older.segments),
        announced=older.announced,
        reason=reason,
    )
    return _store(desk, _meant(desk, file, Path(), older.chain, older), actor)


def edit(desk: Desk, alert_id: str, path: Path, actor: Actor) -> draft.Step:
    """Replace what a version says that is not released yet. What was frozen or approved of it is void.

    Raises:
        Conflict: it was released already. Unusable: the file cannot be used, or is about another event.
    """
    file = resolve.read_file(path)
    with desk.ledger.read() as conn:
        row = draft.found(conn, alert_id)
        older = next((r for r in alerts.chain(conn, row.chain) if r.version == row.version - 1), None)
    _same_event(alerts.value(row), file)
    if older and file.kind not in (Kind.UPDATE, Kind.CORRECTION):  # these two may become each other
        file = file.model_copy(update={"kind": Kind(row.kind)})
    before = alerts.value(older) if older else None
    changed = _meant(desk, file, path.parent, row.chain, before)
    with desk.ledger.write() as conn:
        if not alerts.move(conn, alert_id, of=("draft", "returned", "submitted", "approved"), to="draft"):
            what = f"{alert_id} is {draft.found(conn, alert_id).state}, so it cannot be changed."
            raise Conflict(what, remedy="Make a new version: `onevoice alert update`, `correct` or `cancel`.")
        alerts.void(conn, alert_id, desk.now())
        alerts.rewrite(conn, changed, editor=actor.name, editors=draft.found(conn, alert_id).editors)
        detail = {"factset": changed.factset.hash}
        audit.append(conn, desk.vault, actor=actor.name, act="edited", subject=alert_id, detail=detail)
    return draft.step(desk, alert_id)


HOW_ELSE = {
    "submitted": "Have an approver return it first.",
    "approved": "Make it a draft again first: `onevoice alert edit`.",
    "recalled": "It is set aside already.",
}


def discard(desk: Desk, alert_id: str, actor: Actor) -> draft.Step:
    """Set aside a version that nobody waits for. Its row stays, in the state recalled; so does every audit entry.

    Raises:
        Conflict: it is neither a draft nor returned, so others may rely on it.
    """
    with desk.ledger.write() as conn:
        row = draft.found(conn, alert_id)
        if not alerts.move(conn, alert_id, of=("draft", "returned"), to=AlertState.RECALLED, closed_at=desk.now()):
            what = f"{alert_id} is {row.state}, so it cannot be discarded."
            raise Conflict(what, remedy=HOW_ELSE.get(row.state, "What was sent is ended by `onevoice alert cancel`."))
        audit.append(conn, desk.vault, actor=actor.name, act="discarded", subject=alert_id)
    return draft.step(desk, alert_id)


def head(desk: Desk, alert_id: str) -> Alert:
    """The newest version of a chain, which must have been released.

    Raises:
        Conflict: a newer version is on its way, or the chain has been ended by a cancel.
    """
    with desk.ledger.read() as conn:
        chain = alerts.chain(conn, draft.found(conn, alert_id).chain)
    standing = [row for row in chain if row.released_at or row.state != AlertState.RECALLED]
    if not standing:
        raise Conflict(f"{alert_id} was discarded before it went out.", remedy="Draft a new alert.")
    newest = standing[-1]
    if newest.released_at is None:
        what = f"Version {newest.version} of this chain ({newest.id}) is {newest.state}, not released."
        raise Conflict(what, remedy=f"Release it, or change it: `onevoice alert edit {newest.id} FILE`.")
    if newest.kind == Kind.ALL_CLEAR:
        what = "This chain has been ended by its all-clear."
        raise Conflict(what, remedy="Draft a new alert.")
    return alerts.value(newest)


def _meant(desk: Desk, file: AlertFile, base: Path, chain: str, older: Alert | None) -> Alert:
    other = danger.instead(desk, file.status)
    return resolve.resolve(desk, file, base=base, chain=chain, older=older, other_number=other)


def _set_aside(desk: Desk, alert_id: str, actor: Actor) -> None:
    """Recall versions that were never released, as long as one was."""
    with desk.ledger.write() as conn:
        chain = alerts.chain(conn, draft.found(conn, alert_id).chain)
        for row in chain if any(r.released_at for r in chain) else ():
            if row.released_at is None and alerts.move(conn, row.id, of=UNRELEASED, to=AlertState.RECALLED):
                alerts.void(conn, row.id, desk.now())
                audit.append(conn, desk.vault, actor=actor.name, act="set aside", subject=row.id)


def _store(desk: Desk, alert: Alert, actor: Actor) -> draft.Step:
    """Store a version under the next free number of its chain."""
    with desk.ledger.read() as conn:
        version = alerts.chain(conn, alert.chain)[-1].version + 1
    numbered = {"version": version, "id": f"{alert.chain}-{version}"}
    return draft.store(desk, alert.model_copy(update=numbered), actor)


def _same_event(older: Alert, file: AlertFile) -> None:
    for field, before, now in (("hazard", older.hazard, file.hazard), ("status", older.status, file.status)):
        if before != now:
            what = f"The chain's {field} is {before}, the file's is {now}."
            raise Unusable(what, where=field, remedy="A new event needs a new alert.")


def _same_area(older: Alert) -> AreaFile:
    if older.area.whole_zones:
        return AreaFile(zones=list(older.area.zones))
    return AreaFile(polygon=list(older.area.polygons[0]))
