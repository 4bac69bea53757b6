"""The fault programme: what goes wrong next, and how often, as a test asks for it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from sandbox.behaviours import BEHAVIOURS
from sandbox.post_behaviours import POST_BEHAVIOURS

VERBS = ("EHLO", "MAIL", "RCPT", "DATA", "DOT", "QUIT")
# Kinds that are not a behaviour of a create, and where each strikes.
ELSEWHERE = {
    "drop_callbacks": ("callback", "status callbacks are not posted; the message goes its way all the same"),
    "forge_callbacks": ("callback", "status callbacks carry a signature made with another token"),
    "smtp_reply": ("smtp", "answers `reply` to the SMTP verb `verb` (DOT is the end of the mail); 421 hangs up"),
}
ON_FETCH = ("401", "429", "500_before", "503_before", "timeout_before")
"""Kinds that can also strike a GET."""
POSTS = {"mastodon": ("create", "fetch", "any"), "bluesky": ("create", "fetch", "any", "session")}
"""The services for posts, and where a fault can strike each. Session: a log-in or its renewal."""


class BadFault(ValueError):
    """What was asked for is no fault; the message says what would be."""


@dataclass(slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong `count` times; for ever where count is None."""

    kind: str
    service: str = "sms"
    """sms, mastodon or bluesky; kinds of mail stay with sms."""
    count: int | None = 1
    on: str = ""
    """create, fetch, any (both), session; callback and smtp follow from the kind."""
    to: str = ""
    """Only for this recipient, where given; of a post, only for this language."""
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
        if self.service in POSTS:
            self._check_post()
        elif self.service != "sms":
            raise BadFault(f"service is one of sms, {', '.join(POSTS)}")
        else:
            self._check_message()

    def _check_post(self) -> None:
        places = POSTS[self.service]
        if self.kind not in POST_BEHAVIOURS:
            raise BadFault(f"of {self.service}, kind is one of {', '.join(POST_BEHAVIOURS)}")
        self.on = self.on or ("any" if self.kind == "401" else "create")
        if self.on not in places:
            raise BadFault(f"of {self.service}, on is one of {', '.join(places)}")
        if self.on != "create" and POST_BEHAVIOURS[self.kind].accepts:
            raise BadFault("what is posted and then goes wrong strikes on create only")

    def _check_message(self) -> None:
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

    def strikes(self, service: str, on: str, to: str, verb: str) -> bool:
        """Whether it applies here."""
        place = self.on == on or (self.on == "any" and on in {"create", "fetch"})
        return place and self.service == service and self.to in {"", to} and self.verb == verb


def _check_types(wish: Mapping[str, Any]) -> None:
    for name in ("kind", "service", "on", "to", "verb", "reply"):
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

    def take(self, on: str, *, service: str = "sms", to: str = "", verb: str = "") -> Fault | None:
        """The first fault that applies, which this uses once."""
        for fault in self._standing:
            if fault.strikes(service, on, to, verb):
                self._use(fault)
                return fault
        return None

    def _use(self, fault: Fault) -> None:
        if fault.count is None:
            return
        fault.count -= 1
        if not fault.count:
            self._standing.remove(fault)
