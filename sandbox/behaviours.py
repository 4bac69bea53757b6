"""What the SMS service can be made to do with a message, and the numbers that make it do so."""

from dataclasses import dataclass
from enum import StrEnum

# All magic numbers lie in this block: 907 is Alaska's area code, 555-0100 to 555-0199 are kept for fiction.
MAGIC_BLOCK = "+190755501"
SERVICE_SENDER = MAGIC_BLOCK + "99"
"""The number from which a messaging service sends."""
STRANGER = MAGIC_BLOCK + "98"
"""The recipient that the behaviour `wrong_to` answers with."""


class Reply(StrEnum):
    """What the client gets to see of a create."""

    RESOURCE = "resource"
    ERROR = "error"
    HELD = "held"
    DRIPPED = "dripped"
    CUT = "cut"
    HTML = "html"
    EMPTY = "empty"
    NO_SID = "no_sid"
    WRONG_TO = "wrong_to"
    SAME_SID = "same_sid"


class Calls(StrEnum):
    """How the status callbacks of a message are posted."""

    USUAL = "usual"
    NONE = "none"
    EARLY = "early"
    REPEATED = "repeated"
    REVERSED = "reversed"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One way of treating a message."""

    meaning: str
    accepts: bool = True
    """Whether the message is taken; what is answered is another matter."""
    refusal: int = 0
    """Twilio's code of the refusal, where it is refused in words."""
    every_other: bool = False
    """Refuse a first create to this number, accept the next, and so on in turn."""
    reply: Reply = Reply.RESOURCE
    status: int = 201
    seconds: float = 0.0
    """How long the reply waits, is held, or takes for each byte."""
    fate: str = ""
    """delivered, silent, or a Twilio error code; empty: by the seeded shares."""
    calls: Calls = Calls.USUAL


BEHAVIOURS = {
    "usual": Behaviour("accepted; what becomes of it goes by the seeded shares"),
    "delivered": Behaviour("accepted and delivered", fate="delivered"),
    "undelivered_30003": Behaviour("accepted, then undelivered, 30003 (unreachable handset)", fate="30003"),
    "undelivered_30005": Behaviour("accepted, then undelivered, 30005 (unknown handset)", fate="30005"),
    "failed_30001": Behaviour("accepted, then failed, 30001 (queue overflow), never sent", fate="30001"),
    "21211": Behaviour("refused: 400, 21211 invalid To", accepts=False, refusal=21211),
    "21614": Behaviour("refused: 400, 21614 not a mobile number", accepts=False, refusal=21614),
    "21610": Behaviour("refused: 400, 21610 the recipient opted out", accepts=False, refusal=21610),
    "429_once": Behaviour(
        "refused once: 429, 20429, Retry-After 1; the next create is accepted and delivered",
        refusal=20429,
        every_other=True,
        fate="delivered",
    ),
    "429": Behaviour("refused: 429, 20429, Retry-After as asked", accepts=False, refusal=20429),
    "401": Behaviour("refused: 401, 20003, as with revoked credentials", accepts=False, refusal=20003),
    "500_before": Behaviour("refused: 500, 20500; not accepted", accepts=False, refusal=20500),
    "503_before": Behaviour("refused: 503, 20503; not accepted", accepts=False, refusal=20503),
    "timeout_before": Behaviour("not accepted; no reply for 60 s", accepts=False, reply=Reply.HELD, seconds=60),
    "500_after_accept": Behaviour(
        "accepted and delivered, answered 500", reply=Reply.ERROR, status=500, fate="delivered"
    ),
    "502_after_accept": Behaviour(
        "accepted and delivered, answered 502", reply=Reply.ERROR, status=502, fate="delivered"
    ),
    "503_after_accept": Behaviour(
        "accepted and delivered, answered 503; callbacks come", reply=Reply.ERROR, status=503, fate="delivered"
    ),
    "504_after_accept": Behaviour(
        "accepted and delivered, answered 504", reply=Reply.ERROR, status=504, fate="delivered"
    ),
    "503_after_accept_mute": Behaviour(
        "accepted and delivered, answered 503; never a callback, only a look at the list tells",
        reply=Reply.ERROR,
        status=503,
        fate="delivered",
        calls=Calls.NONE,
    ),
    "timeout_after_accept": Behaviour(
        "accepted and delivered; no reply for 60 s or until the client leaves; callbacks come",
        reply=Reply.HELD,
        seconds=60,
        fate="delivered",
    ),
    "drip_after_accept": Behaviour(
        "accepted and delivered; the reply comes at one byte a second", reply=Reply.DRIPPED, seconds=1, fate="delivered"
    ),
    "cut_after_accept": Behaviour(
        "accepted and delivered; the connection is cut without a reply", reply=Reply.CUT, fate="delivered"
    ),
    "silent": Behaviour("accepted, stays queued for ever, never a callback", fate="silent"),
    "html": Behaviour("accepted and delivered; answered 200 with an HTML page", reply=Reply.HTML, fate="delivered"),
    "empty": Behaviour("accepted and delivered; answered 200 with no body", reply=Reply.EMPTY, fate="delivered"),
    "no_sid": Behaviour("accepted and delivered; the reply lacks its sid", reply=Reply.NO_SID, fate="delivered"),
    "wrong_to": Behaviour("accepted and delivered; the reply names another To", reply=Reply.WRONG_TO, fate="delivered"),
    "same_sid": Behaviour(
        "accepted and delivered; the reply carries the sid of the message before",
        reply=Reply.SAME_SID,
        fate="delivered",
    ),
    "early_callback": Behaviour(
        "the delivered callback is posted, and answered, before the create's reply", fate="delivered", calls=Calls.EARLY
    ),
    "repeated_callbacks": Behaviour(
        "delivered; each callback is posted three times", fate="delivered", calls=Calls.REPEATED
    ),
    "reversed_callbacks": Behaviour(
        "delivered; the delivered callback is posted before the sent one", fate="delivered", calls=Calls.REVERSED
    ),
    "slow": Behaviour("accepted and delivered; the reply takes 5 s", seconds=5, fate="delivered"),
}

# The last two digits after MAGIC_BLOCK, and what they do.
MAGIC = {
    "00": "delivered",
    "01": "undelivered_30003",
    "02": "undelivered_30005",
    "03": "21211",
    "04": "21614",
    "05": "21610",
    "06": "429_once",
    "07": "503_after_accept",
    "08": "503_after_accept_mute",
    "09": "timeout_after_accept",
    "10": "silent",
    "11": "500_before",
    "12": "html",
    "13": "empty",
    "14": "early_callback",
    "15": "repeated_callbacks",
    "16": "slow",
    "17": "reversed_callbacks",
    "18": "failed_30001",
    "19": "cut_after_accept",
    "20": "drip_after_accept",
    "21": "no_sid",
    "22": "wrong_to",
}


def behaviour_of(number: str) -> str:
    """The name of the behaviour that a number asks for; `usual` for every number that is not magic."""
    if not number.startswith(MAGIC_BLOCK):
        return "usual"
    return MAGIC.get(number.removeprefix(MAGIC_BLOCK), "usual")
