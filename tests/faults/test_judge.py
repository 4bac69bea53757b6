"""The judge itself: whatever is changed in record, ledger or logs behind its back, it complains of it."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, literal, select, text, update

from faults.check import Verdict, judge
from faults.deployment import Deployment
from faults.mutations import MUTATIONS
from faults.processes import wait_until
from faults.trial import settle
from faults.voices import texts
from onevoice.ledger import tables as t

pytestmark = pytest.mark.slow


def _ledger(deployment: Deployment, *statements: Any) -> None:
    desk = deployment.desk()
    with desk.ledger.write() as conn:
        for statement in statements:
            conn.execute(statement)
    desk.ledger.close()


def _record(deployment: Deployment, change: Callable[[list[dict[str, Any]]], None]) -> None:
    path = deployment.provider.sandbox.record
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    change(lines)
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")


# Any call may be the one that the provider refuses: which one is chance, as the calls go out side by side.
_TAKEN = select(func.min(t.attempt.c.id)).where(t.attempt.c.result == "accepted").scalar_subquery()


def _first(lines: list[dict[str, Any]]) -> dict[str, Any]:
    return next(line for line in lines if (line["service"], line["event"]) == ("sms", "accepted"))


def test_a_child_that_breaks_is_not_taken_for_one_that_was_killed(deploy: Callable[..., Deployment]) -> None:
    """Its mistake is told to who waits for its end."""
    deployment = deploy("urgent")
    broken = deployment.nursery.start("nonsense", deployment.settings)
    with pytest.raises(RuntimeError, match="KeyError: 'nonsense'"):
        broken.ended()


def lost_from_the_record(deployment: Deployment) -> None:
    """A message is called delivered that the provider never took."""
    _record(deployment, lambda lines: lines.remove(_first(lines)))


def made_twice(deployment: Deployment) -> None:
    """A message stands twice in the record."""
    _record(deployment, lambda lines: lines.append(_first(lines)))


def without_an_attempt(deployment: Deployment) -> None:
    """A message was taken that the ledger has no attempt of."""
    _record(deployment, lambda lines: _first(lines)["detail"].update(status_callback="http://127.0.0.1/x/nonsense"))


def other_words(deployment: Deployment) -> None:
    """One letter is another."""
    _record(deployment, lambda lines: _first(lines).update(body=_first(lines)["body"].replace("a", "e", 1)))


def somebody_else(deployment: Deployment) -> None:
    """A message went to another number."""
    _record(deployment, lambda lines: _first(lines).update(to="+12025550199"))


def forgotten(deployment: Deployment) -> None:
    """A delivery waits for ever."""
    _ledger(deployment, update(t.delivery).where(t.delivery.c.id == 20).values(state="planned"))


def called_refused(deployment: Deployment) -> None:
    """What was taken is said to have been refused."""
    _ledger(deployment, update(t.attempt).where(t.attempt.c.id == _TAKEN).values(result="retry"))


def not_approved(deployment: Deployment) -> None:
    """The approval is gone."""
    _ledger(deployment, delete(t.approval))


def opted_out(deployment: Deployment) -> None:
    """Somebody who opted out was written to."""
    of = select(t.delivery.c.contact_key, literal("all"), literal(0), literal("t")).join(t.attempt)
    of = of.where(t.attempt.c.delivery_id == t.delivery.c.id, t.attempt.c.id == _TAKEN)
    _ledger(deployment, insert(t.opt_out).from_select(["contact_key", "topic", "at", "source"], of))


def audit_changed(deployment: Deployment) -> None:
    """Somebody changes who did it."""
    desk = deployment.desk()
    with desk.ledger.write() as conn:
        for (name,) in conn.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            conn.execute(text(f'DROP TRIGGER "{name}"'))
        conn.execute(text("UPDATE audit SET actor = 'Nobody' WHERE id = 2"))
    desk.ledger.close()


def number_in_a_log(deployment: Deployment) -> None:
    """A log names a number."""
    number = next(e for e in deployment.provider.entries("sms", "accepted")).to
    log = Path(deployment.nursery.children[0].given["log"])
    log.write_text(log.read_text(encoding="utf-8") + f"could not reach {number}\n", encoding="utf-8")


HARMS = {
    lost_from_the_record: "I1",
    forgotten: "I1",
    made_twice: "I2",
    without_an_attempt: "I2",
    called_refused: "I2",
    somebody_else: "I4",
    not_approved: "I4",
    opted_out: "I4",
    other_words: "I5",
    audit_changed: "I6",
    number_in_a_log: "I7",
}


@pytest.mark.every_case
@pytest.mark.parametrize(("harm", "invariant"), HARMS.items(), ids=lambda value: getattr(value, "__name__", value))
def test_the_judge_sees_what_is_wrong(deploy: Any, harm: Callable[[Deployment], None], invariant: str) -> None:
    """After a clean run it has nothing to say; after one change behind its back it names the broken invariant."""
    deployment = deploy("minor")
    deployment.listen()
    settle(deployment)
    assert judge(deployment).problems == []
    harm(deployment)
    assert any(problem.startswith(invariant) for problem in judge(deployment).problems)


# --- engines that are broken on purpose -------------------------------------------------------------------------------


def _tried(deployment: Deployment, **mutation: str) -> Verdict:
    """A kill with requests out that nobody can find again, and one person about whom the provider is never clear."""
    sandbox = deployment.provider.sandbox
    sandbox.fault("slow", count=None, seconds=30)
    sandbox.fault("drop_callbacks", count=None)
    deployment.listen()
    sender = deployment.sender(**mutation)
    wait_until(lambda: len(texts(deployment)) >= 5, "five requests are out")
    sender.kill()
    time.sleep(0.5)  # what is dropped of their callbacks is dropped by now
    sandbox.clear_faults()
    sandbox.fault("503_before", on="fetch", count=None)
    sandbox.fault("503_after_accept_mute", to=_not_called(deployment), count=None)
    for shift in (0, 45, 70, 140, 210, 280):
        deployment.sender(shift=shift, **mutation).ended()
    return judge(deployment, kills=1, doubts=3, open_=True)


def _not_called(deployment: Deployment) -> str:
    """The number of somebody who is to be called yet."""
    desk = deployment.desk()
    with desk.ledger.read() as conn:
        joined = t.contact_point.join(t.delivery, t.delivery.c.point_id == t.contact_point.c.id)
        chosen = select(t.contact_point.c.address_enc).select_from(joined)
        last = chosen.where(t.delivery.c.means == "sms", t.delivery.c.state == "planned").order_by(t.delivery.c.id)
        number = desk.vault.unseal(conn.scalars(last).all()[-1])
    desk.ledger.close()
    return number


def test_an_engine_that_is_right_may_send_twice_what_was_in_doubt(deploy: Any) -> None:
    """The measure of those that follow: after the same troubles the judge has nothing to say of the engine as it is."""
    verdict = _tried(deploy("urgent"))
    assert verdict.problems == []
    assert verdict.figures["duplicates"] > 5, "it did send twice"


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_the_judge_sees_an_engine_that_sends_twice(deploy: Any, mutation: str) -> None:
    """One mistake in the sender, and the judge says that somebody was written to once too often, or unseen."""
    problems = _tried(deploy("urgent"), mutation=mutation).problems
    assert any(problem.startswith("I3") for problem in problems), problems
