"""The gazetteer: what is typed as the area becomes zones, polygons and names, or a sentence that says what to do."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Polygon, union_all

from audiences.gazetteer import Gazetteer
from audiences.shapes import CORNERS
from onevoice.alert import Area, AreaFile
from onevoice.errors import Unusable
from onevoice.facts import Places


@pytest.fixture(scope="module")
def gazetteer(root: Path) -> Gazetteer:
    """Millford."""
    return Gazetteer.load(root)


def resolve(gazetteer: Gazetteer, base: Path | None = None, **area: Any) -> tuple[Area, Places]:
    """An area from the fields of an alert file."""
    return gazetteer.resolve(AreaFile(**area), base or Path())


def polygon(area: Area) -> Polygon:
    """All polygons of an area as one shape of (x, y) = (longitude, latitude)."""
    return union_all([Polygon([(lon, lat) for lat, lon in ring]) for ring in area.polygons])  # type: ignore[return-value]  # one part in these tests


INSIDE = [(40.0, -72.50), (40.01, -72.50), (40.01, -72.49)]


def test_zones_by_id_and_by_name_in_their_order(gazetteer: Gazetteer) -> None:
    """Ids, names on the sign and names in any language; each zone once; whole zones."""
    area, places = resolve(gazetteer, zones=["riverside", "Old Mill", "El Mercado", "old_mill"])
    assert area.zones == places.ids == ("riverside", "old-mill", "market")
    assert area.whole_zones
    assert places.places[2].name("es") == "El Mercado"


def test_every_ring_is_closed_and_in_the_order_of_cap(gazetteer: Gazetteer) -> None:
    """First and last point are the same; latitude comes first."""
    area, _ = resolve(gazetteer, zones=["old-mill", "university"])
    assert len(area.polygons) == 2
    for ring in area.polygons:
        assert ring[0] == ring[-1]
        assert all(39 < lat < 41 and -73 < lon < -72 for lat, lon in ring)


def test_a_named_area_stands_for_its_zones_and_no_others(gazetteer: Gazetteer) -> None:
    """The river side is Old Mill and Riverside; one more zone and the name is gone."""
    area, places = resolve(gazetteer, places=["the river side of Millford"])
    assert area.zones == ("old-mill", "riverside")
    assert places.area_name["es"] == "la ribera de Millford"
    assert resolve(gazetteer, zones=["old-mill", "riverside", "orchard"])[1].area_name == {}
    assert resolve(gazetteer, zones=["riverside", "old-mill"])[1].area_name == places.area_name


@pytest.mark.parametrize("field", ["zones", "places"])
def test_an_unknown_place_is_answered_with_what_is_near(gazetteer: Gazetteer, field: str) -> None:
    """The sentence names the field, the nearest and all zones."""
    with pytest.raises(Unusable, match=rf"area.{field}.*'rivreside'.*Did you mean: riverside.*university"):
        gazetteer.resolve(AreaFile.model_validate({field: ["old-mill", "rivreside"]}), Path())


@pytest.mark.parametrize("name", ["river_side", "zones", "x" * 500, ""])
def test_nonsense_is_refused(gazetteer: Gazetteer, name: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(Unusable, match="There is no zone"):
        resolve(gazetteer, zones=[name])


def test_a_polygon_cuts_zones_and_is_closed(gazetteer: Gazetteer) -> None:
    """Three corners over Old Mill and Riverside: those two zones, cut, one closed ring."""
    area, places = resolve(gazetteer, polygon=INSIDE)
    assert (area.zones, area.whole_zones, len(area.polygons)) == (("old-mill", "riverside"), False, 1)
    assert len(area.polygons[0]) == 4
    assert places.ids == area.zones


def test_the_polygon_of_whole_zones_is_whole_zones(gazetteer: Gazetteer) -> None:
    """Drawn exactly as two zones are, it is those two zones."""
    zones, _ = resolve(gazetteer, zones=["old-mill", "riverside"])
    assert resolve(gazetteer, polygon=list(zones.polygons[0]))[0].whole_zones


@pytest.mark.parametrize(
    ("corners", "words"),
    [
        ([(48.0, 2.5), (48.1, 2.5), (48.1, 2.6)], "does not lie in the jurisdiction.*39.96, -72.55"),
        ([(lon, lat) for lat, lon in INSIDE], "latitude and longitude look swapped"),
        ([(40.0, -72.5), (40.01, -72.49), (40.01, -72.5), (40.0, -72.49)], "edges.*cross"),
        ([(40.0, -72.5), (40.01, -72.49)], "three corners"),
        ([(40.0, -72.5), (40.0, -72.5), (40.0, -72.5), (40.0, -72.5)], "three corners"),
        ([(40.0, -72.5), (40.0, -72.49), (40.0, -72.48)], "cross|no inside"),
        ([(91.0, -72.5), (40.0, -72.49), (40.1, -72.48)], "no such place"),
        ([(float("nan"), -72.5), (40.0, -72.49), (40.1, -72.48)], "no such place"),
        ([(-100.0, 40.0), (-72.5, 40.1), (-72.4, 40.1)], "look swapped"),
        ([(39.0, -73.0), (39.0, -72.0), (41.0, -72.0), (41.0, -73.0)], "More than half.*outside"),
    ],
)
def test_a_polygon_that_cannot_be_meant_is_refused(
    gazetteer: Gazetteer, corners: list[tuple[float, float]], words: str
) -> None:
    """Elsewhere, swapped, crossing, flat, too few corners, not on earth: the sentence says which."""
    with pytest.raises(Unusable, match=rf"(?i)area.polygon.*({words})"):
        resolve(gazetteer, polygon=corners)


def test_what_reaches_over_the_border_is_cut_off_there(gazetteer: Gazetteer) -> None:
    """A polygon a little over the edge of the town ends at the edge."""
    area, _ = resolve(gazetteer, polygon=[(40.0, -72.56), (40.02, -72.56), (40.02, -72.50), (40.0, -72.50)])
    town, _ = resolve(gazetteer, zones=list(gazetteer.zones))
    assert polygon(area).difference(polygon(town).buffer(1e-5)).is_empty
    assert min(lon for _, lon in area.polygons[0]) > -72.56


def test_nobody_inside_a_circle_is_left_out(gazetteer: Gazetteer) -> None:
    """Points at the radius in every direction lie in the polygon; points five percent farther do not."""
    import math

    area, _ = resolve(gazetteer, circle=(39.995, -72.50, 1.5))
    found = polygon(area)
    assert len(area.polygons[0]) == CORNERS + 1
    for turn in range(360):
        for stretch, inside in ((0.999, True), (1.05, False)):
            degrees = 1.5 * stretch / 111.2
            lat = 39.995 + degrees * math.sin(math.radians(turn))
            lon = -72.50 + degrees * math.cos(math.radians(turn)) / math.cos(math.radians(39.995))
            assert found.intersects(Polygon([(lon, lat), (lon + 1e-9, lat), (lon, lat + 1e-9)])) == inside


@pytest.mark.parametrize(
    "circle", [(40.0, -72.5, 0.0), (40.0, -72.5, -1.0), (40.0, -72.5, 1e9), (40.0, -72.5, float("nan"))]
)
def test_a_circle_needs_a_sensible_radius(gazetteer: Gazetteer, circle: tuple[float, float, float]) -> None:
    """Nothing, less than nothing, the whole earth."""
    with pytest.raises(Unusable, match="radius"):
        resolve(gazetteer, circle=circle)


def geojson(folder: Path, plain: Any) -> str:
    """Write a GeoJSON file and give its name."""
    (folder / "area.geojson").write_text(plain if isinstance(plain, str) else json.dumps(plain))
    return "area.geojson"


RING = [[-72.50, 40.0], [-72.49, 40.0], [-72.49, 40.01], [-72.50, 40.0]]
PART = {"type": "Polygon", "coordinates": [RING]}


@pytest.mark.parametrize(
    "plain",
    [
        PART,
        {"type": "Feature", "properties": {}, "geometry": PART},
        {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}, "geometry": PART}]},
        {"type": "MultiPolygon", "coordinates": [[RING]]},
        {"type": "GeometryCollection", "geometries": [PART]},
    ],
)
def test_a_geojson_file_in_every_wrapping(gazetteer: Gazetteer, tmp_path: Path, plain: Any) -> None:
    """Geometry, feature, collection: the same triangle, longitude first as GeoJSON has it."""
    area, _ = resolve(gazetteer, tmp_path, file=geojson(tmp_path, plain))
    assert polygon(area).symmetric_difference(Polygon(RING)).area < 1e-9


@pytest.mark.parametrize(
    ("plain", "words"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ({}, "not a flat polygon|no polygon"),
        ([], "no polygon"),
        (None, "no polygon"),
        ({"type": "Point", "coordinates": [-72.5, 40.0]}, "not a flat polygon"),
        ({"type": "Polygon", "coordinates": []}, "not a flat polygon"),
        ({"type": "Polygon", "coordinates": [[[1], [2]]]}, "not a flat polygon"),
        ({"type": "Polygon", "coordinates": [[["a", "b"], ["c", "d"], ["e", "f"], ["a", "b"]]]}, "not a flat polygon"),
        ({"type": "Polygon", "coordinates": [[[*p, 5.0] for p in RING]]}, "not a flat polygon"),
        ({"type": "FeatureCollection", "features": [{"type": "Feature"}]}, "no polygon"),
        ({"type": "Polygon", "coordinates": [[[lat, lon] for lon, lat in RING]]}, "look swapped"),
        (
            {"type": "Polygon", "coordinates": [
                [[-72.52, 39.99], [-72.49, 39.99], [-72.49, 40.02], [-72.52, 40.02], [-72.52, 39.99]],
                [[-72.51, 40.0], [-72.50, 40.0], [-72.50, 40.01], [-72.51, 40.0]],
            ]},
            "hole",
        ),
    ],
)  # fmt: skip
def test_a_file_that_is_no_area_is_refused(gazetteer: Gazetteer, tmp_path: Path, plain: Any, words: str) -> None:
    """Not JSON, no polygon, points, height, holes: the sentence says which."""
    name = geojson(tmp_path, plain)
    with pytest.raises(Unusable, match=f"({words})"):
        resolve(gazetteer, tmp_path, file=name)


@pytest.mark.parametrize("name", ["../area.geojson", "/etc/hostname", "nothing.geojson"])
def test_a_file_somewhere_else_is_not_opened(gazetteer: Gazetteer, tmp_path: Path, name: str) -> None:
    """An alert file reaches no other folder, and a file that is not there is named."""
    geojson(tmp_path, PART)
    (tmp_path / "alerts").mkdir()
    with pytest.raises(Unusable, match=r"beside the alert file|nothing.geojson.*cannot be read"):
        resolve(gazetteer, tmp_path / "alerts", file=name)


@pytest.mark.parametrize(
    ("one", "other", "touches"),
    [
        (["old-mill"], ["old-mill"], True),
        (["old-mill"], ["riverside"], True),
        (["old-mill"], ["university"], False),
        (["north-hill", "university"], ["orchard"], True),
    ],
)
def test_areas_touch_where_they_overlap_or_share_a_border(
    gazetteer: Gazetteer, one: list[str], other: list[str], touches: bool
) -> None:
    """The same zone, a neighbor, one far away."""
    areas = resolve(gazetteer, zones=one)[0], resolve(gazetteer, zones=other)[0]
    assert gazetteer.touching(*areas) == gazetteer.touching(*reversed(areas)) == touches
    bare = [area.model_copy(update={"polygons": ()}) for area in areas]
    assert gazetteer.touching(*bare) == touches


def test_a_small_circle_does_not_touch_a_far_corner_of_its_own_zone(gazetteer: Gazetteer) -> None:
    """Cut areas are compared as they are drawn, not by their zones."""
    north, _ = resolve(gazetteer, circle=(40.025, -72.515, 0.3))
    south, _ = resolve(gazetteer, circle=(39.985, -72.515, 0.3))
    assert north.zones == south.zones == ("old-mill",)
    assert not gazetteer.touching(north, south)


@given(
    lat=st.floats(39.9, 40.1),
    lon=st.floats(-72.6, -72.4),
)
def test_a_position_lies_in_the_zone_that_holds_it(gazetteer: Gazetteer, lat: float, lon: float) -> None:
    """zone_at agrees with the polygons of the zones, and answers None for the sea around."""
    point = Polygon([(lon, lat), (lon + 1e-9, lat), (lon, lat + 1e-9)])
    zone = gazetteer.zone_at(lat, lon)
    near = {z for z in gazetteer.zones if polygon(resolve(gazetteer, zones=[z])[0]).distance(point) < 1e-5}
    sure = {z for z in near if polygon(resolve(gazetteer, zones=[z])[0]).buffer(-1e-5).contains(point)}
    assert {zone} == sure or (not sure and zone in {*near, None})


def test_the_zones_of_millford_are_neighbors_and_do_not_overlap(gazetteer: Gazetteer) -> None:
    """Eight zones, no two share ground; the two on the river share a border; together they have no hole."""
    shapes = {zone: polygon(resolve(gazetteer, zones=[zone])[0]) for zone in gazetteer.zones}
    assert len(shapes) == 8
    assert all(a.intersection(b).area < 1e-12 for a, b in combinations(shapes.values(), 2))
    assert shapes["old-mill"].intersection(shapes["riverside"]).length > 0.03
    whole, _ = resolve(gazetteer, zones=list(shapes))
    assert len(whole.polygons) == 1


def test_names_fall_back_to_the_road_sign(gazetteer: Gazetteer) -> None:
    """Generic places have names in every language; proper names stay as on the sign."""
    assert gazetteer.zones["harbor"].name("ar") == "الميناء"
    assert gazetteer.zones["old-mill"].name("ar") == "Old Mill"
    assert gazetteer.names["station"]["fr"] == "La Gare"


# --- files that cannot be used --------------------------------------------------------------------------------------


def town(folder: Path, zones: Any, areas: str | None = None) -> Path:
    """A content root with these zones and area names."""
    (folder / "audiences" / "town").mkdir(parents=True)
    (folder / "audiences" / "town" / "zones.geojson").write_text(json.dumps(zones))
    if areas is not None:
        (folder / "audiences" / "town" / "areas.yaml").write_text(areas)
    return folder


def zone(name: str, **more: Any) -> dict[str, Any]:
    """One feature."""
    return {"type": "Feature", "properties": {"id": name, "names": {"en": name}}, "geometry": PART} | more


@pytest.mark.parametrize(
    ("zones", "areas", "words"),
    [
        ({"features": []}, None, "no zones"),
        ([], None, "no zones"),
        ({"features": [zone("a"), zone("a")]}, None, "two have the same id"),
        ({"features": [{"type": "Feature"}]}, None, "feature 1.*properties with id and names"),
        ({"features": [zone("a", properties={"id": "a", "names": {"es": "a"}})]}, None, "no English name"),
        ({"features": [zone("a", geometry=None)]}, None, "a: The file holds no polygon"),
        ({"features": [zone("a")]}, "- {zones: [b], names: {en: x}}", "entry 1, zones.*Zones: a"),
        ({"features": [zone("a")]}, "- {zones: [a, a], names: {en: x}}", "each once"),
        ({"features": [zone("a")]}, "- {zones: [a], names: {es: x}}", "English name is missing"),
        ({"features": [zone("a")]}, "- {zone: [a], names: {en: x}}", "no key zone. Did you mean zones"),
        ({"features": [zone("a")]}, "- {zones: [a], names: {en: x}}\n- {zones: [a], names: {en: y}}", "entry 2"),
        ({"features": [zone("a")]}, "zones: [a]", "not a list of entries"),
        ({"features": [zone("a")]}, "- {zones: [a", "not YAML"),
    ],
)
def test_a_broken_town_says_where(tmp_path: Path, zones: Any, areas: str | None, words: str) -> None:
    """File, feature or entry, and what is allowed."""
    with pytest.raises(Unusable, match=f"({words})"):
        Gazetteer.load(town(tmp_path, zones, areas))


def test_a_town_without_area_names_has_none(tmp_path: Path) -> None:
    """The file of names may be missing."""
    assert Gazetteer.load(town(tmp_path, {"features": [zone("a")]})).area_name(["a"]) == {}


def test_zones_around_another_keep_their_own_rings(tmp_path: Path) -> None:
    """Where a ring of zones leaves a hole, each zone has its own polygon: CAP cannot say a hole."""

    def box(name: str, west: float, south: float, east: float, north: float) -> dict[str, Any]:
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        return zone(name, geometry={"type": "Polygon", "coordinates": [ring]})

    around = [box("s", 0, 0, 3, 1), box("n", 0, 2, 3, 3), box("w", 0, 1, 1, 2), box("e", 2, 1, 3, 2)]
    gazetteer = Gazetteer.load(town(tmp_path, {"features": [*around, box("middle", 1, 1, 2, 2)]}))
    area, _ = resolve(gazetteer, zones=["s", "n", "w", "e"])
    assert len(area.polygons) == 4
    assert len(resolve(gazetteer, zones=list(gazetteer.zones))[0].polygons) == 1
