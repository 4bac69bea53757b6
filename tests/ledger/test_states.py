from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onevoice.errors import Conflict
from onevoice.ledger.fold import Heard, Known, Said, fold
from onevoice.ledger.states import (
    ALERT_TRANSITIONS,
    DECIDED,
    TERMINAL,
    TRANSITIONS,
    UNSENT,
    AlertState,
    DeliveryState,
    Event,
    alert_may,
    leads,
    step,
)

S = DeliveryState
CALL_WORDS = (Said.INTENT, Said.DOUBT, Said.DEFERRED, Said.ACCEPTED, Said.SENT, Said.UNDELIVERED, Said.DELIVERED)
RECEIPT_WORDS = (Said.ACCEPTED, Said.SENT, Said.UNDELIVERED, Said.DELIVERED)
EVIDENCE = (None, "operator", "mail-server", "posted", "handset")

heard = st.builds(
    Heard,
    call=st.integers(1, 3),
    said=st.sampled_from(Said),
    at=st.integers(0, 20),
    id=st.integers(0, 5),
    evidence=st.sampled_from(EVIDENCE),
    code=st.sampled_from((None, "30003", "30005")),
)


@settings(max_examples=300)
@given(events=st.lists(heard, max_size=8), seed=st.randoms(use_true_random=False))
def test_the_same_events_in_any_order_and_any_number_of_times_give_the_same_state(
    events: list[Heard], seed: Random
) -> None:
    """A fold is over a set: shuffling and repeating what was heard changes nothing."""
    again = events + [seed.choice(events) for _ in range(len(events))] if events else []
    seed.shuffle(again)
    assert fold(again) == fold(events)


def test_ten_thousand_shuffles_with_repeats_give_one_result() -> None:
    """One long life with three calls, heard in ten thousand orders and any number of times: one state every time."""
    chance = Random(11)  # noqa: S311 - an order, not a secret
    life = [Heard(call, said, at, at, evidence) for at, (call, said, evidence) in enumerate(LIFE)]
    known = {fold(_shuffled(life, chance)) for _ in range(10_000)}
    assert known == {Known(S.DELIVERED, "handset", late=True, conflict=True)}


LIFE = (
    *((1, said, None) for said in (Said.INTENT, Said.DOUBT, Said.AGAIN, Said.ACCEPTED, Said.UNDELIVERED)),
    *((2, said, None) for said in (Said.INTENT, Said.DEFERRED, Said.PARKED)),
    *((3, said, None) for said in (Said.INTENT, Said.DOUBT, Said.SENT, Said.UNDELIVERED)),
    (3, Said.DELIVERED, "operator"),
    (3, Said.DELIVERED, "handset"),
    (3, Said.SENT, None),
)


def _shuffled(life: list[Heard], chance: Random) -> list[Heard]:
    heard_ = life + chance.choices(life, k=chance.randrange(10))
    chance.shuffle(heard_)
    return heard_


@pytest.mark.parametrize("old", S)
@pytest.mark.parametrize("event", Event)
def test_every_pair_of_state_and_event_is_either_in_the_table_or_refused(old: DeliveryState, event: Event) -> None:
    """A pair leads where exactly one row of the table says; every other pair raises and changes nothing."""
    rows = [t for t in TRANSITIONS if (t.old, t.event) == (old, event)]
    if rows:
        assert [step(old, event)] == [t.new for t in rows]
        assert rows[0].sentence.endswith(".")
    else:
        with pytest.raises(Conflict, match="cannot see"):
            step(old, event)


def test_nothing_ever_takes_delivered_back() -> None:
    """No row of the table leaves delivered, and no set with a delivered word folds to anything else."""
    assert not [t for t in TRANSITIONS if t.old is S.DELIVERED]
    everything = [Heard(call=1, said=said, at=9) for said in Said]
    assert fold(everything).state is S.DELIVERED


def test_a_terminal_state_is_only_left_because_the_message_went_out_after_all() -> None:
    """Out of a terminal state there is no way but a word that proves a call was taken; none leads back to a call."""
    left = {t.event for t in TRANSITIONS if t.old in TERMINAL}
    assert left == {Event.ACCEPT, Event.SENT, Event.DELIVERED, Event.UNDELIVERED}


def test_only_an_unsent_delivery_can_be_claimed_or_decided_away() -> None:
    """Claiming, suppressing, cancelling and expiring start from planned or retry_wait and from nothing else."""
    deciding = {Event.CLAIM, Event.SUPPRESS, Event.CANCEL, Event.EXPIRE}
    assert {t.old for t in TRANSITIONS if t.event in deciding} == set(UNSENT)
    assert {t.new for t in TRANSITIONS if t.event in deciding} == {S.SUBMITTING, *DECIDED}


class Life:
    """A delivery as the ledger leads it: the set of what was heard, and the row that follows it."""

    def __init__(self) -> None:
        self.lived = [S.PLANNED]
        self.call = 0
        self.set: list[Heard] = []

    @property
    def state(self) -> DeliveryState:
        """Where the row stands."""
        return self.lived[-1]

    def claim(self, at: int) -> None:
        """A sender takes the row over and is about to call."""
        self.call += 1
        self.lived.append(step(self.state, Event.CLAIM))
        self.hear(Said.INTENT, self.call, at)

    def hear(self, said: Said, call: int, at: int) -> None:
        """Take in one word about a call."""
        self.set.append(Heard(call=call, said=said, at=at))
        self.lived.append(fold(self.set).state)

    def decide(self, event: Event, said: Said, at: int) -> None:
        """Decide something about the row."""
        self.lived.append(step(self.state, event))
        self.set.append(Heard(call=self.call, said=said, at=at))


DECISIONS = {
    Event.RESEND: Said.AGAIN,
    Event.PARK: Said.PARKED,
    Event.EXPIRE: Said.EXPIRED,
    Event.CANCEL: Said.CANCELLED,
    Event.SUPPRESS: Said.SUPPRESSED,
}


@settings(max_examples=300)
@given(data=st.data())
def test_whatever_a_delivery_lives_through_every_change_is_in_the_table(data: st.DataObject) -> None:
    """Claims, answers, receipts and decisions in any mixture lead only along rows of the table."""
    life = Life()
    for at in range(data.draw(st.integers(1, 12))):
        able = [e for e in (Event.CLAIM, *DECISIONS) if any(t.old is life.state and t.event is e for t in TRANSITIONS)]
        choices = able + ([f"{word}" for word in CALL_WORDS[1:]] if life.call else [])
        if not choices:
            break
        chosen = data.draw(st.sampled_from(choices))
        if chosen is Event.CLAIM:
            life.claim(at)
        elif isinstance(chosen, Event):
            life.decide(chosen, DECISIONS[chosen], at)
        else:
            life.hear(Said(chosen), data.draw(st.integers(1, life.call)), at)

    assert not [(old, new) for old, new in pairwise(life.lived) if new is not old and not leads(old, new)]
    assert fold(life.set).state is life.lived[-1], "the row and the fold of all that is known agree"


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ([], S.PLANNED),
        ([(1, Said.INTENT)], S.SUBMITTING),
        ([(1, Said.INTENT), (1, Said.DOUBT)], S.UNKNOWN),
        ([(1, Said.DOUBT), (1, Said.DEFERRED)], S.RETRY_WAIT),
        ([(1, Said.DOUBT), (1, Said.AGAIN), (2, Said.INTENT)], S.SUBMITTING),
        ([(1, Said.DOUBT), (1, Said.AGAIN), (2, Said.INTENT), (1, Said.SENT)], S.SENT),
        ([(1, Said.SENT), (1, Said.UNDELIVERED)], S.UNDELIVERED),
        ([(1, Said.UNDELIVERED), (1, Said.AGAIN)], S.UNDELIVERED),
        ([(1, Said.UNDELIVERED), (2, Said.ACCEPTED)], S.ACCEPTED),
        ([(1, Said.DOUBT), (1, Said.PARKED)], S.PARKED),
        ([(1, Said.DOUBT), (1, Said.PARKED), (1, Said.UNDELIVERED)], S.UNDELIVERED),
        ([(1, Said.DEFERRED), (1, Said.EXPIRED)], S.EXPIRED),
        ([(1, Said.EXPIRED), (1, Said.UNDELIVERED)], S.UNDELIVERED),
        ([(1, Said.EXPIRED), (1, Said.DELIVERED)], S.DELIVERED),
    ],
)
def test_what_is_known_follows_from_what_was_said(said: list[tuple[int, Said]], state: DeliveryState) -> None:
    """The cases of the state machine, one by one."""
    assert fold(Heard(call=call, said=word, at=at) for at, (call, word) in enumerate(said)).state is state


def test_good_news_after_giving_up_is_marked_late() -> None:
    """Given up first and delivered later is late; the other way round it is not."""
    gone = Heard(call=1, said=Said.UNDELIVERED, at=5)
    assert fold([gone, Heard(call=1, said=Said.DELIVERED, at=9)]) == Known(S.DELIVERED, late=True, conflict=True)
    assert fold([gone, Heard(call=1, said=Said.DELIVERED, at=2)]) == Known(S.DELIVERED, late=False, conflict=True)


def test_the_strongest_evidence_is_the_one_that_is_shown() -> None:
    """Of several delivered receipts the one that rests on the handset counts."""
    words = [Heard(call=1, said=Said.DELIVERED, at=at, evidence=e) for at, e in enumerate(reversed(EVIDENCE))]
    assert fold(words).evidence == "handset"


def test_every_state_of_an_alert_can_be_reached_from_a_draft() -> None:
    """Following the table from draft one comes through every state; no sentence is missing."""
    seen = {AlertState.DRAFT}
    for _ in AlertState:
        seen |= {new for new in AlertState for old in seen if alert_may(old, new)}
    assert seen == set(AlertState)
    assert all(t.sentence.endswith(".") for t in ALERT_TRANSITIONS)


def test_an_alert_is_never_sent_without_approval() -> None:
    """Into sending lead approved, and the two ways back from states that only a released alert can have."""
    assert {t.old for t in ALERT_TRANSITIONS if t.new is AlertState.SENDING} == {
        AlertState.APPROVED,
        AlertState.COMPLETED,
        AlertState.HALTED,
    }
