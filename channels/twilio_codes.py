"""Twilio's words as data: what each status and each error code means to us.

Read 2026-11-22: https://www.twilio.com/docs/messaging/api/message-resource (status),
https://www.twilio.com/docs/messaging/guides/track-outbound-message-status (callbacks),
https://www.twilio.com/docs/api/errors (codes).

Evidence of delivery is the operator's, and never the handset's. Twilio calls a message delivered on the word of its
carrier, which some carriers give without a handset. The one further field of a callback, RawDlrDoneDate, is the minute
in which the carrier closed its receipt, in a time zone that differs between carriers and is not told
(https://www.twilio.com/en-us/changelog/addition-of-rawdlrdonedate-to-delivered-and-undelivered-status-webhooks):
it says when, not where, and is kept in the raw receipt alone.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from onevoice.dispatch.providers import Evidence, Word


class Status(NamedTuple):
    """What a status word of Twilio says."""

    word: Word
    meaning: str
    evidence: Evidence | None = None


STATUS = {
    "accepted": Status(Word.QUEUED, "Taken by a messaging service, which has not chosen a sender yet."),
    "scheduled": Status(Word.QUEUED, "Taken, to be sent at a later time."),
    "queued": Status(Word.QUEUED, "Taken, and waiting in the sender's queue."),
    "sending": Status(Word.QUEUED, "On its way from Twilio to the carrier."),
    "sent": Status(Word.SENT, "The nearest carrier has it."),
    "delivered": Status(Word.DELIVERED, "The carrier says that it was delivered.", Evidence.OPERATOR),
    "read": Status(Word.DELIVERED, "Opened on the handset; only channels with read receipts say so.", Evidence.HANDSET),
    "undelivered": Status(Word.UNDELIVERED, "The carrier says that it could not be delivered."),
    "partially_delivered": Status(Word.UNDELIVERED, "Only a part of the text arrived, so nobody was told."),
    "failed": Status(Word.UNDELIVERED, "Twilio could not send it."),
    "canceled": Status(Word.UNDELIVERED, "Somebody cancelled it at Twilio before it was sent."),
}
"""Any other word is kept and shown as it is, and changes nothing. Words for incoming messages are not in here."""


class Then(StrEnum):
    """What an error code asks of us."""

    RETRY = "retry"
    """Later may be better."""
    REJECT = "reject"
    """This number will not get this text, however often it is tried."""
    STOP = "stop"
    """Ours is wrong (account, sender, registration, content): every message would fail. A person must look."""
    OPT_OUT = "opt-out"
    """The person said stop to Twilio."""


class Code(NamedTuple):
    """What an error code says."""

    then: Then
    meaning: str


CODES = {
    20003: Code(Then.STOP, "Twilio does not accept the account's credentials."),
    20429: Code(Then.RETRY, "Too many requests at once."),
    21211: Code(Then.REJECT, "This is not a phone number."),
    21212: Code(Then.STOP, "The sender that we give is not a valid one."),
    21408: Code(Then.REJECT, "The account may not send to this country."),
    21603: Code(Then.STOP, "We gave no sender."),
    21606: Code(Then.STOP, "The sender that we give is not the account's, or cannot send SMS."),
    21610: Code(Then.OPT_OUT, "The person told Twilio to stop messages from this sender."),
    21611: Code(Then.RETRY, "Ten hours of messages wait in the sender's queue already."),
    21612: Code(Then.REJECT, "There is no way from this sender to this number."),
    21614: Code(Then.REJECT, "This number cannot receive SMS."),
    21617: Code(Then.REJECT, "The text is longer than Twilio takes."),
    30001: Code(Then.RETRY, "The sender's queue overflowed."),
    30002: Code(Then.STOP, "Twilio suspended the account."),
    30003: Code(Then.RETRY, "The handset is switched off or out of reach."),
    30004: Code(Then.REJECT, "The number blocks this message."),
    30005: Code(Then.REJECT, "Nobody has this number."),
    30006: Code(Then.REJECT, "A landline, or a carrier that takes no SMS."),
    30007: Code(Then.STOP, "A carrier filtered the message for its content or its sender."),
    30008: Code(Then.RETRY, "The carrier does not say why."),
    30034: Code(Then.STOP, "The sender is not registered for messages from applications."),
    30036: Code(Then.RETRY, "It waited in the queue for as long as it was valid."),
}
"""A code that is not in here counts as RETRY in a receipt; in the answer to a call, the HTTP status decides."""


def permanent(code: str | None) -> bool:
    """True where a code in a receipt says that the same message to the same number will fail again."""
    known = CODES.get(int(code)) if code and code.isdecimal() else None
    return known is not None and known.then is not Then.RETRY


def opted_out(code: str | None) -> bool:
    """True where a code in a receipt says that the person opted out."""
    known = CODES.get(int(code)) if code and code.isdecimal() else None
    return known is not None and known.then is Then.OPT_OUT
