"""What a database driver says, in one sentence that tells what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DatabaseError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from onevoice.errors import OutOfReach
from onevoice.ledger import schema

_REASONS = (
    ("locked", "The database is locked by another process.", "Find what holds it open, then try again."),
    ("full", "The disk is full.", "Free some space; nothing that was confirmed is lost."),
    ("disk i/o", "The disk cannot be written to or read: it is full, or broken.", "Free some space, or mend it."),
    ("readonly", "The database cannot be written to.", "Mend the rights of its file and folder."),
    ("read-only", "The database cannot be written to.", "Mend the rights of its file and folder."),
    ("unable to open", "The database file cannot be opened.", schema.HOW),
    ("no such table", "The database has no such table.", schema.HOW),
    ("malformed", "The database file is damaged.", "Restore the last backup."),
    ("not a database", "This file is not a database.", "Restore the last backup."),
)


@contextmanager
def explained() -> Iterator[None]:
    """Turn what a database driver says into one sentence. Broken rules and wrong SQL are ours, and stay as they are.

    Raises:
        OutOfReach: in place of what the driver raised.
    """
    try:
        yield
    except (IntegrityError, ProgrammingError):
        raise
    except PoolTimeout:
        raise OutOfReach("Every connection to the database is in use.", remedy="Try again.") from None
    except (DatabaseError, DBAPIError) as problem:
        said = str(problem.orig).lower()
        for word, what, remedy in _REASONS:
            if word in said:
                raise OutOfReach(what, where="database", remedy=remedy) from problem
        raise OutOfReach("The database does not answer.", where="database", remedy="See that it runs.") from problem
