"""The directory of services: a file in the shape of Open Referral's Human Services Data Specification (HSDS) 3.

Read are a list of services, a page of them (`contents`), or organizations with their `services`. Of a service are used:
`id`, `name`, `status`, `organization.name`, `assured_date`, `assurer_email`, `phones` (`number`, `type`), `schedules`
(`freq: WEEKLY`, `byday`, `opens_at`, `closes_at`, `valid_from`, `valid_to`), `languages` (`code`),
`interpretation_services`, `cost_options` (`amount`), `service_areas` (`name`), `service_at_locations` (address and
`accessibility` of its `location`), and `attributes`, whose term of the taxonomy `onevoice-signposts` says what it is
for. Everything else is kept as it came and not told. Fields as in github.com/openreferral/specification, 3.0 to 3.2.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import Field, ValidationError, model_validator

from audiences import documents
from audiences.schedules import Town, Wrong, around_the_clock, day, hours
from onevoice.errors import Unusable
from onevoice.people import Frozen
from onevoice.services import ALWAYS, HURRIED, SORTS, Line, Service, Sort

POLICY = Path("audiences") / "services.yaml"
TAXONOMY = "onevoice-signposts"
ACTIVE = "active"
WHEELCHAIR = "Wheelchair access"
_USES = {"voice": "voice", "cell": "voice", "text": "text", "textphone": "textphone", "video": "video"}
_LONGEST_NAME = 60
_SHORT_CODE = 6


class Policy(Frozen):
    """`audiences/services.yaml`."""

    confirmed_for: dict[Sort, int]
    warn_before: int = Field(ge=0)
    shown: dict[str, tuple[Sort, ...]]

    @model_validator(mode="after")
    def _whole(self) -> Policy:
        lacking = [sort for sort in SORTS if sort not in self.confirmed_for] + sorted(ALWAYS - set(self.shown))
        if set(self.shown) & HURRIED:
            raise ValueError("whoever is warned or corrected is not sent to a service")
        if lacking or min(self.confirmed_for.values()) < 1:
            raise ValueError(f"a positive number of days, or services to show, are missing: {', '.join(lacking)}")
        return self


class Refused(NamedTuple):
    """An entry that cannot be used."""

    entry: str
    reason: str


def policy(root: Path) -> Policy:
    """How long entries are good, and who is led where.

    Raises:
        Unusable: names file, key, and what is wrong.
    """
    return documents.value(Policy, documents.mapping(root / POLICY), POLICY.name)


def read(file: Path) -> list[dict[str, Any]]:
    """The services of a file, each with its organization, as they came.

    Raises:
        Unusable: it is no JSON of services.
    """
    try:
        plain = json.loads(documents.text(file))
    except (ValueError, RecursionError):
        raise Unusable("This is not JSON.", where=file.name, remedy="Export the directory as HSDS 3 JSON.") from None
    found = list(_services(plain))
    if not found:
        what = "There is no service in it."
        raise Unusable(what, where=file.name, remedy="It is a list of HSDS services, a page with `contents`, or one.")
    return found


def _services(plain: Any, organization: Mapping[str, Any] | None = None) -> Iterator[dict[str, Any]]:
    if isinstance(plain, list):
        for one in plain:
            yield from _services(one, organization)
    elif isinstance(plain, dict) and "contents" in plain:
        yield from _services(plain["contents"])
    elif isinstance(plain, dict) and "services" in plain:
        owner = {name: plain[name] for name in ("id", "name") if name in plain}
        yield from _services(plain["services"], owner)
    elif isinstance(plain, dict):
        yield {**({"organization": dict(organization)} if organization else {}), **plain}


# --- one entry


def entry(plain: Mapping[str, Any], version: str, rules: Policy, town: Town) -> Service:
    """An entry as a message may name it.

    Raises:
        Wrong: it lacks what a reader needs, or says what cannot be told.
    """
    try:
        return _entry(plain, version, rules, town)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False)[0]
        raise Wrong(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    except (AttributeError, KeyError, TypeError):
        raise Wrong("a part of it has another shape than HSDS gives it") from None


def _entry(plain: Mapping[str, Any], version: str, rules: Policy, town: Town) -> Service:
    sort, assured = _sort(plain), day(plain, "assured_date")
    if assured > town.today:
        raise Wrong(f"assured_date, {assured}, is still to come")
    spans, last = hours(plain, town)
    always = around_the_clock(spans)
    until = assured + timedelta(days=rules.confirmed_for[sort])
    return Service(
        id=_text(plain, "id"),
        version=version,
        sort=sort,
        name=_name(plain),
        lines=_lines(plain),
        hours=() if always else spans,
        always=always,
        languages=_languages(plain),
        interpreter=bool(str(plain.get("interpretation_services") or "").strip()),
        free=_free(plain),
        **_place(plain),
        assured=assured,
        until=min(until, last) if last else until,
    )


def is_active(plain: Mapping[str, Any]) -> bool:
    """True where the directory says that people can go there."""
    return plain.get("status") == ACTIVE


def covers(plain: Mapping[str, Any], zones: set[str], town: Town) -> bool:
    """True where it serves all these zones. No area means everywhere.

    Raises:
        Wrong: it names an area that is no zone of the town.
    """
    areas = plain.get("service_areas") or []
    by_name = {name.casefold(): zone for zone, name in town.zones.items()} | {zone: zone for zone in town.zones}
    named = [str(area.get("name") or "").strip() for area in areas]
    strange = [name for name in named if name.casefold() not in by_name]
    if strange:
        raise Wrong(f"its area, “{strange[0]}”, is no zone of the town")
    return not named or zones <= {by_name[name.casefold()] for name in named}


def _text(plain: Mapping[str, Any], name: str) -> str:
    value = plain.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Wrong(f"{name} is missing")
    return " ".join(value.split())


def _name(plain: Mapping[str, Any]) -> str:
    name = _text(plain, "name")
    if len(name) > _LONGEST_NAME or any(c in name for c in "{}<>\n"):
        raise Wrong(f"its name has more than {_LONGEST_NAME} characters, or one that no message may have")
    return name


def _sort(plain: Mapping[str, Any]) -> Sort:
    terms = [attribute.get("taxonomy_term") or {} for attribute in plain.get("attributes") or []]
    codes = [term.get("code") for term in terms if term.get("taxonomy") == TAXONOMY]
    known = [sort for sort in SORTS if sort in codes]
    if len(known) != 1 or len(codes) != 1:
        raise Wrong(f"it needs one attribute whose taxonomy_term is of {TAXONOMY}: {', '.join(SORTS)}")
    return known[0]


def _lines(plain: Mapping[str, Any]) -> tuple[Line, ...]:
    places = [at for at in plain.get("service_at_locations") or [] if isinstance(at, dict)]
    phones = plain.get("phones") or [phone for at in places for phone in at.get("phones") or []]
    lines = [
        Line(number=_number(phone), use=_USES[str(phone.get("type") or "voice")])  # type: ignore[arg-type]  # from a table
        for phone in phones
        if str(phone.get("type") or "voice") in _USES
    ]
    if not any(line.use in ("voice", "text") for line in lines):
        raise Wrong("it has no phone of type voice, cell or text")
    return tuple(dict.fromkeys(lines))


def _number(phone: Mapping[str, Any]) -> str:
    written = str(phone.get("number") or "").strip().strip('"')
    if phone.get("extension"):
        raise Wrong("a number with an extension cannot be told so that everybody gets through")
    digits = re.sub(r"\D", "", written)
    if len(digits) <= _SHORT_CODE and not written.startswith("+"):
        return digits
    import phonenumbers  # noqa: PLC0415 - 23 MB of tables

    try:
        number = phonenumbers.parse(written, "US")
    except phonenumbers.NumberParseException:
        raise Wrong("one of its phones is no number") from None
    if not phonenumbers.is_possible_number(number):
        raise Wrong("one of its phones has too few or too many digits")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _languages(plain: Mapping[str, Any]) -> tuple[str, ...]:
    spoken = [
        *(plain.get("languages") or []),
        *(x for p in plain.get("phones") or [] for x in p.get("languages") or []),
    ]
    codes = (str(language.get("code") or "").partition("-")[0].casefold() for language in spoken)
    return tuple(dict.fromkeys(code for code in codes if code))


def _free(plain: Mapping[str, Any]) -> bool | None:
    """What it costs; None where nobody has said so in numbers: free words about fees are not for a program to judge."""
    amounts = [option.get("amount") for option in plain.get("cost_options") or []]
    if not amounts or not all(isinstance(amount, int | float) for amount in amounts):
        return None
    return not any(amounts)


def _place(plain: Mapping[str, Any]) -> dict[str, Any]:
    """Address and wheelchairs, where there is one place only: of several nobody knows which is meant."""
    places = [at.get("location") or {} for at in plain.get("service_at_locations") or []]
    if len(places) != 1:
        return {}
    addresses = [a for a in places[0].get("addresses") or [] if a.get("address_type") in (None, "physical")]
    where = ", ".join(filter(None, (addresses[0].get("address_1"), addresses[0].get("address_2")))) if addresses else ""
    helps = [str(one.get("description") or "").strip().casefold() for one in places[0].get("accessibility") or []]
    return {"address": " ".join(where.split()), "accessible": WHEELCHAIR.casefold() in helps}
