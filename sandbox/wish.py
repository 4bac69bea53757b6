"""What a client asks of the SMS service, and what Twilio would find wrong with it."""

import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request

from sandbox.behaviours import SERVICE_SENDER
from sandbox.messages import LONGEST_VALIDITY, Message
from sandbox.refusals import Refusal

LONGEST_BODY = 1600
E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
# A number, a short code, or a name of up to eleven letters and digits.
SENDER = re.compile(r"\+[1-9]\d{6,14}|\d{3,6}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The form of a create."""

    to: str
    sender: str
    service_sid: str
    body: str
    status_callback: str
    validity: str

    @classmethod
    async def of(cls, request: Request) -> Self:
        """Reads the form."""
        form = dict(parse_qsl((await request.body()).decode(errors="replace")))
        return cls(
            to=form.get("To", ""),
            sender=form.get("From", ""),
            service_sid=form.get("MessagingServiceSid", ""),
            body=form.get("Body", ""),
            status_callback=form.get("StatusCallback", ""),
            validity=form.get("ValidityPeriod", str(LONGEST_VALIDITY)),
        )

    @property
    def leaving_from(self) -> str:
        """The number that the person sees."""
        return self.sender or SERVICE_SENDER

    def check(self) -> None:
        """Raises the Refusal that Twilio would answer with."""
        self._check_numbers()
        if not self.body:
            raise Refusal(21602)
        if len(self.body) > LONGEST_BODY:
            raise Refusal(21617)
        if self.status_callback and not _is_web_address(self.status_callback):
            raise Refusal(21609, self.status_callback)
        if not (self.validity.isdecimal() and 1 <= int(self.validity) <= LONGEST_VALIDITY):
            raise Refusal(20001, "ValidityPeriod")

    def _check_numbers(self) -> None:
        if not self.to:
            raise Refusal(21604)
        if not E164.fullmatch(self.to):
            raise Refusal(21211, self.to)
        if not (self.sender or self.service_sid):
            raise Refusal(21603)
        if self.sender and not SENDER.fullmatch(self.sender):
            raise Refusal(21212, self.sender)

    def message(self, behaviour: str, nth: int) -> Message:
        """The message as it is taken."""
        return Message(
            to=self.to,
            sender=self.leaving_from,
            body=self.body,
            status="accepted" if self.service_sid else "queued",
            service_sid=self.service_sid,
            status_callback=self.status_callback,
            validity=int(self.validity),
            behaviour=behaviour,
            nth=nth,
        )


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return False
