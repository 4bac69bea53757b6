"""Several providers of one means: who gets which part of the first calls, by weight and health.

A provider that is stopped, asked to be left alone, or fails has no part: the others do its work. One of weight 0 stands
by: it gets first calls only while no other can be called, and at any time what another has put off.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from onevoice.dispatch.lane import Lane

HUNDRED = 100


class Part(NamedTuple):
    """What falls to a provider. `beside`: others of its means can be called; `share`: hundredths, from and up to."""

    beside: bool
    share: tuple[int, int]


WHOLE = Part(beside=False, share=(0, HUNDRED))
"""Nobody else carries this means now."""


def shared(lanes: Iterable[Lane], weights: Mapping[str, float], now: float) -> dict[str, Part]:
    """Provider name → its part, for all of them."""
    groups: dict[str, list[Lane]] = defaultdict(list)
    for lane in lanes:
        groups[lane.provider.means].append(lane)
    return {name: part for group in groups.values() for name, part in _among(group, weights, now).items()}


def _among(group: Sequence[Lane], weights: Mapping[str, float], now: float) -> dict[str, Part]:
    able = [lane for lane in group if lane.usable(now) and not lane.failing]
    parts = {lane.provider.name: Part(beside=bool(able), share=(0, HUNDRED)) for lane in group}
    names = [lane.provider.name for lane in able]
    return parts | {name: Part(len(able) > 1, share) for name, share in cut(names, weights).items()}


def cut(names: Sequence[str], weights: Mapping[str, float]) -> dict[str, tuple[int, int]]:
    """A hundred parts, cut by weight; evenly where nobody has any."""
    each = [weights.get(name, 1.0) for name in names]
    if not sum(each):
        each = [1.0] * len(names)
    ends = [round(HUNDRED * sum(each[: n + 1]) / sum(each)) for n in range(len(names))]
    return {name: (low, high) for name, low, high in zip(names, [0, *ends], ends, strict=False)}
