"""Notices: asking officers for approval, the next deputy when nobody answers, and telling partners of a version.

A notice is not a delivery: it goes to an officer or a partner, says nothing about recipients, and has its own table.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from onevoice.desk import draft, partner_mail, wishes
from onevoice.dispatch.providers import Outgoing
from onevoice.ledger import alerts, notices, officers, partners
from onevoice.people import Means

if TYPE_CHECKING:
    from collections.abc import Sequence

    from onevoice.alert import Alert
    from onevoice.desk.published import Version
    from onevoice.desk.wiring import Desk
    from onevoice.ledger.alerts import AnyRow


@dataclass(frozen=True)
class Notice:
    """One notice: `whom` names an officer or a partner in the table's own column. `words`: the whole mail, if any."""

    means: Means
    sealed: bytes
    line: str
    link: str
    purpose: str
    whom: dict[str, str]
    words: str = ""


def approval_link(desk: Desk, alert_id: str) -> str:
    """Where an approver looks at an alert and answers."""
    return f"{desk.settings.public_url.rstrip('/')}/approve/{alert_id}"


def ask(desk: Desk, alert_id: str) -> str | None:
    """Tell the next approver who may answer and has not been told. Returns their name, or None if there is none."""
    with desk.ledger.read() as conn:
        row = draft.found(conn, alert_id)
        release = alerts.standing_release(conn, alert_id)
        told = notices.told(conn, release.id) if release else []
        able = [o for o in officers.of_role(conn, "approver") if o.name not in {*row.editors, row.submitted_by}]
    # one without an address is passed over: waiting for them would keep the next deputy from hearing of it
    waiting = next((o for o in able if o.name not in told and (o.mobile_enc or o.email_enc)), None)
    if not (waiting and release):
        return None
    alert = alerts.value(row)
    line = f"{_mark(alert)}Approval needed: {_named(desk, alert)}, to {release.contacts} people."
    ways = ((Means.SMS, waiting.mobile_enc), (Means.EMAIL, waiting.email_enc))
    link = approval_link(desk, alert_id)
    _send(desk, alert, release, [Notice(m, s, line, link, "approval", {"officer": waiting.name}) for m, s in ways if s])
    return str(waiting.name)


def told(desk: Desk, alert_id: str) -> list[str]:
    """Names of the approvers who have surely been sent word of an alert."""
    with desk.ledger.read() as conn:
        return notices.reached(conn, alert_id)


def escalate(desk: Desk) -> list[str]:
    """Tell the next deputy wherever nobody answered in time. Returns the ids of those alerts."""
    patience = timedelta(minutes=desk.settings.deputy_after_minutes)
    with desk.ledger.read() as conn:
        overdue = notices.unanswered(conn, asked_before=desk.now() - patience)
    return [alert_id for alert_id in overdue if ask(desk, alert_id)]


def tell_partners(desk: Desk, alert_id: str) -> int:
    """Mail every partner with an address a version that is out, in the words it asked for. Returns how many."""
    with desk.ledger.read() as conn:
        row = draft.found(conn, alert_id)
        alert = alerts.value(row)
        release = alerts.standing_release(conn, alert_id)
        able = [p for p in partners.everybody(conn) if p.revoked_at is None and p.email_enc]
        told = {p: wishes.versions(desk, conn, row, p) for p in able if release and wishes.near(p, alert)}
    told = {partner: versions for partner, versions in told.items() if versions}
    if not told or not release:
        return 0
    named = _named(desk, alert)
    line = partner_mail.subject(alert, named, _mark(alert))
    _send(desk, alert, release, [_version_notice(desk, alert, p, line, named, told[p]) for p in told])
    return len(told)


def _version_notice(desk: Desk, alert: Alert, partner: Any, line: str, named: str, told: Sequence[Version]) -> Notice:
    words = partner_mail.body(desk, alert, partner, told, named)
    return Notice(Means.EMAIL, partner.email_enc, line, "", "version", {"partner_id": partner.id}, words)


def _mark(alert: Alert) -> str:
    return "" if alert.status == "Actual" else f"{alert.status.upper()}. "


def _named(desk: Desk, alert: Alert) -> str:
    from onevoice import lexicon  # noqa: PLC0415 - not the whole content: a release needs no templates and no Babel

    return f"{lexicon.load(desk.settings.content_root).hazards[alert.hazard].name}, {alert.kind}"


def _send(desk: Desk, alert: Alert, release: AnyRow, told: Sequence[Notice]) -> None:
    if told:
        asyncio.run(_send_all(desk, alert, release, told))


async def _send_all(desk: Desk, alert: Alert, release: AnyRow, told: Sequence[Notice]) -> None:
    """With providers of its own: those of a running sender belong to another event loop."""
    from channels import build  # noqa: PLC0415 - the SDKs are slow to import

    providers = build(desk.settings)
    try:
        for number, notice in enumerate(told):
            provider = next((p for p in providers.values() if p.means is notice.means), None)
            if provider:
                outcome = await provider.send(_outgoing(desk, alert, release, notice, number))
                _keep(desk, alert, release, notice, outcome.result)
    finally:
        for provider in providers.values():
            await provider.close()


def _keep(desk: Desk, alert: Alert, release: AnyRow, notice: Notice, result: str) -> None:
    columns: dict[str, Any] = {"means": notice.means, "purpose": notice.purpose, "result": result, **notice.whom}
    with desk.ledger.write() as conn:
        notices.put(conn, alert_id=alert.id, release_id=release.id, at=desk.now(), **columns)


def _outgoing(desk: Desk, alert: Alert, release: AnyRow, notice: Notice, number: int) -> Outgoing:
    text = notice.words or f"{notice.line}\nOpen: {notice.link}"
    name = f"{notice.purpose}-{release.id}-{number}-{round(desk.now().timestamp())}"
    return Outgoing(
        attempt=0,
        token=name,
        message_id=name,
        to=desk.vault.unseal(notice.sealed),
        parts={"text": text} if notice.means is Means.SMS else {"subject": notice.line, "text": text},
        language="en",
        direction="ltr",
        segments=1,
        valid_until=alert.expires,
        callback_url="",
    )
