"""Leaving out: what goes first where a text message is too long. One fixed order, and nothing else ever goes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from onevoice import sms, speaking, wireless
from onevoice.compose.message import Message
from onevoice.graphemes import LONGEST_POST, graphemes
from onevoice.people import Means, Tier

SORRY, NOTE, NEEDS, LOCAL, AREA = "apology", "local note", "what a group needs", "local facts", "list of places"
SIGNPOST = "sign-post"
ORDER = (SORRY, NOTE, NEEDS, LOCAL, "co-sign", "third action", SIGNPOST, "second action", "detail of impact", AREA)
"""Apology, local note, what a group needs to hear and local facts stand in a text message only where they fit; then
the order of the design. A sign-post, which no warning has, is worth more than a third step (docs/decisions/0024)."""
PASS_ON, PLACES, UNKNOWN = "word to tell others", "change of places", "what is not known"
POST_ORDER = (*ORDER, PASS_ON, PLACES, UNKNOWN)
"""A post that is too long cannot be made at all, so at the very end three more things go that the page says."""
MOMENTS = "times"
SHORTEST_ORDER = (*POST_ORDER, MOMENTS)
"""Ninety characters hold source, action, hazard and place, and seldom a time: it goes last, and the longer form has it
(docs/decisions/0018)."""
_KEPT_ACTIONS = {"third action": 2, "second action": 1}
_FIELDS: dict[str, tuple[str, Any]] = {
    SORRY: ("sorry", ""),
    NOTE: ("note", ""),
    NEEDS: ("needs", []),
    SIGNPOST: ("signposts", []),
    "co-sign": ("cosign", ""),
    "detail of impact": ("detail", ""),
    PASS_ON: ("pass_on", ""),
    UNKNOWN: ("not_known", []),
}
_TIMES = ("act_by", "until", "issued", "next_update")


class Draft(NamedTuple):
    """A text while it is being fitted. `core` is the same without marks and co-sign; `more` as in `sms.budget`."""

    text: str
    core: str
    more: bool


def applies(cut: str, message: Message, *, area_name: bool) -> bool:
    """True where the message has what this step leaves out."""
    if cut in _FIELDS:
        return bool(message[_FIELDS[cut][0]])
    if cut == LOCAL:
        return bool(message["local"] != message["signposts"])
    if cut in _KEPT_ACTIONS:
        return len(message["actions"]) > _KEPT_ACTIONS[cut]
    if cut == MOMENTS:
        return any(message[name] for name in _TIMES)
    if cut == PLACES:  # the other changes stay: an update must say that something changed
        return 0 < len(message["changed_places"]) < len(message["changed"])
    return area_name


def without(message: Message, cuts: Sequence[str]) -> Message:
    """The message without what `cuts` names (the list of places is left out by telling it anew)."""
    left = dict(message)
    for cut in cuts:
        if cut in _FIELDS:
            field, nothing = _FIELDS[cut]
            left[field] = nothing
        if cut in (NEEDS, SIGNPOST):
            gone = message["needs" if cut == NEEDS else "signposts"]
            left["local"] = [line for line in left["local"] if line not in gone]
        if cut == LOCAL:
            left["local"] = left["signposts"]
        if cut == MOMENTS:
            left |= dict.fromkeys(_TIMES, "")
        if cut in _KEPT_ACTIONS:
            left["actions"] = left["actions"][: _KEPT_ACTIONS[cut]]
        if cut == PLACES:
            left["changed"] = [line for line in left["changed"] if line not in left["changed_places"]]
    return left


def fits(draft: Draft, kind: str, tier: Tier, *, languages: int = 1) -> bool:
    """True where the text keeps to its budget: counted in the alphabet of the whole, without marks and co-sign."""
    encoding = sms.count(draft.text).encoding
    segments = sms.count(draft.core, encoding).segments
    return segments <= languages * sms.budget(kind, tier, encoding, more=draft.more)


def fits_post(draft: Draft) -> bool:
    """True where the text, marks and link and all, is one post: it is never split."""
    return graphemes(draft.text) <= LONGEST_POST


def fits_wireless(draft: Draft, means: Means) -> bool:
    """True where a cell tower takes the text, marks and all."""
    return wireless.length(draft.text) <= wireless.LIMITS[means]


def fits_breath(draft: Draft, language: str) -> bool:
    """True where it is said within a minute."""
    return speaking.seconds(draft.text, language) <= speaking.LONGEST


def fit(
    make: Callable[[tuple[str, ...]], Draft], possible: Sequence[str], enough: Callable[[Draft], bool]
) -> tuple[str, ...]:
    """The cuts, in the fixed order, after which the text fits; all that make it shorter where it never does."""
    cuts: tuple[str, ...] = ()
    draft = make(cuts)
    for step in possible:
        if enough(draft):
            break
        shorter = make((*cuts, step))
        if len(shorter.text) < len(draft.text):
            cuts, draft = (*cuts, step), shorter
    return cuts
