"""Translation: who stands behind the words, whether they still belong to the English of today, and their slots."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from onevoice.alert import Status
from onevoice.checks.case import Case
from onevoice.checks.rules import finding
from onevoice.facts import LocalNote
from onevoice.lexicon.entries import ENGLISH_ONLY
from onevoice.localize import ENGLISH
from onevoice.variant import Finding, Provenance, Severity

_SHOWN = 3


def check(case: Case) -> Iterator[Finding]:
    """For each language of the text."""
    for language in case.languages:
        if language != ENGLISH:
            yield from _language(case, language)
        yield from _note(case, language)
    if case.variant.lead:
        yield from _said(case, case.variant.lead, (ENGLISH_ONLY,))


def _language(case: Case, language: str) -> Iterator[Finding]:
    yield from _said(case, language, case.variant.said)


def _said(case: Case, language: str, keys: Iterable[str]) -> Iterator[Finding]:
    """Sentences that the text says in a language."""
    said = {key: case.said(language, key) for key in keys}
    missing = [key for key, sentence in said.items() if sentence.missing]
    stale = [key for key, sentence in said.items() if sentence.stale]
    damaged = [key for key in said if key not in missing and case.damaged(language, key)]
    if missing:
        yield finding("P02", f"{language}: not translated: {_list(missing)}.", remedy=_remedy(language))
    if stale:
        yield finding("P03", f"{language}: the English has changed since: {_list(stale)}.", remedy=_remedy(language))
    if damaged:
        yield finding("P04", f"{language}: a fact is lost or unknown in: {_list(damaged)}.", remedy=_remedy(language))
    trust = {sentence.provenance for sentence in said.values() if not sentence.missing}
    yield from _trust(case, language, trust)


def _trust(case: Case, language: str, trust: set[Provenance]) -> Iterator[Finding]:
    real = case.alert.status is Status.ACTUAL
    if Provenance.MACHINE_DRAFT in trust:
        severity = Severity.BLOCK if real else Severity.WARN
        message = f"{language}: machine draft; no person has translated it."
        yield finding("P01", message, remedy="Have it reviewed, or send the fallback.", severity=severity)
    elif Provenance.TRANSLATED in trust:
        severity = Severity.WARN if real else Severity.NOTE
        yield finding("P05", f"{language}: translated, but not reviewed by a second person.", severity=severity)


def _note(case: Case, language: str) -> Iterator[Finding]:
    for name, note in case.alert.factset.facts.items():
        if isinstance(note, LocalNote) and note.texts.get(language) and not note.checked_by.get(language):
            what = "local note" if name == "note" else name
            message = f"{language}: nobody has checked the {what}."
            yield finding("P06", message, remedy=f"Name who checked it in the alert file: {name}.checked_by.")


def _list(keys: list[str]) -> str:
    more = f" and {len(keys) - _SHOWN} more" if len(keys) > _SHOWN else ""
    return ", ".join(keys[:_SHOWN]) + more


def _remedy(language: str) -> str:
    return f"`onevoice locales check` lists them; translate in locales/{language}/LC_MESSAGES/messages.po."
