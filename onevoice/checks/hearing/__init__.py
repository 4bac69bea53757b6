"""Hearing: what any text about an incident states, contradicts and lacks of an alert's facts, whoever wrote it.

The text is read by `checks.reading`, which knows nothing of how OneVoice writes. A text that claims to be one of ours
(`strict`) may hold nothing that no fact states; in anybody else's words, a further time, number or place is only
pointed out where the fact itself is told rightly beside it.
"""

from __future__ import annotations

from onevoice.checks.hearing import conditions, lines, numbers, services, steps, when, where, who
from onevoice.checks.hearing.question import Contradiction, Heard, Question

__all__ = ["Contradiction", "Heard", "Question", "hear"]


def hear(question: Question) -> Heard:
    """What the text says of the alert's facts.

    Raises:
        Unusable: the language cannot be read.
    """
    heard = Heard()
    for part in (who, where, when, numbers, services, steps, conditions, lines):
        part.hear(question, heard)
    return heard
