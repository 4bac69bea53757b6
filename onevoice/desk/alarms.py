"""What goes wrong with us and not with one reader: codes of providers that say so, in words for a person.

The channel goes on. A carrier that filters our texts does not speak for the others, and whom it refused gets the next
means at once; but somebody must know, because it will not mend itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from onevoice.ledger.refusals import refusals

if TYPE_CHECKING:
    from onevoice.ledger.engine import Connection


def alarms(conn: Connection, release_id: int) -> list[dict[str, Any]]:
    """Refusals of a release that are ours to mend: means, code, how many, and a sentence. The most frequent first."""
    from channels.twilio_codes import CODES, Then  # noqa: PLC0415 - only what was sent can be refused

    found = []
    for one in refusals(conn, release_id):
        known = CODES.get(int(one.code)) if one.code.isdecimal() else None
        if known and known.then is Then.STOP:
            who = "The carriers refuse us" if one.code in CARRIERS else "The provider refuses us"
            said = f"{who}: {one.calls} by {one.means} (code {one.code}). {known.meaning}"
            found.append({"means": one.means, "code": one.code, "count": one.calls, "message": said})
    return found


CARRIERS = frozenset({"30007", "30034"})
"""Codes of Twilio that come from the carriers: filtered, and not registered with them."""
