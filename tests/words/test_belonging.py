"""Nobody is left alone with a message: what `templates check` finds in the English, and what is said instead."""

from pathlib import Path

import pytest

from onevoice.checks import belonging
from onevoice.checks.samples import AUTHORITY, samples
from onevoice.compose import Asked, Content, compose
from onevoice.errors import Unusable
from onevoice.people import Means, Profile, Tier

ROOT = Path(__file__).resolve().parents[2]
WORDS = """\
connects: [neighbor]
elements: {safety: [hill], calming: [normal], efficacy: [lamp], connectedness: [neighbor], hope: [better]}
"""


def _found(words: Path) -> set[tuple[str, str]]:
    return {(f.rule, str(f.part)) for f in belonging.check(Content(words))}


def _edit(words: Path, file: str, old: str, new: str) -> None:
    path = words / "templates" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.fixture
def read(words: Path) -> Path:
    """The small library, with words by which its sentences are known."""
    (words / "templates" / "belonging.yaml").write_text(WORDS, encoding="utf-8")
    return words


def test_a_message_that_connects_nobody_is_found_and_one_that_does_is_not(read: Path) -> None:
    """At each plain level by itself."""
    assert ("S01", "storm warning T2") in _found(read)
    _edit(read, "actions.yaml", 'T2: "Climb the hill now."', 'T2: "Climb the hill with a neighbor."')
    assert ("S01", "storm warning T2") not in _found(read)
    assert ("S01", "storm warning T1") in _found(read)


def test_imminent_danger_need_not_connect(read: Path) -> None:
    """There are seconds."""
    _edit(read, "hazards/storm.yaml", "urgency: Expected", "urgency: Immediate")
    assert ("S01", "storm warning T2") not in _found(read)


def test_a_step_without_another_way_is_found(words: Path) -> None:
    """Unless the action has one that they can do, or the hazard a line for them."""
    _edit(words, "actions.yaml", "take_lamp:\n", "take_lamp:\n  requires: [hear]\n")
    assert ("S03", "storm warning") not in _found(words)
    _edit(words, "hazards/storm.yaml", '  hearing: "Write to: {text_phone}."\n', "")
    assert ("S03", "storm warning") in _found(words)
    _edit(words, "actions.yaml", "  requires: [hear]\n", "  requires: [hear]\n  instead: go_home\n")
    assert ("S03", "storm warning") not in _found(words)
    _edit(words, "actions.yaml", "go_home:\n", "go_home:\n  requires: [hear]\n")
    assert ("S03", "storm warning") in _found(words)
    _edit(
        words,
        "actions.yaml",
        "  requires: [hear]\n  cap: AllClear\n",
        "  requires: [hear]\n  instead: no_boat\n  cap: AllClear\n",
    )
    assert ("S03", "storm warning") not in _found(words)


def test_an_unknown_key_is_named(words: Path) -> None:
    """A typing error must not silence the check."""
    (words / "templates" / "belonging.yaml").write_text(WORDS.replace("connects", "conects"), encoding="utf-8")
    with pytest.raises(Unusable, match="conects"):
        _found(words)


def test_what_needs_a_phone_says_what_to_do_without_one() -> None:
    """On the page, the card and in the pack, which everybody reads; other messages have no such line."""
    content = Content(ROOT)
    alert = next(
        s.alert
        for s in samples(content.lexicon, "infectious_disease_outbreak")
        if s.kind == "warning" and s.label == "2 places"
    )
    line = content.sentence("en", "frame.without.phone.T2").text
    reader = Profile(languages=("en",), tier=Tier.T2)
    for means, part in ((Means.PAGE, "instruction"), (Means.PRINT, "html"), (Means.PACK, "questions")):
        assert line in compose(alert, Asked(reader, means), content, AUTHORITY).parts[part]
    calm = next(s.alert for s in samples(content.lexicon, "river_flood") if s.kind == "warning")
    assert line not in compose(calm, Asked(reader, Means.PAGE), content, AUTHORITY).parts["instruction"]


def test_the_library_leaves_nobody_without_another_way() -> None:
    """Every action of every hazard; and messages afterwards have what helps."""
    assert [f.message for f in belonging.check(Content(ROOT)) if f.rule in ("S02", "S03")] == []
