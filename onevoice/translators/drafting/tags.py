"""Slots on their way through a machine: each becomes a tag that every service leaves alone, and comes back from it."""

from __future__ import annotations

import html
import re

from onevoice.lexicon import slots

_SLOT = re.compile(r"\{([a-z_]+)\}")
_TAG = re.compile(
    r"<\s*span[^<>]*\bid\s*=\s*[\"']?s(\d+)[\"']?[^<>]*?(?:/\s*>|>\s*[^<>]*<\s*/\s*span\s*>)", re.IGNORECASE
)


def wrapped(sentence: str) -> str:
    """The sentence as HTML, each slot as `<span translate="no" class="notranslate" id="s0">{places}</span>`."""
    names = iter(range(len(slots(sentence))))
    escaped = html.escape(sentence, quote=False)
    return _SLOT.sub(lambda m: f'<span translate="no" class="notranslate" id="s{next(names)}">{m[0]}</span>', escaped)


def unwrapped(answer: str, sentence: str) -> str | None:
    """The draft with its slots; None where one was lost, doubled or made up, or other markup came with it."""
    names = slots(sentence)
    told = [int(found[1]) for found in _TAG.finditer(answer)]
    if sorted(told) != list(range(len(names))):
        return None
    text = _TAG.sub(lambda found: f"{{{names[int(found[1])]}}}", answer)
    if "<" in text or ">" in text:
        return None
    text = " ".join(html.unescape(text).split())
    return text if sorted(slots(text)) == sorted(names) and not re.search(r"[{}]", _SLOT.sub("", text)) else None
