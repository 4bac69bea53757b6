"""A second account at Twilio, or at a service that speaks the same: it takes over where the first one fails.

Everything but the account is that of `twilio_sms`. It has a number, callbacks and a pace of its own.
"""

from __future__ import annotations

from channels.twilio_sms import TwilioSms
from onevoice.errors import WrongSetting
from onevoice.settings import Settings


class SecondTwilioSms(TwilioSms):
    """The second account as a Provider."""

    name = "sms2"

    def __init__(self, settings: Settings) -> None:
        own = {
            "twilio_account_sid": settings.twilio2_account_sid,
            "twilio_auth_token": settings.twilio2_auth_token,
            "twilio_from": settings.twilio2_from,
            "twilio_api_base": settings.twilio2_api_base,
            "sms_rate": settings.sms2_rate,
        }
        try:
            super().__init__(settings.model_copy(update=own))
        except WrongSetting as problem:
            raise WrongSetting(
                problem.what, where=problem.where.replace("_TWILIO_", "_TWILIO2_"), remedy=problem.remedy
            ) from None
