"""Engines that are broken on purpose, in one child each: the judge must see every one of them.

Each stands for a mistake that somebody could make. `faults.worker` makes it in a child, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from onevoice.dispatch import call, calls, policy
from onevoice.dispatch.providers import Result
from onevoice.ledger import doubt


def _put(place: Any, name: str, new: Any) -> None:
    setattr(place, name, new)


def doubt_taken_for_refusal() -> None:
    """A time-out or a 503 means "not taken": the classic."""
    usual = call.sensible

    def sensible(answer: object) -> Any:
        outcome = usual(answer)
        return replace(outcome, result=Result.RETRY) if outcome.result is Result.UNKNOWN else outcome

    _put(call, "sensible", sensible)


def called_twice() -> None:
    """The call is made again when its answer is not an acceptance."""
    usual = call._answer  # noqa: SLF001 - what is broken is what nobody outside calls

    async def answer(provider: Any, message: Any) -> Any:
        outcome = await usual(provider, message)
        return outcome if call.sensible(outcome).result is Result.ACCEPTED else await usual(provider, message)

    _put(call, "_answer", answer)


def again_at_once() -> None:
    """A call in doubt is made again as soon as it is looked at."""
    _put(policy, "decided", lambda _row, _age, _ambiguous, **_: "again")


def again_for_ever() -> None:
    """Nobody counts how often a call in doubt was made again."""
    usual = policy.decided
    _put(policy, "decided", lambda row, age, _ambiguous, **more: usual(row, age, -9, **more))


def made_and_taken_back() -> None:
    """An intent is undone although its call was made."""
    usual = calls.Calls._keep  # noqa: SLF001 - as above

    def keep(self: Any, lane: Any, claimed: Any, outcome: Any, now: float) -> None:
        usual(self, lane, claimed, outcome, now)
        if claimed.attempt % 9 == 0:
            self.ended.pop()
            self.back.append(claimed)

    _put(calls.Calls, "_keep", keep)


def doubt_not_written_down() -> None:
    """A lapsed call is let go without a word of doubt."""
    usual = doubt.lapse

    def lapse(conn: Any, now: Any) -> int:
        many = usual(conn, now)
        conn.exec_driver_sql("UPDATE attempt SET doubted_at = NULL")
        return many

    _put(doubt, "lapse", lapse)


MUTATIONS: dict[str, Callable[[], None]] = {
    one.__name__: one
    for one in (
        doubt_taken_for_refusal,
        called_twice,
        again_at_once,
        again_for_ever,
        made_and_taken_back,
        doubt_not_written_down,
    )
}
