"""`locales/<language>/glossary.yaml`: one term for each concept, words that are avoided, how grave a level is."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from onevoice.lexicon.files import checked, plain_values


class Term(BaseModel):
    """`avoid`: other words for the same; `rank`: a higher number must sound more serious; `gloss`: in plain words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    term: str
    avoid: tuple[str, ...] = ()
    rank: int | None = None
    gloss: str = ""


class Glossary(BaseModel):
    """The terms of a language, by concept; and why the sentences with these string ids are doubted most."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    terms: dict[str, Term] = {}
    doubtful: dict[str, str] = {}


def glossary(root: Path, language: str) -> Glossary:
    """The terms of a language; none where it has no glossary yet.

    Raises:
        Unusable: the file is wrong; names file and key.
    """
    path = root / "locales" / language / "glossary.yaml"
    return _glossary(f"locales/{language}/glossary.yaml", path.read_bytes()) if path.is_file() else Glossary()


@lru_cache(maxsize=64)
def _glossary(file: str, content: bytes) -> Glossary:
    return checked(Glossary, plain_values(file, content), file)


@lru_cache(maxsize=64)
def avoided(root: Path, language: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Concept → the words that are not to stand for it."""
    edge = r"(?<!\w)", r"(?!\w)"
    if language.split("-", maxsplit=1)[0] in ("zh", "ja", "th"):
        edge = "", ""
    return tuple(
        (name, re.compile(edge[0] + "(?:" + "|".join(map(re.escape, term.avoid)) + ")" + edge[1], re.IGNORECASE))
        for name, term in glossary(root, language).terms.items()
        if term.avoid
    )
