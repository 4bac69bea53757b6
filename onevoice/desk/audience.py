"""The register of people: contacts in, counts out, opt-outs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from audiences import contacts as reading
from onevoice import localize
from onevoice.errors import Unusable
from onevoice.ledger import audit, contacts
from onevoice.settings import Mode

if TYPE_CHECKING:
    from pathlib import Path

    from audiences.contacts import Refused
    from onevoice.desk.wiring import Desk
    from onevoice.ledger.contacts import Imported


@dataclass(frozen=True)
class Taken:
    """What an import did."""

    imported: Imported
    refused: tuple[Refused, ...]
    notes: tuple[Refused, ...] = ()
    """Rows that were taken although something in them wants a look: a zone that this town does not have."""

    def to_json(self) -> dict[str, Any]:
        """As `audience import --json` prints it."""
        return vars(self.imported) | {
            "refused": [vars(r) for r in self.refused],
            "notes": [vars(n) for n in self.notes],
        }

    def sentence(self) -> str:
        """For a person."""
        done = self.imported
        return (
            f"{done.added} added, {done.changed} changed, {done.unchanged} unchanged, {len(self.refused)} refused; "
            f"{done.shared} contact points are shared."
        )


def take_in(desk: Desk, file: Path) -> Taken:
    """Import a contact file. Rows that cannot be used are refused with line and reason, the others are kept.

    Raises:
        Unusable: the file as a whole cannot be read.
    """
    rows = reading.read(
        file,
        load_numbers=desk.settings.mode is Mode.EXERCISE,
        languages=localize.spellings(desk.settings.content_root),
        gazetteer=desk.gazetteer,
    )
    done = contacts.put_in_turns(desk.ledger, desk.vault, rows.rows, desk.now())
    with desk.ledger.write() as conn:
        detail = {"added": done.added, "changed": done.changed, "refused": rows.refused_in_all}
        audit.append(conn, desk.vault, actor="desk", act="contacts imported", subject=file.name, detail=detail)
    return Taken(done, tuple(rows.refused), tuple(rows.notes))


def counts(desk: Desk) -> dict[str, Any]:
    """Contacts by segment, language, tier and means."""
    with desk.ledger.read() as conn:
        return contacts.counts(conn, desk.segments)


def opt_out(desk: Desk, address: str) -> None:
    """Write to an address no more.

    Raises:
        Unusable: it is neither a number nor a mail address.
    """
    try:
        means, normal = reading.normalise(address)
    except reading.Wrong as wrong:
        raise Unusable(f"This {wrong.what}", where="ADDRESS") from None
    key = desk.vault.contact_key(means, normal)
    with desk.ledger.write() as conn:
        contacts.opt_out(conn, key, "all", desk.now(), "desk")
        audit.append(conn, desk.vault, actor="desk", act="opted out", subject=key[:12], detail={"means": means})
