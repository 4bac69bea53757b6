"""Reading the contact file. A row that cannot be used is refused with line, field and reason; the others are kept.

Nothing that is said of a refused row repeats what stood in it. The file is read as a stream: its size does not matter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiences import fields
from audiences.addresses import Wrong, email, normalise, number
from audiences.lines import Record, records
from onevoice.errors import Unusable
from onevoice.ledger.intake import Address, ContactRow
from onevoice.localize import spellings

if TYPE_CHECKING:
    from audiences.gazetteer import Gazetteer

__all__ = ["Reading", "Refused", "Wrong", "normalise", "read"]

SHIPPED = Path(__file__).resolve().parent.parent
"""Where the words lie that OneVoice ships, for a reader that names no languages."""

KEPT = 100_000
"""Refused rows that are kept; more are only counted."""

ELSEWHERE = "elsewhere"
"""Zone of a contact whose position is known and lies in no zone."""


@dataclass(frozen=True)
class Refused:
    """A row that was not taken: its line, the field (or `row`), and why, without what stood there."""

    line: int
    field: str
    reason: str


@dataclass
class Reading:
    """What is being read. `refused` and `notes` are complete only when `rows` has been used up.

    `notes` are rows that were taken although something in them wants a look.
    """

    rows: Iterator[ContactRow]
    refused: list[Refused] = field(default_factory=list)
    notes: list[Refused] = field(default_factory=list)
    refused_in_all: int = 0


def read(
    path: Path,
    *,
    load_numbers: bool = False,
    region: str = "US",
    languages: Mapping[str, str] | None = None,
    gazetteer: Gazetteer | None = None,
) -> Reading:
    """Read a contact file. Columns in any order; those that OneVoice does not know become attributes.

    `languages` has the spellings of each language, as `localize.spellings` gives them; without it, of those shipped.
    `load_numbers` takes numbers of area code 555, which large exercises use. With a gazetteer, a contact without zone
    gets the one that their position lies in; whose zone it does not know is noted and taken as one of unknown place.

    Raises:
        Unusable: the file cannot be read, is empty, or its first line does not name the columns.
    """
    lines = records(path)
    header = _header(next(lines, None), path.name)
    reader = _Reader(header, _parsers(load_numbers, region, languages or spellings(SHIPPED)), gazetteer)
    return reader.reading(lines)


def _header(first: Record | None, name: str) -> list[str]:
    if first is None:
        raise Unusable("The file is empty.", where=name)
    columns = [re.sub(r"[\s-]+", "_", column.strip().casefold()) for column in first.fields]
    where = f"{name}, line {first.line}"
    if first.wrong or "ref" not in columns:
        what = "The first line must name the columns, and one of them must be ref."
        known = ", ".join(("ref", *_parsers(load_numbers=False, region="US", languages={})))
        raise Unusable(what, where=where, remedy=f"Known columns: {known}. Save the file as CSV UTF-8.")
    twice = sorted({column for column in columns if column and columns.count(column) > 1})
    if twice:
        raise Unusable(f"The column {twice[0]} stands there twice.", where=where, remedy="Take one of them out.")
    return columns


Parser = Callable[[str], Any]
FLAGS = ("lives_alone", "older", "mobility", "hearing", "sight", "newcomer", "few_ties", "exercise_ok")


def _parsers(load_numbers: bool, region: str, languages: Mapping[str, str]) -> dict[str, Parser]:  # noqa: FBT001 - as in read
    """How each known column is read. A field that is empty is not read at all."""

    def telephone(text: str) -> str:
        return number(text, region, load_numbers=load_numbers)

    def tongue(text: str) -> str | None:
        return fields.language(text, languages)

    return {
        "ref": _ref,
        "name": str,
        "mobile": telephone,
        "landline": telephone,
        "email": email,
        "language": tongue,
        "phone_language": tongue,
        "tier": fields.tier,
        "zone": fields.zone,
        "lat": fields.degrees(fields.NORTH),
        "lon": fields.degrees(fields.EAST),
        "household": fields.word,
        "means": fields.means,
        **dict.fromkeys(FLAGS, fields.boolean),
        "role": fields.role,
        "consent": fields.consent,
        "champion": fields.word,
    }


def _ref(text: str) -> str | None:
    if "@" in text:
        raise Wrong("looks like a mail address; use a number or a code that tells nobody who it is.")
    return fields.word(text)


_NOWHERE = "The contact was taken as one whose place nobody knows, and gets every warning."


class _Refusal(Exception):
    """Carries what is wrong with a row to the place where its line is known."""

    def __init__(self, where: str, reason: str) -> None:
        self.where, self.reason = where, reason
        super().__init__(where)


class _Reader:
    """Turns records into contacts, one file at a time."""

    def __init__(self, header: Sequence[str], parsers: dict[str, Parser], gazetteer: Gazetteer | None) -> None:
        self._header = header
        self._known = [(i, name, parsers[name]) for i, name in enumerate(header) if name in parsers]
        self._names = frozenset(name for _, name, _ in self._known)
        self._others = [(i, name) for i, name in enumerate(header) if name and name not in parsers]
        self._gazetteer = gazetteer
        self._seen: set[int] = set()

    def reading(self, lines: Iterator[Record]) -> Reading:
        reading = Reading(iter(()))
        reading.rows = self._rows(lines, reading)
        return reading

    def _rows(self, lines: Iterator[Record], reading: Reading) -> Iterator[ContactRow]:
        for record in lines:
            try:
                yield self._row(record, reading)
            except _Refusal as refusal:
                reading.refused_in_all += 1
                if len(reading.refused) < KEPT:
                    reading.refused.append(Refused(record.line, refusal.where, refusal.reason))

    def _row(self, record: Record, reading: Reading) -> ContactRow:
        texts = self._texts(record)
        found: dict[str, Any] = {}
        for i, name, parse in self._known:
            if text := texts[i].strip():
                found[name] = self._parsed(name, text, parse)
        self._identified(found.get("ref"))
        self._located(found, record.line, reading)
        addresses = (("sms", "mobile"), ("voice", "landline"), ("email", "email"))
        reached = tuple(Address(means, found.pop(name)) for means, name in addresses if name in found)
        others = {name: texts[i].strip() for i, name in self._others if texts[i].strip()}
        point_language = found.pop("phone_language", None)
        return ContactRow(addresses=reached, attributes=others, point_language=point_language, **found)

    def _texts(self, record: Record) -> list[str]:
        """The fields of a record, as many as there are columns."""
        if record.wrong:
            raise _Refusal("row", record.wrong)
        texts, width = record.fields, len(self._header)
        if len(texts) > width and not any(texts[width:]):
            texts = texts[:width]
        if len(texts) != width:
            raise _Refusal("row", f"has {len(texts)} fields, but the first line names {width} columns.")
        for name, text in zip(self._header, texts, strict=True):
            if "\0" in text or "\ufffd" in text:
                reason = "has bytes in it that are not UTF-8 text; save the file as CSV UTF-8."
                raise _Refusal(name if name in self._names else "row", reason)
        return texts

    @staticmethod
    def _parsed(name: str, text: str, parse: Parser) -> Any:
        try:
            return parse(text)
        except Wrong as wrong:
            raise _Refusal(name, str(wrong)) from None

    def _identified(self, ref: str | None) -> None:
        if not ref:
            raise _Refusal("ref", "is empty; each contact needs one of its own.")
        if hash(ref) in self._seen:
            raise _Refusal("ref", "stands on a line before; each contact needs one of its own.")
        self._seen.add(hash(ref))

    def _located(self, found: dict[str, Any], line: int, reading: Reading) -> None:
        """Both or none of latitude and longitude; a zone that the town has, from the position where none is given."""
        if ("lat" in found) != ("lon" in found):
            raise _Refusal("lat" if "lat" not in found else "lon", "is empty although the other of the two is given.")
        if found.get("lat") == found.get("lon") == 0:
            del found["lat"], found["lon"]  # what geocoders answer when they do not know
        if self._gazetteer is None:
            return
        zone = self._zone(self._gazetteer, found.get("zone"), line, reading)
        if zone is None and "lat" in found:
            zone = self._around(self._gazetteer, found["lat"], found["lon"])
        found["zone"] = zone

    @staticmethod
    def _around(gazetteer: Gazetteer, lat: float, lon: float) -> str:
        zone = gazetteer.zone_at(lat, lon)
        if zone is None and gazetteer.zone_at(lon, lat):
            raise _Refusal("lat", "and lon look swapped: the other way round they lie in this town.")
        return zone or ELSEWHERE

    @staticmethod
    def _zone(gazetteer: Gazetteer, text: str | None, line: int, reading: Reading) -> str | None:
        zone = gazetteer.zone_named(text) if text else None
        if text and zone is None and len(reading.notes) < KEPT:
            near = get_close_matches(text.casefold(), gazetteer.zones, n=1)
            hint = f"; perhaps {near[0]}" if near else ""
            reading.notes.append(Refused(line, "zone", f"is not a zone of this town{hint}. {_NOWHERE}"))
        return zone
