"""Which versions of the directory's entries the frozen texts of an alert lead to."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from onevoice.desk import draft
from onevoice.ledger import alerts
from onevoice.ledger import services as rows
from onevoice.services import Services

if TYPE_CHECKING:
    from onevoice.desk.wiring import Desk
    from onevoice.ledger.alerts import AnyRow
    from onevoice.services import Service


def used(desk: Desk, alert_id: str) -> list[dict[str, Any]]:
    """Id, version and name of each entry, who had confirmed it when, and how many texts lead there.

    Raises:
        Unusable: there is no such alert.
    """
    with desk.ledger.read() as conn:
        alert = alerts.value(draft.found(conn, alert_id))
        release = alerts.standing_release(conn, alert_id)
        frozen = alerts.variants(conn, release.id) if release else []
        known = alert.factset.get("services")
        named = known.entries if isinstance(known, Services) else ()
        origin = {s.id: next((r for r in rows.versions(conn, s.id) if r.version == s.version), None) for s in named}
    texts = Counter(one for variant in frozen for one in variant.services)
    return [_told(service, origin[service.id], texts[f"{service.id} {service.version}"]) for service in named]


def _told(service: Service, row: AnyRow | None, texts: int) -> dict[str, Any]:
    return {
        "id": service.id,
        "version": service.version,
        "name": service.name,
        "assured_date": service.assured.isoformat(),
        "assurer_email": row.body.get("assurer_email", "") if row else "",
        "by": row.by if row else "",
        "texts": texts,
    }
