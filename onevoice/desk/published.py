"""What was published: the released versions of a chain, and their words in each language.

Made from texts that were frozen with a release; nothing is composed here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from onevoice.alert import Kind, Status
from onevoice.ledger import alerts
from onevoice.people import Language, Means, Tier
from onevoice.settings import Mode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from onevoice.alert import Alert
    from onevoice.desk.wiring import Desk
    from onevoice.ledger.alerts import AnyRow
    from onevoice.ledger.engine import Connection, Ledger
    from onevoice.variant import Variant

ENGLISH = "en"
FORMS = (Means.WIRELESS_90, Means.WIRELESS_360, Means.VOICE, Means.PRINT, Means.PACK)
"""Means of the texts that lie ready for whoever takes them."""
_STEP = re.compile(r"\d+\. ")
_CODE = re.compile(r"[0-9a-z]+")


@dataclass(frozen=True)
class Passage:
    """The words of one version in one language, in the pieces that a page shows.

    `mark` is empty for a real alert. `opening` is the title; `lines` say what is happening. `instruction` is what to
    do, in full; `steps` are its numbered lines, `help` the others that are not said in `until`.
    """

    language: Language
    direction: str
    mark: str
    note: str
    headline: str
    opening: str
    lines: tuple[str, ...]
    instruction: tuple[str, ...]
    where: str
    until: tuple[str, ...]
    who: tuple[str, ...]
    text: str

    @property
    def steps(self) -> tuple[str, ...]:
        """The numbered lines of what to do."""
        return tuple(line for line in self.instruction if _STEP.match(line))

    @property
    def help(self) -> tuple[str, ...]:
        """The other lines of what to do, without those that `until` says too."""
        return tuple(line for line in self.instruction if not _STEP.match(line) and line not in self.until)

    @property
    def whole(self) -> str:
        """The text with the lines that only the page has put before the place; marks stay first and last."""
        more = [line for line in self.lines if line not in self.text]
        return self.text.replace(self.where, "\n".join((*more, self.where)), 1) if self.where else self.text


@dataclass(frozen=True)
class Version:
    """One released version. `over`: nothing need be done any more, because it ended or its time has passed."""

    alert: Alert
    content: str
    released_at: datetime
    over: bool
    texts: Mapping[Language, Passage]
    tier: Tier = Tier.T2
    forms: tuple[Variant, ...] = ()
    """The other texts that were frozen for everybody and are not held back: wireless, spoken, printed, packs."""

    def form(self, means: Means, language: Language, tier: Tier | None = None) -> Variant | None:
        """The text of a language by one of those means, at a level or the first there is; None where it has none."""
        fits = (v for v in self.forms if v.means is means and v.profile.languages == (language,))
        return next((v for v in fits if tier in (None, v.profile.tier)), None)

    def text(self, language: Language) -> Passage | None:
        """The words in a language, else in English, else in the first there is."""
        return self.texts.get(language) or self.texts.get(ENGLISH) or next(iter(self.texts.values()), None)


@dataclass(frozen=True)
class PublicPage:
    """The page of a chain, newest version first; without versions nothing has been published yet."""

    code: str
    versions: tuple[Version, ...]

    @property
    def languages(self) -> tuple[Language, ...]:
        """The languages that the current version can be read in, English first."""
        return tuple(self.versions[0].texts) if self.versions else ()


def page(desk: Desk, code: str) -> PublicPage | None:
    """The public page with this code, or None where there is no such chain."""
    with desk.ledger.read() as conn:
        chain = alerts.chain_of_code(conn, code) if _CODE.fullmatch(code) else None
        if chain is None:
            return None
        released = [row for row in alerts.chain(conn, chain) if row.released_at]
        versions = [version(desk, conn, row) for row in reversed(released)]
    return PublicPage(code, tuple(v for v in versions if v.texts))


def current(desk: Desk) -> list[Version]:
    """The newest version of each chain that still holds, with its public words; newest first."""
    with desk.ledger.read() as conn:
        found = [version(desk, conn, row) for row in current_rows(desk, conn)]
    return [v for v in found if v.texts]


def current_rows(desk: Desk, conn: Connection) -> list[AnyRow]:
    """The newest version of each chain that still holds, of the status that this deployment is for; newest first."""
    rows = [row for row in alerts.live(conn, desk.now()) if row.status == home_status(desk)]
    return sorted(rows, key=lambda row: row.released_at, reverse=True)


def version(desk: Desk, conn: Connection, row: AnyRow, tier: Tier = Tier.T2) -> Version:
    """A released version, with its public words of a tier."""
    alert = alerts.value(row)
    release = alerts.standing_release(conn, row.id)
    public = _public(desk.ledger, release.id) if release else ()
    texts = [v for v in public if v.means is Means.PAGE and v.profile.tier is tier]
    over = alert.kind == Kind.ALL_CLEAR or alert.expires <= desk.now() or row.state == "recalled"
    passages = {v.profile.languages[0]: passage(v, alert.status) for v in sorted(texts, key=_english_first)}
    forms = () if tier is Tier.T4 else tuple(v for v in public if v.means in FORMS)
    return Version(alert, release.hash if release else "", row.released_at, over, passages, tier, forms)


def _english_first(text: Variant) -> tuple[bool, Language]:
    language = text.profile.languages[0]
    return language != ENGLISH, language


@lru_cache(maxsize=256)
def _public(ledger: Ledger, release_id: int) -> tuple[Variant, ...]:
    """The texts for everybody that are not held back. What was frozen never changes, so it is read once."""
    with ledger.read() as conn:
        texts = alerts.variants(conn, release_id)
        passed = {row.rule for row in alerts.overrides(conn, release_id)}
    return tuple(v for v in texts if v.means in (Means.PAGE, *FORMS) and not v.withheld(passed))


def passage(variant: Variant, status: Status) -> Passage:
    """A frozen text in the pieces that a page shows. The mark stands apart, so that a page puts it first and last."""
    parts = {name: _lines(text) for name, text in variant.parts.items()}
    first = [*parts["text"], "", ""]
    mark = first[0] if status is not Status.ACTUAL else ""
    told = [line for line in parts["description"] if line != mark]
    note = first[1] if mark and first[1] in told[1:] else ""
    return Passage(
        language=variant.profile.languages[0],
        direction=variant.direction,
        mark=mark,
        note=note,
        headline=" ".join(parts["headline"]),
        opening=told[0] if told else " ".join(parts["headline"]),
        lines=tuple(line for line in told[1:] if line != note),
        instruction=tuple(parts["instruction"]),
        where=" ".join(parts["where"]),
        until=tuple(parts["until"]),
        who=tuple(parts["who"]),
        text=variant.parts["text"].strip(),
    )


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def home_status(desk: Desk) -> Status:
    """The status of alerts that this deployment is for."""
    return {Mode.LIVE: Status.ACTUAL, Mode.TEST: Status.TEST}.get(desk.settings.mode, Status.EXERCISE)


def say(desk: Desk, language: Language, name: str) -> str:
    """A sentence or label of the library in a language; in English where it has no translation."""
    from onevoice import localize  # noqa: PLC0415 - Babel is slow to import, and a feed of no alert needs none

    source = desk.content.lexicon.sources[name]
    return localize.catalogue(desk.settings.content_root, language).say(name, source).text or source
