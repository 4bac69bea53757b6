"""The fault programme: what goes wrong next, and how often, as a test asks for it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from sandbox.behaviours import BEHAVIOURS

VERBS = ("EHLO", "MAIL", "RCPT", "DATA", "DOT", "QUIT")
# Kinds that are not a behaviour of a create, and where each strikes.
ELSEWHERE = {
    "drop_callbacks": ("callback", "status callbacks are not posted; the message goes its way all the same"),
    "forge_callbacks": ("callback", "status callbacks carry a signature made with another token"),
    "smtp_reply": ("smtp", "answers `reply` to the SMTP verb `verb` (DOT is the end of the mail); 421 hangs up"),
}
ON_FETCH = ("401", "429", "500_before", "503_before", "timeout_before")
"""Kinds that can also strike a GET."""


class BadFault(ValueError):
    """What was asked for is no fault; the message says what would be."""


@dataclass(slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong `count` times; for ever where count is None."""

    kind: str
    count: int | None = 1
    on: str = ""
    """create, fetch, any (both); callback and smtp follow from the kind."""
    to: str = ""
    """Only for this recipient, where given."""
    seconds: float | None = None
    """Instead of the behaviour's own waiting time."""
    retry_after: str | int | None = "1"
    """The value of Retry-After of a 429, written as it stands; None: no such header."""
    verb: str = ""
    reply: str = ""

    @classmethod
    def asked(cls, wish: Mapping[str, Any]) -> Self:
        """Makes a fault of a JSON object; raises BadFault."""
        _check_types(wish)
        try:
            fault = cls(**wish)
        except TypeError as problem:
            raise BadFault(f"a fault has the fields {', '.join(cls.__slots__)}, and kind is required") from problem
        fault._check()
        return fault

    def _check(self) -> None:
        if self.kind not in {*BEHAVIOURS, *ELSEWHERE}:
            raise BadFault(f"kind is one of {', '.join([*BEHAVIOURS, *ELSEWHERE])}")
        self.on = self._place()
        if self.on not in {"create", "fetch", "any", "callback", "smtp"}:
            raise BadFault("on is create, fetch or any; callback and smtp follow from the kind")
        if self.on in {"fetch", "any"} and self.kind not in ON_FETCH:
            raise BadFault(f"on fetch there are only {', '.join(ON_FETCH)}")
        if self.on == "smtp" and (self.verb not in VERBS or not self.reply[:3].isdigit()):
            raise BadFault(f'smtp_reply needs a verb of {", ".join(VERBS)} and a reply such as "450 4.2.0 try later"')

    def _place(self) -> str:
        if self.kind in ELSEWHERE:
            return ELSEWHERE[self.kind][0]
        usual = "any" if self.kind == "401" else "create"
        return self.on or usual

    def strikes(self, on: str, to: str, verb: str) -> bool:
        """Whether it applies here."""
        place = self.on == on or (self.on == "any" and on in {"create", "fetch"})
        return place and self.to in {"", to} and self.verb == verb


def _check_types(wish: Mapping[str, Any]) -> None:
    for name in ("kind", "on", "to", "verb", "reply"):
        if not isinstance(wish.get(name, ""), str):
            raise BadFault(f"{name} is a text")
    count, seconds = wish.get("count", 1), wish.get("seconds", 0)
    if count is not None and not (isinstance(count, int) and count >= 1):
        raise BadFault("count is a number from 1, or null for as long as the programme stands")
    if seconds is not None and not (isinstance(seconds, int | float) and seconds >= 0):
        raise BadFault("seconds is a number from 0")


class FaultProgramme:
    """The faults that stand, oldest first."""

    def __init__(self) -> None:
        self._standing: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Puts one fault behind the others."""
        self._standing.append(fault)

    def clear(self) -> None:
        """Ends the programme."""
        self._standing.clear()

    def standing(self) -> list[dict[str, Any]]:
        """What has not struck yet, for JSON."""
        return [asdict(fault) for fault in self._standing]

    def take(self, on: str, *, to: str = "", verb: str = "") -> Fault | None:
        """The first fault that applies, which this uses once."""
        for fault in self._standing:
            if fault.strikes(on, to, verb):
                self._use(fault)
                return fault
        return None

    def _use(self, fault: Fault) -> None:
        if fault.count is None:
            return
        fault.count -= 1
        if not fault.count:
            self._standing.remove(fault)
