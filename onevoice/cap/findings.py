"""What a check of a CAP document finds, and how a value is quoted in a sentence."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from onevoice.people import Frozen

QUOTED = 40
"""Code points of a document's text that a sentence may quote: a hostile file fills neither log nor screen."""

UNCARRIED = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot carry, not even escaped."""


class Found(NamedTuple):
    """One thing that a rule found. `element` is a path such as `info[1]/area[2]/polygon[1]`."""

    element: str
    reason: str
    error: bool = True


class Problem(Frozen):
    """One finding as `cap check --json` shows it."""

    element: str
    reason: str


class Check(Frozen):
    """The verdict on a CAP document. `valid` is true where there are no errors; warnings do not count."""

    valid: bool
    errors: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The verdict as `cap check --json` prints it."""
        return self.model_dump(mode="json")


def wrong(element: str, reason: str) -> Found:
    """An error: a receiver may refuse the document or misunderstand it."""
    return Found(element, reason)


def doubtful(element: str, reason: str) -> Found:
    """A warning: allowed, and yet some receivers will not do what the sender means."""
    return Found(element, reason, error=False)


def quoted(text: str) -> str:
    """A value for a sentence: short, on one line, without control characters."""
    line = "".join(c if c.isprintable() else " " for c in text[: QUOTED + 1]).strip()
    return f"“{line[:QUOTED]}…”" if len(text) > QUOTED else f"“{line}”"


def verdict(found: list[Found]) -> Check:
    """Sort what the rules found into errors and warnings, each once."""
    unique = dict.fromkeys(found)
    errors = tuple(Problem(element=f.element, reason=f.reason) for f in unique if f.error)
    warnings = tuple(Problem(element=f.element, reason=f.reason) for f in unique if not f.error)
    return Check(valid=not errors, errors=errors, warnings=warnings)
