"""What a partner's duty officer is mailed of a version: what it is, what to do with it, and the texts to pass on.

Read at night by somebody who passes many things on: the subject says what to do, the steps stand before the texts, and
one link answers. The link holds no key to the partner's feeds; it lets its holder answer for this version and no more.
"""

from __future__ import annotations

from hmac import compare_digest
from typing import TYPE_CHECKING, Any

from onevoice.alert import Kind
from onevoice.desk import wishes
from onevoice.errors import Refused
from onevoice.ledger import alerts, partners
from onevoice.people import Tier

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from onevoice.alert import Alert
    from onevoice.desk.published import Version
    from onevoice.desk.wiring import Desk

PROOF = 32
"""Hex digits of a proof: 128 bits."""
_LATER = {Kind.ALL_CLEAR: "OVER", Kind.CORRECTION: "CORRECTED"}


def subject(alert: Alert, named: str, mark: str) -> str:
    """One line: exercise or not, what is new, which danger, where, and what to do with it."""
    news = f"{_LATER.get(alert.kind, 'CHANGED')}. " if alert.version > 1 else ""
    deed = f"pass on version {alert.version}, take version {alert.version - 1} down" if alert.version > 1 else "pass on"
    return f"{mark}{news}{named}, for {_places(alert)}: please {deed}"


def body(desk: Desk, alert: Alert, partner: Any, told: Sequence[Version], named: str) -> str:
    """The mail: steps first, then each text whole under a line that says for whom it is."""
    lines = [*_opening(desk, alert, named), "", "What to do", *_numbered(_steps(desk, alert, partner, told)), ""]
    lines += [f"Public page, always current: {alert.page_url}", f"Check number of this version: {told[0].content}"]
    texts = [f"{_head(words.language, version.tier)}\n{words.whole}" for version, words in wishes.passages(told)]
    return "\n".join(lines) + "\n\n\n" + "\n\n\n".join(texts)


def _opening(desk: Desk, alert: Alert, named: str) -> Iterator[str]:
    if alert.status != "Actual":
        yield f"{alert.status.upper()}. This is practice, there is no danger."
    until = alert.expires.astimezone(desk.settings.zone)
    sender = desk.authority(alert.authority).name("en")
    yield f"{sender} sends you version {alert.version}: {named}, for {_places(alert)}."
    yield f"It holds until {until:%A %d %B, %H:%M %Z}, or until the next version."


def _steps(desk: Desk, alert: Alert, partner: Any, told: Sequence[Version]) -> Iterator[str]:
    if alert.version > 1:
        yield f"Take version {alert.version - 1} down wherever you passed it on. This one takes its place."
    yield "Pass the texts on as they stand. Do not change or translate a time, a place or a number."
    if any(version.tier is Tier.T4 for version in told):
        yield "What is marked T4 is for responders only. Do not publish it."
    yield f"Tell us that you have it, or that you pass it on: {answer_url(desk, alert.id, partner.id)}"


def _numbered(steps: Iterator[str]) -> list[str]:
    return [f"{number}. {step}" for number, step in enumerate(steps, 1)]


def _head(language: str, tier: Tier) -> str:
    return f"[{language}, T4, for responders only]" if tier is Tier.T4 else f"[{language}, for the public]"


def _places(alert: Alert) -> str:
    return ", ".join(place.name("en") for place in alert.factset.facts["places"].places)  # type: ignore[union-attr]  # places are Places


# --- the link that answers


def answer_url(desk: Desk, alert_id: str, partner_id: str) -> str:
    """Where a partner answers for one version."""
    return f"{desk.settings.public_url.rstrip('/')}/heard/{alert_id}/{partner_id}/{_proof(desk, alert_id, partner_id)}"


def prove(desk: Desk, alert_id: str, partner_id: str, proof: str) -> Any:
    """The partner who may answer for this version.

    Raises:
        Refused: the link is not one of ours, or the partner's access was ended.
    """
    with desk.ledger.read() as conn:
        found = partners.get(conn, partner_id)
    sound = compare_digest(proof.encode(), _proof(desk, alert_id, partner_id).encode())
    if not sound or found is None or found.revoked_at is not None:
        what = "This link is not valid, or your access has ended."
        raise Refused(what, remedy="Ask the authority.")
    return found


def _proof(desk: Desk, alert_id: str, partner_id: str) -> str:
    return desk.vault.sign(f"heard|{alert_id}|{partner_id}")[:PROOF]


def newest(desk: Desk, alert: Alert) -> int:
    """The version of the chain that was released last."""
    with desk.ledger.read() as conn:
        return max((row.version for row in alerts.chain(conn, alert.chain) if row.released_at), default=alert.version)
