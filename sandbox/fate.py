"""What becomes of an accepted message, and when: by its behaviour, else by a seeded hash of its recipient."""

import hashlib
import math
from dataclasses import dataclass
from statistics import NormalDist

from sandbox.behaviours import BEHAVIOURS, Behaviour, Calls
from sandbox.messages import Message

# Seconds, median. Carriers answer after a second or so, a few after much longer: hence a log-normal tail.
QUEUED, SENT, RECEIPT = 0.05, 0.2, 0.8
SPREAD = 0.8
AGAIN = 0.5
"""Seconds after which a repeated or overtaken callback follows."""
EXPIRED = 30036
USUAL_CODES = (30003, 30005)
NEVER_SENT = frozenset({30001, EXPIRED})


@dataclass(frozen=True, slots=True)
class Step:
    """One status that a message takes on."""

    status: str
    after: float
    """Seconds since the create."""
    error_code: int = 0
    posts: tuple[float, ...] = (0.0,)
    """When its callback is posted, each in seconds after the status was taken on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Odds:
    """What decides where no behaviour does."""

    seed: int = 1
    shares: tuple[float, float, float, float] = (96, 2, 1, 1)
    """Per cent delivered, undelivered 30003, undelivered 30005, silent."""
    reversed_share: float = 0.02
    repeated_share: float = 0.02
    delay_scale: float = 1.0

    def chance(self, *parts: object) -> float:
        """A number above 0 and below 1 that is always the same for the same seed and parts."""
        drawn = hashlib.sha256(":".join(map(str, (self.seed, *parts))).encode()).digest()
        return (int.from_bytes(drawn[:6]) + 0.5) / 2**48

    def delay(self, median: float, *parts: object) -> float:
        """Seconds, scaled."""
        return self.delay_scale * median * math.exp(SPREAD * NormalDist().inv_cdf(self.chance(*parts)))

    def fate_of(self, to: str) -> str:
        """delivered, an error code, or silent."""
        drawn = self.chance("fate", to) * sum(self.shares)
        for fate, share in zip(("delivered", *map(str, USUAL_CODES)), self.shares, strict=False):
            if drawn < share:
                return fate
            drawn -= share
        return "silent"

    def calls_of(self, message: Message, behaviour: Behaviour) -> Calls:
        """How the callbacks of a message come; only the usual way may be disturbed by chance."""
        drawn = self.chance("calls", message.to, message.nth)
        if behaviour.calls is Calls.USUAL and not behaviour.fate:
            if drawn < self.reversed_share:
                return Calls.REVERSED
            if drawn < self.reversed_share + self.repeated_share:
                return Calls.REPEATED
        return behaviour.calls


def plan(message: Message, odds: Odds) -> list[Step]:
    """Every status that the message will take on, in order; none for a silent one."""
    behaviour = BEHAVIOURS[message.behaviour]
    fate = behaviour.fate or odds.fate_of(message.to)
    if fate == "silent":
        return []
    code = 0 if fate == "delivered" else int(fate)
    steps = _in_time(message, _steps(message, code, odds))
    return _called(steps, odds.calls_of(message, behaviour), odds.delay_scale)


def _steps(message: Message, code: int, odds: Odds) -> list[Step]:
    queued = QUEUED * odds.delay_scale
    sent = queued + odds.delay(SENT, "sent", message.to, message.nth)
    start = [Step("queued", queued)] if message.service_sid else []
    if code in NEVER_SENT:
        return [*start, Step("failed", sent, code)]
    receipt = sent + odds.delay(RECEIPT, "receipt", message.to, message.nth)
    return [*start, Step("sent", sent), Step("undelivered" if code else "delivered", receipt, code)]


def _in_time(message: Message, steps: list[Step]) -> list[Step]:
    # What has not left when its validity ends is dropped from the provider's queue.
    leaving = next(step for step in steps if step.status in {"sent", "failed"})
    if leaving.after <= message.validity:
        return steps
    return [*(step for step in steps if step.status == "queued"), Step("failed", message.validity, EXPIRED)]


def _called(steps: list[Step], calls: Calls, scale: float) -> list[Step]:
    again = AGAIN * scale
    if calls is Calls.NONE:
        return [Step(step.status, step.after, step.error_code, ()) for step in steps]
    if calls is Calls.REPEATED:
        return [Step(step.status, step.after, step.error_code, (0, again, 2 * again)) for step in steps]
    if calls is Calls.EARLY:
        last = steps[-1]
        return [Step(last.status, 0, last.error_code)]
    if calls is Calls.REVERSED and len(steps) > 1:
        *before, sent, last = steps
        late = last.after - sent.after + again
        return [*before, Step(sent.status, sent.after, sent.error_code, (late,)), last]
    return steps
