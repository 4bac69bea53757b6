"""What a person typed into a form, so that nothing is lost where something is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Typed:
    """What a person typed, and what is wrong with it, by field. The secret is never given back."""

    name: str = ""
    hazard: str = ""
    reason: str = ""
    problems: Mapping[str, str] = field(default_factory=dict)
    reply: str = ""
    answer: str = field(default="", repr=False)
