"""What is said aloud, stands on a card, or goes with a champion: sentences of the forms that somebody takes from us."""

from __future__ import annotations

from typing import Any

from onevoice.alert import Kind
from onevoice.compose.speech import Speech
from onevoice.lexicon.entries import PACK, PACK_LIMITS
from onevoice.people import Means

_DANGER = frozenset([Kind.WATCH, Kind.WARNING, Kind.UPDATE, Kind.CORRECTION])
"""Kinds in whose time nobody may say on his own that it is over."""


def aloud(say: Speech, kind: str) -> dict[str, Any]:
    """Those sentences."""
    champion = say.telling.asked.means is Means.PACK
    limits = (*PACK_LIMITS, "over") if kind in _DANGER else PACK_LIMITS
    return {
        "hello": say("frame.spoken.relay" if champion else "frame.spoken.who"),
        "again": say("frame.spoken.again"),
        "hear_again": say("frame.spoken.call"),
        "end": say("frame.spoken.end"),
        "keep": say("frame.card.keep"),
        "read_aloud": say("frame.card.read"),
        "pack": {name: say(f"frame.pack.{name}") for name in sorted(PACK)},
        "limits": [say(f"frame.pack.{name}") for name in limits],
        "feedback": [line for name in ("tell_call", "tell_text") if (line := say(f"frame.pack.{name}"))],
        "stop": say("frame.pack.stop_now" if kind == Kind.ALL_CLEAR else "frame.pack.stop_later"),
    }
