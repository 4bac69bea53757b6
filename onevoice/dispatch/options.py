"""What a sender is told by the desk, and what it tells back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from onevoice.ledger.engine import Clock, database_now
from onevoice.settings import Mode


@dataclass
class Counts:
    """What a sender has done since it started. `ending` says why it stopped: done, halted or stopped."""

    started: int = 0
    accepted: int = 0
    retry: int = 0
    rejected: int = 0
    unknown: int = 0
    taken_back: int = 0
    in_flight: int = 0
    ending: str = ""


@dataclass(frozen=True)
class Options:
    """How to send.

    `public_url`: where providers and readers find us. While `halt_file` exists no call begins. `anchor_file`: where
    the audit chain is anchored; `reached_file`: where it stands how far we had come, so that a database from an older
    backup is known for what it is. `poll`: seconds between looks when nothing is due; `drain`: seconds that running
    calls get after a request to stop; `patience`: seconds that outcomes wait for a database that is out of reach;
    `missed`: seconds after its rate slot at which a call may still begin, later the slot is given up; `window`: calls
    on their way through one provider at most; `weights`: provider name → its weight beside the others of its means, 1
    where it has none; with 0 it only stands by.
    """

    mode: Mode
    public_url: str
    halt_file: Path
    anchor_file: Path | None = None
    reached_file: Path | None = None
    clock: Clock = database_now
    on_progress: Callable[[Counts], None] | None = None
    poll: float = 0.1
    drain: float = 15.0
    patience: float = 60.0
    missed: float = 0.1
    window: int = 128
    chance: Random = field(default_factory=Random)
    weights: Mapping[str, float] = field(default_factory=dict)

    def callback_url(self, provider: str, token: str) -> str:
        """Where a provider says what became of an attempt."""
        return callback_address(self.public_url, provider, token)

    def manage_url(self, token: str) -> str:
        """Where a reader manages what they get; always of the same length."""
        return f"{self.public_url.rstrip('/')}/manage/{token}"

    def halted(self) -> bool:
        """True where the halt file exists, or nobody can say that it does not."""
        try:
            self.halt_file.stat()
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return True


def callback_address(public_url: str, provider: str, token: str) -> str:
    """Where a provider is heard. `token` is that of an attempt, or says what else it tells."""
    return f"{public_url.rstrip('/')}/callbacks/{provider}/{token}"
