"""Sending: what is due goes out and is followed up. Prefect, the command line and the console all end up here."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from onevoice.desk import ask, control
from onevoice.dispatch import reconcile
from onevoice.dispatch import send as sending
from onevoice.dispatch.options import Counts, Options
from onevoice.errors import OneVoiceError, OutOfReach
from onevoice.ledger import alerts, plan, reach

if TYPE_CHECKING:
    from onevoice.desk.wiring import Desk

log = logging.getLogger(__name__)

Progress = Callable[[Mapping[str, int]], None]
"""Is told the figures now and then while sending goes on."""

TAKEN_WITHIN = 1.0
"""Seconds that a running sender has to begin, before this process sends itself."""

EVERY = 0.5
"""Seconds between two rounds while somebody waits for the outcome."""

FOLLOW_EVERY = 2.0
"""Seconds between two rounds of following up while a sender runs."""


@dataclass(frozen=True)
class Sent:
    """What one round, or all rounds until stopped, came to."""

    calls: int
    accepted: int
    unknown: int
    ending: str

    @property
    def stopped(self) -> bool:
        """True where somebody asked this process to stop."""
        return self.ending == "stopped"

    def sentence(self) -> str:
        """For a person."""
        return f"{self.calls} calls made, {self.accepted} accepted, {self.unknown} in doubt ({self.ending})."


def options(desk: Desk, progress: Progress | None = None) -> Options:
    """How this deployment sends."""

    def show(counts: Counts) -> None:
        if progress:
            progress({"calls": counts.started, "accepted": counts.accepted, "in doubt": counts.unknown})

    from channels import weights  # noqa: PLC0415 - only who sends needs it

    return Options(
        mode=desk.settings.mode,
        public_url=desk.settings.public_url,
        halt_file=desk.settings.halt_file,
        anchor_file=desk.settings.home / "audit.head",
        reached_file=desk.settings.home / "reached",
        on_progress=show,
        window=desk.settings.window,
        weights=weights(desk.settings),
    )


def send_due(desk: Desk, *, once: bool, progress: Progress | None = None) -> Sent:
    """Send what is due and follow it up; `once`: one round, else until stopped.

    Raises:
        OutOfReach: no means is set up, or the database stayed out of reach.
    """
    return asyncio.run(_send_due(desk, once=once, progress=progress))


async def _send_due(desk: Desk, *, once: bool, progress: Progress | None) -> Sent:
    providers = desk.providers
    if not providers:
        raise OutOfReach(
            "No means is set up, so nothing can be sent.", remedy="Set ONEVOICE_TWILIO_… or ONEVOICE_SMTP_…."
        )
    how = options(desk, progress)
    try:
        if once:
            await asyncio.to_thread(control.tell, desk)
            await reconcile.follow_up(desk.ledger, desk.vault, providers, how, plan.next_means)
            counts = await sending.send_due(desk.ledger, desk.vault, providers, how, once=True)
            await reconcile.follow_up(desk.ledger, desk.vault, providers, how, plan.next_means)
        else:
            counts = await _until_stopped(desk, how)
    finally:
        for provider in providers.values():
            await provider.close()
    return Sent(counts.started, counts.accepted, counts.unknown, counts.ending)


async def _until_stopped(desk: Desk, how: Options) -> Counts:
    following = asyncio.create_task(_follow(desk, how))
    try:
        return await sending.send_due(desk.ledger, desk.vault, desk.providers, how, once=False)
    finally:
        following.cancel()


async def _follow(desk: Desk, how: Options) -> None:
    while True:
        try:
            await asyncio.to_thread(control.tell, desk)
            await reconcile.follow_up(desk.ledger, desk.vault, desk.providers, how, plan.next_means)
            await asyncio.to_thread(ask.escalate, desk)
        except OneVoiceError as problem:  # sending goes on; the next round tries again
            log.warning("A round of follow-up failed; the next one tries again. %s", problem)
        await asyncio.sleep(FOLLOW_EVERY)


def send_unless_taken(desk: Desk, alert_id: str, progress: Progress | None = None) -> Sent | None:
    """Send what an alert made due, unless a running sender takes it within a second: then None."""
    until = time.monotonic() + TAKEN_WITHIN
    while time.monotonic() < until:
        if _begun(desk, alert_id):
            return None
        time.sleep(0.05)
    return send_due(desk, once=True, progress=progress)


def _begun(desk: Desk, alert_id: str) -> bool:
    with desk.ledger.read() as conn:
        release = alerts.standing_release(conn, alert_id)
        return release is not None and reach.attempts(conn, release.id)["total"] > 0
