"""The matrix of a version: every text as its reader sees it, with what the checks say of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from onevoice.desk.grid import Cell, Grid, looks
from onevoice.desk.page import page
from onevoice.desk.posting import sentences

if TYPE_CHECKING:
    from onevoice.desk.preview import Preview
    from onevoice.desk.wiring import Desk
    from onevoice.variant import Variant


def matrix(desk: Desk, seen: Preview) -> str:
    """One self-contained page that needs neither a network nor a script."""
    prepared = seen.prepared
    return page("matrix.html.j2").render(
        alert=prepared.alert,
        hazard=desk.content.lexicon.hazards[prepared.alert.hazard].name,
        seen=seen,
        prepared=prepared,
        grid=Grid([_cell(desk, seen, variant) for variant in prepared.variants], desk.settings.content_root),
        looks=looks(prepared.variants),
        posting=sentences(prepared.posting.to_json()),
    )


def _cell(desk: Desk, seen: Preview, variant: Variant) -> Cell:
    names = {segment.id: segment.name for segment in desk.segments}
    messenger = desk.messengers.get(variant.messenger or "")
    return Cell(
        variant,
        source=desk.authority(seen.prepared.alert.authority).name("en"),
        page_url=seen.prepared.alert.page_url,
        people=seen.prepared.people_of(variant),
        segments=tuple(names.get(one, one) for one in seen.prepared.segments_of(variant)),
        messenger=messenger.name("en") if messenger else variant.messenger or "",
        accounts=tuple(post.slot.handle for post in seen.prepared.posting.posts if post.variant_id == variant.id),
    )
