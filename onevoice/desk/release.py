"""Release: one compare-and-swap makes every delivery due, at any size."""

from __future__ import annotations

import logging
from functools import cache
from hmac import compare_digest
from typing import TYPE_CHECKING

from onevoice.alert import KINDS, Kind
from onevoice.desk import approve, ask, draft
from onevoice.desk.signing import Counts, release_hash
from onevoice.errors import Blocked, Conflict, OneVoiceError, OutOfReach, Refused
from onevoice.failpoint import Point, failpoint
from onevoice.ledger import alerts, audit, control, plan, posts
from onevoice.undisturbed import undisturbed
from onevoice.variant import Severity

if TYPE_CHECKING:
    from ssl import SSLContext

    from onevoice.alert import Alert
    from onevoice.desk.officers import Actor
    from onevoice.desk.wiring import Desk
    from onevoice.ledger.alerts import AnyRow
    from onevoice.ledger.engine import Connection

log = logging.getLogger(__name__)

PAGE_TIMEOUT = 5.0
"""Seconds that the public page has to answer."""


@undisturbed()
def release(desk: Desk, alert_id: str, actor: Actor) -> draft.Step:
    """Make an approved version due. The loser of a race is told who won.

    Raises:
        Conflict: not approved, released already, or changed since approval.
        Blocked: expired, too late to act, or sending is halted.
        OutOfReach: the page that every message links to does not answer.
    """
    actor.must_be("manager", "approver")
    with desk.ledger.read() as conn:
        row = draft.found(conn, alert_id)
        _approved(row)
        alert = alerts.value(row)
        _still_in_time(desk, alert)
        _running(conn)
    _services_stand(desk, alert)
    _page_answers(alert.page_url)
    with desk.ledger.write() as conn:
        _make_due(desk, conn, alert, actor)
        failpoint(Point.RELEASE_OPEN)
    failpoint(Point.RELEASE_DONE)
    _tell_partners(desk, alert_id)
    return draft.step(desk, alert_id)


def _tell_partners(desk: Desk, alert_id: str) -> None:
    """Whatever becomes of it, the release stands: partners have their feeds too."""
    try:
        ask.tell_partners(desk, alert_id)
    except OneVoiceError:
        log.exception("Partners were not told of %s.", alert_id)


def _approved(row: AnyRow) -> None:
    if row.state == "approved":
        return
    by = f" by {row.released_by}" if row.released_by else ""
    what = f"{row.id} is {row.state}{by}, so it cannot be released."
    raise Conflict(what, remedy="Only an approved alert can be released, once.")


def _still_in_time(desk: Desk, alert: Alert) -> None:
    for name, moment in (("act_by", alert.act_by), ("expires", alert.expires)):
        if moment and moment <= desk.now():
            what = f"It is too late: {name} was {moment.isoformat()}."
            raise Blocked(what, where=name, remedy="Draft it again with times that are still to come.")


def _services_stand(desk: Desk, alert: Alert) -> None:
    """A service may close, or grow stale, between submit and release."""
    if "services" not in alert.factset.facts:
        return
    from onevoice.desk import services_fit  # noqa: PLC0415 - a warning leads to none, and shall not wait for this

    stale = [found for found in services_fit.findings(desk, alert) if found.severity is Severity.BLOCK]
    if stale:
        raise Blocked(f"[{stale[0].rule}] {stale[0].message}", remedy=stale[0].remedy)


def _running(conn: Connection) -> None:
    state = control.state(conn)
    if state.state != "running":
        what = f"Sending is halted ({state.reason or 'no reason given'}, by {state.by})."
        raise Blocked(what, remedy="Two people must say `onevoice resume` first.")


@cache
def _trusted() -> SSLContext:
    """Whose certificates are believed: reading the list takes longer than asking for the page."""
    import httpx  # noqa: PLC0415 - only a release needs it

    return httpx.create_ssl_context(trust_env=False)


def _page_answers(url: str) -> None:
    import httpx  # noqa: PLC0415 - only a release needs it

    try:
        answer = httpx.get(url, timeout=PAGE_TIMEOUT, trust_env=False, verify=_trusted())
        good = answer.is_success
        seen = f"answers {answer.status_code}"
    except httpx.HTTPError as problem:
        good, seen = False, f"does not answer ({type(problem).__name__})"
    if not good:
        what = f"The page that every message links to {seen}: {url}."
        raise OutOfReach(what, remedy="Start `onevoice serve`, or mend ONEVOICE_PUBLIC_URL, then release again.")


def _make_due(desk: Desk, conn: Connection, alert: Alert, actor: Actor) -> None:
    control.state(conn, alone=True)  # what was claimed is committed, and nothing is until this is: so holders are known
    frozen = alerts.standing_release(conn, alert.id)
    if frozen is None:
        what = f"{alert.id} has nothing frozen to release."
        raise Conflict(what, remedy="Submit it again.")
    _signed(desk, conn, frozen)
    _unchanged(conn, alert, frozen)
    _next_in_chain(conn, alert)
    now = desk.now()
    first = alerts.move(conn, alert.id, of=("approved",), to="sending", released_by=actor.name, released_at=now)
    if not (first and alerts.make_due(conn, frozen.id, frozen.hash, now)):
        _approved(draft.found(conn, alert.id))
        what = f"{alert.id} was released by somebody else a moment ago."
        raise Conflict(what)
    recalled = alert.kind in (Kind.CORRECTION, Kind.ALL_CLEAR)
    older = alerts.supersede(conn, alert.chain, before=alert.version, at=now, recalled=recalled)
    late = plan.late(conn, frozen.id, alerts.releases_before(conn, frozen.id), now)
    detail = {"release": frozen.hash, "deliveries": frozen.deliveries, "superseded": older, "late": late._asdict()}
    audit.append(conn, desk.vault, actor=actor.name, act="released", subject=alert.id, detail=detail)


def _signed(desk: Desk, conn: Connection, frozen: AnyRow) -> None:
    good = [a for a in alerts.approvals(conn, frozen.id) if a.verdict == "approved" and _genuine(desk, frozen, a)]
    if not good:
        what = "No approval stands under this release."
        raise Refused(what, remedy="It must be approved by a person who did not work on it.")


def _genuine(desk: Desk, frozen: AnyRow, verdict: AnyRow) -> bool:
    expected = approve.signature(desk, frozen.hash, frozen.contacts, verdict.by, verdict.verdict)
    return compare_digest(expected, verdict.signature)


def _unchanged(conn: Connection, alert: Alert, frozen: AnyRow) -> None:
    texts = alerts.signed(conn, frozen.id)
    counts = Counts(*alerts.planned_counts(conn, frozen.id), plan.count_not_yet(conn, frozen.id))
    now = release_hash(alert, texts, frozen.mode, counts, posts.signed(conn, frozen.id))
    if now != frozen.hash:
        what = f"{alert.id} is not what was approved any more."
        raise Conflict(what, remedy="Submit it again, so that somebody can approve what it is now.")


def _next_in_chain(conn: Connection, alert: Alert) -> None:
    if alert.version == 1:
        return
    newer = [r for r in alerts.chain(conn, alert.chain) if r.version >= alert.version and r.released_at]
    if newer and KINDS[alert.kind].replaces:
        what = f"Version {newer[-1].version} of this chain was released already."
        raise Conflict(what, remedy="Make the next version from that one.")
