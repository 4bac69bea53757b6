"""What may stand in a field of the contact file, and what it becomes.

Each reader takes the text of one field, already stripped, and gives the value or raises Wrong with a reason that says
what is allowed. A reason never repeats what was given.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping

from audiences.addresses import Wrong
from onevoice.localize import spelled
from onevoice.people import Role, Tier

_YES = frozenset("yes y true t 1 1.0 x on si sí oui wi".split())  # noqa: SIM905 - words read better in a row
_NO = frozenset("no n false f 0 0.0 - off non".split())  # noqa: SIM905 - as above

_OTHER_SCRIPTS = frozenset({"hant", "tw", "hk", "mo"})

_MEANS = {
    "sms": "sms text txt mobile cell sms-text",
    "email": "email e-mail mail",
    "voice": "voice phone call landline telephone",
}
_MEAN = {spelling: means for means, spellings in _MEANS.items() for spelling in spellings.split()}

_CONSENT = {
    "emergency": "emergency emergency-warning emergencies warning warnings alert alerts",
    "information": "information info preparedness recovery support check-in rumor-control newsletter",
    "all": "all yes y true 1 any",
    "none": "none no n false 0",
}
_CLASS = {spelling: name for name, spellings in _CONSENT.items() for spelling in spellings.split()}

LONGEST_WORD, LONGEST_ZONE = 80, 60
NORTH, EAST = 90, 180


def boolean(text: str) -> bool:
    """Yes or no; empty is no."""
    word = text.casefold()
    if word in _YES:
        return True
    if not word or word in _NO:
        return False
    raise Wrong("is neither yes nor no; write yes, no, true, false, 1, 0, or leave it empty.")


def language(text: str, offered: Mapping[str, str]) -> str | None:
    """A language that OneVoice speaks (`offered`: its spellings → its tag), with or without a region."""
    if not text:
        return None
    word = spelled(text)
    found = offered.get(word) or _near(word, offered)
    if found is None:
        tags = ", ".join(dict.fromkeys(offered.values()))
        raise Wrong(f"is not a language of this OneVoice; write one of {tags}, or leave it empty.")
    return found


def _near(word: str, offered: Mapping[str, str]) -> str | None:
    """A tag without its region (`zh-hant-us`), then without its script; but never another script than it names."""
    parts = word.split("-") if re.fullmatch(r"[a-z]{2,3}(-\w{2,4}){1,2}", word) else []
    least = 1 if _OTHER_SCRIPTS.isdisjoint(parts) else 2
    shorter = ("-".join(parts[:many]) for many in range(len(parts) - 1, least - 1, -1))
    return next((offered[tag] for tag in shorter if tag in offered), None)


def tier(text: str) -> str | None:
    """T1 to T4, or the digit alone."""
    word = text.upper().removesuffix(".0")
    word = f"T{word}" if word in {"1", "2", "3", "4"} else word
    if word and word not in list(Tier):
        raise Wrong("is not a reading level; write T1, T2, T3 or T4, or leave it empty.")
    return word or None


def role(text: str) -> str:
    """What the contact is to the community; empty is resident."""
    word = text.casefold() or Role.RESIDENT.value
    if word not in list(Role):
        raise Wrong(f"is not a role; write one of {', '.join(Role)}, or leave it empty.")
    return word


def means(text: str) -> tuple[str, ...]:
    """Preferred means, in order."""
    return _several(text, _MEAN, f"is not a means; write {', '.join(_MEANS)}, the preferred one first.")


def consent(text: str) -> tuple[str, ...]:
    """Classes of message that the person agreed to; empty where the list does not say."""
    return _several(text, _CLASS, f"is not a class of consent; write {', '.join(_CONSENT)}, or leave it empty.")


def _several(text: str, known: Mapping[str, str], reason: str) -> tuple[str, ...]:
    words = [word for word in re.split(r"[,;/|+>\s]+", text.casefold()) if word]
    if any(word not in known for word in words):
        raise Wrong(reason)
    return tuple(dict.fromkeys(known[word] for word in words))


def word(text: str) -> str | None:
    """A short text without control characters."""
    if len(text) > LONGEST_WORD:
        raise Wrong(f"is longer than {LONGEST_WORD} characters.")
    if any(unicodedata.category(c) == "Cc" for c in text):
        raise Wrong("has a control character in it.")
    return text or None


def zone(text: str) -> str | None:
    """A zone as its id is spelled: Old Mill is old-mill."""
    plain = re.sub(r"[\s_]+", "-", text.casefold())
    if len(plain) > LONGEST_ZONE:
        raise Wrong(f"is longer than {LONGEST_ZONE} characters.")
    return word(plain)


def degrees(limit: int) -> Callable[[str], float | None]:
    """A reader of latitudes (limit 90) or longitudes (limit 180), with a point or a comma."""

    def read(text: str) -> float | None:
        try:
            value = float(text.replace(",", ".")) if text else None
        except ValueError:
            raise Wrong("is not a number of degrees, such as 40.0123.") from None
        if value is not None and not (math.isfinite(value) and abs(value) <= limit):
            raise Wrong(f"is not between -{limit} and {limit} degrees; latitude and longitude may be swapped.")
        return value

    return read
