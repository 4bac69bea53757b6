"""What preview shows and submit freezes: the people, the texts they need, what the checks say, what is held back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from onevoice import checks, compose
from onevoice.alert import KINDS
from onevoice.ledger import alerts, plan
from onevoice.people import Means, Profile, Tier
from onevoice.settings import Mode
from onevoice.variant import Finding, Scope, Severity, Variant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from onevoice.alert import Alert
    from onevoice.desk.wiring import Desk
    from onevoice.ledger.engine import Connection
    from onevoice.ledger.plan import Chosen, InUse, Numbers, Wanted
    from onevoice.people import Messenger


class Key(NamedTuple):
    """Which text a contact point needs."""

    profile: str
    means: Means
    messenger: str | None
    group: str


@dataclass(frozen=True)
class Prepared:
    """A version, ready to be looked at or frozen.

    `chosen` says for each key which text its people get and why, where it is not their own. `findings` are those of
    the release as a whole; those of one text stand in the variant.
    """

    alert: Alert
    wanted: Wanted
    numbers: Numbers
    in_use: tuple[InUse, ...]
    variants: tuple[Variant, ...]
    chosen: Mapping[Key, Chosen]
    findings: tuple[Finding, ...]

    @property
    def blocks(self) -> tuple[Finding, ...]:
        """What stops the whole release; nobody can override it."""
        own = tuple(f for v in self.variants for f in v.findings)
        return tuple(f for f in (*self.findings, *own) if f.severity is Severity.BLOCK and f.scope is Scope.RELEASE)

    @property
    def fallback(self) -> int:
        """Contacts who get another text than their own, or none yet."""
        return sum(u.contacts for u in self.in_use if self.chosen[_key(u)].fallback)

    @cached_property
    def _uses(self) -> Mapping[str | None, Sequence[InUse]]:
        """The uses of each text, by its id; counted once, because a release may have hundreds of both."""
        uses: dict[str | None, list[InUse]] = {}
        for use in self.in_use:
            uses.setdefault(self.chosen[_key(use)].variant_id, []).append(use)
        return uses

    def people_of(self, variant: Variant) -> int:
        """Contacts who are to get this text first."""
        return sum(use.contacts for use in self._uses.get(variant.id, ()))

    def segments_of(self, variant: Variant) -> list[str]:
        """Segments whose people get this text."""
        return sorted({segment for use in self._uses.get(variant.id, ()) for segment in use.segments})


def _key(use: InUse) -> Key:
    return Key(use.profile_key, Means(use.means), use.messenger, use.group)


def wanted(desk: Desk, conn: Connection, alert: Alert) -> Wanted:
    """Who is meant by this version, as the plan takes it."""
    by_id = {s.id: s for s in desk.segments}
    return plan.Wanted(
        segments_named=tuple(by_id[s] for s in alert.segments),
        segments_all=desk.segments,
        zones=alert.area.zones,
        polygons=alert.area.polygons,
        whole_zones=alert.area.whole_zones,
        jurisdiction=tuple(desk.gazetteer.zones),
        include_unknown=True,
        exercise_ok_only=_only_guests(desk, alert),
        previous_releases=tuple(alerts.releases_of_chain(conn, alert.chain)),
        topic=plan.topic(alert.kind),
        everyone_before=alert.kind in ("correction", "all-clear"),
        at_once=alert.urgent or (KINDS[alert.kind].replaces and alert.kind != "update"),
    )


def _only_guests(desk: Desk, alert: Alert) -> bool:
    mode = desk.settings.mode
    return mode is Mode.TEST or (mode is Mode.LIVE and alert.status != "Actual" and not alert.announced)


def prepare(desk: Desk, alert: Alert, overridden: frozenset[str] = frozenset()) -> Prepared:
    """Choose people and texts for a version; stores nothing. `overridden`: rules that a named person released past."""
    with desk.ledger.read() as conn:
        who = wanted(desk, conn, alert)
        numbers = plan.people(conn, who)
        in_use = tuple(plan.in_use(conn, who))
    texts = _Texts(desk, alert, overridden)
    chosen = {_key(use): texts.choose(_key(use)) for use in in_use}
    texts.make_public()
    variants = tuple(texts.made.values())
    findings = (*checks.check_release(variants, alert, desk.content), *_audience_findings(numbers))
    return Prepared(alert, who, numbers, in_use, variants, chosen, findings)


def _audience_findings(numbers: Numbers) -> Iterator[Finding]:
    if numbers.reachable:
        return
    yield Finding(
        rule="C22",
        severity=Severity.BLOCK,
        scope=Scope.RELEASE,
        message="Nobody would get this: no contact in the area can be reached.",
        remedy="Look at the area and the segments, and at `onevoice audience show`.",
    )


class _Texts:
    """The texts of one version, each composed and checked once."""

    def __init__(self, desk: Desk, alert: Alert, overridden: frozenset[str]) -> None:
        self.desk, self.alert, self.overridden = desk, alert, overridden
        self.authority = desk.authority(alert.authority)
        self.made: dict[str, Variant] = {}
        self._tried: dict[Key, Variant | None] = {}

    def choose(self, key: Key) -> Chosen:
        """The text for a key: its own, or the first in the line of fallbacks that is not held back."""
        for wanted_key, fallback in self._line(key):
            text = self._text(wanted_key) if self._shipped(wanted_key) else None
            if text and not text.withheld(self.overridden):
                return plan.Chosen(text.id, fallback)
        return plan.Chosen(None, "held")

    def make_public(self) -> None:
        """The texts of the page and of CAP: each language at T2, and English at T4 for the restricted feed."""
        public = [Profile(languages=(language,), tier=Tier.T2) for language in self.desk.content.languages]
        for profile in (*public, Profile(languages=("en",), tier=Tier.T4)):
            self._text(Key(profile.key, Means.PAGE, None, "all"))

    def _line(self, key: Key) -> Iterator[tuple[Key, str | None]]:
        profile = Profile.from_key(key.profile)
        yield key, None
        if len(profile.languages) > 1:
            alone = profile.model_copy(update={"languages": profile.languages[:1]})
            yield key._replace(profile=alone.key), "shared-point"
            profile = alone
        if profile.tier is not Tier.T2:
            yield key._replace(profile=profile.model_copy(update={"tier": Tier.T2}).key), "other-tier"
        for tier in dict.fromkeys((profile.tier, Tier.T2)):
            english = profile.model_copy(update={"languages": ("en",), "tier": tier})
            yield key._replace(profile=english.key), "english"

    def _shipped(self, key: Key) -> bool:
        return set(Profile.from_key(key.profile).languages) <= set(self.desk.content.languages)

    def _text(self, key: Key) -> Variant | None:
        if key not in self._tried:
            self._tried[key] = self._compose(key)
        return self._tried[key]

    def _compose(self, key: Key) -> Variant | None:
        asked = compose.Asked(
            profile=Profile.from_key(key.profile),
            means=key.means,
            messenger=self._cosigner(key.messenger),
            group=key.group,
        )
        try:
            bare = compose.compose(self.alert, asked, self.desk.content, self.authority)
        except compose.DoesNotFit:
            return None
        text = checks.check_variant(bare, self.alert, self.desk.content, self.authority)
        return self.made.setdefault(text.id, text)

    def _cosigner(self, name: str | None) -> Messenger | None:
        return self.desk.messengers[name] if name and name != self.authority.id else None
