"""Callbacks that come early, twice, in any order, forged, by the hundred, or never."""

import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select

from faults.deployment import Deployment
from faults.processes import wait_until
from faults.trial import settle
from faults.voices import say, texts, writes
from onevoice.ledger import replies
from onevoice.ledger import tables as t

pytestmark = pytest.mark.slow
CALLS = 100


def states(deployment: Deployment) -> Counter[str]:
    """How many texts are in which state."""
    desk = deployment.desk()
    with desk.ledger.read() as conn:
        found = Counter(conn.scalars(select(t.delivery.c.state).where(t.delivery.c.means == "sms")))
    desk.ledger.close()
    return found


def receipts(deployment: Deployment) -> int:
    """How many receipts are kept."""
    desk = deployment.desk()
    with desk.ledger.read() as conn:
        count = conn.scalar(select(func.count()).select_from(t.receipt)) or 0
    desk.ledger.close()
    return int(count)


@pytest.mark.fault("F30", "F34")
@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_any_order_any_number_gives_one_state(deploy: Any, holds: Any, seen: Any, kind: str) -> None:
    """Every word and a contradicting failure, shuffled and repeated for each text: all of them are delivered."""
    deployment = deploy("minor", kind, sandbox=("--shares", "0,0,0,100"))
    deployment.listen()
    deployment.sender().ended()
    chance, said = random.Random(4), 0  # noqa: S311 - a shuffle that can be repeated
    for entry in texts(deployment):
        words = ["queued", "sent", "delivered", "undelivered", "sent", "delivered", "queued"]
        chance.shuffle(words)
        assert {say(entry, word) for word in words} == {204}
        said += len(words)
    seen(callbacks=said)
    assert states(deployment).keys() <= {"delivered", "suppressed"}
    holds(deployment, open_=True)


@pytest.mark.fault("F31")
def test_delivered_before_the_answer_is_folded(deploy: Any, holds: Any) -> None:
    """The receipt overtakes the reply of the create; it is kept, and wins."""
    deployment = deploy("minor")
    deployment.listen()
    deployment.provider.sandbox.fault("early_callback", count=None)
    deployment.sender().ended()
    assert states(deployment).keys() <= {"delivered", "suppressed"}
    assert holds(deployment)["in_doubt"] == 0


@pytest.mark.fault("F34")
def test_forged_callbacks_change_nothing(deploy: Any, holds: Any, seen: Any) -> None:
    """Signed with another secret, for another text, or not at all: 403, and not one row is kept."""
    deployment = deploy("minor", sandbox=("--shares", "0,0,0,100"))
    deployment.listen()
    deployment.sender().ended()
    entries = texts(deployment)
    before = states(deployment), receipts(deployment)
    answers = Counter(say(entry, "delivered", secret="somebody else's") for entry in entries)
    seen(forged=answers.total())
    assert answers == {403: len(entries)}
    assert (states(deployment), receipts(deployment)) == before
    holds(deployment, open_=True)


@pytest.mark.fault("F32")
@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_a_storm_while_sending_loses_nothing_and_starves_nobody(deploy: Any, holds: Any, seen: Any, kind: str) -> None:
    """Hundreds of callbacks, mostly repeats, while texts go out: each is kept or asked for again; sending ends."""
    deployment = deploy("urgent", kind)
    deployment.listen()
    sender = deployment.sender()
    wait_until(lambda: len(texts(deployment)) > 15, "some texts")
    first = texts(deployment)[:15]
    begun = time.monotonic()
    with ThreadPoolExecutor(16) as crowd:
        calls = ((first[number % 15], str(number // 15)) for number in range(600))
        answers = list(crowd.map(lambda call: say(call[0], "delivered", Extra=call[1]), calls))
    took = time.monotonic() - begun
    assert sender.ended()
    seen(callbacks=len(answers), callbacks_per_s=round(len(answers) / took))
    assert set(answers) <= {204, 503}
    assert answers.count(204) > 0
    settle(deployment)
    figures = holds(deployment)
    assert (figures["duplicates"], figures["in_doubt"]) == (0, 0)


@pytest.mark.fault("F33")
@pytest.mark.parametrize("row", ["minor", "severe"])
def test_nobody_listens_and_polls_close_every_row(deploy: Any, holds: Any, row: str) -> None:
    """Not one callback arrives; asking the provider brings every text to its end, and nobody gets a second one."""
    deployment = deploy(row)
    settle(deployment)
    figures = holds(deployment)
    assert (figures["duplicates"], figures["in_doubt"]) == (0, 0)
    assert states(deployment).keys() <= {"delivered", "suppressed"}


@pytest.mark.fault("F37")
def test_hundreds_call_for_help_at_once(deploy: Any, seen: Any) -> None:
    """From one number and from as many others: each is kept once, each is urgent, and one number is not flooded."""
    deployment = deploy("minor")
    deployment.listen()
    calls = [("+12025550142", f"SM{n:032x}") for n in range(CALLS)]
    calls += [(f"+1303555{n:04d}", f"SM{CALLS + n:032x}") for n in range(100, 100 + CALLS)]
    random.Random(1).shuffle(calls)  # noqa: S311 - an order that can be found again

    def call(one: tuple[str, str]) -> tuple[str, bool]:
        while (answer := writes(deployment, one[0], "I need help", one[1])) is None:
            time.sleep(0.2)  # as a provider does that hears 503
        return one[0], bool(answer)

    begun = time.monotonic()
    with ThreadPoolExecutor(16) as crowd:
        answered = Counter(number for number, answer in crowd.map(call, calls) if answer)
    seen(callbacks=len(calls), callbacks_per_s=round(len(calls) / (time.monotonic() - begun)))
    desk = deployment.desk()
    with desk.ledger.read() as conn:
        rows = conn.execute(select(t.reply.c.ref, t.reply.c.urgent)).all()
    desk.ledger.close()
    assert sorted(row.ref for row in rows) == sorted(sid for _, sid in calls)
    assert all(row.urgent for row in rows)
    assert answered["+12025550142"] == replies.CONFIRMATIONS < CALLS
    assert len(answered) == CALLS + 1, "everybody else is answered"
