"""`locales/<language>/glossary.yaml`: one term for each concept, words that are avoided, how grave a level is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from onevoice.checks.reading.words import ending
from onevoice.letters import START
from onevoice.lexicon.files import checked, plain_values


class Term(BaseModel):
    """`avoid`: other words for the same; `rank`: a higher number must sound more serious; `gloss`: in plain words.

    `hard`: few readers of T1 know it, so a T1 text that uses it says its gloss, or one of the sentences whose ids fit
    `explained_by` (`*` stands for anything).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    term: str
    avoid: tuple[str, ...] = ()
    rank: int | None = None
    gloss: str = ""
    hard: bool = False
    explained_by: tuple[str, ...] = ()


class Glossary(BaseModel):
    """The terms of a language, by concept; `jargon`: words that only colleagues use, with what to say instead.

    `doubtful`: why the sentences with these string ids are doubted most.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    terms: dict[str, Term] = {}
    jargon: dict[str, str] = {}
    doubtful: dict[str, str] = {}


def glossary(root: Path, language: str) -> Glossary:
    """The terms of a language; none where it has no glossary yet.

    Raises:
        Unusable: the file is wrong; names file and key.
    """
    return _glossary(language, _content(root, language))


def _content(root: Path, language: str) -> bytes | None:
    path = root / "locales" / language / "glossary.yaml"
    return path.read_bytes() if path.is_file() else None


@lru_cache(maxsize=64)
def _glossary(language: str, content: bytes | None) -> Glossary:
    file = f"locales/{language}/glossary.yaml"
    return Glossary() if content is None else checked(Glossary, plain_values(file, content), file)


def avoided(root: Path, language: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Concept → the words that are not to stand for it.

    Raises:
        Unusable: as `glossary`.
    """
    return _avoided(language, _content(root, language))


@lru_cache(maxsize=64)
def _avoided(language: str, content: bytes | None) -> tuple[tuple[str, re.Pattern[str]], ...]:
    terms = _glossary(language, content).terms
    return tuple((name, bounded(term.avoid, language)) for name, term in terms.items() if term.avoid)


def bounded(words: Iterable[str], language: str) -> re.Pattern[str]:
    """Any of these words, whole where the language writes gaps; capitals do not matter."""
    edge = START, ending(language)
    if language.split("-", maxsplit=1)[0] in ("zh", "ja", "th"):
        edge = "", ""
    longest = sorted(words, key=len, reverse=True)
    return re.compile(edge[0] + "(?:" + "|".join(map(re.escape, longest)) + ")" + edge[1], re.IGNORECASE)
