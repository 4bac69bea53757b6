"""The segments: which people, and how they are treated. One YAML file for each in audiences/segments/."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, get_args

from audiences import documents
from audiences.messengers import FOLDER as MESSENGERS
from audiences.messengers import among, named_like_file
from onevoice.errors import Unusable
from onevoice.lexicon import NEEDS
from onevoice.people import PERSONAL, Everyone, FieldIs, Role, Segment, Tier

FOLDER = Path("audiences") / "segments"

FIELDS: tuple[str, ...] = get_args(FieldIs.model_fields["field"].annotation)
_WORDS: dict[str, list[str]] = {"role": [r.value for r in Role], "tier": [t.value for t in Tier]}
_PARTS = ("all", "any", "not", "everyone", "field")


def segments(root: Path) -> tuple[Segment, ...]:
    """All segments, highest precedence first. The id is the name of the file. `root` holds the folder audiences/.

    Raises:
        Unusable: names file, key, what is wrong, and what is allowed.
    """
    known = [path.stem for path in (root / MESSENGERS).glob("*.yaml")]
    needs = documents.mapping(root / NEEDS) if (root / NEEDS).is_file() else {}
    found = [_segment(path, known, needs) for path in documents.folder(root / FOLDER)]
    _in_order(found)
    return tuple(sorted(found, key=lambda s: -s.precedence))


def _segment(path: Path, messengers: Iterable[str], needs: Iterable[str]) -> Segment:
    plain = documents.mapping(path)
    named_like_file(plain, path)
    check_rule(plain.get("rule", {}), f"{path.name}, rule")
    segment = documents.value(Segment, plain, path.name)
    if segment.messenger:
        among([segment.messenger], messengers, f"{path.name}, messenger")
    _check_needs(segment, needs, path.name)
    if not segment.means or not set(segment.means) <= set(PERSONAL):
        what = "A segment needs at least one means, and each must reach a person."
        raise Unusable(what, where=f"{path.name}, means", remedy=f"Allowed: {', '.join(PERSONAL)}.")
    return segment


def _check_needs(segment: Segment, needs: Iterable[str], file: str) -> None:
    """Only sentences that there are, each once; and a reviewer is somebody, who read something."""
    among(segment.needs, needs, f"{file}, needs")
    if len(set(segment.needs)) < len(segment.needs):
        raise Unusable("A sentence is named twice.", where=f"{file}, needs", remedy="Name each once.")
    among(segment.bound, segment.needs, f"{file}, bound")
    if segment.reviewed_by is None and segment.bound:
        what = "Nobody is named who read these words."
        raise Unusable(what, where=f"{file}, reviewed_by", remedy="Name who did, or leave `bound` out.")
    if segment.reviewed_by is None:
        return
    if not segment.needs:
        what = "There is nothing that somebody could have read: the segment names no sentence."
        raise Unusable(what, where=f"{file}, reviewed_by", remedy="Name sentences of templates/needs.yaml in `needs`.")
    if not any(letter.isalpha() for letter in segment.reviewed_by):
        what = "The name of the person who read the sentences is missing."
        raise Unusable(what, where=f"{file}, reviewed_by", remedy="Write who it was, or leave the key out.")


def _in_order(found: Sequence[Segment]) -> None:
    """Every person must be treated by one segment and no other."""
    where = str(FOLDER)
    by_precedence: dict[int, str] = {}
    for segment in found:
        other = by_precedence.setdefault(segment.precedence, segment.id)
        if other != segment.id:
            what = f"{other} and {segment.id} have the same precedence, {segment.precedence}."
            raise Unusable(what, where=where, remedy="Give one of them another number.")
    everyone = [s for s in found if isinstance(s.rule, Everyone)]
    if [s.precedence for s in everyone] != [min(s.precedence for s in found)]:
        what = "Exactly one segment must hold everyone, and it must have the lowest precedence."
        raise Unusable(what, where=where, remedy="Keep `rule: {everyone: true}` in all_residents.yaml.")


def check_rule(rule: Any, where: str) -> None:
    """Say nothing if a rule can be read.

    Raises:
        Unusable: names the part of the rule, what is wrong with it, and what is allowed.
    """
    if not isinstance(rule, dict) or not rule:
        remedy = "Write for example `rule: {field: older, equals: true}`."
        raise Unusable("A rule is missing or cannot be read.", where=where, remedy=remedy)
    part = next((name for name in _PARTS if name in rule), None)
    documents.known_keys(rule, {"field", "equals"} if part == "field" else [part] if part else _PARTS, where)
    match part:
        case "field":
            _check_field(rule, where)
        case "all" | "any":
            _check_parts(rule[part], f"{where}.{part}")
        case "not":
            check_rule(rule["not"], f"{where}.not")
        case _:
            if rule["everyone"] is not True:
                raise Unusable("Only `everyone: true` is allowed.", where=where)


def _check_parts(parts: Any, where: str) -> None:
    if not isinstance(parts, list) or not parts:
        raise Unusable("A list of rules is needed.", where=where, remedy="Begin each rule with a dash.")
    for number, part in enumerate(parts, start=1):
        check_rule(part, f"{where}.{number}")


def _check_field(rule: dict[str, Any], where: str) -> None:
    among([str(rule["field"])], FIELDS, f"{where}.field")
    words = _WORDS.get(rule["field"])
    equals, allowed = rule.get("equals"), "true or false"
    right = isinstance(equals, bool)
    if words is not None:
        right, allowed = equals in words, f"one of {', '.join(words)}"
    elif rule["field"] == "language":
        right, allowed = isinstance(equals, str), "a language, such as es"
    if not right:
        raise Unusable(
            "The field is compared with something it cannot be.", where=where, remedy=f"Use equals: {allowed}."
        )
