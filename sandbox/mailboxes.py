"""The mailboxes that make the SMTP service misbehave, by the local part of the address."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mailbox:
    """What happens to a mail for it."""

    meaning: str
    at_rcpt: str = ""
    """The refusal at RCPT."""
    every_other: bool = False
    """Refuse one try at RCPT, accept the next, and so on in turn."""
    at_dot: str = ""
    """The refusal after the mail was transferred; it is then not accepted."""
    seconds: float = 0.0
    """How long the 250 takes; the mail is accepted and recorded before."""
    cut: bool = False
    """The connection is cut after the mail was accepted and recorded, before the 250."""
    at_quit: str = ""
    bounces: bool = False


USUAL = Mailbox("accepted")
MAILBOXES = {
    "gone": Mailbox("550 5.1.1 at RCPT", at_rcpt="550 5.1.1 No such mailbox here"),
    "busy": Mailbox("451 4.2.1 at RCPT, always", at_rcpt="451 4.2.1 Mailbox busy, try again later"),
    "busy-once": Mailbox(
        "451 4.2.1 at RCPT; the next try is accepted", at_rcpt="451 4.2.1 Greylisted, try again later", every_other=True
    ),
    "full": Mailbox("552 5.2.2 at RCPT", at_rcpt="552 5.2.2 Mailbox full"),
    "late550": Mailbox("550 5.7.1 after the mail was transferred", at_dot="550 5.7.1 Message refused by policy"),
    "lost": Mailbox("accepted and recorded, then the link is cut before the 250", cut=True),
    "slow": Mailbox("accepted and recorded; the 250 takes 5 s", seconds=5),
    "hang": Mailbox("accepted and recorded; no 250 for 60 s or until the client leaves", seconds=60),
    "quit-error": Mailbox("accepted; QUIT is answered with 421", at_quit="421 4.3.0 Service closing in confusion"),
    "bounce": Mailbox("accepted; later a delivery report goes to the envelope sender (--bounce-to)", bounces=True),
}


def mailbox_of(address: str) -> Mailbox:
    """The mailbox of an address; what follows a plus in the local part does not matter."""
    local = address.rpartition("@")[0].partition("+")[0].lower()
    return MAILBOXES.get(local, USUAL)
