"""Which version the schema has, and how it gets to the newest. Alembic runs from here; there is no alembic.ini."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from onevoice.errors import OutOfReach, Unusable

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

HOW = "Run `onevoice db upgrade`."
MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


def upgrade(conn: Connection) -> None:
    """Bring the schema to the newest version inside the caller's transaction.

    Raises:
        Unusable: the schema is newer than this program.
    """
    from alembic import command  # noqa: PLC0415 - only an upgrade and the check at start need Alembic

    config = _config()
    config.attributes["connection"] = conn
    if _current(conn) not in (None, *_known(config)):
        raise _newer()
    command.upgrade(config, "head")


def check(conn: Connection) -> None:
    """Say nothing if the schema is the one that this program was written for.

    Raises:
        OutOfReach: there are no tables.
        Unusable: they are older or newer.
    """
    current, known = _current(conn), _known(_config())
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


def _config() -> Config:
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def _known(config: Config) -> tuple[str, ...]:
    """All versions, newest first."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - as above

    return tuple(script.revision for script in ScriptDirectory.from_config(config).walk_revisions())


def _current(conn: Connection) -> str | None:
    from alembic.migration import MigrationContext  # noqa: PLC0415 - as above

    return MigrationContext.configure(conn).get_current_revision()
