"""What the findings about one hazard in one language depend on, as one hash. Rather too much than too little.

Whatever a composed text or a check of it may read stands in here: an edit of anything else leaves the hash alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from onevoice import edition
from onevoice.facts import content_hash
from onevoice.library import ComposingLibrary
from onevoice.people import Messenger


def depends(content: ComposingLibrary, authority: Messenger, hazard: str, language: str) -> str:
    """The hash, as hex digits."""
    entry = content.lexicon.hazards[hazard]
    actions = _actions(content, hazard)
    keys = [key for key in content.lexicon.sources if _may_say(key, hazard, actions)]
    everything = [
        edition.code(),
        authority.model_dump(mode="json"),
        repr(entry),
        [[name, repr(content.lexicon.actions[name])] for name in sorted(actions)],
        [[key, content.lexicon.sources[key], _said(content, language, key)] for key in keys],
        _files(content.root, language),
    ]
    return content_hash(everything).removeprefix("sha256:")


def _actions(content: ComposingLibrary, hazard: str) -> set[str]:
    """What the hazard tells people to do, and what those are told instead who cannot."""
    kinds = content.lexicon.hazards[hazard].kinds.values()
    return set(content.lexicon.told(action for kind in kinds for action in kind.actions))


def _may_say(key: str, hazard: str, actions: Iterable[str]) -> bool:
    family, name = key.split(".")[:2]
    return name == hazard if family == "hazard" else name in actions if family == "action" else True


def _said(content: ComposingLibrary, language: str, key: str) -> dict[str, Any]:
    said = asdict(content.sentence(language, key))
    return said | {"people": sorted(said["people"])}


def _files(root: Path, language: str) -> list[tuple[str, str]]:
    """Templates, all that describes the language, and how the others are told from it."""
    patterns = ("templates/**/*.j2", "locales/*/frames/*", "locales/*/reading.yaml", f"locales/{language}/*.yaml")
    paths = sorted({path for pattern in patterns for path in root.glob(pattern)})
    return [(path.relative_to(root).as_posix(), _digest(path)) for path in paths]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
