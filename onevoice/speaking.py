"""Speaking: how long a text takes to say aloud, slowly enough to be written down by nobody and understood by everybody.

Rates are words a minute of a calm announcement: English and Spanish about 150, others nearby; Chinese counts
characters, Vietnamese syllables (which its spaces divide), both about 200. Korean words hold their endings and
particles, about three syllables each, so fewer of them are said. They are round numbers, not a measurement:
a minute by them is a minute with some seconds to spare.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from onevoice.letters import SIGNS

LONGEST = 60
"""Seconds that a spoken text may take."""
_USUAL = 140
_RATES: Mapping[str, int] = {
    "en": 150,
    "es": 150,
    "vi": 200,
    "zh": 220,
    "ar": 120,
    "de": 130,
    "ru": 120,
    "uk": 120,
    "so": 130,
    "ko": 90,
}
_PART = rf"(?:[^\W\d\u3400-\u9fff]|[{SIGNS}])+"
_UNITS = re.compile(rf"[\u3400-\u9fff]|\d|{_PART}(?:['’\-]{_PART})*")
"""A character of Chinese, a digit (each is said), or a word."""


def seconds(text: str, language: str) -> float:
    """How long it takes to say."""
    rate = _RATES.get(language.partition("-")[0], _USUAL)
    return len(_UNITS.findall(text)) * 60 / rate
