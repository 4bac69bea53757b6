"""The zones of the town as they stand in the file, without geometry: enough for loaders that only need ids."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from audiences import documents
from onevoice.errors import Unusable
from onevoice.facts import Place

TOWN = Path("audiences") / "town"


def features(root: Path) -> list[tuple[Place, Any]]:
    """Each zone with its name and its GeoJSON geometry. `root` holds the folder audiences/.

    Raises:
        Unusable: the file is no GeoJSON collection of features with `id` and English name.
    """
    path = root / TOWN / "zones.geojson"
    plain = documents.geojson(path)
    found = [_feature(f, path.name, i) for i, f in enumerate(_list(plain), start=1)]
    if not found or len({place.id for place, _ in found}) < len(found):
        raise Unusable("There are no zones, or two have the same id.", where=path.name)
    return found


def zone_ids(root: Path) -> tuple[str, ...]:
    """The ids of all zones. Errors as `features`."""
    return tuple(place.id for place, _ in features(root))


def _list(plain: Any) -> list[Any]:
    found = plain.get("features") if isinstance(plain, dict) else None
    return found if isinstance(found, list) else []


def _feature(plain: Any, name: str, index: int) -> tuple[Place, Any]:
    where = f"{name}, feature {index}"
    try:
        properties, geometry = plain["properties"], plain["geometry"]
        place = Place(id=properties["id"], names=properties["names"])
    except (KeyError, TypeError, ValueError):
        what = "A zone needs properties with id and names, and a geometry."
        raise Unusable(what, where=where) from None
    if "en" not in place.names:
        raise Unusable("The zone has no English name.", where=where, remedy="Add `en`: the name on the road sign.")
    return place, geometry
