"""The sender's books: one thread that alone talks to the ledger, one short write transaction at a time.

A busy database therefore never delays an answer of a provider into doubt.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import time
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

from onevoice.dispatch import policy
from onevoice.dispatch.options import Options
from onevoice.dispatch.providers import Provider, through
from onevoice.failpoint import Point, failpoint
from onevoice.ledger import sending, undone
from onevoice.ledger.engine import Connection, Ledger
from onevoice.ledger.outcomes import Ended
from onevoice.ledger.queue import Terms, Want
from onevoice.ledger.restored import Guard
from onevoice.ledger.sending import Claimed, Exchanged
from onevoice.ledger.vault import Vault
from onevoice.variant import Variant

HEARTBEAT = timedelta(seconds=5)


def worker_name() -> str:
    """A name for one run of one sender, never used twice."""
    return f"{socket.gethostname()[:30]}:{os.getpid()}:{secrets.token_hex(4)}"


class Books:
    """What one sender hands over to the ledger and takes over from it."""

    def __init__(self, ledger: Ledger, vault: Vault, options: Options, providers: Iterable[Provider] = ()) -> None:
        self._ledger = ledger
        self._vault = vault
        self._clock = options.clock
        self._terms = Terms(worker_name(), options.mode, -1, policy.rank, timedelta(seconds=policy.URGENT.looks[0]))
        self._guard = Guard(vault, options.reached_file, through(providers))
        self._seen: datetime | None = None
        self._texts: dict[tuple[int, str], Variant | None] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ledger")
        self._watch = ledger.watch()

    def changed(self) -> bool:
        """Whether anybody wrote to the database since the last look. Asked by the event loop: it takes no time."""
        return self._watch.changed()

    def text(self, claimed: Claimed) -> Variant | None:
        """The text of a claimed delivery; None where it is not what was frozen."""
        return self._texts[claimed.release, claimed.variant]

    async def exchange(
        self, done: Sequence[Ended], back: Sequence[Claimed], wants: Sequence[Want], known: Collection[int] | None
    ) -> Exchanged:
        """Keep outcomes, undo intents in `back`, claim what is wanted. The first exchange of a run claims nothing.

        `known`: after trouble, the attempts that this sender knows of; every other intent of its own is undone, since
        the word of its commit never came back.

        Raises:
            OutOfReach: the database cannot be reached; nothing was kept.
        """
        loop = asyncio.get_running_loop()
        got = await asyncio.shield(loop.run_in_executor(self._thread, self._work, done, back, wants, known))
        self._terms = replace(self._terms, generation=got.control.generation)
        return got

    def close(self, done: Sequence[Ended], begun: Collection[int] | None) -> None:
        """Keep what is still to keep; with `begun`, undo every intent whose call never began.

        Raises:
            OutOfReach: as `exchange`.
        """
        try:
            if done or begun is not None:
                self._thread.submit(self._work, done, (), (), begun).result()
        finally:
            self._watch.close()
            self._thread.shutdown()

    def _work(
        self, done: Sequence[Ended], back: Sequence[Claimed], wants: Sequence[Want], known: Collection[int] | None
    ) -> Exchanged:
        worker = self._terms.worker
        with self._ledger.write_without_pause() as conn:
            now, at = self._clock(conn), time.monotonic()
            beat = self._seen is None or now - self._seen >= HEARTBEAT
            if beat:
                self._guard.look(conn, now)
            if known is not None:
                undone.take_back_others(conn, worker, known, now)
            if back:
                undone.take_back(conn, worker, back, now)
            got = sending.exchange(conn, self._vault, self._terms, done, wants, now)
            self._load_texts(conn, got.claimed)
            if beat:
                sending.seen(conn, worker, got.control.generation, now)
            failpoint(Point.INTENTS_OPEN)
        failpoint(Point.INTENTS_DONE)
        self._seen = now if beat else self._seen
        if beat or got.claimed:
            self._guard.written((one.attempt for one in got.claimed), got.control.generation)
        return replace(got, at=at)

    def _load_texts(self, conn: Connection, claimed: Sequence[Claimed]) -> None:
        for one in claimed:
            if (one.release, one.variant) not in self._texts:
                self._texts[one.release, one.variant] = sending.text_of(conn, one.release, one.variant)
