"""`locales/<language>/language.yaml`: direction, form of address, time style, list style, words that people reply."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from babel import Locale, UnknownLocaleError
from pydantic import AfterValidator, Field, field_validator

from onevoice.errors import Unusable
from onevoice.lexicon.files import checked, plain_values
from onevoice.people import Frozen

ENGLISH = "en"
"""The source language: its sentences stand in templates/, not in a catalogue."""

ListStyle = Literal["standard", "standard-short", "or", "or-short", "unit", "unit-short", "unit-narrow"]


def _known_locale(name: str) -> str:
    try:
        Locale.parse(name)
    except (UnknownLocaleError, ValueError):
        raise ValueError(f"{name!r} is no locale that Babel knows, such as en_US or zh_Hans") from None
    return name


class ZoneNames(Frozen):
    """What a time zone is called in the language."""

    short: str
    long: str


class TimePatterns(Frozen):
    """CLDR patterns; `{zone}` is replaced by the zone's name."""

    short: str
    long: str

    @field_validator("short", "long")
    @classmethod
    def _whole(cls, pattern: str) -> str:
        lacking = [part for part in ("{zone}", "m", "d", "M", "E") if part not in pattern]
        if lacking:
            raise ValueError(
                f"a time carries hour, minutes, zone, weekday, day and month; {', '.join(lacking)} is missing"
            )
        return pattern


class HoursStyle(Frozen):
    """What stands in opening hours between the two ends of a span, between days, and between one span and the next."""

    span: str = "-"
    comma: str = ", "
    pause: str = "; "


class Language(Frozen):
    """A language as its translators describe it.

    `avoid` lists word forms of another form of address, which the lint finds. `weekdays` (Monday first) and `months`,
    as they are shortened (`MMM`), stand here where CLDR has none of the language's own, or none that fit;
    `conjunction` too, the word before the last name of a list.
    `gap` stands between two sentences on one line; `hours` is the punctuation of opening hours. `spellings` are other
    names that contact lists have for it. `plurals` is CLDR's rule as gettext writes it, where Babel's is another or its
    forms stand in another order.
    """

    language: str
    name: str
    direction: Literal["ltr", "rtl"]
    babel: Annotated[str, AfterValidator(_known_locale)]
    address: str
    avoid: tuple[str, ...] = ()
    time: TimePatterns
    zones: dict[str, ZoneNames] = {}
    list: ListStyle = "standard"
    conjunction: str = ""
    colon: str = ":"
    gap: str = " "
    hours: HoursStyle = HoursStyle()
    weekdays: Annotated[tuple[str, ...], Field(max_length=7)] = ()
    months: Annotated[tuple[str, ...], Field(max_length=12)] = ()
    spellings: tuple[str, ...] = ()
    plurals: str = ""
    keywords: dict[str, Any] = {}

    @field_validator("list", mode="before")
    @classmethod
    def _list_style(cls, style: Any) -> Any:
        return "standard" if style == "and" else style

    @field_validator("weekdays", "months")
    @classmethod
    def _all_or_none(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if len(names) not in (0, 7, 12):
            raise ValueError("name all seven days or all twelve months")
        return names


@lru_cache(maxsize=256)
def english_name(tag: str) -> str:
    """What a language is called in English; its tag where nobody knows."""
    try:  # CLDR has Tagalog as another name of Filipino; a tag that has a name of its own is called by it
        return Locale("en").languages.get(tag) or Locale.parse(tag, sep="-").get_display_name("en") or tag
    except (UnknownLocaleError, ValueError):
        return tag


def folder(root: Path, tag: str) -> Path:
    """The folder of a language."""
    return root / "locales" / tag


def language(root: Path, tag: str) -> Language:
    """A language's description, read again only where the file has changed.

    Raises:
        Unusable: there is no such language, or its file is wrong; names file and key.
    """
    path = folder(root, tag) / "language.yaml"
    try:
        return _language(f"locales/{tag}/language.yaml", tag, path.read_bytes())
    except FileNotFoundError:
        known = ", ".join(languages(root))
        raise Unusable(f"There is no language {tag!r}.", where="locales", remedy=f"There are: {known}.") from None


@lru_cache(maxsize=64)
def _language(file: str, tag: str, content: bytes) -> Language:
    found = checked(Language, plain_values(file, content), file)
    if found.language != tag:
        raise Unusable(f"The folder is called {tag}, the file says {found.language}.", where=f"{file} language")
    return found


def languages(root: Path) -> tuple[str, ...]:
    """The languages that have words: English first, then those with a catalogue, sorted by tag."""
    tags = sorted(path.parent.name for path in (root / "locales").glob("*/language.yaml"))
    ready = [tag for tag in tags if tag != ENGLISH and catalogue_file(root, tag).is_file()]
    return tuple([ENGLISH, *ready] if ENGLISH in tags else ready)


def spellings(root: Path) -> dict[str, str]:
    """How people write the name of each language, in small letters and joined by hyphens → its tag."""
    spoken = [language(root, tag) for tag in languages(root)]
    return {spelled(word): one.language for one in spoken for word in (one.language, one.name, *one.spellings)}


def spelled(word: str) -> str:
    """A name of a language as names are compared: `Haitian Creole` is `haitian-creole`."""
    return re.sub(r"[\s_]+", "-", word.casefold())


def catalogue_file(root: Path, tag: str) -> Path:
    """Where a language's catalogue lies."""
    return folder(root, tag) / "LC_MESSAGES" / "messages.po"
