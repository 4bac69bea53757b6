"""How far this deployment has come, kept beside the database: calls made, changes of the kill switch, audit entries.

The file is written after each commit of intents and before their calls. A database that has come less far than its
file was put back from an older backup: it does not know of calls that were made. Nothing is synced to the disk for it:
after a loss of power the file may only be behind the database, and that proves nothing.
"""

from __future__ import annotations

import fcntl
import hmac
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, func, select, text

from onevoice.errors import OutOfReach, Unusable
from onevoice.ledger.tables import audit, control
from onevoice.ledger.vault import Vault

_WIDTH = 256
"""Bytes of the file, always the same: it is written over in place, within one sector, and needs no room on a disk."""


class Reached(NamedTuple):
    """`attempt`: the highest number that was given to a call; `generation` of the kill switch; audit `entries`."""

    attempt: int
    generation: int
    entries: int

    def behind(self, other: Reached) -> bool:
        """True where `other` has come further than this.

        The chain counts only while nobody has touched the switch since: whoever let sending go on with a shorter
        chain has seen that it is shorter.
        """
        shorter = self.generation == other.generation and self.entries < other.entries
        return self.attempt < other.attempt or self.generation < other.generation or shorter


def reached(conn: Connection) -> Reached:
    """How far the database itself has come."""
    generation = conn.scalar(select(control.c.generation).where(control.c.id == 1)) or 0
    return Reached(_numbers(conn), generation, conn.scalar(select(func.max(audit.c.id))) or 0)


def _numbers(conn: Connection) -> int:
    """The highest number that an attempt was ever given, whether its row is there or not."""
    if conn.dialect.name == "postgresql":
        found = conn.execute(text("SELECT last_value, is_called FROM attempt_id_seq")).one()
        return int(found.last_value) if found.is_called else 0
    return conn.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = 'attempt'")) or 0


def skip_to(conn: Connection, number: int) -> None:
    """Give no attempt a number up to `number` any more: what is said of those calls must not meet others."""
    if conn.dialect.name == "postgresql":
        conn.execute(text("SELECT setval('attempt_id_seq', :number)"), {"number": number})
        return
    known = conn.execute(text("UPDATE sqlite_sequence SET seq = :number WHERE name = 'attempt'"), {"number": number})
    if not known.rowcount:
        conn.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES ('attempt', :number)"), {"number": number})


class HighWater:
    """The file. Several processes may write it: it never goes back, unless `put` says so."""

    def __init__(self, path: Path, vault: Vault) -> None:
        self._path = path
        self._vault = vault
        self._last = Reached(0, 0, 0)

    def read(self) -> Reached | None:
        """What it says; None where there is none yet.

        Raises:
            Unusable: it is not what was written, so nobody can say how far we had come.
            OutOfReach: it cannot be read.
        """
        with self._open() as file:
            return self._said(file)

    def rise(self, to: Reached) -> None:
        """Write down that we have come this far, unless it says so already.

        Raises:
            OutOfReach: it cannot be written. Unusable: as `read`.
        """
        if to == self._last:
            return
        with self._open() as file:
            said = self._said(file) or Reached(0, 0, 0)
            self._write(file, Reached(*map(max, said, to)))
        self._last = to

    def put(self, at: Reached) -> None:
        """Write down what the database says, higher or lower: somebody has been told.

        Raises:
            OutOfReach: as `rise`.
        """
        with self._open() as file:
            self._write(file, at)

    @contextmanager
    def _open(self) -> Iterator[int]:
        """The file, for this process alone."""
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                yield file
            finally:
                os.close(file)
        except OSError as problem:
            what = f"The file that says how far we had come cannot be used ({problem.strerror}), so nothing is sent."
            raise OutOfReach(what, where=str(self._path), remedy="Mend the rights of its folder.") from None

    def _write(self, file: int, at: Reached) -> None:
        line = json.dumps(at._asdict() | {"signature": self._signature(at)}).ljust(_WIDTH - 1) + "\n"
        os.pwrite(file, line.encode(), 0)

    def _said(self, file: int) -> Reached | None:
        line = os.pread(file, _WIDTH, 0)
        if not line:
            return None
        try:
            said = json.loads(line)
            at = Reached(*(int(said[name]) for name in Reached._fields))
            if hmac.compare_digest(said["signature"], self._signature(at)):
                return at
        except (ValueError, KeyError, TypeError):
            pass
        what = "This file is damaged or was made by another deployment, so nobody can say how far we had come."
        raise Unusable(what, where=str(self._path), remedy="If no backup was put back, remove it and start again.")

    def _signature(self, at: Reached) -> str:
        return self._vault.sign(f"reached|{at.attempt}|{at.generation}|{at.entries}")
