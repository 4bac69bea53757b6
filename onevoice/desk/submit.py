"""Submit: freeze the texts, write the deliveries, and ask for approval. What is approved is what was frozen here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from onevoice.desk import ask, draft, duration, prepare
from onevoice.errors import Blocked, Conflict, Unusable
from onevoice.facts import content_hash
from onevoice.ledger import alerts, audit, plan
from onevoice.settings import Mode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from onevoice.alert import Alert
    from onevoice.desk.officers import Actor
    from onevoice.desk.prepare import Prepared
    from onevoice.desk.wiring import Desk
    from onevoice.ledger.engine import Connection
    from onevoice.ledger.plan import Planned
    from onevoice.variant import Variant


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
    _allowed_here(desk, alert)
    prepared = prepare.prepare(desk, alert, frozenset(overrides))
    _nothing_blocks(prepared)
    with desk.ledger.write() as conn:
        _freeze(desk, conn, prepared, actor, overrides)
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
        alert = alerts.value(row)
    if alert.act_by and alert.act_by <= desk.now():
        what = f"The time to act by has passed ({alert.act_by.isoformat()})."
        raise Blocked(what, where="act_by", remedy="Draft it again with a time that is still to come.")
    if alert.expires <= desk.now():
        what = f"The alert has expired ({alert.expires.isoformat()})."
        raise Blocked(what, where="expires", remedy="Draft it again with a later expiry.")
    return alert


def _allowed_here(desk: Desk, alert: Alert) -> None:
    if alert.status == "Actual" and desk.settings.mode is not Mode.LIVE:
        what = f"This deployment is in {desk.settings.mode} mode: it sends Exercise and Test only, never Actual."
        raise Blocked(what, where="status", remedy="Set status: Exercise, or use the live deployment.")


def _nothing_blocks(prepared: Prepared) -> None:
    if prepared.blocks:
        listed = " ".join(f"[{f.rule}] {f.message}" for f in prepared.blocks[:5])
        what = f"{len(prepared.blocks)} finding(s) block the release: {listed}"
        raise Blocked(what, remedy="Mend them; `onevoice alert preview` shows each.")


def _freeze(desk: Desk, conn: Connection, prepared: Prepared, actor: Actor, overrides: Mapping[str, str]) -> None:
    alert, now = prepared.alert, desk.now()
    if not alerts.move(
        conn, alert.id, of=("draft", "returned"), to="submitted", submitted_by=actor.name, submitted_at=now
    ):
        what = f"{alert.id} was submitted by somebody else a moment ago."
        raise Conflict(what)
    alerts.void(conn, alert.id, now)
    release_id = alerts.freeze(conn, alert, mode=desk.settings.mode, at=now)
    alerts.put_variants(conn, release_id, [(v, duration.units(v)) for v in prepared.variants], overrides)
    plan.snapshot(conn, release_id, prepared.wanted, now)
    planned = plan.plan(conn, release_id, prepared.chosen, now)
    content = release_hash(alert, prepared.variants, desk.settings.mode, planned.contacts, planned.deliveries)
    for rule, reason in overrides.items():
        alerts.put_override(conn, release_id=release_id, rule=rule, by=actor.name, reason=reason, at=now)
    alerts.seal(
        conn,
        release_id,
        hash=content,
        contacts=planned.contacts,
        deliveries=planned.deliveries,
        summary=_summary(desk, conn, prepared, planned),
    )
    detail = {"release": content, "contacts": planned.contacts, "deliveries": planned.deliveries}
    audit.append(conn, desk.vault, actor=actor.name, act="submitted", subject=alert.id, detail=detail)


def release_hash(alert: Alert, variants: tuple[Variant, ...], mode: str, contacts: int, deliveries: int) -> str:
    """What an approval signs: every text, the alert with its area and expiry, the mode, and how many people."""
    return content_hash(
        {
            "alert": alert.model_dump(mode="json"),
            "variants": sorted((v.id, v.hash, v.template, v.catalogue) for v in variants),
            "mode": mode,
            "contacts": contacts,
            "deliveries": deliveries,
        }
    )


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
        "duration": duration.forecast(desk.settings, prepared).to_json(),
        "touching": touching,
        "findings": [f.model_dump(mode="json") for f in prepared.findings],
    }
