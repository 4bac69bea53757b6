"""Texts beside one another: levels, means, titles and words of one release agree (C11, C12, C13, C21).

Each text is read once; then sets are compared. A fact that a text says it left out is no fact that it lacks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from functools import lru_cache
from itertools import pairwise

from onevoice.alert import Alert
from onevoice.checks import numbers
from onevoice.checks.plain import plain
from onevoice.checks.reading import links
from onevoice.checks.rules import finding
from onevoice.checks.terms import avoided, glossary
from onevoice.facts import Phone, Places, ProperName, Shelter
from onevoice.lexicon import OUTSIDE, SLOT
from onevoice.library import Library
from onevoice.people import WIRELESS, Means, Tier
from onevoice.services import Services
from onevoice.variant import Finding, Variant

_SHORT = frozenset([Means.SMS, Means.SOCIAL, *WIRELESS])
_TITLES = ("subject", "headline")
_BRIEF: dict[str, frozenset[str]] = {
    "action": frozenset(["second action", "third action"]),
    "place": frozenset(["list of places"]),
    "service": frozenset(["sign-post"]),
    "": frozenset(["local facts", "local note"]),
}
"""Sort of a fact, as `_told` names it, → what a text lists as left out where facts of that sort may be missing."""


def check(variants: Collection[Variant], alert: Alert, library: Library) -> Iterator[Finding]:
    """Every pair of texts that should agree, each text read once."""
    own = [variant for variant in variants if not variant.stand_in]  # a stand-in has a number that others need not have
    some = frozenset(need.fact for need in library.lexicon.needs.values())  # what only some groups hear
    told = {variant.id: _told(variant, alert) - some for variant in own}
    yield from _levels(own, told)
    yield from _lengths(own, told)
    for variant in variants:
        yield from _titles(variant, alert, library)
    yield from _terms(variants, library)


# --- what a text tells


def _told(variant: Variant, alert: Alert) -> frozenset[str]:
    """Names of the facts that stand in the words: numbers, proper names, places. Times have rules of their own."""
    text = "\n".join(plain(text) for part, text in variant.parts.items() if part != "html")
    rest = numbers.blank(text, [(link.start, link.end) for link in numbers.urls(text)])
    phones = [phone.text for phone in numbers.phones(rest)]
    found = set()
    for name, fact in alert.factset.facts.items():
        match fact:
            case Phone() if any(links.same_phone(said, fact.e164) for said in phones):
                found.add(name)
            case ProperName() if any(plain(said) in text for said in fact.names.values()):
                found.add(name)
            case Shelter() if plain(fact.address) in text:
                found.add(name)
            case Services():
                found |= {f"service {entry.id}" for entry in fact.entries if plain(entry.name) in text}
            case Places():
                found |= {f"place {p.id}" for p in fact.places if any(plain(said) in text for said in p.names.values())}
    return frozenset(found | {f"action {name}" for name in variant.actions})


def _group(variant: Variant) -> tuple[object, ...]:
    profile = variant.profile
    return profile.languages, profile.needs, variant.messenger or "", variant.group


def _levels(variants: Collection[Variant], told: dict[str, frozenset[str]]) -> Iterator[Finding]:
    """A plainer text is held against all that the next level tells the same readers, by any means and messenger."""
    levels: dict[tuple[object, ...], dict[Tier, list[Variant]]] = defaultdict(lambda: defaultdict(list))
    for variant in variants:
        readers = variant.profile.languages, variant.profile.needs, variant.group, variant.means is Means.PAGE
        levels[readers][variant.profile.tier].append(variant)
    for ladder in levels.values():
        for lower, higher in pairwise(ladder[tier] for tier in sorted(ladder)):
            yield from _adds(lower, higher, told)


def _adds(lower: list[Variant], higher: list[Variant], told: dict[str, frozenset[str]]) -> Iterator[Finding]:
    known = frozenset().union(*(told[text.id] for text in higher))
    means = {text.means for text in higher}
    for text in (one for one in lower if one.means in means):  # a mail has more room than the text message above it
        extra = {name for name in told[text.id] - known if not any(_left_out(name, more) for more in higher)}
        yield from _more("C11", text, frozenset(extra), higher[0])


def _left_out(name: str, text: Variant) -> bool:
    """True where a text says that it left out facts of this sort for want of room."""
    sort = name.partition(" ")[0] if " " in name else ""
    return not _BRIEF[sort].isdisjoint(text.left_out)


def _lengths(variants: Collection[Variant], told: dict[str, frozenset[str]]) -> Iterator[Finding]:
    groups: dict[tuple[object, ...], list[Variant]] = defaultdict(list)
    for variant in variants:
        groups[*_group(variant), variant.profile.tier].append(variant)
    for group in groups.values():
        for short in (v for v in group if v.means in _SHORT):
            for long in (v for v in group if v.means is Means.EMAIL):
                yield from _more("C12", short, told[short.id] - told[long.id], long)


def _more(rule: str, less: Variant, extra: frozenset[str], more: Variant) -> Iterator[Finding]:
    if extra:
        message = f"{_name(less)} tells {', '.join(sorted(extra))}; {_name(more)} does not."
        yield finding(rule, message, remedy="Give both the same facts: the template of one leaves a fact out.")


def _name(variant: Variant) -> str:
    return f"{'+'.join(variant.profile.languages)} {variant.profile.tier} {variant.means}"


# --- titles


def _titles(variant: Variant, alert: Alert, library: Library) -> Iterator[Finding]:
    """A subject or a headline names the danger as the text does, in its kind, and places of the alert alone."""
    kind = OUTSIDE if variant.group == OUTSIDE else str(alert.kind)
    for part in _TITLES:
        title = plain(variant.parts.get(part, ""))
        if title and not all(_opens(title, library, tag, alert.hazard, kind) for tag in variant.profile.languages):
            message = f"The {part} of {_name(variant)} does not say what the text says: “{title}”."
            yield finding("C13", message, part=part, remedy="Use the hazard's opening sentence of this kind.")


def _opens(title: str, library: Library, language: str, hazard: str, kind: str) -> bool:
    return any(opening in title.lower() for opening in _openings(library, language, hazard, kind))


@lru_cache(maxsize=1024)
def _openings(library: Library, language: str, hazard: str, kind: str) -> frozenset[str]:
    keys = [k for k in library.lexicon.sources if k.startswith(f"hazard.{hazard}.{kind}.opening")]
    said = (plain(library.sentence(language, key).text) for key in keys)
    return frozenset(SLOT.split(text)[0].rstrip(" .。!:：").lower() for text in said)


# --- one term for one thing


def _terms(variants: Collection[Variant], library: Library) -> Iterator[Finding]:
    said: dict[str, dict[str, None]] = defaultdict(dict)
    for variant in variants:
        if len(variant.profile.languages) == 1 and variant.profile.tier is not Tier.T4:  # technical terms are allowed
            lines = (line for part, text in variant.parts.items() if part != "html" for line in text.split("\n"))
            said[variant.profile.languages[0]].update(dict.fromkeys(lines))
    for language, texts in said.items():
        for concept, pattern in avoided(library.root, language):
            match = pattern.search("\n".join(texts))
            if match:
                term = glossary(library.root, language).terms[concept].term
                message = f"{language}: “{match[0]}” stands for what is called “{term}” elsewhere."
                yield finding("C21", message, remedy=f"Use “{term}”, or change locales/{language}/glossary.yaml.")
