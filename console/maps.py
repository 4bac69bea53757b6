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

from onevoice.alert import AreaFile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audiences.gazetteer import Gazetteer
    from onevoice.alert import Area
    from onevoice.desk.wiring import Desk

WIDTH = 600
KM_A_DEGREE = 111.2
LETTER, LINE = 13, 30
"""About how wide a letter of a name is, and how high a line."""
Ring = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Zone:
    """One zone on the map: its outline as an SVG path, and where its name stands."""

    name: str
    path: str
    x: int
    y: int
    marked: bool


@dataclass(frozen=True)
class Map:
    """Everything that is drawn. `scale` is the length of `scale_km` kilometers."""

    width: int
    height: int
    zones: tuple[Zone, ...]
    marks: tuple[str, ...]
    scale: int
    scale_km: int


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


def draw(desk: Desk, area: Area, language: str) -> Map:
    """The map of an area, its names in a language or as on the road sign."""
    outlines = _outlines(desk.gazetteer)
    every = [point for rings in outlines.values() for ring in rings for point in ring]
    sheet, height = _sheet([p[0] for p in every], [p[1] for p in every])
    zones = tuple(
        Zone(
            desk.gazetteer.zones[zone].name(language),
            "".join(sheet.path(ring) for ring in rings),
            *sheet.at(*_middle(rings[0])),
            marked=area.whole_zones and zone in area.zones,
        )
        for zone, rings in outlines.items()
    )
    zones = _apart(zones)
    marks = () if area.whole_zones else tuple(sheet.path(ring) for ring in area.polygons)
    km = _round_km(sheet)
    return Map(WIDTH, height, zones, marks, round(km * sheet.y / KM_A_DEGREE), km)


def _apart(zones: tuple[Zone, ...]) -> tuple[Zone, ...]:
    """The same zones; a name that would run into another one stands a line lower."""
    placed: list[Zone] = []
    for zone in sorted(zones, key=lambda zone: (not zone.marked, zone.x)):
        while any(_collide(zone, other) for other in placed):
            zone = replace(zone, y=zone.y + LINE)  # noqa: PLW2901 - moved until it is free
        placed.append(zone)
    return tuple(placed)


def _collide(one: Zone, other: Zone) -> bool:
    reach = (len(one.name) + len(other.name)) * LETTER / 2 + LETTER
    return abs(one.x - other.x) < reach and abs(one.y - other.y) < LINE


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
