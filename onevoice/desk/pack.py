"""A champion's pack: what to say, the card, questions with answers, what not to say, where to report, when to stop.

All of it was composed, checked and frozen with the release; nothing is written here but the cover with version and
check number. A pack of a version that has been replaced is not given out: who passes it on would pass on what is wrong.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from onevoice.desk import draft
from onevoice.desk.page import page
from onevoice.desk.published import ENGLISH, say, version
from onevoice.errors import Unusable
from onevoice.ledger import alerts
from onevoice.people import PUBLIC_TIERS, Means
from onevoice.whole import write

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from onevoice.alert import Alert
    from onevoice.desk.published import Version
    from onevoice.desk.wiring import Desk
    from onevoice.people import Language, Tier
    from onevoice.variant import Variant

_PARTS = {"text": "script.txt", "questions": "questions.txt", "limits": "limits.txt"}


@dataclass(frozen=True)
class Pack:
    """The pack of one version in one language at one level. `content` is the hash that was signed."""

    alert: Alert
    content: str
    words: Variant
    card: Variant
    labels: Mapping[str, str]

    @property
    def name(self) -> str:
        """Its folder: `es-T1`."""
        return f"{self.words.profile.languages[0]}-{self.words.profile.tier}"

    def files(self) -> dict[str, str]:
        """Name → content of each file; `pack.json` has the version, and a check sum of every other."""
        found = {name: f"{self.words.parts[part]}\n" for part, name in _PARTS.items()}
        found |= {"card.html": f"{self.card.parts['html']}\n", "card.txt": f"{self.card.parts['text']}\n"}
        found["pack.html"] = page("pack.html.j2").render(pack=self, words=self.words, labels=self.labels)
        sums = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in sorted(found.items())}
        return found | {"pack.json": json.dumps(self.about() | {"files": sums}, indent=2, ensure_ascii=False) + "\n"}

    def about(self) -> dict[str, Any]:
        """Which version this is, for a program and for who compares two packs."""
        return {
            "alert": self.alert.id,
            "chain": self.alert.chain,
            "version": self.alert.version,
            "status": self.alert.status.value,
            "kind": self.alert.kind.value,
            "language": self.words.profile.languages[0],
            "tier": self.words.profile.tier.value,
            "expires": self.alert.expires.isoformat(),
            "page": self.alert.page_url,
            "factset": self.alert.factset.hash,
            "content": self.content,
            "text": self.words.hash,
        }


def packs(desk: Desk, alert_id: str, language: Language | None = None, tier: Tier | None = None) -> list[Pack]:
    """The packs of a released version: of every language and level, or of those that are named.

    Raises:
        Unusable: no such alert; it is not released, or replaced; there is no such pack, or it is held back.
    """
    found = _standing(desk, alert_id)
    languages = [language] if language else sorted(desk.content.languages, key=lambda tag: (tag != ENGLISH, tag))
    tiers = [tier] if tier else PUBLIC_TIERS[Means.PACK]
    made = [pack for tag in languages for level in tiers if (pack := _pack(desk, found, tag, level))]
    if not made:
        what = f"There is no pack of {alert_id} in {language or 'any language'}{f' at {tier}' if tier else ''}."
        remedy = "Its sentences are not translated, or it is held back: `onevoice alert preview` says why."
        raise Unusable(what, where="--language", remedy=remedy)
    return made


def save(made: list[Pack], folder: Path) -> Iterator[Path]:
    """Write each pack into a folder of its own. Yields what was written."""
    for pack in made:
        for name, text in pack.files().items():
            yield write(folder / pack.name / name, text.encode())


def _standing(desk: Desk, alert_id: str) -> Version:
    """A version that people may be told."""
    with desk.ledger.read() as conn:
        row = draft.found(conn, alert_id)
        newest = [other for other in alerts.chain(conn, row.chain) if other.released_at]
        found = version(desk, conn, row) if row.released_at else None
    if found is None:
        what = f"{alert_id} is {row.state}: a champion passes on only what was released."
        raise Unusable(what, remedy="Release it first.")
    last = max(newest, key=lambda other: other.version)
    if last.id != row.id:
        raise Unusable(f"{alert_id} has been replaced.", remedy=f"Take the pack of {last.id}.")
    if row.state == "recalled":
        raise Unusable(f"{alert_id} was recalled: nobody passes it on.", remedy="Release what is right.")
    return found


def _pack(desk: Desk, found: Version, language: Language, tier: Tier) -> Pack | None:
    words, card = (found.form(means, language, tier) for means in (Means.PACK, Means.PRINT))
    if not words or not card:
        return None
    names = ("pack.script", "page.version", "page.check")
    labels = {name.replace(".", "_"): say(desk, language, f"frame.{name}") for name in names}
    return Pack(found.alert, found.content, words, card, labels)
