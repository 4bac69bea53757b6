"""What is asked of compose: for whom, by which means, in whose name besides the authority's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from onevoice.alert import Alert
from onevoice.errors import NotAllRight
from onevoice.lexicon import OUTSIDE
from onevoice.people import Language, Means, Messenger, Profile


class DoesNotFit(NotAllRight):
    """The text cannot be made short enough; a shorter one (one language) can."""


@dataclass(frozen=True)
class Asked:
    """Which text. `messenger` is the trusted voice that co-signs, if any.

    `group` says how the reader stands to an update: `new` (in the area since now), `kept`, `outside` (dropped from the
    area), or `all`. `stand_in`: an English text for somebody who reads another language; it carries the number to call,
    and begins with a line in the language `lead`, if any. `needs`: the sentences of templates/needs.yaml that these
    readers may hear.
    """

    profile: Profile
    means: Means
    messenger: Messenger | None = None
    group: str = "all"
    stand_in: bool = False
    lead: Language | None = None
    needs: tuple[str, ...] = ()

    @cached_property
    def unsigned(self) -> Asked:
        """The same without anybody who co-signs."""
        return replace(self, messenger=None) if self.messenger else self

    @cached_property
    def key(self) -> tuple[object, ...]:
        """What tells one text of an alert from another."""
        speaker = self.messenger.id if self.messenger else None
        return (self.profile, self.means, speaker, self.group, self.stand_in, self.lead, self.needs)


def kind_of(alert: Alert, asked: Asked) -> str:
    """The kind whose sentences and templates are used: the alert's own, or `outside` for people who were dropped."""
    return OUTSIDE if asked.group == OUTSIDE else str(alert.kind)
