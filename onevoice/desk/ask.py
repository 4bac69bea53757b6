"""Asking for approval: the first approver is told at submit, the next deputy when nobody answers.

A notice is not a delivery: it goes to an officer, says nothing about recipients, and is kept in its own table.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from onevoice.desk import draft
from onevoice.dispatch.providers import Outgoing, Result
from onevoice.ledger import alerts, notices, officers
from onevoice.people import Means

if TYPE_CHECKING:
    from onevoice.alert import Alert
    from onevoice.desk.wiring import Desk
    from onevoice.ledger.alerts import AnyRow

_COLUMNS = {Means.SMS: "mobile_enc", Means.EMAIL: "email_enc"}


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
    waiting = next((o for o in able if o.name not in told), None)
    if not (waiting and release):
        return None
    asyncio.run(_tell(desk, waiting, alerts.value(row), release))
    return str(waiting.name)


def escalate(desk: Desk) -> list[str]:
    """Tell the next deputy wherever nobody answered in time. Returns the ids of those alerts."""
    patience = timedelta(minutes=desk.settings.deputy_after_minutes)
    with desk.ledger.read() as conn:
        overdue = notices.unanswered(conn, asked_before=desk.now() - patience)
    return [alert_id for alert_id in overdue if ask(desk, alert_id)]


async def _tell(desk: Desk, officer: AnyRow, alert: Alert, release: AnyRow) -> None:
    for means, column in _COLUMNS.items():
        sealed = getattr(officer, column)
        provider = desk.providers.get(means)
        if not (sealed and provider):
            continue
        notice = _notice(desk, alert, release, desk.vault.unseal(sealed), means)
        outcome = await provider.send(notice)
        await provider.close()
        with desk.ledger.write() as conn:
            notices.put(
                conn,
                alert_id=alert.id,
                release_id=release.id,
                officer=officer.name,
                means=means,
                purpose="approval",
                at=desk.now(),
                result=outcome.result if outcome.result is not Result.RETRY else "failed",
            )


def _notice(desk: Desk, alert: Alert, release: AnyRow, address: str, means: Means) -> Outgoing:
    hazard = desk.content.lexicon.hazards[alert.hazard].name
    mark = "" if alert.status == "Actual" else f"{alert.status.upper()}. "
    line = f"{mark}Approval needed: {hazard}, {alert.kind}, to {release.contacts} people."
    text = f"{line}\nOpen: {approval_link(desk, alert.id)}"
    parts = {"text": text} if means is Means.SMS else {"subject": line, "text": text}
    return Outgoing(
        attempt=0,
        token=f"notice-{release.id}",
        message_id=f"notice-{release.id}-{_slug(alert.id)}",
        to=address,
        parts=parts,
        language="en",
        direction="ltr",
        segments=1,
        valid_until=alert.expires,
        callback_url="",
    )


def _slug(text: str) -> str:
    """Letters, digits and dashes only, for a Message-ID."""
    return "".join(c if c.isalnum() else "-" for c in text)
