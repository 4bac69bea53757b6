"""What people get instead of a text that is held back: the choice of the segment that says how they are treated.

Which texts stand is for the checks to say; here is only in which order they are tried (docs/decisions/0009).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from onevoice.localize import ENGLISH
from onevoice.people import Fallback, Profile, Tier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from onevoice.people import Language

SHARED_POINT = "shared-point"
HELD = "held"
NO_TEXT = "there is no text in this language"
NO_ROOM = "two languages do not fit into one text message"
GETS = {
    SHARED_POINT: "the one language of two that stands",
    Fallback.BILINGUAL.value: "their language at another reading level, together with English",
    Fallback.OTHER_TIER.value: "their language at another reading level",
    Fallback.ENGLISH.value: "English",
    HELD: "nothing yet",
}
"""What a fallback is, for people. English with a line in the reader's language is English too."""
_TIERS = (Tier.T2, Tier.T1, Tier.T3, Tier.T4)


class Step(NamedTuple):
    """One text to try. `why` is what the ledger keeps; None for the reader's own.

    `only_if`: try it only where the text of this profile stands. `stand_in`: English for somebody who reads another
    language, with the number; `lead`: and with a line in this one.
    """

    profile: Profile
    why: str | None
    only_if: Profile | None = None
    stand_in: bool = False
    lead: Language | None = None


@dataclass(frozen=True)
class Instead:
    """How many people get what instead of their own text.

    `segment` says how they are treated; `gets` is a word of GETS; `number`: what they get names the number to ask;
    `because`: what holds their own text back.
    """

    language: str
    reads: str
    segment: str
    contacts: int
    gets: str
    number: bool
    because: str

    def sentence(self) -> str:
        """For people."""
        who = "person who reads" if self.contacts == 1 else "people who read"
        get = "gets" if self.contacts == 1 else "get"
        number = " with the phone number" if self.number and self.gets == Fallback.ENGLISH else ""
        return f"{self.contacts:,} {who} {self.reads} {get} {GETS[self.gets]}{number}: {self.because}."


def line(profile: Profile, policy: Fallback, *, urgent: bool, hopeful: bool) -> Iterator[Step]:
    """The reader's own text, then what follows in the segment's order; English with the number ends every line.

    `hopeful`: a text in the language may stand at all. `urgent`: rather the bare English text than nothing.
    """
    yield Step(profile, None)
    if len(profile.languages) > 1:
        profile = alone(profile)
        yield Step(profile, SHARED_POINT)
    language = profile.languages[0]
    if hopeful and policy is not Fallback.ENGLISH:
        yield from _own_language(profile, policy)
    if language != ENGLISH:
        lead = language if hopeful and policy is Fallback.BILINGUAL else None
        yield from _english(profile, lead)
    if urgent:
        bare = Profile(languages=(ENGLISH,), tier=Tier.T2)
        yield Step(bare, Fallback.ENGLISH.value, stand_in=language != ENGLISH)


def alone(profile: Profile) -> Profile:
    """A reader of two languages, with the first of them alone."""
    return profile.model_copy(update={"languages": profile.languages[:1]})


def _own_language(profile: Profile, policy: Fallback) -> Iterator[Step]:
    """The other tiers: with English beside them where the segment asks for both and both fit, else alone."""
    tiers = [profile.model_copy(update={"tier": tier}) for tier in _TIERS if tier is not profile.tier]
    if policy is Fallback.BILINGUAL and profile.languages != (ENGLISH,):
        for other in tiers:
            both = other.model_copy(update={"languages": (*other.languages, ENGLISH)})
            yield Step(both, Fallback.BILINGUAL.value, only_if=other)
    yield from (Step(other, Fallback.OTHER_TIER.value) for other in tiers)


def _english(profile: Profile, lead: Language | None) -> Iterator[Step]:
    for first in dict.fromkeys((lead, None)):
        for tier in dict.fromkeys((profile.tier, Tier.T2)):
            english = profile.model_copy(update={"languages": (ENGLISH,), "tier": tier})
            yield Step(english, Fallback.ENGLISH.value, stand_in=True, lead=first)
