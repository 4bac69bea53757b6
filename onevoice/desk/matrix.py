"""The matrix: every text of a version as its reader sees it, one fact in one colour across all languages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from onevoice import sms, speaking, wireless
from onevoice.desk.posting import sentences
from onevoice.desk.report import page
from onevoice.graphemes import LONGEST_POST, graphemes
from onevoice.people import PERSONAL, SPOKEN, WIRELESS, Means

if TYPE_CHECKING:
    from onevoice.desk.preview import Preview
    from onevoice.variant import Span, Variant

_GROUNDS = ("#ffe2a8", "#cfe6ff", "#d5f0d0", "#f6d3ee", "#e4dcff", "#dff3f0", "#f3e3d3")
_LINES = ("solid", "double", "dotted", "dashed", "wavy")
LOOKS = tuple((_GROUNDS[i % len(_GROUNDS)], _LINES[i % len(_LINES)]) for i in range(len(_GROUNDS) * len(_LINES)))
"""Background and kind of underline for each fact: the pattern tells them apart where colours do not."""


def matrix(seen: Preview) -> str:
    """One self-contained page: rows are languages, tiers and needs, columns are means."""
    prepared = seen.prepared
    shown = sorted(
        prepared.variants, key=lambda v: (_language(v), v.profile.tier, v.profile.needs, v.group, v.messenger or "")
    )
    facts = sorted({name for variant in shown for name in variant.spans})
    looks = {name: LOOKS[i % len(LOOKS)] for i, name in enumerate(facts)}
    rows: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for variant in shown:
        key = (_language(variant), variant.profile.tier, ", ".join(variant.profile.needs), variant.group)
        rows.setdefault(key, []).append(_cell(seen, variant))
    columns = [means for means in Means if any(v.means is means for v in shown)]
    return page("matrix.html.j2").render(
        alert=prepared.alert,
        seen=seen,
        prepared=prepared,
        rows=rows,
        columns=columns,
        looks=looks,
        longest_post=LONGEST_POST,
        posting=sentences(prepared.posting.to_json()),
    )


def _language(variant: Variant) -> str:
    return "+".join(variant.profile.languages)


def _cell(seen: Preview, variant: Variant) -> dict[str, Any]:
    text = variant.parts["text"]
    return {
        "variant": variant,
        "people": seen.prepared.people_of(variant),
        "pieces": pieces(text, [(n, s) for n, spans in variant.spans.items() for s in spans if s.part == "text"]),
        "sms": sms.count(text) if variant.means is Means.SMS else None,
        "post": _post(seen, variant) if variant.means is Means.SOCIAL else None,
        "public": variant.means not in PERSONAL,
        "length": _length(variant),
        "with_it": [variant.parts[part] for part in ("questions", "limits") if part in variant.parts],
    }


def _length(variant: Variant) -> str:
    """How much of its room a text takes: characters of a wireless alert, seconds of what is said."""
    text, language = variant.parts["text"], variant.profile.languages[0]
    if variant.means in WIRELESS:
        return f"{wireless.length(text)} of {wireless.LIMITS[variant.means]} characters"
    return f"{speaking.seconds(text, language):.0f} seconds aloud" if variant.means in SPOKEN else ""


def _post(seen: Preview, variant: Variant) -> dict[str, Any]:
    """Who says it, and how much of a post it takes."""
    accounts = [post.slot.handle for post in seen.prepared.posting.posts if post.variant_id == variant.id]
    source = seen.prepared.alert.authority
    return {"accounts": accounts or [source], "many": len(accounts), "length": graphemes(variant.parts["text"])}


def pieces(text: str, spans: list[tuple[str, Span]]) -> list[tuple[str | None, str]]:
    """The text cut into stretches, each with the fact that it states, or None."""
    cut: list[tuple[str | None, str]] = []
    at = 0
    for name, span in sorted(spans, key=lambda found: found[1].start):
        if span.start < at:
            continue
        cut += [(None, text[at : span.start]), (name, text[span.start : span.end])]
        at = span.end
    return [piece for piece in [*cut, (None, text[at:])] if piece[1]]
