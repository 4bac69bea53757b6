"""What an update says has changed, read from its words, against what has changed between the two FactSets (C16)."""

from __future__ import annotations

from collections.abc import Iterator

from onevoice.alert import Kind
from onevoice.checks import numbers, sentences
from onevoice.checks.case import Case
from onevoice.checks.rules import finding
from onevoice.facts import FactSet, Places
from onevoice.people import WIRELESS, Means
from onevoice.variant import Finding

_PHONES = frozenset(["help_phone", "text_phone", "transport_phone", "emergency_number"])
_NEEDED = {"act_by": "act_by", "actions": "actions"}
_WITH_FACT = {name: name for name in ("act_by", "expires", "actions", "impact", "disease")}
"""Frame of a change → the fact that must have changed."""


def check(case: Case) -> Iterator[Finding]:
    """An update tells those who have the version before what is new: each change that they need, and no other."""
    older = case.alert.previous
    if case.alert.kind != Kind.UPDATE or not older or case.variant.group not in ("all", "kept"):
        return
    changed = set(case.alert.factset.differs(older))
    told = {frame for frame in _frames(case) if _stands(case, frame)}
    lacking = [name for name in _expected(case, changed, older) if name not in told]
    if lacking and not (set(lacking) <= set(_NEEDED.values()) and "other" in told):
        yield finding("C16", f"The update does not say that this has changed: {', '.join(lacking)}.")
    surplus = [frame for frame in told if not _happened(frame, changed, older, case.alert.factset)]
    if surplus:
        yield finding("C16", f"The update says that this has changed, and it has not: {', '.join(sorted(surplus))}.")


def _frames(case: Case) -> set[str]:
    return {k.split(".")[2] for k in case.library.lexicon.sources if k.startswith("frame.changed.")}


def _stands(case: Case, frame: str) -> bool:
    key = case.key(f"frame.changed.{frame}")
    everything = "\n".join(case.texts.values())
    return key is not None and any(sentences.stands(case.said(tag, key).text, everything) for tag in case.languages)


def _expected(case: Case, changed: set[str], older: FactSet) -> Iterator[str]:
    now = case.alert.factset
    if case.variant.means in (Means.SOCIAL, *WIRELESS):
        return  # there is room for what holds now; the page says what is new
    yield from (frame for name, frame in _NEEDED.items() if name in changed)
    if "places" in changed:
        yield from (frame for frame in ("places_added", "places_dropped") if _moved(frame, older, now))
    if "help_phone" in changed and _rings(case, "help_phone"):
        yield "phone"


def _rings(case: Case, name: str) -> bool:
    """True where the text gives this number: a text message may have no room for it."""
    texts = "\n".join(case.texts[part] for part in case.whole)
    return any(numbers.same_number(phone.text, case.phones[name]) for phone in numbers.phones(texts))


def _happened(frame: str, changed: set[str], older: FactSet, now: FactSet) -> bool:
    if frame in _WITH_FACT:
        return _WITH_FACT[frame] in changed
    if frame == "phone":
        return bool(changed & _PHONES)
    return bool(changed) if frame == "other" else _moved(frame, older, now)


def _moved(frame: str, older: FactSet, now: FactSet) -> bool:
    before, after = _ids(older), _ids(now)
    return bool(after - before if frame == "places_added" else before - after)


def _ids(facts: FactSet) -> set[str]:
    places = facts.get("places")
    return set(places.ids) if isinstance(places, Places) else set()
