"""Checks: what is wrong with a text, a release or the library, as findings with severity and scope.

They read the finished words on their own. What compose noted about a text is a claim to be examined, never evidence.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import chain

from onevoice.alert import Alert
from onevoice.checks import coverage, facts, length, readability, status, strangers, translation
from onevoice.checks.case import Case
from onevoice.checks.coverage import AskedKey
from onevoice.checks.library import check_library
from onevoice.checks.rules import RULES, Rule
from onevoice.library import Library
from onevoice.people import Messenger
from onevoice.variant import Finding, Variant

__all__ = ["RULES", "Rule", "check_library", "check_release", "check_variant"]

_FAMILIES = (facts, strangers, status, length, translation)


def check_variant(variant: Variant, alert: Alert, content: Library, authority: Messenger) -> Variant:
    """The same variant with its findings and its readability."""
    case = Case(variant, alert, content, authority)
    measured = readability.measure(case)
    found = chain.from_iterable(family.check(case) for family in _FAMILIES)
    return variant.with_findings(_once((*found, *readability.check(case, measured))), measured)


def check_release(
    variants: Collection[Variant], alert: Alert, content: Library, asked: Collection[AskedKey] = ()
) -> tuple[Finding, ...]:
    """Findings about the release as a whole. `asked`: the texts that are needed."""
    del content  # every release-wide rule looks at the texts alone; kept so that a rule of the library can join
    return _once(coverage.check(variants, alert, asked))


def _once(found: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(dict.fromkeys(found))
