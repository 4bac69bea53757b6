"""What an officer looks at before and after a release: everything that was frozen, and how far it has come."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from onevoice.desk import charts, draft, late, posting, status
from onevoice.desk.fallback import Instead
from onevoice.desk.outside import Outside
from onevoice.ledger import alerts, control, reach
from onevoice.people import Means, Tier

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from onevoice.alert import Alert
    from onevoice.desk.wiring import Desk
    from onevoice.ledger.alerts import AnyRow
    from onevoice.ledger.control import Control
    from onevoice.ledger.engine import Connection
    from onevoice.variant import Finding, Variant

_MEANS = tuple(Means)


@dataclass(frozen=True)
class Look:
    """One version as an approver sees it. `release` is None where nothing is frozen; nobody's data is in here.

    `texts` holds the texts by language; in each the plainest way of saying it stands first.
    """

    row: AnyRow
    alert: Alert
    hazard: str
    places: tuple[str, ...]
    release: AnyRow | None
    texts: Mapping[str, Sequence[Variant]]
    overrides: Sequence[AnyRow]
    verdicts: Sequence[AnyRow]
    touching: Sequence[Alert]
    control: Control
    halted: bool
    messengers: Mapping[str, str]

    @property
    def people(self) -> int:
        """Contacts that the first deliveries serve."""
        return self.release.contacts if self.release else 0

    @property
    def summary(self) -> Mapping[str, Any]:
        """The numbers that were frozen with the release."""
        return self.release.summary if self.release else {}

    @property
    def people_by_language(self) -> dict[str, int]:
        """How many people who are meant read each language, most first."""
        counted: Mapping[str, int] = self.summary.get("languages", {})
        return dict(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])))

    @property
    def readers(self) -> Mapping[str, int]:
        """How many people get each text first, by its id."""
        found: Mapping[str, int] = self.summary.get("readers", {})
        return found

    @property
    def posts(self) -> int:
        """How many posts public accounts make."""
        return int(self.summary.get("posts", {}).get("count", 0))

    @property
    def posting(self) -> list[str]:
        """What is posted and what is not, in sentences."""
        frozen = self.summary.get("posts")
        return posting.sentences(frozen) if frozen else []

    @property
    def outside(self) -> str:
        """Who is told that the warning no longer covers their place, as it was frozen; empty where nobody is."""
        frozen = self.summary.get("outside")
        return Outside(frozen["people"], tuple(frozen["places"])).sentence() if frozen else ""

    @property
    def may_come(self) -> str:
        """How many more there can be, whom an older version reaches before the release; empty where nobody can."""
        return late.may_come(self.summary.get("not_yet", 0))

    @property
    def every(self) -> list[Variant]:
        """All texts."""
        return [text for texts in self.texts.values() for text in texts]

    @property
    def held(self) -> dict[str, list[Variant]]:
        """Texts that are held back, by language."""
        found: dict[str, list[Variant]] = {}
        passed = {row.rule for row in self.overrides}
        for text in self.every:
            if text.withheld(passed):
                found.setdefault(text.profile.languages[0], []).append(text)
        return found

    @property
    def instead(self) -> list[Instead]:
        """Who gets another text than their own, as it was frozen."""
        return [Instead(**one) for one in self.summary.get("fallback", ())]

    @property
    def shortened(self) -> dict[str, Counter[str]]:
        """What was left out of texts, and of how many in each language."""
        found: dict[str, Counter[str]] = {}
        for text in self.every:
            for cut in text.left_out:
                found.setdefault(cut, Counter())[text.profile.languages[0]] += 1
        return found

    @property
    def findings(self) -> list[tuple[Finding, list[str]]]:
        """What the checks found in texts, each once, with the languages in which it was found."""
        found: dict[tuple[str, str], tuple[Finding, list[str]]] = {}
        for text in self.every:
            for finding in text.findings:
                languages = found.setdefault((finding.rule, finding.message), (finding, []))[1]
                languages.extend(one for one in text.profile.languages if one not in languages)
        order = ("block", "warn", "note")
        return sorted(found.values(), key=lambda pair: (order.index(pair[0].severity), pair[0].rule))


def look(desk: Desk, alert_id: str, *, first: str = "en") -> Look:
    """Everything that was frozen for a version; `first` is the approver's language.

    Raises:
        Unusable: there is no such alert.
    """
    with desk.ledger.read() as conn:
        row = draft.found(conn, alert_id)
        release = alerts.standing_release(conn, alert_id)
        frozen = alerts.variants(conn, release.id) if release else []
        overrides = alerts.overrides(conn, release.id) if release else []
        verdicts = alerts.approvals(conn, release.id) if release else []
        near = _touching(conn, release.summary if release else {})
        switch = control.state(conn)
    alert = alerts.value(row)
    places = alert.factset.facts["places"].places  # type: ignore[union-attr]  # places are Places
    return Look(
        row=row,
        alert=alert,
        hazard=desk.content.lexicon.hazards[alert.hazard].name,
        places=tuple(place.name(first) for place in places),
        release=release,
        texts=_by_language(frozen, first),
        overrides=overrides,
        verdicts=verdicts,
        touching=near,
        control=switch,
        halted=not switch.running or desk.settings.halt_file.exists(),
        messengers={name: messenger.name(first) for name, messenger in desk.messengers.items()},
    )


def _touching(conn: Connection, summary: Mapping[str, Any]) -> list[Alert]:
    rows = (alerts.row(conn, alert_id) for alert_id in summary.get("touching", ()))
    return [alerts.value(row) for row in rows if row]


def _by_language(frozen: Sequence[Variant], first: str) -> dict[str, list[Variant]]:
    found: dict[str, list[Variant]] = {}
    for text in sorted(frozen, key=_plainest):
        found.setdefault("+".join(text.profile.languages), []).append(text)
    return dict(sorted(found.items(), key=lambda pair: (pair[0] != first, "+" in pair[0], pair[0])))


def _plainest(text: Variant) -> tuple[object, ...]:
    profile = text.profile
    return (
        _MEANS.index(text.means),
        len(profile.needs),
        text.messenger is not None,
        profile.tier is not Tier.T2,
        profile.tier,
        text.id,
    )


def progress(desk: Desk, alert_id: str) -> dict[str, Any]:
    """Status, and reach by segment: each contact once, under the best that is known; small groups added up.

    Raises:
        Unusable: there is no such alert.
    """
    standing = status.status(desk, alert_id)
    names = {segment.id: segment.name for segment in desk.segments}
    with desk.ledger.read() as conn:
        release = alerts.standing_release(conn, alert_id)
        rows = reach.contacts(conn, release.id) if release and release.due_at else {}
    shown = {names.get(segment, segment): row for segment, row in charts.merged_small(rows).items()}
    return standing | {"by_segment": shown, "words": tuple(reach.WORDS.values()), "meanings": charts.MEANINGS}
