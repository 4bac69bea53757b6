"""The form of a catalogue: what `msgfmt -c` and `pofilter` look at, and what only this house needs.

What concerns meaning and slots is in `catalogue_rules`; here are the head of the file, its ids, and each sentence's
spaces, punctuation, numbers, characters, terms and stamp.
"""

from __future__ import annotations

import gettext
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping

import polib
from babel import Locale

from onevoice.checks import numbers
from onevoice.checks.rules import finding
from onevoice.letters import END, SIGNS, START
from onevoice.lexicon import SLOT
from onevoice.localize import Language, stamp
from onevoice.variant import Finding, Provenance, Severity

_ORDER = ("zero", "one", "two", "few", "many", "other")
"""CLDR's categories, in the order in which every editor has the plural forms."""
_NUMBERS = (*range(201), 1_000_000)
_ENDS = {
    "。": ".",
    "．": ".",
    "।": ".",
    "۔": ".",
    "؟": "?",
    "？": "?",
    "！": "!",
    "：": ":",
    "，": ",",
    "،": ",",
    "…": ".",
}
_CLOSING = "\"'”’»›)]）】」』\u2069"
_PAIRS = {"(": ")", "[": "]", "（": "）", "【": "】", "「": "」", "『": "』", "«": "»", "“": "”", "‹": "›"}
_OTHER_PAIRS = {"„": "“”"}
_PRINTF = re.compile(
    r"%(?:\(\w+\))?[#0\- +]*(?:\d+|\*)?(?:\.\d+)?[sdifuxXeEgGcr%]|%\d+\$[a-z]|\$\{\w+\}|&[a-z]+;|</?\w+>"
)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
_DIGITS = re.compile(r"\d+(?:[.,:]\d+)*")
_TWICE = re.compile(rf"(?<!-){START}([\w{SIGNS}]{{2,}})[ \t]+\1{END}(?!-)", re.IGNORECASE)
_ISOLATES = "\u2066\u2067\u2068\u2069"
_JOINERS = "\u200c\u200d"
_JOINED = ("ARABIC", "DEVANAGARI", "BENGALI", "TAMIL", "SINHALA", "MALAYALAM", "KANNADA", "TELUGU", "GUJARATI")
_ALPHABETS = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "ARABIC", "HEBREW", "HANGUL", "DEVANAGARI", "THAI")


def check(language: Language, po: polib.POFile) -> Iterator[Finding]:
    """Findings in the file of a language, apart from its glossary. `part` says where."""
    where = f"locales/{language.language}"
    yield from _head(language, po.metadata, where)
    yield from _ids(po, where)
    for entry in po:
        if entry.msgctxt and entry.msgstr.strip() and not entry.obsolete:
            yield from sentence(entry.msgid, entry.msgstr, f"{where} {entry.msgctxt}")
            yield from _stamp(entry, f"{where} {entry.msgctxt}")


# --- the file


def _head(language: Language, head: Mapping[str, str], where: str) -> Iterator[Finding]:
    if "charset=utf-8" not in head.get("Content-Type", "").lower():
        yield finding("P09", "The head of the file does not say charset=UTF-8.", part=where)
    if head.get("Language", "").replace("_", "-") != language.language:
        said = head.get("Language") or "nothing"
        yield finding("P09", f"The head of the file says {said} where the language is {language.language}.", part=where)
    if "Plural-Forms" in head:
        yield from _plurals(language, head["Plural-Forms"], where)
    else:  # no sentence has plural forms yet, so nothing is told wrongly; an editor would guess a rule of its own
        yield finding("P09", "The head of the file has no plural rule.", part=where, severity=Severity.WARN)


def _plurals(language: Language, rule: str, where: str) -> Iterator[Finding]:
    """Each number takes the form that its category has in the usual order."""
    given, right = _rule(rule), _rule(language.plurals) or _cldr(language)
    if given is None:
        yield finding("P09", f"The plural rule cannot be read: {rule}", part=where)
    elif given[0] != right[0]:
        yield finding("P09", f"The language has {right[0]} plural forms; the head says {given[0]}.", part=where)
    elif wrong := next((n for n in _NUMBERS if given[1](n) != right[1](n)), None):
        message = (
            f"The plural rule gives {wrong} the form {given[1](wrong)}, which is {right[1](wrong)} in every editor."
        )
        yield finding("P09", message, part=where)


def _rule(text: str) -> tuple[int, Callable[[int], int]] | None:
    """How many forms there are, and which one a number takes."""
    found = re.fullmatch(r"\s*nplurals\s*=\s*(\d+)\s*;\s*plural\s*=\s*(.+?);?\s*", text)
    try:
        return (int(found[1]), gettext.c2py(found[2])) if found else None
    except ValueError:
        return None


def _cldr(language: Language) -> tuple[int, Callable[[int], int]]:
    categories = Locale.parse(language.babel).plural_form
    used = [name for name in _ORDER if name in {*categories.tags, "other"}]
    return len(used), lambda n: used.index(categories(n))


def _ids(po: polib.POFile, where: str) -> Iterator[Finding]:
    alive = [entry for entry in po if not entry.obsolete]
    for key, times in Counter(entry.msgctxt for entry in alive).items():
        if key is None:
            yield finding("P09", f"{times} sentences have no id (msgctxt); nothing reads them.", part=where)
        elif times > 1:
            yield finding("P09", f"{key} stands {times} times; the last one would win.", part=f"{where} {key}")
    gone = sum(1 for entry in po if entry.obsolete and entry.msgstr)
    if gone:
        yield finding("P11", f"{gone} translations are no longer used; they are kept at the end.", part=where)


def _stamp(entry: polib.POEntry, where: str) -> Iterator[Finding]:
    said = stamp.read(entry.tcomment)
    if said.level is Provenance.MACHINE_DRAFT or said.holds(entry.msgid, entry.msgstr):
        return
    source, text = said.bound or ("", "")
    if not said.bound:
        what = "nothing binds that to the words"
    elif source != stamp.digest(entry.msgid):
        what = "the English has been edited since"
    elif text != stamp.digest(entry.msgstr):
        what = "the words have been edited since"
    else:
        what = "the people named do not make it so"
    yield finding("P15", f"It says “{said.level}”, but {what}: it counts as a machine draft.", part=where)


# --- one sentence


def sentence(source: str, text: str, where: str) -> Iterator[Finding]:
    """What is odd in a translation beside its English."""
    yield from (finding("P10", told, part=where) for told in (*_spaces(source, text), *_brackets(text)))
    if (twice := _TWICE.search(SLOT.sub("{}", text))) and not _TWICE.search(source):
        yield finding("P11", f"“{twice[0]}”: a word stands twice.", part=where)
    if _end(source) != _end(text):
        message = f"The English ends with “{_end(source) or 'no mark'}”, this with “{_end(text) or 'no mark'}”."
        yield finding("P11", message, part=where)
    yield from (finding("P12", told, part=where) for told in _facts(source, text))
    yield from (finding("P13", told, part=where) for told in (*_invisible(text), *_mixed(text)))


def _spaces(source: str, text: str) -> Iterator[str]:
    if source.startswith("\n") != text.startswith("\n") or source.endswith("\n") != text.endswith("\n"):
        yield "Only one of English and translation begins or ends with a line break."
    if text != text.strip() and "\n" not in (text[0], text[-1]):
        yield "A blank stands at an end."
    if "  " in text.strip() and "  " not in source:
        yield "Two blanks stand together."
    if "\t" in text:
        yield "A tab stands in it."


def _brackets(text: str) -> Iterator[str]:
    """Each bracket is closed by its own; an apostrophe is none."""
    waiting: list[str] = []
    for c in text:
        if c in _PAIRS and not (waiting and c in waiting[-1]):
            waiting.append(_PAIRS[c])
        elif c in _OTHER_PAIRS:
            waiting.append(_OTHER_PAIRS[c])
        elif waiting and c in waiting[-1]:
            waiting.pop()
        elif c in set(_PAIRS.values()) - {"”"}:
            yield f"“{c}” closes nothing."
            return
    if waiting:
        yield f"A “{waiting[-1][0]}” is missing."
    if text.count('"') % 2:
        yield "A quotation mark stands alone."


def _end(text: str) -> str:
    """The mark that ends a sentence, in its Latin form; empty where none does."""
    last = text.strip().rstrip(_CLOSING)[-1:]
    mark = _ENDS.get(last, last)
    return mark if mark in tuple(".?!:,;-") else ""


def _facts(source: str, text: str) -> Iterator[str]:
    """What must be the same to the letter in every language."""
    here, there = SLOT.sub(" ", source), SLOT.sub(" ", text)
    pairs = [("number", _digits(here), _digits(there)), ("link", _links(here), _links(there))]
    pairs.append(("placeholder", _PRINTF.findall(source), _PRINTF.findall(text)))
    for what, given, found in pairs:
        lost, new = Counter(given) - Counter(found), Counter(found) - Counter(given)
        if lost:
            yield f"The {what} “{next(iter(lost))}” is lost."
        if new:
            yield f"The {what} “{next(iter(new))}” is not in the English."


def _digits(text: str) -> list[str]:
    western = "".join(str(unicodedata.digit(c)) if c.isdigit() and not c.isascii() else c for c in text)
    return _DIGITS.findall(western)


def _links(text: str) -> list[str]:
    return [*(link.text for link in numbers.urls(text)), *_MAIL.findall(text)]


def _invisible(text: str) -> Iterator[str]:
    joined = any(_alphabet(c) in _JOINED for c in text)
    allowed = _ISOLATES + (_JOINERS if joined else "") + "\n\t\u202a\u202b\u202c\u202d\u202e"  # L23 has the last ones
    odd = dict.fromkeys(c for c in text if unicodedata.category(c) in ("Cf", "Cc") and c not in allowed)
    yield from (f"An invisible character, U+{ord(c):04X}, stands in it." for c in odd)
    if sum(c in _ISOLATES[:3] for c in text) != text.count(_ISOLATES[3]):
        yield "A direction isolate is not closed."
    if "\ufffd" in text:
        yield "A character was lost (�)."


def _mixed(text: str) -> Iterator[str]:
    """A word in two alphabets: a Cyrillic “а” in a Latin word looks right, and is found by no search."""
    for word in re.findall(r"[^\W\d_]+", SLOT.sub(" ", text)):
        found = {_alphabet(c) for c in word} & set(_ALPHABETS)
        if len(found) > 1:
            yield f"“{word}” mixes {' and '.join(sorted(name.capitalize() for name in found))} letters."


def _alphabet(c: str) -> str:
    return unicodedata.name(c, "").split(" ")[0]
