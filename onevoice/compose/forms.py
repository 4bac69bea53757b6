"""Forms with a hard limit: the same message with nothing said twice, because what is too long cannot be made at all."""

from __future__ import annotations

from typing import Any

from onevoice.alert import Kind
from onevoice.compose.changes import changed_places
from onevoice.compose.speech import Speech
from onevoice.people import Means


def formed(say: Speech, told: dict[str, Any]) -> dict[str, Any]:
    """The message as its means tells it."""
    means = say.telling.asked.means
    if means is Means.WIRELESS_90:
        return _brief(say, told | {"changed_places": []})
    if means is Means.WIRELESS_360:
        return _brief(say, _as_post(say, told))
    return _as_post(say, told) if means is Means.SOCIAL else told


def _brief(say: Speech, told: dict[str, Any]) -> dict[str, Any]:
    """On one line, with the shortest labels: who speaks is followed by a colon, the places stand alone."""
    return told | {
        "source": say("frame.brief.source"),
        "where": told["where"] and say("frame.brief.where"),
        "act_by": told["act_by"] and say("frame.brief.act_by"),
    }


def _as_post(say: Speech, told: dict[str, Any]) -> dict[str, Any]:
    """The message as a post tells it.

    The impact is the detail that may have to go. An update that says the new last moment does not say it once more at
    its end; a correction names the wrong moment, and the right one where it always stands, with its label.
    """
    ending = "act_by" if told["act_by"] else "expires"
    moment = say.slots.get(ending, "")
    post = told | {"impact": "", "detail": told["impact"], "changed_places": changed_places(say)}
    if say.telling.alert.kind is Kind.CORRECTION:
        right = say("frame.correction.right", new=moment) if told["act_by"] or told["until"] else ""
        return post | {"changed": [line for line in told["changed"] if line != right]}
    if moment and any(moment in line for line in told["changed"]):
        return post | dict.fromkeys(("act_by", "until", "issued"), "")
    return post
