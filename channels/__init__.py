"""The providers: how a text travels. One provider, one short module; README.md says how to add one."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from onevoice.people import Means

if TYPE_CHECKING:
    from onevoice.dispatch.providers import Provider
    from onevoice.settings import Settings


class Listing(NamedTuple):
    """Where a provider's class is, and the settings without which it cannot work."""

    module: str
    name: str
    needs: tuple[str, ...]


PROVIDERS = {
    Means.SMS: Listing("twilio_sms", "TwilioSms", ("twilio_account_sid", "twilio_auth_token", "twilio_from")),
    Means.EMAIL: Listing("smtp_email", "SmtpEmail", ("smtp_host", "smtp_from")),
}


def build(settings: Settings) -> dict[Means, Provider]:
    """The provider of each means that is set up. Only their modules are imported; the SDKs are slow to load.

    Raises:
        WrongSetting: a setting is there, but the provider cannot work with its value.
    """
    absent = missing(settings)
    return {means: _made(listing, settings) for means, listing in PROVIDERS.items() if means not in absent}


def missing(settings: Settings) -> dict[Means, str]:
    """Why a means is not in `build`: one sentence for a person, for each that is not set up."""
    reasons = {means: _unset(listing, settings) for means, listing in PROVIDERS.items()}
    return {
        means: f"No message can go by {means}: set {' and '.join(unset)}." for means, unset in reasons.items() if unset
    }


def _unset(listing: Listing, settings: Settings) -> list[str]:
    return [f"ONEVOICE_{need.upper()}" for need in listing.needs if not _value(settings, need)]


def _value(settings: Settings, need: str) -> str:
    value = getattr(settings, need)
    return str(value.get_secret_value() if hasattr(value, "get_secret_value") else value)


def _made(listing: Listing, settings: Settings) -> Provider:
    provider: Provider = getattr(import_module(f"channels.{listing.module}"), listing.name)(settings)
    return provider
