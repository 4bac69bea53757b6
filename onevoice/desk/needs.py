"""Which sentences of templates/needs.yaml a segment hears: what is so tonight, and what one of them has read."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from onevoice.checks.rules import finding
from onevoice.compose.needs import given
from onevoice.desk.values import known
from onevoice.lexicon import NEED_FACTS
from onevoice.localize.stamp import digest
from onevoice.people import Means
from onevoice.settings import Mode
from onevoice.variant import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from onevoice.alert import Alert
    from onevoice.desk.wiring import Desk
    from onevoice.lexicon import Lexicon
    from onevoice.people import Segment
    from onevoice.variant import Finding

TO_ALL = frozenset([Means.PAGE, Means.PACK])
"""Texts for readers of every segment: they tell what any of them hears."""


class Read(NamedTuple):
    """A sentence that a segment hears, at each level; the digest of its words; whether the named person read these."""

    need: str
    words: dict[str, str]
    digest: str
    stands: bool


def read(lexicon: Lexicon, segment: Segment) -> list[Read]:
    """The sentences that a segment names, in the order of its file."""
    return [_read(lexicon, segment, need) for need in segment.needs if need in lexicon.needs]


def _read(lexicon: Lexicon, segment: Segment, need: str) -> Read:
    key = f"need.{need}"
    words = {k: text for k, text in sorted(lexicon.sources.items()) if k == key or k.startswith(f"{key}.")}
    seen = digest("\n".join(f"{k} {text}" for k, text in words.items()))
    stands = bool(segment.reviewed_by) and segment.bound.get(need) == seen
    return Read(need, {k.removeprefix(f"{key}.").removeprefix(key): text for k, text in words.items()}, seen, stands)


def of_segment(desk: Desk, name: str) -> tuple[Segment, list[Read]]:
    """What a segment hears, and which of it somebody of that community has read as it is today.

    Raises:
        Unusable: there is no such segment.
    """
    segment = known("segment", name, {s.id: s for s in desk.segments})
    return segment, read(desk.content.lexicon, segment)


class Needs:
    """The sentences that each segment hears in one version of an alert."""

    def __init__(self, desk: Desk, alert: Alert) -> None:
        self.lexicon = desk.content.lexicon
        lines = self.lexicon.needs
        self.desk, self.alert = desk, alert
        self._wanted = {s.id: [n for n in s.needs if n in lines and given(alert, lines[n])] for s in desk.segments}
        self._stands = {s.id: {one.need for one in read(self.lexicon, s) if one.stands} for s in desk.segments}

    def of(self, segment: Segment | None) -> tuple[str, ...]:
        """What people hear whom this segment treats: only what is so, in the order of its file."""
        if segment is None:
            return ()
        live, stands = self.desk.settings.mode is Mode.LIVE, self._stands[segment.id]
        return tuple(need for need in self._wanted[segment.id] if need in stands or not live)

    def of_all(self, means: Means) -> tuple[str, ...]:
        """What a text for everybody says."""
        told = [need for segment in self.desk.segments for need in self.of(segment)] if means in TO_ALL else []
        return tuple(dict.fromkeys(told))

    def findings(self) -> Iterator[Finding]:
        """What nobody of the segment has read, as it is today; and facts that reach nobody."""
        for segment in self.desk.segments:
            if unread := [need for need in self._wanted[segment.id] if need not in self._stands[segment.id]]:
                yield self._unread(segment, unread)
        lines = self.lexicon.needs
        named = {lines[need].fact for wanted in self._wanted.values() for need in wanted}
        for fact in sorted(NEED_FACTS.intersection(self.alert.factset.facts) - named):
            remedy = "Name its sentence (templates/needs.yaml) in `needs` of a segment, or leave the fact out."
            yield finding("S04", f"Nobody is told {fact}: no segment needs it.", remedy=remedy)

    def _unread(self, segment: Segment, unread: list[str]) -> Finding:
        held = self.desk.settings.mode is Mode.LIVE
        ends = "it is not said to them" if held else "a live deployment would not say it"
        since = f" since {segment.reviewed_by} read it" if segment.reviewed_by else ""
        changed = [need for need in unread if need in segment.bound]
        because = f"the words changed{since}" if changed else "nobody of them has read these words"
        return finding(
            "S04",
            f"{segment.name}: {', '.join(unread)}: {because}, so {ends}.",
            remedy="Have somebody of that community read it: `onevoice audience words "
            f"{segment.id}` shows it, and the lines for audiences/segments/{segment.id}.yaml.",
            severity=Severity.WARN if held else Severity.NOTE,
        )
