"""Connecting: a finished text of a calm day, or afterwards, has one line that connects people, whatever was left out.

S01 looks at all that a kind of message can say, of which a text message says a part; S08 looks at that part. The line
is known by its English words (`connects` in templates/belonging.yaml), and looked for in the text itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from onevoice.checks import sentences
from onevoice.checks.belonging import FILE, SILENT, URGENT, words
from onevoice.checks.case import Case
from onevoice.checks.rules import finding
from onevoice.checks.vocabulary import PLAIN
from onevoice.library import Library
from onevoice.people import WIRELESS
from onevoice.variant import Finding


def check(case: Case) -> Iterator[Finding]:
    """In each language of a plain text; a library without the file of words has nothing to be read by."""
    hurried = case.kind in URGENT | SILENT or case.variant.means in WIRELESS
    if hurried or case.tier not in PLAIN or not (case.library.root / FILE).is_file():
        return
    text = "\n".join(case.texts.values())
    for language in case.languages:
        keys = [key for key in case.variant.said if key in _keys(case.library)]
        if not any(sentences.stands(case.said(language, key).text, text) for key in keys):
            yield finding("S08", f"{language} {case.variant.means}: no line connects people.", part="text")


@lru_cache(maxsize=8)
def _keys(library: Library) -> frozenset[str]:
    """The ids of all sentences that connect people."""
    signs = words(library.root).connects
    return frozenset(
        key for key, said in library.lexicon.sources.items() if any(sign in said.lower() for sign in signs)
    )
