"""The tables of sections “duplicate or loss” and “retry”, row by row."""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onevoice.dispatch import policy
from onevoice.dispatch.policy import MINOR, MODERATE, POLICIES, SEVERE, URGENT, Policy
from onevoice.dispatch.providers import Result


@pytest.mark.parametrize(
    ("severity", "urgency", "kind", "row"),
    [
        ("Extreme", "Immediate", "warning", URGENT),
        ("Extreme", "Future", "warning", URGENT),
        ("Severe", "Immediate", "warning", URGENT),
        ("Severe", "Expected", "warning", SEVERE),
        ("Severe", "Unknown", "update", SEVERE),
        ("Moderate", "Immediate", "warning", MODERATE),
        ("Minor", "Immediate", "warning", MINOR),
        ("Unknown", "Unknown", "check-in", MINOR),
        ("Minor", "Past", "all-clear", URGENT),
        ("Moderate", "Expected", "correction", URGENT),
    ],
)
def test_which_row_a_release_follows(severity: str, urgency: str, kind: str, row: Policy) -> None:
    """Severity and urgency choose the row; a correction and an all-clear always follow the most urgent one."""
    assert policy.policy(severity, urgency, kind) is row


@pytest.mark.parametrize(
    ("row", "resends", "decide_at", "next_means"),
    [(URGENT, 2, 60, 0), (SEVERE, 1, 120, 120), (MODERATE, 1, 600, 600), (MINOR, 0, 45, None)],
    ids=lambda v: getattr(v, "name", v),
)
def test_how_often_a_call_in_doubt_is_made_again(
    row: Policy, resends: int, decide_at: int, next_means: int | None
) -> None:
    """Before its time nothing is decided; within the bound it is made again; beyond it, or too late, it is parked."""
    assert (row.resends, row.decide_at, row.next_means) == (resends, decide_at, next_means)
    assert policy.decided(row, decide_at - 1, 0, in_time=True) is None
    for made in range(4):
        expected = "again" if made < resends else "park"
        assert policy.decided(row, decide_at, made, in_time=True) == expected
        assert policy.decided(row, decide_at, made, in_time=False) == "park"


@pytest.mark.parametrize("row", POLICIES, ids=lambda row: row.name)
def test_nobody_stops_waiting_for_a_receipt_before_the_next_means_is_due(row: Policy) -> None:
    """An alert is never called complete while the next means might still open."""
    assert row.receipt >= (row.next_means or 0)
    assert row.looks == tuple(sorted(row.looks))
    assert row.looks[-1] <= row.decide_at


@pytest.mark.parametrize(
    ("row", "most"),
    [
        (URGENT, [2, 5, 15, 30, 60, 60, 60]),
        (SEVERE, [2, 5, 15, 30, 60, 60]),
        (MODERATE, [10, 30, 120, 300, 600, 600]),
        (MINOR, [60, 300, 900, 3600, 3600]),
    ],
    ids=lambda v: getattr(v, "name", ""),
)
def test_the_wait_between_calls_has_full_jitter_up_to_its_step(row: Policy, most: list[int]) -> None:
    """Every wait lies between nothing and its step, and uses all of that span."""
    for tries, step in enumerate(most, start=1):
        waits = [policy.wait(row, tries, None, Random(seed)) for seed in range(200)]  # noqa: S311 - jitter, not a secret
        assert 0 <= min(waits) < step * 0.1
        assert step * 0.9 < max(waits) <= step


def test_only_minor_messages_run_out_of_tries() -> None:
    """Six for minor; the others are tried until it is too late."""
    assert [policy.used_up(MINOR, n) for n in (5, 6)] == [False, True]
    assert not any(policy.used_up(row, 1000) for row in (URGENT, SEVERE, MODERATE))


@given(asked=st.one_of(st.none(), st.floats()))
def test_what_a_provider_asks_is_always_a_reasonable_number(asked: float | None) -> None:
    """Negative, endless or no number at all: never below nothing, never above an hour."""
    assert 0 <= policy.asked(asked) <= policy.LONGEST_RETRY_AFTER


@given(asked=st.floats(0, 3600), tries=st.integers(1, 50), seed=st.integers())
def test_retry_after_wins_where_it_is_longer(asked: float, tries: int, seed: int) -> None:
    """The wait is never shorter than what was asked."""
    assert policy.wait(SEVERE, tries, asked, Random(seed)) >= asked  # noqa: S311 - jitter, not a secret


@pytest.mark.parametrize(("age", "wait"), [(0, 30), (29.5, 0.5), (30, 90), (119, 1), (120, 0), (9999, 0)])
def test_looks_come_at_their_marks(age: float, wait: float) -> None:
    """Severe: a call in doubt is looked for 30 s and 120 s after it was made."""
    assert policy.next_look(SEVERE, age) == pytest.approx(wait)


def test_what_is_next_due_depends_on_the_answer() -> None:
    """A look for the message, a look for its receipt, or the next try."""
    chance = Random(1)  # noqa: S311 - jitter, not a secret
    assert policy.look_after(SEVERE, Result.UNKNOWN, None, 1, chance) == 30
    assert policy.look_after(SEVERE, Result.ACCEPTED, None, 1, chance) == 130
    assert policy.look_after(SEVERE, Result.RETRY, 77.0, 1, chance) == 77


def test_rank_puts_severity_before_urgency() -> None:
    """From the most urgent to the least."""
    order = [
        ("Extreme", "Immediate", "warning"),
        ("Extreme", "Expected", "warning"),
        ("Severe", "Immediate", "warning"),
        ("Minor", "Past", "all-clear"),
        ("Severe", "Expected", "warning"),
        ("Severe", "Future", "warning"),
        ("Moderate", "Immediate", "warning"),
        ("Minor", "Immediate", "warning"),
        ("Unknown", "Unknown", "warning"),
    ]
    ranks = [policy.rank(*one) for one in order]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) == len(ranks)
    assert not math.isnan(sum(ranks))
