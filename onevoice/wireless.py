"""Wireless alerts: how much of a text a cell tower takes.

90 characters on old phones and networks, 360 on 4G and later: 47 CFR 10.430. A text in the GSM 7-bit alphabet is
counted in septets, every other in UTF-16 code units.
"""

from __future__ import annotations

from collections.abc import Mapping

from onevoice import sms
from onevoice.alert import Kind
from onevoice.people import Means

KINDS = frozenset([Kind.WARNING, Kind.UPDATE, Kind.CORRECTION, Kind.ALL_CLEAR])
"""Kinds that go to cell towers: danger, and what people who were told of it must hear next."""
LIMITS: Mapping[Means, int] = {Means.WIRELESS_90: 90, Means.WIRELESS_360: 360}
PARAMETERS: Mapping[Means, str] = {Means.WIRELESS_90: "CMAMtext", Means.WIRELESS_360: "CMAMlongtext"}
"""Names of the CAP parameters that carry the texts in IPAWS."""


def length(text: str) -> int:
    """Characters as a tower counts them."""
    return sms.count(text).units
