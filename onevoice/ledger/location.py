"""Where contacts are, seen from an area: inside, outside, or nobody knows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Select, String, and_, case, cast, func, literal, select
from sqlalchemy.dialects.postgresql import JSON

from onevoice.ledger.tables import contact

Polygon = tuple[tuple[float, float], ...]
"""A closed ring of (latitude, longitude)."""


def whereabouts(conn: Connection, zones: Sequence[str], polygons: Sequence[Polygon]) -> ColumnElement[str]:
    """SQL for in-area, outside or unknown. With polygons the position decides where it is known, else the zone."""
    by_zone = ((contact.c.zone.in_(zones), "in-area"), (func.coalesce(contact.c.zone, "") == "", "unknown"))
    if not polygons:
        return case(*by_zone, else_="outside")
    positioned = and_(contact.c.lat.is_not(None), contact.c.lon.is_not(None))
    inside = contact.c.id.in_(_listed(conn, _inside(conn, polygons)))
    return case((and_(positioned, inside), "in-area"), (positioned, "outside"), *by_zone, else_="outside")


def _inside(conn: Connection, polygons: Sequence[Polygon]) -> list[int]:
    """Ids of the contacts whose position lies in one of the polygons or on its edge."""
    import numpy as np  # noqa: PLC0415 - only an area that cuts zones needs it
    import shapely  # noqa: PLC0415 - as above

    rings = [shapely.Polygon([(lon, lat) for lat, lon in ring]) for ring in polygons]
    area = shapely.union_all(np.array(rings, dtype=object))
    west, south, east, north = (float(edge) for edge in shapely.bounds(area))
    boxed = select(contact.c.id, contact.c.lat, contact.c.lon).where(
        contact.c.removed_at.is_(None), contact.c.lat.between(south, north), contact.c.lon.between(west, east)
    )
    rows = np.array([tuple(row) for row in conn.execute(boxed)], dtype=float).reshape(-1, 3)
    shapely.prepare(area)
    return [int(i) for i in rows[shapely.intersects_xy(area, rows[:, 2], rows[:, 1]), 0]]


def _listed(conn: Connection, ids: Sequence[int]) -> Select[Any]:
    """A SELECT of these ids: one bound value, however many there are."""
    text = literal(json.dumps(list(ids)), String)
    if conn.dialect.name == "postgresql":
        rows = func.json_array_elements_text(cast(text, JSON)).table_valued("value")
    else:
        rows = func.json_each(text).table_valued("value")
    return select(cast(rows.c.value, BigInteger))
