"""What was read from a catalogue is kept beside it, and counts only for those bytes, that code, and whole."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polib
import pytest

from onevoice import localize
from onevoice.localize import kept as keeping
from onevoice.localize.kept import kept
from onevoice.variant import Provenance

KEY, SOURCE = "action.take_lamp", "Take a lamp."
CONTENT = b"words " * keeping.LARGE
MADE = {"a": ["Nehmt eine Lampe mit."]}

Read = Callable[..., tuple[Any, int]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """`read()`: what came of it, and how often the file was read for it."""
    file = tmp_path / "messages.po"
    file.write_bytes(CONTENT)

    def once(content: bytes = CONTENT, code: str = "1") -> tuple[Any, int]:
        calls: list[None] = []

        def make() -> Any:
            calls.append(None)
            return MADE

        return kept(file, content, code, make), len(calls)

    return once


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where it is kept."""
    return tmp_path / "__pycache__" / "messages.po.json"


def test_it_is_read_once(read: Read) -> None:
    """By whoever comes first."""
    assert [read(), read(), read()] == [(MADE, 1), (MADE, 0), (MADE, 0)]


@pytest.mark.parametrize("other", [{"content": CONTENT + b"!"}, {"code": "2"}])
def test_other_bytes_or_other_code_are_read_anew(read: Read, place: Path, other: dict[str, Any]) -> None:
    """What is kept says what was read, and by whom."""
    read()
    if "content" in other:
        (place.parent.parent / "messages.po").write_bytes(other["content"])
    assert [read(**other), read(**other)] == [(MADE, 1), (MADE, 0)]


@pytest.mark.parametrize(
    "harm",
    [
        lambda whole: whole[:-1],
        lambda whole: whole.replace(b"Nehmt", b"Nimmt"),
        lambda whole: b"0" * 64 + whole[64:],
        lambda _: b"",
        lambda _: "ä".encode() * 100,
    ],
)
def test_what_is_damaged_counts_for_nothing(read: Read, place: Path, harm: Callable[[bytes], bytes]) -> None:
    """Cut off, changed, without its seal, empty, or something else."""
    read()
    place.write_bytes(harm(place.read_bytes()))
    assert [read(), read()] == [(MADE, 1), (MADE, 0)]


def test_an_edit_while_it_is_read_is_not_kept_under_the_words_before(read: Read, place: Path) -> None:
    """Whoever takes the edit back would hear the edited words for ever."""
    (place.parent.parent / "messages.po").write_bytes(CONTENT + b"edited")
    assert [read(), read()] == [(MADE, 1), (MADE, 1)]
    assert not place.exists()


def test_where_nothing_can_be_written_it_is_read_each_time(read: Read, place: Path) -> None:
    """And nobody is troubled with it."""
    place.parent.write_text("not a folder", encoding="utf-8")
    assert [read(), read()] == [(MADE, 1), (MADE, 1)]


def test_nothing_half_written_stays(read: Read, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full in the middle."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert read() == (MADE, 1)
    assert list(place.parent.iterdir()) == []


def test_a_small_file_is_not_kept(read: Read, place: Path) -> None:
    """It is read as quickly."""
    assert [read(b"words"), read(b"words")] == [(MADE, 1), (MADE, 1)]
    assert not place.exists()


def test_whoever_may_read_the_file_may_read_what_was_kept(read: Read, place: Path) -> None:
    """Several officers use one checkout."""
    (place.parent.parent / "messages.po").chmod(0o644)
    read()
    assert place.stat().st_mode & 0o777 == 0o644


def test_a_kept_catalogue_says_the_same_and_follows_each_edit(words: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Words, who stands behind them, and what is stale."""
    path = words / "locales" / "es" / "LC_MESSAGES" / "messages.po"
    plain = localize.catalogue(words, "es")
    monkeypatch.setattr(keeping, "LARGE", 0)

    for _ in range(2):
        path.touch()
        assert localize.catalogue(words, "es") == plain
    assert (path.parent / "__pycache__" / "messages.po.json").is_file()

    po = polib.pofile(str(path))
    entry = next(e for e in po if e.msgctxt == KEY)
    entry.msgstr = "Lleve luz."
    po.save()
    said = localize.catalogue(words, "es").say(KEY, SOURCE)
    assert (said.text, said.provenance) == ("Lleve luz.", Provenance.MACHINE_DRAFT)
