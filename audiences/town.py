"""Millford, a town that does not exist: a contact file with as many people as asked for, to try things with.

The same seed gives the same bytes. Numbers are of the fiction range 555-0100 to 555-0199; once those of all area codes
are given out, numbers of area code 555 follow, which nobody can have and which only an exercise deployment takes.
Mail goes to domains under .example.
"""

from __future__ import annotations

import csv
import random
from bisect import bisect
from collections.abc import Iterator, Sequence
from itertools import accumulate, count, islice, pairwise
from pathlib import Path
from typing import Any, Generic, TypeVar

from audiences import documents, zones

Thing = TypeVar("Thing")
Row = dict[str, str]

COLUMNS = (
    *("ref", "name", "mobile", "landline", "email", "language", "tier", "zone", "lat", "lon", "household", "means"),
    *("lives_alone", "older", "mobility", "hearing", "sight", "newcomer", "few_ties", "role", "consent"),
    *("exercise_ok", "champion"),
)

ROOT = Path(__file__).resolve().parent.parent

FIRST, LINES = 100, 100
"""The fiction range: 555-0100 to 555-0199."""

SPELLINGS = ("({0}) {1}-{2}", "{0}-{1}-{2}", "+1 {0} {1} {2}", "{0}.{1}.{2}", "1 {0} {1} {2}", "+1{0}{1}{2}")
COUPLE = 2
DOORS = 400
"""Positions in each zone at which people live."""


def generate(path: Path, residents: int, seed: int) -> None:
    """Write a contact file of exactly `residents` rows, people of every role among them."""
    folk = documents.mapping(ROOT / zones.TOWN / "people.yaml")
    town = _Town(folk, random.Random(seed))  # noqa: S311 - an invented town holds no secret
    path.touch(mode=0o600)  # invented, and yet handled as a contact file is
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(COLUMNS)
        out.writerows([row.get(name, "") for name in COLUMNS] for row in islice(town.people(), residents))


class _Pick(Generic[Thing]):
    """Things with weights."""

    def __init__(self, weights: dict[Thing, float]) -> None:
        self._things = list(weights)
        self._sums = list(accumulate(weights.values()))

    def __call__(self, chance: float) -> Thing:
        """The thing that stands at `chance`, from 0 to below 1, of the whole weight."""
        return self._things[bisect(self._sums, chance * self._sums[-1])]


class _Town:
    """Households after one another; a champion, a responder, a care home and a partner early and then now and again."""

    def __init__(self, folk: dict[str, Any], rng: random.Random) -> None:
        self._folk = folk
        self._chance = rng.random
        self._zones = _Pick(folk["zones"])
        self._sizes = _Pick(folk["households"])
        self._languages = _Pick(folk["languages"])
        self._tiers = _Pick(folk["tiers"])
        self._consent = _Pick(folk["consent"])
        self._doors = _doors(rng)
        self._champions: dict[str, str] = {}
        self._numbers = _numbers(folk["area_codes"])
        self._refs = count(1)
        self._households = count(1)

    def people(self) -> Iterator[Row]:
        """Everybody, without end."""
        for turn in count():
            yield from self._household()
            for role, every in self._folk["roles"].items():
                if turn % every == 0:
                    yield self._special(role)

    def _yes(self, share: float) -> bool:
        return self._chance() < share

    def _one(self, things: Sequence[Thing]) -> Thing:
        return things[int(self._chance() * len(things))]

    # --- residents --------------------------------------------------------------------------------------------

    def _household(self) -> Iterator[Row]:
        size, language = self._sizes(self._chance()), self._languages(self._chance())
        home = self._home(f"h{next(self._households):06d}")
        older = self._yes(0.28 if size <= COUPLE else 0.05)
        family = self._one(self._folk["families"][language])
        shared = next(self._numbers) if size > 1 and self._yes(0.2) else None
        for _ in range(size):
            own = language if self._yes(0.85) else ("en" if language != "en" else self._languages(self._chance()))
            row = self._resident(own, family, shared) | self._needs(own, older, alone=size == 1) | home
            yield row | self._looked_after(row)

    def _home(self, household: str) -> Row:
        """Where a household lives; a few did not say."""
        if self._yes(0.02):
            return {"household": household}
        zone = self._zones(self._chance())
        lat, lon = self._one(self._doors[zone]) if self._yes(0.7) else ("", "")
        return {"household": household, "zone": zone, "lat": lat, "lon": lon}

    def _resident(self, language: str, family: str, shared: tuple[str, str, str] | None) -> Row:
        ref = f"m{next(self._refs):06d}"
        return {
            "ref": ref,
            "name": self._name(language, family),
            "mobile": self._spelled(shared or next(self._numbers)) if self._yes(0.94) else "",
            "email": self._email(ref) if self._yes(0.55) else "",
            "language": "" if self._yes(0.1 if language == "en" else 0.03) else language,
            "tier": self._tiers(self._chance()) if self._yes(0.08) else "",
            "means": self._one(self._folk["means"]) if self._yes(0.12) else "",
            "role": "resident",
            "consent": self._consent(self._chance()),
            "exercise_ok": "yes" if self._yes(0.12) else "",
        }

    def _email(self, ref: str) -> str:
        return f"{ref}@{self._one(self._folk['mail'])}"

    def _name(self, language: str, family: str) -> str:
        given = self._one(self._folk["given"][language])
        return f"{family} {given}" if language in self._folk["family_first"] else f"{given} {family}"

    def _needs(self, language: str, older: bool, *, alone: bool) -> Row:  # noqa: FBT001 - one of three facts about a person
        age = 3.5 if older else 1.0
        shares = {
            "mobility": 0.05 * age,
            "hearing": 0.03 * age,
            "sight": 0.02 * age,
            "newcomer": 0.03 if language == "en" else 0.25,
            "few_ties": 0.2 if alone else 0.05,
        }
        needs = {name: "yes" if self._yes(share) else "no" for name, share in shares.items()}
        if older and self._yes(0.4):
            needs["landline"] = self._spelled(next(self._numbers))
        return needs | {"lives_alone": "yes" if alone else "no", "older": "yes" if older else "no"}

    def _looked_after(self, row: Row) -> Row:
        """A champion of the zone for half of those whom nobody else tells."""
        champion = self._champions.get(row.get("zone", ""))
        lonely = "yes" in (row["lives_alone"], row["few_ties"])
        return {"champion": champion} if champion and lonely and self._yes(0.5) else {}

    def _spelled(self, parts: tuple[str, str, str]) -> str:
        return self._one(SPELLINGS).format(*parts)

    # --- everybody else ---------------------------------------------------------------------------------------

    def _special(self, role: str) -> Row:
        family = self._one(self._folk["families"]["en"])
        row = self._resident("en", family, None) | self._home("") | {"role": role, "consent": "all"}
        row["mobile"] = row["mobile"] or self._spelled(next(self._numbers))
        row["email"], row["exercise_ok"] = self._email(row["ref"]), "yes"
        if role in self._folk["houses"]:
            place = row.get("zone", "Millford").replace("-", " ").title()
            row["name"] = f"{place} {self._one(self._folk['houses'][role])}"
        if role == "champion":
            row["language"] = self._languages(self._chance())
            self._champions[row.get("zone", "")] = row["ref"]
        return row


def _numbers(area_codes: Sequence[int]) -> Iterator[tuple[str, str, str]]:
    """Area code, exchange, line: each number once."""
    for line in range(FIRST, FIRST + LINES):
        for code in area_codes:
            yield str(code), "555", f"0{line}"
    for exchange in range(200, 1000):
        for line in range(10_000):
            yield "555", str(exchange), f"{line:04d}"


def _doors(rng: random.Random) -> dict[str, list[tuple[str, str]]]:
    """Positions in each zone, found by throwing darts at the box around it."""
    return {place.id: _darts(geometry["coordinates"][0], rng) for place, geometry in zones.features(ROOT)}


def _darts(ring: Sequence[Sequence[float]], rng: random.Random) -> list[tuple[str, str]]:
    lons, lats = [p[0] for p in ring], [p[1] for p in ring]
    found: list[tuple[str, str]] = []
    while len(found) < DOORS:
        lon = min(lons) + rng.random() * (max(lons) - min(lons))
        lat = min(lats) + rng.random() * (max(lats) - min(lats))
        if _inside(ring, lon, lat):
            found.append((f"{lat:.5f}", f"{lon:.5f}"))
    return found


def _inside(ring: Sequence[Sequence[float]], x: float, y: float) -> bool:
    """Even-odd rule. Written out, so that the same seed gives the same town with every version of every library."""
    inside = False
    for (x1, y1), (x2, y2) in pairwise(ring):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside
