"""One call to a provider: from a claimed delivery to an Outcome, whatever the provider does."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from onevoice.dispatch import policy
from onevoice.dispatch.providers import CannotCarry, Filled, Outcome, Outgoing, Provider, Result
from onevoice.errors import Unusable
from onevoice.failpoint import Point, failpoint
from onevoice.ledger.outcomes import Ended

if TYPE_CHECKING:
    from collections.abc import Mapping

    from onevoice.dispatch.options import Options
    from onevoice.ledger.sending import Claimed
    from onevoice.ledger.vault import Vault
    from onevoice.variant import Variant

log = logging.getLogger(__name__)

GRACE = timedelta(seconds=20)
"""How much longer than its time-out a call may take before its worker is held for dead."""

CODE, REF = re.compile("[ -~]{1,40}"), re.compile("[ -~]{1,120}")
"""What the ledger has room for. One word that no database takes would keep it from all that is kept with it."""


def outgoing(claimed: Claimed, text: Variant, vault: Vault, options: Options) -> Outgoing:
    """The message as the provider gets it: address unsealed, slots filled.

    Raises:
        Unusable: the address was sealed with another key file.
    """
    token = vault.token(claimed.attempt)
    message_id = vault.pass_for("message", claimed.delivery)
    parts: Mapping[str, str] = text.parts
    manage_url = ""
    if claimed.means == "email":
        manage_url = options.manage_url(vault.pass_for("manage", claimed.point))
        parts = Filled(parts, {"{message_id}": message_id, "{manage_url}": manage_url})
    return Outgoing(
        attempt=claimed.attempt,
        token=token,
        message_id=message_id,
        to=vault.unseal(claimed.sealed),
        parts=parts,
        language=text.profile.languages[0],
        direction=text.direction,
        segments=claimed.units,
        valid_until=claimed.valid_until,
        callback_url=options.callback_url(claimed.provider, token),
        manage_url=manage_url,
        reply_to=claimed.reply_to,
    )


async def call(provider: Provider, claimed: Claimed, text: Variant | None, vault: Vault, options: Options) -> Outcome:
    """Make the call. Never raises: what cannot be understood is UNKNOWN, what never left us is not."""
    if text is None:
        log.critical("The text %s of release %s is not what was approved.", claimed.variant, claimed.release)
        return Outcome(Result.REJECTED, code="altered-text", detail="The text is not what was approved.")
    try:
        message = outgoing(claimed, text, vault, options)
        provider.check(message.parts)
    except CannotCarry:
        return Outcome(Result.REJECTED, code="cannot-carry", detail="The provider cannot carry this text whole.")
    except Unusable:
        return Outcome(Result.REJECTED, code="unreadable-address", detail="The address cannot be unsealed.")
    except Exception as problem:  # noqa: BLE001 - whatever a provider's check raises, nothing has left us yet
        return Outcome(Result.RETRY, code=type(problem).__name__, detail="The text could not be checked.")
    failpoint(Point.CALL_BEGINS)
    answer = await _answer(provider, message)
    failpoint(Point.CALL_ANSWERED)
    return sensible(answer)


async def _answer(provider: Provider, message: Outgoing) -> object:
    try:
        return await provider.send(message)
    except Exception as problem:  # noqa: BLE001 - bytes may have left us: any error is doubt
        return Outcome(Result.UNKNOWN, code=type(problem).__name__, detail="The call broke off.")


def sensible(answer: object) -> Outcome:
    """An Outcome that can be relied on: nothing else than one with a reference is an acceptance."""
    if not isinstance(answer, Outcome):
        return Outcome(Result.UNKNOWN, code="no-outcome", detail="The provider's answer makes no sense.")
    if answer.result is Result.ACCEPTED and not (answer.ref and REF.fullmatch(answer.ref)):
        return Outcome(Result.UNKNOWN, code="no-reference", detail="Accepted without a reference.")
    if answer.code and not CODE.fullmatch(answer.code):
        return replace(answer, code="unreadable")
    return answer


def ended(claimed: Claimed, outcome: Outcome, options: Options, *, fails: bool | None = None) -> Ended:
    """What the ledger keeps of a call; `fails`: what it showed of the provider."""
    row = policy.policy(claimed.severity, claimed.urgency, claimed.kind)
    result, reason = outcome.result, None
    if outcome.halts:
        result = Result.UNKNOWN if result is Result.UNKNOWN else Result.RETRY
    elif result is Result.RETRY and policy.used_up(row, claimed.tries):
        result, reason = Result.REJECTED, "tries used up"
    wait = policy.look_after(row, result, outcome.retry_after, claimed.tries, options.chance)
    return Ended(
        attempt=claimed.attempt,
        delivery=claimed.delivery,
        fence=claimed.fence,
        provider=claimed.provider,
        contact_key=claimed.contact_key,
        result=result.value,
        look_after=timedelta(seconds=wait),
        ref=outcome.ref,
        code=outcome.code,
        detail=outcome.detail,
        reason="opted out" if outcome.opt_out else reason,
        opt_out=outcome.opt_out,
        stops=outcome.halts,
        evidence=outcome.evidence if result is Result.ACCEPTED else None,
        alone=timedelta(seconds=policy.asked(outcome.retry_after)),
        fails=fails,
    )
