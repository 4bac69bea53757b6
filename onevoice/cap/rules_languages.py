"""Several info blocks in one alert: every language must say the same (C14), in its own words.

CAP takes the info blocks of each language as one sequence: later blocks of a language may add to the earlier ones, not
override them. Words are compared only to see that nobody was given another language's text; facts must be equal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from onevoice.cap import times
from onevoice.cap.findings import Found, doubtful, wrong
from onevoice.cap.model import CapAlert, CapArea, Info, ValueName
from onevoice.cap.rules_area import points

Numbered = tuple[int, Info]
TEXTS = ("event", "headline", "description", "instruction")
OVERRIDING = ("urgency", "severity", "certainty", "effective", "onset", "expires")


def rules(alert: CapAlert) -> Iterator[Found]:
    """Judge the info blocks of the alert against one another."""
    if len(alert.infos) < 2:  # noqa: PLR2004  (one block cannot disagree)
        return
    sequences = _sequences(alert)
    yield from _nameless(alert)
    yield from _disagreement(list(sequences.values()))
    yield from _same_words(alert)
    for sequence in sequences.values():
        yield from _overridden(sequence)


def _sequences(alert: CapAlert) -> dict[str, list[Numbered]]:
    """The info blocks of each language, with their numbers, in the order of the document."""
    found: dict[str, list[Numbered]] = {}
    for number, info in enumerate(alert.infos, 1):
        found.setdefault(info.spoken.lower(), []).append((number, info))
    return found


def _nameless(alert: CapAlert) -> Iterator[Found]:
    for number, info in enumerate(alert.infos, 1):
        if info.language is None:
            yield doubtful(f"info[{number}]/language", "is missing: among several blocks it counts as en-US.")


def _codes(codes: tuple[ValueName, ...]) -> frozenset[tuple[str, str]]:
    return frozenset((code.value_name.strip(), code.value.strip()) for code in codes)


def _moment(text: str | None) -> Any:
    return times.instant(text) or text


def _number(text: str | None) -> Any:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return text


def _shape(area: CapArea) -> tuple[Any, ...]:
    """An area without its words."""
    polygons = frozenset(points(text) or text for text in area.polygons)
    circles = frozenset(" ".join(text.split()) for text in area.circles)
    return polygons, circles, _codes(area.geocodes), _number(area.altitude), _number(area.ceiling)


FACTS: dict[str, Callable[[Info], Any]] = {
    "category": lambda info: frozenset(info.categories),
    "eventCode": lambda info: _codes(info.event_codes),
    "responseType": lambda info: frozenset(info.response_types),
    "urgency": lambda info: info.urgency,
    "severity": lambda info: info.severity,
    "certainty": lambda info: info.certainty,
    "effective": lambda info: _moment(info.effective),
    "onset": lambda info: _moment(info.onset),
    "expires": lambda info: _moment(info.expires),
    "area": lambda info: frozenset(Counter(_shape(area) for area in info.areas).items()),
}
"""What must be equal in every language, by element."""


def _facts(info: Info) -> tuple[Any, ...]:
    return tuple(fact(info) for fact in FACTS.values())


def _disagreement(sequences: list[list[Numbered]]) -> Iterator[Found]:
    first, *others = sequences
    for other in others:
        if len(other) != len(first):
            yield doubtful(
                f"info[{other[0][0]}]",
                f"{other[0][1].spoken} has {len(other)} info blocks and {first[0][1].spoken} {len(first)}: "
                "readers of one language are told less.",
            )
        elif Counter(_facts(info) for _, info in first) != Counter(_facts(info) for _, info in other):
            for one, same in zip(first, other, strict=True):
                yield from _pair(one, same)


def _pair(one: Numbered, same: Numbered) -> Iterator[Found]:
    for element, fact in FACTS.items():
        if fact(one[1]) != fact(same[1]):
            yield wrong(
                f"info[{same[0]}]/{element}",
                f"is not the same in {same[1].spoken} as in {one[1].spoken} (info[{one[0]}]): every language must say "
                "the same.",
            )


def _same_words(alert: CapAlert) -> Iterator[Found]:
    said: dict[tuple[str, str], str] = {}
    for number, info in enumerate(alert.infos, 1):
        for element in TEXTS:
            text = (getattr(info, element) or "").strip()
            if text and not _kin(said.setdefault((element, text), info.spoken), info.spoken):
                yield doubtful(
                    f"info[{number}]/{element}", f"is the same text as in {said[element, text]}: was it translated?"
                )


def _kin(one: str, other: str) -> bool:
    """True for languages of one stem, as en-US and en-CA, which may well use the same words."""
    return one.lower().split("-")[0] == other.lower().split("-")[0]


def _overridden(sequence: list[Numbered]) -> Iterator[Found]:
    earlier: dict[Any, Numbered] = {}
    for number, info in sequence:
        about = (info.event, FACTS["area"](info))
        first = earlier.setdefault(about, (number, info))
        changed = [name for name in OVERRIDING if FACTS[name](first[1]) != FACTS[name](info)]
        if changed:
            yield doubtful(
                f"info[{number}]/{changed[0]}",
                f"is not as in info[{first[0]}], of the same language, event and area: a later block may add, "
                "not override.",
            )
