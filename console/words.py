"""The labels of a page in its reader's language, and the languages by their own names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import yaml
from babel import Locale, UnknownLocaleError
from markupsafe import Markup, escape

from onevoice import localize
from onevoice.desk.published import ENGLISH, Passage, say
from onevoice.errors import Unusable
from onevoice.facts import Phone

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from onevoice.alert import Alert
    from onevoice.desk.wiring import Desk

_ENDS = ".,!?。，！？،؟"
"""What may end a sentence: after a number it stays on the number's line."""


@lru_cache(maxsize=64)
def own_name(root: Path, language: str) -> tuple[str, str]:
    """A language's own name and its direction, as its translators wrote them; the tag itself where they wrote none."""
    path = root / "locales" / language / "language.yaml"
    plain = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return str(plain.get("name", language)), str(plain.get("direction", "ltr"))


@dataclass(frozen=True)
class Words:
    """Labels for one language: `words("page.over")` is safe to put into a page."""

    desk: Desk
    language: str

    @property
    def direction(self) -> str:
        """Which way the language is written: ltr or rtl."""
        return own_name(self.desk.settings.content_root, self.language)[1]

    def name(self, language: str) -> str:
        """A language by its own name, in its own script."""
        return own_name(self.desk.settings.content_root, language)[0]

    def way(self, language: str) -> str:
        """Which way another language is written."""
        return own_name(self.desk.settings.content_root, language)[1]

    def plain(self, label: str) -> str:
        """A label as text."""
        return say(self.desk, self.language, f"frame.{label}")

    def __call__(self, label: str) -> Markup:
        """A label for a page; one without a translation says that it is English."""
        text = self.plain(label)
        if self.language != ENGLISH and text == self.desk.content.lexicon.sources[f"frame.{label}"]:
            return Markup('<span lang="en" dir="ltr">{}</span>').format(text)
        return Markup("{}").format(text)


@dataclass(frozen=True)
class Told:
    """Lines of a message for a page: its phone numbers can be tapped, and are never broken over two lines."""

    numbers: dict[str, str]

    @classmethod
    def of(cls, desk: Desk, alert: Alert, words: Passage) -> Told:
        """`numbers`: as the message writes them → as a phone dials them."""
        phones = [fact.e164 for fact in alert.factset.facts.values() if isinstance(fact, Phone)]
        try:
            voice = localize.voice(desk.settings.content_root, words.language)
        except Unusable:  # a language that was taken out since: its messages stay readable
            return cls({})
        return cls({voice.phone(e164): e164 for e164 in phones})

    def __call__(self, line: str) -> Markup:
        """A line, escaped."""
        text = str(escape(line))
        for shown, e164 in self.numbers.items():
            link = Markup('<a class="phone" dir="ltr" href="tel:{}">{}</a>').format(e164, shown)
            alone = re.compile(re.escape(str(escape(shown))) + f"([{_ENDS}]*)")
            text = alone.sub(rf'<span class="together">{link}\1</span>', text)
        return Markup(text)  # noqa: S704 - all of it was escaped above


def best(asked: str | None, accepted: str, offered: Iterable[str]) -> str:
    """The language to show: the one asked for, else the reader's own order of preference, else English."""
    by_tag = {language.lower(): language for language in offered}
    for tag in (asked or "", *_preferred(accepted)):
        if found := _match(tag.strip().lower(), by_tag):
            return found
    return ENGLISH if ENGLISH in by_tag or not by_tag else next(iter(by_tag.values()))


def _match(tag: str, by_tag: dict[str, str]) -> str | None:
    """`zh-CN` finds zh-Hans, `zh-TW` zh-Hant, `es-MX` es, `fil` tl: a near language is better than a strange one."""
    if not tag:
        return None
    if tag in by_tag:
        return by_tag[tag]
    near = [language for known, language in by_tag.items() if _base(known) == _base(tag)]
    script = _script(tag)
    return next((language for language in near if script and _script(language) == script), next(iter(near), None))


@lru_cache(maxsize=256)
def _base(tag: str) -> str:
    """The language of a tag alone, by CLDR: a browser says `fil`, or `tl`, for one and the same."""
    try:
        return str(Locale.parse(tag, sep="-").language)
    except (UnknownLocaleError, ValueError):
        return tag.split("-", maxsplit=1)[0]


@lru_cache(maxsize=256)
def _script(tag: str) -> str | None:
    """The script that a tag means, by CLDR: Hant for `zh-TW`; None where it does not matter or nobody knows."""
    try:
        return Locale.parse(tag, sep="-").script
    except (UnknownLocaleError, ValueError):
        return None


def _preferred(accepted: str) -> list[str]:
    weighted = []
    for place, part in enumerate(accepted.split(",")[:20]):
        tag, _, rest = part.partition(";")
        weight = rest.partition("q=")[2].strip() or "1"
        if weight.replace(".", "", 1).isdigit() and float(weight) > 0:
            weighted.append((-float(weight), place, tag))
    return [tag for _, _, tag in sorted(weighted)]
