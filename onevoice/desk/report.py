"""The after-action report: one HTML file, printable, readable without a network."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onevoice.desk import charts, draft, posting, status
from onevoice.ledger import alerts, chronicle, notices, posts, reach

if TYPE_CHECKING:
    from jinja2 import Template

    from onevoice.desk.wiring import Desk
    from onevoice.ledger.engine import Connection

PAGES = Path(__file__).parent / "pages"
WORDS = tuple(reach.WORDS.values())
SHOWN = 200
"""People to visit that the report lists by id; the rest is counted."""


@cache
def page(name: str) -> Template:
    """A page of the desk, escaped by default and strict about what it is given."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - only pages need it

    found = Environment(loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return found.get_template(name)


def report(desk: Desk, alert_id: str) -> str:
    """The report as HTML.

    Raises:
        Unusable: no such alert, or nothing of it was ever frozen.
    """
    return page("report.html.j2").render(**facts(desk, alert_id), meanings=charts.MEANINGS)


def facts(desk: Desk, alert_id: str) -> dict[str, Any]:
    """Everything that the report shows, as plain values."""
    standing = status.status(desk, alert_id)
    with desk.ledger.read() as conn:
        row = draft.found(conn, alert_id)
        release = alerts.standing_release(conn, alert_id)
        found = _of_release(conn, release) if release else _of_none()
        found |= {
            "timeline": _timeline(conn, alert_id, found["posts"]),
            "replies": chronicle.replies(conn, alert_id),
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
    }


def _of_release(conn: Connection, release: alerts.AnyRow) -> dict[str, Any]:
    by = {kind: charts.merged_small(reach.contacts(conn, release.id, kind)) for kind in ("segment", "language", "tier")}
    pace = reach.pace(conn, release.id)
    unreached = reach.unreached(conn, release.id, limit=SHOWN + 1)
    return {
        "release": release,
        "by": by,
        "bars": {kind: charts.bars(rows, WORDS, f"Contacts by {kind}") for kind, rows in by.items()},
        "pace": charts.lines(
            {"left": pace["left"], "delivered": pace["delivered"]}, pace["step_ms"], "Messages by time"
        )
        if pace["left"]
        else "",
        "unreached": unreached[:SHOWN],
        "more_unreached": len(unreached) > SHOWN,
        "why": reach.why(conn, release.id),
        "texts": alerts.variants(conn, release.id),
        "posts": _posted(conn, release),
        "approvals": alerts.approvals(conn, release.id),
        "overrides": alerts.overrides(conn, release.id),
    }


def _of_none() -> dict[str, Any]:
    return {
        "release": None,
        "by": {},
        "bars": {},
        "pace": "",
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
