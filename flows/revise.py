"""The revise flow: the next version of a chain from what changed, then approval as for the first."""

import asyncio
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from prefect import flow
from prefect.artifacts import acreate_markdown_artifact

from flows import steps
from flows.forms import Zone
from flows.story import story
from onevoice.alert import Alert, AlertFile, AreaFile, Kind, Status
from onevoice.desk import officers, revise, submit
from onevoice.desk.draft import Step
from onevoice.desk.wiring import Desk, open_desk
from onevoice.facts import Instant
from onevoice.settings import Mode


class Revision(StrEnum):
    """What the next version is, as a drop-down."""

    update = "update"
    correction = "correction"
    all_clear = "all-clear"


@flow(name="revise", persist_result=False)
async def revise_alert(
    alert_id: str,
    officer: str,
    revision: Revision = Revision.update,
    zones: list[Zone] | None = None,
    act_by: datetime | None = None,
    next_update: datetime | None = None,
    reason: str | None = None,
) -> None:
    """Make the next version of a released alert and ask for approval.

    Args:
        alert_id: any version of the chain.
        officer: your name as an officer; another person must approve.
        revision: update, correction or all-clear.
        zones: the whole new area; leave out to keep the old one.
        act_by: the new moment by which people must have acted; leave out to keep the old one.
        next_update: when the next message comes.
        reason: why, for the report.
    """
    desk = open_desk()
    changes = {"act_by": act_by, "next_update": next_update}
    wanted = [str(zone) for zone in zones or ()]
    step = await asyncio.to_thread(_next, desk, alert_id, officer, revision, wanted, changes, reason)
    await acreate_markdown_artifact(
        key=steps.key(step), markdown=story(desk, step.id), description="Waiting for approval"
    )


def _next(
    desk: Desk,
    alert_id: str,
    officer: str,
    revision: Revision,
    zones: list[str],
    changes: dict[str, datetime | None],
    reason: str | None,
) -> Step:
    actor = officers.named(desk, officer)
    if revision is Revision.all_clear:
        step = revise.cancel(desk, alert_id, actor, reason)
    else:
        file = _file(revise.head(desk, alert_id), zones, changes, reason)
        step = revise.update_file(desk, alert_id, file, actor, base=Path(), kind=Kind(revision.value))
    if desk.settings.mode is not Mode.LIVE:
        submit.submit(desk, step.id, actor)
    return step


def _file(older: Alert, zones: list[str], changes: dict[str, datetime | None], reason: str | None) -> AlertFile:
    kept = {n: f.at for n, f in older.factset.facts.items() if isinstance(f, Instant) and n in ("act_by", "onset")}
    moments = kept | {name: at for name, at in changes.items() if at}
    return AlertFile(
        incident=older.incident,
        hazard=older.hazard,
        status=Status(older.status),
        area=AreaFile(zones=zones or list(older.area.zones)),
        facts={name: at.isoformat() for name, at in moments.items()},
        messenger=older.authority,
        segments=list(older.segments),
        reason=reason,
    )
