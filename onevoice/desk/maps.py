"""A map of the area without tiles and without a network: zones with their names, the area marked, a scale.

The shapes are those of the gazetteer. Marked is what has stripes and a thick edge, so that it shows without colour.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

from onevoice.alert import AreaFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from audiences.gazetteer import Gazetteer
    from onevoice.alert import Area
    from onevoice.desk.wiring import Desk

WIDTH = 600
KM_A_DEGREE = 111.2
LETTER, WIDE, LINE = 14, 24, 28
"""About how wide a letter of a name is, and a Chinese one, and how high a line."""
MOVES = tuple(step * side for step in range(8) for side in (LINE // 2, -LINE // 2))
"""How far a name may stand from the middle of its zone: a little lower or higher, and more where that is not free."""
Ring = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Zone:
    """One zone on the map: its outline as an SVG path, its name in one or two lines, and where the first stands.

    `marked`: the area touches it. `whole`: all of it is in the area.
    """

    lines: tuple[str, ...]
    path: str
    x: int
    y: int
    marked: bool
    whole: bool


@dataclass(frozen=True)
class Map:
    """Everything that is drawn. `scale` is the length of `scale_km` kilometers; `says`: what is marked, in English."""

    width: int
    height: int
    zones: tuple[Zone, ...]
    marks: tuple[str, ...]
    scale: int
    scale_km: int
    says: str


@dataclass(frozen=True)
class _Sheet:
    """From (latitude, longitude) to places on the drawing."""

    west: float
    north: float
    x: float
    y: float

    def at(self, lat: float, lon: float) -> tuple[int, int]:
        return round((lon - self.west) * self.x), round((self.north - lat) * self.y)

    def path(self, ring: Ring) -> str:
        return "M" + "L".join("{} {}".format(*self.at(*point)) for point in ring) + "Z"


@lru_cache(maxsize=8)
def _outlines(gazetteer: Gazetteer) -> dict[str, tuple[Ring, ...]]:
    """The rings of each zone, by id."""
    return {zone: gazetteer.resolve(AreaFile(zones=[zone]), Path())[0].polygons for zone in gazetteer.zones}


def draw(desk: Desk, area: Area, language: str = "en") -> Map:
    """The map of an area, its names in a language or as on the road sign."""
    outlines = _outlines(desk.gazetteer)
    every = [point for rings in outlines.values() for ring in rings for point in ring]
    sheet, height = _sheet([p[0] for p in every], [p[1] for p in every])
    found = [_zone(sheet, desk.gazetteer.zones[zone].name(language), outlines[zone], area, zone) for zone in outlines]
    zones = _apart(found, height)
    marks = [zone.path for zone in zones if zone.whole] or [sheet.path(ring) for ring in area.polygons]
    km = _round_km(sheet)
    length = round(km * sheet.y / KM_A_DEGREE)
    return Map(WIDTH, height, zones, tuple(marks), length, km, _says(desk, area))


def _zone(sheet: _Sheet, name: str, rings: Sequence[Ring], area: Area, zone: str) -> Zone:
    x, y = sheet.at(*_middle(rings[0]))
    edges = [sheet.at(*point)[0] for point in rings[0]]
    touched = zone in area.zones
    path = "".join(sheet.path(ring) for ring in rings)
    return Zone(_lines(name, max(edges) - min(edges)), path, x, y, touched, touched and area.whole_zones)


def _lines(name: str, room: int) -> tuple[str, ...]:
    """A name in one line, or in two where it has two words and its zone is narrow."""
    words = name.split()
    if _wide(name) <= room or len(words) == 1:
        return (name,)
    cuts = [(" ".join(words[:at]), " ".join(words[at:])) for at in range(1, len(words))]
    return min(cuts, key=lambda lines: max(map(_wide, lines)))


def _wide(text: str) -> int:
    return sum(WIDE if east_asian_width(letter) in "WF" else LETTER for letter in text)


def _apart(zones: Iterable[Zone], height: int) -> tuple[Zone, ...]:
    """The same zones, their names inside the frame and apart from each other: the nearest free place for each."""
    placed: list[Zone] = []
    for zone in sorted(zones, key=lambda zone: (not zone.marked, zone.x)):
        places = [_inside(replace(zone, y=zone.y + move), height) for move in MOVES]
        free = (place for place in places if not any(_collide(place, other) for other in placed))
        placed.append(next(free, places[0]))
    return tuple(placed)


def _inside(zone: Zone, height: int) -> Zone:
    half = max(map(_wide, zone.lines)) // 2 + 4
    x = min(max(zone.x, half), WIDTH - half)
    return replace(zone, x=x, y=min(max(zone.y, LINE), height - LINE * len(zone.lines)))


def _collide(one: Zone, other: Zone) -> bool:
    reach = (max(map(_wide, one.lines)) + max(map(_wide, other.lines))) / 2
    upper, lower = sorted((one, other), key=lambda zone: zone.y)
    return abs(one.x - other.x) < reach and lower.y - upper.y < LINE * len(upper.lines)


def _says(desk: Desk, area: Area) -> str:
    """What is marked, in words: the zones, and of an area that was drawn how large it is."""
    names = ", ".join(desk.gazetteer.zones[zone].name("en") for zone in area.zones)
    if area.whole_zones:
        return f"Marked with stripes: all of {names}."
    across, square = _size(area.polygons)
    return f"Marked with stripes: a drawn area of about {square:.1f} km², {across:.1f} km across, in {names}."


def _size(rings: Sequence[Ring]) -> tuple[float, float]:
    """The longer side of the box around rings in kilometers, and what they enclose in square kilometers.

    On a flat sheet in the middle of them, which is right to a percent for areas of a county's size.
    """
    lats, lons = zip(*(point for ring in rings for point in ring), strict=True)
    narrow = math.cos(math.radians((min(lats) + max(lats)) / 2))
    across = max(max(lats) - min(lats), (max(lons) - min(lons)) * narrow) * KM_A_DEGREE
    square = sum(abs(_enclosed(ring)) for ring in rings) * narrow * KM_A_DEGREE**2
    return across, square


def _enclosed(ring: Ring) -> float:
    """What a ring encloses, in square degrees: the shoelace formula."""
    return sum(a[1] * b[0] - b[1] * a[0] for a, b in pairwise(ring)) / 2


def _sheet(lats: list[float], lons: list[float]) -> tuple[_Sheet, int]:
    edge = 0.02 * (max(lons) - min(lons))
    west, north = min(lons) - edge, max(lats) + edge
    x = WIDTH / (max(lons) - west + edge)
    y = x / max(math.cos(math.radians(north)), 0.1)
    return _Sheet(west, north, x, y), round((north - min(lats) + edge) * y)


def _round_km(sheet: _Sheet) -> int:
    """A whole length that takes up about a quarter of the width."""
    most = WIDTH / 4 / sheet.y * KM_A_DEGREE
    return max((km for km in (1, 2, 5, 10, 20, 50, 100, 200) if km <= most), default=1)


def _middle(ring: Ring) -> tuple[float, float]:
    """The center of gravity of a ring."""
    pairs = list(pairwise(ring))
    areas = [a[1] * b[0] - b[1] * a[0] for a, b in pairs]
    whole = sum(areas)
    if not whole:
        return ring[0]
    return _weighted(pairs, areas, 0) / whole / 3, _weighted(pairs, areas, 1) / whole / 3


def _weighted(pairs: Iterable[tuple[tuple[float, float], tuple[float, float]]], areas: list[float], axis: int) -> float:
    return sum((a[axis] + b[axis]) * area for (a, b), area in zip(pairs, areas, strict=True))
