"""What an edit does: two states of the words, sentence beside sentence and finished text beside finished text.

Only texts that say an edited sentence, or are made with an edited frame, are composed and checked again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from onevoice import checks, sms
from onevoice.alert import Alert
from onevoice.checks import library as whole
from onevoice.checks import prose
from onevoice.checks.samples import AUTHORITY, Sample, samples
from onevoice.errors import NotAllRight
from onevoice.lexicon import OUTSIDE
from onevoice.lexicon.files import parse_yaml
from onevoice.library import ComposingLibrary, Tells
from onevoice.localize import ENGLISH
from onevoice.people import Means, Profile, Tier
from onevoice.variant import Finding, Variant

_NIGHTLY = frozenset(["P01", "P05", "P06"])
"""Who stands behind words is told with the sentences."""


class Edit(NamedTuple):
    """A sentence that says something else, or is new (`before` empty) or gone (`after` empty)."""

    language: str
    key: str
    origin: str
    before: str
    after: str


class Grown(NamedTuple):
    """How many segments a text message takes, before and after."""

    before: int
    after: int


@dataclass(frozen=True)
class Text:
    """One finished text that the edit touches. `before` is empty where there was none; `lost`: facts it told before."""

    hazard: str
    kind: str
    language: str
    tier: Tier
    means: Means
    label: str
    before: str
    after: str
    held: bool
    segments: Grown | None
    reading: tuple[str, str]
    left_out: tuple[str, ...]
    lost: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def where(self) -> str:
        """Which text it is, in one line."""
        return f"{self.hazard} {self.kind}, {self.language} {self.tier} {self.means}, {self.label}"


@dataclass
class Changed:
    """`stale`: language → strings that are now to be translated again. `reading`: findings of whole levels, new.

    `words`: findings in the edited sentences themselves, new.
    """

    files: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()
    stale: dict[str, tuple[str, ...]] = field(default_factory=dict)
    texts: tuple[Text, ...] = ()
    reading: tuple[Finding, ...] = ()
    words: tuple[Finding, ...] = ()

    @property
    def stops(self) -> bool:
        """True where something that was right no longer is."""
        found = (*self.words, *(one for t in self.texts for one in t.findings))
        return bool(self.stale or self.reading) or any(one.severity == "block" for one in found)


def changed(before: ComposingLibrary, after: ComposingLibrary) -> Changed:
    """What is different in `after`.

    Raises:
        Unusable: a file of either cannot be used.
        OutOfReach: the English dictionary is not prepared.
    """
    files = tuple(_files(before, after))
    edits = (*_english(before, after), *_translated(before, after))
    if not edits and not files:
        return Changed()
    stale = dict(_stale(before, after))
    hazards = [h for h in after.lexicon.hazards if files or _concerns(before, after, h, edits)]
    touched = {(edit.language, edit.key) for edit in edits} | {
        (tag, key) for tag, keys in stale.items() for key in keys
    }
    texts = tuple(text for hazard in hazards for text in _texts(before, after, hazard, touched, everything=bool(files)))
    known = {_finding(one) for one in whole.reading(before, [h for h in hazards if h in before.lexicon.hazards])}
    reading = tuple(one for one in whole.reading(after, hazards) if _finding(one) not in known)
    return Changed(files, edits, stale, texts, reading, tuple(_words(before, after, edits)))


# --- sentences


def _words(before: ComposingLibrary, after: ComposingLibrary, edits: Iterable[Edit]) -> Iterator[Finding]:
    """What must not stand in an edited sentence, where it did not stand there before."""
    for edit in (edit for edit in edits if edit.after):
        old = prose.sentence(before, edit.language, edit.key) if edit.before else ()
        known = {_finding(one) for one in old}
        yield from (one for one in prose.sentence(after, edit.language, edit.key) if _finding(one) not in known)


def _english(before: ComposingLibrary, after: ComposingLibrary) -> Iterator[Edit]:
    old, new = before.lexicon.sources, after.lexicon.sources
    for key in [*new, *(key for key in old if key not in new)]:
        if old.get(key) != new.get(key):
            origin = after.lexicon.origins.get(key) or before.lexicon.origins[key]
            yield Edit(ENGLISH, key, origin, old.get(key, ""), new.get(key, ""))


def _translated(before: ComposingLibrary, after: ComposingLibrary) -> Iterator[Edit]:
    for tag in (tag for tag in after.languages if tag != ENGLISH):
        old, new = before.catalogue(tag).entries, after.catalogue(tag).entries
        for key in (key for key in after.lexicon.sources if key in new):
            was = old[key].text if key in old else ""
            if was != new[key].text:
                yield Edit(tag, key, f"locales/{tag}", was, new[key].text)


def _stale(before: ComposingLibrary, after: ComposingLibrary) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Sentences that cannot go out in a language now, and could before."""
    for tag in (tag for tag in after.languages if tag != ENGLISH):
        keys = tuple(key for key in after.lexicon.sources if _lacks(after, tag, key) and not _lacks(before, tag, key))
        if keys:
            yield tag, keys


def _lacks(library: ComposingLibrary, tag: str, key: str) -> bool:
    if key not in library.lexicon.sources or tag not in library.languages:
        return False
    said = library.sentence(tag, key)
    return said.stale or said.missing


def _files(before: ComposingLibrary, after: ComposingLibrary) -> Iterator[str]:
    """Frames, and how languages say times and lists: whatever shapes every text."""
    patterns = ("templates/kinds/**/*.j2", "templates/hazards/**/*.j2", "locales/*/frames/*", "locales/*/language.yaml")
    names = {
        path.relative_to(library.root).as_posix()
        for library in (before, after)
        for pattern in patterns
        for path in library.root.glob(pattern)
    }
    yield from (name for name in sorted(names) if _content(before, name) != _content(after, name))


def _content(library: ComposingLibrary, name: str) -> object:
    """What a file says; comments in YAML say nothing."""
    path = library.root / name
    content = path.read_bytes() if path.is_file() else b""
    return parse_yaml(name, content) if name.endswith(".yaml") else content


def _concerns(before: ComposingLibrary, after: ComposingLibrary, hazard: str, edits: Iterable[Edit]) -> bool:
    """True where a hazard may say one of the edited sentences, or does other things than before."""
    if hazard not in before.lexicon.hazards or before.lexicon.hazards[hazard] != after.lexicon.hazards[hazard]:
        return True
    kinds = after.lexicon.hazards[hazard].kinds.values()
    actions = after.lexicon.told(action for kind in kinds for action in kind.actions)
    for edit in edits:
        family, name = edit.key.split(".")[:2]
        if name == hazard if family == "hazard" else name in actions if family == "action" else True:
            return True
    return False


# --- finished texts


def _texts(
    before: ComposingLibrary, after: ComposingLibrary, hazard: str, touched: set[tuple[str, str]], *, everything: bool
) -> Iterator[Text]:
    known = {_which(sample): sample for sample in samples(before.lexicon, hazard)}
    for sample in samples(after.lexicon, hazard):
        old = known.get(_which(sample))
        tells = after.telling(sample.alert, AUTHORITY)
        told = before.telling(old.alert, AUTHORITY) if old else None
        for language in after.languages:
            for means, tier in sample.forms:
                reader, was = sample.reader(language, tier), None
                if old and told and language in before.languages:
                    was = _made(told, old, reader, means)
                if was and not everything and not _hit(was[0], language, touched) and _same(old, sample):
                    continue
                now = _made(tells, sample, reader, means)
                if now and (was is None or was[0].parts != now[0].parts or _hit(now[0], language, touched)):
                    yield _text(sample, language, was, now, (before, after), touched)


def _which(sample: Sample) -> tuple[str, str, str]:
    return sample.group, str(sample.alert.kind), sample.label


def _same(old: Sample | None, new: Sample) -> bool:
    return old is not None and old.alert.actions == new.alert.actions


def _hit(variant: Variant, language: str, touched: set[tuple[str, str]]) -> bool:
    return any((language, key) in touched for key in variant.said)


_Made = tuple[Variant, Alert]


def _made(tells: Tells, sample: Sample, reader: Profile, means: Means) -> _Made | None:
    """The text; None where it does not fit into a wireless alert."""
    try:
        return tells.to(reader, means, sample.group), sample.alert
    except NotAllRight:
        return None


def _text(
    sample: Sample,
    language: str,
    was: _Made | None,
    now: _Made,
    libraries: tuple[ComposingLibrary, ComposingLibrary],
    touched: set[tuple[str, str]],
) -> Text:
    old = checks.check_variant(*was, libraries[0], AUTHORITY) if was else None
    new = checks.check_variant(*now, libraries[1], AUTHORITY)
    known = {_finding(one) for one in old.findings} if old else set()
    count = Grown(_segments(old), _segments(new)) if new.means is Means.SMS else None
    return Text(
        hazard=sample.alert.hazard,
        kind=OUTSIDE if sample.group == OUTSIDE else str(sample.alert.kind),
        language=language,
        tier=new.profile.tier,
        means=new.means,
        label=sample.label,
        before=_shown(old),
        after=_shown(new),
        held=any(_lacks(libraries[1], language, key) for key in new.said if (language, key) in touched),
        segments=count,
        reading=(_verdict(old), _verdict(new)),
        left_out=tuple(cut for cut in new.left_out if not old or cut not in old.left_out),
        lost=tuple(sorted(set(old.spans) - set(new.spans))) if old else (),
        findings=tuple(one for one in new.findings if _finding(one) not in known and one.rule not in _NIGHTLY),
    )


def _finding(one: Finding) -> tuple[str, str, str | None]:
    """What makes two findings the same, wherever they stand in the text."""
    return one.rule, one.message, one.part


def _segments(variant: Variant | None) -> int:
    return sms.count(variant.parts["text"]).segments if variant else 0


def _shown(variant: Variant | None) -> str:
    return "\n\n".join(text for part, text in variant.parts.items() if part != "html") if variant else ""


def _verdict(variant: Variant | None) -> str:
    return variant.readability.verdict if variant and variant.readability else ""


# --- what a person wants to know


def slipped(found: Changed) -> list[Text]:
    """Texts whose sentences were short enough before and are not now."""
    return [text for text in found.texts if text.reading[1] == "fail" != text.reading[0]]


def grown(found: Changed) -> list[Text]:
    """Text messages that take more segments than before."""
    return [text for text in found.texts if text.segments and 0 < text.segments.before < text.segments.after]


def uses(found: Changed) -> dict[tuple[str, str, str], tuple[Counter[str], Counter[str]]]:
    """(hazard, kind, tier) → language → how many texts; and means → how many."""
    counted: dict[tuple[str, str, str], tuple[Counter[str], Counter[str]]] = {}
    for text in found.texts:
        languages, means = counted.setdefault((text.hazard, text.kind, text.tier), (Counter(), Counter()))
        languages[text.language] += 1
        means[text.means] += 1
    return counted
