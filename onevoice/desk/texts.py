"""The texts of one version: each composed and checked once, and for each key the one that its people get."""

from __future__ import annotations

from collections import Counter, defaultdict
from contextlib import suppress
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from onevoice import checks, compose, wireless
from onevoice.checks.rules import finding
from onevoice.desk import fallback
from onevoice.desk.needs import Needs
from onevoice.ledger import plan
from onevoice.localize import ENGLISH
from onevoice.localize.language import english_name
from onevoice.people import PUBLIC_TIERS, WIRELESS, Fallback, Means, Profile, Tier
from onevoice.variant import Finding, Provenance, Severity, Variant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from onevoice.alert import Alert
    from onevoice.desk.fallback import Instead, Step
    from onevoice.desk.kept_texts import KeptTexts
    from onevoice.desk.wiring import Desk
    from onevoice.ledger.plan import Chosen, InUse
    from onevoice.people import Messenger

NUMBERS = frozenset(["frame.call", "frame.text"])
"""Sentences that name the number to ask."""
_MARKED = "Nothing need be done: the marks of an exercise take the room; of real alerts many fit."


class Key(NamedTuple):
    """Which text a contact point needs; `precedence` is that of the segment whose fallback applies."""

    profile: str
    means: Means
    messenger: str | None
    group: str
    precedence: int


def key_of(use: InUse) -> Key:
    """The key of a text in use."""
    return Key(use.profile_key, Means(use.means), use.messenger, use.group, use.precedence)


def as_key(likely: plan.Key) -> Key:
    """The key of a text that is likely to be needed."""
    profile, means, messenger, group, precedence = likely
    return Key(profile, Means(means), messenger, group, precedence)


class Texts:
    """The texts of one version, each composed and checked once."""

    def __init__(self, desk: Desk, alert: Alert, overridden: frozenset[str], kept: KeptTexts | None = None) -> None:
        self.desk, self.alert, self.overridden = desk, alert, overridden
        self.authority = desk.authority(alert.authority)
        self._composer = compose.Composer(alert, desk.content, self.authority)
        self.made: dict[str, Variant] = {}
        self.segments = {segment.precedence: segment for segment in desk.segments}
        self.needs = Needs(desk, alert)
        self._kept = kept
        self._unmade: dict[Means, list[str]] = defaultdict(list)
        """Wireless forms → languages in which the text is too long for them."""
        self._tried: dict[tuple[object, ...], Variant | None] = {}
        self._ahead: dict[tuple[object, ...], Variant] = {}
        self._hopes: dict[str, bool] = {}

    def choose(self, key: Key) -> Chosen:
        """The text for a key: its own, or the first in the line of fallbacks that is not held back."""
        for step in self._line(key):
            if step.only_if and not self._stands(key, fallback.Step(step.only_if, None)):
                continue
            if text := self._stands(key, step):
                return plan.Chosen(text.id, step.why)
        return plan.Chosen(None, plan.HELD)

    def instead(self, in_use: Sequence[InUse], chosen: Mapping[Key, Chosen]) -> Iterator[Instead]:
        """Who gets another text than their own, by language, segment and what they get."""
        people: Counter[tuple[str, str, str, bool, str]] = Counter()
        for use in in_use:
            key, words = key_of(use), chosen[key_of(use)]
            if words.fallback and use.contacts:
                language = use.profile_key.partition("|")[0]
                number = bool(words.variant_id and NUMBERS.intersection(self.made[words.variant_id].said))
                because = self._because(key, words.fallback)
                people[language, self.segments[key.precedence].id, words.fallback, number, because] += use.contacts
        for (language, segment, gets, number, because), contacts in sorted(people.items()):
            reads = " and ".join(english_name(tag) for tag in language.split("+"))
            yield fallback.Instead(language, reads, segment, contacts, gets, number, because)

    def _because(self, key: Key, why: str) -> str:
        """What holds back the own text of a key; where two languages do not fit, that of the first of them."""
        profile = Profile.from_key(key.profile)
        own = self._text(self._asked(key, fallback.Step(profile, None)))
        if own is None and why != fallback.SHARED_POINT:
            own = self._text(self._asked(key, fallback.Step(fallback.alone(profile), None)))
        if own is None:
            return fallback.NO_TEXT if len(profile.languages) == 1 else fallback.NO_ROOM
        said = (f.message.removeprefix(f"{profile.languages[0]}: ") for f in own.stopping(self.overridden))
        return "; ".join(dict.fromkeys(message.rstrip(".") for message in said))

    def make_public(self) -> None:
        """The texts that are nobody's own."""
        for asked in self._public():
            self._text(asked)

    def _public(self) -> Iterator[compose.Asked]:
        """In each language at their levels; English at T4 for the restricted feed."""
        technical = Profile(languages=(ENGLISH,), tier=Tier.T4)
        yield compose.Asked(technical, Means.PAGE, needs=self.needs.of_all(Means.PAGE))
        for means, tiers in PUBLIC_TIERS.items():
            if means in WIRELESS and self.alert.kind not in wireless.KINDS:
                continue
            for language, tier in product(self.desk.content.languages, tiers):
                profile = Profile(languages=(language,), tier=tier)
                yield compose.Asked(profile, means, needs=self.needs.of_all(means))

    def expect_public(self) -> None:
        """Compose what `make_public` asks for, before anything else is known."""
        for asked in self._public():
            self._expect(asked)

    def expect(self, keys: Iterable[Key], enough: Callable[[], bool]) -> None:
        """Compose what is likely to be chosen, until `enough`: only what `choose` asks for afterwards is made."""
        for key in keys:
            if enough():
                return
            self._expect(self._asked(key, next(self._line(key))))

    def _expect(self, asked: compose.Asked) -> None:
        if asked.key not in self._ahead and self._shipped(asked):
            with suppress(compose.DoesNotFit):
                self._ahead[asked.key] = self._checked(asked)

    def _line(self, key: Key) -> Iterator[Step]:
        profile = Profile.from_key(key.profile)
        segment = self.segments.get(key.precedence)
        policy = segment.fallback if segment else Fallback.BILINGUAL
        return fallback.line(profile, policy, urgent=self.alert.urgent, hopeful=self._hopeful(profile.languages[0]))

    def _hopeful(self, language: str) -> bool:
        """False where no text in a language can stand: it is not shipped, or a real alert finds only machine drafts."""
        if language not in self._hopes:
            self._hopes[language] = self._any_stands(language)
        return self._hopes[language]

    def _any_stands(self, language: str) -> bool:
        if language not in self.desk.content.languages:
            return False
        if self.alert.status != "Actual" or "P01" in self.overridden or language == ENGLISH:
            return True
        entries = self.desk.content.catalogue(language).entries.values()
        return any(entry.provenance is not Provenance.MACHINE_DRAFT for entry in entries)

    def _stands(self, key: Key, step: Step) -> Variant | None:
        """The text of a step, where it is not held back."""
        text = self._text(self._asked(key, step))
        return text if text and not text.withheld(self.overridden) else None

    def _asked(self, key: Key, step: Step) -> compose.Asked:
        return compose.Asked(
            profile=step.profile,
            means=key.means,
            messenger=self._cosigner(key.messenger),
            group=key.group,
            stand_in=step.stand_in,
            lead=step.lead,
            needs=self.needs.of(self.segments.get(key.precedence)),
        )

    def _text(self, asked: compose.Asked) -> Variant | None:
        if asked.key not in self._tried:
            self._tried[asked.key] = self._compose(asked) if self._shipped(asked) else None
        return self._tried[asked.key]

    def _shipped(self, asked: compose.Asked) -> bool:
        return set(asked.profile.languages) <= set(self.desk.content.languages)

    def _compose(self, asked: compose.Asked) -> Variant | None:
        try:
            text = self._ahead.pop(asked.key, None) or self._checked(asked)
        except compose.DoesNotFit:
            if asked.means in WIRELESS:
                self._unmade[asked.means].append(" and ".join(asked.profile.languages))
            return None
        return self.made.setdefault(text.id, text)

    def _checked(self, asked: compose.Asked) -> Variant:
        """Composed and checked, now or when this alert was looked at before. Raises DoesNotFit."""
        return self._kept.text(asked, self._made_now) if self._kept else self._made_now(asked)

    def _made_now(self, asked: compose.Asked) -> Variant:
        bare = self._composer.compose(asked)
        return checks.check_variant(bare, self.alert, self.desk.content, self.authority)

    def unmade(self) -> Iterator[Finding]:
        """One finding for each wireless form, whatever the number of languages that it is too short for."""
        for means, languages in self._unmade.items():
            limit, told = wireless.LIMITS[means], ", ".join(languages)
            message = f"{means} is not made in {told}: no text fits into {limit} characters."
            if self.alert.status == "Actual":
                yield finding("N05", message, severity=Severity.WARN)
            else:
                yield finding("N05", message, remedy=_MARKED, severity=Severity.NOTE)

    def _cosigner(self, name: str | None) -> Messenger | None:
        return self.desk.messengers[name] if name and name != self.authority.id else None
