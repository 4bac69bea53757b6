"""Services that help, as one version of an alert names them: copied whole from the directory, so that it stands alone.

The directory itself is in the shape of Open Referral's HSDS 3 (`audiences/directory.py` reads it, the ledger keeps it).
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, get_args

from pydantic import Field

from onevoice.people import Frozen, Language, Need

Sort = Literal["listening", "company", "practical", "home", "health", "rights"]
"""What a service is for: the sentence that leads to it (`signpost` in templates/frames.yaml)."""
SORTS: tuple[Sort, ...] = get_args(Sort)
ALWAYS = frozenset(["preparedness", "recovery", "support", "check-in"])
"""Kinds of message that lead to a service, always; without one they are blocked."""
HURRIED = frozenset(["warning", "update", "correction", "exercise"])
"""Kinds that never lead anywhere by themselves: there is danger, or something to set right."""
WRITTEN = ("text", "textphone", "video")
"""Lines that somebody can use who cannot hear, the commonest first."""


class Line(Frozen):
    """A number: E.164, or a short code that everybody in the town can dial. `use` as HSDS `phone.type`."""

    number: Annotated[str, Field(pattern=r"^(\d{3,6}|\+[1-9]\d{6,14})$")]
    use: Literal["voice", "text", "textphone", "video"] = "voice"


class Hours(Frozen):
    """On these days (Monday is 0) it is open from `opens` to `closes`, HH:MM on the town's clocks."""

    days: tuple[Annotated[int, Field(ge=0, le=6)], ...]
    opens: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    closes: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class Service(Frozen):
    """One entry, as it was in one `version`.

    `assured`: when somebody last confirmed it; `until`: to which day it may be named.
    `languages` are ISO 639-1 codes of what people there speak; what is None nobody has said.
    """

    id: str
    version: str
    sort: Sort
    name: str
    lines: tuple[Line, ...]
    hours: tuple[Hours, ...] = ()
    always: bool = False
    languages: tuple[str, ...] = ()
    interpreter: bool = False
    free: bool | None = None
    address: str = ""
    accessible: bool = False
    assured: date
    until: date

    def line(self, *uses: str) -> Line | None:
        """The first line for one of these uses, in their order."""
        return next((line for use in uses for line in self.lines if line.use == use), None)

    def line_for(self, needs: tuple[Need, ...]) -> Line | None:
        """The line that a reader can use: who cannot hear never gets one that can only be called."""
        return self.line(*WRITTEN) if Need.HEARING in needs else self.line("voice", "text")

    def speaks(self, language: Language) -> bool:
        """True where somebody there speaks a language: zh stands for zh-Hans and zh-Hant, two ways to write it."""
        return language.partition("-")[0] in self.languages


class Services(Frozen):
    """The services that a version may lead to, in the order in which they are told."""

    type: Literal["services"] = "services"
    entries: tuple[Service, ...]
