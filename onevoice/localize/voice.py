"""A language's voice: how it says times, lists of names, phone numbers and names in another script.

Digits are always Western, and no character comes out that would needlessly make a text message longer.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

import phonenumbers
from babel import Locale
from babel.dates import format_datetime, get_timezone_name
from babel.lists import format_list

from onevoice.facts import Instant
from onevoice.localize.language import Language, language
from onevoice.services import Hours

LRI, RLI, PDI = "\u2066", "\u2067", "\u2069"
_TOKEN = re.compile(r"'(?P<quoted>[^']*)'|(?P<zone>\{zone\})|(?P<field>([A-Za-z])\4*)|(?P<other>.)", re.DOTALL)
_DAY_FIELD = re.compile(r"[Ec]+")
_CLOCK_FIELDS = re.compile(r"(?:[abB]+\s*)?[hHkK]+[^EcMLdD{]*?m+(?:\s*[abB]+)?")
_NARROW = str.maketrans({"\u202f": " ", "\u00a0": " ", "\u2009": " ", "\u200e": None, "\u200f": None, "\u061c": None})
_UNWANTED = re.compile(r"[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c\U000f0000-\U0010ffff\ue000-\uf8ff]")
_HALF_DAY = 12
_NANP = 1


@lru_cache(maxsize=4096)
def clean(text: str) -> str:
    """A value that a person typed, on one line, without controls, direction marks or private characters."""
    spaced = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    return " ".join(_UNWANTED.sub("", spaced).split())


def _direction(text: str) -> str | None:
    """The direction of the first letter that has one."""
    strong = (unicodedata.bidirectional(c) for c in text)
    return next(("ltr" if d == "L" else "rtl" for d in strong if d in ("L", "R", "AL")), None)


def unmistakable(instant: Instant) -> Instant:
    """The moment, or the minute before it where it is noon or midnight on the clocks of its zone.

    "12:00 PM" is midnight to some readers, and "midnight, Tuesday" two different nights. 11:59 has one meaning, on one
    day, in every language; and whoever acts by it is in time.
    """
    local = instant.local
    if local.hour % _HALF_DAY or local.minute:
        return instant
    return instant.model_copy(update={"at": instant.at - timedelta(minutes=1)})


class Voice:
    """How one language says values. Made once for each language."""

    def __init__(self, spoken: Language) -> None:
        self.language = spoken
        self.direction = spoken.direction
        self.gap = spoken.gap

    @cached_property
    def _locale(self) -> Locale:
        return Locale.parse(self.language.babel)

    def isolate(self, text: str) -> str:
        """The text, kept from mixing with its surroundings where it runs the other way (numbers and links are LTR).

        A text that holds isolates already (a list of names) is left as it is.
        """
        if not text or PDI in text:
            return text
        way = _direction(text) or "ltr"
        if way == self.direction:
            return text
        return f"{LRI if way == 'ltr' else RLI}{text}{PDI}"

    def names(self, names: Sequence[str]) -> str:
        """Proper names as a list: `Old Mill, Riverside, and Harbor`."""
        return self._names(tuple(names))

    @lru_cache(maxsize=512)  # noqa: B019 - as `_instant`
    def _names(self, names: tuple[str, ...]) -> str:
        isolated = [self.isolate(clean(name)) for name in names]
        if self.language.conjunction:
            return _joined(isolated, self.language.conjunction)
        return format_list(isolated, self.language.list, self._locale).translate(_NARROW)

    @lru_cache(maxsize=512)  # noqa: B019 - as `_instant`
    def phone(self, e164: str) -> str:
        """A number as people read it, and as any phone dials it: national in North America, else international.

        A short code such as 911 is no E.164 number, and stays as it is.
        """
        if not e164.startswith("+"):
            return e164
        number = phonenumbers.parse(e164)
        national = number.country_code == _NANP
        form = phonenumbers.PhoneNumberFormat.NATIONAL if national else phonenumbers.PhoneNumberFormat.INTERNATIONAL
        return phonenumbers.format_number(number, form).translate(_NARROW)

    def spelled(self, number: str) -> str:
        """A number as a voice must say it: digit by digit, in the groups in which people know it.

        The dash is a pause to a person and to a machine that reads aloud; a full stop would end the sentence.
        """
        groups = re.findall(r"\d+", self.phone(number))
        return " - ".join(" ".join(group) for group in groups)

    def instant(self, instant: Instant, style: Literal["short", "long"] = "short") -> str:
        """A moment on the clocks of its zone, with weekday, date and the zone's name.

        Noon and midnight are told one minute early (`unmistakable`).
        """
        return self._instant(unmistakable(instant), style)

    @lru_cache(maxsize=512)  # noqa: B019 - one voice for each language, kept for the life of the process
    def _instant(self, instant: Instant, style: Literal["short", "long"]) -> str:
        pieces = (self._piece(found, instant, style) for found in _TOKEN.finditer(getattr(self.language.time, style)))
        return _western("".join(pieces)).translate(_NARROW)

    def _piece(self, found: re.Match[str], instant: Instant, style: Literal["short", "long"]) -> str:
        if found["zone"]:
            return self.zone(instant, style)
        if field := found["field"]:
            return self._field(field, instant)
        return found["other"] or found["quoted"] or "'"

    def _field(self, field: str, instant: Instant) -> str:
        local = instant.local
        if field[0] in "Ec" and self.language.weekdays:
            return self.language.weekdays[local.weekday()]
        if field in ("MMM", "LLL") and self.language.months:
            return self.language.months[local.month - 1]
        return format_datetime(local, field, locale=self._locale)

    @lru_cache(maxsize=512)  # noqa: B019 - as `_instant`
    def hours(self, spans: tuple[Hours, ...], style: Literal["short", "long"] = "short") -> str:
        """Opening hours: `Mon-Fri 9:00 AM-5:00 PM; Sat 10:00 AM-2:00 PM`. A day by name, a time without its zone."""
        return self.language.hours.pause.join(self._span(span, style) for span in spans)

    def _span(self, span: Hours, style: Literal["short", "long"]) -> str:
        pattern = getattr(self.language.time, style)
        days, clock = _DAY_FIELD.search(pattern), _CLOCK_FIELDS.search(pattern)
        if not days or not clock:  # a language file without them is refused when it is read
            return ""
        form = self.language.hours
        runs = [form.span.join(self._moment(days[0], day) for day in run) for run in _runs(span.days)]
        ends = form.span.join(self._moment(clock[0], 0, end) for end in (span.opens, span.closes))
        return f"{form.comma.join(runs)}{self.gap}{ends}"

    def _moment(self, pattern: str, weekday: int, clock: str = "00:00") -> str:
        """A day of the week or a time of day, by the tokens of the language's own pattern."""
        at = datetime.fromisoformat(f"2024-01-0{1 + weekday}T{clock}").replace(tzinfo=UTC)  # the first was a Monday
        instant = Instant(at=at, zone="UTC")
        pieces = (self._piece(found, instant, "short") for found in _TOKEN.finditer(pattern))
        return _western("".join(pieces)).translate(_NARROW).strip()

    def zone(self, instant: Instant, style: Literal["short", "long"]) -> str:
        """The name of the instant's zone, as the translators wrote it, else as CLDR has it."""
        named = self.language.zones.get(instant.zone)
        if named:
            return self.isolate(named.short if style == "short" else named.long)
        return get_timezone_name(instant.local, width="long", zone_variant="generic", locale=self._locale)


def _runs(days: Sequence[int]) -> list[tuple[int, ...]]:
    """Days of the week in order; three and more that follow one another by the first and the last of them."""
    runs: list[list[int]] = []
    for day in sorted(days):
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    few = 2
    return [part for run in runs for part in ([(run[0], run[-1])] if len(run) > few else [(day,) for day in run])]


def _joined(names: Sequence[str], conjunction: str) -> str:
    *others, last = names
    return f"{', '.join(others)} {conjunction} {last}" if others else last


def _western(text: str) -> str:
    return "".join(str(unicodedata.digit(c)) if c.isdigit() and not c.isascii() else c for c in text)


def voice(root: Path, tag: str) -> Voice:
    """The voice of a language.

    Raises:
        Unusable: there is no such language, or its file is wrong.
    """
    return _voice(language(root, tag))


_VOICES: dict[str, tuple[Language, Voice]] = {}


def _voice(spoken: Language) -> Voice:
    known = _VOICES.get(spoken.language)
    if known is None or known[0] is not spoken:
        known = _VOICES[spoken.language] = (spoken, Voice(spoken))
    return known[1]
