"""The after-action report: one HTML file, printable, readable without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from onevoice import localize
from onevoice.desk import charts, draft, maps, posting, status
from onevoice.desk.page import page
from onevoice.ledger import alerts, chronicle, notices, posts, reach

if TYPE_CHECKING:
    from onevoice.desk.wiring import Desk
    from onevoice.ledger.engine import Connection

WORDS = tuple(reach.WORDS.values())
SHOWN = 200
"""People to visit that the report lists by id; the rest is counted."""


def report(desk: Desk, alert_id: str) -> str:
    """The report as HTML.

    Raises:
        Unusable: no such alert, or nothing of it was ever frozen.
    """
    return page("report.html.j2").render(**facts(desk, alert_id))


def facts(desk: Desk, alert_id: str) -> dict[str, Any]:
    """Everything that the report shows, as plain values."""
    standing, root = status.status(desk, alert_id), desk.settings.content_root
    with desk.ledger.read() as conn:
        row = draft.found(conn, alert_id)
        release = alerts.standing_release(conn, alert_id)
        found = _of_release(desk, conn, release) if release else _of_none()
        found |= {
            "timeline": _timeline(conn, alert_id, found["posts"]),
            "replies": chronicle.replies(conn, alert_id),
            "answers": chronicle.answers(conn, alert_id),
        }
        alert = alerts.value(row)
    return found | {
        "alert": alert,
        "hazard": desk.content.lexicon.hazards[alert.hazard].name,
        "authority": desk.authority(alert.authority).name("en"),
        "places": ", ".join(p.name("en") for p in alert.factset.facts["places"].places),  # type: ignore[union-attr]  # places are Places
        "standing": standing,
        "mode": desk.settings.mode,
        "now": desk.now(),
        "zone": desk.settings.zone,
        "words": WORDS,
        "services": posting.SERVICES,
        "map": maps.draw(desk, alert.area),
        "segments": {segment.id: segment.name for segment in desk.segments},
        "messengers": {name: messenger.name("en") for name, messenger in desk.messengers.items()},
        "tongues": {tag: localize.language(root, tag) for tag in localize.languages(root)},
    }


def _of_release(desk: Desk, conn: Connection, release: alerts.AnyRow) -> dict[str, Any]:
    by = {kind: charts.merged_small(reach.contacts(conn, release.id, kind)) for kind in ("segment", "language", "tier")}
    names = {segment.id: segment.name for segment in desk.segments}
    by["segment"] = {names.get(segment, segment): row for segment, row in by["segment"].items()}
    unreached = reach.unreached(conn, release.id, limit=SHOWN + 1)
    return {
        "release": release,
        "by": by,
        "pace": charts.pace(reach.pace(conn, release.id), _marks(conn, release)),
        "unreached": unreached[:SHOWN],
        "more_unreached": len(unreached) > SHOWN,
        "why": reach.why(conn, release.id),
        "texts": alerts.variants(conn, release.id),
        "posts": _posted(conn, release),
        "approvals": alerts.approvals(conn, release.id),
        "overrides": alerts.overrides(conn, release.id),
    }


def _marks(conn: Connection, release: alerts.AnyRow) -> dict[str, int]:
    """The steps of a release in milliseconds since 1970, in their order."""
    marks = dict(reach.milestones(conn, release.alert_id))
    steps = {"released": release.due_at or release.frozen_at} | marks
    return {what: round(at.timestamp() * 1000) for what, at in sorted(steps.items(), key=lambda step: step[1])}


def _of_none() -> dict[str, Any]:
    return {
        "release": None,
        "by": {},
        "pace": None,
        "unreached": [],
        "more_unreached": False,
        "why": [],
        "texts": [],
        "posts": [],
        "approvals": [],
        "overrides": [],
    }


def _posted(conn: Connection, release: alerts.AnyRow) -> list[dict[str, Any]]:
    """Every post with its text, and the version of the post that it answers."""
    older = posts.of_releases(conn, alerts.releases_before(conn, release.id))
    version_of = {post.ref: post.version for post in older if post.ref}
    found = posts.of_releases(conn, [release.id])
    return [
        posting.line(post)
        | {
            "at": post.at,
            "text": post.text,
            "direction": post.direction,
            "answers": version_of.get(post.reply_to or ""),
        }
        for post in found
    ]


def _posting(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """When each account's first and last post stood."""
    marks: list[dict[str, Any]] = []
    for service, account in sorted({(p["service"], p["account"]) for p in found if p["word"] == "posted"}):
        mine = [p for p in found if (p["service"], p["account"], p["word"]) == (service, account, "posted")]
        at = sorted(p["at"] for p in mine)
        name = posting.SERVICES.get(service, service)
        marks.append({"at": at[0], "who": account, "what": f"first post on {name}"})
        marks.append({"at": at[-1], "who": account, "what": f"last of {len(mine)} posts on {name}"})
    return marks


def _timeline(conn: Connection, alert_id: str, posted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every step with who did it, oldest first."""
    acts = [{"at": e.at, "who": e.actor, "what": e.act} for e in chronicle.steps(conn, alert_id)]
    asked = [
        {"at": n.at, "who": n.officer or n.partner_id, "what": f"told by {n.means} ({n.purpose}): {n.result}"}
        for n in notices.of_alert(conn, alert_id)
    ]
    marks = [{"at": at, "who": "", "what": what} for what, at in reach.milestones(conn, alert_id)]
    return sorted([*acts, *asked, *marks, *_posting(posted)], key=lambda line: line["at"])
