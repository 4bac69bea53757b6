"""The states of a delivery and of an alert, which change may follow which, and why.

`TRANSITIONS` and `ALERT_TRANSITIONS` are the whole truth: a change that is not in them is refused, and the documents
are drawn from them. What is known of a delivery from all that was heard about it is in `fold.py`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from onevoice.errors import Conflict


class DeliveryState(StrEnum):
    """Where one delivery stands."""

    PLANNED = "planned"
    SUBMITTING = "submitting"
    UNKNOWN = "unknown"
    RETRY_WAIT = "retry_wait"
    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    PARKED = "parked"


S = DeliveryState

UNSENT = frozenset({S.PLANNED, S.RETRY_WAIT})
"""A call may still be made."""
TAKEN = frozenset({S.ACCEPTED, S.SENT, S.DELIVERED})
"""The provider surely has, or had, the message."""
DECIDED = frozenset({S.SUPPRESSED, S.CANCELLED, S.EXPIRED})
"""We decided not to send; a receipt may prove that it went out all the same."""
TERMINAL = DECIDED | {S.DELIVERED, S.UNDELIVERED}
"""Nothing more is expected."""


class Event(StrEnum):
    """What happens to a delivery."""

    SUPPRESS = "suppress"
    CLAIM = "claim"
    TAKE_BACK = "take back"
    ACCEPT = "accept"
    DEFER = "defer"
    REJECT = "reject"
    DOUBT = "doubt"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    RESEND = "re-send"
    PARK = "park"
    EXPIRE = "expire"
    CANCEL = "cancel"


class Transition(NamedTuple):
    """One change that may be, and the sentence that explains it."""

    old: DeliveryState
    event: Event
    new: DeliveryState
    sentence: str


_HEARD = {
    Event.ACCEPT: (S.ACCEPTED, "The provider says that it has the message."),
    Event.SENT: (S.SENT, "A receipt says that it was handed on."),
    Event.DELIVERED: (S.DELIVERED, "A receipt says that it was delivered."),
    Event.UNDELIVERED: (S.UNDELIVERED, "A receipt or a late answer says that it failed for good."),
}
_LATE = "after we had given it up"


def _heard(old: DeliveryState, *events: Event, more: str = "") -> tuple[Transition, ...]:
    return tuple(
        Transition(old, e, _HEARD[e][0], f"{_HEARD[e][1][:-1]}, {more}." if more else _HEARD[e][1]) for e in events
    )


_POSITIVE = (Event.ACCEPT, Event.SENT, Event.DELIVERED)

TRANSITIONS: tuple[Transition, ...] = (
    Transition(S.PLANNED, Event.CLAIM, S.SUBMITTING, "It is due, nothing forbids it, and a rate slot is free now."),
    Transition(S.PLANNED, Event.SUPPRESS, S.SUPPRESSED, "The person opted out, or the mode forbids it."),
    Transition(S.PLANNED, Event.EXPIRE, S.EXPIRED, "It was never called, and now it is too late."),
    Transition(S.PLANNED, Event.CANCEL, S.CANCELLED, "It was never called, and a newer version took its place."),
    Transition(S.SUBMITTING, Event.TAKE_BACK, S.RETRY_WAIT, "The same worker knows that the call never began."),
    Transition(S.SUBMITTING, Event.DEFER, S.RETRY_WAIT, "Certainly not taken; another try may help."),
    Transition(S.SUBMITTING, Event.REJECT, S.UNDELIVERED, "Certainly not taken, and another try will not help."),
    Transition(S.SUBMITTING, Event.DOUBT, S.UNKNOWN, "No usable answer, or the worker's lease ran out."),
    *_heard(S.SUBMITTING, Event.ACCEPT, Event.SENT, Event.UNDELIVERED),
    Transition(S.SUBMITTING, Event.DELIVERED, S.DELIVERED, "A receipt says so, or the answer proves it (a post)."),
    Transition(S.UNKNOWN, Event.DEFER, S.RETRY_WAIT, "A late answer says that it was certainly not taken."),
    Transition(S.UNKNOWN, Event.RESEND, S.RETRY_WAIT, "Nobody found it, and the policy prefers twice to never."),
    Transition(S.UNKNOWN, Event.PARK, S.PARKED, "Nobody found it, and the policy leaves it to a person."),
    *_heard(S.UNKNOWN, *_POSITIVE, Event.UNDELIVERED),
    Transition(S.RETRY_WAIT, Event.CLAIM, S.SUBMITTING, "The wait is over; otherwise as a first call."),
    Transition(S.RETRY_WAIT, Event.SUPPRESS, S.SUPPRESSED, "Certainly not taken, and the person opted out."),
    Transition(S.RETRY_WAIT, Event.EXPIRE, S.EXPIRED, "Certainly not taken, and now it is too late."),
    Transition(S.RETRY_WAIT, Event.CANCEL, S.CANCELLED, "Certainly not taken, and a newer version took its place."),
    Transition(S.RETRY_WAIT, Event.PARK, S.PARKED, "A call before is in doubt, and none may be made any more."),
    *_heard(S.RETRY_WAIT, *_POSITIVE, Event.UNDELIVERED, more="of a call that was in doubt"),
    *_heard(S.ACCEPTED, Event.SENT, Event.DELIVERED, Event.UNDELIVERED),
    *_heard(S.SENT, Event.DELIVERED, Event.UNDELIVERED),
    *_heard(S.SENT, Event.ACCEPT, more="of another call; the one that was handed on has failed"),
    *_heard(S.UNDELIVERED, Event.ACCEPT, Event.SENT, more="of a call that was in doubt"),
    *_heard(S.UNDELIVERED, Event.DELIVERED, more=_LATE),
    *_heard(S.PARKED, *_POSITIVE, Event.UNDELIVERED, more=_LATE),
    *_heard(S.SUPPRESSED, *_POSITIVE, Event.UNDELIVERED, more=_LATE),
    *_heard(S.CANCELLED, *_POSITIVE, Event.UNDELIVERED, more=_LATE),
    *_heard(S.EXPIRED, *_POSITIVE, Event.UNDELIVERED, more=_LATE),
)

_STEPS = {(t.old, t.event): t.new for t in TRANSITIONS}


def step(old: DeliveryState, what: Event) -> DeliveryState:
    """The state after `what`.

    Raises:
        Conflict: that cannot happen to a delivery in this state.
    """
    if (old, what) not in _STEPS:
        sentence = f"A delivery that is {old} cannot see “{what}”."
        raise Conflict(sentence, remedy="Look at it again: somebody may have been first.")
    return _STEPS[old, what]


def leads(old: DeliveryState, new: DeliveryState) -> bool:
    """True where some event leads from one state to the other."""
    return any(t.old == old and t.new == new for t in TRANSITIONS)


class AlertState(StrEnum):
    """Where one version of an alert stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"
    SENDING = "sending"
    COMPLETED = "completed"
    HALTED = "halted"
    RECALLED = "recalled"
    EXPIRED = "expired"


A = AlertState


class AlertTransition(NamedTuple):
    """One change of an alert that may be, and the sentence that explains it."""

    old: AlertState
    new: AlertState
    sentence: str


ALERT_TRANSITIONS: tuple[AlertTransition, ...] = (
    AlertTransition(A.DRAFT, A.SUBMITTED, "Its author hands it in; texts and deliveries are frozen."),
    AlertTransition(A.SUBMITTED, A.DRAFT, "Somebody edits it; what was frozen is void."),
    AlertTransition(A.SUBMITTED, A.RETURNED, "An approver sends it back with a reason; what was frozen is void."),
    AlertTransition(A.SUBMITTED, A.APPROVED, "A second person signs the content hash and the count."),
    AlertTransition(A.RETURNED, A.DRAFT, "Somebody edits it."),
    AlertTransition(A.RETURNED, A.SUBMITTED, "Its author hands it in again."),
    AlertTransition(A.APPROVED, A.DRAFT, "Somebody edits it, or an older database was put back; the approval is void."),
    AlertTransition(A.APPROVED, A.SENDING, "It is released: one compare-and-swap makes its deliveries due."),
    AlertTransition(A.DRAFT, A.RECALLED, "Somebody discarded it, or a correction or an all-clear took its place."),
    AlertTransition(A.SUBMITTED, A.RECALLED, "A correction or an all-clear took its place before it went out."),
    AlertTransition(A.RETURNED, A.RECALLED, "Somebody discarded it, or a correction or an all-clear took its place."),
    AlertTransition(A.APPROVED, A.RECALLED, "A correction or an all-clear took its place before it went out."),
    AlertTransition(A.APPROVED, A.EXPIRED, "It was never released, and now it is too late."),
    AlertTransition(
        A.SENDING,
        A.COMPLETED,
        "Every delivery is terminal, parked or past its receipt deadline, or an update took its place.",
    ),
    AlertTransition(A.COMPLETED, A.SENDING, "The next means is opened for people who were not reached."),
    AlertTransition(A.SENDING, A.HALTED, "Somebody halted all sending."),
    AlertTransition(A.HALTED, A.SENDING, "Two people let sending go on."),
    AlertTransition(A.SENDING, A.RECALLED, "A correction or an all-clear was released in its place."),
    AlertTransition(A.COMPLETED, A.RECALLED, "A correction or an all-clear was released in its place."),
    AlertTransition(A.HALTED, A.RECALLED, "A correction or an all-clear was released in its place."),
    AlertTransition(A.SENDING, A.EXPIRED, "Its time is over."),
    AlertTransition(A.HALTED, A.EXPIRED, "Its time is over."),
)


def alert_may(old: AlertState, new: AlertState) -> bool:
    """True where an alert may go from one state to the other."""
    return any(t.old == old and t.new == new for t in ALERT_TRANSITIONS)
