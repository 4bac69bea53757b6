"""Submit: freeze the texts, write the deliveries, and ask for approval. What is approved is what was frozen here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from onevoice.desk import ask, draft, duration, prepare
from onevoice.desk.outside import outside
from onevoice.desk.signing import release_hash
from onevoice.errors import Blocked, Conflict, Unusable
from onevoice.failpoint import Point, failpoint
from onevoice.ledger import alerts, audit, plan, posts
from onevoice.settings import Mode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from onevoice.alert import Alert
    from onevoice.desk.officers import Actor
    from onevoice.desk.prepare import Prepared
    from onevoice.desk.wiring import Desk
    from onevoice.ledger.engine import Connection
    from onevoice.ledger.plan import Planned


def submit(desk: Desk, alert_id: str, actor: Actor, overrides: Mapping[str, str] | None = None) -> draft.Step:
    """Freeze a draft and ask for approval. `overrides`: rule id → reason, for findings that a person may pass.

    Raises:
        Blocked: a finding stops the release, or the alert may not be sent in this mode.
        Conflict: the alert is no draft any more.
        Unusable: no such alert; an override without a reason.
    """
    overrides = overrides or {}
    _reasons_given(overrides)
    alert = _fresh(desk, alert_id)
    for problem in obstacles(desk, alert):
        raise problem
    with desk.ledger.write() as conn:
        _freeze(desk, conn, alert, actor, overrides)
        failpoint(Point.SUBMIT_OPEN)
    failpoint(Point.SUBMIT_DONE)
    ask.ask(desk, alert_id)
    return draft.step(desk, alert_id)


def _reasons_given(overrides: Mapping[str, str]) -> None:
    for rule, reason in overrides.items():
        if not reason.strip():
            what = f"Releasing past {rule} needs a reason that the approver sees."
            raise Unusable(what, where="--override")


def _fresh(desk: Desk, alert_id: str) -> Alert:
    with desk.ledger.read() as conn:
        row = draft.found(conn, alert_id)
        if row.state not in ("draft", "returned"):
            what = f"{alert_id} is {row.state}, so it cannot be submitted."
            raise Conflict(what, remedy="Make a new version to change it.")
        return alerts.value(row)


def obstacles(desk: Desk, alert: Alert) -> Iterator[Blocked]:
    """What stands in the way here and now, whatever its texts say."""
    if alert.act_by and alert.act_by <= desk.now():
        what = f"The time to act by has passed ({alert.act_by.isoformat()})."
        yield Blocked(what, where="act_by", remedy="Draft it again with a time that is still to come.")
    if alert.expires <= desk.now():
        what = f"The alert has expired ({alert.expires.isoformat()})."
        yield Blocked(what, where="expires", remedy="Draft it again with a later expiry.")
    if alert.status == "Actual" and desk.settings.mode is not Mode.LIVE:
        what = f"This deployment is in {desk.settings.mode} mode: it sends Exercise and Test only, never Actual."
        yield Blocked(what, where="status", remedy="Set status: Exercise, or use the live deployment.")


def _nothing_blocks(prepared: Prepared) -> None:
    if prepared.blocks:
        listed = " ".join(f"[{f.rule}] {f.message}" for f in prepared.blocks[:5])
        what = f"{len(prepared.blocks)} finding(s) block the release: {listed}"
        raise Blocked(what, remedy="Mend them; `onevoice alert preview` shows each.")


def _freeze(desk: Desk, conn: Connection, alert: Alert, actor: Actor, overrides: Mapping[str, str]) -> None:
    """The snapshot of people, the texts that it needs, and the deliveries, all from one look at the contacts."""
    now, who = desk.now(), prepare.wanted(desk, conn, alert)
    if not alerts.move(
        conn, alert.id, of=("draft", "returned"), to="submitted", submitted_by=actor.name, submitted_at=now
    ):
        what = f"{alert.id} was submitted by somebody else a moment ago."
        raise Conflict(what)
    alerts.void(conn, alert.id, now)
    release_id = alerts.freeze(conn, alert, mode=desk.settings.mode, at=now)
    plan.snapshot(conn, release_id, who, now)
    with plan.laid_out(conn, release_id) as layout:
        audience = prepare.Audience(who, layout.numbers(), tuple(layout.in_use()))
        prepared = prepare.prepared(desk, conn, alert, audience, frozenset(overrides))
        _nothing_blocks(prepared)
        alerts.put_variants(conn, release_id, [(v, duration.units(v)) for v in prepared.variants], overrides)
        planned = plan.put(layout, prepared.chosen, now)
    deliveries = planned.deliveries + posts.plan_posts(conn, desk.vault, release_id, prepared.posting.posts, now)
    signed = posts.signed(conn, release_id)
    content = release_hash(alert, prepared.variants, desk.settings.mode, planned.contacts, deliveries, signed)
    for rule, reason in overrides.items():
        alerts.put_override(conn, release_id=release_id, rule=rule, by=actor.name, reason=reason, at=now)
    alerts.seal(
        conn,
        release_id,
        hash=content,
        contacts=planned.contacts,
        deliveries=deliveries,
        summary=_summary(desk, conn, prepared, planned),
    )
    detail = {"release": content, "contacts": planned.contacts, "deliveries": deliveries}
    audit.append(conn, desk.vault, actor=actor.name, act="submitted", subject=alert.id, detail=detail)


def _summary(desk: Desk, conn: Connection, prepared: Prepared, planned: Planned) -> dict[str, Any]:
    """What the approver sees, as numbers."""
    numbers, alert = prepared.numbers, prepared.alert
    touching = [
        row.id
        for row in alerts.live(conn, desk.now())
        if row.chain != alert.chain and desk.gazetteer.touching(alerts.value(row).area, alert.area)
    ]
    return {
        "people": numbers.to_json() | {"fallback": prepared.fallback, "unreachable": planned.unreachable},
        "languages": numbers.by_language,
        "readers": {text.id: prepared.people_of(text) for text in prepared.variants},
        "duration": duration.forecast(desk.settings, prepared).to_json(),
        "touching": touching,
        "posts": prepared.posting.to_json(),
        "outside": outside(prepared).to_json(),
        "fallback": [vars(one) for one in prepared.instead],
        "findings": [f.model_dump(mode="json") for f in prepared.findings],
    }
