"""`locales/<language>/glossary.yaml`: one term for each concept, which other words are avoided, and how grave a level is."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from onevoice.lexicon.files import checked, plain_values


class Term(BaseModel):
    """`avoid`: other words for the same thing; `rank`: a higher number must sound more serious; `gloss`: in plain words."""

    model_config = ConfigDict(frozen=True, extra="ignore")  # translators may note more than is checked

    term: str
    avoid: tuple[str, ...] = ()
    rank: int | None = None
    gloss: str = ""


class Glossary(BaseModel):
    """The terms of a language, by concept."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    terms: dict[str, Term] = {}


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
