"""The lexicon: every approved English sentence, with the id that it has in all languages.

`templates/actions.yaml`, `templates/frames.yaml` and `templates/hazards/<hazard>.yaml` are read whole and strictly: an
unknown key, action or slot is refused with file and key, because a typing error must not silence a sentence.
`templates/diseases.yaml`, where there is one, names diseases; `templates/needs.yaml` says what a segment needs to hear.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from onevoice.errors import Unusable
from onevoice.facts import FactSet, Form
from onevoice.lexicon.entries import (
    FRAMES,
    NEED_FACTS,
    OUTSIDE,
    SLOT,
    SLOTS,
    Action,
    Hazard,
    HazardKind,
    NeedLine,
    slots,
    words,
)
from onevoice.lexicon.files import checked, plain_values
from onevoice.people import Tier

__all__ = [
    "FRAMES",
    "NEEDS",
    "NEED_FACTS",
    "OUTSIDE",
    "SLOT",
    "SLOTS",
    "Action",
    "Hazard",
    "HazardKind",
    "Lexicon",
    "NeedLine",
    "load",
    "slots",
]

DISEASES = "templates/diseases.yaml"
NEEDS = "templates/needs.yaml"
_FALLBACK = {
    Tier.T1: (Tier.T1, Tier.T2),
    Tier.T2: (Tier.T2, Tier.T1),
    Tier.T3: (Tier.T3, Tier.T2, Tier.T1),
    Tier.T4: (Tier.T4, Tier.T2, Tier.T1),
}


class Lexicon(BaseModel):
    """All of it. `sources`: string id (msgctxt) → English sentence."""

    model_config = {"frozen": True}

    hazards: dict[str, Hazard]
    actions: dict[str, Action]
    needs: dict[str, NeedLine] = {}
    """What a segment may need to hear, by id."""
    sources: dict[str, str]
    origins: dict[str, str]
    """String id → the file it stands in, as `templates/actions.yaml`."""
    hash: str

    def key(self, name: str, tier: Tier) -> str | None:
        """The string id of a sentence in a tier, or in the tier that it falls back on; None where there is none."""
        return _key(self.sources, name, tier)

    def instead(self, action: str) -> Iterator[str]:
        """What people are told in place of an action: who cannot do it the first, who cannot do that the next."""
        while other := self.actions[action].instead:
            yield other
            action = other

    def told(self, actions: Iterable[str]) -> dict[str, None]:
        """Actions, and everything that somebody is told in place of one; in order, each once."""
        return dict.fromkeys(name for action in actions for name in (action, *self.instead(action)))

    def opening(self, hazard: str, kind: str, factset: FactSet) -> str:
        """Name of the sentence that names the hazard: by its disease or its form, where the alert says which it is."""
        entry, usual = self.hazards[hazard].kinds.get(kind), f"hazard.{hazard}.{kind}.opening"
        form = factset.get("form")
        if entry and isinstance(form, Form) and form.id in entry.opening_of:
            return f"{usual}_of.{form.id}"
        return f"{usual}_named" if entry and entry.opening_named and factset.get("disease") else usual


def _key(sources: Mapping[str, str], name: str, tier: Tier) -> str | None:
    if name in sources:
        return name
    for near in _FALLBACK[tier]:  # asked hundreds of times for each text
        if (found := f"{name}.{near}") in sources:
            return found
    return None


def load(root: Path) -> Lexicon:
    """The lexicon under `root/templates`, read again only where a file has changed.

    Raises:
        Unusable: a file is missing or wrong; names file and key, and what is allowed.
    """
    files = _files(root)
    digest = hashlib.sha256(b"\0".join(name.encode() + b"\0" + content for name, content in files)).hexdigest()
    return _load(files, f"sha256:{digest}")


def _files(root: Path) -> tuple[tuple[str, bytes], ...]:
    paths = [root / "templates" / "actions.yaml", root / "templates" / "frames.yaml"]
    paths += sorted((root / "templates" / "hazards").glob("*.yaml"))
    missing = [path for path in paths if not path.is_file()]
    if missing:
        raise Unusable("This file of the lexicon is missing.", where=str(missing[0].relative_to(root)))
    paths += [path for name in (DISEASES, NEEDS) if (path := root / name).is_file()]
    return tuple((path.relative_to(root).as_posix(), path.read_bytes()) for path in paths)


@lru_cache(maxsize=8)
def _load(files: tuple[tuple[str, bytes], ...], digest: str) -> Lexicon:
    (actions_file, actions_bytes), (frames_file, frames_bytes), *others = files
    hazard_files = [(file, content) for file, content in others if file not in (DISEASES, NEEDS)]
    actions = {
        name: checked(Action, plain, actions_file, name)
        for name, plain in plain_values(actions_file, actions_bytes).items()
    }
    frames = dict(_frames(plain_values(frames_file, frames_bytes), frames_file))
    hazards = dict(_hazard(file, content, actions) for file, content in hazard_files)
    needs = dict(pair for file, content in others for pair in _needs(file, content))
    _known_instead(actions, actions_file)
    _complete(frames, frames_file)
    strings = [(actions_file, f"action.{name}", action.text) for name, action in actions.items()]
    strings += [(frames_file, f"frame.{name}", words) for name, words in frames.items()]
    strings += [(NEEDS, f"need.{name}", need.text) for name, need in needs.items()]
    strings += [
        (file, f"disease.{name}", words) for file, content in others for name, words in _diseases(file, content)
    ]
    for hazard in hazards.values():
        file = f"templates/hazards/{hazard.hazard}.yaml"
        strings += [(file, f"hazard.{hazard.hazard}.{name}", words) for name, words in _sentences(hazard)]
    flat = {key: (file, text) for file, name, words in strings for key, text in _flat(name, words)}
    return Lexicon(
        hazards=hazards,
        actions=actions,
        needs=needs,
        sources={key: text for key, (_, text) in flat.items()},
        origins={key: file for key, (file, _) in flat.items()},
        hash=digest,
    )


def _diseases(file: str, content: bytes) -> Iterator[tuple[str, str]]:
    """Id → name, one for all tiers: it stands after a colon."""
    named = plain_values(file, content) if file == DISEASES else {}
    for name, said in named.items():
        if not isinstance(said, str) or not said.strip() or SLOT.search(said):
            raise Unusable("A disease has a name, and nothing else.", where=f"{file} {name}")
        yield name, said.strip()


def _needs(file: str, content: bytes) -> Iterator[tuple[str, NeedLine]]:
    for name, plain in (plain_values(file, content) if file == NEEDS else {}).items():
        yield name, checked(NeedLine, plain, file, name)


def _hazard(file: str, content: bytes, actions: Mapping[str, Action]) -> tuple[str, Hazard]:
    hazard = checked(Hazard, plain_values(file, content), file)
    if file != f"templates/hazards/{hazard.hazard}.yaml":
        remedy = f"Write the file's own name after `hazard:`, or name the file {hazard.hazard}.yaml."
        raise Unusable(f"The file says that it is of {hazard.hazard}.", where=f"{file} hazard", remedy=remedy)
    for name, kind in hazard.kinds.items():
        for action in kind.actions:
            _known_action(action, actions, f"{file} kinds.{name}.actions")
    return hazard.hazard, hazard


def _known_instead(actions: Mapping[str, Action], file: str) -> None:
    for name, action in actions.items():
        if action.instead:
            _known_action(action.instead, actions, f"{file} {name}.instead")
    for name in actions:
        _comes_to_an_end(name, actions, f"{file} {name}.instead")


def _comes_to_an_end(name: str, actions: Mapping[str, Action], where: str) -> None:
    seen = [name]
    while other := actions[seen[-1]].instead:
        if other in seen:
            what = f"{' → '.join((*seen, other))}: who can do none of these is told nothing."
            raise Unusable(what, where=where, remedy="Leave `instead` out of one of them.")
        seen.append(other)


def _known_action(name: str, actions: Mapping[str, Action], where: str) -> None:
    if name not in actions:
        near = get_close_matches(name, actions, n=3) or sorted(actions)
        raise Unusable(f"There is no action {name!r}.", where=where, remedy=f"Did you mean: {', '.join(near)}?")


def _complete(frames: Mapping[str, Any], file: str) -> None:
    lacking = sorted(FRAMES - set(frames))
    if lacking:
        raise Unusable(f"These are missing: {', '.join(lacking)}.", where=file, remedy="Messages are made with them.")


def _frames(plain: Mapping[str, Any], file: str, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in plain.items():
        path = f"{prefix}{name}"
        if isinstance(value, dict) and not set(value) <= {str(t) for t in Tier}:
            yield from _frames(value, file, f"{path}.")
            continue
        try:
            yield path, words(value)
        except ValueError as problem:
            raise Unusable(f"{problem}.", where=f"{file} {path}") from None


def _sentences(hazard: Hazard) -> Iterator[tuple[str, Any]]:
    yield "name", hazard.name
    yield from ((f"access.{need}", words) for need, words in hazard.access.items())
    yield from ((f"unknown.{fact}", words) for fact, words in hazard.unknown.items())
    for kind, entry in hazard.kinds.items():
        for part in ("opening", "opening_named", "impact", "detail", "why"):
            if words := getattr(entry, part):
                yield f"{kind}.{part}", words
        yield from ((f"{kind}.opening_of.{form}", words) for form, words in entry.opening_of.items())


def _flat(name: str, words: str | Mapping[Tier, str]) -> Iterator[tuple[str, str]]:
    if isinstance(words, str):
        yield name, words
        return
    yield from ((f"{name}.{tier}", text) for tier, text in words.items())
