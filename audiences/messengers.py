"""The messengers: who says it. One YAML file for each in audiences/messengers/."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from audiences import documents
from audiences.zones import zone_ids
from onevoice.errors import Unusable
from onevoice.facts import EmergencyNumber
from onevoice.people import Messenger

FOLDER = Path("audiences") / "messengers"


def messengers(root: Path) -> dict[str, Messenger]:
    """All messengers by id, which is the name of the file. `root` holds the folder audiences/.

    Raises:
        Unusable: names file, key, what is wrong, and what is allowed.
    """
    zones = zone_ids(root)
    return {path.stem: _messenger(path, zones) for path in documents.folder(root / FOLDER)}


def _messenger(path: Path, zones: Iterable[str]) -> Messenger:
    plain = documents.mapping(path)
    if isinstance(plain.get("mandate_until"), date):
        plain["mandate_until"] = plain["mandate_until"].isoformat()
    named_like_file(plain, path)
    messenger = documents.value(Messenger, plain, path.name)
    if "en" not in messenger.names:
        raise Unusable("The English name is missing.", where=f"{path.name}, names", remedy="Add `en: ...`.")
    among(messenger.jurisdiction, zones, f"{path.name}, jurisdiction")
    if messenger.kind == "authority" and not messenger.jurisdiction:
        raise Unusable("An authority needs the zones it speaks for.", where=f"{path.name}, jurisdiction")
    if messenger.kind == "authority":
        _emergency(messenger.phones.get("emergency", ""), f"{path.name}, phones")
    _is_day(messenger.mandate_until, f"{path.name}, mandate_until")
    return messenger


def named_like_file(plain: dict[str, Any], path: Path) -> None:
    """Take the id from the name of the file.

    Raises:
        Unusable: the file says another.
    """
    if plain.setdefault("id", path.stem) != path.stem:
        what = "The id is not the name of the file."
        raise Unusable(what, where=f"{path.name}, id", remedy=f"Write {path.stem}, or leave the key out.")


def among(given: Iterable[str], known: Iterable[str], where: str) -> None:
    """Say nothing if all that is given is known.

    Raises:
        Unusable: names the first that is not, and what is near it.
    """
    names = sorted(known)
    for name in given:
        if name not in names:
            near = get_close_matches(name, names, n=3) or names
            raise Unusable(f"There is no {name}.", where=where, remedy=f"Did you mean: {', '.join(near)}?")


def _emergency(number: str, where: str) -> None:
    """Sentences about danger to life say whom to call, and are not said without it."""
    try:
        EmergencyNumber(number=number)
    except ValidationError:
        what = "An authority needs the number that people call when a life is in danger."
        raise Unusable(what, where=where, remedy='Write emergency: "911", or a number with its country.') from None


def _is_day(text: str | None, where: str) -> None:
    try:
        date.fromisoformat(text or "2000-01-01")
    except ValueError:
        raise Unusable("This is not a day.", where=where, remedy="Write it as 2028-12-31.") from None
