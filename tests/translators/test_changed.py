"""An officer changes one sentence, and sees what that does in every language, tier and means."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from onevoice import cli
from onevoice.compose import Content
from onevoice.desk import editing
from onevoice.desk.wiring import Desk
from onevoice.errors import Unusable
from onevoice.translators import changed
from onevoice.translators.changed import Changed
from onevoice.wordlists import prepare_dictionary

Edit = Callable[..., Changed]
LANGUAGES = {"en", "es", "ar", "zh-Hans"}


@pytest.fixture
def edited(words: Path, tmp_path: Path) -> Edit:
    """Edit a file of the small library, and compare with how it was."""
    shutil.copytree(words, tmp_path / "before")
    prepare_dictionary(tmp_path)

    def edit(old: str, new: str, file: str = "templates/actions.yaml") -> Changed:
        path = words / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
        return changed.changed(Content(tmp_path / "before"), Content(words))

    return edit


def test_nothing_edited_changes_nothing(edited: Edit) -> None:
    """Also where a comment was written."""
    found = edited("climb:\n", "# Up.\nclimb:\n")
    assert (found.edits, found.texts, found.stale, found.stops) == ((), (), {}, False)


def test_one_sentence_is_seen_wherever_it_stands_and_nowhere_else(edited: Edit) -> None:
    """One tier of one action: all languages and means of the kinds that say it, and no other tier."""
    found = edited('T2: "Climb the hill now."', 'T2: "Climb that hill now."')
    assert [(e.language, e.key, e.before, e.after) for e in found.edits] == [
        ("en", "action.climb.T2", "Climb the hill now.", "Climb that hill now.")
    ]
    assert found.stale == dict.fromkeys(sorted(LANGUAGES - {"en"}), ("action.climb.T2",))
    assert {text.tier for text in found.texts} == {"T2"}
    assert {text.language for text in found.texts} == LANGUAGES
    assert {str(text.means) for text in found.texts} == {
        "sms", "email", "social", "page", "wireless-360", "voice", "print", "pack"
    }  # fmt: skip
    assert {text.kind for text in found.texts} == {"warning", "update", "correction"}


def test_translations_are_held_and_english_is_new(edited: Edit) -> None:
    """The English texts say the new sentence; the others wait, unchanged."""
    found = edited('T2: "Climb the hill now."', 'T2: "Climb that hill now."')
    for text in found.texts:
        assert text.held is (text.language != "en")
        assert ("Climb that hill now." in text.after) is (text.language == "en")
        assert (text.before == text.after) is (text.language != "en")
    assert found.stops


def test_a_message_that_grows_is_told(edited: Edit) -> None:
    """With its segments before and after, and what no longer fits."""
    found = edited('T2: "Climb the hill now."', f'T2: "Climb the hill {"and do not stop " * 6}now."')
    grown = changed.grown(found)
    assert grown
    assert {text.language for text in grown} == {"en"}
    assert all(text.segments and text.segments.after > text.segments.before > 0 for text in grown)
    assert any(text.left_out for text in found.texts)


def test_a_reading_level_that_slips_is_told(edited: Edit) -> None:
    """By the text and by the level of the hazard."""
    found = edited('T1: "Go up."', f'T1: "Go up {"and up " * 20}."')
    assert {(text.language, text.tier) for text in changed.slipped(found)} == {("en", "T1")}
    assert any(one.rule == "R01" and "action.climb.T1" in (one.part or "") for one in found.reading)


def test_what_must_not_stand_in_a_sentence_is_told_with_it(edited: Edit, words: Path) -> None:
    """Words that no message says, a time that no fact brings, and what the glossary avoids."""
    (words / "locales/en/glossary.yaml").write_text("terms: {hill: {term: hill, avoid: [hillock]}}\n", encoding="utf-8")
    found = edited('T2: "Climb the hill now."', 'T2: "You may want to climb the hillock by 18:30."')
    assert [one.rule for one in found.words] == ["L20", "P14", "L09"]
    assert {one.part for one in found.words} == {"templates/actions.yaml action.climb.T2"}


def test_a_fact_that_gets_lost_is_told(edited: Edit) -> None:
    """A slot that somebody took out of a label leaves every text without its time."""
    found = edited('until: "Holds to: {expires}."', 'until: "It ends."', "templates/frames.yaml")
    assert found.words == ()
    lost = {text.lost for text in found.texts if text.language == "en" and text.means == "page"}
    assert lost == {("expires",)}
    assert {text.lost for text in found.texts if text.language == "es"} == {()}


def test_an_edited_translation_changes_its_language_alone(edited: Edit) -> None:
    """Its own texts, and nothing is stale."""
    found = edited("En español: Take a lamp.", "Lleve luz.", "locales/es/LC_MESSAGES/messages.po")
    assert [(e.language, e.key) for e in found.edits] == [("es", "action.take_lamp")]
    assert {text.language for text in found.texts} == {"es"}
    assert found.stale == {}


def test_an_edited_frame_is_compared_everywhere(edited: Edit) -> None:
    """A template has no string id: every text by that means is looked at."""
    file = "templates/kinds/any/sms.j2"
    found = edited("{{ note }}", "{{ note }}{# nothing #}", file)
    assert (found.files, found.texts) == ((file,), ())


def test_another_list_of_steps_is_seen(edited: Edit) -> None:
    """Though no sentence is edited but what the hazard does."""
    file = "templates/hazards/storm.yaml"
    found = edited('detail: "Trees can fall too."', 'detail: "Trees may fall too."', file)
    assert {text.kind for text in found.texts} == {"warning"}


# --- states


@pytest.fixture
def committed(words: Path) -> Path:
    """Put the small library into git."""
    git = ["git", "-C", str(words), "-c", "user.name=A", "-c", "user.email=a@b.example"]
    for step in (["init", "-q"], ["add", "."], ["commit", "-qm", "words"]):
        subprocess.run([*git, *step], check=True)
    return words


def test_the_state_before_comes_from_git(desk: Desk, committed: Path) -> None:
    """What was committed last, without being asked."""
    path = committed / "templates" / "actions.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("Take a lamp.", "Take a torch."), encoding="utf-8")
    assert [edit.before for edit in editing.changed(desk).edits] == ["Take a lamp."]


@pytest.mark.parametrize(
    ("since", "who"),
    [
        ("nope", "Git knows no"),
        ("--output=x", "There is no"),
        ("-x", "There is no"),
        ("a b", "There is no"),
        ("", "There is no"),
    ],
)
@pytest.mark.usefixtures("committed")
def test_a_state_that_there_is_not_is_refused(desk: Desk, since: str, who: str) -> None:
    """And never taken for an option of git, which is not even asked then."""
    with pytest.raises(Unusable, match=who) as refused:
        editing.changed(desk, since)
    assert refused.value.where == "--since"


def test_words_that_are_in_no_git_are_compared_with_a_folder(desk: Desk) -> None:
    """The refusal says so."""
    with pytest.raises(Unusable, match="or a folder"):
        editing.changed(desk)


def test_the_command_tells_all_of_it(
    desk: Desk, committed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """Sentence, stale languages, where it is used; the page has before and after; status 1 while something is held."""
    path = committed / "templates" / "actions.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("Take a lamp.", "Take a torch."), encoding="utf-8")
    monkeypatch.setenv("ONEVOICE_HOME", str(desk.settings.home))
    monkeypatch.setenv("ONEVOICE_CONTENT", str(committed))
    monkeypatch.setattr(sys, "argv", ["onevoice", "templates", "changed", "--html", str(tmp_path / "c.html")])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    out, err = capsys.readouterr()
    assert ended.value.code == 1
    assert "  - Take a lamp.\n  + Take a torch.\n" in out
    assert "STALE es: action.take_lamp" in out
    assert "storm warning T1: en " in out
    assert "(by sms, " in out
    assert "held back until they are translated" in err
    page = (tmp_path / "c.html").read_text(encoding="utf-8")
    assert ("Take a lamp." in page, "Take a torch." in page) == (True, True)


def test_an_action_two_steps_away_is_seen(edited: Edit, words: Path, tmp_path: Path) -> None:
    """Who can do neither an action nor what stands in for it is told this one: a sample with that need shows it."""
    for root in (words, tmp_path / "before"):
        path = root / "templates" / "actions.yaml"
        plain = path.read_text(encoding="utf-8")
        other = "ask_for_ride:\n  requires: [drive]\n  instead: wave\n"
        wave = 'wave:\n  cap: Evacuate\n  polarity: do\n  text: "Wave a cloth."\n'
        path.write_text(plain.replace("ask_for_ride:\n", other) + wave, encoding="utf-8")
    found = edited('"Wave a cloth."', '"Wave a white cloth."')
    assert {text.hazard for text in found.texts} == {"storm"}
