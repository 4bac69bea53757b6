"""Geometry of areas: from what a person drew to a shape that can be warned about. Points are (latitude, longitude).

Shapely counts (x, y) = (longitude, latitude); nothing outside this module needs to know that.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from shapely import MultiPolygon, Polygon, is_valid_reason, union_all
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from onevoice.errors import Unusable

Point = tuple[float, float]
Ring = tuple[Point, ...]

KM_A_DEGREE = 111.2
CORNERS = 64
"""Corners of the polygon that stands for a circle. It lies around the circle, so nobody inside is left out."""

LARGEST_KM = 500
SMALLEST = 1e-9
"""Square degrees that are nothing but rounding: about ten square meters."""

_CORNERS_OF_A_RING = 4
_DIGITS = 6


def ring(points: Sequence[Sequence[float]], where: str) -> Polygon:
    """A polygon from (latitude, longitude) pairs. A ring that is not closed is closed.

    Raises:
        Unusable: too few corners, not on this earth, or its edges cross.
    """
    corners = [(float(lat), float(lon)) for lat, lon in points]
    if len(set(corners)) < _CORNERS_OF_A_RING - 1:
        raise Unusable("A polygon needs at least three corners.", where=where, remedy="Add the others.")
    for lat, lon in corners:
        on_earth(lat, lon, where)
    return sound(Polygon([(lon, lat) for lat, lon in corners]), where)


def on_earth(lat: float, lon: float, where: str) -> None:
    """Say nothing if there is such a place.

    Raises:
        Unusable: out of range.
    """
    if not (math.isfinite(lat) and math.isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180):  # noqa: PLR2004 - degrees
        turned = math.isfinite(lat) and math.isfinite(lon) and abs(lon) <= 90 and abs(lat) <= 180  # noqa: PLR2004 - as above
        remedy = "Latitude and longitude look swapped." if turned else "Give latitude, longitude, in degrees."
        raise Unusable("There is no such place on earth.", where=where, remedy=remedy)


def sound(polygon: BaseGeometry, where: str) -> Polygon:
    """The polygon, if it has an inside and no holes.

    Raises:
        Unusable: its edges cross, it is flat, or it has a hole, which CAP cannot say.
    """
    if not isinstance(polygon, Polygon) or not polygon.is_valid:
        reason = is_valid_reason(polygon).split("[")[0].lower().strip()
        what = f"The edges of the polygon cross or touch ({reason})."
        raise Unusable(what, where=where, remedy="Draw it without crossing lines.")
    if polygon.area < SMALLEST:
        raise Unusable("The polygon has no inside.", where=where, remedy="Give corners that do not lie on one line.")
    if polygon.interiors:
        raise Unusable("The polygon has a hole.", where=where, remedy="Draw it as several polygons without holes.")
    return polygon


def circle(lat: float, lon: float, km: float, where: str) -> Polygon:
    """A polygon around the circle.

    Raises:
        Unusable: not on this earth, or no sensible radius.
    """
    on_earth(lat, lon, where)
    if not 0 < km <= LARGEST_KM:
        raise Unusable(f"The radius must be more than 0 and at most {LARGEST_KM} km.", where=where)
    degrees = km / KM_A_DEGREE / math.cos(math.pi / CORNERS)
    stretch = max(math.cos(math.radians(lat)), 0.01)
    turns = (2 * math.pi * i / CORNERS for i in range(CORNERS))
    points = [(lat + degrees * math.sin(t), lon + degrees * math.cos(t) / stretch) for t in turns]
    return ring(points, where)


def from_geojson(plain: Any, where: str) -> list[Polygon]:
    """The polygons of a GeoJSON geometry, feature or collection.

    Raises:
        Unusable: it holds none, or something else than polygons, or one that is not sound.
    """
    found = [sound(part, where) for geometry in _geometries(plain) for part in _polygons(geometry, where)]
    if not found:
        raise Unusable("The file holds no polygon.", where=where, remedy="Save the area as a GeoJSON polygon.")
    for polygon in found:
        for lon, lat in polygon.exterior.coords:
            on_earth(lat, lon, where)
    return found


def _geometries(plain: Any) -> Iterable[Any]:
    kind = plain.get("type") if isinstance(plain, dict) else None
    if kind == "FeatureCollection":
        return [g for feature in plain.get("features") or [] for g in _geometries(feature)]
    if kind == "Feature":
        return _geometries(plain.get("geometry"))
    if kind == "GeometryCollection":
        return [g for part in plain.get("geometries") or [] for g in _geometries(part)]
    return [plain] if plain else []


def _polygons(plain: Any, where: str) -> Iterable[BaseGeometry]:
    try:
        geometry = shape(plain)
        flat = geometry.geom_type in ("Polygon", "MultiPolygon") and not geometry.has_z and not geometry.is_empty
    except Exception:  # noqa: BLE001 - shapely raises whatever the plain values make it stumble over
        flat, geometry = False, Polygon()
    if not flat:
        raise Unusable(
            "The file holds something that is not a flat polygon.", where=where, remedy="Keep polygons only."
        )
    return geometry.geoms if isinstance(geometry, MultiPolygon) else [geometry]


def united(parts: Iterable[BaseGeometry]) -> BaseGeometry:
    """All parts as one shape."""
    whole: BaseGeometry = union_all(list(parts))
    return whole


def swapped(parts: Iterable[Polygon]) -> BaseGeometry:
    """The shape with latitude and longitude the other way round."""
    return united(Polygon([(lat, lon) for lon, lat in part.exterior.coords]) for part in parts)


def rings(whole: BaseGeometry, where: str) -> tuple[Ring, ...]:
    """The closed rings of a shape, as (latitude, longitude) pairs of six digits.

    Raises:
        Unusable: the shape has a hole.
    """
    parts = whole.geoms if isinstance(whole, MultiPolygon) else [whole]
    polygons = [part for part in parts if isinstance(part, Polygon) and part.area >= SMALLEST]
    return tuple(
        tuple((round(lat, _DIGITS), round(lon, _DIGITS)) for lon, lat in sound(part, where).exterior.coords)
        for part in polygons
    )


def rings_around(parts: Iterable[BaseGeometry]) -> tuple[Ring, ...]:
    """The closed rings around shapes without holes: around all together, or around each where that leaves a hole."""
    each = list(parts)
    try:
        return rings(united(each), "")
    except Unusable:
        return tuple(found for part in each for found in rings(part, ""))
