"""The zones of the town: from what a person types as the area of an alert to zones, polygons and names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

import shapely
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

from audiences import documents, shapes, zones
from onevoice.alert import Area, AreaFile
from onevoice.errors import Unusable
from onevoice.facts import Place, Places
from onevoice.people import Language

HALF = 0.5
"""Of an area at least this much must lie in the jurisdiction; the rest is cut off at its border."""

AreaNames = Mapping[frozenset[str], dict[Language, str]]
"""Approved names per language, by the zones that they stand for together."""


class Gazetteer:
    """The zones of the jurisdiction: `zones` by id, with their names; the jurisdiction is all of them together."""

    def __init__(
        self, found: Sequence[tuple[Place, BaseGeometry]], areas: Mapping[frozenset[str], dict[Language, str]]
    ) -> None:
        self.zones: dict[str, Place] = {place.id: place for place, _ in found}
        self._shapes = {place.id: geometry for place, geometry in found}
        self._areas = areas
        self._whole = shapes.united(self._shapes.values())
        shapely.prepare(list(self._shapes.values()))

    @classmethod
    def load(cls, root: Path) -> Gazetteer:
        """Read zones and names of areas from audiences/town/ below `root`.

        Raises:
            Unusable: names file and place, and what is wrong.
        """
        where = "zones.geojson"
        found = [
            (place, shapes.united(shapes.from_geojson(geometry, f"{where}, {place.id}")))
            for place, geometry in zones.features(root)
        ]
        return cls(found, _areas(root / zones.TOWN / "areas.yaml", {place.id for place, _ in found}))

    @property
    def names(self) -> dict[str, dict[Language, str]]:
        """Names per language of each zone, by id."""
        return {zone: place.names for zone, place in self.zones.items()}

    # --- from words -------------------------------------------------------------------------------------------

    def zone_named(self, text: str) -> str | None:
        """The zone of that id or of that name in any language."""
        return self._by_name.get(_plain(text))

    @cached_property
    def _by_name(self) -> dict[str, str]:
        named = {_plain(name): zone for zone, place in self.zones.items() for name in place.names.values()}
        return named | {_plain(zone): zone for zone in self.zones}

    @cached_property
    def _areas_by_name(self) -> dict[str, frozenset[str]]:
        return {_plain(name): zones_ for zones_, names in self._areas.items() for name in names.values()}

    def area_name(self, zone_ids: Iterable[str]) -> dict[Language, str]:
        """The approved name of exactly these zones together; empty where there is none."""
        return self._areas.get(frozenset(zone_ids), {})

    # --- from geometry ----------------------------------------------------------------------------------------

    def zone_at(self, lat: float, lon: float) -> str | None:
        """The zone that a position lies in; on a border the first of its zones."""
        if not bool(shapely.intersects_xy(self._whole, lon, lat)):
            return None
        return next((zone for zone, area in self._shapes.items() if shapely.intersects_xy(area, lon, lat)), None)

    def touching(self, one: Area, other: Area) -> bool:
        """True where two areas overlap or have a border in common."""
        return bool(self._shape(one).intersects(self._shape(other)))

    def _shape(self, area: Area) -> BaseGeometry:
        if area.polygons:
            return shapes.united(Polygon([(lon, lat) for lat, lon in ring]) for ring in area.polygons)
        return shapes.united(self._shapes[zone] for zone in area.zones if zone in self._shapes)

    # --- from an alert file -----------------------------------------------------------------------------------

    def resolve(self, file: AreaFile, base: Path) -> tuple[Area, Places]:
        """The area that a person means, and its places. `base` is the folder that a GeoJSON file is looked for in.

        Raises:
            Unusable: names the field, what is wrong, and what to do.
        """
        if file.zones or file.places:
            return self._of_zones(self._named(file))
        where, parts = self._drawn(file, base)
        return self._of_shape(self._within(parts, where), where)

    def _named(self, file: AreaFile) -> list[str]:
        """Ids of the zones that were named, each once, in their order."""
        if file.zones:
            found = [self._zone(text) for text in file.zones]
        else:
            found = [zone for text in file.places or () for zone in self._place(text)]
        return list(dict.fromkeys(found))

    def _zone(self, text: str) -> str:
        zone = self.zone_named(text)
        if zone is None:
            raise _unknown("zone", text, "area.zones", self._by_name, self.zones)
        return zone

    def _place(self, text: str) -> list[str]:
        zone = self.zone_named(text)
        if zone is not None:
            return [zone]
        named = self._areas_by_name.get(_plain(text))
        if named is None:
            raise _unknown("place", text, "area.places", {**self._by_name, **self._areas_by_name}, self.zones)
        return [zone for zone in self.zones if zone in named]

    def _drawn(self, file: AreaFile, base: Path) -> tuple[str, list[Polygon]]:
        if file.polygon:
            return "area.polygon", [shapes.ring(file.polygon, "area.polygon")]
        if file.circle:
            return "area.circle", [shapes.circle(*file.circle, "area.circle")]
        path = _inside(base, file.file or "")
        return "area.file", shapes.from_geojson(documents.geojson(path), f"area.file, {path.name}")

    def _within(self, parts: Sequence[Polygon], where: str) -> BaseGeometry:
        """The part of a shape that lies in the jurisdiction."""
        drawn = shapes.united(parts)
        if self._mostly_inside(drawn):
            return drawn.intersection(self._whole)
        what = "This area does not lie in the jurisdiction."
        if drawn.intersects(self._whole):
            what = "More than half of this area lies outside the jurisdiction."
        if self._mostly_inside(shapes.swapped(parts)):
            raise Unusable(what, where=where, remedy="Latitude and longitude look swapped.")
        south_west, north_east = self._corners()
        remedy = f"The jurisdiction lies between {south_west} and {north_east} (latitude, longitude)."
        raise Unusable(what, where=where, remedy=remedy)

    def _mostly_inside(self, drawn: BaseGeometry) -> bool:
        return bool(drawn.intersection(self._whole).area >= HALF * drawn.area)

    def _corners(self) -> tuple[str, str]:
        west, south, east, north = self._whole.bounds
        return f"{south:.2f}, {west:.2f}", f"{north:.2f}, {east:.2f}"

    def _of_shape(self, drawn: BaseGeometry, where: str) -> tuple[Area, Places]:
        touched = [z for z, area in self._shapes.items() if area.intersection(drawn).area > shapes.SMALLEST]
        whole = shapes.united(self._shapes[z] for z in touched)
        area, places = self._of_zones(touched)
        if whole.symmetric_difference(drawn).area <= shapes.SMALLEST:
            return area, places
        cut = Area(zones=area.zones, polygons=shapes.rings(drawn, where), whole_zones=False)
        return cut, places

    def _of_zones(self, zone_ids: Sequence[str]) -> tuple[Area, Places]:
        area = Area(zones=tuple(zone_ids), polygons=shapes.rings_around(self._shapes[zone] for zone in zone_ids))
        named = tuple(self.zones[zone] for zone in zone_ids)
        return area, Places(places=named, area_name=self.area_name(zone_ids))


def _plain(text: str) -> str:
    return " ".join(text.casefold().replace("-", " ").replace("_", " ").split())


def _unknown(kind: str, text: str, where: str, known: Mapping[str, object], ids: Iterable[str]) -> Unusable:
    near = get_close_matches(_plain(text), list(known), n=3, cutoff=0.5)
    listed = ", ".join(ids)
    remedy = f"Did you mean: {', '.join(near)}? All zones: {listed}." if near else f"All zones: {listed}."
    return Unusable(f"There is no {kind} {text!r}.", where=where, remedy=remedy)


def _inside(base: Path, name: str) -> Path:
    """The file below `base`: an alert file does not reach into other folders.

    Raises:
        Unusable: it lies somewhere else.
    """
    path = (base / name).resolve()
    if not path.is_relative_to(base.resolve()):
        what = "The file of the area must lie beside the alert file or below it."
        raise Unusable(what, where="area.file", remedy="Copy it there.")
    return path


def _areas(path: Path, known: set[str]) -> AreaNames:
    if not path.exists():
        return {}
    found: dict[frozenset[str], dict[Language, str]] = {}
    for number, item in enumerate(documents.items(path), start=1):
        where = f"{path.name}, entry {number}"
        documents.known_keys(item, {"zones", "names"}, where)
        ids, names = item.get("zones"), item.get("names")
        if not isinstance(ids, list) or not set(ids) <= known or len(set(ids)) < len(ids) or frozenset(ids) in found:
            what = "The zones must be ids of this town, each once, and no other entry may name the same."
            raise Unusable(what, where=f"{where}, zones", remedy=f"Zones: {', '.join(sorted(known))}.")
        if not isinstance(names, dict) or "en" not in names:
            raise Unusable("The English name is missing.", where=f"{where}, names", remedy="Add `en: ...`.")
        found[frozenset(ids)] = {str(language): str(name) for language, name in names.items()}
    return found
