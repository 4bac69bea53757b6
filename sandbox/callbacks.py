"""Leads each accepted message through its statuses and posts the signed status callbacks."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sandbox.fate import Odds, Step, plan
from sandbox.faults import FaultProgramme
from sandbox.messages import API_VERSION, Message
from sandbox.posting import Account, Answer, Poster
from sandbox.record import Record
from sandbox.stats import Stats

WORKERS = 64
"""Callbacks under way at once."""
TRIES = 2
RETRY_AFTER = 1.0
"""Seconds before the one retry, scaled like every delay of the courier."""


@dataclass(frozen=True, slots=True)
class Call:
    """One callback to be posted."""

    message: Message
    step: Step
    attempt: int = 1


@dataclass(kw_only=True)
class Courier:
    """Makes statuses happen at their time; at most `workers` callbacks are under way at once."""

    account: Account
    odds: Odds
    record: Record
    faults: FaultProgramme
    stats: Stats
    poster: Poster
    workers: int = WORKERS
    _waiting: asyncio.Queue[Call] = field(default_factory=asyncio.Queue)

    async def run(self) -> None:
        """Posts callbacks until it is cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self.workers):
                group.create_task(self._work())

    async def _work(self) -> None:
        while True:
            await self._post(await self._waiting.get())

    def follow(self, message: Message, taken: frozenset[str] = frozenset()) -> None:
        """Sets the clock for every status that the message has not taken on yet."""
        age = (datetime.now(UTC) - message.created).total_seconds() if taken else 0.0
        for step in plan(message, self.odds):
            if step.status not in taken:
                self._later(max(0.0, step.after - age), self._advance, message, step)

    async def hurry(self, message: Message) -> None:
        """Takes the message through all its statuses now, and returns when the callbacks were answered."""
        for step in plan(message, self.odds):
            self._become(message, step)
            await self._post(Call(message, step))

    def _later(self, seconds: float, do: Callable[..., None], *arguments: object) -> None:
        asyncio.get_running_loop().call_later(seconds, do, *arguments)

    def _advance(self, message: Message, step: Step) -> None:
        self._become(message, step)
        for offset in step.posts:
            call = Call(message, step)
            if offset:
                self._later(offset, self._waiting.put_nowait, call)
            else:
                self._waiting.put_nowait(call)

    def _become(self, message: Message, step: Step) -> None:
        detail = {"status": step.status} | ({"error_code": step.error_code} if step.error_code else {})
        entry = self.record.write("sms", "status", sid=message.sid, to=message.to, detail=detail)
        message.becomes(step.status, step.error_code, datetime.fromisoformat(entry.at))

    async def _post(self, call: Call) -> None:
        if not call.message.status_callback:
            return
        fault = self.faults.take("callback", to=call.message.to)
        if fault and fault.kind == "drop_callbacks":
            self._tell(call, "dropped", Answer(0, "not posted: a fault asked for it"))
            return
        forged = "another token" if fault else ""
        answer = await self.poster.post(call.message.status_callback, _fields(call, self.account.sid), forged)
        self._tell(call, "forged" if forged else "posted", answer)
        if answer.failed and call.attempt < TRIES:
            again = Call(call.message, call.step, call.attempt + 1)
            self._later(RETRY_AFTER * self.odds.delay_scale, self._waiting.put_nowait, again)

    def _tell(self, call: Call, event: str, answer: Answer) -> None:
        self.stats.count(f"callback {event}")
        detail = {"status": call.step.status, "url": call.message.status_callback, "attempt": call.attempt}
        self.record.write(
            "callback", event, sid=call.message.sid, to=call.message.to, outcome=answer.outcome, detail=detail
        )


def _fields(call: Call, account_sid: str) -> dict[str, str]:
    message, step = call.message, call.step
    fields = {
        "AccountSid": account_sid,
        "ApiVersion": API_VERSION,
        "From": message.sender,
        "MessageSid": message.sid,
        "MessageStatus": step.status,
        "SmsSid": message.sid,
        "SmsStatus": step.status,
        "To": message.to,
    }
    if message.service_sid:
        fields["MessagingServiceSid"] = message.service_sid
    if step.error_code:
        fields["ErrorCode"] = str(step.error_code)
    if step.status in {"delivered", "undelivered"}:
        fields["RawDlrDoneDate"] = datetime.now(UTC).strftime("%y%m%d%H%M")
    return fields
