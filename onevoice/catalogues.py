"""The translators' desk: brings catalogues up to date with the English of today, and finds what is wrong in them.

Merging goes by string id (msgctxt), so a changed English sentence keeps its translation: it is marked fuzzy, with the
old English beside the new (`previous_msgid`, which Poedit shows), and nothing goes out in it until a person has looked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import polib

from onevoice import lexicon, localize
from onevoice.checks import catalogue_form, catalogue_rules, glossary_rules, understood
from onevoice.checks.samples import AUTHORITY, samples
from onevoice.compose import Content
from onevoice.errors import NotAllRight, Unusable
from onevoice.lexicon import Lexicon
from onevoice.localize.catalogue import read_po
from onevoice.localize.language import catalogue_file
from onevoice.people import Means
from onevoice.variant import Finding, Variant

ALL = "all"
_SHOWN = (Means.SMS, Means.EMAIL, Means.PAGE, Means.VOICE, Means.PRINT, Means.WIRELESS_360, Means.PACK)
"""In which texts a translator is shown a sentence: the first in which it stands."""
_WIDTH = 120


def update(root: Path, language: str = ALL) -> Iterator[str]:
    """Bring one catalogue or all up to date; a catalogue that is not there is made.

    Yields:
        One sentence for each language: how many sentences, new, changed, gone.

    Raises:
        Unusable: the lexicon or a catalogue cannot be read; no such language folder can be named.
    """
    words = lexicon.load(root)
    context = examples(root)
    for tag in _wanted(root, language):
        yield _update(root, tag, words, context)


def check(root: Path) -> tuple[Finding, ...]:
    """Findings in every catalogue and glossary: missing, stale, damaged, odd, not in order. `part` says where."""
    tags = (tag for tag in localize.languages(root) if tag != localize.ENGLISH)
    return tuple(finding for tag in tags for finding in _check(root, tag))


def _check(root: Path, tag: str) -> Iterator[Finding]:
    words, described, said = lexicon.load(root), localize.language(root, tag), localize.catalogue(root, tag)
    yield from catalogue_form.check(described, read_po(catalogue_file(root, tag)))
    yield from catalogue_rules.check(described, said, words)
    yield from glossary_rules.check(root, said, words)
    yield from understood.check(root, said, words)


def _wanted(root: Path, language: str) -> list[str]:
    if language == localize.ENGLISH or "/" in language or language.startswith("."):
        raise Unusable(
            f"{language!r} has no catalogue.", where="language", remedy="Name a language such as es or zh-Hans."
        )
    described = (path.parent.name for path in (root / "locales").glob("*/language.yaml"))
    return sorted(set(described) - {localize.ENGLISH}) if language == ALL else [language]


def _update(root: Path, tag: str, words: Lexicon, context: Mapping[str, str]) -> str:
    path = catalogue_file(root, tag)
    old = read_po(path) if path.is_file() else polib.POFile()
    known = {entry.msgctxt: entry for entry in old if entry.msgctxt}
    new = polib.POFile(wrapwidth=_WIDTH)
    new.header = old.header or f"Words of OneVoice in {tag}. One entry for each English sentence; msgctxt is its id."
    new.metadata = _metadata(tag, old.metadata, _plurals(root, tag))
    counts = {"new": 0, "changed": 0}
    for key, source in words.sources.items():
        entry, what = _merged(known.get(key), key, source)
        entry.comment = context.get(key, "")
        counts[what] = counts.get(what, 0) + 1
        new.append(entry)
    gone = [_gone(entry) for key, entry in sorted(known.items()) if key not in words.sources]
    new.extend(gone)
    _save(path, new)
    return (
        f"{tag}: {len(words.sources)} sentences, {counts['new']} new, {counts['changed']} changed in English, "
        f"{len([entry for entry in gone if entry.msgstr])} no longer used."
    )


def _plurals(root: Path, tag: str) -> str:
    """As the language's description has them; a language may have a catalogue first."""
    return localize.language(root, tag).plurals if (root / "locales" / tag / "language.yaml").is_file() else ""


def _metadata(tag: str, known: Mapping[str, str], rule: str) -> dict[str, str]:
    fixed = {
        "Language": tag,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
    }
    plurals = {"Plural-Forms": rule} if rule else {}
    return {"Project-Id-Version": "OneVoice", "X-Provenance": "machine-draft", **known, **fixed, **plurals}


def _merged(known: polib.POEntry | None, key: str, source: str) -> tuple[polib.POEntry, str]:
    """The entry for today's English, and what became of it: new, changed or kept."""
    if known is None:
        return polib.POEntry(msgctxt=key, msgid=source), "new"
    what = "kept"
    if known.msgid != source and known.msgstr:
        known.previous_msgid = known.previous_msgid if known.fuzzy and known.previous_msgid else known.msgid
        known.flags = list(dict.fromkeys([*known.flags, "fuzzy"]))
        what = "changed"
    known.msgid, known.obsolete, known.occurrences = source, False, []
    return known, what


def _gone(entry: polib.POEntry) -> polib.POEntry:
    entry.obsolete, entry.comment = True, ""
    return entry


def _save(path: Path, po: polib.POFile) -> None:
    text = f"{po}\n"
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def examples(root: Path) -> dict[str, str]:
    """String id → a comment with one finished English message in which the sentence stands, a text message if any."""
    content = Content(root)
    found: dict[str, str] = {}
    for means in _SHOWN:
        for sample in samples(content.lexicon):
            tells = content.telling(sample.alert, AUTHORITY)
            for tier in (tier for told, tier in sample.forms if told is means):
                with suppress(NotAllRight):  # it does not fit into a wireless alert: another sample shows the sentence
                    variant = tells.to(sample.reader(localize.ENGLISH, tier), means, sample.group)
                    found = _shown(variant) | found
    return found


def _shown(variant: Variant) -> dict[str, str]:
    return dict.fromkeys(variant.said, f"Finished message: {' / '.join(_lines(variant))}")


def _lines(variant: Variant) -> Iterator[str]:
    """The lines of a text, and of what goes with it."""
    parts = [variant.parts[part] for part in ("text", "questions", "limits") if part in variant.parts]
    yield from (line for part in parts for line in part.split("\n") if line)
