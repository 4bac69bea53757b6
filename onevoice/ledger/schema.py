"""Which version the schema has, and how it gets to the newest. Alembic runs from here; there is no alembic.ini."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import column, inspect, select, table

from onevoice.errors import OutOfReach, Unusable

if TYPE_CHECKING:
    from sqlalchemy import Connection

HOW = "Run `onevoice db upgrade`."
MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
_NOTED = table("alembic_version", column("version_num"))


def upgrade(conn: Connection) -> None:
    """Bring the schema to the newest version inside the caller's transaction.

    Raises:
        Unusable: the schema is newer than this program.
    """
    from alembic import command  # noqa: PLC0415 - only an upgrade needs Alembic, and every command asks `check`
    from alembic.config import Config  # noqa: PLC0415 - as above

    if _current(conn) not in (None, *_known()):
        raise _newer()
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = conn
    command.upgrade(config, "head")


def check(conn: Connection) -> None:
    """Say nothing if the schema is the one that this program was written for.

    Raises:
        OutOfReach: there are no tables.
        Unusable: they are older or newer.
    """
    current, known = _current(conn), _known()
    if current is None:
        raise OutOfReach("The database is empty.", where="database", remedy=HOW)
    if current not in known:
        raise _newer()
    if current != known[0]:
        what = f"The database has schema {current}, older than this program's {known[0]}."
        raise Unusable(what, where="database", remedy=HOW)


def _newer() -> Unusable:
    what = "The database was made by a newer OneVoice."
    return Unusable(what, where="database", remedy="Install that version, or restore a backup of before.")


def _known() -> tuple[str, ...]:
    """All versions, newest first: each script's name begins with its own."""
    names = (path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))
    return tuple(sorted(names, reverse=True))


def _current(conn: Connection) -> str | None:
    """What Alembic noted last."""
    if not inspect(conn).has_table(_NOTED.name):
        return None
    return conn.scalars(select(_NOTED.c.version_num)).one_or_none()
