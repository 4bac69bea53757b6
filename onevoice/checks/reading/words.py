"""`locales/<language>/reading.yaml`: how people write a language in their own words, for the check of any text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

from babel import Locale
from pydantic import Field, field_validator

from onevoice.checks.reading.folded import fold
from onevoice.errors import Unusable
from onevoice.letters import END
from onevoice.lexicon.files import checked, plain_values
from onevoice.localize.language import Language
from onevoice.people import Frozen

Words = tuple[str, ...]
_GAP = " ... "
"""Between the two parts of a verb that others stand between: "schalten ... aus"."""
_PREFIXES = {"ar": "(?:[وفبلك]{0,2}(?:ال)?|لل)"}
"""What a language writes in one piece with the word after it."""
_PARTICLES = {
    "ko": "은|는|이|가|을|를|에|에서|에게|께|로|으로|의|도|만|와|과|나|이나|까지|부터|마다|보다|처럼|입니다|이며|이고",
}
"""What a language writes in one piece with the word before it."""
_UNSPACED = frozenset(["zh", "ja", "th", "km", "lo", "my"])


def ending(language: str, end: str = END) -> str:
    """A pattern for the end of a word: no letter follows, save a particle that the language writes onto the word.

    `end`: another pattern for that no letter follows, for a folded text, in which every sign is a letter.
    """
    particles = _PARTICLES.get(language.split("-", maxsplit=1)[0])
    return rf"(?=(?:(?:{particles})(?:는|도|만)?)?(?!\w))" if particles else end


class Clock(Frozen):
    """Words around a time of day.

    `am`, `pm` stand beside it; `evening` words make it the second half from a little further off; `hour` follows or
    precedes a bare hour; `lead` leads to one.
    """

    am: Words = ()
    pm: Words = ()
    noon: Words = ()
    midnight: Words = ()
    evening: Words = ()
    hour: Words = ()
    lead: Words = ()


class Stretches(Frozen):
    """Words around a stretch of time: `start` before its first time, `behind` just behind it, `to` between the two."""

    start: Words = ()
    behind: Words = ()
    to: Words = ()


class Conditions(Frozen):
    """Words for how things are on the way; of a language that has none here nothing is heard.

    `open`, `closed`: of a road; `buses`: the vehicles; `welcome`: that somebody or something may come in; `left`: left
    behind, which may stand beside a word of negation without refusing anybody; `place`: a shelter to go to; `asked`:
    that something must be shown there; `water`: drinking water, and `given`: that something is handed out; `may`: that
    people are free to do something, `out`: to go out, and `under`: only some people, or only later; `not_yet`: beside a
    word of negation, that something is free only later.
    """

    open: Words = ()
    closed: Words = ()
    buses: Words = ()
    welcome: Words = ()
    left: Words = ()
    place: Words = ()
    asked: Words = ()
    water: Words = ()
    given: Words = ()
    may: Words = ()
    out: Words = ()
    under: Words = ()
    not_yet: Words = ()


class Reading(Frozen):
    """One language's ways of writing. `common`: small words that tell it from others; `ten`: a word that multiplies.

    `letters`: letters that neighbours in the same script lack; a word that has one is counted like a small word.
    `short_words`: words are syllables, so that one alone says little (Vietnamese). `negation_behind`: the word that
    says no stands behind what it forbids (Korean); `negation_anywhere`: before it, within it or behind it (German).
    `restrictions`: patterns of words of negation that only say only (French: ne buvez que de l'eau bouillie).
    `opposites`: concept → words that say its opposite: "open" of `shut`. `pronouns`: words that stand for a thing named
    before. `attention`: words of a level that also only call for attention, and then name no level.
    """

    language: str
    common: Words
    letters: str = ""
    clock: Clock
    rewrites: tuple[tuple[str, str], ...] = ()
    days: dict[str, int] = {}
    months: dict[str, int] = {}
    weekdays: dict[str, int] = {}
    order: Literal["mdy", "dmy", "ymd"]
    numbers: dict[str, int]
    ten: Words = ()
    short_words: bool = False
    zones: dict[str, Words]
    units: dict[str, Words]
    roles: dict[Literal["act_by", "expires", "next_update", "issued"], Words]
    act_by_behind: Words = ()
    stretches: Stretches = Stretches()
    negations: Words = Field(min_length=1)
    negation_behind: bool = False
    negation_anywhere: bool = False
    restrictions: Words = ()
    joins: Words = ()
    status: dict[Literal["Exercise", "Test"], Words]
    levels: dict[Literal["watch", "warning"], Words]
    attention: Words = ()
    hazards: dict[str, Words]
    concepts: dict[str, Words]
    pronouns: Words = ()
    opposites: dict[str, Words] = {}
    conditions: Conditions = Conditions()

    @field_validator("rewrites")
    @classmethod
    def _patterns(cls, rewrites: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        for pattern, _ in rewrites:
            _compiled(pattern)
        return rewrites

    @field_validator("restrictions")
    @classmethod
    def _restrictions(cls, restrictions: Words) -> Words:
        for pattern in restrictions:
            _compiled(pattern)
        return restrictions


def _compiled(pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as problem:
        raise ValueError(f"{pattern!r} is no pattern: {problem}") from None


class Tongue:
    """A language ready to be read: its words folded, and as patterns. `months` and `weekdays` hold CLDR's names too."""

    def __init__(self, words: Reading, spoken: Language) -> None:
        self.words, self.spoken = words, spoken
        self.language = spoken.language
        self.spaced = self.language.split("-")[0] not in _UNSPACED
        self._locale = Locale.parse(spoken.babel)
        self._patterns: dict[Words, re.Pattern[str]] = {}

    def fold(self, text: str) -> str:
        """A text as it is compared: lower case, without accents that people leave out."""
        return fold(text, self.language).text

    def any(self, words: Iterable[str]) -> re.Pattern[str]:
        """Any of these words, whole; one that ends in `*` with whatever follows it.

        Of one in two parts ("schalten ... aus") the match goes from one to the other, and its last group is the second.
        """
        key = tuple(words)
        if key not in self._patterns:
            self._patterns[key] = re.compile(self.bounded(key))
        return self._patterns[key]

    def after(self, first: Iterable[str], gap: str, then: Iterable[str]) -> re.Pattern[str]:
        """One of some words, a gap, and one of others."""
        return re.compile(self.bounded(first) + gap + self.bounded(then))

    def bounded(self, words: Iterable[str]) -> str:
        """As `any`, to be part of a pattern."""
        inner = self.choice(words)
        if not self.spaced:
            return f"(?:{inner})"
        return rf"(?<!\w){_PREFIXES.get(self.language.split('-')[0], '')}(?:{inner}){self.end}"

    @cached_property
    def end(self) -> str:
        """The end of a word, as a pattern for a folded text; nothing where no gaps are written."""
        return self.fold(ending(self.language, r"(?!\w)")) if self.spaced else ""

    def choice(self, words: Iterable[str]) -> str:
        """The words as alternatives, the longest first; of no words, a pattern that never matches."""
        folded = sorted({self.fold(word) for word in words}, key=len, reverse=True)
        return "|".join(self._word(word) for word in folded if word) or r"(?!)"

    def _word(self, word: str) -> str:
        if _GAP in word:
            first, last = word.split(_GAP)
            return rf"{self._word(first)}\W(?:[^.,;:!?\n]*?\W)?({self._word(last)})"
        stem = re.escape(word.removesuffix("*")).replace(r"\ ", r"\s+")
        return rf"{stem}\w*" if word.endswith("*") and self.spaced else stem

    # --- names

    @cached_property
    def months(self) -> dict[str, int]:
        """Folded name → number of the month."""
        found = {
            name: number
            for forms in self._locale.months.values()
            for n in ("wide", "abbreviated")
            for number, name in forms[n].items()
        }
        own = dict(zip(self.spoken.months, range(1, 13), strict=False))
        return self._folded(found | own | self.words.months)

    @cached_property
    def weekdays(self) -> dict[str, int]:
        """Folded name → weekday, Monday is 0."""
        found = {
            name: number
            for forms in self._locale.days.values()
            for n in ("wide", "abbreviated", "short")
            for number, name in forms.get(n, {}).items()
        }
        own = dict(zip(self.spoken.weekdays, range(7), strict=False))
        return self._folded(found | own | self.words.weekdays)

    @cached_property
    def whole_weekdays(self) -> frozenset[str]:
        """Folded names of the weekdays as they are said, none cut short: in Haitian Creole "madi" has four letters."""
        said = [
            *self.spoken.weekdays,
            *(name for forms in self._locale.days.values() for name in forms["wide"].values()),
        ]
        return frozenset(map(self.fold, said))

    def _folded(self, names: dict[str, int]) -> dict[str, int]:
        return {self.fold(name).rstrip("."): number for name, number in names.items()}

    @cached_property
    def days(self) -> dict[str, int]:
        """Folded word → days from the day on which the text speaks."""
        return {self.fold(word): offset for word, offset in self.words.days.items()}

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Folded number word → number."""
        return {self.fold(word): value for word, value in self.words.numbers.items()}

    @cached_property
    def zones(self) -> dict[str, str]:
        """Folded name of a zone → its IANA name."""
        own = {name: zone for zone, said in self.spoken.zones.items() for name in (said.short, said.long)}
        own |= {name: zone for zone, names in self.words.zones.items() for name in names}
        return {self.fold(name): zone for name, zone in own.items()}


def tongue(root: Path, spoken: Language) -> Tongue:
    """How a language is read; read again only where its file has changed.

    Raises:
        Unusable: the file is missing or wrong; names file and key.
    """
    path = root / "locales" / spoken.language / "reading.yaml"
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        what = f"Texts in {spoken.name} cannot be read yet: this file is missing."
        where = f"locales/{spoken.language}/reading.yaml"
        raise Unusable(
            what, where=where, remedy="Copy locales/en/reading.yaml and write the language's words."
        ) from None
    return _tongue(_Spoken(spoken), content)


class _Spoken:
    """A language, compared by what it is called: its description is not hashable."""

    def __init__(self, spoken: Language) -> None:
        self.spoken = spoken

    def __hash__(self) -> int:
        return hash(self.spoken.language)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Spoken) and self.spoken == other.spoken


@lru_cache(maxsize=64)
def _tongue(key: _Spoken, content: bytes) -> Tongue:
    file = f"locales/{key.spoken.language}/reading.yaml"
    return Tongue(checked(Reading, plain_values(file, content), file), key.spoken)
