"""The facts that an approved sentence names in a slot, as anybody writes them."""

from __future__ import annotations

import re
from functools import lru_cache

from onevoice.checks.hearing.question import Question
from onevoice.checks.plain import plain
from onevoice.checks.reading import links, steps
from onevoice.facts import EmergencyNumber, ProperName, Shelter

_NATIONAL = 10
"""Digits of a number without its country."""


def named(question: Question) -> steps.Named:
    """The shelter, the product, a number: the mark of each, and where a text tells it."""
    facts = question.alert.factset.facts.items()
    names = {name: tuple(fact.names.values()) for name, fact in facts if isinstance(fact, ProperName)}
    shelter = question.alert.factset.get("shelter")
    if isinstance(shelter, Shelter):
        names |= {"shelter_name": tuple(shelter.name.values()), "shelter_address": (shelter.address or "",)}
    told = [(f"={name}", question.tongue.any(map(plain, said))) for name, said in names.items()]
    told += [(f"={name}", _dialled(fact.number)) for name, fact in facts if isinstance(fact, EmergencyNumber)]
    return tuple(told)


@lru_cache(maxsize=64)
def _dialled(number: str) -> re.Pattern[str]:
    """A number as people write it, with anything between its digits and without its country."""
    between = r"[^\w\n]{0,2}"
    return re.compile(rf"(?<!\d){between.join(links.digits(number)[-_NATIONAL:])}(?!\d)")
