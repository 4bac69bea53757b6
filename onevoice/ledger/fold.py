"""What is known of one delivery, folded from a *set* of events.

In which order, how often or through which process they were heard does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from onevoice.ledger.states import DeliveryState

S = DeliveryState


class Said(StrEnum):
    """One thing known of a delivery: the answer of a call, a receipt, or a decision of ours."""

    INTENT = "intent"
    DOUBT = "doubt"
    DEFERRED = "deferred"
    ACCEPTED = "accepted"
    SENT = "sent"
    UNDELIVERED = "undelivered"
    DELIVERED = "delivered"
    AGAIN = "again"
    PARKED = "parked"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


_CALL_RANK: dict[Said, int] = {said: rank for rank, said in enumerate(list(Said)[:7])}
"""Within one call the strongest word wins, whichever came first; delivered is never taken back."""
_DECISION_RANK: dict[Said, int] = {said: rank for rank, said in enumerate(list(Said)[7:])}
_GOOD = (Said.ACCEPTED, Said.SENT, Said.DELIVERED)
_GIVEN_UP = frozenset({Said.UNDELIVERED, Said.PARKED, Said.SUPPRESSED, Said.CANCELLED, Said.EXPIRED})
_STATE = {
    Said.INTENT: S.SUBMITTING,
    Said.DOUBT: S.UNKNOWN,
    Said.DEFERRED: S.RETRY_WAIT,
    Said.AGAIN: S.RETRY_WAIT,
}
_EVIDENCE = ("operator", "mail-server", "posted", "handset")


@dataclass(frozen=True, slots=True)
class Heard:
    """One event. `call` counts the calls of the delivery (its fence); `at` in ms since 1970; `id` breaks ties."""

    call: int
    said: Said
    at: int
    id: int = 0
    evidence: str | None = None
    code: str | None = None
    ref: str | None = None

    @property
    def strength(self) -> tuple[int, int, int, int, str, str]:
        """A total order, so that the same set always gives the same answer."""
        rank = _CALL_RANK.get(self.said, _DECISION_RANK.get(self.said, 0))
        return (rank, _level(self.evidence), self.at, self.id, self.code or "", self.ref or "")


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a delivery. `late`: it went out after it had been given up; `conflict`: receipts disagree."""

    state: DeliveryState
    evidence: str | None = None
    code: str | None = None
    ref: str | None = None
    late: bool = False
    conflict: bool = False


def fold(events: Iterable[Heard]) -> Known:
    """All that is known of one delivery, from everything ever heard or decided about it.

    The best good news of any call wins; without it a call that failed for good; then what we decided after the last
    call, then the last call itself.
    """
    known = frozenset(events)
    if not known:
        return Known(S.PLANNED)
    calls = _strongest_by_call([e for e in known if e.said in _CALL_RANK])
    good = [e for e in calls.values() if e.said in _GOOD]
    top = max(good, key=lambda e: e.strength) if good else _last(calls, known)
    return _told(top, known)


def _strongest_by_call(events: Sequence[Heard]) -> dict[int, Heard]:
    calls: dict[int, Heard] = {}
    for event in sorted(events, key=lambda e: e.strength):
        calls[event.call] = event
    return calls


def _last(calls: dict[int, Heard], known: frozenset[Heard]) -> Heard:
    failed = [e for e in calls.values() if e.said is Said.UNDELIVERED]
    number = max(e.call for e in known)
    since = [e for e in known if e.call == number and e.said in _DECISION_RANK]
    for group in (failed, since):
        if group:
            return max(group, key=lambda e: e.strength)
    return calls[number]


def _told(top: Heard, known: frozenset[Heard]) -> Known:
    good = top.said in _GOOD
    against = [e for e in known if e.said in _GIVEN_UP]
    return Known(
        state=_STATE.get(top.said) or S(top.said.value),
        evidence=top.evidence if top.said is Said.DELIVERED else None,
        code=top.code,
        ref=top.ref,
        late=good and any(e.at < top.at for e in against),
        conflict=good and any(e.said is Said.UNDELIVERED and e.call == top.call for e in against),
    )


def _level(evidence: str | None) -> int:
    return _EVIDENCE.index(evidence) + 1 if evidence in _EVIDENCE else 0
