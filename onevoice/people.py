"""Who a message is for, and who speaks: the value types that audiences/ reads and the ledger stores.

Nothing here holds a name, a number or an address: those stay in the contact tables, encrypted.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

Language = str
"""A BCP 47 tag, as the folder in locales/ is called: en, es, zh-Hans."""


class Frozen(BaseModel):
    """A value that does not change and refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """As Pydantic's; what was worked out of this value (a hash) does not go with the copy, which may differ."""
        copy = super().model_copy(update=update, deep=deep)
        for name in copy.__dict__.keys() - type(copy).model_fields.keys():
            del copy.__dict__[name]
        return copy


class Tier(StrEnum):
    """Reading level: T1 very plain, T2 plain, T3 standard, T4 technical."""

    T1 = "T1"
    T2 = "T2"
    T3 = "T3"
    T4 = "T4"


class Need(StrEnum):
    """An access need that changes the words (CMIST functions, never a diagnosis)."""

    MOBILITY = "mobility"
    HEARING = "hearing"
    SIGHT = "sight"


class Means(StrEnum):
    """How a message travels. Sms and email are personal; all others are public and have no person.

    A post is a delivery to the account that it is posted from; the page feeds CAP too. The wireless forms go to cell
    towers with the CAP document. A voice script is read aloud, a card is printed, and a pack is what a champion passes
    on: they are texts that somebody takes from us, and nobody counts as reached by them.
    """

    SMS = "sms"
    EMAIL = "email"
    SOCIAL = "social"
    PAGE = "page"
    WIRELESS_90 = "wireless-90"
    WIRELESS_360 = "wireless-360"
    VOICE = "voice"
    PRINT = "print"
    PACK = "pack"


PERSONAL = (Means.SMS, Means.EMAIL)
"""Means that reach a person; a segment may name only these."""
WIRELESS = (Means.WIRELESS_90, Means.WIRELESS_360)
"""Texts for cell towers, which carry so many characters and not one more."""
SPOKEN = frozenset([Means.VOICE, Means.PACK])
"""Texts that somebody says aloud."""


PUBLIC_TIERS: Mapping[Means, tuple[Tier, ...]] = {
    Means.PAGE: (Tier.T2,),
    Means.SOCIAL: (Tier.T2,),
    Means.WIRELESS_90: (Tier.T1,),
    Means.WIRELESS_360: (Tier.T2,),
    Means.VOICE: (Tier.T2,),
    Means.PRINT: (Tier.T1, Tier.T2),
    Means.PACK: (Tier.T1, Tier.T2),
}
"""At which reading levels a public text is made for everybody. The shortest form is made of the shortest sentences."""


class Role(StrEnum):
    """What a contact is to the community."""

    RESIDENT = "resident"
    RESPONDER = "responder"
    CARE = "care"
    PARTNER = "partner"
    CHAMPION = "champion"


class Reach(StrEnum):
    """Where a segment's people must be for an alert to concern them."""

    IN_AREA = "in-area"
    JURISDICTION = "jurisdiction"
    ALWAYS = "always"


class Profile(Frozen):
    """Language × tier × access needs: all of a reader that changes the words.

    `languages` has two entries for a bilingual text at a shared contact point, else one.
    """

    languages: tuple[Language, ...]
    tier: Tier = Tier.T2
    needs: tuple[Need, ...] = ()

    @property
    def key(self) -> str:
        """Stable text form, as stored with deliveries: `es+en|T1|hearing,mobility`."""
        return "|".join(("+".join(self.languages), self.tier, ",".join(self.needs)))

    @classmethod
    def from_key(cls, key: str) -> Profile:
        """Read back what `key` wrote."""
        languages, tier, needs = key.split("|")
        return cls(
            languages=tuple(languages.split("+")),
            tier=Tier(tier),
            needs=tuple(Need(n) for n in needs.split(",") if n),
        )


class FieldIs(Frozen):
    """One condition on one plain column of a contact."""

    field: Literal[
        "lives_alone", "older", "mobility", "hearing", "sight", "newcomer", "few_ties", "role", "language", "tier"
    ]
    equals: bool | str


class AllOf(Frozen):
    """True where every part is true."""

    all: tuple[Rule, ...]


class AnyOf(Frozen):
    """True where at least one part is true."""

    any: tuple[Rule, ...]


class Not(Frozen):
    """True where the part is false."""

    not_: Annotated[Rule, Field(alias="not")]


class Everyone(Frozen):
    """True for every contact."""

    everyone: Literal[True]


Rule = FieldIs | AllOf | AnyOf | Not | Everyone
"""A segment's rule: a small closed expression. The ledger alone turns it into SQL."""


class Fallback(StrEnum):
    """What people get instead of a variant that is held back."""

    BILINGUAL = "bilingual"
    OTHER_TIER = "other-tier"
    ENGLISH = "english"


class Segment(Frozen):
    """A rule over contacts, and how the people in it are treated.

    `public` segments are named by default. Of all segments that a person belongs to, the one with the highest
    `precedence` says how they are treated: means in order, default tier and language, messenger, and which sentences
    of templates/needs.yaml they hear (`needs`), once a person of that community has read them (`reviewed_by`). `bound`:
    id of each sentence that this person read → digest of its words, so that an edit takes their name away.
    """

    id: str
    name: str
    rule: Rule
    precedence: int
    reach: Reach = Reach.IN_AREA
    public: bool = True
    means: tuple[Means, ...] = (Means.SMS, Means.EMAIL)
    tier: Tier = Tier.T2
    language: Language = "en"
    messenger: str | None = None
    fallback: Fallback = Fallback.BILINGUAL
    needs: tuple[str, ...] = ()
    reviewed_by: str | None = None
    bound: dict[str, Annotated[str, Field(pattern=r"^[0-9a-f]{12}$")]] = {}


class Messenger(Frozen):
    """Who says it: an authority, or a trusted voice that co-signs for a segment.

    `names` are per language; a missing language falls back to English, as on the door. `phones` holds the
    authority's own public numbers (E.164) by purpose: help, text, transport; and `emergency`, the number to call when
    a life is in danger, which may be a short code such as 911.
    """

    id: str
    kind: Literal["authority", "agency-office", "partner-org", "champion", "spokesperson"]
    names: dict[Language, str]
    role: dict[Language, str] = {}
    languages: tuple[Language, ...] = ()
    jurisdiction: tuple[str, ...] = ()
    hazards: tuple[str, ...] = ()
    short: dict[Language, str] = {}
    """A name that people know it by, for the form in which every character counts; else the whole name stands."""
    phones: dict[Literal["help", "text", "transport", "emergency"], str] = {}
    emergency_by_text: bool = False
    """Whether the emergency number also takes text messages: only where the town has it in writing."""
    mandate_until: str | None = None

    def emergency_takes_texts(self, number: str) -> bool:
        """Whether a number is our own emergency number, and takes texts."""
        return self.emergency_by_text and number == self.phones.get("emergency")

    def name(self, language: Language) -> str:
        """The name in `language`, or in English where it has none there."""
        return self.names.get(language, self.names["en"])


for _model in (AllOf, AnyOf, Not, Segment):
    _model.model_rebuild()
