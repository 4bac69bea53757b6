"""Facts: what the finished text says, read back from its words alone, against what the alert says.

Nothing here looks at the spans that compose noted, nor at how values were written: a fault there must show here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import product

from babel import Locale
from babel.lists import format_list

from onevoice.checks import numbers, sentences
from onevoice.checks.case import FREE_WORDS, UNTIMED, Case
from onevoice.checks.clock import shown, times
from onevoice.checks.plain import plain
from onevoice.checks.rules import finding
from onevoice.facts import Instant, Unknown
from onevoice.lexicon import OUTSIDE, slots
from onevoice.localize import ENGLISH, Language
from onevoice.localize.language import ListStyle
from onevoice.people import Means, Need
from onevoice.variant import Finding

_BESIDE = {"description": "hazard.{hazard}.{kind}.", "instruction": "action."}
"""Part of a page that is read without the whole text → the sentences that it must hold too."""
_UNKNOWN = ("impact", "onset", "cause")
NOT_SAID = "what is not known"
"""A post may leave this out; then it still says when the next message comes."""
NO_TIMES = "times"
"""Ninety characters may leave this out: the longer form of the same message has it."""


def check(case: Case) -> Iterator[Finding]:
    """Everything that a reader must find, with the right value."""
    for part in case.whole:
        for language in case.languages:
            yield from _lacking(case, part, language)
        yield from _actions(case, part)
        yield from _lacking_number(case, part)
    for part, language in product((*case.whole, *(p for p in _BESIDE if p in case.texts)), case.languages):
        yield from _sentences(case, part, language)
    yield from _sentences_somewhere(case)


def _who(case: Case, language: str) -> str:
    return f"{language} {case.tier} {case.variant.means}"


# --- what must be there


def _lacking(case: Case, part: str, language: str) -> Iterator[Finding]:
    text = case.texts[part]
    for key, what in _required_sentences(case):
        if not key:
            yield finding("C02", f"There is no sentence for the {what} in {_who(case, language)}.", part=part)
        elif not sentences.stands(case.said(language, key).text, text):
            yield finding("C02", f"{_who(case, language)} lacks the {what}.", part=part)
    yield from _lacking_places(case, part, language)
    yield from _lacking_time(case, part, language)
    linked = case.url() in [u.text for u in numbers.urls(text)] or not case.has_link(part)
    if not linked and not _damaged(case, language, "frame.more"):
        yield finding("C02", f"{_who(case, language)} lacks the link to the page.", part=part)


def _required_sentences(case: Case) -> Iterator[tuple[str | None, str]]:
    hazard = f"hazard.{case.alert.hazard}"
    yield case.key(case.opening()), "hazard"
    for name in _UNKNOWN:
        if isinstance(case.fact(name), Unknown) and NOT_SAID not in case.variant.left_out:
            yield case.key(f"{hazard}.unknown.{name}"), f"sentence that the {name} is not known yet"


def _lacking_places(case: Case, part: str, language: str) -> Iterator[Finding]:
    if _damaged(case, language, "frame.where") or _damaged(case, language, case.opening()):
        return
    names = case.place_names(language)
    lacking = [name for name in names if name not in case.texts[part]]
    if lacking or not names:
        said = ", ".join(lacking) or "every place"
        yield finding("C10", f"{_who(case, language)} lacks {said}.", remedy="Every text names every place.", part=part)


def _damaged(case: Case, language: str, name: str) -> bool:
    key = case.key(name)
    return key is not None and case.damaged(language, key)


def _lacking_time(case: Case, part: str, language: str) -> Iterator[Finding]:
    if case.variant.means is Means.WIRELESS_90 and NO_TIMES in case.variant.left_out:
        return
    spoken = case.library.voice(language).language
    instants = case.instants
    found = {read.clock for read in times(case.texts[part], spoken, case.zones)}
    for name, frame in _required_times(case):
        if name in instants and not found & shown(instants[name], spoken) and not _damaged(case, language, frame):
            message = f"{_who(case, language)} does not say {name}: {instants[name].local:%A %d %B, %H:%M}."
            yield finding("C02", message, part=part)


def _lacking_number(case: Case, part: str) -> Iterator[Finding]:
    """Who gets English because their language is not there must at least be able to ask."""
    number = case.phones.get("text_phone" if Need.HEARING in case.variant.profile.needs else "help_phone")
    if not case.variant.stand_in or not number:
        return
    if not any(numbers.same_number(found.text, number) for found in numbers.phones(case.texts[part])):
        message = f"{_who(case, ENGLISH)} stands in for another language and lacks the number to ask."
        yield finding("C02", message, part=part)


def _required_times(case: Case) -> Iterator[tuple[str, str]]:
    if case.kind in UNTIMED:
        if case.kind in ("all-clear", OUTSIDE):
            yield "issued", "frame.issued"
    elif case.alert.act_by or case.fact("act_by"):
        yield "act_by", "frame.act_by"
    else:
        yield "expires", "frame.until"
    if any(isinstance(case.fact(name), Unknown) for name in _UNKNOWN):
        yield "next_update", "frame.next_update"


# --- sentence by sentence


def _sentences(case: Case, part: str, language: str) -> Iterator[Finding]:
    """Each sentence that the text claims to hold stands there unchanged, with its own facts in its slots."""
    for key, text in _claimed(case, language):
        if sentences.as_written(text, case.texts[part]):
            continue
        wrong = _least_wrong(case, part, language, text)
        if wrong is not None:
            yield from wrong
        elif _belongs(case, key, part):
            rule = "C08" if key.startswith("action.") else "C02"
            yield finding(rule, f"{_who(case, language)} lacks or changes the sentence “{text}”.", part=part)


def _least_wrong(case: Case, part: str, language: str, text: str) -> list[Finding] | None:
    """What is wrong with a sentence where it stands best; None where it stands nowhere."""
    best: list[Finding] | None = None
    for match in sentences.found(text, case.texts[part]):
        wrong = list(_wrong_values(case, language, sentences.values(match)))
        if not wrong:
            return wrong  # it stands there rightly: no other reading can be better
        best = wrong if best is None or len(wrong) < len(best) else best
    return best


def _belongs(case: Case, key: str, part: str) -> bool:
    """True where this part must hold the sentence: headings differ, and a pack and a page say some in one part alone.

    What the danger does stands in each of them: a change in one part is no less wrong because another part is right.
    """
    what = f"hazard.{case.alert.hazard}.{case.kind}."
    if part in _BESIDE:
        return key.startswith(_BESIDE[part].format(hazard=case.alert.hazard, kind=case.kind))
    if case.variant.means is Means.PACK:
        return key.startswith(("action.", "frame.where", f"{what}impact"))
    elsewhere = f"{what}why" if case.variant.means is Means.PAGE else "frame.heading."
    return not key.startswith(("frame.heading.", elsewhere))


def _sentences_somewhere(case: Case) -> Iterator[Finding]:
    """What stands in one part of several must stand there unchanged."""
    everything = "\n".join(case.texts.values())
    for language in case.languages:
        for key, text in _claimed(case, language):
            if not _belongs(case, key, case.whole[0]) and not sentences.stands(text, everything):
                yield finding("C02", f"{_who(case, language)} lacks or changes the sentence “{text}”.")


def _claimed(case: Case, language: str) -> tuple[tuple[str, str], ...]:
    """Key and sentence; worked out once for a text, which may have several parts."""
    if language not in case.claimed:
        said = ((key, case.said(language, key).text) for key in case.variant.said)
        case.claimed[language] = tuple(
            (key, text)
            for key, text in said
            if sentences.has_words(text) and not case.damaged(language, key) and _can_say(case, language, text)
        )
    return case.claimed[language]


def _can_say(case: Case, language: str, text: str) -> bool:
    """False for a sentence whose free words nobody has checked in this language: only the other one says it."""
    return FREE_WORDS.intersection(slots(text)) <= case.names(language).keys()


def _wrong_values(case: Case, language: str, values: Mapping[str, str]) -> Iterator[Finding]:
    for slot, said in values.items():
        rule = _contradicts(case, language, slot, said)
        if rule:
            yield finding(rule, f"{_who(case, language)} says “{said}” where {slot} should stand.")


def _contradicts(case: Case, language: str, slot: str, said: str) -> str | None:
    spoken = case.library.voice(language).language
    if slot in case.instants:
        return _time_rule(case, spoken, case.instants[slot], said)
    if slot in case.phones:
        return None if numbers.same_number(said, case.phones[slot]) else "C03"
    if slot == "url":
        return None if said == case.url() else "C07"
    if slot == "places":
        return _place_rule(case, language, said)
    names = case.names(language)
    return "C02" if slot in names and plain(said).rstrip(".") != names[slot].rstrip(".") else None


def _time_rule(case: Case, spoken: Language, instant: Instant, said: str) -> str | None:
    read = [r.clock for r in times(said, spoken, case.zones)]
    right = shown(instant, spoken)
    if read and read[0] in right:
        return None
    same_clock = read and any((c.hour, c.minute) == (read[0].hour, read[0].minute) for c in right)
    return "C05" if same_clock else "C04"


def _place_rule(case: Case, language: str, said: str) -> str | None:
    """Same places and no other: what is left beside the names may only be what joins a list."""
    rest = said
    for name in sorted(case.place_names(language), key=len, reverse=True):
        if name not in rest:
            return "C10"
        rest = rest.replace(name, " ", 1)
    spoken = case.library.voice(language).language
    glue = _glue(spoken.list, spoken.babel, spoken.conjunction)
    letters = "".join(c if c.isalnum() else " " for c in rest).split()
    return "C10" if any(word not in glue for word in letters) else None


@lru_cache(maxsize=64)
def _glue(style: ListStyle, locale: str, conjunction: str) -> frozenset[str]:
    """What joins the names of a list in a language."""
    joined = format_list(["0"] * 4, style, Locale.parse(locale))
    joined += " " + format_list(["0"] * 2, style, Locale.parse(locale))
    return frozenset("".join(c if c.isalpha() else " " for c in f"{joined} {conjunction}").split())


def _actions(case: Case, part: str) -> Iterator[Finding]:
    """The actions in their order, each as its approved sentence; in two languages, once in each."""
    for language in case.languages:
        position = 0
        for action in case.actions:
            key = case.key(f"action.{action}")
            sentence = case.said(language, key).text if key else ""
            match = sentences.pattern(sentence).search(case.texts[part], position) if sentence else None
            position = match.end() if match else position
            if not match:
                message = f"{_who(case, language)} does not tell “{sentence or action}” in its place."
                yield finding("C08", message, remedy="Every text tells the same actions in the same order.", part=part)
    if case.variant.actions != case.actions:
        yield finding("C08", f"{case.tier} {case.variant.means} tells other actions than the alert has.", part=part)
