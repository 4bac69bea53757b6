"""The directory of services at the duty desk: taken in, confirmed, and named by alerts."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from audiences import directory, schedules
from onevoice.errors import Unusable
from onevoice.ledger import audit
from onevoice.ledger import services as rows
from onevoice.services import ALWAYS, Services

if TYPE_CHECKING:
    from pathlib import Path

    from onevoice.alert import Kind
    from onevoice.desk.officers import Actor
    from onevoice.desk.wiring import Desk
    from onevoice.ledger.alerts import AnyRow
    from onevoice.services import Service

IMPORT = "Import a directory: `onevoice services import FILE`."
Standing = Literal["good", "soon", "stale", "closed"]


class Entry(NamedTuple):
    """An entry of the directory as it stands today. `soon`: good, but not for long; `closed`: the service is."""

    row: AnyRow
    service: Service
    standing: Standing

    @property
    def confirm(self) -> str:
        """How it becomes good again."""
        return f"Call it. If all is right: `onevoice services confirm {self.service.id} --as NAME`."


class Taken(NamedTuple):
    """What an import did."""

    replaced: rows.Replaced
    refused: tuple[directory.Refused, ...]

    def to_json(self) -> dict[str, Any]:
        """As `services import --json` prints it."""
        return self.replaced._asdict() | {"refused": [one._asdict() for one in self.refused]}


def town(desk: Desk) -> schedules.Town:
    """What entries are read against, today."""
    zones = {zone: names["en"] for zone, names in desk.gazetteer.names.items()}
    return schedules.Town(zones, desk.settings.zone, desk.today)


def policy(desk: Desk) -> directory.Policy:
    """How long entries are good, and who is led where. Errors as `directory.policy`."""
    return directory.policy(desk.settings.content_root)


# --- the directory


def take_in(desk: Desk, file: Path) -> Taken:
    """Make a file the directory. Entries that cannot be used are refused with their reason and are in it no more.

    Raises:
        Unusable: the file as a whole cannot be read, or none of its entries can be used.
    """
    rules, here = policy(desk), town(desk)
    good: dict[str, dict[str, Any]] = {}
    refused: list[directory.Refused] = []
    for plain in directory.read(file):
        name = str(plain.get("name") or plain.get("id") or "without a name")
        try:
            service = directory.entry(plain, "", rules, here)
            directory.covers(plain, set(), here)
        except schedules.Wrong as wrong:
            refused.append(directory.Refused(name, str(wrong)))
            continue
        if service.id in good:
            refused.append(directory.Refused(name, "its id stands in the file before"))
        good.setdefault(service.id, plain)
    if not good:
        raise Unusable("None of its entries can be used.", where=file.name, remedy=f"{refused[0].reason}.")
    with desk.ledger.write() as conn:
        done = rows.replace(conn, good.values(), "desk", desk.now())
        detail = done._asdict() | {"refused": len(refused)}
        audit.append(conn, desk.vault, actor="desk", act="services imported", subject=file.name, detail=detail)
    return Taken(done, tuple(refused))


def entries(desk: Desk) -> list[Entry]:
    """The directory as it stands today."""
    rules, here = policy(desk), town(desk)
    with desk.ledger.read() as conn:
        current = rows.current(conn)
    return [entry for row in current if (entry := _entry(row, rules, here))]


def _entry(row: AnyRow, rules: directory.Policy, here: schedules.Town) -> Entry | None:
    """None for one that cannot be used any more: the rules of today are stricter than those of its import."""
    try:
        service = directory.entry(row.body, row.version, rules, here)
    except schedules.Wrong:
        return None
    if not directory.is_active(row.body):
        return Entry(row, service, "closed")
    near = service.until - timedelta(days=rules.warn_before)
    return Entry(row, service, "stale" if service.until < here.today else "soon" if near < here.today else "good")


def confirm(desk: Desk, entry_id: str, actor: Actor, email: str = "") -> str:
    """Say that somebody has called and all is right: a new version, confirmed today. Returns its name.

    Raises:
        Unusable: there is no such entry.
    """
    found = _found({entry.service.id: entry for entry in entries(desk)}, entry_id, "ID")
    body = {**found.row.body, "assured_date": desk.today.isoformat()}
    if email:
        body["assurer_email"] = email
    with desk.ledger.write() as conn:
        version = rows.put(conn, found.row, body, actor.name, desk.now())
        detail = {"version": version, "before": found.row.version}
        audit.append(conn, desk.vault, actor=actor.name, act="service confirmed", subject=entry_id, detail=detail)
    return found.service.name


def _found(there: dict[str, Entry], name: str, where: str) -> Entry:
    """An entry by its id or its whole name."""
    found = there.get(name) or next((entry for entry in there.values() if entry.service.name == name), None)
    if found is None:
        known = ", ".join(entry.service.name for entry in there.values()) or "none: the directory is empty"
        raise Unusable(f"There is no service {name!r}.", where=where, remedy=f"There are: {known}.")
    return found


# --- what an alert names


def fact(desk: Desk, kind: Kind, urgency: str, zones: set[str], named: Any) -> Services | None:
    """The services that a version may lead to: those that it names, else those for its kind that serve its place.

    A kind that need not lead anywhere never waits for a call: it is led to what is good for long enough, or nowhere.

    Raises:
        Unusable: one that it names does not exist or is closed; or people in imminent danger are to be led there.
    """
    if named is None and kind not in policy(desk).shown:
        return None
    there = {entry.service.id: entry for entry in entries(desk)}
    chosen = _usual(desk, kind, zones, list(there.values())) if named is None else _named(there, kind, urgency, named)
    return Services(entries=tuple(entry.service for entry in chosen)) if chosen else None


def _usual(desk: Desk, kind: Kind, zones: set[str], there: list[Entry]) -> list[Entry]:
    shown, here = policy(desk).shown[kind], town(desk)
    fit = ("good", "soon", "stale") if kind in ALWAYS else ("good",)
    able = [e for e in there if e.service.sort in shown and e.standing in fit]
    able = [entry for entry in able if _serves(entry, zones, here)]
    return sorted(able, key=lambda entry: shown.index(entry.service.sort))


def _serves(entry: Entry, zones: set[str], here: schedules.Town) -> bool:
    try:
        return directory.covers(entry.row.body, zones, here)
    except schedules.Wrong:
        return False


def _named(there: dict[str, Entry], kind: Kind, urgency: str, named: Any) -> list[Entry]:
    where = "facts.services"
    if not isinstance(named, list) or not named or not all(isinstance(one, str) for one in named):
        what = "This is no list of services."
        raise Unusable(
            what, where=where, remedy="Write services: [name or id, ...]; `onevoice services list` has them."
        )
    if kind in ("warning", "update") and urgency == "Immediate":
        what = "Whoever is in danger now is not sent to a service."
        raise Unusable(what, where=where, remedy="Leave it out; name it in the message afterwards.")
    found = [_found(there, one, where) for one in dict.fromkeys(named)]
    if closed := [entry.service.name for entry in found if entry.standing == "closed"]:
        raise Unusable(f"{closed[0]} is closed.", where=where, remedy="Leave it out.")
    return found
