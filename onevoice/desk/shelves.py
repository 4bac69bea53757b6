"""The matrix of the library, on a quiet day: every hazard and kind with made-up facts, as its readers would see it.

All of it on one page would be many megabytes that no phone opens, so there is a page for each hazard and kind, and an
index that says how many texts each has and what was found in them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from onevoice.checks import check_variant
from onevoice.checks.composed import begun
from onevoice.checks.samples import Sample, samples
from onevoice.desk.grid import Cell, Grid, looks
from onevoice.desk.page import page
from onevoice.errors import NotAllRight, Unusable
from onevoice.people import Profile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from onevoice.desk.wiring import Desk
    from onevoice.people import Language, Means
    from onevoice.variant import Variant

MARKS = ("STOP", "HELD", "LOOK", "NOTE")
PLACES = 2
"""How many places the shown samples have: with others only lengths differ; `templates check` looks at those."""


@dataclass(frozen=True)
class Wish:
    """Of what the matrix is wanted; what is empty means all."""

    hazards: Sequence[str] = ()
    kinds: Sequence[str] = ()
    languages: Sequence[str] = ()


@dataclass(frozen=True)
class Shelf:
    """The page of one hazard and kind: how many texts it has, and in how many there is a finding of each sort."""

    hazard: str
    kind: str
    texts: int = 0
    marks: Mapping[str, int] | None = None

    @property
    def file(self) -> str:
        """The name of its page."""
        return f"{self.hazard}-{self.kind}.html".replace("_", "-")


def write(desk: Desk, folder: Path, wish: Wish) -> Iterator[Shelf]:
    """Write a page for each hazard and kind, and in the end `index.html`; each shelf as its page is done.

    Raises:
        Unusable: a hazard, kind or language that is not there, or the folder is a file.
        OutOfReach: the English dictionary is not installed.
    """
    from onevoice.wordlists import prepare_dictionary  # noqa: PLC0415 - only this and the checks need it

    chosen, languages = _chosen(desk, wish), _languages(desk, wish)
    prepare_dictionary(desk.settings.home)
    _make(folder)
    every = [Shelf(hazard, kind) for hazard, kind in chosen]
    said = {language: begun(desk.content, language) for language in languages}
    done: list[Shelf] = []
    for shelf, found in zip(every, chosen.values(), strict=True):
        spoken = [one for one in languages if shelf.hazard in said[one]]
        refused: list[str] = []
        cells = [_cell(desk, sample, variant) for sample, variant in _texts(desk, found, spoken, refused)]
        waiting = [one for one in languages if one not in spoken]
        done.append(Shelf(shelf.hazard, shelf.kind, len(cells), _marks(cells)))
        (folder / shelf.file).write_text(
            _page(desk, shelf, cells, others=every, waiting=waiting, refused=refused), encoding="utf-8"
        )
        yield done[-1]
    (folder / "index.html").write_text(_index(desk, done, languages), encoding="utf-8")


# --- what is chosen


def _chosen(desk: Desk, wish: Wish) -> dict[tuple[str, str], list[Sample]]:
    """The samples of each hazard and kind, in the order of the library."""
    there = _of_library(desk)
    hazards = _known("hazard", wish.hazards, dict.fromkeys(hazard for hazard, _ in there))
    kinds = _known("kind", wish.kinds, dict.fromkeys(kind for _, kind in there))
    found = {key: mine for key, mine in there.items() if key[0] in hazards and key[1] in kinds}
    if not found:
        what = f"{', '.join(wish.hazards)} has no words for {', '.join(wish.kinds)}."
        raise Unusable(what, where="--kind", remedy="Leave --kind out to see what there is.")
    return found


def _of_library(desk: Desk) -> dict[tuple[str, str], list[Sample]]:
    found: dict[tuple[str, str], list[Sample]] = {}
    for sample in samples(desk.content.lexicon):
        if len(sample.alert.factset.facts["places"].places) == PLACES:  # type: ignore[union-attr]  # places are Places
            found.setdefault((sample.alert.hazard, sample.kind), []).append(sample)
    return found


def _languages(desk: Desk, wish: Wish) -> tuple[Language, ...]:
    return tuple(_known("language", wish.languages, dict.fromkeys(desk.content.languages)))


def _known(what: str, wanted: Sequence[str], there: Iterable[str]) -> list[str]:
    """Those that are wanted, or all.

    Raises:
        Unusable: one that is not there.
    """
    names = list(there)
    for one in wanted:
        if one not in names:
            near = get_close_matches(one, names, n=3)
            hint = f"Did you mean {' or '.join(near)}? " if near else ""
            remedy = f"{hint}There are: {', '.join(names)}."
            raise Unusable(f"There is no {what} {one!r}.", where=f"--{what}", remedy=remedy)
    return [name for name in names if name in wanted or not wanted]


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise Unusable("This is a file.", where=str(folder), remedy="Name a folder for the pages.") from None


# --- what is shown


def _texts(
    desk: Desk, chosen: Iterable[Sample], languages: Iterable[Language], refused: list[str]
) -> Iterator[tuple[Sample, Variant]]:
    """Every text of these samples, checked: in each language, by each means at its levels.

    `refused` gets a sentence for each that cannot be made because it does not fit.
    """
    authority = desk.authority()
    for sample in chosen:
        tells = desk.content.telling(sample.alert, authority)
        for profile, means in _readers(sample, languages):
            try:
                made = tells.to(profile, means, sample.group)
            except NotAllRight as too_long:
                refused.append(f"{means}, {profile.tier}, {profile.languages[0]}: {too_long.what}")
                continue
            yield sample, check_variant(made, sample.alert, desk.content, authority)


def _readers(sample: Sample, languages: Iterable[Language]) -> Iterator[tuple[Profile, Means]]:
    for language in languages:
        for means, tier in sample.forms:
            yield sample.reader(language, tier), means


def _cell(desk: Desk, sample: Sample, variant: Variant) -> Cell:
    usual = sample.needs or sample.label == f"{PLACES} places"
    label = "" if usual else sample.label
    return Cell(variant, source=desk.authority().name("en"), page_url=sample.alert.page_url, label=label)


def _marks(cells: Iterable[Cell]) -> dict[str, int]:
    counted = Counter(mark for cell in cells for mark in {finding.mark for finding in cell.variant.findings})
    return {mark: counted[mark] for mark in MARKS}


def _page(desk: Desk, shelf: Shelf, cells: Sequence[Cell], *, others: Sequence[Shelf], **shown: Sequence[str]) -> str:
    return page("shelf.html.j2").render(
        shelf=shelf,
        hazard=desk.content.lexicon.hazards[shelf.hazard].name,
        others=[one for one in others if one.hazard == shelf.hazard],
        grid=Grid(cells, desk.settings.content_root),
        looks=looks(cell.variant for cell in cells),
        **shown,
    )


def _index(desk: Desk, done: Sequence[Shelf], languages: Sequence[Language]) -> str:
    rows: dict[str, list[Shelf]] = {}
    for shelf in done:
        rows.setdefault(desk.content.lexicon.hazards[shelf.hazard].name, []).append(shelf)
    return page("shelves.html.j2").render(rows=rows, marks=MARKS, languages=languages)
