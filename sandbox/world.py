"""All that the services share: one record, one set of messages, one fault programme."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from starlette.types import Scope

from sandbox.bluesky_records import BlueskyAccount, Records
from sandbox.callbacks import Courier
from sandbox.fate import Odds
from sandbox.faults import FaultProgramme
from sandbox.mastodon_statuses import MastodonAccount, Status, Statuses
from sandbox.messages import Message, Messages
from sandbox.posting import Account, Poster
from sandbox.record import Entry, Record
from sandbox.replies import Hangup
from sandbox.stats import Stats


def no_connection(_scope: Scope) -> None:
    """Stands in until the server runs."""


@dataclass(kw_only=True)
class World:
    """The state of a running sandbox."""

    account: Account
    mastodon: MastodonAccount
    bluesky: BlueskyAccount
    odds: Odds
    record: Record
    courier: Courier
    poster: Poster
    faults: FaultProgramme
    stats: Stats
    magic: bool = True
    max_rate: int = 0
    """Creates taken in one second before 429; 0: no limit."""
    messages: Messages = field(default_factory=Messages)
    statuses: Statuses = field(default_factory=Statuses)
    """Posts on Mastodon."""
    records: Records = field(default_factory=Records)
    """Posts on Bluesky."""
    opted_out: set[tuple[str, str]] = field(default_factory=set)
    """(our number, the person's number)."""
    refused: set[str] = field(default_factory=set)
    """Numbers and addresses that were refused once and are accepted the next time."""
    hang_up: Hangup = no_connection

    _under_way: set[asyncio.Task[None]] = field(default_factory=set)

    def background(self, work: Coroutine[Any, Any, None]) -> None:
        """Lets something happen beside the services."""
        task = asyncio.get_running_loop().create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    def in_turn(self, address: str) -> bool:
        """Whether a first try to this address is to be refused now; the next is not."""
        if address in self.refused:
            self.refused.remove(address)
            return False
        self.refused.add(address)
        return True

    def remember(self) -> None:
        """Learns again what the record held before, and leads unfinished messages on."""
        taken: dict[str, set[str]] = {}
        for entry in self.record.learned:
            self._relearn(entry)
            if entry.service == "sms" and entry.event == "status":
                taken.setdefault(entry.sid, set()).add(entry.detail["status"])
        for message in self.messages.newest_first():
            if message.direction != "inbound":
                self.courier.follow(message, frozenset(taken.get(message.sid, ())) | {"accepted"})

    def _relearn(self, entry: Entry) -> None:
        if entry.service in {"mastodon", "bluesky"}:
            self._relearn_post(entry)
            return
        match entry.service, entry.event:
            case ("sms", "accepted") | ("inbound", "received" | "reply"):
                self.messages.add(_message(entry))
            case "sms", "status":
                if message := self.messages.get(entry.sid):
                    at = datetime.fromisoformat(entry.at)
                    message.becomes(entry.detail["status"], entry.detail.get("error_code", 0), at)
            case "inbound", "opt-out":
                self.opted_out.add((entry.to, entry.sender))
            case "inbound", "opt-in":
                self.opted_out.discard((entry.to, entry.sender))

    def _relearn_post(self, entry: Entry) -> None:
        match entry.service, entry.event:
            case "mastodon", "accepted":
                at = datetime.fromisoformat(entry.at)
                self.statuses.add(Status(id=entry.sid, text=entry.body, created=at, **entry.detail))
            case "mastodon", "deleted":
                self.statuses.remove(entry.sid)
            case "bluesky", "accepted":
                self.records.put(self.records.made(entry.detail["rkey"], entry.detail["record"]))
            case "bluesky", "deleted":
                self.records.remove(entry.sid.rpartition("/")[2])


def _message(entry: Entry) -> Message:
    return Message(
        to=entry.to,
        sender=entry.sender,
        body=entry.body,
        sid=entry.sid,
        created=datetime.fromisoformat(entry.at),
        **entry.detail,
    )
