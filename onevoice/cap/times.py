"""Times as CAP 1.2 writes them: `2026-11-21T18:30:00-05:00`. Never the letter Z; UTC is `-00:00`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

FORM = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[+-][0-9]{2}:[0-9]{2}")
WITH_Z = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]{1,9})?[Zz]")
FARTHEST = timedelta(hours=14)
EXAMPLE = "2026-11-21T18:30:00-05:00"
OFFSET_AT = EXAMPLE.index("-05:00")


def cap_time(at: datetime, zone: tzinfo | None = None) -> str:
    """Write a moment for CAP, on the clocks of `zone` or else of its own zone, to the second.

    Raises:
        ValueError: the moment has no zone.
    """
    if at.tzinfo is None:
        raise ValueError("a time in CAP needs a zone")
    local = at.astimezone(zone) if zone else at
    text = local.replace(microsecond=0).isoformat()
    if FORM.fullmatch(text) is None:  # an offset with seconds, as in the local times of the nineteenth century
        text = local.astimezone(UTC).replace(microsecond=0).isoformat()
    return text[:OFFSET_AT] + "-00:00" if text.endswith("+00:00") else text


def instant(text: str | None) -> datetime | None:
    """The moment that a CAP time names, or None where it names none. A time with Z is understood, though not right."""
    stripped = without_z(text or "").strip()
    if FORM.fullmatch(stripped) is None:
        return None
    try:
        moment = datetime.fromisoformat(stripped)
    except ValueError:
        return None
    offset = moment.utcoffset()
    return moment if offset is not None and abs(offset) <= FARTHEST else None


def without_z(text: str) -> str:
    """Write a time that ends in Z as CAP wants UTC; every other text as it is."""
    found = WITH_Z.fullmatch(text.strip())
    return f"{found[1]}-00:00" if found else text


def fault(text: str) -> str | None:
    """What is wrong with a time in CAP, as a sentence; None where it is right."""
    if WITH_Z.fullmatch(text.strip()):
        return f"ends in Z, which CAP does not allow: UTC is written {without_z(text)}."
    if instant(text) is None:
        return f"is not a time with its offset, such as {EXAMPLE}."
    return None
