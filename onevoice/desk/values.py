"""From what a person typed for a fact to the fact: one way in for each kind of value, one sentence where it fails."""

from __future__ import annotations

import unicodedata
from datetime import timedelta
from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from onevoice import alert as alert_
from onevoice import facts
from onevoice.desk.typed import first_error
from onevoice.errors import Unusable
from onevoice.lexicon import NEED_FACTS
from onevoice.moments import resolve_moment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from onevoice.alert import AlertFile
    from onevoice.lexicon import Lexicon
    from onevoice.settings import Settings

Made = TypeVar("Made")

MOMENTS = frozenset({"act_by", "onset", "next_update"})
PHONES: Mapping[str, tuple[str, ...]] = {
    "help_phone": ("voice",),
    "text_phone": ("text",),
    "transport_phone": ("voice", "text"),
}
NAMES = frozenset({"road_closed", "bus_from", "water_point", "product", *NEED_FACTS})
TEXTS = frozenset({"note", "truth", "rumor", "description"})
"""Free words for each language, with who wrote and who checked them."""
ONLY_WHERE_SAID = frozenset({"disease", "product", "truth", "rumor", "description", "other_number"})
"""Facts that would be lost without a sign in a hazard whose sentences do not name them."""
DRAFTER = "who drafted the alert"
FEW = 10
"""So many names can be read in one sentence."""
FARTHEST = timedelta(days=366)
"""A time that is farther away is a slip of the keyboard."""
HOW: Mapping[str, str] = {
    "shelter": "Write shelter: {name: ..., address: ...}, and what is known of it: "
    f"{', '.join(name for name in facts.Shelter.model_fields if name not in ('type', 'name', 'address'))}.",
    **{name: f"Write {name}: {{texts: {{en: ...}}, written_by: ...}}." for name in sorted(TEXTS)},
    **dict.fromkeys(PHONES, "Write the number with its country, for example +14135550150."),
    **dict.fromkeys(
        ("emergency_number", "other_number"),
        'Write the short code in quotation marks, such as "911", or a number with its country.',
    ),
    **dict.fromkeys(NAMES, "Write the name as it stands on the sign, or {en: ..., es: ...}."),
}


class Values:
    """The facts of one file, as of `now`."""

    def __init__(self, settings: Settings, file: AlertFile, now: datetime, lexicon: Lexicon) -> None:
        self.settings, self.file, self.now, self.lexicon = settings, file, now, lexicon

    def fact(self, name: str, value: Any) -> facts.Fact:
        """The fact of that name.

        Raises:
            Unusable: no such fact, or a value that it cannot have; names the field.
        """
        if value == "unknown":
            return self._unknown(name)
        value = plain(f"facts.{name}", value)
        self._must_be_said(name)
        for names, make in self._makers().items():
            if name in names:
                return made(f"facts.{name}", HOW.get(name, ""), partial(make, name, value))
        known = sorted(set().union(*self._makers()))
        what = f"There is no fact {name!r}."
        raise Unusable(what, where=f"facts.{name}", remedy=f"Known facts: {', '.join(known)}.")

    def instant(self, name: str, text: Any) -> facts.Instant:
        """A moment that is still to come, and not in another year by mistake. Errors as `fact`."""
        field = name if name == "expires" else f"facts.{name}"
        at = resolve_moment(text, now=self.now, zone=self.settings.zone, where=field)
        if at <= self.now:
            what = f"{text} has passed."
            raise Unusable(what, where=field, remedy="Give a time that is still to come.")
        if at > self.now + FARTHEST:
            what = f"{text} is more than a year away."
            raise Unusable(what, where=field, remedy="Look at the year.")
        return facts.Instant(at=at, zone=self.settings.timezone)

    def _makers(self) -> dict[frozenset[str], Callable[[str, Any], facts.Fact]]:
        return {
            MOMENTS: self.instant,
            frozenset(PHONES): lambda n, v: facts.Phone(e164=str(v), uses=PHONES[n]),  # type: ignore[arg-type]  # from a table
            frozenset({"emergency_number", "other_number"}): lambda _, v: facts.EmergencyNumber(number=str(v)),
            frozenset({"disease"}): self._disease,
            frozenset({"form"}): self._form,
            NAMES: _named,
            frozenset({"impact", "cause"}): _stated,
            frozenset({"shelter"}): self._shelter,
            TEXTS: _text,
        }

    def _shelter(self, name: str, value: Any) -> facts.Fact:
        if not isinstance(value, dict):
            what = "A shelter needs at least a name and an address."
            raise Unusable(what, where=f"facts.{name}", remedy="Write shelter: {name: ..., address: ...}.")
        typed = dict(value) | {"name": _named(name, value.get("name")).names}
        if typed.get("opens"):
            typed["opens"] = self.instant("shelter.opens", typed["opens"])
        return facts.Shelter.model_validate(typed)

    def _disease(self, name: str, value: Any) -> facts.Disease:
        """A disease that every language has a name for."""
        prefix = "disease."
        named = {key[len(prefix) :]: said for key, said in self.lexicon.sources.items() if key.startswith(prefix)}
        known(f"facts.{name}", str(value), named)
        return facts.Disease(id=str(value))

    def _form(self, name: str, value: Any) -> facts.Form:
        """A form that the hazard has its own openings for."""
        forms = self.lexicon.hazards[self.file.hazard].forms
        if not forms:
            raise Unusable(f"{self.file.hazard} has one form.", where=f"facts.{name}", remedy="Leave it out.")
        known(f"facts.{name}", str(value), dict.fromkeys(forms))
        return facts.Form(id=str(value))

    def _must_be_said(self, name: str) -> None:
        if name in ONLY_WHERE_SAID and not any(f"{{{name}}}" in said for said in self.sentences()):
            what = f"No sentence of {self.file.hazard} names the {name}."
            raise Unusable(what, where=f"facts.{name}", remedy="Leave it out.")

    def sentences(self) -> list[str]:
        """What the hazard can say: its own sentences and those of its actions, unless there is no such hazard."""
        kinds = self.lexicon.hazards[self.file.hazard].kinds.values()
        told = self.lexicon.told(action for kind in kinds for action in kind.actions)
        actions = (f"action.{action}." for action in told)
        prefixes = (f"hazard.{self.file.hazard}.", *actions)
        return [said for key, said in self.lexicon.sources.items() if key.startswith(prefixes)]

    def _unknown(self, name: str) -> facts.Unknown:
        if name not in alert_.MAY_BE_UNKNOWN:
            what = f"{name} cannot be unknown."
            raise Unusable(what, where=f"facts.{name}", remedy=f"Only {', '.join(sorted(alert_.MAY_BE_UNKNOWN))} can.")
        if not (self.file.initial and "next_update" in self.file.facts):
            what = "A fact can be unknown only in an initial message that says when the next one comes."
            raise Unusable(what, where=f"facts.{name}", remedy='Add "initial: true" and facts.next_update.')
        return facts.Unknown()


def made(field: str, how: str, make: Callable[[], Made]) -> Made:
    """What `make` makes; what its type refuses becomes a sentence."""
    try:
        return make()
    except ValidationError as problem:
        raise Unusable(first_error(problem), where=field, remedy=how) from None


def known(field: str, name: str, there: Mapping[str, Any]) -> Any:
    """What stands under a name.

    Raises:
        Unusable: nothing does; names what is near.
    """
    if name in there:
        return there[name]
    everything = sorted(there) if len(there) <= FEW else get_close_matches(name, there, n=FEW, cutoff=0.0)
    near = get_close_matches(name, there, n=3) or everything
    what = f"There is no {name!r}."
    raise Unusable(what, where=field, remedy=f"Did you mean: {', '.join(near)}?")


def _named(field: str, value: Any) -> facts.ProperName:
    names = value if isinstance(value, dict) else {"en": value}
    if not (names.get("en") and all(isinstance(name, str) and name.strip() for name in names.values())):
        what = "The name is missing, or is no name."
        raise Unusable(what, where=f"facts.{field}", remedy=HOW[field])
    return facts.ProperName(names=names)


def _text(field: str, value: Any) -> facts.LocalNote:
    """Free words; a bare line is English by whoever drafts, and nobody has checked it yet."""
    if isinstance(value, str) and value and field != "note":
        return facts.LocalNote(texts={"en": value}, written_by=DRAFTER)
    return facts.LocalNote.model_validate(value)


def _stated(field: str, value: Any) -> facts.Stated:
    """The hazard's own approved sentence: words of one's own would be lost without a sign."""
    if value != "stated":
        what = f"{field} is said by the hazard's own sentence; it takes only unknown."
        raise Unusable(what, where=f"facts.{field}", remedy="Leave it out; what is special goes into a note.")
    return facts.Stated()


_NEVER = frozenset("{}<>") | {chr(c) for c in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0xFEFF)}
"""Braces would be taken for a slot that is filled later; the others turn the text around, or look like markup."""
_BREAKS = frozenset("\n\r\x0b\x0c\x85\u2028\u2029")


def plain(field: str, value: Any) -> Any:
    """The value without spaces around its words.

    Raises:
        Unusable: it holds what has no place in a name, an address or a note, such as a second line.
    """
    if isinstance(value, dict):
        return {name: plain(f"{field}.{name}", inner) for name, inner in value.items()}
    if not isinstance(value, str):
        return value
    words = value.strip()
    if _BREAKS & set(words):
        what = "This has more than one line, and a message would break there."
        raise Unusable(what, where=field, remedy="Write it in one line.")
    if strange := sorted(c for c in set(words) if c in _NEVER or unicodedata.category(c) == "Cc"):
        shown = ", ".join(c if c.isprintable() else f"U+{ord(c):04X}" for c in strange)
        raise Unusable(f"This holds {shown}, which no message may.", where=field, remedy="Take it out.")
    return words
