"""A partner is registered with what there is, or not at all."""

from typing import Any

import pytest

from onevoice.desk import partners
from onevoice.desk.wiring import Desk
from onevoice.errors import Unusable

BAD: dict[str, tuple[dict[str, Any], str]] = {
    "a zone that nobody has": ({"zones": ("old-mil",)}, r"^--zones: There is no zone 'old-mil'.*mean old-mill.*market"),
    "a language that is not shipped": ({"languages": ("en", "eo")}, r"^--languages: .*'eo'.*There are: en, .*zh-Hans"),
    "a language by its English name": ({"languages": ("Spanish",)}, "^--languages: There is no language 'Spanish'"),
    "a tier that there is not": ({"tiers": ("T5",)}, r"^--tiers: There is no tier 'T5'.*There are: T1, T2, T3, T4\."),
    "a word": ({"email": "notmail"}, r"^--email: This is no mail address\. Give one address such as desk@radio"),
    "no address": ({"email": "desk at radio"}, r"^--email: .*desk@radio\.example\.$"),
    "a number": ({"email": "+14135550150"}, "^--email: This is no mail address"),
    "two addresses": ({"email": "a@radio.example,b@radio.example"}, "^--email: "),
    "another header": ({"email": "a@radio.example\r\nBcc: all@town.example"}, "^--email: It holds a line break"),
    "a line break at the end": ({"email": "a@radio.example\n"}, "^--email: It holds a line break"),
    "a name in two lines": ({"name": "Radio\nMillford"}, "^--name: A name has 1 to 120 characters in one line"),
    "a name that is turned around": ({"name": "Radio\u202e"}, "^--name: "),
    "a name of nothing": ({"name": "  "}, "^--name: "),
    "an endless name": ({"name": "R" * 121}, "^--name: "),
    "an id with a slash": ({"partner_id": "mill/radio"}, "^ID: .*For example: mill-radio"),
    "an id of nothing": ({"partner_id": ""}, "^ID: "),
    "an endless id": ({"partner_id": "r" * 61}, "^ID: "),
}


@pytest.mark.parametrize("name", BAD)
def test_what_there_is_not_is_named(name: str, desk: Desk) -> None:
    """The field, what is wrong, what there is; and nobody is registered."""
    given, said = BAD[name]
    usual: dict[str, Any] = {"partner_id": "radio", "name": "Town Radio"}

    with pytest.raises(Unusable, match=said) as caught:
        partners.add(desk, **usual | given)

    assert "\n" not in str(caught.value)
    assert partners.listing(desk) == []


def test_what_is_meant_is_kept_in_its_own_spelling(desk: Desk) -> None:
    """A zone by its name, a language and a tier in other letters, each once."""
    partners.add(
        desk,
        "mill-radio.2",
        " Town Radio ",
        email="Desk@RADIO.example",
        languages=("ES", "zh-hans", "es"),
        tiers=("t4", "T2"),
        zones=("Old Mill", "old-mill", "market"),
    )

    [found] = partners.listing(desk)
    assert found == {
        "id": "mill-radio.2",
        "name": "Town Radio",
        "languages": "es,zh-Hans",
        "tiers": "T4,T2",
        "zones": "old-mill,market",
        "revoked": False,
    }
    with desk.ledger.read() as conn:
        sealed = conn.exec_driver_sql("SELECT email_enc FROM partner").scalar_one()
    assert desk.vault.unseal(sealed) == "Desk@radio.example"
