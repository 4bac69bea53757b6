"""Publishing: CAP documents and feeds of what was released, and the same as files.

Documents of exercises and tests never lie among those of real alerts: each status has a folder of its own. A
restricted document (T4) is for partners alone and stands in their feed only.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parseaddr
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from onevoice import cap, feeds, wireless
from onevoice.alert import Status
from onevoice.desk import wishes
from onevoice.desk.published import ENGLISH, home_status, say, version
from onevoice.errors import Unusable
from onevoice.facts import Phone
from onevoice.ledger import alerts, partners
from onevoice.people import Language, Tier
from onevoice.whole import write

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from onevoice.alert import Alert
    from onevoice.desk.published import Passage, Version
    from onevoice.desk.wiring import Desk
    from onevoice.ledger.alerts import AnyRow
    from onevoice.ledger.engine import Connection

FOLDERS: Mapping[Status, str] = {Status.ACTUAL: "public", Status.EXERCISE: "exercise", Status.TEST: "test"}
"""Each status has feeds of its own, under this name."""
DOCUMENTS: Mapping[str, Status] = {"": Status.ACTUAL, "exercise": Status.EXERCISE, "test": Status.TEST}
"""The folder of each status under `cap`: documents of real alerts lie there itself."""
RESTRICTION = "For responders and partner organizations only. Not for the public."


# --- CAP ------------------------------------------------------------------------------------------------------


def cap_path(alert: Alert) -> str:
    """Where the CAP document of a version lies, under our address and under a partner's."""
    folder = next(folder for folder, status in DOCUMENTS.items() if status is alert.status)
    return "/".join(filter(None, ("cap", folder, f"{alert.id}.xml")))


def cap_document(desk: Desk, alert_id: str, status: Status, tier: Tier = Tier.T2) -> bytes:
    """The CAP 1.2 document of a released version of this status; of tier T4 the restricted one.

    Raises:
        Unusable: no such alert, of another status, not released, or no text of this tier.
        NotAllRight: the document would not be valid.
    """
    with desk.ledger.read() as conn:
        row = alerts.row(conn, alert_id)
        found = version(desk, conn, row, tier) if row and row.released_at and row.status == status else None
    if found is None or not found.texts:
        what = f"There is no published alert {alert_id!r}."
        raise Unusable(what, remedy="Look at the feed for those there are.")
    alert, told = found.alert, found.texts.items()
    made = cap.from_release(
        alert,
        {language: cap_text(desk, alert, words, wireless_texts(found, language)) for language, words in told},
        sender=sender(desk, alert.authority),
        sender_names=desk.authority(alert.authority).names,
        content=found.content,
        terms=cap.Terms(zone=desk.settings.timezone, tier=tier, restriction=RESTRICTION if tier is Tier.T4 else None),
    )
    return cap.write(made)


def wireless_texts(found: Version, language: Language) -> dict[str, str]:
    """The texts for cell towers of one language, by the names of their CAP parameters; those there are."""
    texts = {name: found.form(means, language) for means, name in wireless.PARAMETERS.items()}
    return {name: text.parts["text"] for name, text in texts.items() if text}


def cap_text(desk: Desk, alert: Alert, words: Passage, more: Mapping[str, str] | None = None) -> cap.Text:
    """The words of one language as CAP takes them; `more`: its own parameters."""
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
        parameters=dict(more or {}),
    )


def sender(desk: Desk, authority: str) -> str:
    """The CAP sender: the one that was set, else where mail comes from, else the authority at our address.

    Partners know our alerts by it: it must stay what it is when the mail address changes.
    """
    address = parseaddr(desk.settings.smtp_from)[1]
    return desk.settings.cap_sender or address or f"{authority}@{urlsplit(desk.settings.public_url).hostname}"


# --- feeds ----------------------------------------------------------------------------------------------------


def feed(desk: Desk, status: Status) -> tuple[feeds.Feed, list[feeds.FeedEntry]]:
    """The public feed of a status, and its entries."""
    return _feed(desk, status, f"feeds/{FOLDERS[status]}/atom.xml"), entries(desk, status)


def partner_feed(desk: Desk, token: str, partner: AnyRow) -> tuple[feeds.Feed, list[feeds.FeedEntry]]:
    """A partner's own feed: of each version in its zones an entry for each tier and language that it asked for."""
    status = home_status(desk)
    with desk.ledger.read() as conn:
        inside = [row for row in _released(conn, status) if wishes.near(partner, alerts.value(row))][: feeds.CAPACITY]
        found = [told for row in inside for told in wishes.versions(desk, conn, row, partner)]
    mine = [_entry(desk, told, language, token) for told in found for language in told.texts]
    return _feed(desk, status, f"partners/{token}/atom.xml"), mine


def said(desk: Desk, partner_id: str, alert: Alert) -> str:
    """What a partner last said of this very version: received, passing-on, or nothing."""
    with desk.ledger.read() as conn:
        words = partners.words(conn, alert.chain)
    return next((w["word"] for w in words if w["partner"] == partner_id and w["version"] == alert.version), "")


def entries(desk: Desk, status: Status) -> list[feeds.FeedEntry]:
    """A public entry for each released version of a status, newest first."""
    with desk.ledger.read() as conn:
        found = [version(desk, conn, row) for row in _released(conn, status)[: feeds.CAPACITY]]
    return [_entry(desk, told) for told in found if told.texts]


def _released(conn: Connection, status: Status) -> list[AnyRow]:
    return [row for row in alerts.released(conn) if row.status == status]


def _entry(desk: Desk, found: Version, language: Language | None = None, token: str = "") -> feeds.FeedEntry:
    """An entry in all languages, or in one. Restricted ones lead to the document under the key of a partner."""
    alert, restricted = found.alert, found.tier is Tier.T4
    texts = {one: words for one, words in found.texts.items() if language in {None, one}}
    path = f"partners/{token}/{cap_path(alert)}" if restricted else cap_path(alert)
    return feeds.FeedEntry(
        identifier=f"{alert.id}.{Tier.T4}" if restricted else alert.id,
        sender=sender(desk, alert.authority),
        chain=alert.chain,
        version=alert.version,
        kind=alert.kind,
        status=alert.status,
        titles={one: words.headline for one, words in texts.items()},
        summaries={one: words.whole for one, words in texts.items()},
        sent=alert.sent,
        expires=alert.expires,
        cap_url=_at(desk, path),
        page_url=alert.page_url,
        categories=alert.category,
        factset=alert.factset.hash,
        content=found.content,
        tier=found.tier,
        language=language,
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
        marks=_marks(desk, status),
    )


def _marks(desk: Desk, status: Status) -> dict[Language, str]:
    """The words for an exercise or a test, in each language as its messages begin with them."""
    if status is Status.ACTUAL:
        return {}
    return {language: say(desk, language, f"frame.mark.{status.value.lower()}") for language in desk.content.languages}


def _at(desk: Desk, path: str) -> str:
    return f"{desk.settings.public_url.rstrip('/')}/{path}"


FORMS: Mapping[str, Callable[[feeds.Feed, Sequence[feeds.FeedEntry], Language], bytes]] = {
    "atom.xml": feeds.atom,
    "feed.json": feeds.json_feed,
}


def export(desk: Desk, folder: Path) -> list[Path]:
    """Write the feeds and the CAP file of every entry into a folder. Returns what was written."""
    desk.ledger  # noqa: B018 - a missing database is said first
    written = []
    for status, name in FOLDERS.items():
        told, found = feed(desk, status)
        for form, shape in FORMS.items():
            own = told.model_copy(update={"feed_url": _at(desk, f"feeds/{name}/{form}")})
            written.append(write(folder / "feeds" / name / form, shape(own, found, ENGLISH)))
        for entry in found:
            document = cap_document(desk, entry.identifier, status)
            written.append(write(folder / entry.cap_url.removeprefix(_at(desk, "")), document))
    return written
