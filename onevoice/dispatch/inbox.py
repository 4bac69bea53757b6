"""The inbox as a console keeps it: what comes at the same time shares one short transaction.

One write to the disk then serves everybody who waits for it. Each waits until what they brought is committed, so that
nothing is answered that was not kept.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from onevoice.dispatch import receipts
from onevoice.dispatch.providers import Inbound, Receipt
from onevoice.dispatch.receipts import Brought, Stored
from onevoice.errors import OutOfReach
from onevoice.ledger.engine import Clock, Ledger, database_now
from onevoice.ledger.keywords import Keywords
from onevoice.ledger.vault import Vault
from onevoice.people import Means

MOST = 100
"""Callbacks in one transaction at most: a sender waits for the database no longer than these take."""


@dataclass(eq=False)
class _Waiting:
    """One caller: what they brought, and what became of it."""

    brought: Brought
    became: Stored | Exception | None = None


class Inbox:
    """Keeps what providers say, for many threads at once. Whoever comes while nobody writes, writes for all."""

    def __init__(self, ledger: Ledger, vault: Vault, clock: Clock = database_now) -> None:
        self._ledger = ledger
        self._vault = vault
        self._clock = clock
        self._queue: list[_Waiting] = []
        self._writing = False
        self._changed = threading.Condition()

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        with self._changed:
            return len(self._queue)

    def store(self, heard: Sequence[Receipt | Inbound], *, means_of: Mapping[str, Means], keywords: Keywords) -> Stored:
        """As `receipts.store`: only when this returns may the caller be told that we have it.

        Raises:
            OutOfReach: nothing of it was kept.
        """
        mine = _Waiting(Brought(heard, means_of, keywords))
        with self._changed:
            self._queue.append(mine)
        while mine.became is None:
            turn = self._turn(mine)
            if turn:
                self._write(turn)
        if isinstance(mine.became, Exception):
            raise mine.became
        return mine.became

    def _turn(self, mine: _Waiting) -> list[_Waiting]:
        """Wait until somebody has written mine, then none; or until nobody writes, then all who wait, oldest first."""
        with self._changed:
            self._changed.wait_for(lambda: mine.became is not None or not self._writing)
            if mine.became is not None:
                return []
            turn, self._queue = self._queue[:MOST], self._queue[MOST:]
            self._writing = True
            return turn

    def _write(self, turn: Sequence[_Waiting]) -> None:
        try:
            self._together(turn)
        finally:
            with self._changed:
                self._writing = False
                self._changed.notify_all()

    def _together(self, turn: Sequence[_Waiting]) -> None:
        """One transaction for all; where one of them breaks it, one for each, so that it breaks nobody else's."""
        kept: list[Stored] | list[Stored | Exception]
        try:
            kept = receipts.store_all(self._ledger, self._vault, [one.brought for one in turn], self._clock)
        except Exception as problem:  # noqa: BLE001 - handed to each whom it concerns
            kept = [self._alone(one, problem) for one in turn]
        for one, became in zip(turn, kept, strict=True):
            one.became = became

    def _alone(self, one: _Waiting, problem: Exception) -> Stored | Exception:
        if isinstance(problem, OutOfReach):
            return problem
        try:
            return receipts.store_all(self._ledger, self._vault, [one.brought], self._clock)[0]
        except Exception as own:  # noqa: BLE001 - as above
            return own
