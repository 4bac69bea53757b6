"""What a group of people needs to hear: said where the alert says that it is so, and nothing on trust."""

from __future__ import annotations

from onevoice.alert import Alert
from onevoice.compose.speech import Speech
from onevoice.facts import Shelter
from onevoice.lexicon import NeedLine

_SPOKEN_THERE = "shelter.interpreters"


def given(alert: Alert, need: NeedLine) -> bool:
    """True where the alert has the fact of the sentence, and it is so."""
    name, _, field = need.fact.partition(".")
    fact = alert.factset.get(name)
    return bool(getattr(fact, field, None)) if field else fact is not None


def told(say: Speech) -> dict[str, str]:
    """Fact → sentence, for the needs of these readers whose facts are given and that their language has today."""
    lines = {name: say.library.lexicon.needs[name] for name in say.telling.asked.needs}
    there = {name: line.fact for name, line in lines.items() if given(say.telling.alert, line)}
    said = {fact: say.where_translated(f"need.{name}") for name, fact in there.items() if _theirs(say, fact)}
    return {fact: sentence for fact, sentence in said.items() if sentence}


def _theirs(say: Speech, fact: str) -> bool:
    """Somebody who speaks *your* language: the text must be in one that is spoken there, and be the reader's own."""
    if fact != _SPOKEN_THERE:
        return True
    shelter = say.telling.alert.factset.get("shelter")
    spoken = shelter.interpreters if isinstance(shelter, Shelter) else None
    return say.telling.language in (spoken or ()) and not say.telling.asked.stand_in
