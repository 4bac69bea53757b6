from collections import Counter
from dataclasses import replace

import pytest

from sandbox.behaviours import MAGIC_BLOCK
from sandbox.fate import Odds, Step, plan
from sandbox.messages import Message

PLAIN = Odds(reversed_share=0, repeated_share=0)


def _message(to: str = MAGIC_BLOCK + "00", behaviour: str = "delivered", **fields: object) -> Message:
    made = Message(to=to, sender="+14135550101", body="x", behaviour=behaviour)
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def _shape(steps: list[Step]) -> list[tuple[str, int, int]]:
    return [(step.status, step.error_code, len(step.posts)) for step in steps]


def test_fates_come_in_the_shares_asked_for() -> None:
    """Over many numbers the shares hold, each within three standard deviations."""
    odds, many = Odds(seed=7, shares=(50, 30, 15, 5)), 20_000
    found = Counter(odds.fate_of(f"+1{number}") for number in range(many))
    for fate, share in {"delivered": 0.5, "30003": 0.3, "30005": 0.15, "silent": 0.05}.items():
        assert found[fate] == pytest.approx(share * many, abs=3 * (share * (1 - share) * many) ** 0.5)


def test_a_fate_is_the_same_for_the_same_seed_and_another_for_others() -> None:
    """A run can be repeated."""
    numbers = [f"+1{number}" for number in range(1000)]
    first, again, other = ([Odds(seed=seed).fate_of(to) for to in numbers] for seed in (1, 1, 2))

    assert first == again
    assert first != other


def test_delivery_takes_about_a_second_with_a_tail() -> None:
    """Half are there after a second or so; a few take more than three, scaled as asked."""
    ends = sorted(plan(_message(nth=nth), PLAIN)[-1].after for nth in range(2000))

    assert 0.8 < ends[1000] < 1.3
    assert ends[-20] > 3
    assert plan(_message(), replace(PLAIN, delay_scale=0.5))[-1].after == pytest.approx(
        plan(_message(), PLAIN)[-1].after / 2
    )


@pytest.mark.parametrize(
    ("behaviour", "steps"),
    [
        ("delivered", [("sent", 0, 1), ("delivered", 0, 1)]),
        ("undelivered_30003", [("sent", 0, 1), ("undelivered", 30003, 1)]),
        ("failed_30001", [("failed", 30001, 1)]),
        ("silent", []),
        ("503_after_accept_mute", [("sent", 0, 0), ("delivered", 0, 0)]),
        ("early_callback", [("delivered", 0, 1)]),
        ("repeated_callbacks", [("sent", 0, 3), ("delivered", 0, 3)]),
    ],
)
def test_a_behaviour_decides_statuses_and_callbacks(behaviour: str, steps: list[tuple[str, int, int]]) -> None:
    """Each behaviour has its own way through the statuses."""
    assert steps == _shape(plan(_message(behaviour=behaviour), PLAIN))


def test_a_messaging_service_adds_the_queued_status() -> None:
    """A message that was accepted by a service is queued before it is sent."""
    assert [step.status for step in plan(_message(service_sid="MG1"), PLAIN)] == ["queued", "sent", "delivered"]


def test_a_message_that_cannot_leave_in_its_validity_fails() -> None:
    """The provider drops what waited too long: 30036."""
    slow = replace(PLAIN, delay_scale=100)

    assert [Step("failed", 1, 30036)] == plan(_message(validity=1), slow)


def test_a_reversed_message_posts_its_last_callback_first() -> None:
    """The sent callback follows the delivered one."""
    sent, delivered = plan(_message(behaviour="reversed_callbacks"), PLAIN)

    assert sent.after < delivered.after
    assert sent.after + sent.posts[0] > delivered.after + delivered.posts[0]


def test_disorder_by_chance_has_its_share() -> None:
    """Callbacks change places or repeat as often as asked."""
    odds = Odds(reversed_share=0.2, repeated_share=0.3, shares=(100, 0, 0, 0))
    plans = [plan(_message(behaviour="usual", nth=nth), odds) for nth in range(4000)]

    assert sum(len(steps[-1].posts) > 1 for steps in plans) == pytest.approx(1200, abs=90)
    assert sum(steps[0].posts[0] > 0 for steps in plans) == pytest.approx(800, abs=80)
