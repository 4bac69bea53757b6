"""The nemesis: one seed, one trial. It kills senders and listeners at moments that only the seed knows."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random

from faults.check import MOST_OPEN, Verdict, in_flight, judge
from faults.deployment import Deployment
from faults.processes import Child, wait_until
from faults.trial import settle
from onevoice.failpoint import Point

ROWS = ("urgent", "urgent", "severe", "severe", "moderate", "minor")
SENDING = (
    Point.INTENTS_OPEN,
    Point.INTENTS_DONE,
    Point.CALL_BEGINS,
    Point.CALL_ANSWERED,
    Point.AUDIT_OPEN,
    Point.FOLLOW_LAPSED,
    Point.FOLLOW_ASKED,
    Point.FOLLOW_DECIDED,
)
HEARING = (Point.RECEIPTS_OPEN, Point.RECEIPTS_DONE)
FAULTS = ("503_after_accept", "503_after_accept_mute", "cut_after_accept", "429", "500_before", "drop_callbacks")
UNCLEAR = frozenset({"503_after_accept", "503_after_accept_mute", "cut_after_accept", "500_before"})
"""After these nobody can know whether the message was taken: each is a call in doubt."""


@dataclass
class Told:
    """One trial: what was done, and what was found."""

    seed: int
    kind: str
    row: str
    kills: int = 0
    doubts: int = 0
    deeds: list[str] = field(default_factory=list)
    in_flight: Counter[str] = field(default_factory=Counter)
    verdict: Verdict = field(default_factory=Verdict)


def row_of(seed: int) -> str:
    """Which policy row a seed tries."""
    return Random(f"row {seed}").choice(ROWS)


def trial(seed: int, deployment: Deployment, kind: str) -> Told:
    """Break a fresh deployment as the seed says, let it mend itself, and judge it."""
    chance = Random(seed)
    told = Told(seed, kind, row_of(seed))
    _upset(chance, deployment, told)
    _ears(chance, deployment, told)
    senders = [_sender(chance, deployment, told) for _ in range(chance.choice((1, 1, 2)))]
    for _ in range(chance.randint(1, 3)):
        _strike(chance, deployment, told, senders)
    for sender in senders:
        _wait_or_kill(sender, deployment, told)
    if not (deployment.ears and deployment.ears.runs):
        deployment.listen()
    settle(deployment)
    told.verdict = judge(deployment, kills=told.kills, doubts=told.doubts)
    return told


def _upset(chance: Random, deployment: Deployment, told: Told) -> None:
    """Sometimes the provider is not well either."""
    deployment.provider.sandbox.clear_faults()
    if chance.random() < 0.4:
        kind, count = chance.choice(FAULTS), chance.randint(1, 4)
        deployment.provider.sandbox.fault(kind, count=count)
        told.doubts += count if kind in UNCLEAR else 0
        told.deeds.append(f"{kind} x {count}")


def _ears(chance: Random, deployment: Deployment, told: Told) -> None:
    if chance.random() < 0.3:
        point, nth = chance.choice(HEARING), chance.randint(1, 30)
        deployment.listen(point=point.value, nth=nth)
        told.deeds.append(f"listener killed: {point.value}, {nth}")
    else:
        deployment.listen()


def _sender(chance: Random, deployment: Deployment, told: Told) -> Child:
    """A sender; every other one carries its end with it."""
    if chance.random() < 0.5:
        return deployment.sender()
    point, nth = chance.choice(SENDING), chance.randint(1, 25)
    told.deeds.append(f"sender killed: {point.value}, {nth}")
    return deployment.sender(point=point.value, nth=nth)


def _strike(chance: Random, deployment: Deployment, told: Told, senders: list[Child]) -> None:
    """Kill one of the senders at some moment, and put another in its place; or the listener."""
    if chance.random() < 0.5:
        time.sleep(chance.uniform(0, 0.9))
    else:
        many = deployment.provider.count() + chance.randint(1, 40)
        wait_until(lambda: deployment.provider.count() >= many or not any(s.runs for s in senders), "messages")
    if chance.random() < 0.15 and deployment.ears:
        deployment.ears.kill()
        deployment.listen()
        told.deeds.append("listener killed and started again")
        return
    victim = chance.choice(senders)
    _kill(victim, deployment, told)
    senders.remove(victim)
    senders.append(_sender(chance, deployment, told))


def _kill(sender: Child, deployment: Deployment, told: Told) -> None:
    sender.kill()
    if sender.told is not None:
        return  # it had done all there was to do
    told.kills += 1
    told.deeds.append("sender killed" if not sender.struck else "sender had killed itself")
    left = in_flight(deployment, sender.pid)
    told.in_flight += left
    for means, many in left.items():
        if many > MOST_OPEN[means]:
            told.verdict.broken("W", f"{many} calls by {means} in doubt after one kill; W is {MOST_OPEN[means]}")


def _wait_or_kill(sender: Child, deployment: Deployment, told: Told) -> None:
    try:
        ended = sender.ended(30)
    except TimeoutError:
        ended = None
    if ended is None:
        _kill(sender, deployment, told)
