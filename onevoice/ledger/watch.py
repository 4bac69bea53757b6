"""Whether somebody wrote to the database: for who waits for something to do and is told of it by nobody."""

from __future__ import annotations

import sqlite3
from pathlib import Path


class Watch:
    """A look at a database file that costs some microseconds. Without a file (PostgreSQL) nothing is ever seen."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._conn: sqlite3.Connection | None = None
        self._seen: int | None = None

    def changed(self) -> bool:
        """Whether anybody committed since the last look. False where that cannot be said.

        https://www.sqlite.org/pragma.html#pragma_data_version, read 2026-11-30.
        """
        try:
            version = self._version()
        except sqlite3.Error:
            return False
        before, self._seen = self._seen, version
        return before is not None and version != before

    def _version(self) -> int | None:
        if self._file is None:
            return None
        if self._conn is None:
            self._conn = sqlite3.connect(f"{self._file.absolute().as_uri()}?mode=ro", uri=True, timeout=0)
        return int(self._conn.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        """Let go of the file."""
        if self._conn:
            self._conn.close()
            self._conn = None
