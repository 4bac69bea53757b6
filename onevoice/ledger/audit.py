"""The audit chain: who did what, each entry bound to the one before it by a keyed hash.

Entries are added in the transaction of the act itself, so there is neither an act without its entry nor the other
way round. The anchor, a small signed file outside the database, says how long the chain is: with it a deletion of
the last entries is found too.
"""

from __future__ import annotations

import hmac
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, insert, select, text

from onevoice.failpoint import Point, failpoint
from onevoice.ledger.engine import database_now
from onevoice.ledger.tables import audit
from onevoice.ledger.vault import Vault

START = "0" * 64
"""What stands in the first entry where others have the hash of the one before."""

_LOCK = 0x6F6E65
"""PostgreSQL: only one transaction at a time adds to the chain."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What a check found. `problems` is empty where the chain is whole; each names the entry."""

    count: int
    head: str
    problems: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """True where nothing was changed, added or taken away."""
        return not self.problems


def append(
    conn: Connection, vault: Vault, *, actor: str, act: str, subject: str, detail: Mapping[str, Any] | None = None
) -> None:
    """Add an entry in the caller's transaction. `detail` holds ids and counts, never anything about a person."""
    if conn.dialect.name == "postgresql":
        conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    last = conn.execute(select(audit.c.id, audit.c.hash).order_by(audit.c.id.desc()).limit(1)).first()
    entry = {
        "id": last.id + 1 if last else 1,
        "at": _ms(database_now(conn)),
        "actor": actor,
        "act": act,
        "subject": subject,
        "detail": json.loads(json.dumps(detail or {})),
        "previous": last.hash if last else START,
    }
    conn.execute(insert(audit).values(**entry, hash=_hash(vault, entry)))
    failpoint(Point.AUDIT_OPEN)


def verify(conn: Connection, vault: Vault, anchor_file: Path | None = None) -> Verified:
    """Read the whole chain and say what is wrong with it. Without `anchor_file` missing last entries go unseen."""
    problems: list[str] = []
    anchor = _anchor(vault, anchor_file, problems)
    previous, number = START, 0
    for number, row in enumerate(conn.execute(select(audit).order_by(audit.c.id)).mappings(), start=1):
        entry = {name: row[name] for name in ("id", "actor", "act", "subject", "detail", "previous")}
        entry["at"] = _ms(row["at"])
        if row["id"] != number or row["previous"] != previous:
            problems.append(f"Entry {row['id']} does not follow the one before it: entries are missing or moved.")
        if not hmac.compare_digest(row["hash"], _hash(vault, entry)):
            problems.append(f"Entry {row['id']} is not what was written.")
        if anchor and number == anchor[0] and row["hash"] != anchor[1]:
            problems.append(f"Entry {row['id']} is not the one that the anchor names.")
        previous = row["hash"]
    if anchor and number < anchor[0]:
        problems.append(f"The last {anchor[0] - number} entries are missing.")
    return Verified(number, previous, tuple(problems))


def anchor(conn: Connection, vault: Vault, anchor_file: Path) -> None:
    """Write down, outside the database, how many entries there are and what the last one is. It never gets shorter."""
    count = conn.scalar(select(func.count()).select_from(audit)) or 0
    head = conn.scalar(select(audit.c.hash).order_by(audit.c.id.desc()).limit(1)) or START
    before = _anchor(vault, anchor_file, [])
    if before and before[0] >= count:
        return
    text_ = json.dumps({"count": count, "head": head, "signature": vault.sign(f"anchor|{count}|{head}")})
    half = anchor_file.with_name(f"{anchor_file.name}.{os.getpid()}")
    with open(half, "w", encoding="utf-8", opener=_private) as out:
        out.write(text_ + "\n")
        out.flush()
        os.fsync(out.fileno())
    half.replace(anchor_file)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _anchor(vault: Vault, anchor_file: Path | None, problems: list[str]) -> tuple[int, str] | None:
    if anchor_file is None:
        return None
    try:
        said = json.loads(anchor_file.read_text(encoding="utf-8"))
        count, head = int(said["count"]), str(said["head"])
        if hmac.compare_digest(said["signature"], vault.sign(f"anchor|{count}|{head}")):
            return count, head
        problems.append("The anchor was not written by this deployment.")
    except FileNotFoundError:
        problems.append("The anchor is missing.")
    except (OSError, ValueError, KeyError, TypeError):
        problems.append("The anchor cannot be read.")
    return None


def _hash(vault: Vault, entry: Mapping[str, Any]) -> str:
    plain = [entry[name] for name in ("id", "at", "actor", "act", "subject", "detail", "previous")]
    return vault.sign("audit|" + json.dumps(plain, sort_keys=True, separators=(",", ":")))


def _ms(at: Any) -> int:
    return at if isinstance(at, int) else round(at.timestamp() * 1000)
