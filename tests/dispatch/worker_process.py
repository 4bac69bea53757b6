"""A sender in a process of its own, to be killed: python worker_process.py '{"url": …, "keys": …, "record": …, …}'.

Its provider writes a line into the record before it answers, as a real one would have the message before we hear so.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from onevoice.dispatch.options import Options
from onevoice.dispatch.providers import Inbound, Outcome, Outgoing, Receipt, Result
from onevoice.dispatch.send import send_due
from onevoice.ledger.engine import Ledger
from onevoice.ledger.vault import Vault
from onevoice.people import Means
from onevoice.settings import Mode


class Recording:
    """Writes down what it takes, then takes its time to answer."""

    name = "double-sms"
    means = Means.SMS
    timeout = 5.0

    def __init__(self, record: str, rate: float, latency: float) -> None:
        self.rate = rate
        self.latency = latency
        self._file = os.open(record, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def units(self, parts: Mapping[str, str]) -> int:
        """One."""
        return len(parts)

    def check(self, parts: Mapping[str, str]) -> None:
        """Everything can be carried."""

    async def send(self, message: Outgoing) -> Outcome:
        """Record, wait, answer."""
        begun = time.monotonic()
        await asyncio.sleep(self.latency / 2)
        os.write(self._file, f"{message.attempt} {message.to} {begun}\n".encode())
        await asyncio.sleep(self.latency / 2)
        return Outcome(Result.ACCEPTED, ref=f"ref-{message.attempt}")

    async def find(self, message: Outgoing, since: datetime) -> Sequence[Receipt] | None:
        """Is not asked here."""
        raise NotImplementedError(message.attempt, since)

    def parse_receipts(self, url: str, headers: Mapping[str, str], body: bytes) -> Sequence[Receipt | Inbound]:
        """Nobody calls back."""
        raise NotImplementedError(url, headers, body)

    async def close(self) -> None:
        """Nothing to let go of."""


def main(given: dict[str, Any]) -> int:
    """Send until there is no more to do, or until told to stop."""
    ledger, vault = Ledger.open(given["url"]), Vault.load(Path(given["keys"]))
    options = Options(
        mode=Mode.EXERCISE,
        public_url="http://127.0.0.1:8300",
        halt_file=Path(given["halt"]),
        poll=0.05,
        missed=given.get("missed", 30.0),
    )
    provider = Recording(given["record"], given["rate"], given["latency"])
    counts = asyncio.run(send_due(ledger, vault, {Means.SMS: provider}, options, once=given["once"]))
    sys.stdout.write(counts.ending)
    return 0


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
