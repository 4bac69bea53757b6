"""A text that stands in for another: English, for somebody whose own language has no text that may go out."""

from __future__ import annotations

from onevoice.compose.asked import Asked
from onevoice.compose.message import Message
from onevoice.lexicon.entries import ENGLISH_ONLY
from onevoice.library import Library
from onevoice.people import Means
from onevoice.template.marks import IN, Marks


def standing_in(told: Message, library: Library, asked: Asked, marks: Marks) -> Message:
    """The message with the number to call, which a text message else leaves to the page, and with its first line.

    The line points to the number, so it is not said to a reader who can use none.
    """
    lead = library.sentence(asked.lead, ENGLISH_ONLY).text if asked.lead and told["call"] else ""
    voice = library.voice(asked.lead) if lead and asked.lead else None
    changed = dict(told) | {
        "stand_in": marks.around(f"{IN}{asked.lead}", lead),
        "stand_in_language": asked.lead if lead else "",
        "stand_in_direction": voice.direction if voice else "",
    }
    if asked.means is Means.SMS:
        changed |= {"more": "\n".join(filter(None, (told["more"], told["call"]))), "call": ""}
    return changed
