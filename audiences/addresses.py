"""Numbers and mail addresses: every usual spelling to one normal form; what cannot be one is refused with the reason.

A reason never repeats what was given: it goes into reports.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from onevoice.errors import Unusable

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

LOAD_NUMBER = re.compile(r"\+1555[2-9]\d{6}")
"""Numbers of area code 555, which nobody can have. Large exercises use them; only an exercise deployment takes them."""

_SCIENTIFIC = re.compile(r"[+-]?\d+([.,]\d+)?[eE][+-]?\d+")
_AS_TEXT = "format the column as text and export it again."
_SPELLING = re.compile(r"\+?[\d\s()./\u2010-\u2015\u2212-]+")
_EXTENSION = re.compile(r"(?i)(ext|x|#|;|,|ｘ)\D*\d+\s*$")
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_LONGEST_LOCAL, _LONGEST_DOMAIN = 64, 253


class Wrong(Unusable):
    """Not an address that anything can be sent to. Its text is the reason, without the address."""


def number(text: str, region: str = "US", *, load_numbers: bool = False) -> str:
    """A telephone number as E.164. `region` is where a number without country code belongs.

    Raises:
        Wrong: damaged by a spreadsheet, with an extension, or not a number that can exist.
    """
    import phonenumbers  # noqa: PLC0415 - 23 MB of tables

    plain = _plain(text)
    _undamaged(plain)
    try:
        parsed = phonenumbers.parse(re.sub(r"^00(?!0)", "+", plain), region, keep_raw_input=True)
    except phonenumbers.NumberParseException:
        raise Wrong("is not a telephone number.") from None
    e164 = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    if load_numbers and LOAD_NUMBER.fullmatch(e164):
        return e164
    _can_exist(parsed, plain, region)
    return e164


def _plain(text: str) -> str:
    """Half-width, without what spreadsheets and browsers put around a number to keep it text."""
    plain = unicodedata.normalize("NFKC", text).strip()
    return re.sub(r"^(tel:|'|=\"(?=.*\"$))|\"$", "", plain).strip()


def _undamaged(plain: str) -> None:
    if _SCIENTIFIC.fullmatch(plain):
        raise Wrong(f"was turned into scientific notation by a spreadsheet; {_AS_TEXT}")
    if re.fullmatch(r"\d+[.,]0+", plain):
        raise Wrong(f"was turned into a decimal number by a spreadsheet; {_AS_TEXT}")
    if _EXTENSION.search(plain):
        raise Wrong("has an extension, which a message cannot reach; give a direct number.")
    if any(c.isalpha() for c in plain):
        raise Wrong("has letters in it; give digits only.")
    if not _SPELLING.fullmatch(plain):
        raise Wrong("has signs in it that no number has; give digits only.")


def _can_exist(parsed: PhoneNumber, plain: str, region: str) -> None:
    import phonenumbers  # noqa: PLC0415 - as above

    kind = phonenumbers.number_type(parsed)
    if kind == phonenumbers.PhoneNumberType.UNKNOWN:
        raise Wrong("is not a number in use: a digit, a leading zero or the country code may be lost.")
    if kind not in _personal():
        raise Wrong("is a service number, not one of a person.")
    trunk = phonenumbers.ndd_prefix_for_region(region, strip_non_digits=True)
    given_here = parsed.country_code_source == phonenumbers.CountryCodeSource.FROM_DEFAULT_COUNTRY
    if trunk == "0" and given_here and not re.sub(r"\D", "", plain).startswith("0"):
        raise Wrong(f"has lost its leading zero; {_AS_TEXT}")


@cache
def _personal() -> frozenset[int]:
    from phonenumbers import PhoneNumberType as Type  # noqa: PLC0415 - as above

    return frozenset({Type.MOBILE, Type.FIXED_LINE, Type.FIXED_LINE_OR_MOBILE, Type.PERSONAL_NUMBER, Type.VOIP})


def email(text: str) -> str:
    """A mail address with its domain in lower case, without a final dot, in ASCII.

    Raises:
        Wrong: not one address, or it holds something that could end up in a header.
    """
    plain = unicodedata.normalize("NFKC", text.strip(" \t"))
    if any(unicodedata.category(c)[0] in "CZ" for c in plain):
        raise Wrong("has a space, a line break or an invisible character in it.")
    local, _, domain = plain.rpartition("@")
    if not _LOCAL.fullmatch(local) or len(local) > _LONGEST_LOCAL:
        raise Wrong("is not one mail address, such as name@example.org.")
    return f"{local}@{_domain(domain)}"


def _domain(text: str) -> str:
    try:
        domain = text.removesuffix(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise Wrong("has a domain that cannot exist.") from None
    *names, top = domain.split(".")
    if not names or top.isdigit() or len(domain) > _LONGEST_DOMAIN or not all(map(_LABEL.fullmatch, (*names, top))):
        raise Wrong("has a domain that cannot exist.")
    return domain


def normalise(text: str, region: str = "US") -> tuple[str, str]:
    """The means and normal form of an address: (`sms`, E.164) or (`email`, address).

    Raises:
        Wrong: neither a number nor a mail address.
    """
    if "@" in text:
        return "email", email(text)
    if not any(c.isdigit() for c in text):
        raise Wrong("is neither a number nor a mail address.")
    return "sms", number(text, region, load_numbers=True)
