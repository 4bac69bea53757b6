"""A sentence without a fact is looked for letter by letter first, and found where the pattern finds it."""

import pytest

from onevoice.checks import sentences

CASES = [
    ("Move.", "Move.", True),
    ("Move.", "Flood! Move.", True),
    ("Move.", "Flood!\nMove.", True),
    ("Move.", "FLOOD. MOVE.", True),
    ("Move.", "Do not move.", False),
    ("Move.", "Do not Move.", False),
    ("Move.", "Do not Move. Move.", True),
    ("Stay at home.", "Flood. Stay at\nhome.", True),
    ("يرجى الانتباه.", "فيضان؟ يرجى الانتباه.", True),
    ("Call {help_phone}.", "Call 555-0100.", True),
]


@pytest.mark.parametrize(("sentence", "text", "stands"), CASES)
def test_a_sentence_stands_where_it_begins_after_the_end_of_another(sentence: str, text: str, *, stands: bool) -> None:
    """With or without capitals, over a line's end, never within another sentence."""
    assert sentences.stands(sentence, text) is stands
    assert (sentences.pattern(sentence).search(text) is not None) is stands


def test_only_sentences_without_a_slot_are_taken_letter_by_letter() -> None:
    """What stands in a slot always has to be compared, even where it is written as the slot itself."""
    assert sentences.as_written("Move.", "Move.")
    assert not sentences.as_written("Call {help_phone}.", "Call {help_phone}.")
