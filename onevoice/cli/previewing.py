"""A preview as a tired person reads it: first whether it goes out, then what, where, when and to how many."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import typer

from onevoice.desk.late import may_come
from onevoice.desk.outside import outside
from onevoice.desk.posting import sentences
from onevoice.people import PERSONAL

if TYPE_CHECKING:
    from onevoice.desk.preview import Preview
    from onevoice.variant import Finding, Variant

WIDTH = 10
ORDER = ("STOP", "HELD", "LOOK", "NOTE")
FEW = 3
"""Of several lines about who gets what instead, this many are shown; the rest is counted."""
SHORT = 600
"""Letters of a text that are shown unless all is asked for."""


class Found(NamedTuple):
    """What one rule found, in how many texts, and in which first. Both are empty for the release as a whole."""

    finding: Finding
    texts: tuple[str, ...]
    wordings: int


def preview(seen: Preview, target: str, *, everything: bool = False) -> None:
    """Print it. `everything`: also each finding and each text."""
    for part in (_verdict(seen), _what(seen), _numbers(seen), _found(seen, everything=everything)):
        for line in part:
            typer.echo(line)
        typer.echo("")
    for line in _texts(seen, target, everything=everything):
        typer.echo(line)


def _verdict(seen: Preview) -> Iterator[str]:
    alert = seen.prepared.alert
    what = f"{alert.status.upper()}: {alert.hazard.replace('_', ' ')}, {alert.kind}"
    if not seen.blocked:
        yield f"GOES OUT   {what}. Nothing is sent by looking at it."
        return
    yield f"DOES NOT GO OUT   {what}. Nothing is sent."
    for words in seen.obstacles:
        yield f"  STOP  {words}"
    for one in _grouped(seen):
        if one.finding.mark == "STOP":
            yield f"  {_line(one)}"


def _what(seen: Preview) -> Iterator[str]:
    for line in seen.read_back:
        if line.label == "Segments" and not line.given:
            usual = len(seen.prepared.alert.segments)
            yield _row(line.label, f"the {usual} that are public   (filled in)")
        else:
            yield _row(line.label, f"{line.value}{'' if line.given else '   (filled in)'}")


def _row(label: str, words: str) -> str:
    return f"{label.replace('_', ' ').capitalize():{WIDTH + 2}}{words}"


def _numbers(seen: Preview) -> Iterator[str]:
    prepared = seen.prepared
    people = prepared.numbers.to_json()
    meant = people["reachable"] + people["unreachable"]
    yield f"{meant} people are meant: {people['reachable']} can be reached, {people['unreachable']} cannot."
    yield (
        f"{people['in_area']} are in the area, {people['location_unknown']} have no known place, "
        f"{prepared.fallback} get another text than their own."
    )
    yield from (f"  {one.sentence()} ({one.segment})" for one in prepared.instead[:FEW])
    if len(prepared.instead) > FEW:
        rest = prepared.instead[FEW:]
        yield f"  and {sum(one.contacts for one in rest)} more in {len(rest)} groups (--json lists them)."
    yield f"Sending takes {_span(seen.forecast.seconds)}; {seen.forecast.after_act_by} would get it too late."
    if told := outside(prepared).sentence():
        yield f"LOOK  {told}"
    if told := may_come(prepared.numbers.not_yet):
        yield f"LOOK  {told}"
    yield from sentences(prepared.posting.to_json())
    if seen.touching:
        yield f"LOOK  Live alerts touch this area: {', '.join(seen.touching)}"


def _span(seconds: float) -> str:
    return f"about {seconds:.0f} s" if seconds < 90 else f"about {seconds / 60:.0f} minutes"  # noqa: PLR2004 - a minute and a half


# --- findings -------------------------------------------------------------------------------------------------


def _found(seen: Preview, *, everything: bool) -> Iterator[str]:
    if everything:
        for text, finding in _each(seen):
            where = f"in {text}: " if text else ""
            yield f"{finding.mark}  {finding.rule} {where}{finding.message} {finding.remedy}".rstrip()
        return
    shown = [one for one in _grouped(seen) if one.finding.mark != "STOP"]
    if not shown:
        yield "The checks found nothing else." if seen.blocked else "The checks found nothing."
    yield from (_line(one) for one in shown)


def _each(seen: Preview) -> Iterator[tuple[str, Finding]]:
    yield from (("", finding) for finding in seen.prepared.findings)
    for variant in sorted(seen.prepared.variants, key=lambda v: _rank(seen, v)):
        yield from ((_name(variant), finding) for finding in variant.findings)


def _grouped(seen: Preview) -> list[Found]:
    """Each rule once for what it does, what stops first."""
    groups: dict[tuple[str, str], list[tuple[str, Finding]]] = {}
    for text, finding in _each(seen):
        groups.setdefault((finding.mark, finding.rule), []).append((text, finding))
    found = [
        Found(
            finding=group[0][1],
            texts=tuple(dict.fromkeys(text for text, _ in group if text)),
            wordings=len({finding.message for _, finding in group}),
        )
        for group in groups.values()
    ]
    return sorted(found, key=lambda one: (ORDER.index(one.finding.mark), -len(one.texts), one.finding.rule))


def _line(one: Found) -> str:
    finding, count = one.finding, len(one.texts)
    where = f"in {one.texts[0]}: " if count == 1 else f"in {count} texts, first {one.texts[0]}: " if count else ""
    more = f" ({one.wordings} wordings: --all)" if one.wordings > 1 else ""
    return f"{finding.mark}  {finding.rule} {where}{finding.message} {finding.remedy}".rstrip() + more


# --- texts ----------------------------------------------------------------------------------------------------


def _name(variant: Variant) -> str:
    """How a text is called: means, language, reading level, needs, who shares it, and for whom of an update."""
    profile = variant.profile
    parts = [variant.means, "+".join(profile.languages), profile.tier, *profile.needs]
    parts += [f"shared by {variant.messenger}"] if variant.messenger else []
    return " ".join([*parts, *([variant.group] if variant.group != "all" else [])])


def _texts(seen: Preview, target: str, *, everything: bool) -> Iterator[str]:
    every = sorted(seen.prepared.variants, key=lambda v: (v.means, v.profile.key))
    shown = every if everything else _largest(seen)
    for variant in shown:
        yield from _text(seen, variant, whole=everything)
        yield ""
    if not everything:
        yield f"All {len(every)} texts: onevoice alert preview {target} --all, or --html FILE"


def _largest(seen: Preview) -> list[Variant]:
    """The text that most people get, of each language, of each group of an update, and of each group in English."""
    found: list[Variant] = []
    known: set[tuple[str, ...]] = set()
    for variant in sorted(seen.prepared.variants, key=lambda v: _rank(seen, v)):
        language, group = variant.profile.languages[0], variant.group
        stands_for = {("language", language), ("group", group)} | ({("en", group)} if language == "en" else set())
        if seen.prepared.people_of(variant) and not stands_for <= known:
            found.append(variant)
            known |= stands_for
    return found


def _rank(seen: Preview, variant: Variant) -> tuple[object, ...]:
    """The text that most people get first; of equal ones the plainest."""
    profile = variant.profile
    return -seen.prepared.people_of(variant), len(profile.needs), variant.messenger or "", profile.tier != "T2"


def _text(seen: Preview, variant: Variant, *, whole: bool) -> Iterator[str]:
    left = f"; left out: {', '.join(variant.left_out)}" if variant.left_out else ""
    yield f"--- {_name(variant)}, {_to(seen, variant)}, {variant.provenance}{left}"
    if "subject" in variant.parts:
        yield variant.parts["subject"]
    words = variant.parts["text"]
    yield words if whole or len(words) <= SHORT else f"{words[:SHORT].rstrip()} …"


def _to(seen: Preview, variant: Variant) -> str:
    """Whom a text is for: so many people, or so many public accounts."""
    if variant.means == "social":
        many = sum(post.variant_id == variant.id for post in seen.prepared.posting.posts)
        return f"{many} account{'' if many == 1 else 's'}"
    if variant.means not in PERSONAL:
        return "for everybody"
    people = seen.prepared.people_of(variant)
    return "1 person" if people == 1 else f"{people} people"
