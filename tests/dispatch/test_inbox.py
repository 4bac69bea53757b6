"""Callbacks that come at once share a transaction, and nothing else."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import select

from onevoice.dispatch import inbox as inbox_module
from onevoice.dispatch.inbox import Inbox
from onevoice.dispatch.providers import Inbound, Receipt, Word
from onevoice.errors import OutOfReach
from onevoice.ledger import tables as t
from onevoice.people import Means

Town = Any
Sends = Callable[..., Any]
AT_ONCE = 30
NAME = "double-sms"


class Counted:
    """A ledger that counts its write transactions, holds the first one up until it is told, and can be out of reach."""

    def __init__(self, ledger: Any) -> None:
        self.ledger = ledger
        self.writes = 0
        self.first_may_go = threading.Event()
        self.out_of_reach = False

    @contextmanager
    def write(self) -> Iterator[Any]:
        """A transaction."""
        self.writes += 1
        if self.writes == 1:
            assert self.first_may_go.wait(10)
        if self.out_of_reach:
            raise OutOfReach("The disk is full.")
        with self.ledger.write() as conn:
            yield conn

    write_without_pause = write


@pytest.fixture
def counted(town: Town) -> Counted:
    """The town's ledger, counted."""
    return Counted(town.ledger)


@pytest.fixture
def inbox(town: Town, counted: Any) -> Inbox:
    """An inbox on it."""
    return Inbox(counted, town.vault, town.clock)


@pytest.fixture
def called(town: Town, send: Sends, double: Any) -> list[int]:
    """The numbers of thirty calls that were accepted."""
    town.release(AT_ONCE)
    send(double())
    return [row.id for row in town.attempts()]


def wait_until(true: Callable[[], bool]) -> None:
    """Wait ten seconds at most."""
    until = time.monotonic() + 10
    while not true():
        assert time.monotonic() < until
        time.sleep(0.005)


def all_at_once(inbox: Inbox, counted: Counted, heard: Sequence[Receipt | Inbound]) -> list[Any]:
    """Each in a thread of its own, all of them waiting while the first writes. What each got, or what was raised."""

    def one(this: Receipt | Inbound) -> Any:
        try:
            return inbox.store([this], means_of={NAME: Means.SMS}, keywords={})
        except (OutOfReach, AttributeError) as problem:
            return problem

    with ThreadPoolExecutor(len(heard)) as threads:
        jobs = [threads.submit(one, heard[0])]
        wait_until(lambda: counted.writes == 1)
        jobs += [threads.submit(one, this) for this in heard[1:]]
        wait_until(lambda: inbox.waiting == len(heard) - 1)
        counted.first_may_go.set()
        return [job.result(30) for job in jobs]


def delivered(town: Town, number: int, digest: str | None = None) -> Receipt:
    """The receipt of a call."""
    return Receipt(NAME, Word.DELIVERED, digest or f"d{number}", token=town.vault.token(number))


def kept(town: Town) -> set[str]:
    """The digests of all receipts that are committed."""
    with town.ledger.read() as conn:
        return set(conn.scalars(select(t.receipt.c.digest)))


def test_who_waits_at_the_same_time_shares_one_transaction(
    town: Town, counted: Any, inbox: Inbox, called: list[int]
) -> None:
    """Thirty callbacks while the first is written: two transactions, thirty receipts, every delivery folded."""
    got = all_at_once(inbox, counted, [delivered(town, number) for number in called])
    assert [one.receipts for one in got] == [1] * AT_ONCE
    assert counted.writes == 2
    assert len(kept(town)) == AT_ONCE
    assert town.states(1) == {"delivered": AT_ONCE}


def test_each_caller_hears_of_their_own_only(town: Town, counted: Any, inbox: Inbox, called: list[int]) -> None:
    """The same callback thirty times at once is new for one of them; a reply is answered to whoever brought it."""
    same = [delivered(town, called[0], "same") for _ in range(AT_ONCE - 1)]
    stop = Inbound(NAME, "SM1", town.address(3), "STOP")
    got = all_at_once(inbox, counted, [stop, *same])
    assert sum(one.receipts for one in got[1:]) == 1
    assert [len(one.answers) for one in got] == [1] + [0] * (AT_ONCE - 1)
    assert kept(town) == {"same"}


def test_what_cannot_be_kept_breaks_nobody_elses(town: Town, counted: Any, inbox: Inbox, called: list[int]) -> None:
    """One that breaks the transaction gets its own error; the others are kept, each answered as if alone."""
    broken = delivered(town, called[5])
    heard = [delivered(town, number) for number in called]
    object.__setattr__(broken, "word", None)
    heard[5] = broken
    got = all_at_once(inbox, counted, heard)
    assert [place for place, one in enumerate(got) if isinstance(one, Exception)] == [5]
    assert len(kept(town)) == AT_ONCE - 1


def test_nobody_is_answered_while_the_database_is_out_of_reach(
    town: Town, counted: Any, inbox: Inbox, called: list[int]
) -> None:
    """All who wait are told so, nothing is kept, and the inbox works again afterwards."""
    counted.out_of_reach = True
    got = all_at_once(inbox, counted, [delivered(town, number) for number in called])
    assert {type(one) for one in got} == {OutOfReach}
    assert counted.writes == 2, "nobody tries for each caller again"
    assert kept(town) == set()
    counted.out_of_reach = False
    assert inbox.store([delivered(town, called[0])], means_of={}, keywords={}).receipts == 1


def test_a_transaction_is_never_longer_than_its_share(
    town: Town, counted: Any, inbox: Inbox, called: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of twenty-nine that wait, ten at a time are written, so that a sender gets its turn in between."""
    monkeypatch.setattr(inbox_module, "MOST", 10)
    all_at_once(inbox, counted, [delivered(town, number) for number in called])
    assert counted.writes == 4
    assert len(kept(town)) == AT_ONCE
