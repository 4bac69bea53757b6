"""What the forms of all hazards have in common: drop-downs from the gazetteer, and the way from a form to a draft."""

import asyncio
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from prefect.artifacts import acreate_markdown_artifact
from pydantic import BaseModel, Field

from audiences.gazetteer import Gazetteer
from flows import steps
from flows.story import story
from onevoice import settings as settings_
from onevoice.alert import AlertFile
from onevoice.desk import draft, officers, submit
from onevoice.desk.wiring import Desk, open_desk
from onevoice.settings import Mode


def _zones() -> dict[str, str]:
    known = Gazetteer.load(settings_.load().content_root).zones
    return {zone.replace("-", "_"): zone for zone in sorted(known)}


Zone = StrEnum("Zone", _zones())  # type: ignore[misc]  # the members come from the gazetteer
"""The zones of the jurisdiction, as a drop-down."""


class Status(StrEnum):
    """CAP status, as a drop-down. Exercise comes first, so that nothing real is sent by a slip."""

    Exercise = "Exercise"
    Test = "Test"
    Actual = "Actual"


class Circumstances(BaseModel):
    """What every hazard's form asks."""

    zones: list[Zone] = Field(min_length=1, description="Where people must act")
    status: Status = Field(default=Status.Exercise, description="Exercise, Test or Actual")
    incident: str | None = Field(default=None, max_length=60, description="Joins alerts about one event")
    officer: str = Field(description="Your name as an officer; another person must approve")
    next_update: datetime | None = Field(default=None, description="When the next message comes")


class Shelter(BaseModel):
    """A place to go to, and what a person must know before they set out."""

    name: str = Field(min_length=1, max_length=60)
    address: str = Field(min_length=1, max_length=80)
    pets: bool = Field(default=False, description="Pets are let in")
    accessible: bool = Field(default=False, description="A wheelchair can enter")
    no_papers: bool = Field(default=False, description="Nobody is asked for papers")

    def fact(self) -> dict[str, Any]:
        """As the alert file has it: what is not so is not said."""
        return {name: value for name, value in self.model_dump().items() if value}


def told(**facts: Any) -> dict[str, Any]:
    """The facts that were given."""
    return {name: fact.fact() if isinstance(fact, Shelter) else fact for name, fact in facts.items() if fact}


def minutes_from_now(minutes: int) -> datetime:
    """A moment that a form suggests."""
    return datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=minutes)


async def ask_for_approval(
    hazard: str, kind: str, given: Circumstances, facts: dict[str, Any], *, impact_known: bool = True, **more: Any
) -> str:
    """Draft and submit what a form gave; the approver is told. Returns the alert's id.

    The run ends here: approval is a person's, on the approval page, and never a paused run. On a live deployment it
    ends with the draft, because a form cannot prove who filled it in: its officer submits with their own secret.
    """
    moments = {k: v.isoformat() if isinstance(v, datetime) else v for k, v in facts.items() if v is not None}
    if not impact_known:
        moments["impact"] = "unknown"
    if given.next_update:
        moments["next_update"] = given.next_update.isoformat()
    file = AlertFile.model_validate(
        {
            "hazard": hazard,
            "kind": kind,
            "status": given.status.value,
            "incident": given.incident,
            "area": {"zones": [str(zone) for zone in given.zones]},
            "facts": moments,
            "initial": not impact_known,
            **more,
        }
    )
    desk = open_desk()
    alert_id = await asyncio.to_thread(_draft_and_submit, desk, file, given.officer)
    await acreate_markdown_artifact(
        key=steps.key(alert_id), markdown=story(desk, alert_id), description="Waiting for approval"
    )
    return alert_id


def _draft_and_submit(desk: Desk, file: AlertFile, officer: str) -> str:
    actor = officers.named(desk, officer)
    step = draft.draft_file(desk, file, actor, base=Path())
    if desk.settings.mode is not Mode.LIVE:
        submit.submit(desk, step.id, actor)
    return step.id
