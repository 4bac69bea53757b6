"""Texts that a preview made are kept for the submit: only while everything that they follow from is the same."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from onevoice import checks, compose, edition
from onevoice.compose import Asked, DoesNotFit
from onevoice.desk import draft, kept_texts, preview, rehearse, submit
from onevoice.desk.kept_texts import KeptTexts
from onevoice.desk.wiring import Desk
from onevoice.ledger import alerts
from onevoice.people import Means, Profile, Tier
from onevoice.settings import Settings
from onevoice.variant import Variant

FLOOD = "examples/river_flood_warning.yaml"
SENTENCE = "templates/frames.yaml"
NO_SAY = frozenset(
    ["annotated_types", "cryptography", "dotenv", "greenlet", "numpy", "pydantic_settings", "shapely", "sqlalchemy",
     "typing_extensions", "typing_inspection"]
)  # fmt: skip
"""Packages that are loaded beside: settings, ledger, keys, areas, and what pydantic needs."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    """Copy the words of the house, in three languages."""
    words = tmp_path_factory.mktemp("words")
    for folder in ("templates", "audiences", "examples", *(f"locales/{tag}" for tag in ("en", "es", "ar"))):
        shutil.copytree(root / folder, words / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return words


@pytest.fixture
def words(house: Path, tmp_path: Path) -> Path:
    """Copy those words, for a test that edits them."""
    return Path(shutil.copytree(house, tmp_path / "words"))


@pytest.fixture
def opened(home: Path, words: Path) -> Iterator[Callable[[], Desk]]:
    """Open desks on the copied words: each with its own library, as each command has."""
    made: list[Desk] = []

    def open_() -> Desk:
        made.append(Desk(Settings(home=home, content=words)))
        return made[-1]

    yield open_
    for desk in made:
        desk.ledger.close()


@pytest.fixture
def drafted(opened: Callable[[], Desk], words: Path) -> str:
    """Draft the flood."""
    return draft.draft(opened(), words / FLOOD, rehearse.AUTHOR).id


@pytest.fixture
def composed(monkeypatch: pytest.MonkeyPatch) -> list[Variant]:
    """List what is checked: each text that is made."""
    seen: list[Variant] = []
    check = checks.check_variant

    def counted(bare: Variant, *given: Any) -> Variant:
        seen.append(bare)
        return check(bare, *given)

    monkeypatch.setattr(checks, "check_variant", counted)
    return seen


def looked_at(desk: Desk, alert: str, composed: list[Variant]) -> tuple[preview.Preview, int]:
    """Preview an alert; what was seen, and how many texts were made for it."""
    before = len(composed)
    return preview.preview(desk, alert), len(composed) - before


def edit(file: Path) -> None:
    """Change a file without changing what it says."""
    file.write_text(file.read_text(encoding="utf-8") + "\n", encoding="utf-8")


def test_what_was_previewed_is_not_composed_again(
    opened: Callable[[], Desk], drafted: str, composed: list[Variant]
) -> None:
    """The second look shows the same, findings and all, and the submit freezes it; neither makes a text."""
    first, made = looked_at(opened(), drafted, composed)
    assert made >= len(first.prepared.variants) > 0
    second, made = looked_at(opened(), drafted, composed)
    assert made == 0
    assert second.prepared == first.prepared
    assert any(text.findings for text in second.prepared.variants)
    desk, before = opened(), len(composed)
    submit.submit(desk, drafted, rehearse.AUTHOR)
    assert len(composed) == before
    with desk.ledger.read() as conn:
        frozen = alerts.standing_release(conn, drafted)
        assert frozen
        kept = {text.id: text.parts for text in alerts.variants(conn, frozen.id)}
    assert kept == {text.id: text.parts for text in first.prepared.variants}


@pytest.mark.parametrize("file", [SENTENCE, "locales/es/reading.yaml", "locales/ar/LC_MESSAGES/messages.po"])
def test_an_edited_word_makes_all_of_them_anew(
    opened: Callable[[], Desk], drafted: str, composed: list[Variant], words: Path, file: str
) -> None:
    """Whatever is edited below templates/ and locales/; and the words as they were find their texts again."""
    _, made = looked_at(opened(), drafted, composed)
    before = (words / file).read_bytes()
    edit(words / file)
    assert looked_at(opened(), drafted, composed)[1] == made
    (words / file).write_bytes(before)
    assert looked_at(opened(), drafted, composed)[1] == 0


def test_an_edit_while_the_library_is_open_keeps_nothing(
    opened: Callable[[], Desk], drafted: str, composed: list[Variant], words: Path
) -> None:
    """Nobody knows which words such texts have: they are not kept, and kept ones are not taken."""
    desk = opened()
    assert desk.content.edition()
    before = (words / SENTENCE).read_bytes()
    edit(words / SENTENCE)
    (words / SENTENCE).write_bytes(before)
    assert desk.content.edition() is None
    _, made = looked_at(desk, drafted, composed)
    assert looked_at(desk, drafted, composed)[1] == made > 0
    assert not (desk.settings.home / kept_texts.FOLDER).exists()


def test_another_alert_another_speaker_another_program(
    opened: Callable[[], Desk], drafted: str, composed: list[Variant], monkeypatch: pytest.MonkeyPatch, words: Path
) -> None:
    """Each of these makes texts of its own."""
    _, made = looked_at(opened(), drafted, composed)
    other = draft.draft(opened(), words / FLOOD, rehearse.AUTHOR).id
    assert looked_at(opened(), other, composed)[1] == made
    desk = opened()
    renamed = {"en": "Another Office"}
    desk.messengers = {n: m.model_copy(update={"names": renamed}) for n, m in desk.messengers.items()}
    assert looked_at(desk, drafted, composed)[1] > 0
    monkeypatch.setattr(edition, "code", lambda: "a later version")
    assert looked_at(opened(), drafted, composed)[1] == made


def test_a_program_that_was_replaced_while_it_runs_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """One file is another than when the process began: what it makes is nobody else's, nor its own the next time."""
    assert edition.code() == edition.code()
    monkeypatch.setattr(edition, "_AT_START", edition._AT_START[1:])  # noqa: SLF001 - as if a file had been added
    assert edition.code() != edition.code()


@pytest.mark.parametrize("harm", ["cut", "flipped", "another's", "empty"])
def test_what_is_not_ours_counts_for_nothing(
    opened: Callable[[], Desk], drafted: str, composed: list[Variant], words: Path, harm: str
) -> None:
    """A file that is damaged, or was sealed for another alert: the texts are made, and kept anew."""
    first, made = looked_at(opened(), drafted, composed)
    (file,) = (opened().settings.home / kept_texts.FOLDER).iterdir()
    whole = file.read_bytes()
    if harm == "another's":
        other = draft.draft(opened(), words / FLOOD, rehearse.AUTHOR).id
        looked_at(opened(), other, composed)
        (theirs,) = (one for one in file.parent.iterdir() if one != file)
        harmed = theirs.read_bytes()
    else:
        harmed = {"cut": whole[:-9], "flipped": whole[:200] + bytes([whole[200] ^ 1]) + whole[201:], "empty": b""}[harm]
    file.write_bytes(harmed)
    again, anew = looked_at(opened(), drafted, composed)
    assert (anew, again.prepared) == (made, first.prepared)
    assert looked_at(opened(), drafted, composed)[1] == 0


def test_what_does_not_fit_is_kept_too(opened: Callable[[], Desk], drafted: str) -> None:
    """Why, and what to do, in the same words."""
    desk = opened()
    alert = preview.target_alert(desk, drafted)
    both = Asked(Profile(languages=("ar", "es"), tier=Tier.T2), Means.SMS)

    def too_long(_asked: Asked) -> Variant:
        raise DoesNotFit("Two languages do not fit.", remedy="Send one.")

    for make in (too_long, _never):
        kept = KeptTexts(opened(), alert)
        with pytest.raises(DoesNotFit, match="Two languages do not fit") as problem:
            kept.text(both, make)
        assert problem.value.remedy == "Send one."
        kept.keep()


def _never(asked: Asked) -> Variant:
    raise AssertionError(f"{asked.key} was made again")


def test_two_texts_never_have_one_name() -> None:
    """Each thing that is asked for tells them apart."""
    plain = Asked(Profile(languages=("es",), tier=Tier.T1), Means.SMS)
    others = [
        Asked(Profile(languages=("es",), tier=Tier.T2), Means.SMS),
        Asked(Profile(languages=("es",), tier=Tier.T1, needs=("hearing",)), Means.SMS),  # type: ignore[arg-type]  # as read
        Asked(plain.profile, Means.EMAIL),
        Asked(plain.profile, Means.SMS, group="new"),
        Asked(plain.profile, Means.SMS, stand_in=True),
        Asked(plain.profile, Means.SMS, lead="ar"),
        Asked(plain.profile, Means.SMS, needs=("papers",)),
    ]
    names = [kept_texts.name(asked) for asked in (plain, *others)]
    assert len({*names}) == len(names)
    assert [len(json.loads(one)) for one in names] == [len(plain.key)] * len(names)


def test_only_the_last_are_kept_and_nobody_else_may_read_them(opened: Callable[[], Desk], drafted: str) -> None:
    """So many alerts; a file is for its owner alone."""
    desk = opened()
    alert = preview.target_alert(desk, drafted)
    asked = Asked(Profile(languages=("en",), tier=Tier.T2), Means.SMS)
    text = compose.compose(alert, asked, desk.content, desk.authority())
    for number in range(kept_texts.MOST + 3):
        kept = KeptTexts(desk, alert.model_copy(update={"id": f"alert-{number}"}))
        kept.text(asked, lambda _: text)
        kept.keep()
    files = list((desk.settings.home / kept_texts.FOLDER).iterdir())
    assert len(files) == kept_texts.MOST
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_where_nothing_can_be_written_the_preview_works(
    opened: Callable[[], Desk], drafted: str, composed: list[Variant]
) -> None:
    """A file stands where the folder would be."""
    desk = opened()
    (desk.settings.home / kept_texts.FOLDER).write_text("")
    assert looked_at(desk, drafted, composed)[1] == looked_at(desk, drafted, composed)[1] > 0


def test_a_file_that_is_not_drafted_is_not_kept(opened: Callable[[], Desk], words: Path) -> None:
    """It is another alert each time."""
    desk = opened()
    preview.preview(desk, str(words / FLOOD))
    assert not (desk.settings.home / kept_texts.FOLDER).exists()


def test_every_package_that_has_a_part_in_a_text_is_part_of_the_program(root: Path, tmp_path: Path) -> None:
    """What composing and checking load, less what has no say in words."""
    code = (
        "import sys; from pathlib import Path; from onevoice import checks, compose, settings\n"
        "from onevoice.desk import draft, wiring; from onevoice.people import *\n"
        "desk = wiring.Desk(settings.Settings(home=Path(sys.argv[1]), content=Path(sys.argv[2])))\n"
        "alert = draft.from_file(desk, Path(sys.argv[2]) / sys.argv[3])\n"
        "for tag in desk.content.languages:\n"
        "    for tier, means in ((Tier.T1, Means.SMS), (Tier.T2, Means.EMAIL), (Tier.T4, Means.EMAIL)):\n"
        "        asked = compose.Asked(Profile(languages=(tag,), tier=tier), means)\n"
        "        text = compose.compose(alert, asked, desk.content, desk.authority())\n"
        "        checks.check_variant(text, alert, desk.content, desk.authority())\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), str(root), FLOOD],
        capture_output=True, text=True, check=True, cwd=root, env=os.environ | {"ONEVOICE_SECRET": ""},
    )  # fmt: skip
    ours = {"onevoice", "audiences", "__main__", "__mp_main__"}
    loaded = {name for name in ran.stdout.split() if not name.startswith(("_", "cython"))}
    others = loaded - set(sys.stdlib_module_names) - ours - NO_SAY
    assert others <= {*edition.LIBRARIES, "yaml"}, "another package: does it have a part in what a text says?"
    assert {"babel", "jinja2", "regex"} <= others
