"""Sign-posts: which service a reader is led to, and what is said of it. One line where a text is short, else all."""

from __future__ import annotations

from collections.abc import Iterator

from onevoice.compose.asked import Asked
from onevoice.compose.speech import Speech
from onevoice.localize import ENGLISH
from onevoice.localize.voice import clean
from onevoice.people import PERSONAL, SPOKEN, WIRELESS, Language, Means, Need
from onevoice.services import WRITTEN, Service, Services

_ONE_LINE = frozenset([Means.SMS, Means.SOCIAL, Means.VOICE])
"""Means that lead to one service; of it a voice says when it is open, the others nothing more."""
_HOURS_TOO = frozenset([Means.VOICE, Means.PRINT])
"""Means that say when it is open, and no more: the page has the rest."""


def signposts(say: Speech) -> list[str]:
    """The lines, the most wanted service first; none where the alert names no service that this reader can use."""
    fact = say.telling.alert.factset.get("services")
    asked = say.telling.asked
    if not isinstance(fact, Services) or asked.means in WIRELESS:
        return []
    told = list(chosen(fact, asked))
    lines = [line for service in told if (line := _line(say, service))]
    return lines[:1] if asked.means in _ONE_LINE else lines


def chosen(services: Services, asked: Asked) -> Iterator[Service]:
    """For each sort the service that serves these readers best: one that speaks their language goes first."""
    for sort in dict.fromkeys(entry.sort for entry in services.entries):
        able = [e for e in services.entries if e.sort == sort and e.line_for(asked.profile.needs)]
        if able:
            yield min(able, key=lambda entry: _rank(entry, _reads(asked), asked))


def _reads(asked: Asked) -> Language:
    """The reader's own language; of a text in two, the first."""
    return asked.lead or asked.profile.languages[0]


def _rank(entry: Service, reads: Language, asked: Asked) -> tuple[bool, ...]:
    """What stands against an entry, the weightiest first. A text for everybody is read by people who cannot hear."""
    for_all = asked.means not in PERSONAL
    written = entry.line(*WRITTEN) is not None
    return not entry.speaks(reads), not entry.interpreter, for_all and not written, not entry.always


# --- what is said of it


def _line(say: Speech, service: Service) -> str:
    line = service.line_for(say.telling.asked.profile.needs)
    number = _number(say, line.number) if line else ""
    name = say.fact("services", clean(service.name))
    first = say(f"frame.signpost.{service.sort}", service=name, service_phone=number)
    if not first:
        return ""
    rest = [sentence for sentence in _rest(say, service) if sentence]
    label = f"service {service.id} {service.version}"
    return say.telling.marks.around(label, " ".join([first, *rest]))


def _number(say: Speech, number: str) -> str:
    voice = say.telling.voice
    return say.fact("services", voice.spelled(number) if say.telling.aloud else voice.phone(number))


def _rest(say: Speech, service: Service) -> Iterator[str]:
    asked = say.telling.asked
    yield from _in_writing(say, service)
    if asked.means in _ONE_LINE - _HOURS_TOO:
        return
    if asked.means not in _HOURS_TOO:
        yield say("frame.signpost.address", service_address=say.fact("services", clean(service.address)))
        yield say("frame.signpost.accessible") if service.accessible else ""
    yield from _open(say, service)
    if asked.means in _HOURS_TOO:
        return
    if service.free is not None:
        yield say("frame.signpost.free" if service.free else "frame.signpost.fee")
    yield from _tongue(say, service)


def _in_writing(say: Speech, service: Service) -> Iterator[str]:
    """How somebody reaches it who cannot hear; in a short text only where that is the number just named."""
    asked = say.telling.asked
    called = service.line_for(asked.profile.needs)
    written = service.line("text") or service.line(*WRITTEN)
    if not called or not written or asked.means in SPOKEN:
        return
    if written.use == "text" and written.number == called.number:
        hears = Need.HEARING not in asked.profile.needs
        yield "" if hears and asked.means in _ONE_LINE else say("frame.signpost.by_text")
    elif asked.means not in _ONE_LINE or Need.HEARING in asked.profile.needs:
        frame = "text" if written.use == "text" else "relay"
        yield say(f"frame.signpost.{frame}", service_text=_number(say, written.number))


def _open(say: Speech, service: Service) -> Iterator[str]:
    if service.always:
        yield "" if Need.HEARING in say.telling.asked.profile.needs else say("frame.signpost.always")
    elif service.hours:
        hours = say.telling.voice.hours(service.hours, "long" if say.telling.aloud else "short")
        yield say("frame.signpost.hours", service_hours=say.fact("services", hours))


def _tongue(say: Speech, service: Service) -> Iterator[str]:
    """Said in a text in that language alone, to a reader of it; of English nobody needs to be told."""
    language, asked = say.telling.language, say.telling.asked
    if language == ENGLISH or asked.stand_in:
        return
    if service.speaks(language):
        yield say("frame.signpost.speaks")
    elif service.interpreter:
        yield say("frame.signpost.interpreter")
