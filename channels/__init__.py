"""The providers: how a text travels. One provider, one short module; README.md says how to add one."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from onevoice.people import Means

if TYPE_CHECKING:
    from onevoice.dispatch.providers import Provider
    from onevoice.settings import Settings


class Listing(NamedTuple):
    """Which means a provider serves, where its class is, and the settings without which it cannot work.

    `account`: of a public means, the setting that holds the handle which posts stand under. `weight`: the setting that
    says how much of its means falls to it, where there may be several.
    """

    means: Means
    module: str
    name: str
    needs: tuple[str, ...]
    account: str = ""
    weight: str = ""


PROVIDERS = {
    "sms": Listing(
        Means.SMS,
        "twilio_sms",
        "TwilioSms",
        ("twilio_account_sid", "twilio_auth_token", "twilio_from"),
        weight="sms_weight",
    ),
    "sms2": Listing(
        Means.SMS,
        "twilio_second",
        "SecondTwilioSms",
        ("twilio2_account_sid", "twilio2_auth_token", "twilio2_from"),
        weight="sms2_weight",
    ),
    "email": Listing(Means.EMAIL, "smtp_email", "SmtpEmail", ("smtp_host", "smtp_from")),
    "mastodon": Listing(
        Means.SOCIAL,
        "mastodon",
        "Mastodon",
        ("mastodon_api_base", "mastodon_token", "mastodon_account"),
        account="mastodon_account",
    ),
    "bluesky": Listing(
        Means.SOCIAL,
        "bluesky",
        "Bluesky",
        ("bluesky_api_base", "bluesky_handle", "bluesky_password"),
        account="bluesky_handle",
    ),
}
"""Provider name → listing. The name stands in callback addresses and in the ledger: never change one that was used."""


def build(settings: Settings) -> dict[str, Provider]:
    """Provider name → provider, for all that are set up. Only their modules are imported; the SDKs are slow to load.

    Raises:
        WrongSetting: a setting is there, but the provider cannot work with its value.
    """
    absent = missing(settings)
    return {name: _made(listing, settings) for name, listing in PROVIDERS.items() if name not in absent}


def missing(settings: Settings) -> dict[str, str]:
    """Why a provider is not in `build`: one sentence for a person, for each that is not set up."""
    reasons = {name: _unset(listing, settings) for name, listing in PROVIDERS.items()}
    return {
        name: f"No message can go by {name}: set {' and '.join(unset)}." for name, unset in reasons.items() if unset
    }


def accounts(settings: Settings) -> dict[str, str]:
    """Provider name → handle, for the public accounts that are set up. Read from settings alone: no network."""
    absent = missing(settings)
    return {
        name: _value(settings, listing.account)
        for name, listing in PROVIDERS.items()
        if listing.account and name not in absent
    }


def weights(settings: Settings) -> dict[str, float]:
    """Provider name → its weight beside the others of its means, for those that have one."""
    return {name: getattr(settings, listing.weight) for name, listing in PROVIDERS.items() if listing.weight}


def _unset(listing: Listing, settings: Settings) -> list[str]:
    return [f"ONEVOICE_{need.upper()}" for need in listing.needs if not _value(settings, need)]


def _value(settings: Settings, need: str) -> str:
    value = getattr(settings, need)
    return str(value.get_secret_value() if hasattr(value, "get_secret_value") else value)


def _made(listing: Listing, settings: Settings) -> Provider:
    provider: Provider = getattr(import_module(f"channels.{listing.module}"), listing.name)(settings)
    return provider
