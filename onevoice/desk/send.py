"""Sending: what is due goes out and is followed up. Prefect, the command line and the console all end up here."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from onevoice.desk import ask, control
from onevoice.dispatch import reconcile
from onevoice.dispatch import send as sending
from onevoice.dispatch.options import Counts, Options
from onevoice.errors import OneVoiceError, OutOfReach
from onevoice.ledger import alerts, reach
from onevoice.people import PERSONAL
from onevoice.undisturbed import undisturbed

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

MOST_PASSES = 2 * len(PERSONAL)
"""How often one round sends at most: by each means in turn, and once more where nobody knew what became of a call."""


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

    def plus(self, more: Counts) -> Sent:
        """This and one pass more."""
        accepted, unknown = self.accepted + more.accepted, self.unknown + more.unknown
        return Sent(self.calls + more.started, accepted, unknown, more.ending)

    def sentence(self) -> str:
        """For a person."""
        return f"{self.calls} calls made, {self.accepted} accepted, {self.unknown} in doubt ({self.ending})."


@dataclass
class _Tally:
    """What all passes of a round came to until now, and who is told of it."""

    progress: Progress | None
    sent: Sent = Sent(0, 0, 0, "")

    def show(self, under_way: Counts) -> None:
        """Tell the figures of the passes before and of the one that is under way."""
        if self.progress:
            seen = self.sent.plus(under_way)
            self.progress({"calls": seen.calls, "accepted": seen.accepted, "in doubt": seen.unknown})

    def add(self, ended: Counts) -> Sent:
        """A pass has ended. What the round came to until now."""
        self.sent = self.sent.plus(ended)
        return self.sent


def options(desk: Desk, show: Callable[[Counts], None] | None = None) -> Options:
    """How this deployment sends."""
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


@undisturbed()
def send_due(desk: Desk, *, once: bool, progress: Progress | None = None) -> Sent:
    """Send what is due and follow it up; `once`: one round, else until stopped.

    Raises:
        OutOfReach: no means is set up, or the database stayed out of reach.
    """
    return asyncio.run(_send_due(desk, once=once, progress=progress))


async def _send_due(desk: Desk, *, once: bool, progress: Progress | None) -> Sent:
    if not desk.providers:
        raise OutOfReach(
            "No means is set up, so nothing can be sent.", remedy="Set ONEVOICE_TWILIO_… or ONEVOICE_SMTP_…."
        )
    tally = _Tally(progress)
    how = options(desk, tally.show)
    try:
        if once:
            return await _round(desk, how, tally)
        return tally.add(await _until_stopped(desk, how))
    finally:
        for provider in desk.providers.values():
            await provider.close()


async def _round(desk: Desk, how: Options, tally: _Tally) -> Sent:
    """Send and follow up, and again while following up made something due: the next means, a call made anew."""
    await asyncio.to_thread(control.tell, desk)
    # What is due does not wait for this, and what it makes due goes out beside what is slow.
    beside = asyncio.create_task(_followed_at_last(desk, how))
    try:
        await _pass(desk, how, tally)
    finally:
        await asyncio.wait([beside])
    made = [beside.result(), await _followed_at_last(desk, how)]
    for _ in range(MOST_PASSES - 1):
        if tally.sent.ending != "done" or not any(one.next_means or one.again for one in made):
            break
        await _pass(desk, how, tally)
        made = [await _followed_at_last(desk, how)]
    return tally.sent


async def _pass(desk: Desk, how: Options, tally: _Tally) -> None:
    tally.add(await sending.send_due(desk.ledger, desk.vault, desk.providers, how, once=True))


async def _followed_at_last(desk: Desk, how: Options) -> reconcile.Followed:
    """Follow up; a database that is out of reach meanwhile is waited for as long as outcomes wait for it."""
    until = math.inf
    while True:
        try:
            return await _followed(desk, how)
        except OutOfReach as problem:
            until = min(until, time.monotonic() + how.patience)
            if time.monotonic() >= until:
                raise
            log.warning("A round of follow-up failed and is tried again. %s", problem)
        await asyncio.sleep(sending.AFTER_TROUBLE)


async def _followed(desk: Desk, how: Options) -> reconcile.Followed:
    return await reconcile.follow_up(desk.ledger, desk.vault, desk.providers, how)


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
            await _followed(desk, how)
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
