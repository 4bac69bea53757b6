"""What is asked of compose: for whom, by which means, in whose name besides the authority's."""

from __future__ import annotations

from dataclasses import dataclass

from onevoice.alert import Alert
from onevoice.errors import NotAllRight
from onevoice.lexicon import OUTSIDE
from onevoice.people import Means, Messenger, Profile


class DoesNotFit(NotAllRight):
    """The text cannot be made short enough; a shorter one (one language) can."""


@dataclass(frozen=True)
class Asked:
    """Which text. `messenger` is the trusted voice that co-signs, if any.

    `group` says how the reader stands to an update: `new` (in the area since now), `kept`, `outside` (dropped from the
    area), or `all`.
    """

    profile: Profile
    means: Means
    messenger: Messenger | None = None
    group: str = "all"


def kind_of(alert: Alert, asked: Asked) -> str:
    """The kind whose sentences and templates are used: the alert's own, or `outside` for people who were dropped."""
    return OUTSIDE if asked.group == OUTSIDE else str(alert.kind)
