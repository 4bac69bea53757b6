"""Standing behind a translation. Two people make an approval; neither an engine nor one person twice does.

| the words are | who comes | the words become |
|---|---|---|
| a machine draft | a reviewer | reviewed |
| translated or reviewed by somebody | somebody else | approved |
"""

from __future__ import annotations

from collections import Counter
from datetime import date

import polib

from onevoice.errors import Refused
from onevoice.lexicon import slots
from onevoice.localize import stamp
from onevoice.localize.stamp import Stamp
from onevoice.variant import Provenance


def approve(entry: polib.POEntry, by: str, on: date) -> Provenance:
    """Put a person behind the words of an entry, and say what they are now.

    Raises:
        Refused: there are no words, they are stale or have lost a fact, or this person stands behind them already.
    """
    _sound(entry)
    before = stamp.read(entry.tcomment)
    if not before.holds(entry.msgid, entry.msgstr):
        before = Stamp()
    mine = before.people().get(stamp.person(by))
    if mine:
        what = f"{entry.msgctxt}: {by} has {mine.what} these words."
        raise Refused(what, remedy="Whoever approves is not who translated or reviewed: ask a second person.")
    if before.level is Provenance.APPROVED:
        raise Refused(f"{entry.msgctxt} is approved already.", remedy="Nothing is left to do.")
    what_ = stamp.signed(before, "approved" if before.people() else "reviewed", by, on, (entry.msgid, entry.msgstr))
    entry.tcomment = stamp.write(entry.tcomment, what_)
    return what_.level


def _sound(entry: polib.POEntry) -> None:
    remedy = "Have it translated first."
    if not entry.msgstr.strip():
        raise Refused(f"{entry.msgctxt} is not translated.", remedy=remedy)
    if entry.fuzzy:
        raise Refused(f"{entry.msgctxt}: the English has changed since it was translated.", remedy=remedy)
    if Counter(slots(entry.msgstr)) != Counter(slots(entry.msgid)):
        raise Refused(
            f"{entry.msgctxt} has other slots than its English.", remedy="`onevoice locales check` shows them."
        )


def translate(entry: polib.POEntry, text: str, by: str, on: date, by_way_of: str = "") -> None:
    """Put a person's translation into an entry. Whoever stood behind other words does no longer."""
    entry.msgstr = text
    _settled(entry)
    signed = stamp.signed(Stamp(), "translated", by, on, (entry.msgid, text), by_way_of)
    entry.tcomment = stamp.write(entry.tcomment, signed)


def draft(entry: polib.POEntry, text: str, engine: str, on: date) -> None:
    """Put an engine's draft into an empty entry."""
    entry.msgstr = text
    signed = stamp.signed(Stamp(), "drafted", engine, on, (entry.msgid, text))
    entry.tcomment = stamp.write(entry.tcomment, signed)


def _settled(entry: polib.POEntry) -> None:
    """It belongs to the English of today again."""
    entry.flags = [flag for flag in entry.flags if flag != "fuzzy"]
    entry.previous_msgid = None
