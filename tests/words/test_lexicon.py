from pathlib import Path

import pytest

from onevoice import lexicon
from onevoice.errors import Unusable
from onevoice.people import Tier


def _edit(words: Path, file: str, old: str, new: str) -> None:
    path = words / "templates" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "old", "new", "where", "said"),
    [
        ("hazards/storm.yaml", "urgency:", "urgencie:", "kinds.warning.urgencie", "Allowed: .*urgency"),
        ("hazards/storm.yaml", "[climb, no_boat", "[clim, no_boat", "kinds.warning.actions", "Did you mean: climb"),
        ("hazards/storm.yaml", "opening: {T1:", "opening: {T5:", "kinds.warning.opening", "T5.*no tier"),
        ("hazards/storm.yaml", "Roofs can fly.", "Roofs of {plase}", "kinds.warning.impact", "no slot {plase}.*places"),
        ("hazards/storm.yaml", "  warning:", "  warming:", "storm.yaml", "no 'warming'.*warning"),
        ("hazards/storm.yaml", "    urgency: Expected\n", "", "storm.yaml", "kinds.warning needs urgency"),
        ("hazards/storm.yaml", "hazard: storm", "hazard: wind", "hazard", "says that it is of wind"),
        ("hazards/storm.yaml", "  onset:", "  when:", "storm.yaml", "unknown: there is no 'when'"),
        ("hazards/storm.yaml", "  mobility:", "  wheels:", "access.wheels", "mobility"),
        (
            "hazards/storm.yaml",
            "    opening: {T1:",
            '    opening_of: {snow: "SNOW WARNING."}\n    opening: {T1:',
            "storm.yaml",
            "opening_of needs snow",
        ),
        ("actions.yaml", "polarity: do-not", "polarity: never", "no_boat.polarity", "'do' or 'do-not'"),
        ("actions.yaml", "instead: ask_for_ride", "instead: fly", "climb.instead", "no action 'fly'"),
        (
            "actions.yaml",
            "ask_for_ride:\n",
            "ask_for_ride:\n  instead: climb\n",
            "climb.instead",
            "climb → ask_for_ride → climb",
        ),
        ("actions.yaml", "requires: [walk]", "requires: [wings]", "climb.requires.0", "walk"),
        ("actions.yaml", "take_lamp:", "climb:", "actions.yaml:15", "'climb' stands twice"),
        ("actions.yaml", '"Take a lamp."', '"Take {a lamp."', "take_lamp.text", "brace"),
        ("actions.yaml", "cap: Prepare", "cap: Prepare:", "actions.yaml:16", "no YAML"),
        ("frames.yaml", 'where: "Place: {places}."', "", "frames.yaml", "missing: where"),
        ("frames.yaml", 'call: "Call: {help_phone}."', "call: 3", "frames.yaml call", "a sentence, or a map"),
        ("frames.yaml", 'T1: "Until: {act_by}.", T2:', "T3:", "frames.yaml act_by", "needs T1 or T2"),
    ],
)
def test_a_mistake_is_refused_with_its_place_and_what_is_allowed(
    words: Path, file: str, old: str, new: str, where: str, said: str
) -> None:
    """The error names the file and the key, and says what may stand there."""
    _edit(words, file, old, new)
    with pytest.raises(Unusable, match=said) as refused:
        lexicon.load(words)
    assert Path(file).name in refused.value.where
    assert where in refused.value.where


def test_a_missing_file_is_named(words: Path) -> None:
    """Without frames.yaml nothing can be said, and the error says so."""
    (words / "templates" / "frames.yaml").unlink()
    with pytest.raises(Unusable, match="missing") as refused:
        lexicon.load(words)
    assert refused.value.where == "templates/frames.yaml"


def test_every_sentence_has_an_id_with_its_tier(words: Path) -> None:
    """A map gets one id for each tier, a plain string one for all."""
    sources = lexicon.load(words).sources
    assert sources["action.climb.T4"] == "Ascend to the designated hill without any delay."
    assert sources["action.take_lamp"] == "Take a lamp."
    assert sources["hazard.storm.warning.opening.T2"] == "STORM WARNING."
    assert sources["hazard.storm.access.mobility"] == "A ride: {transport_phone}."
    assert sources["frame.changed.act_by"] == "New time: {new}, before: {old}."


@pytest.mark.parametrize(
    ("name", "tier", "key"),
    [
        ("frame.act_by", Tier.T1, "frame.act_by.T1"),
        ("frame.act_by", Tier.T2, "frame.act_by.T2"),
        ("frame.act_by", Tier.T3, "frame.act_by.T2"),
        ("frame.act_by", Tier.T4, "frame.act_by.T2"),
        ("action.climb", Tier.T4, "action.climb.T4"),
        ("action.take_lamp", Tier.T4, "action.take_lamp"),
        ("action.nothing", Tier.T1, None),
    ],
)
def test_a_tier_without_words_of_its_own_takes_the_nearest(words: Path, name: str, tier: Tier, key: str | None) -> None:
    """T3 reads T2, T4 reads T2, and T1 and T2 stand in for one another."""
    assert lexicon.load(words).key(name, tier) == key


def test_only_plain_words_serve_the_plain_reader(words: Path) -> None:
    """T1 falls back on T2, and T2 on T1."""
    _edit(words, "frames.yaml", 'act_by: {T1: "Until: {act_by}.", T2: "Latest: {act_by}."}', 'act_by: {T2: "{act_by}"}')
    assert lexicon.load(words).key("frame.act_by", Tier.T1) == "frame.act_by.T2"


def test_the_hash_is_over_the_words(words: Path) -> None:
    """One changed letter changes the hash; reading again does not."""
    before = lexicon.load(words)
    assert lexicon.load(words) is before
    _edit(words, "actions.yaml", "Take a lamp.", "Take a lantern.")
    assert lexicon.load(words).hash != before.hash


def test_a_hazard_is_read_with_all_it_says(words: Path) -> None:
    """Values that CAP and the desk need stand beside the words."""
    storm = lexicon.load(words).hazards["storm"]
    assert (storm.name, storm.category) == ("Storm", ("Met",))
    warning = storm.kinds["warning"]
    assert (warning.urgency, warning.expires_after, warning.required) == ("Expected", "6h", ("act_by",))
    assert lexicon.load(words).actions["climb"].instead == "ask_for_ride"


def test_what_stands_in_for_an_action_may_have_something_in_its_place(words: Path) -> None:
    """Whoever can do neither is told the third; all of it is said of the first."""
    _edit(words, "actions.yaml", "ask_for_ride:\n", "ask_for_ride:\n  requires: [phone]\n  instead: go_home\n")
    found = lexicon.load(words)
    assert list(found.instead("climb")) == ["ask_for_ride", "go_home"]
    assert list(found.told(["take_lamp", "climb"])) == ["take_lamp", "climb", "ask_for_ride", "go_home"]


NEED = 'papers_not_asked:\n  fact: shelter.no_papers\n  text: {T1: "Nobody asks.", T2: "Nobody asks for papers."}\n'


def test_what_a_segment_needs_to_hear_is_read_with_the_fact_that_makes_it_true(words: Path) -> None:
    """Each in its tiers, from a file of its own."""
    (words / "templates" / "needs.yaml").write_text(NEED, encoding="utf-8")
    found = lexicon.load(words)
    assert found.needs["papers_not_asked"].fact == "shelter.no_papers"
    assert found.key("need.papers_not_asked", Tier.T4) == "need.papers_not_asked.T2"
    assert found.origins["need.papers_not_asked.T1"] == "templates/needs.yaml"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [("  fact: shelter.no_papers\n", "", "fact"), ("no_papers", "no papers", "fact"), ("asks.", "{x}.", "no slot")],
)
def test_a_need_that_no_fact_stands_behind_is_refused(words: Path, old: str, new: str, said: str) -> None:
    """Nothing is said on trust."""
    (words / "templates" / "needs.yaml").write_text(NEED.replace(old, new), encoding="utf-8")
    with pytest.raises(Unusable, match=said):
        lexicon.load(words)
