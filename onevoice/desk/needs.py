"""Which sentences of templates/needs.yaml a segment hears: what is so tonight, and what one of them has read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from onevoice.checks.rules import finding
from onevoice.compose.needs import given
from onevoice.lexicon import NEED_FACTS
from onevoice.people import Means
from onevoice.settings import Mode
from onevoice.variant import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from onevoice.alert import Alert
    from onevoice.desk.wiring import Desk
    from onevoice.people import Segment
    from onevoice.variant import Finding

TO_ALL = frozenset([Means.PAGE, Means.PACK])
"""Texts for readers of every segment: they tell what any of them hears."""


class Needs:
    """The sentences that each segment hears in one version of an alert."""

    def __init__(self, desk: Desk, alert: Alert) -> None:
        lines = desk.content.lexicon.needs
        self.desk, self.alert = desk, alert
        self._wanted = {s.id: [n for n in s.needs if n in lines and given(alert, lines[n])] for s in desk.segments}

    def of(self, segment: Segment | None) -> tuple[str, ...]:
        """What people hear whom this segment treats: only what is so, in the order of its file."""
        return () if segment is None or self._held(segment) else tuple(self._wanted[segment.id])

    def of_all(self, means: Means) -> tuple[str, ...]:
        """What a text for everybody says."""
        told = [need for segment in self.desk.segments for need in self.of(segment)] if means in TO_ALL else []
        return tuple(dict.fromkeys(told))

    def findings(self) -> Iterator[Finding]:
        """What nobody of the segment has read; and facts that reach nobody."""
        for segment in self.desk.segments:
            if self._wanted[segment.id] and not segment.reviewed_by:
                yield self._unread(segment)
        lines = self.desk.content.lexicon.needs
        named = {lines[need].fact for wanted in self._wanted.values() for need in wanted}
        for fact in sorted(NEED_FACTS.intersection(self.alert.factset.facts) - named):
            remedy = "Name its sentence (templates/needs.yaml) in `needs` of a segment, or leave the fact out."
            yield finding("S04", f"Nobody is told {fact}: no segment needs it.", remedy=remedy)

    def _unread(self, segment: Segment) -> Finding:
        held = self._held(segment)
        which = ", ".join(self._wanted[segment.id])
        ends = "it is not said to them" if held else "a live deployment would not say it"
        return finding(
            "S04",
            f"{segment.name}: nobody of them has read {which}, so {ends}.",
            remedy="Have somebody of that community read it, and write their name to reviewed_by in "
            f"audiences/segments/{segment.id}.yaml.",
            severity=Severity.WARN if held else Severity.NOTE,
        )

    def _held(self, segment: Segment) -> bool:
        return self.desk.settings.mode is Mode.LIVE and not segment.reviewed_by
