"""What stands around a version: its chain, the other live alerts, the zones of the jurisdiction, and the time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from onevoice.alert import Alert


@dataclass(frozen=True)
class Around:
    """`older`: released versions of the chain, oldest first. `touching`: live alerts of other chains on shared ground.

    `left`: live alerts of other chains on ground that an older version had and this one leaves; people there are told
    that they are outside. `incident`: live alerts of the same incident, wherever they are. `next_to`: zones beside the
    area in which no alert is live. `zones`: id → names of every zone. `failing`: live alerts of the same status, on any
    ground, that say which number works while the emergency number does not.
    """

    now: datetime
    older: tuple[Alert, ...] = ()
    touching: tuple[Alert, ...] = ()
    left: tuple[Alert, ...] = ()
    incident: tuple[Alert, ...] = ()
    next_to: tuple[str, ...] = ()
    failing: tuple[Alert, ...] = ()
    zones: Mapping[str, Mapping[str, str]] | None = None
