"""Checks: what is wrong with a text, a release or the library, as findings with severity and scope.

They read the finished words on their own. What compose noted about a text is a claim to be examined, never evidence.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable

from onevoice.alert import Alert
from onevoice.checks import (
    agree,
    changed,
    connecting,
    coverage,
    facts,
    ground,
    length,
    readability,
    shape,
    signposts,
    status,
    strangers,
    style,
    translation,
    wording,
)
from onevoice.checks import chain as chains
from onevoice.checks.around import Around
from onevoice.checks.case import Case
from onevoice.checks.coverage import AskedKey
from onevoice.checks.library import check_library
from onevoice.checks.rules import PASSABLE, RULES, Rule
from onevoice.library import Library
from onevoice.people import Messenger
from onevoice.variant import Finding, Variant

__all__ = ["PASSABLE", "RULES", "Rule", "check_around", "check_library", "check_release", "check_variant"]

_FAMILIES = (facts, strangers, status, length, translation, changed, wording, shape, style, signposts, connecting)


def check_variant(variant: Variant, alert: Alert, content: Library, authority: Messenger) -> Variant:
    """The same variant with its findings and its readability."""
    case = Case(variant, alert, content, authority)
    measured = readability.measure(case)
    found = itertools.chain.from_iterable(family.check(case) for family in _FAMILIES)
    return variant.with_findings(_once((*found, *readability.check(case, measured))), measured)


def check_release(
    variants: Collection[Variant], alert: Alert, content: Library, asked: Collection[AskedKey] = ()
) -> tuple[Finding, ...]:
    """Findings about the release as a whole. `asked`: the texts that are needed."""
    return _once((*coverage.check(variants, alert, asked), *agree.check(variants, alert, content)))


def check_around(alert: Alert, content: Library, around: Around) -> tuple[Finding, ...]:
    """Findings about a version in its chain, on its ground and among the other live alerts."""
    return _once((*chains.check(alert, content, around), *ground.check(alert, content, around)))


def _once(found: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(dict.fromkeys(found))
