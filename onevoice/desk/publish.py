"""What everybody may read: the page of a chain, the feeds and the CAP documents.

Made from texts that were frozen with a release; nothing is composed here. A restricted document (T4) is for partners
alone and stands in their feed only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parseaddr
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from onevoice import cap, feeds
from onevoice.alert import Kind, Status
from onevoice.errors import Unusable
from onevoice.facts import Phone
from onevoice.ledger import alerts, partners
from onevoice.people import Language, Means, Tier
from onevoice.settings import Mode
from onevoice.variant import Scope, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping, Sequence
    from pathlib import Path

    from sqlalchemy import Connection

    from onevoice.alert import Alert
    from onevoice.desk.wiring import Desk
    from onevoice.ledger.alerts import AnyRow
    from onevoice.ledger.engine import Ledger
    from onevoice.variant import Variant

FOLDERS: Mapping[Status, str] = {Status.ACTUAL: "public", Status.EXERCISE: "exercise", Status.TEST: "test"}
"""Each status has feeds of its own, under this name."""
RESTRICTION = "For responders and partner organizations only. Not for the public."
ENGLISH = "en"
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


@dataclass(frozen=True)
class Version:
    """One released version. `over`: nothing need be done any more, because it ended or its time has passed."""

    alert: Alert
    content: str
    released_at: datetime
    over: bool
    texts: Mapping[Language, Passage]

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
    """The newest version of each chain that still holds, of the status that this deployment is for; newest first."""
    with desk.ledger.read() as conn:
        rows = [row for row in alerts.live(conn, desk.now()) if row.status == home_status(desk)]
        found = [version(desk, conn, row) for row in sorted(rows, key=lambda row: row.released_at, reverse=True)]
    return [v for v in found if v.texts]


def version(desk: Desk, conn: Connection, row: AnyRow, tier: Tier = Tier.T2) -> Version:
    """A released version, with its public words of a tier."""
    alert = alerts.value(row)
    release = alerts.standing_release(conn, row.id)
    texts = _public(desk.ledger, release.id, tier) if release else ()
    over = alert.kind == Kind.ALL_CLEAR or alert.expires <= desk.now() or row.state == "recalled"
    passages = {v.profile.languages[0]: passage(v, alert.status) for v in sorted(texts, key=_english_first)}
    return Version(alert, release.hash if release else "", row.released_at, over, passages)


def _english_first(text: Variant) -> tuple[bool, Language]:
    language = text.profile.languages[0]
    return language != ENGLISH, language


@lru_cache(maxsize=256)
def _public(ledger: Ledger, release_id: int, tier: Tier) -> tuple[Variant, ...]:
    """What was frozen never changes, so it is read once."""
    with ledger.read() as conn:
        texts = alerts.variants(conn, release_id)
        passed = {row.rule for row in alerts.overrides(conn, release_id)}
    mine = (v for v in texts if v.means is Means.PAGE and v.profile.tier is tier)
    return tuple(v for v in mine if not withheld(v, passed))


def withheld(text: Variant, passed: Container[str]) -> bool:
    """True where a finding holds a text back and nobody released past it; `passed` are the rules that were overridden."""
    stopping = (f for f in text.findings if f.severity is Severity.BLOCK and f.scope is not Scope.RELEASE)
    return any(f.rule not in passed for f in stopping)


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


# --- CAP ------------------------------------------------------------------------------------------------------


def cap_document(desk: Desk, alert_id: str, tier: Tier = Tier.T2) -> bytes:
    """The CAP 1.2 document of a released version; of tier T4 the restricted one.

    Raises:
        Unusable: no such alert, not released, or no text of this tier.
        NotAllRight: the document would not be valid.
    """
    with desk.ledger.read() as conn:
        row = alerts.row(conn, alert_id)
        found = version(desk, conn, row, tier) if row and row.released_at else None
    if found is None or not found.texts:
        what = f"There is no published alert {alert_id!r}."
        raise Unusable(what, remedy="Look at the feed for those there are.")
    alert = found.alert
    made = cap.from_release(
        alert,
        {language: _cap_text(desk, alert, words) for language, words in found.texts.items()},
        sender=sender(desk, alert.authority),
        sender_names=desk.authority(alert.authority).names,
        content=found.content,
        terms=cap.Terms(zone=desk.settings.timezone, tier=tier, restriction=RESTRICTION if tier is Tier.T4 else None),
    )
    return cap.write(made)


def _cap_text(desk: Desk, alert: Alert, words: Passage) -> cap.Text:
    phone = alert.factset.get("help_phone")
    return cap.Text(
        event=say(desk, words.language, f"hazard.{alert.hazard}.name"),
        headline=words.headline,
        description="\n".join(
            line for line in (words.mark, words.opening, *words.lines, words.note, words.mark) if line
        ),
        instruction="\n".join(words.instruction) or None,
        contact=phone.e164 if isinstance(phone, Phone) else None,
        web=f"{alert.page_url}?lang={words.language}",
    )


def sender(desk: Desk, authority: str) -> str:
    """The CAP sender, unique and without white space: where mail comes from, else the authority at our address."""
    address = parseaddr(desk.settings.smtp_from)[1]
    return address or f"{authority}@{urlsplit(desk.settings.public_url).hostname}"


def say(desk: Desk, language: Language, name: str) -> str:
    """A sentence or label of the library in a language; in English where it has no translation."""
    from onevoice import localize  # noqa: PLC0415 - Babel is slow to import, and a feed of no alert needs none

    source = desk.content.lexicon.sources[name]
    return localize.catalogue(desk.settings.content_root, language).say(name, source).text or source


# --- feeds ----------------------------------------------------------------------------------------------------


def feed(desk: Desk, status: Status) -> tuple[feeds.Feed, list[feeds.FeedEntry]]:
    """The public feed of a status, and its entries."""
    return _feed(desk, status, f"feeds/{FOLDERS[status]}/atom.xml"), entries(desk, status)


def partner_feed(desk: Desk, token: str, partner: AnyRow) -> tuple[feeds.Feed, list[feeds.FeedEntry]]:
    """A partner's own feed: alerts in its zones; the restricted document where it wants tier T4 and there is one."""
    status = home_status(desk)
    zones = {zone for zone in partner.zones.split(",") if zone}
    found = entries(desk, status, restricted=f"partners/{token}/cap" if wants(partner, Tier.T4) else None)
    with desk.ledger.read() as conn:
        inside = {row.id for row in alerts.released(conn) if not zones or zones & set(alerts.value(row).area.zones)}
    mine = [entry for entry in found if entry.identifier.removesuffix(f".{Tier.T4}") in inside]
    return _feed(desk, status, f"partners/{token}/atom.xml"), mine


def said(desk: Desk, partner_id: str, alert: Alert) -> str:
    """What a partner last said of this very version: received, passing-on, or nothing."""
    with desk.ledger.read() as conn:
        words = partners.words(conn, alert.chain)
    return next((w["word"] for w in words if w["partner"] == partner_id and w["version"] == alert.version), "")


def wants(partner: AnyRow, tier: Tier) -> bool:
    """True where a partner gets texts of this tier; who names none gets all."""
    return not partner.tiers or tier in partner.tiers.split(",")


def home_status(desk: Desk) -> Status:
    """The status of alerts that this deployment is for."""
    return {Mode.LIVE: Status.ACTUAL, Mode.TEST: Status.TEST}.get(desk.settings.mode, Status.EXERCISE)


def entries(desk: Desk, status: Status, *, restricted: str | None = None) -> list[feeds.FeedEntry]:
    """An entry for each released version of a status, newest first.

    `restricted`: where the restricted documents are found; entries point there if a version has one.
    """
    found = []
    with desk.ledger.read() as conn:
        for row in (r for r in alerts.released(conn)[: feeds.CAPACITY * 3] if r.status == status):
            secret = version(desk, conn, row, Tier.T4) if restricted else None
            if secret and secret.texts:
                found.append(_entry(desk, secret, f"{restricted}/{row.id}.xml", f"{row.id}.{Tier.T4}"))
            elif (plain := version(desk, conn, row)).texts:
                found.append(_entry(desk, plain, f"cap/{row.id}.xml", row.id))
    return found[: feeds.CAPACITY]


def _entry(desk: Desk, found: Version, path: str, identifier: str) -> feeds.FeedEntry:
    alert = found.alert
    return feeds.FeedEntry(
        identifier=identifier,
        sender=sender(desk, alert.authority),
        chain=alert.chain,
        version=alert.version,
        kind=alert.kind,
        status=alert.status,
        titles={language: words.headline for language, words in found.texts.items()},
        summaries={language: "\n".join((words.opening, *words.lines)) for language, words in found.texts.items()},
        sent=alert.sent,
        expires=alert.expires,
        cap_url=_at(desk, path),
        page_url=alert.page_url,
        categories=alert.category,
        factset=alert.factset.hash,
        content=found.content,
    )


def _feed(desk: Desk, status: Status, path: str) -> feeds.Feed:
    authority = desk.authority()
    return feeds.Feed(
        status=status,
        titles=authority.names,
        author=authority.name(ENGLISH),
        feed_url=_at(desk, path),
        home_url=_at(desk, ""),
        since=datetime.fromtimestamp(desk.settings.keys.stat().st_mtime, UTC),
    )


def _at(desk: Desk, path: str) -> str:
    return f"{desk.settings.public_url.rstrip('/')}/{path}"


FORMS: Mapping[str, Callable[[feeds.Feed, Sequence[feeds.FeedEntry], Language], bytes]] = {
    "atom.xml": feeds.atom,
    "feed.json": feeds.json_feed,
}


def export(desk: Desk, folder: Path) -> list[Path]:
    """Write the feeds and the CAP file of every entry into a folder. Returns what was written."""
    written = []
    for status, name in FOLDERS.items():
        told, found = feed(desk, status)
        here = told.model_copy
        for form, write in FORMS.items():
            own = here(update={"feed_url": _at(desk, f"feeds/{name}/{form}")})
            written.append(_write(folder / "feeds" / name / form, write(own, found, ENGLISH)))
        for entry in found:
            document = cap_document(desk, entry.identifier)
            written.append(_write(folder / "cap" / f"{entry.identifier}.xml", document))
    return written


def _write(path: Path, octets: bytes) -> Path:
    """Whole or not at all: a reader never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.write_bytes(octets)
    return new.replace(path)
