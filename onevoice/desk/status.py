"""Status: where an alert stands and who has been reached, as far as anybody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from onevoice.desk import alarms, draft, late, posting
from onevoice.ledger import alerts, partners, posts, reach

if TYPE_CHECKING:
    from onevoice.desk.wiring import Desk
    from onevoice.ledger.engine import Connection

SETTLED = frozenset({"completed", "halted", "recalled", "expired"})
"""States of an alert in which nothing more happens by itself."""


def status(desk: Desk, alert_id: str) -> dict[str, Any]:
    """As `alert status --json` prints it.

    Raises:
        Unusable: no such alert.
    """
    with desk.ledger.read() as conn:
        row = draft.found(conn, alert_id)
        release = alerts.standing_release(conn, alert_id)
        known = _known(conn, release) if release else _nothing()
        passed_on = partners.words(conn, row.chain)
        verdicts = [_verdict(one) for one in alerts.verdicts(conn, alert_id)]
    return {
        "id": row.id,
        "chain": row.chain,
        "state": row.state,
        "release": release.hash if release else None,
        "due_at": release.due_at.isoformat() if release and release.due_at else None,
        **known,
        "partners": passed_on,
        "verdicts": verdicts,
    }


def _verdict(row: alerts.AnyRow) -> dict[str, Any]:
    """Who approved or returned it, when, and why it went back."""
    return {"verdict": row.verdict, "by": row.by, "at": row.at.isoformat(), "reason": row.reason}


def _posts(conn: Connection, release: alerts.AnyRow) -> dict[str, Any]:
    """What public accounts say: never counted as reached."""
    lines = [posting.line(post) for post in posts.of_releases(conn, [release.id])]
    return {"posts": lines, "posted": posting.counted(lines), "posting": _planned(release.summary.get("posts"))}


def _planned(frozen: dict[str, Any] | None) -> list[str]:
    return posting.sentences(frozen) if frozen else [posting.NO_ACCOUNTS]


def _known(conn: Connection, release: alerts.AnyRow) -> dict[str, Any]:
    texts = alerts.variants(conn, release.id)
    by_segment = reach.contacts(conn, release.id)
    passed = {row.rule for row in alerts.overrides(conn, release.id)}
    return {
        "deliveries": reach.states(conn, release.id),
        "attempts": reach.attempts(conn, release.id),
        "reach": [cell.to_json() for cell in reach.cells(conn, release.id)],
        "contacts": {word: sum(row[word] for row in by_segment.values()) for word in reach.WORDS.values()},
        "late": late.came(conn, release),
        "fallback": reach.fallbacks(conn, release.id),
        "alarms": alarms.alarms(conn, release.id),
        **_posts(conn, release),
        "consistency": {
            "variants": len(texts),
            "factsets": len({t.factset for t in texts}),
            "blocked": sum(t.withheld(passed) for t in texts),
        },
    }


def _nothing() -> dict[str, Any]:
    return {
        "deliveries": dict.fromkeys(reach.STATES, 0),
        "attempts": {"in_doubt": 0, "total": 0},
        "reach": [],
        "contacts": dict.fromkeys(reach.WORDS.values(), 0),
        "late": 0,
        "fallback": {},
        "alarms": [],
        "posts": [],
        "posted": posting.counted(()),
        "posting": [],
        "consistency": {"variants": 0, "factsets": 0, "blocked": 0},
    }


def settled(desk: Desk, alert_id: str) -> bool:
    """True once every delivery is terminal, parked, or past its receipt deadline."""
    with desk.ledger.read() as conn:
        return draft.found(conn, alert_id).state in SETTLED


def listing(desk: Desk, limit: int = 50) -> list[dict[str, Any]]:
    """The newest alerts, one short row each."""
    with desk.ledger.read() as conn:
        rows = alerts.recent(conn, limit)
    return [
        {"id": r.id, "hazard": r.hazard, "kind": r.kind, "status": r.status, "state": r.state, "by": r.author}
        for r in rows
    ]
