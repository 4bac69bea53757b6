"""One round of `alert release` and `send-due --once`: what following up makes due goes out in it too."""

import asyncio
import os
import signal
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from onevoice.desk import approve, draft, release, send, status, submit
from onevoice.desk.officers import Actor
from onevoice.desk.wiring import Desk
from onevoice.dispatch import reconcile
from onevoice.dispatch.reconcile import Followed, follow_up
from onevoice.errors import OutOfReach
from onevoice.ledger.next_means import NextMeans, next_means
from onevoice.ledger.states import DeliveryState
from onevoice.ledger.tables import attempt, delivery
from onevoice.ledger.tables import release as release_table
from onevoice.settings import Settings

EXAMPLE = "examples/river_flood_warning.yaml"
MARIA, SAM = Actor("Maria Solis", "manager"), Actor("Sam Okafor", "approver")
NO_MOBILE = "21614"
SOME = 50
"""So many calls that some of those who refuse have a mail address too; there are more to make."""


@pytest.fixture
def due(deployment: Any, root: Path) -> str:
    """Make the example due where the provider refuses every text message."""
    desk = deployment.desk
    deployment.sandbox.fault(NO_MOBILE, count=None)
    step = draft.draft(desk, root / EXAMPLE, MARIA)
    submit.submit(desk, step.id, MARIA)
    approve.approve(desk, step.id, SAM)
    release.release(desk, step.id, MARIA)
    return step.id


def mails(deployment: Any) -> list[str]:
    """To whom the mail server was given the alert."""
    found = deployment.sandbox.entries("smtp", "accepted")
    return [e.to for e in found if "Approval needed" not in e.body and "Check number" not in e.body]


def calls(deployment: Any) -> list[Any]:
    """Give the calls that were made; intents that were taken back are none."""
    with deployment.desk.ledger.read() as conn:
        return list(conn.execute(attempt.select().where(attempt.c.code.is_distinct_from("not-started"))).all())


def by_mail(deployment: Any) -> list[Any]:
    """Give what the ledger holds by mail beyond the first step."""
    with deployment.desk.ledger.read() as conn:
        return list(conn.execute(delivery.select().where(delivery.c.means == "email", delivery.c.step > 1)).all())


def test_the_next_means_goes_out_in_the_same_round(deployment: Any, due: str) -> None:
    """Whoever a refused text leaves with a mail address has the mail when the round ends; nothing stays planned."""
    sent = send.send_due(deployment.desk, once=True)

    followed, found = by_mail(deployment), status.status(deployment.desk, due)["deliveries"]
    assert followed
    assert {row.state for row in followed} == {DeliveryState.ACCEPTED}
    assert (found["planned"], sent.ending) == (0, "done")
    assert len(mails(deployment)) == found["accepted"]
    assert sent.calls == len(calls(deployment))


@pytest.mark.usefixtures("due")
@pytest.mark.parametrize("ending", ["halted", "stopped"])
def test_a_round_that_is_stopped_goes_no_further(deployment: Any, monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    """Halted, or asked to stop, in the middle: nothing more is called, whatever the next means would be.

    It is followed up after that; else what became due beside the first calls might rightly be called before.
    """
    desk, over = deployment.desk, threading.Event()
    stop = {"halted": desk.settings.halt_file.touch, "stopped": lambda: os.kill(os.getpid(), signal.SIGTERM)}

    def progress(figures: Mapping[str, int]) -> None:
        if figures["calls"] >= SOME and not over.is_set():
            stop[ending]()
            over.set()

    async def afterwards(*given: Any) -> Followed:
        assert await asyncio.to_thread(over.wait, 60)
        return await reconcile.follow_up(*given)

    monkeypatch.setattr(send, "reconcile", SimpleNamespace(follow_up=afterwards))

    assert send.send_due(desk, once=True, progress=progress).ending == ending
    planned = by_mail(deployment)
    assert planned
    assert not [row for row in planned if row.fence]


@pytest.mark.usefixtures("due")
def test_the_next_means_is_not_late(deployment: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the time to act passes as the next means becomes due, no mail is called any more."""
    opened: list[int] = []

    def and_the_time_passes(conn: Any, *given: Any, **more: Any) -> int:
        opened.append(next_means(conn, *given, **more))
        if opened[-1]:
            conn.execute(release_table.update().values(act_by=datetime.now(UTC)))
        return opened[-1]

    following = partial(follow_up, next_means=NextMeans(plan=and_the_time_passes))
    monkeypatch.setattr(send, "reconcile", SimpleNamespace(follow_up=following))

    send.send_due(deployment.desk, once=True)

    assert any(opened)
    assert not [row for row in by_mail(deployment) if row.fence]


def test_a_round_ends(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often following up finds something, one round sends only so often: the next round goes on."""
    desk, passes = Desk(settings), []

    async def always_more(*given: Any) -> Followed:
        passes.append(given)
        return Followed(again=1)

    monkeypatch.setattr(send, "reconcile", SimpleNamespace(follow_up=always_more))

    assert send.send_due(desk, once=True).ending == "done"
    assert len(passes) == send.MOST_PASSES + 1
    desk.ledger.close()


@pytest.mark.usefixtures("due")
@pytest.mark.parametrize("failing", [0, 1])
def test_a_line_that_is_cut_while_following_up_ends_no_round(
    deployment: Any, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    """Beside the first pass or after it: it is followed up again, and the next means goes out all the same."""
    rounds: list[int] = []

    async def cut_once(*given: Any) -> Followed:
        rounds.append(len(rounds))
        if rounds[-1] == failing:
            raise OutOfReach("The database does not answer.", remedy="See that it runs.")
        return await reconcile.follow_up(*given)

    monkeypatch.setattr(send, "reconcile", SimpleNamespace(follow_up=cut_once))

    assert send.send_due(deployment.desk, once=True).ending == "done"
    assert {row.state for row in by_mail(deployment)} == {DeliveryState.ACCEPTED}


def test_a_database_that_stays_out_of_reach_ends_the_round(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """After as long as outcomes wait for it, with the sentence that says so."""
    desk, usual = Desk(settings), send.options

    async def cut_off(*_given: Any) -> Followed:
        raise OutOfReach("The database does not answer.", remedy="See that it runs.")

    monkeypatch.setattr(send, "reconcile", SimpleNamespace(follow_up=cut_off))
    monkeypatch.setattr(send, "options", lambda *given: replace(usual(*given), patience=0))

    with pytest.raises(OutOfReach, match="does not answer"):
        send.send_due(desk, once=True)
    desk.ledger.close()
