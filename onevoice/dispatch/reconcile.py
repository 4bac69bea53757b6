"""Follow-up: what became of calls nobody knows about, who needs the next means, and which alerts are done.

Needs no Prefect and may run in several processes at once: every change names the state that it starts from.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from onevoice.dispatch import policy
from onevoice.dispatch.call import outgoing
from onevoice.dispatch.options import Options
from onevoice.dispatch.providers import Provider, Receipt, through
from onevoice.dispatch.receipts import news
from onevoice.failpoint import Point, failpoint
from onevoice.ledger import audit, doubt, receipts, restored, sending, sweep
from onevoice.ledger.doubt import Doubtful
from onevoice.ledger.engine import LONGEST_SECONDS, Connection, Ledger
from onevoice.ledger.next_means import NextMeans
from onevoice.ledger.restored import Guard
from onevoice.ledger.states import DeliveryState
from onevoice.ledger.vault import Vault
from onevoice.people import Means
from onevoice.settings import Mode
from onevoice.variant import Variant

if TYPE_CHECKING:
    from onevoice.ledger.alerts import AnyRow
    from onevoice.ledger.next_means import Left

log = logging.getLogger(__name__)

PER_ROUND = 2000
"""How many deliveries are looked for in one round at most, of calls in doubt and of missing receipts each."""

ASKING = 10.0
"""Seconds after which a round asks no more, so that dead workers and next means need not wait for slow providers."""

AT_ONCE = 8
"""Questions to providers that are open at the same time."""

LOT = 4 * AT_ONCE
"""Answers that are written in one short transaction."""

BEFORE = timedelta(minutes=1)
"""How far before our own intent a provider is asked from: its clock may be behind."""

THE_PLANS = NextMeans()
Step = Callable[[Connection, datetime], None]
Answer = tuple[Doubtful, Sequence[Receipt] | None]


@dataclass
class Followed:
    """What one round did. `settled`: alerts now completed or expired."""

    lapsed: int = 0
    folded: int = 0
    closed: int = 0
    found: int = 0
    again: int = 0
    parked: int = 0
    next_means: int = 0
    settled: int = 0


async def follow_up(
    ledger: Ledger,
    vault: Vault,
    providers: Mapping[str, Provider],
    options: Options,
    next_means: NextMeans = THE_PLANS,
) -> Followed:
    """One round of follow-up; to be run every 15 s or so. While sending is halted it still listens and asks.

    Raises:
        OutOfReach: the database cannot be reached.
    """
    done = Followed()
    by_means = through(providers.values())
    guard = Guard(vault, options.reached_file, by_means)

    async def write(step: Step, most: int | None = LONGEST_SECONDS) -> None:
        await asyncio.to_thread(_write, ledger, options, step, most)

    await write(_Listening(guard, done))
    await write(_Overdue(options.mode, done), most=None)
    await asyncio.to_thread(guard.written)
    failpoint(Point.FOLLOW_LAPSED)
    async for answers in _ask_all(ledger, vault, providers, options):
        failpoint(Point.FOLLOW_ASKED)
        await write(_Settling(vault, answers, done))
    failpoint(Point.FOLLOW_DECIDED)
    await asyncio.to_thread(_closed, ledger, options, _Closing(next_means, by_means, done))
    if options.anchor_file:
        await asyncio.to_thread(_anchor, ledger, vault, options)
    return done


def _write(ledger: Ledger, options: Options, step: Step, most: int | None) -> None:
    """One transaction; `most` None where a step concerns as many rows as a release has, in a few statements."""
    with ledger.write_without_pause(most=most) as conn:
        step(conn, options.clock(conn))


# --- listening ----------------------------------------------------------------------------------------------------


@dataclass
class _Listening:
    """Doubt the calls of dead workers, and fold what was heard."""

    guard: Guard
    done: Followed

    def __call__(self, conn: Connection, now: datetime) -> None:
        self.guard.look(conn, now)
        self.done.lapsed = doubt.lapse(conn, now)
        receipts.out_of_quarantine(conn, now)
        self.done.folded = receipts.fold_new(conn, now)


@dataclass
class _Overdue:
    """Close what is too late to be sent."""

    mode: Mode
    done: Followed

    def __call__(self, conn: Connection, now: datetime) -> None:
        self.done.closed = sweep.close_unsent(conn, self.mode, now)
        sweep.forget_workers(conn, now)


# --- asking -------------------------------------------------------------------------------------------------------


async def _ask_all(
    ledger: Ledger, vault: Vault, providers: Mapping[str, Provider], options: Options
) -> AsyncIterator[list[Answer]]:
    """Ask providers about what is due, calls in doubt first; the answers in lots. What is not asked is due again."""
    due = await asyncio.to_thread(_due, ledger, options)
    by_name = {provider.name: provider for provider in providers.values()}
    room = asyncio.Semaphore(AT_ONCE)

    async def ask(one: Doubtful, text: Variant | None) -> Answer:
        if text is None:
            return one, None
        async with room:
            return one, await _ask_those(_who_may_have_it(one, by_name), one, text, vault, options)

    until = time.monotonic() + ASKING
    for start in range(0, len(due), LOT):
        if time.monotonic() > until:
            return
        yield list(await asyncio.gather(*(ask(one, text) for one, text in due[start : start + LOT])))


def _due(ledger: Ledger, options: Options) -> list[tuple[Doubtful, Variant | None]]:
    """What is to be looked at, with the text to ask about; without one nobody is asked."""
    groups = ((DeliveryState.UNKNOWN,), (DeliveryState.ACCEPTED, DeliveryState.SENT))
    with ledger.read() as conn:
        now = options.clock(conn)
        due = [one for states in groups for one in doubt.to_look_for(conn, states, now, PER_ROUND)]
        keys = {(one.call.release, one.call.variant) for one in due}
        texts = {key: sending.text_of(conn, *key) for key in keys}
    return [(one, None if _too_early(one, now) else texts[one.call.release, one.call.variant]) for one in due]


def _who_may_have_it(one: Doubtful, by_name: Mapping[str, Provider]) -> list[Provider]:
    """Who was called; where a restored database does not know who that was, all who carry the means."""
    if one.restored and one.call.means != Means.SOCIAL:  # a post is called only through its account's own service
        return [provider for provider in by_name.values() if provider.means == one.call.means]
    return [by_name[one.call.provider]] if one.call.provider in by_name else []


async def _ask_those(
    whom: Sequence[Provider], one: Doubtful, text: Variant, vault: Vault, options: Options
) -> Sequence[Receipt] | None:
    """What any of them holds; None where one of them cannot be asked and none of the others has it."""
    told = [await _ask(provider, one, text, vault, options) for provider in whom]
    found = [receipt for receipts in told for receipt in receipts or ()]
    return None if not found and (None in told or not told) else found


async def _ask(
    provider: Provider, one: Doubtful, text: Variant, vault: Vault, options: Options
) -> Sequence[Receipt] | None:
    """What the provider holds of this call; None where it cannot be asked."""
    try:
        message = outgoing(one.call, text, vault, options)
        async with asyncio.timeout(provider.timeout):
            return await provider.find(message, one.call.intent_at - BEFORE)
    except Exception as problem:  # noqa: BLE001 - a provider that breaks while it is asked has told us nothing
        log.warning("%s could not be asked of attempt %d: %s", provider.name, one.call.attempt, type(problem).__name__)
        return None


# --- settling -----------------------------------------------------------------------------------------------------


@dataclass
class _Settling:
    """Write what providers answered, then decide about what they did not know."""

    vault: Vault
    answers: Sequence[Answer]
    done: Followed

    def __call__(self, conn: Connection, now: datetime) -> None:
        for one, found in self.answers:
            if one.restored and found:
                doubt.made_through(conn, one, found[0].provider)
            kept = [news(receipt) for receipt in found or ()]
            receipts.store(conn, self.vault, kept, now, asked=one.call.attempt)
        receipts.fold_new(conn, now)
        for one, found in self.answers:
            self._settle(conn, one, found, now)

    def _settle(self, conn: Connection, one: Doubtful, found: Sequence[Receipt] | None, now: datetime) -> None:
        """Decide. Where something was heard meanwhile, the state is another and nothing of this happens."""
        if one.state is not DeliveryState.UNKNOWN:
            doubt.look_later(conn, one, now + _until_next_poll(one, now))
            return
        self.done.found += bool(found)
        if one.restored and found is None:
            self.done.parked += doubt.park(conn, one, "an older database was put back", now)
            return
        self._decide(conn, _row(one), one, now)

    def _decide(self, conn: Connection, row: policy.Policy, one: Doubtful, now: datetime) -> None:
        age = (now - one.call.intent_at).total_seconds()
        verdict = policy.decided(row, age, one.call.ambiguous, in_time=one.in_time)
        if verdict == "again":
            self.done.again += doubt.again(conn, one, now)
        elif verdict == "park":
            self.done.parked += doubt.park(conn, one, _why(row, one), now)
        else:
            doubt.look_later(conn, one, now + timedelta(seconds=policy.next_look(row, age)))


def _why(row: policy.Policy, one: Doubtful) -> str:
    if not one.in_time:
        return "in doubt, and too late to call again"
    return "in doubt, and called again already" if row.resends else "in doubt; a person decides"


def _until_next_poll(one: Doubtful, now: datetime) -> timedelta:
    """A receipt is looked for when it is overdue, then ever more seldom."""
    waited = now - (one.accepted_at or now)
    return max(_overdue_after(one) - waited, waited)


def _too_early(one: Doubtful, now: datetime) -> bool:
    """True where a receipt may still come by itself."""
    return one.state is not DeliveryState.UNKNOWN and now - (one.accepted_at or now) < _overdue_after(one)


def _overdue_after(one: Doubtful) -> timedelta:
    return timedelta(seconds=_row(one).receipt)


def _row(one: Doubtful) -> policy.Policy:
    return policy.policy(one.call.severity, one.call.urgency, one.call.kind)


# --- closing ------------------------------------------------------------------------------------------------------


@dataclass
class _Closing:
    """Open the next means where it is due, and complete alerts that have nothing left to wait for."""

    next_means: NextMeans
    through: Mapping[str, str]
    done: Followed
    left: dict[int, Left] = field(default_factory=dict)
    """Release → for whom another means is open."""

    def look(self, conn: Connection, now: datetime) -> None:
        """See for whom. Nobody else has to wait meanwhile."""
        for release in sweep.under_way(conn, now):
            found = self.next_means.look(conn, release.id, now, deadline_ms=_deadline(release))
            if found is not None:
                self.left[release.id] = found

    def __call__(self, conn: Connection, now: datetime) -> None:
        for release in sweep.under_way(conn, now):
            if release.id in self.left:
                self._open(conn, release, now)
            new = sweep.settle(conn, release, timedelta(seconds=_policy(release).receipt), now)
            self.done.settled += new != release.state

    def _open(self, conn: Connection, release: AnyRow, now: datetime) -> None:
        left = self.left[release.id]
        opened = self.next_means.plan(conn, release.id, now, left, deadline_ms=_deadline(release))
        if opened:
            restored.opened_anew(conn, release.id, self.through, now)
        self.done.next_means += opened


def _closed(ledger: Ledger, options: Options, closing: _Closing) -> None:
    with ledger.apart() as apart:
        with apart.look() as conn:
            closing.look(conn, options.clock(conn))
        with apart.write() as conn:
            closing(conn, options.clock(conn))


def _deadline(release: AnyRow) -> int | None:
    waits = _policy(release).next_means
    return None if waits is None else waits * 1000


def _policy(release: AnyRow) -> policy.Policy:
    return policy.policy(release.severity, release.urgency, release.kind)


def _anchor(ledger: Ledger, vault: Vault, options: Options) -> None:
    if options.anchor_file is None:
        return
    with ledger.read() as conn:
        audit.anchor(conn, vault, options.anchor_file)
