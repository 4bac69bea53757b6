"""What a library check found is kept, and believed only as long as nothing that it depends on has changed."""

from collections.abc import Callable
from pathlib import Path

import polib
import pytest

from onevoice import checks
from onevoice.alert import Alert
from onevoice.checks import composed
from onevoice.compose import Asked, Composer, Content
from onevoice.people import Messenger
from onevoice.variant import Finding, Variant

Edit = Callable[[Path], None]


@pytest.fixture
def two(words: Path) -> Path:
    """The small library in English and Spanish, with a second hazard that has an action of its own."""
    for tag in ("ar", "zh-Hans"):
        (words / "locales" / tag / "LC_MESSAGES" / "messages.po").unlink()
    storm = (words / "templates/hazards/storm.yaml").read_text(encoding="utf-8")
    gale = storm.replace("hazard: storm", "hazard: gale").replace("take_lamp", "go_home")
    (words / "templates/hazards/gale.yaml").write_text(gale, encoding="utf-8")
    po = polib.pofile(str(words / "locales/es/LC_MESSAGES/messages.po"))
    for entry in [entry for entry in po if entry.msgctxt.startswith("hazard.storm.")]:
        key = entry.msgctxt.replace("storm", "gale")
        po.append(polib.POEntry(msgctxt=key, msgid=entry.msgid, msgstr=entry.msgstr, tcomment=entry.tcomment))
    po.save()
    return words


class Noting(Composer):
    """Notes what it composes."""

    asked: set[tuple[str, str]]

    def compose(self, asked: Asked) -> Variant:
        """As the real one."""
        self.asked.add((self.alert.hazard, asked.profile.languages[0]))
        return super().compose(asked)


class Counting(Content):
    """A library that notes which hazard it composed in which language."""

    asked: set[tuple[str, str]]

    def telling(self, alert: Alert, authority: Messenger) -> Composer:
        """As the real one."""
        self.asked = getattr(self, "asked", set())
        noting = Noting(alert, self, authority)
        noting.asked = self.asked
        return noting


def _check(root: Path, authority: Messenger, home: Path) -> tuple[set[tuple[str, str]], tuple[Finding, ...]]:
    content = Counting(root)
    found = checks.check_library(content, authority, home=home, processes=1)
    return getattr(content, "asked", set()), found


def _replace(file: str, old: str, new: str) -> Edit:
    def edit(root: Path) -> None:
        text = (root / file).read_text(encoding="utf-8")
        assert old in text
        (root / file).write_text(text.replace(old, new), encoding="utf-8")

    return edit


def _translate(key: str, text: str) -> Edit:
    def edit(root: Path) -> None:
        path = root / "locales/es/LC_MESSAGES/messages.po"
        po = polib.pofile(str(path))
        next(entry for entry in po if entry.msgctxt == key).msgstr = text
        po.save()

    return edit


BOTH = frozenset([(hazard, tag) for hazard in ("storm", "gale") for tag in ("en", "es")])
SPANISH = frozenset([("storm", "es"), ("gale", "es")])
STORM = frozenset([("storm", "en"), ("storm", "es")])


@pytest.mark.parametrize(
    ("edit", "again"),
    [
        (lambda _root: None, frozenset()),
        (_replace("templates/hazards/storm.yaml", "Roofs can fly.", "Roofs may fly."), STORM),
        (_replace("templates/actions.yaml", "Take a lamp.", "Take a light."), STORM),
        (_replace("templates/frames.yaml", 'call: "Call:', 'call: "Ring:'), BOTH),
        (_replace("templates/kinds/any/sms.j2", "{{ impact }}", ""), BOTH),
        (_replace("locales/es/language.yaml", "language:", "# nothing\nlanguage:"), SPANISH),
        (_translate("action.take_lamp", "Lleve una luz."), frozenset([("storm", "es")])),
        (_translate("frame.call", "Llame: {help_phone}."), SPANISH),
    ],
    ids=["nothing", "hazard", "action", "frame", "template", "language", "translation", "translated frame"],
)
def test_only_what_can_say_an_edited_sentence_is_composed_again(
    two: Path, authority: Messenger, tmp_path: Path, edit: Edit, again: frozenset[tuple[str, str]]
) -> None:
    """And what is found then is what a check of everything finds."""
    first, _ = _check(two, authority, tmp_path / "home")
    assert first == BOTH
    edit(two)
    asked, found = _check(two, authority, tmp_path / "home")
    assert asked == again
    assert set(found) == set(_check(two, authority, tmp_path / "other home")[1])


def test_the_text_of_another_authority_is_another_text(two: Path, authority: Messenger, tmp_path: Path) -> None:
    """Its name may be so long that something must be left out."""
    _check(two, authority, tmp_path / "home")
    other = authority.model_copy(update={"names": {"en": "Hill Office of the Whole Valley"}})
    assert _check(two, other, tmp_path / "home")[0] == BOTH


def test_what_was_written_by_halves_is_not_believed(two: Path, authority: Messenger, tmp_path: Path) -> None:
    """Nor is anything kept that no piece of today has."""
    _replace("templates/kinds/any/sms.j2", "{{ where }}", "")(two)
    _, first = _check(two, authority, tmp_path / "home")
    kept = sorted((tmp_path / "home" / composed.FOLDER).iterdir())
    assert len(kept) == len(BOTH)
    kept[0].write_bytes(kept[0].read_bytes()[:-1])
    (kept[0].parent / "old.json").write_text("[]", encoding="utf-8")
    asked, again = _check(two, authority, tmp_path / "home")
    assert len(asked) == 1
    assert again == first
    assert sorted(kept[0].parent.iterdir()) == kept


@pytest.mark.slow
def test_several_processes_find_what_one_finds(
    two: Path, authority: Messenger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the same order."""
    _replace("templates/kinds/any/sms.j2", "{{ where }}", "")(two)
    monkeypatch.setattr(composed, "_FEW", 0)
    one = checks.check_library(Content(two), authority, home=tmp_path / "one", processes=1)
    assert checks.check_library(Content(two), authority, home=tmp_path / "two", processes=2) == one
    assert {found.rule for found in one} >= {"C10"}
