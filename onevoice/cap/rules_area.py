"""What CAP asks of an area: polygons that are surfaces on the earth, circles, heights."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from onevoice.cap.findings import Found, doubtful, quoted, wrong
from onevoice.cap.model import CapAlert, CapArea, walk

Point = tuple[float, float]
"""Latitude, longitude, in degrees of WGS 84."""

NUMBER = r"[+-]?[0-9]{1,6}(?:\.[0-9]{0,20})?"
PAIR = re.compile(rf"({NUMBER}),({NUMBER})")
CIRCLE = re.compile(rf"\s*({NUMBER}),({NUMBER})\s+({NUMBER})\s*")

FARTHEST_LAT, FARTHEST_LON = 90.0, 180.0
FEWEST = 4
FEWEST_CORNERS = 3
HALF_ROUND_KM = 20_038
"""Half the way round the equator, in km: a circle with more than that has no outside."""


def rules(alert: CapAlert) -> Iterator[Found]:
    """Judge each area by itself."""
    for path, block in walk(alert):
        if isinstance(block, CapArea):
            yield from _area(block, path)


def _area(area: CapArea, path: str) -> Iterator[Found]:
    for number, text in enumerate(area.polygons, 1):
        fault = polygon_fault(text)
        if fault:
            yield wrong(f"{path}/polygon[{number}]", fault)
    for number, text in enumerate(area.circles, 1):
        fault = circle_fault(text)
        if fault:
            yield wrong(f"{path}/circle[{number}]", fault)
    if not (area.polygons or area.circles or area.geocodes):
        yield doubtful(path, "has neither polygon nor circle nor geocode: machines cannot place it.")
    yield from _heights(area, path)


def points(text: str) -> tuple[Point, ...] | None:
    """The pairs of a polygon; None where one of them is not `lat,lon` in decimal degrees."""
    found = [PAIR.fullmatch(pair) for pair in text.split()]
    return tuple((float(m[1]), float(m[2])) for m in found if m) if all(found) else None


def polygon_fault(text: str) -> str | None:
    """The first thing that is wrong with a polygon, as a sentence; None where it is right."""
    ring = points(text)
    if ring is None:
        pair = next(pair for pair in text.split() if not PAIR.fullmatch(pair))
        return f"{quoted(pair)} is not a pair latitude,longitude in decimal degrees."
    return next(filter(None, (fault(ring) for fault in FAULTS)), None)


def _too_few(ring: tuple[Point, ...]) -> str | None:
    if len(ring) < FEWEST:
        return f"has {len(ring)} pairs; a polygon has at least {FEWEST}, the last the same as the first."
    return None


def _off_the_earth(ring: tuple[Point, ...]) -> str | None:
    outside = next((point for point in ring if not on_earth(point)), None)
    if outside is None:
        return None
    if all(on_earth((lon, lat)) for lat, lon in ring):
        return "has a latitude beyond 90 degrees: latitude and longitude look swapped. CAP writes latitude first."
    return f"{outside[0]:g},{outside[1]:g} is not a place on the earth (latitude −90 to 90, longitude −180 to 180)."


def on_earth(point: Point) -> bool:
    """True for latitude −90 to 90 and longitude −180 to 180."""
    return abs(point[0]) <= FARTHEST_LAT and abs(point[1]) <= FARTHEST_LON


def _open(ring: tuple[Point, ...]) -> str | None:
    if ring[0] != ring[-1]:
        return "is not closed: the last pair must be the same as the first."
    return None


def _without_surface(ring: tuple[Point, ...]) -> str | None:
    return "has no surface: fewer than three different corners." if len(set(ring)) < FEWEST_CORNERS else None


def _crossing(ring: tuple[Point, ...]) -> str | None:
    from shapely import LinearRing  # noqa: PLC0415  (0.15 s: only for those who check a polygon)

    if LinearRing(ring).is_simple:
        return None
    return "crosses or touches itself, so that inside and outside cannot be told apart."


FAULTS: tuple[Callable[[tuple[Point, ...]], str | None], ...] = (
    _too_few,
    _off_the_earth,
    _open,
    _without_surface,
    _crossing,
)


def circle_fault(text: str) -> str | None:
    """What is wrong with a circle, as a sentence; None where it is right."""
    found = CIRCLE.fullmatch(text)
    if found is None:
        return f"{quoted(text)} is not latitude,longitude radius, with the radius in kilometres."
    fault = _off_the_earth(((float(found[1]), float(found[2])),))
    if fault:
        return fault
    if not 0 <= float(found[3]) <= HALF_ROUND_KM:
        return f"has a radius of {float(found[3]):g} km; it is 0 to {HALF_ROUND_KM} km."
    return None


def _heights(area: CapArea, path: str) -> Iterator[Found]:
    if area.ceiling is None:
        return
    if area.altitude is None:
        yield wrong(f"{path}/ceiling", "stands without altitude; a ceiling is the upper end of a range.")
        return
    low, high = _height(area.altitude), _height(area.ceiling)
    if low is not None and high is not None and high <= low:
        yield wrong(f"{path}/ceiling", "is not higher than altitude.")


def _height(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
