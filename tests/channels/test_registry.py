"""Which providers there are."""

import subprocess
import sys
from collections.abc import Callable

import pytest
from pydantic import SecretStr

import channels
from onevoice.errors import WrongSetting
from onevoice.people import Means
from onevoice.settings import Settings

Make = Callable[..., Settings]


def test_every_provider_that_is_set_up_is_built_under_its_name(settings: Make) -> None:
    """The registry gives each provider under its own name, with the means that its listing says."""
    built = channels.build(settings())

    assert {name: p.means for name, p in built.items()} == {"sms": Means.SMS, "email": Means.EMAIL}
    assert {name: p.name for name, p in built.items()} == {"sms": "sms", "email": "email"}
    assert {channels.PROVIDERS[name].means is p.means for name, p in built.items()} == {True}
    assert not {"sms", "email"} & set(channels.missing(settings()))


@pytest.mark.parametrize(
    ("unset", "name", "named"),
    [
        ({"twilio_account_sid": ""}, "sms", "ONEVOICE_TWILIO_ACCOUNT_SID"),
        ({"twilio_auth_token": SecretStr("")}, "sms", "ONEVOICE_TWILIO_AUTH_TOKEN"),
        ({"twilio_from": ""}, "sms", "ONEVOICE_TWILIO_FROM"),
        ({"smtp_host": ""}, "email", "ONEVOICE_SMTP_HOST"),
        ({"smtp_from": ""}, "email", "ONEVOICE_SMTP_FROM"),
    ],
)
def test_a_provider_without_settings_is_absent_with_its_reason(
    settings: Make, unset: dict[str, str], name: str, named: str
) -> None:
    """What is not set up is left out, and the reason names the setting; the others stay."""
    made = settings(**unset)

    assert set(channels.build(made)) == set(channels.build(settings())) - {name}
    assert named in channels.missing(made)[name]


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"twilio_account_sid": "AC12"}, "ONEVOICE_TWILIO_ACCOUNT_SID"),
        ({"twilio_account_sid": "AC" + "0" * 31 + "/"}, "ONEVOICE_TWILIO_ACCOUNT_SID"),
        ({"twilio_from": "0049 555"}, "ONEVOICE_TWILIO_FROM"),
        ({"twilio_api_base": "ftp://127.0.0.1"}, "ONEVOICE_TWILIO_API_BASE"),
        ({"twilio_api_base": "http://127.0.0.1/?x="}, "ONEVOICE_TWILIO_API_BASE"),
        ({"smtp_from": "nobody"}, "ONEVOICE_SMTP_FROM"),
        ({"smtp_from": "A <a@b.example>\r\nBcc: c@d.example"}, "ONEVOICE_SMTP_FROM"),
        ({"smtp_host": "mail.example", "allowed_hosts": ("mail.example",), "smtp_user": "clerk"}, "ONEVOICE_SMTP_TLS"),
    ],
)
def test_a_wrong_setting_is_named(settings: Make, wrong: dict[str, str], named: str) -> None:
    """A value that a provider cannot work with stops the start, and the error names its setting but not its value."""
    with pytest.raises(WrongSetting) as caught:
        channels.build(settings(**wrong))

    assert named == caught.value.where
    assert not any(str(value) in str(caught.value) for value in wrong.values())


def test_an_sdk_is_loaded_only_for_a_means_that_is_set_up() -> None:
    """Importing the registry, or building email alone, does not import Twilio's SDK."""
    code = (
        "import sys, channels; from onevoice.settings import Settings;"
        "b = channels.build(Settings(smtp_host='127.0.0.1', smtp_from='a@b.example'));"
        "print(*b, 'twilio' in sys.modules, 'aiosmtplib' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.split() == ["email", "False", "True"]
