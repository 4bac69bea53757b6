"""Late holders: people whom an older version reaches between the submit of a version and its release.

Who approves signs how many there can be; who releases is told how many came (docs/decisions/0018).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from onevoice.ledger import alerts

if TYPE_CHECKING:
    from onevoice.ledger.alerts import AnyRow
    from onevoice.ledger.engine import Connection


def may_come(not_yet: int) -> str:
    """For preview and approval; empty where nobody can come."""
    if not not_yet:
        return ""
    more = "1 more person gets" if not_yet == 1 else f"Up to {not_yet:,} more people get"
    them = "this person" if not_yet == 1 else "them"
    return f"{more} one of these texts too, if an older version still reaches {them} before this one is released."


def came(conn: Connection, release: AnyRow) -> int:
    """How many came: contacts that were added when a release was made due."""
    if release.due_at is None:
        return 0
    served, _ = alerts.planned_counts(conn, release.id)
    return max(0, served - int(release.contacts))


def sentence(many: int) -> str:
    """For who releases; empty where nobody came."""
    if not many:
        return ""
    who = "1 person more than was approved gets" if many == 1 else f"{many:,} people more than were approved get"
    got = "an older version reached this person" if many == 1 else "an older version reached them"
    return f"{who} it: {got} after it was submitted."
